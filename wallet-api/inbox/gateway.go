package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// This file is the side of the inbox that the gateway sees.

// Ready receives when work may be waiting. It is told once, however much there is.
func (in *Inbox) Ready() <-chan struct{} { return in.ready }

// Take hands out up to limit of a class's waiting work, oldest first. It is the caller's until Settle.
func (in *Inbox) Take(class wallet.Class, limit int) []wallet.Work {
	in.mu.Lock()
	defer in.mu.Unlock()
	c := in.classes[class]
	if c == nil {
		return nil
	}
	n := min(limit, len(c.waiting))
	taken := slices.Clone(c.waiting[:n])
	clear(c.waiting[:n]) // the queue's memory must not hold on to what it has handed out
	c.waiting = c.waiting[n:]
	return taken
}

// Submitting makes an envelope durable before it is submitted.
func (in *Inbox) Submitting(_ context.Context, s wallet.Submission) error {
	if err := in.files.add(s); err != nil {
		return fmt.Errorf("inbox: keep submission: %w", err)
	}
	return nil
}

// Settle makes what became of work durable, wakes its waiters, and forgets the submissions with these ids. Work that
// was settled before keeps its first outcome. What is too much for one transaction of the store is settled by several;
// the submissions are forgotten last, so that after a crash in between they are followed up again.
func (in *Inbox) Settle(ctx context.Context, done []wallet.Status, txIDs []string) error {
	var settled []*pending
	err := in.writer.Update(ctx, func(tx *disk.Tx) error {
		settled = nil
		for _, s := range done {
			p, err := in.settle(tx, s)
			if err != nil {
				return err
			}
			if p != nil {
				settled = append(settled, p)
			}
		}
		tx.Committed(func() { in.finish(settled) })
		return nil
	})
	if half := len(done) / 2; errors.Is(err, disk.ErrTooBig) && half > 0 {
		if err := in.Settle(ctx, done[:half], nil); err != nil {
			return err
		}
		return in.Settle(ctx, done[half:], txIDs)
	}
	if err != nil {
		return fmt.Errorf("inbox: settle: %w", err)
	}
	for _, id := range txIDs {
		if err := in.files.remove(id); err != nil {
			in.log.Warn("a settled submission could not be removed; it is tried again at the next start", slog.Any("error", err))
		}
	}
	return nil
}

// settle writes one outcome, and returns the work with it; nil when there was one before.
func (in *Inbox) settle(tx *disk.Tx, s wallet.Status) (*pending, error) {
	p := in.unfinished(s.Work.ID)
	if p == nil {
		before, err := in.written(s.Work.ID)
		if err == nil && !before.Done {
			err = fmt.Errorf("work %s is on disk as unfinished and was not loaded", s.Work.ID)
		}
		return nil, err
	}
	// Settled by an earlier change of this very commit.
	if queued, err := tx.Get(queueKey(p.seq)); err != nil || queued == nil {
		return nil, err
	}
	s.Work, s.Done = p.work, true
	settled := *p
	settled.outcome = s
	tx.SetUntil(workKey(s.Work.ID), appendOutcome(slices.Clone(p.encoded), s), in.now().Add(in.keep))
	tx.Delete(queueKey(p.seq))
	return &settled, nil
}

// finish is called in the order of the commits.
func (in *Inbox) finish(settled []*pending) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range settled {
		p := in.pending[s.work.ID]
		in.classes[p.work.Class].unfinished--
		p.outcome = s.outcome
		close(p.done)
		delete(in.pending, p.work.ID)
	}
}

// Submissions are those made durable and not forgotten, with their work as it was accepted.
func (in *Inbox) Submissions(ctx context.Context) ([]wallet.Submission, error) {
	var list []wallet.Submission
	err := in.files.each(func(txID string, ids []wallet.WorkID, envelope []byte) error {
		s := wallet.Submission{TxID: txID, Envelope: envelope}
		for _, id := range ids {
			status, err := in.Status(ctx, id)
			if err != nil {
				return fmt.Errorf("work %s: %w", id, err)
			}
			s.Work = append(s.Work, status.Work)
		}
		list = append(list, s)
		return nil
	})
	return list, err
}

// Pending is all unfinished work of a class in the order it was accepted, handed out or not.
func (in *Inbox) Pending(_ context.Context, class wallet.Class) ([]wallet.Work, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var list []*pending
	for _, p := range in.pending {
		if p.work.Class == class {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *pending) int { return cmp.Compare(a.seq, b.seq) })
	work := make([]wallet.Work, len(list))
	for i, p := range list {
		work[i] = p.work
	}
	return work, nil
}
