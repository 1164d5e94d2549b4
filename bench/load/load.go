package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Request is one request to the service. One with a body has orders or an event, which are to be applied; one without
// reads.
type Request struct {
	Path  string
	Token string
	Media string // content type of the body
	Body  []byte
	Many  int // orders in it, where it relays several; else 0
}

// Options say how requests are sent.
type Options struct {
	Connections int
	// Last is for how long requests are sent; those under way are waited for after it. No bound but their number if zero.
	Last time.Duration
	// Rate is how many requests are sent in a second, until there are no more; as many as are answered if zero.
	Rate float64
	// Ahead is how far a request may be ahead of the oldest that is not answered: an account's nonces may not be farther
	// apart. No bound if zero.
	Ahead int
	// Answered, if not nil, is called for every answer that counts, concurrently.
	Answered func()
}

// Result is what came of a run: every request that was sent was answered, and orders are applied.
type Result struct {
	Sent    int             // requests, which are the first so many
	Begun   time.Time       // when the first was sent
	Seconds float64         // from then to the last answer
	Took    []time.Duration // of each request
	Refused map[string]int  // refusals by status; what was refused was sent again
}

// Run sends so many requests, or as many as the time allows, to the service at an address (host and port). request
// tells the i-th, from 0; it is called concurrently.
func Run(ctx context.Context, address string, o Options, count int, request func(i int) Request) (Result, error) {
	caller := newCaller(address, o.Connections)
	defer caller.close()
	r, queue := Result{Took: make([]time.Duration, count)}, newQueue(count, o.Ahead)
	r.Begun = time.Now() // and not before there is memory for all of them
	if o.Last > 0 {
		queue.until = r.Begun.Add(o.Last)
	}
	group, ctx := errgroup.WithContext(ctx)
	// A request waits for its answer up to half a minute, which nobody would who wants the run to end.
	defer context.AfterFunc(ctx, func() {
		queue.close()
		caller.close()
	})()
	var latest atomic.Int64
	connections := min(o.Connections, count)
	if o.Ahead > 0 {
		connections = min(connections, o.Ahead) // More would only wait, and wake up for nothing.
	}
	for range connections {
		group.Go(func() error {
			for {
				i, ok := queue.take()
				if !ok {
					return nil
				}
				at, err := o.await(ctx, r.Begun, i)
				if err != nil {
					return err
				}
				if err := caller.do(ctx, request(i)); err != nil {
					return fmt.Errorf("request %d: %w", i+1, err)
				}
				now := time.Now()
				r.Took[i] = now.Sub(at)
				storeMax(&latest, int64(now.Sub(r.Begun)))
				queue.done(i)
				if o.Answered != nil {
					o.Answered()
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return r, err
	}
	r.Sent = queue.sent()
	if r.Sent == 0 {
		return r, errors.New("no request was sent in the time given")
	}
	r.Took, r.Refused = r.Took[:r.Sent], caller.refused
	r.Seconds = time.Duration(latest.Load()).Seconds()
	return r, nil
}

// await waits for a request's time, which is now where there is no rate.
func (o Options) await(ctx context.Context, begun time.Time, i int) (time.Time, error) {
	if o.Rate == 0 {
		return time.Now(), ctx.Err()
	}
	at := begun.Add(time.Duration(float64(i) / o.Rate * float64(time.Second)))
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return at, nil
	case <-ctx.Done():
		return at, ctx.Err()
	}
}

func storeMax(to *atomic.Int64, value int64) {
	for old := to.Load(); value > old && !to.CompareAndSwap(old, value); old = to.Load() {
	}
}

// queue hands out the numbers of requests in their order.
type queue struct {
	mu       sync.Mutex
	moved    sync.Cond
	limit    int       // numbers below it are handed out
	until    time.Time // then none is any more; no bound if zero
	next     int
	ahead    int
	oldest   int    // the first that is not answered
	answered []bool // only with a bound on ahead
}

func newQueue(limit, ahead int) *queue {
	q := &queue{limit: limit, ahead: ahead}
	q.moved.L = &q.mu
	if ahead > 0 {
		q.answered = make([]bool, limit)
	}
	return q
}

// take is the next number; not ok where there are no more.
func (q *queue) take() (i int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.next < q.limit && q.ahead > 0 && q.next-q.oldest >= q.ahead {
		q.moved.Wait()
	}
	if q.next >= q.limit || (!q.until.IsZero() && !time.Now().Before(q.until)) {
		return 0, false
	}
	q.next++
	return q.next - 1, true
}

func (q *queue) done(i int) {
	if q.ahead == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.answered[i] = true
	if i != q.oldest {
		return // Those who wait, wait for the oldest.
	}
	for q.oldest < len(q.answered) && q.answered[q.oldest] {
		q.oldest++
	}
	q.moved.Broadcast()
}

// close hands out no more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = q.next
	q.moved.Broadcast()
}

// sent is how many numbers were handed out.
func (q *queue) sent() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.next
}
