package inbox

import (
	"context"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Status tells how far work has come.
func (in *Inbox) Status(_ context.Context, id wallet.WorkID) (wallet.Status, error) {
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

// watcher is those who wait for one work.
type watcher struct {
	done    chan struct{}
	waiting int
}

// Wait is Status, once the work is done, the context has ended or the inbox is closing.
func (in *Inbox) Wait(ctx context.Context, id wallet.WorkID) (wallet.Status, error) {
	// Watch first and look then: work settled in between would wake nobody.
	w := in.watch(id)
	defer in.unwatch(id, w)
	s, err := in.Status(ctx, id)
	if err != nil || s.Done {
		return s, err
	}
	select {
	case <-w.done:
		return in.Status(ctx, id)
	case <-ctx.Done():
	case <-in.closing:
	}
	return s, nil
}

func (in *Inbox) watch(id wallet.WorkID) *watcher {
	in.mu.Lock()
	defer in.mu.Unlock()
	w := in.watchers[id]
	if w == nil {
		w = &watcher{done: make(chan struct{})}
		in.watchers[id] = w
	}
	w.waiting++
	return w
}

func (in *Inbox) unwatch(id wallet.WorkID, w *watcher) {
	in.mu.Lock()
	defer in.mu.Unlock()
	// Once settled, the work has no watcher; if it was refused, accepted again and is waited for, it has another.
	if w.waiting--; w.waiting == 0 && in.watchers[id] == w {
		delete(in.watchers, id)
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
