package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// eventStatus is how far an accepted event has come.
type eventStatus struct {
	id        string
	done      bool   // the ledger has answered; what follows holds only then
	duplicate bool   // the ledger had all of it already
	rejected  string // the code of the first item that was rejected, if one was
}

// follower asks what became of accepted events until it knows, oldest first, while others are still being sent.
type follower struct {
	// ask tells the status of up to askAtOnce different events. Those the service does not know are left out.
	ask func(ctx context.Context, ids []string) ([]eventStatus, error)
	// settled hears of every event that is done or, where status is nil, no longer known. It is not called
	// concurrently.
	settled func(r eventReceipt, status *eventStatus)
	// pause is how long to wait when there was little to learn.
	pause time.Duration

	mu       sync.Mutex
	receipts []eventReceipt
	last     bool
}

// askAtOnce is how many events the service tells the status of in one answer.
const askAtOnce = 1000

// add gives the follower the receipt of an accepted event.
func (f *follower) add(r eventReceipt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.receipts = append(f.receipts, r)
}

// finish says that no more events come.
func (f *follower) finish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = true
}

// run follows events until finish was called and all are settled, or the context ends.
func (f *follower) run(ctx context.Context) error {
	for {
		oldest, last := f.oldest()
		if last && len(oldest) == 0 {
			return nil
		}
		// A full question costs little more than a small one, so while events are still being sent it waits to be full.
		learnt := 0
		if last || len(oldest) == askAtOnce {
			var err error
			if learnt, err = f.question(ctx, oldest); err != nil {
				return fmt.Errorf("ask what became of accepted events: %w", err)
			}
		}
		if learnt > len(oldest)/2 {
			continue
		}
		if err := sleep(ctx, f.pause); err != nil {
			return err
		}
	}
}

// oldest is what to ask about next; last tells that no more will come.
func (f *follower) oldest() (oldest []eventReceipt, last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.receipts[:min(askAtOnce, len(f.receipts))], f.last
}

// question asks about the oldest events and keeps those still under way. It tells how many were settled.
func (f *follower) question(ctx context.Context, oldest []eventReceipt) (settled int, err error) {
	ids := make([]string, len(oldest))
	for i, r := range oldest {
		ids[i] = r.id
	}
	slices.Sort(ids) // An event that was sent twice is asked about once.
	answers, err := f.ask(ctx, slices.Compact(ids))
	if err != nil {
		return 0, err
	}
	statuses := make(map[string]*eventStatus, len(answers))
	for i := range answers {
		statuses[answers[i].id] = &answers[i]
	}
	var waiting []eventReceipt
	for _, r := range oldest {
		if status := statuses[r.id]; status != nil && !status.done {
			waiting = append(waiting, r)
		} else {
			f.settled(r, status)
		}
	}
	settled = len(oldest) - len(waiting)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.receipts = f.receipts[settled:]
	copy(f.receipts, waiting)
	return settled, nil
}

// sleep waits, but not longer than the context lives.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
