package native

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
)

// endStrays ends processes that run from the directory although it remembers nothing of them, and returns what to call
// them: they are what is left of a network whose directory was removed while it ran. They open files by their names,
// and so would write into the data of the next network there. A polite signal would make them write once more.
func (d Dir) endStrays() ([]string, error) {
	known, err := d.records()
	if err != nil {
		return nil, err
	}
	pids, err := processesFrom(d.runDir())
	if err != nil {
		return nil, err
	}
	var ended []string
	var errs []error
	for _, pid := range pids {
		if slices.ContainsFunc(known, func(r Record) bool { return r.PID == pid && r.Running() }) {
			continue
		}
		birth, err := processBirth(pid)
		if err != nil {
			continue // it ended by itself
		}
		stray := Record{Name: fmt.Sprintf("stray process %d", pid), PID: pid, Birth: birth}
		if err := signalAndWait(stray, syscall.SIGKILL, stopPatience); err != nil {
			errs = append(errs, fmt.Errorf("end a process left over from an earlier network in %s: %w", d, err))
			continue
		}
		ended = append(ended, stray.Name)
	}
	return ended, errors.Join(errs...)
}
