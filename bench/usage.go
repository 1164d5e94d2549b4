package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process has used since it began.
type Usage struct {
	CPU  time.Duration
	Peak uint64 // bytes of resident memory at its most
}

// UsageOf asks the system what a process has used. Only Linux tells; the error is errors.ErrUnsupported elsewhere.
func UsageOf(pid int) (Usage, error) {
	if runtime.GOOS != "linux" {
		return Usage{}, errors.ErrUnsupported
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Usage{}, err
	}
	u, err := parseUsage(stat, status)
	if err != nil {
		return u, fmt.Errorf("process %d: %w", pid, err)
	}
	return u, nil
}

// ForgetPeak has the system count a process's peak from now on. Where it does not, the peak is the one since the process
// began: still an upper bound.
func ForgetPeak(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o200)
}

// tick is the unit of CPU time in /proc: USER_HZ is 100 on every architecture that Go runs on.
const tick = time.Second / 100

func parseUsage(stat, status []byte) (u Usage, err error) {
	// The command name, in parentheses, may contain anything; utime and stime are the 12th and 13th fields behind it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return u, errors.New("its stat file is too short")
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseUint(field, 10, 63)
		if err != nil {
			return u, err
		}
		u.CPU += time.Duration(ticks) * tick
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	if fields = strings.Fields(after); !found || len(fields) == 0 {
		return u, errors.New("its status file tells no VmHWM")
	}
	kilobytes, err := strconv.ParseUint(fields[0], 10, 54)
	u.Peak = kilobytes << 10
	return u, err
}
