package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// End stops every network below a folder, and complains of processes that outlive that, after ending them too.
func End(program, folder string) error {
	var errs []error
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "network.json" {
			if out, err := exec.Command(program, "down", "--dir", filepath.Dir(path)).CombinedOutput(); err != nil {
				errs = append(errs, fmt.Errorf("down: %w\n%s", err, out))
			}
		}
		return nil // what vanishes while we look needs no ending
	})
	return errors.Join(append(errs, err, EndOrphans(folder))...)
}

// EndOrphans ends processes whose command line names the folder. It needs /proc; elsewhere `down` is trusted.
func EndOrphans(folder string) error {
	var orphans []string
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		orphans = orphans[:0]
		entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			return err
		}
		for _, path := range entries {
			text, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(text), folder) {
				continue
			}
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil || pid == os.Getpid() {
				continue
			}
			orphans = append(orphans, strings.ReplaceAll(string(text), "\x00", " "))
			if time.Now().After(end) {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
			}
		}
		if len(orphans) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("processes outlived their network: %q", orphans)
		}
	}
}
