package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// removeUnborn removes log files that a process was killed between making and first writing. They are empty, so
// nothing was ever in them; but Badger, which expects a log it knows to have a length, would refuse to open. It does
// so only while no process has the store open, which the lock tells that Badger itself takes.
func removeUnborn(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a new store
	}
	if err != nil {
		return err
	}
	defer d.Close() // which gives the lock back
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // in use: opening it will say so
	}
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		logs, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, path := range logs {
			info, err := os.Stat(path)
			if err == nil && info.Size() == 0 {
				err = os.Remove(path)
			}
			if err != nil {
				return fmt.Errorf("remove what a killed process began: %w", err)
			}
		}
	}
	return nil
}
