package inbox

import (
	"context"
	"time"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Status tells how far work has come.
func (in *Inbox) Status(_ context.Context, id wallet.WorkID) (wallet.Status, error) {
	if p := in.unfinished(id); p != nil {
		return wallet.Status{Work: p.work}, nil
	}
	return in.written(id)
}

// unfinished is the work with an id that waits or is under way; nil where it does not.
func (in *Inbox) unfinished(id wallet.WorkID) *pending {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.pending[id]
}

// written is what the disk has of work.
func (in *Inbox) written(id wallet.WorkID) (wallet.Status, error) {
	var rec record
	err := in.db.View(func(txn *badger.Txn) error {
		value, err := disk.Get(txn, workKey(id))
		if err != nil {
			return err
		}
		if value == nil {
			return wallet.ErrNotFound
		}
		rec, err = decodeWork(id, value)
		return err
	})
	return rec.status, err
}

// Wait is Status, once the work is done, the context has ended or the inbox is closing.
func (in *Inbox) Wait(ctx context.Context, id wallet.WorkID) (wallet.Status, error) {
	p := in.unfinished(id)
	for p == nil {
		s, err := in.written(id)
		if err != nil || s.Done {
			return s, err
		}
		// It is on disk and about to be queued, or is just being settled.
		if p = in.unfinished(id); p == nil && !briefly(ctx) {
			return s, nil
		}
	}
	select {
	case <-p.done:
		return p.outcome, nil
	case <-ctx.Done():
	case <-in.closing:
	}
	return wallet.Status{Work: p.work}, nil
}

// briefly waits for what takes microseconds, and reports false if the context ended first.
func briefly(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Millisecond):
		return true
	}
}

// Keyed finds what an idempotency key was used for.
func (in *Inbox) Keyed(_ context.Context, client, key string) (id wallet.WorkID, digest [32]byte, err error) {
	err = in.db.View(func(txn *badger.Txn) error {
		value, err := disk.Get(txn, idempotencyKey(client, key))
		if err != nil {
			return err
		}
		if value == nil {
			return wallet.ErrNotFound
		}
		id, digest, err = decodeKeyed(value)
		return err
	})
	return id, digest, err
}
