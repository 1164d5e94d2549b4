package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/test/history"
)

// crowd is the load: few members who pay each other, so that orders contend for accounts, a booking system, a checkout that
// holds and captures, and somebody who always looks at balances. All of them are bounded in how often they ask.
type crowd struct {
	*caller
	payers, holders []*member
	seed            uint64
	random          []*rand.Rand // one of each client
	booked          []int        // by each booker

	stop context.CancelFunc
	all  sync.WaitGroup
}

// How many there are of each, and how often each asks.
const (
	payers, holders, bookers, watchers = 6, 2, 2, 2

	payEach, holdEach, bookEach, watchEach, followEach = 200 * time.Millisecond, time.Second, 400 * time.Millisecond, 60 * time.Millisecond, 300 * time.Millisecond
)

// Out of a hundred requests of a payer, so many are redemptions, for more than anybody has, waited for, and sent twice.
const redemptions, dreams, waited, twice = 20, 3, 50, 10

// endowments are bookings that each member has completed before: so that there is something to spend.
const endowments = 40

func newCrowd(t *testing.T, c *caller, seed uint64) *crowd {
	t.Helper()
	w := &crowd{caller: c, seed: seed, booked: make([]int, bookers)}
	for i := range payers + holders {
		m := newMember(t, fmt.Sprintf("member-%d", i))
		if _, err := c.members.CreateMember(t.Context(), m.id, &m.account); err != nil {
			t.Fatal(err)
		}
		if i < payers {
			w.payers = append(w.payers, m)
		} else {
			w.holders = append(w.holders, m)
		}
	}
	for i := range payers + holders + bookers + watchers {
		w.random = append(w.random, rand.New(rand.NewPCG(seed, uint64(i))))
	}
	var group errgroup.Group
	group.SetLimit(8)
	for _, m := range slices.Concat(w.payers, w.holders) {
		for i := range endowments {
			group.Go(func() error {
				booking := fmt.Sprintf("endow-%s-%d", m.id, i)
				for _, kind := range []string{bookings.Confirmed, bookings.Completed} {
					a := until(func() history.Answer { return c.report(t.Context(), m, kind, booking, booking+"/"+kind) })
					if a.Told != history.Accepted {
						return fmt.Errorf("%s of %s is told %s %s", kind, booking, a.Told, a.Code)
					}
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return w
}

// start sets everybody to work, until end.
func (w *crowd) start(ctx context.Context) {
	ctx, w.stop = context.WithCancel(ctx)
	client := 0
	each := func(every time.Duration, count int, do func(ctx context.Context, i int, r *rand.Rand)) {
		for i := range count {
			r := w.random[client]
			client++
			w.all.Go(func() {
				tick := time.NewTicker(every)
				defer tick.Stop()
				for {
					select {
					case <-ctx.Done():
						return
					case <-tick.C:
						do(context.WithoutCancel(ctx), i, r) // what was begun is ended, so that it is known how
					}
				}
			})
		}
	}
	each(payEach, payers, w.pay)
	each(holdEach, holders, w.hold)
	each(bookEach, bookers, w.book)
	each(watchEach, watchers, func(ctx context.Context, _ int, r *rand.Rand) { w.balance(ctx, w.payers[r.IntN(payers)]) })
	w.all.Go(func() {
		for ctx.Err() == nil {
			w.followAccepted(ctx)
			time.Sleep(followEach)
		}
	})
}

func (w *crowd) end() {
	w.stop()
	w.all.Wait()
}

// tries is how often a request is sent that nobody answers, before whoever sent it gives up.
const tries = 3

// until sends a request again where it was not answered, as clients do.
func until(send func() history.Answer) (a history.Answer) {
	for range tries {
		if a = send(); a.Told != history.Nothing {
			return a
		}
		time.Sleep(100 * time.Millisecond)
	}
	return a
}

// pay has a payer send points to another, or redeem some.
func (w *crowd) pay(ctx context.Context, i int, r *rand.Rand) {
	from, kind := w.payers[i], dollars.KindTransfer
	to, amount := w.payers[(i+1+r.IntN(payers-1))%payers].account, dollars.Amount(1+r.IntN(9))
	if r.IntN(100) < redemptions {
		kind, to = dollars.KindRedeem, dollars.Account{}
	}
	if r.IntN(100) < dreams {
		amount = 1_000_000_00
	}
	wait := time.Duration(0)
	if r.IntN(100) < waited {
		wait = waitFor
	}
	o, err := from.sign(kind, to, amount)
	if err != nil {
		panic(err) // the key is one that was just made
	}
	a := until(func() history.Answer { return w.place(ctx, from, o, wait) })
	if a.Told != history.Refused && r.IntN(100) < twice {
		w.again(ctx, o.what().Key)
	}
}

// hold sets points aside, has a part captured, and the rest released.
func (w *crowd) hold(ctx context.Context, i int, _ *rand.Rand) {
	const all, part = 20, 15
	from := w.holders[i]
	o, err := from.sign(dollars.KindHold, dollars.Account{}, all)
	if err != nil {
		panic(err) // the key is one that was just made
	}
	if a := until(func() history.Answer { return w.place(ctx, from, o, waitFor) }); a.Told != history.Committed {
		return
	}
	reference := fmt.Sprintf("bill-%d-%d", i, o.Nonce)
	if a := until(func() history.Answer { return w.capture(ctx, from, o.id, part, reference) }); a.Told == history.Committed {
		until(func() history.Answer { return w.release(ctx, from, o.id, all-part) })
	}
}

// book reports a booking confirmed and then completed, now and then twice: as the same event, or as another.
func (w *crowd) book(ctx context.Context, i int, r *rand.Rand) {
	w.booked[i]++
	m, booking := w.payers[r.IntN(payers)], fmt.Sprintf("trip-%d-%d", i, w.booked[i])
	a := until(func() history.Answer { return w.report(ctx, m, bookings.Confirmed, booking, booking+"/confirmed") })
	if a.Told != history.Accepted {
		return
	}
	completed := func(id string) {
		until(func() history.Answer { return w.report(ctx, m, bookings.Completed, booking, id) })
	}
	completed(booking + "/completed")
	switch chance := r.IntN(100); {
	case chance < twice:
		completed(booking + "/completed")
	case chance < 2*twice:
		completed(booking + "/completed again")
	}
}

// followAccepted asks what became of what was accepted. Of what nobody answered it does not ask while more may arrive.
func (w *crowd) followAccepted(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(4)
	for _, o := range w.history.Open() {
		if ctx.Err() == nil && o.Answers[len(o.Answers)-1].Told == history.Accepted {
			group.Go(func() error { w.follow(ctx, o); return nil })
		}
	}
	_ = group.Wait() // nothing in it fails
}

// settle waits, when nobody asks for anything new, until it is known of every operation what became of it.
func (w *crowd) settle(t *testing.T, within time.Duration) {
	t.Helper()
	time.Sleep(2 * time.Second) // what a part had in its hands when its client gave up comes to rest
	var open []history.Operation
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if open = w.history.Open(); len(open) == 0 {
			return
		}
		var group errgroup.Group
		group.SetLimit(8)
		for _, o := range open {
			group.Go(func() error {
				accepted := slices.ContainsFunc(o.Answers, func(a history.Answer) bool { return a.Told == history.Accepted })
				order := o.Kind == dollars.KindTransfer || o.Kind == dollars.KindRedeem || o.Kind == dollars.KindHold
				if accepted || order {
					w.follow(t.Context(), o)
				} else {
					w.again(t.Context(), o.Key)
				}
				return nil
			})
		}
		_ = group.Wait() // nothing in it fails
	}
	t.Fatalf("%s after the last request it is not known what became of %d operations, such as %+v", within, len(open), open[0])
}

// askAll asks once more what became of operations, from the first on.
func (w *crowd) askAll(ctx context.Context, first int) {
	var group errgroup.Group
	group.SetLimit(8)
	for _, o := range w.history.Operations(first) {
		if slices.ContainsFunc(o.Answers, func(a history.Answer) bool { return a.Name != "" }) {
			group.Go(func() error { w.follow(ctx, o); return nil })
		}
	}
	_ = group.Wait() // nothing in it fails
}
