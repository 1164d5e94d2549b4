package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/dgraph-io/badger/v4"
)

// Medium is what stores lie on: the machine's disk or, in a simulation, memory that loses what a disk may lose.
type Medium interface {
	// Open opens or creates a database; the options tell where.
	Open(o badger.Options) (*badger.DB, error)

	// Commit commits a transaction of a database.
	Commit(txn *badger.Txn) error

	// Files opens or creates a folder.
	Files(dir string) (Files, error)

	// Free is how many bytes there is room for where a directory lies.
	Free(dir string) (uint64, error)
}

// Files are the files of a folder.
type Files interface {
	// Write makes a file, or replaces one. When it returns the content is durable; the name need not be.
	Write(name string, data []byte) error

	// Rename is durable when it returns.
	Rename(from, to string) error

	// Remove need not be durable: what was removed may be back after a power loss. Without the file it fails with
	// fs.ErrNotExist.
	Remove(name string) error

	// Read is a file's content. Without the file it fails with fs.ErrNotExist.
	Read(name string) ([]byte, error)

	// List is the names of all files, sorted.
	List() ([]string, error)
}

// Machine is the machine's own disk.
var Machine Medium = machine{}

type machine struct{}

func (machine) Open(o badger.Options) (*badger.DB, error) { return badger.Open(o) }
func (machine) Commit(txn *badger.Txn) error              { return txn.Commit() }

func (machine) Files(dir string) (Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return folder(dir), nil
}

func (machine) Free(dir string) (uint64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return disk.Bavail * uint64(disk.Bsize), nil
}

// folder is a directory of the machine's disk.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), name) }

func (d folder) Write(name string, data []byte) error {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (d folder) Rename(from, to string) error {
	if err := os.Rename(d.path(from), d.path(to)); err != nil {
		return err
	}
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d folder) Remove(name string) error         { return os.Remove(d.path(name)) }
func (d folder) Read(name string) ([]byte, error) { return os.ReadFile(d.path(name)) }

func (d folder) List() (names []string, err error) {
	entries, err := os.ReadDir(string(d))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}
