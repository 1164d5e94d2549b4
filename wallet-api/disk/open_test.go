package disk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// TestOpenAfterAKillAtTheMakingOfALog: a process that dies between making a log file and giving it a length leaves an
// empty one, which Badger alone would not open again.
func TestOpenAfterAKillAtTheMakingOfALog(t *testing.T) {
	for _, name := range []string{"00007.mem", "000007.vlog"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			open := func() *DB {
				db, err := Open(dir, Options{MemTable: 1 << 20, Sync: true})
				if err != nil {
					t.Fatal(err)
				}
				return db
			}
			db := open()
			if err := db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("key"), []byte("value")) }); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			db = open()
			if got := read(t, db, "key"); string(got) != "value" {
				t.Errorf("the store has %q", got)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestOpenLeavesAStoreInUseAlone(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{MemTable: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	begun := filepath.Join(dir, "00007.mem")
	if err := os.WriteFile(begun, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if second, err := Open(dir, Options{MemTable: 1 << 20}); err == nil {
		second.Close()
		t.Fatal("a store was opened twice")
	}
	if _, err := os.Stat(begun); err != nil {
		t.Error("what the process that has the store open began was removed")
	}
}

// full is a machine without room.
type full struct{ Medium }

func (full) Free(string) (uint64, error) { return reserveBytes - 1, nil }

func TestNothingIsWrittenToAFullDisk(t *testing.T) {
	db, err := Open(t.TempDir(), Options{MemTable: 1 << 20, Medium: full{Machine}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	txn := db.NewTransaction(true)
	defer txn.Discard()
	if err := txn.Set([]byte("key"), []byte("value")); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(txn); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the commit ended with %v", err)
	}
	if got := read(t, db, "key"); got != nil {
		t.Errorf("the store has %q", got)
	}
}
