package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Accept makes work durable, as wallet.Intake says.
func (in *Inbox) Accept(ctx context.Context, work []wallet.Work) ([]wallet.Receipt, error) {
	for _, w := range work {
		if in.classes[w.Class] == nil || len(w.Ops) == 0 {
			return nil, fmt.Errorf("inbox: work %s has no operations, or class %d, which is none", w.ID, w.Class)
		}
	}
	if !in.reserve(work) {
		return nil, wallet.ErrOverloaded
	}
	receipts := make([]wallet.Receipt, len(work))
	if err := in.accept(ctx, work, receipts); err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	return receipts, nil
}

// reserve takes room for all of the work, or none. It does so before the disk is touched, because a queue that is
// full must cost nothing to refuse; repeats, which need no room, give it back later.
func (in *Inbox) reserve(work []wallet.Work) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	for i, w := range work {
		c := in.classes[w.Class]
		if c.unfinished++; c.unfinished > c.bound {
			for _, w := range work[:i+1] {
				in.classes[w.Class].unfinished--
			}
			return false
		}
	}
	return true
}

func (in *Inbox) release(work []wallet.Work) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, w := range work {
		in.classes[w.Class].unfinished--
	}
}

// accept stores work that room was reserved for, in one transaction where it fits, and otherwise in several: the
// parts are harmless, since whoever gets an error sends all of it again.
func (in *Inbox) accept(ctx context.Context, work []wallet.Work, receipts []wallet.Receipt) error {
	var fresh []*pending
	var rest []wallet.Work
	err := in.writer.Update(ctx, func(tx *disk.Tx) error {
		fresh, rest = nil, nil
		for i, w := range work {
			var queue *pending
			var err error
			if receipts[i], queue, err = in.admit(tx, w); err != nil {
				return err
			}
			if queue != nil {
				fresh = append(fresh, queue)
			} else {
				rest = append(rest, w)
			}
		}
		tx.Committed(func() { in.enqueue(fresh) })
		return nil
	})
	switch half := len(work) / 2; {
	case err == nil:
		in.release(rest)
		return nil
	case errors.Is(err, disk.ErrTooBig) && half > 0:
		if err := in.accept(ctx, work[:half], receipts[:half]); err != nil {
			in.release(work[half:])
			return err
		}
		return in.accept(ctx, work[half:], receipts[half:])
	default:
		in.release(work)
		return err
	}
}

// admit decides about one work, and writes and returns it if it is to be queued.
func (in *Inbox) admit(tx *disk.Tx, w wallet.Work) (r wallet.Receipt, queue *pending, err error) {
	r.ID = w.ID
	var usedAs []byte
	if w.Key != nil {
		usedAs = idempotencyKey(w.Key.Client, w.Key.Key)
		used, err := tx.Get(usedAs)
		if err != nil {
			return r, nil, err
		}
		if used != nil {
			id, digest, err := decodeKeyed(used)
			switch {
			case err != nil:
				return r, nil, err
			case digest != w.Key.Digest:
				r.Err = wallet.ErrKeyReused
			default:
				r.ID, r.Repeated = id, true
			}
			return r, nil, nil
		}
	}
	before, err := tx.Get(workKey(w.ID))
	if err != nil {
		return r, nil, err
	}
	if before != nil {
		rec, err := decodeWork(w.ID, before)
		if err != nil {
			return r, nil, err
		}
		if rec.status.Work.Digest != w.Digest {
			r.Err = wallet.ErrConflict
			return r, nil, nil
		}
		r.Repeated = !rec.status.Rejected()
	}
	if w.Key != nil {
		tx.SetUntil(usedAs, encodeKeyed(w.ID, w.Key.Digest), in.now().Add(in.keep))
	}
	if !r.Repeated {
		in.seq++
		queue = newPending(w, in.seq, encodeWork(record{seq: in.seq, status: wallet.Status{Work: w}}))
		tx.Set(workKey(w.ID), queue.encoded)
		tx.Set(queueKey(in.seq), w.ID[:])
	}
	return r, queue, nil
}

// enqueue is called in the order of the commits, so that the queue has the order of the disk.
func (in *Inbox) enqueue(work []*pending) {
	if len(work) == 0 {
		return
	}
	in.mu.Lock()
	for _, p := range work {
		in.pending[p.work.ID] = p
		c := in.classes[p.work.Class]
		c.waiting = append(c.waiting, p.work)
	}
	in.mu.Unlock()
	in.wake()
}
