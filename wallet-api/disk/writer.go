package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Errors of Update beside those of the change and of the disk.
var (
	ErrClosed = errors.New("the store is closing; nothing was written")
	ErrTooBig = errors.New("one change is too big for a transaction of the store; nothing was written")
	ErrFailed = errors.New("the store could not write earlier and takes nothing more; nothing was written, see to the disk and restart")
)

// Writer is the only writer of a database. Changes that come while a commit is under way are committed together by
// the next one.
type Writer struct {
	db    *DB
	queue chan *request
	done  chan struct{}

	commitTxn func(*badger.Txn) error // but for tests, the database's
	failed    error                   // of the first commit that failed
	broken    chan struct{}           // closed when there is one

	mu     sync.RWMutex // held for reading while a request is queued, so that Close loses none
	closed bool
}

type request struct {
	change func(*Tx) error
	after  func()
	err    error // of the change
	erases bool
	answer chan error
}

// maxGroup bounds how many changes share a commit, and so how many may wait in memory.
const maxGroup = 256

// NewWriter starts the writer of a database opened with Sync.
func NewWriter(db *DB) *Writer {
	w := &Writer{db: db, queue: make(chan *request, maxGroup), done: make(chan struct{}), broken: make(chan struct{}), commitTxn: db.Commit}
	go w.run()
	return w
}

// Update runs a change and commits what it wrote. A change may be run twice, so it must not touch anything but its
// Tx and variables it sets anew each time; what is to happen once goes to Tx.Committed. Its error is returned, and
// nothing of it is written. The context only bounds the wait for a place in the queue: from there on the outcome is one
// disk write away, and knowing it is worth the wait.
func (w *Writer) Update(ctx context.Context, change func(*Tx) error) error {
	r := &request{change: change, answer: make(chan error, 1)}
	if err := w.enqueue(ctx, r); err != nil {
		return err
	}
	return <-r.answer
}

func (w *Writer) enqueue(ctx context.Context, r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.queue <- r:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to write: %w; nothing was written", ctx.Err())
	}
}

// Close commits what is queued and ends the writer. It does not close the database.
func (w *Writer) Close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

// Failed is closed once a commit has failed: from then on only a restart helps.
func (w *Writer) Failed() <-chan struct{} { return w.broken }

func (w *Writer) run() {
	defer close(w.done)
	for first := range w.queue {
		group := []*request{first}
		for len(group) < maxGroup && len(w.queue) > 0 {
			group = append(group, <-w.queue)
		}
		for len(group) > 0 {
			group = group[w.commit(group):]
		}
	}
}

// commit runs and commits as many of the group's changes as fit a transaction, at least one, and returns how many.
// All are answered after the commit, also those that wrote nothing: what they saw was not durable before.
func (w *Writer) commit(group []*request) int {
	if w.failed != nil {
		fail(group, w.failed)
		return len(group)
	}
	txn := w.db.NewTransaction(true)
	defer txn.Discard()
	var erased [][]byte
	n, size, count := 0, int64(0), int64(0)
	for ; n < len(group); n++ {
		r := group[n]
		tx := &Tx{txn: txn, writes: map[string]write{}}
		r.err, r.after, r.erases = r.change(tx), tx.after, len(tx.erased) > 0
		if r.err != nil {
			continue
		}
		s, c := tx.size()
		if size+s >= w.db.MaxBatchSize() || count+c >= w.db.MaxBatchCount() {
			if n > 0 {
				break // it runs again in the next transaction
			}
			r.err = ErrTooBig
			continue
		}
		size, count = size+s, count+c
		erased = append(erased, tx.erased...)
		if err := tx.flush(); err != nil {
			// Sizes were checked, so this is no matter of one change: the whole transaction is in doubt.
			fail(group[:n+1], err)
			return n + 1
		}
	}
	if err := w.commitTxn(txn); err != nil {
		// Badger may have it in memory and not on disk: changes that came now would see it, and take for accepted
		// what its sender was told has failed. Only a restart tells what is there.
		w.failed = fmt.Errorf("%w (%w)", ErrFailed, err)
		close(w.broken)
		fail(group[:n], err)
		return n
	}
	var notErased error
	if len(erased) > 0 {
		notErased = erase(w.db.DB, erased)
	}
	for _, r := range group[:n] {
		if r.err == nil && r.after != nil {
			r.after()
		}
		if r.err == nil && r.erases {
			r.err = notErased
		}
		r.answer <- r.err
	}
	return n
}

func fail(group []*request, err error) {
	for _, r := range group {
		r.answer <- fmt.Errorf("write store: %w", err)
	}
}

// Tx is what one change reads and writes. Its writes are its own until the change has returned nil.
type Tx struct {
	txn    *badger.Txn
	writes map[string]write
	erased [][]byte
	after  func()
}

type write struct {
	value  []byte // nil deletes
	expire uint64 // Unix seconds; 0 never
}

// Get reads a key, with what this and earlier changes wrote; nil where there is none. The value is the caller's.
func (tx *Tx) Get(key []byte) ([]byte, error) {
	if w, ok := tx.writes[string(key)]; ok {
		return bytes.Clone(w.value), nil
	}
	return Get(tx.txn, key)
}

// Set writes a key. Key and value must not be changed afterwards.
func (tx *Tx) Set(key, value []byte) { tx.writes[string(key)] = write{value: notNil(value)} }

// SetUntil writes a key that is gone after a time.
func (tx *Tx) SetUntil(key, value []byte, expire time.Time) {
	tx.writes[string(key)] = write{value: notNil(value), expire: uint64(expire.Unix())}
}

// Delete removes a key.
func (tx *Tx) Delete(key []byte) { tx.writes[string(key)] = write{} }

// Erase removes a key from the store and, before Update returns, from its files: it and what it ever held. That takes
// longer than a Delete, and holds up other changes. If only the files could not be cleared Update says so; they are when
// the store is opened again.
func (tx *Tx) Erase(key []byte) {
	tx.Delete(key)
	tx.writes[string(erasingKey)] = write{value: []byte{}}
	tx.erased = append(tx.erased, key)
}

// Committed has a function called once the change is on disk, before the next change runs and before Update returns.
func (tx *Tx) Committed(f func()) { tx.after = f }

func notNil(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// size is at least what Badger will reckon for the writes.
func (tx *Tx) size() (size, count int64) {
	for key, w := range tx.writes {
		size += int64(len(key)+len(w.value)) + 32
	}
	return size, int64(len(tx.writes))
}

func (tx *Tx) flush() error {
	for key, w := range tx.writes {
		var err error
		if w.value == nil {
			err = tx.txn.Delete([]byte(key))
		} else {
			e := badger.NewEntry([]byte(key), w.value)
			e.ExpiresAt = w.expire
			err = tx.txn.SetEntry(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
