package native

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// errGone says that no such process lives. A zombie counts as gone: it does nothing and holds no port.
var errGone = errors.New("no such process")

// processBirth marks when a process was started, precisely enough that no later process with the same id matches.
func processBirth(pid int) (string, error) {
	if runtime.GOOS != "linux" {
		out, err := psField(pid, "lstart=")
		if err != nil {
			return "", err
		}
		if state, err := psField(pid, "state="); err != nil || strings.HasPrefix(state, "Z") {
			return "", errGone
		}
		return out, nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", errGone
	}
	// The command name, in parentheses, may contain anything; the fields count from behind it: state is the first,
	// the start time in ticks since boot the twentieth.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("cannot read /proc/%d/stat", pid)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", errGone
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}

// processesFrom lists the processes that were started by a name in a folder.
func processesFrom(folder string) ([]int, error) {
	list := allProcesses
	if runtime.GOOS != "linux" {
		list = psProcesses
	}
	commands, err := list()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var pids []int
	for pid, command := range commands {
		if strings.HasPrefix(command, folder+string(os.PathSeparator)) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// allProcesses reads the command lines of all processes that see the same files as this one: in a container, the same
// path is another file.
func allProcesses() (map[int]string, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	files, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return nil, err
	}
	commands := map[int]string{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if seen, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid)); err != nil || seen != files {
			continue // of another user: it cannot be looked at, and could not be stopped either
		}
		if command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
			commands[pid] = string(command)
		}
	}
	return commands, nil
}

// psProcesses asks ps for the command lines of all processes.
func psProcesses() (map[int]string, error) {
	out, err := exec.Command("ps", "-axo", "pid=,command=").Output()
	if err != nil {
		return nil, err
	}
	commands := map[int]string{}
	for line := range strings.Lines(string(out)) {
		id, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pid, err := strconv.Atoi(id); err == nil {
			commands[pid] = strings.TrimSpace(command)
		}
	}
	return commands, nil
}

// processMemory is the resident memory of a process in bytes, 0 when it cannot be told.
func processMemory(pid int) uint64 {
	if runtime.GOOS != "linux" {
		out, err := psField(pid, "rss=")
		if err != nil {
			return 0
		}
		kilobytes, _ := strconv.ParseUint(out, 10, 64)
		return kilobytes << 10
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}

// psField asks ps where there is no /proc.
func psField(pid int, field string) (string, error) {
	out, err := exec.Command("ps", "-o", field, "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", errGone
	}
	return strings.TrimSpace(string(out)), nil
}
