package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// restore takes in what an earlier run submitted. What became of it is asked like of any batch whose outcome is
// unknown: first of the views, which have caught up, and if they do not know, by submitting the same envelope.
func (d *dispatcher) restore(ctx context.Context) {
	wait := pause{first: unavailableFirst, most: unavailableMost}
	for {
		batches, err := d.submissions(ctx)
		if err == nil {
			for _, b := range batches {
				d.sched.adopt(b)
				d.active[b] = true
				d.flights.add(b)
			}
			if len(batches) > 0 {
				d.log.Info("following up what was submitted before the restart", slog.Int("transactions", len(batches)))
			}
			return
		}
		d.log.Error("what was submitted before the restart cannot be read; nothing is sent until it can", slog.Any("error", err))
		if !wait.sleep(ctx) {
			return
		}
	}
}

// submissions are the batches whose envelopes were made durable and whose outcome the inbox was not told.
func (d *dispatcher) submissions(ctx context.Context) ([]*batch, error) {
	subs, err := d.inbox.Submissions(ctx)
	if err != nil {
		return nil, err
	}
	now := d.now()
	owner := map[wallet.WorkID]*item{}
	batches := make([]*batch, len(subs))
	for i, sub := range subs {
		b := resumed(sub, now)
		for _, it := range b.items {
			// A crash between replacing a submission and forgetting it leaves work in both. One of them tells.
			if earlier := owner[it.work.ID]; earlier != nil {
				earlier.shadow = true
			}
			owner[it.work.ID] = it
		}
		batches[i] = b
	}
	r, err := d.records()
	if err != nil {
		return nil, fmt.Errorf("read the views: %w", err)
	}
	for _, b := range batches {
		if b.holds, err = held(b.items, r); err != nil {
			return nil, fmt.Errorf("read the views: %w", err)
		}
	}
	return batches, nil
}

// resumed is the batch of a submission.
func resumed(sub wallet.Submission, now time.Time) *batch {
	b := &batch{
		class: wallet.ClassBooking, formed: now, tx: Envelope{sub.TxID, sub.Envelope},
		state: following, unsure: true,
	}
	for _, w := range sub.Work {
		b.class = w.Class
		b.items = append(b.items, newItem(w))
	}
	b.sent = b.items
	return b
}

// held is what items held when they were sent, as far as it can still be told.
func held(items []*item, r records) ([]key, error) {
	own := locks{}
	for _, it := range items {
		if it.shadow {
			continue
		}
		behind, _, err := r.behind(it)
		if err != nil {
			return nil, err
		}
		own.add(it.wants...)
		own.add(behind...)
	}
	return own.list(), nil
}
