package disk

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Badger appends: a deleted key stays in the files, with all its values, until a compaction happens to take it up. Erasing
// makes that happen at once. What is in memory is written out as a table, and every level is merged into the one below,
// which drops the deletion together with what it deleted.
//
// Erasing takes as long as rewriting those tables of the store whose range of keys the recent ones lie in, at worst all.

// Keys of the store's own: no other begins with a zero byte.
var (
	erasingKey = []byte("\x00erasing") // there while something deleted may still be in the files
	flushKey   = []byte("\x00flush")   // dropping it is how Badger is made to empty its memory into a table
)

// Erasing must wait for readers that began before: they may still be reading what is erased. Each attempt waits longer.
const (
	eraseAttempts = 40
	erasePause    = 2 * time.Millisecond
)

var errNotErased = errors.New("deleted, but something still reads it and keeps it in the store's files; a restart removes it")

// erase deletes keys, and returns when no file of the store holds anything of them.
func erase(db *badger.DB, keys [][]byte) error {
	for attempt := range eraseAttempts {
		time.Sleep(time.Duration(attempt) * erasePause)
		// Deleted again each time, because only a deletion that is newer than what is kept takes its tables along.
		err := db.Update(func(txn *badger.Txn) error {
			for _, key := range keys {
				if err := txn.Delete(bytes.Clone(key)); err != nil {
					return err
				}
			}
			return errors.Join(txn.Set(erasingKey, []byte{}), txn.Set(flushKey, []byte{}))
		})
		if err == nil {
			err = db.DropPrefix(flushKey)
		}
		if err == nil {
			err = db.Flatten(1)
		}
		if err != nil {
			return fmt.Errorf("erase from store: %w", err)
		}
		if !holdsAny(db, keys) {
			return db.Update(func(txn *badger.Txn) error { return txn.Delete(erasingKey) })
		}
	}
	return errNotErased
}

// holdsAny tells whether any version of a key is stored, even if only that it is deleted.
func holdsAny(db *badger.DB, keys [][]byte) (found bool) {
	_ = db.View(func(txn *badger.Txn) error {
		for _, key := range keys {
			it := txn.NewKeyIterator(key, badger.IteratorOptions{AllVersions: true})
			it.Rewind()
			found = found || it.Valid()
			it.Close()
		}
		return nil
	})
	return found
}

// finishErasing erases what a killed process had deleted but not erased.
func finishErasing(db *badger.DB) error {
	var deleted [][]byte
	err := db.View(func(txn *badger.Txn) error {
		if begun, err := Get(txn, erasingKey); begun == nil || err != nil {
			return err
		}
		it := txn.NewIterator(badger.IteratorOptions{AllVersions: true})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if item := it.Item(); item.IsDeletedOrExpired() && item.Key()[0] != 0 {
				deleted = append(deleted, item.KeyCopy(nil))
			}
		}
		return nil
	})
	if err != nil || len(deleted) == 0 {
		return err
	}
	return erase(db, deleted)
}
