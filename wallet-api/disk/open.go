package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"syscall"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Options are what the stores differ in.
type Options struct {
	// MemTable is how many bytes are gathered in memory before they become a table, at most 6 MB. A store takes about
	// fifteen times as much of the heap when it is busy: three such tables, and eight buffers for building tables,
	// which Badger keeps. A transaction holds at most 15 % of it.
	MemTable int64

	// Sync makes every commit wait for the disk.
	Sync bool

	// Medium is what the database lies on; Machine when nil.
	Medium Medium

	// Log gets Badger's warnings and errors, and on debug level the rest; nil discards them.
	Log *slog.Logger
}

// DB is a Badger database that was opened our way. Its transactions are committed by Commit.
type DB struct {
	*badger.DB
	medium Medium
}

// reserveBytes is the room that a store leaves. Badger writes through memory maps of files that are longer than what lies on
// the disk of them: where a page finds no room the process dies of a signal (SIGBUS), and nobody is told why.
const reserveBytes = 32 << 20

// Commit commits a transaction of the database. On a disk that is as good as full it fails with syscall.ENOSPC, and nothing
// was written.
func (db *DB) Commit(txn *badger.Txn) error {
	dir := db.Opts().Dir
	free, err := db.medium.Free(dir)
	if err != nil {
		return err
	}
	if free < reserveBytes {
		return fmt.Errorf("%w: %d MB are free where %s lies, and a store leaves %d MB", syscall.ENOSPC, free>>20, dir, reserveBytes>>20)
	}
	return db.medium.Commit(txn)
}

// Open opens or creates the database in a directory, whatever moment its last process was killed at.
func Open(dir string, o Options) (*DB, error) {
	if err := removeUnborn(dir); err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	opts := badger.DefaultOptions(dir).
		WithMemTableSize(o.MemTable).
		WithBaseTableSize(o.MemTable / 3).  // each is synced by itself
		WithBaseLevelSize(10 * o.MemTable). // less would make a further level, in which everything is written once more
		WithNumMemtables(2).
		WithNumCompactors(2).
		WithCompression(options.None). // it would double what building tables takes, and need a cache beside the page cache
		WithBlockCacheSize(0).
		WithValueThreshold(o.MemTable * 15 / 100). // no value goes to the value log: nobody collects its garbage
		WithValueLogFileSize(1 << 20).
		WithDetectConflicts(false). // each store has one writer
		WithMetricsEnabled(false).
		WithSyncWrites(o.Sync).
		WithLogger(quiet{o.Log.With(slog.String("dir", dir))})
	if o.Medium == nil {
		o.Medium = Machine
	}
	db, err := o.Medium.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w (if another process has it open, stop that one first)", dir, err)
	}
	if err := finishErasing(db); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", dir, err), db.Close())
	}
	return &DB{db, o.Medium}, nil
}

// quiet hands Badger's log on. What Badger calls info is of use to its developers.
type quiet struct{ log *slog.Logger }

func (q quiet) Errorf(f string, v ...any)   { q.log.Error(fmt.Sprintf(f, v...)) }
func (q quiet) Warningf(f string, v ...any) { q.log.Warn(fmt.Sprintf(f, v...)) }
func (q quiet) Infof(f string, v ...any)    { q.log.Debug(fmt.Sprintf(f, v...)) }
func (q quiet) Debugf(f string, v ...any)   { q.log.Debug(fmt.Sprintf(f, v...)) }

// Get reads a key; nil, without an error, where there is none.
func Get(txn *badger.Txn, key []byte) ([]byte, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("read store: %w", err)
	}
	if value == nil {
		value = []byte{} // there, though empty
	}
	return value, nil
}
