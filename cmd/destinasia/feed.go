package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// eventReceipt is how the service answered one event: accepted, now or earlier, or refused.
type eventReceipt struct {
	id       string // of an accepted event: names it when asking for its status
	repeated bool   // it was accepted earlier
	refused  string // the code it was refused with
}

// feed reports events over several connections, and follows them until the ledger has answered.
type feed[T any] struct {
	connections int
	batch       int
	// booking names the booking of an event: events of one booking are reported in their order.
	booking func(T) string
	// report sends events in one request and tells the answers in their order.
	report func(ctx context.Context, events []T) ([]eventReceipt, error)
	// statuses tells how far up to askAtOnce events have come; unknown ones are left out.
	statuses func(ctx context.Context, ids []string) ([]eventStatus, error)
	meter    *meter
}

// feedPause is how often to ask about events under way; a commit takes about half a second.
const feedPause = 200 * time.Millisecond

// run reports the events and counts what became of them. When it fails, or the context ends, the counts are those of
// what was known by then.
func (f feed[T]) run(ctx context.Context, events iter.Seq[T]) (feedCounts, error) {
	count := counter{meter: f.meter, counts: newFeedCounts()}
	following := &follower{ask: f.statuses, settled: count.settled, pause: feedPause}
	sending := lanes[T]{count: f.connections, batch: f.batch, key: f.booking}
	var refused sync.Map // bookings the service did not take in: nothing more is reported of them
	sending.send = func(ctx context.Context, batch []T) error {
		batch = slices.DeleteFunc(batch, func(event T) bool {
			_, gone := refused.Load(f.booking(event))
			if gone {
				count.skipped()
			}
			return gone
		})
		if len(batch) == 0 {
			return nil
		}
		receipts, err := f.report(ctx, batch)
		if err != nil {
			return err
		}
		if len(receipts) != len(batch) {
			return fmt.Errorf("the service answered %d of %d events", len(receipts), len(batch))
		}
		for i, r := range receipts {
			count.answered(r)
			if r.refused != "" {
				refused.Store(f.booking(batch[i]), true)
				continue
			}
			following.add(r)
		}
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer following.finish()
		return sending.run(ctx, events)
	})
	group.Go(func() error { return following.run(ctx) })
	err := group.Wait()
	return count.total(), err
}

// feedCounts are what became of events:
//
//	Events = Accepted + repeated + sum of Refused
//	       = Applied + Duplicate + sum of Rejected + sum of Refused + Unsettled + Forgotten
type feedCounts struct {
	Events    int            `json:"events"`    // sent and answered: all but Skipped
	Accepted  int            `json:"accepted"`  // taken in now
	Applied   int            `json:"applied"`   // changed the ledger
	Duplicate int            `json:"duplicate"` // accepted earlier, or on the ledger already
	Rejected  map[string]int `json:"rejected"`  // accepted, and then rejected by the ledger, by code
	Refused   map[string]int `json:"refused"`   // not accepted, by code
	Unsettled int            `json:"unsettled"` // accepted, with an outcome still to come
	Forgotten int            `json:"forgotten"` // accepted, but the service no longer knows them
	Skipped   int            `json:"skipped"`   // not sent, because the service had refused their booking
}

func newFeedCounts() feedCounts {
	return feedCounts{Rejected: map[string]int{}, Refused: map[string]int{}}
}

// counter counts while events are sent.
type counter struct {
	meter  *meter
	mu     sync.Mutex
	counts feedCounts
}

// answered counts the service's answer to an event.
func (c *counter) answered(r eventReceipt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Events++
	c.meter.sent.Add(1)
	switch {
	case r.refused != "":
		c.counts.Refused[r.refused]++
		c.meter.settled.Add(1)
		return
	case !r.repeated:
		c.counts.Accepted++
	}
	c.counts.Unsettled++
}

// settled counts the outcome of an accepted event. One with several items of which some were rejected counts as
// rejected.
func (c *counter) settled(r eventReceipt, status *eventStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Unsettled--
	c.meter.settled.Add(1)
	switch {
	case status == nil:
		c.counts.Forgotten++
	case status.rejected != "":
		c.counts.Rejected[status.rejected]++
	case r.repeated || status.duplicate:
		c.counts.Duplicate++
	default:
		c.counts.Applied++
	}
}

// skipped counts an event that is not sent.
func (c *counter) skipped() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Skipped++
	c.meter.sent.Add(1)
	c.meter.settled.Add(1)
}

func (c *counter) total() feedCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}
