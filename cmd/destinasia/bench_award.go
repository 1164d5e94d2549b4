package main

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/bookings"
)

// How events are sent. The service is kept full but not flooded: with more under way, it would only queue longer.
const (
	benchBatch         = 100
	benchEventSenders  = 4
	benchItemsUnderWay = 6_000 // operations: what the service takes out of its inbox at a time
)

// award: bookings are confirmed and completed. A trip has two items on average and an event is of all of them, so for each
// event an item is awarded; the baseline's like is a mint.
func (b *benchRun) award() benchWorkload {
	return benchWorkload{name: "award", unit: "events", variants: []benchVariant{
		b.baselineVariant(benchSpread, b.baseline.mint),
		{name: variantDollars, ready: func(_ context.Context, id string) (benchRound, error) {
			awards := workload.Award(id, b.awardEvents())
			return func(ctx context.Context) (benchOutcome, error) { return b.sendAwards(ctx, id, awards) }, nil
		}},
	}}
}

// awardEvents is how many events a round has.
func (b *benchRun) awardEvents() int { return b.seconds * benchEventsPerSecond }

// sendAwards sends the events of a round, waits until all are committed, and measures.
func (b *benchRun) sendAwards(ctx context.Context, label string, awards workload.Awards) (o benchOutcome, err error) {
	watch, err := newWatch(ctx, b.supply)
	if err != nil {
		return o, err
	}
	b.refusals.taken()
	sent, err := b.report(ctx, label, awards.Events, watch)
	if err != nil {
		return o, err
	}
	o.done, o.Refused = len(awards.Events), b.refusals.taken()
	o.seconds, err = watch.took(sent.begun, awards.Operations)
	o.ask = func(ctx context.Context) ([]time.Duration, error) { return b.latencies(ctx, sent, watch) }
	return o, err
}

// sending remembers when which event was sent, by the ids in the receipts.
type sending struct {
	begun time.Time
	mu    sync.Mutex
	ids   []string
	at    []time.Time
}

// report sends events while the ledger is watched. All of them must be applied.
func (b *benchRun) report(ctx context.Context, label string, events []bookings.Event, w *watch) (*sending, error) {
	sent := &sending{begun: time.Now()}
	feeding := feed[bookings.Event]{
		connections: benchEventSenders, batch: benchBatch, meter: &meter{what: label + ", events", total: len(events)},
		booking: func(e bookings.Event) string { return e.Data.Booking },
		report: func(ctx context.Context, batch []bookings.Event) ([]eventReceipt, error) {
			at := time.Now()
			receipts, err := reportBatch(ctx, b.events, batch)
			sent.mu.Lock()
			defer sent.mu.Unlock()
			for _, r := range receipts {
				sent.ids, sent.at = append(sent.ids, r.id), append(sent.at, at)
			}
			return receipts, err
		},
		statuses: func(ctx context.Context, ids []string) ([]eventStatus, error) { return askStatuses(ctx, b.events, ids) },
	}
	stop := feeding.meter.show(b.errs)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	var counts feedCounts
	fed := make(chan struct{})
	group.Go(func() error { return w.run(ctx, fed) })
	group.Go(func() (err error) {
		defer close(fed)
		counts, err = feeding.run(ctx, paced(ctx, events, w))
		return err
	})
	if err := group.Wait(); err != nil {
		return sent, err
	}
	if counts.Applied != len(events) {
		return sent, fmt.Errorf("only %d of %d events were applied: %d are duplicates, rejected by the ledger are %v, refused by the service %v",
			counts.Applied, len(events), counts.Duplicate, counts.Rejected, counts.Refused)
	}
	return sent, nil
}

// paced hands out events as the ledger takes them. What waits in connections for a batch to become full is much less
// than what may be under way, so this never waits for what was not sent.
func paced(ctx context.Context, events []bookings.Event, w *watch) iter.Seq[bookings.Event] {
	return func(yield func(bookings.Event) bool) {
		given := int64(0)
		for _, e := range events {
			for given-w.applied.Load() >= benchItemsUnderWay {
				if sleep(ctx, watchPeriod) != nil {
					return
				}
			}
			if !yield(e) {
				return
			}
			given += int64(len(e.Data.Items))
		}
	}
}

// latencies asks for the block of every event, and works out how long after its request the block was in the views.
func (b *benchRun) latencies(ctx context.Context, sent *sending, w *watch) ([]time.Duration, error) {
	at := make(map[string]time.Time, len(sent.ids))
	for i, id := range sent.ids {
		at[id] = sent.at[i]
	}
	took := make([]time.Duration, 0, len(sent.ids))
	for from := 0; from < len(sent.ids); from += askAtOnce {
		statuses, err := b.events.BookingEvents(ctx, sent.ids[from:min(from+askAtOnce, len(sent.ids))])
		if err != nil {
			return nil, err
		}
		for _, s := range statuses {
			if s.Transaction == nil {
				return nil, fmt.Errorf("the service does not tell the block of event %s", s.Label)
			}
			took = append(took, w.sawBlock(s.Transaction.Block).Sub(at[s.ID]))
		}
	}
	if len(took) != len(sent.ids) {
		return nil, fmt.Errorf("the service knows only %d of %d events", len(took), len(sent.ids))
	}
	return took, nil
}
