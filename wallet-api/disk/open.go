package disk

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Options are what the stores differ in.
type Options struct {
	// MemTable is how many bytes are gathered in memory before they become a table. Up to three of these are held,
	// in the heap and mapped as a log. A transaction holds at most 15 % of it.
	MemTable int64

	// Cache is how many bytes of decompressed blocks are kept for reading.
	Cache int64

	// Large is the size from which a value goes to the value log instead of the tables; 0 keeps all values in the
	// tables. Whoever writes large values must call RunValueLogGC from time to time.
	Large int64

	// Sync makes every commit wait for the disk.
	Sync bool

	// Log gets Badger's warnings and errors, and on debug level the rest; nil discards them.
	Log *slog.Logger
}

// valueLogFile is the size of one file of the value log. A value cannot be larger; Fabric's largest transaction is
// 10 MB.
const valueLogFile = 32 << 20

// Open opens or creates the database in a directory.
func Open(dir string, o Options) (*badger.DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	opts := badger.DefaultOptions(dir).
		WithMemTableSize(o.MemTable).
		WithNumMemtables(2).
		WithNumCompactors(2).
		WithBlockCacheSize(o.Cache).
		WithCompression(options.Snappy).
		WithValueThreshold(min(o.MemTable/8, 1<<20)).
		WithValueLogFileSize(valueLogFile).
		WithDetectConflicts(false). // each store has one writer
		WithMetricsEnabled(false).
		WithSyncWrites(o.Sync).
		WithLogger(quiet{o.Log.With(slog.String("dir", dir))})
	if o.Large > 0 {
		opts = opts.WithValueThreshold(o.Large)
	}
	db, err := badger.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w (if another process has it open, stop that one first)", dir, err)
	}
	return db, nil
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
