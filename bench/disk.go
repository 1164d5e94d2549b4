package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// DiskOf is how many bytes the files of directories take on the disk. Files with holes take less than their length: stores
// map large ones into memory before there is anything to fill them with. What goes away meanwhile is not counted.
func DiskOf(dirs ...string) (bytes int64, err error) {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
			var info fs.FileInfo
			if err == nil {
				info, err = entry.Info()
			}
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			}
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				bytes += stat.Blocks * 512
			}
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("size of %s: %w", dir, err)
		}
		if _, err := os.Stat(dir); err != nil {
			return 0, fmt.Errorf("size of %s: %w", dir, err)
		}
	}
	return bytes, nil
}
