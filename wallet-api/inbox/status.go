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

// Wait is Status of several works, once all of them are done, the context has ended or the inbox is closing.
func (in *Inbox) Wait(ctx context.Context, ids ...wallet.WorkID) ([]wallet.Status, error) {
	list, waiting := make([]wallet.Status, len(ids)), make([]*pending, len(ids))
	// All are found before one is waited for, because what is settled meanwhile would have to be read back from the disk.
	for i, id := range ids {
		var err error
		if waiting[i], list[i], err = in.find(ctx, id); err != nil {
			return nil, err
		}
	}
	for i, p := range waiting {
		if p != nil {
			list[i] = in.wait(ctx, p)
		}
	}
	return list, nil
}

// find is the work with an id while it is unfinished, and otherwise its status.
func (in *Inbox) find(ctx context.Context, id wallet.WorkID) (*pending, wallet.Status, error) {
	for {
		if p := in.unfinished(id); p != nil {
			return p, wallet.Status{}, nil
		}
		s, err := in.written(id)
		// Else it is on disk and about to be queued, or is just being settled.
		if err != nil || s.Done || !briefly(ctx) {
			return nil, s, err
		}
	}
}

// wait is the outcome of work, or its status when the context has ended.
func (in *Inbox) wait(ctx context.Context, p *pending) wallet.Status {
	select {
	case <-p.done:
		return p.outcome
	case <-ctx.Done():
	case <-in.closing:
	}
	select {
	case <-p.done:
		return p.outcome
	default:
		return wallet.Status{Work: p.work}
	}
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
