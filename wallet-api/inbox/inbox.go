package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Options of an Inbox; the zero value is useful.
type Options struct {
	// Bounds is how much unfinished work of a class there may be; DefaultBounds where a class is not named.
	Bounds map[wallet.Class]int

	// Keep is for how long finished work and idempotency keys are remembered; 30 days when zero. Within it a
	// repeat is told from new work without asking the ledger.
	Keep time.Duration

	Now    func() time.Time // time.Now if nil
	Medium disk.Medium      // disk.Machine if nil
	Log    *slog.Logger     // nil discards
}

// DefaultBounds hold some seconds of work at full speed, in about 20 MB of memory. Of changes that are several calls' worth
// of expirations and ended holds, with room for operators and merchants beside them.
var DefaultBounds = map[wallet.Class]int{
	wallet.ClassBooking: 20_000,
	wallet.ClassOrder:   10_000,
	wallet.ClassAdmin:   4 * wallet.MaxExpire,
}

// Inbox is the work that was accepted. It is safe for concurrent use.
type Inbox struct {
	db     *disk.DB
	writer *disk.Writer
	files  submissions
	keep   time.Duration
	now    func() time.Time
	log    *slog.Logger

	seq   uint64 // of the newest work; the writer's alone
	ready chan struct{}

	mu      sync.Mutex
	classes map[wallet.Class]*class
	pending map[wallet.WorkID]*pending

	closing chan struct{}
}

// pending is unfinished work. All of it is in memory, so that telling how far it has come, waiting for it and settling it
// read nothing from the disk. Only done and what comes after it changes.
type pending struct {
	work    wallet.Work
	seq     uint64
	encoded []byte // its record on disk

	done    chan struct{}
	outcome wallet.Status // once done is closed
}

func newPending(w wallet.Work, seq uint64, encoded []byte) *pending {
	return &pending{work: w, seq: seq, encoded: encoded, done: make(chan struct{})}
}

// class is one queue.
type class struct {
	bound      int
	unfinished int           // accepted, or about to be, and not settled
	waiting    []wallet.Work // of it, what was not handed out
}

var _ wallet.Intake = (*Inbox)(nil)

// Open opens or creates the inbox in a folder, with the unfinished work it holds. Close it.
func Open(dir string, o Options) (*Inbox, error) {
	in := &Inbox{
		keep: o.Keep, now: o.Now, log: o.Log,
		ready:   make(chan struct{}, 1),
		classes: map[wallet.Class]*class{},
		pending: map[wallet.WorkID]*pending{},
		closing: make(chan struct{}),
	}
	if in.keep == 0 {
		in.keep = 30 * 24 * time.Hour
	}
	if in.now == nil {
		in.now = time.Now
	}
	if in.log == nil {
		in.log = slog.New(slog.DiscardHandler)
	}
	if o.Medium == nil {
		o.Medium = disk.Machine
	}
	for c, bound := range DefaultBounds {
		if b, ok := o.Bounds[c]; ok {
			bound = b
		}
		in.classes[c] = &class{bound: bound}
	}
	db, err := disk.Open(filepath.Join(dir, "work"), disk.Options{MemTable: 3 << 20, Sync: true, Medium: o.Medium, Log: in.log})
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	in.db = db
	if in.files, err = openSubmissions(o.Medium, filepath.Join(dir, "submissions")); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := in.load(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	in.writer = disk.NewWriter(db)
	return in, nil
}

// Close ends the inbox after what was asked for before. Waits return with the status as it is.
func (in *Inbox) Close() error {
	close(in.closing)
	in.writer.Close()
	return in.db.Close()
}

// Failed is closed once the disk has failed under the inbox: it then refuses everything, and only a restart helps.
func (in *Inbox) Failed() <-chan struct{} { return in.writer.Failed() }

// load queues the unfinished work, but for that of submissions, which is on its way.
func (in *Inbox) load() error {
	underway, err := in.underway()
	if err != nil {
		return err
	}
	return in.db.View(func(txn *badger.Txn) error {
		return scan(txn, queuePrefix, func(key, value []byte) error {
			rec, encoded, err := queued(txn, value)
			if err != nil {
				return err
			}
			in.seq = rec.seq
			w := rec.status.Work
			in.pending[w.ID] = newPending(w, rec.seq, encoded)
			c := in.classes[w.Class]
			c.unfinished++
			if !underway[w.ID] {
				c.waiting = append(c.waiting, w)
				in.wake()
			}
			return nil
		})
	})
}

// underway is the work of all submissions. A submission whose work is all settled was about to be forgotten.
func (in *Inbox) underway() (map[wallet.WorkID]bool, error) {
	found := map[wallet.WorkID]bool{}
	err := in.files.each(func(txID string, ids []wallet.WorkID, _ []byte) error {
		unfinished := 0
		for _, id := range ids {
			switch s, err := in.Status(context.Background(), id); {
			case errors.Is(err, wallet.ErrNotFound): // settled so long ago that it is forgotten
			case err != nil:
				return err
			case !s.Done:
				unfinished++
				found[id] = true
			}
		}
		if unfinished == 0 {
			return in.files.remove(txID)
		}
		return nil
	})
	return found, err
}

// wake tells the one who takes work that there may be some.
func (in *Inbox) wake() {
	select {
	case in.ready <- struct{}{}:
	default: // it was told and has not looked yet
	}
}

// Depth is how much work of a class is unfinished.
func (in *Inbox) Depth(c wallet.Class) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	if q := in.classes[c]; q != nil {
		return q.unfinished
	}
	return 0
}

// Room is how much more work of a class would be accepted now.
func (in *Inbox) Room(c wallet.Class) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	if q := in.classes[c]; q != nil {
		return max(0, q.bound-q.unfinished)
	}
	return 0
}
