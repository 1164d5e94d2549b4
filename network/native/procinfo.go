package native

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
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
