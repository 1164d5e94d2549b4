package gateway

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// How long what failed waits before it is tried again: at first, and at most.
const (
	conflictFirst, conflictMost       = 50 * time.Millisecond, 2 * time.Second
	rejectedFirst, rejectedMost       = 200 * time.Millisecond, time.Minute
	unavailableFirst, unavailableMost = 100 * time.Millisecond, 5 * time.Second

	// resubmitMost is the longest time between two submissions of an envelope.
	resubmitMost = 30 * time.Second

	// refusedFor is how long an orderer must have refused an envelope, that it may have taken earlier, until the
	// work is endorsed anew. An orderer keeps what it took for seconds. Should the envelope come after all, it
	// conflicts with its successor, or the successor's operations are told apart as repeated.
	refusedFor = time.Minute
)

// dispatcher is the loop that owns the scheduler. Everything it does is quick; what takes time is done by couriers,
// one leg each in a goroutine, which report back.
type dispatcher struct {
	inbox   Inbox
	views   Reads
	sched   *scheduler
	courier *courier
	flights *flights
	metrics *metrics
	log     *slog.Logger
	now     func() time.Time

	statusTimeout time.Duration // until an envelope that no block has is submitted again
	jitter        func(time.Duration) time.Duration
	reports       chan report
	legs          sync.WaitGroup

	active   map[*batch]bool // formed and not done
	waiting  [wallet.ClassAdmin + 1]bool
	outages  int // of the ledger, in a row
	resumeAt time.Time
}

var classes = [...]wallet.Class{wallet.ClassAdmin, wallet.ClassOrder, wallet.ClassBooking}

// run dispatches until stopping is closed and nothing is in flight, or the context ends. It returns when all couriers
// have. It starts with following up what an earlier run submitted.
func (d *dispatcher) run(ctx context.Context, stopping <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	defer d.legs.Wait()
	defer cancel()
	d.restore(ctx)
	// What waits for a moment is looked at fifty times a second; everything else is woken by what it waits for.
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	d.wake()
	for {
		select {
		case <-stopping:
			if len(d.active) == 0 {
				return
			}
		default:
			d.fill()
			d.launch(ctx)
		}
		d.observe()
		quiet := stopping
		if len(d.active) > 0 {
			quiet = d.unlessStopped(stopping)
		}
		select {
		case <-ctx.Done():
			return
		case <-quiet:
		case <-d.inbox.Ready():
			d.wake()
		case r := <-d.reports:
			d.handle(ctx, r)
		case <-tick.C:
			d.chase(ctx)
		}
	}
}

// unlessStopped is stopping, but for one that is closed already: waiting for that again would spin.
func (d *dispatcher) unlessStopped(stopping <-chan struct{}) <-chan struct{} {
	select {
	case <-stopping:
		return nil
	default:
		return stopping
	}
}

func (d *dispatcher) wake() {
	for _, c := range classes {
		d.waiting[c] = true
	}
}

// fill takes work from the inbox while there is room.
func (d *dispatcher) fill() {
	for _, c := range classes {
		room := d.sched.room(c)
		if !d.waiting[c] || room <= 0 {
			continue
		}
		work := d.inbox.Take(c, room)
		d.waiting[c] = len(work) == room
		for _, w := range work {
			d.sched.add(w)
		}
	}
}

// launch sends all batches that may go now.
func (d *dispatcher) launch(ctx context.Context) {
	now := d.now()
	if now.Before(d.resumeAt) || !d.sched.waiting() {
		return
	}
	r, err := d.records()
	for err == nil {
		var b *batch
		if b, err = d.sched.next(now, r); b == nil {
			break
		}
		d.active[b] = true
		d.start(ctx, b, flying, d.courier.carry)
	}
	if err != nil {
		d.log.Error("batches cannot be formed, because the views cannot be read; trying again", slog.Any("error", err))
		d.hold(now)
	}
}

// start runs one leg of a batch in a goroutine, and ends the one before, should it still be under way.
func (d *dispatcher) start(ctx context.Context, b *batch, s state, leg func(context.Context, *batch) report) {
	if b.cancel != nil {
		b.cancel()
	}
	legCtx, cancel := context.WithCancel(ctx)
	b.state, b.cancel = s, cancel
	d.legs.Go(func() { d.tell(ctx, leg(legCtx, b)) })
}

// tell hands a report to the loop. Once the context has ended nobody listens, and what the report says is found again
// after a restart.
func (d *dispatcher) tell(ctx context.Context, r report) {
	select {
	case d.reports <- r:
	case <-ctx.Done():
	}
}

// records is what the views know now.
func (d *dispatcher) records() (records, error) {
	r := records{state: d.state}
	schedule, err := record(r, dollars.ScheduleKey, dollars.DecodeSchedule)
	r.members = slices.ContainsFunc(schedule, func(v dollars.Scheduled) bool { return v.Members })
	return r, err
}

func (d *dispatcher) state(key string) ([]byte, error) {
	values, err := d.views.Get([]string{key})
	if err != nil || len(values) != 1 {
		return nil, err
	}
	return values[0], nil
}

// handle acts on a report.
func (d *dispatcher) handle(ctx context.Context, r report) {
	b := r.batch
	if b.state == settling && r.stage != stageSettled {
		return // a leg that was under way when the outcome came
	}
	now := d.now()
	switch r.stage {
	case stageFailed:
		d.failed(ctx, r, now)
	case stageSubmitted:
		d.submitted(r, now)
	case stageRefused:
		d.refused(ctx, r, now)
	case stageWaiting:
		b.state, b.due = following, now.Add(d.statusTimeout)
		if r.err != nil {
			d.log.Warn("what became of a transaction is unknown; asking again", slog.String("tx", b.tx.TxID), slog.Any("error", r.err))
		}
	case stageFolded:
		d.decided(ctx, b, r.at, now)
	case stageSettled:
		if r.err != nil {
			return // the context ended: it stays in flight, for the next start to settle
		}
		b.cancel()
		delete(d.active, b)
		d.sched.done(b)
		d.sched.again(b.class, r.again)
	}
}

// failed tries a batch again of which nothing was submitted.
func (d *dispatcher) failed(ctx context.Context, r report, now time.Time) {
	d.log.Warn("a batch is tried again; nothing of it was submitted", slog.String("reason", string(r.why)),
		slog.String("class", r.batch.class.String()), slog.Int("work", len(r.batch.items)), slog.Any("error", r.err))
	if r.why == unavailable || r.why == storage {
		d.hold(now)
	}
	d.retry(r.batch.items, len(r.batch.items), r.why, now)
	d.settle(ctx, r.batch, nil, r.batch.items)
}

// submitted follows a batch that the orderer has, or may have.
func (d *dispatcher) submitted(r report, now time.Time) {
	b := r.batch
	b.state, b.refused = following, time.Time{}
	b.due = now.Add(doubled(d.statusTimeout, resubmitMost, b.queued))
	b.unsure = true
	if r.err != nil {
		d.log.Warn("whether the orderer has a transaction is unknown; following it", slog.String("tx", b.tx.TxID), slog.Any("error", r.err))
		return
	}
	b.queued++
	d.outages = 0
}

// refused gives a refused envelope up if it cannot be in a block any more.
func (d *dispatcher) refused(ctx context.Context, r report, now time.Time) {
	b := r.batch
	if b.refused.IsZero() {
		b.refused = now
	}
	if b.unsure && now.Sub(b.refused) < refusedFor {
		b.state, b.due = following, now.Add(d.statusTimeout)
		return
	}
	if d.flights.take(b.tx.TxID) == nil {
		return // a block has it; the follower is telling
	}
	d.log.Error("the orderer refused a transaction; its work is endorsed anew", slog.String("tx", b.tx.TxID),
		slog.Int("work", len(b.sent)), slog.Any("error", r.err))
	d.retry(b.items, len(b.items), rejected, now)
	d.settle(ctx, b, nil, b.items)
}

// decided tells the outcome of a batch that a block has, and tries again what calls for it.
func (d *dispatcher) decided(ctx context.Context, b *batch, at wallet.TransactionAt, now time.Time) {
	d.metrics.committed(b, at, now)
	d.sched.committed(now.Sub(b.formed))
	if !at.Valid {
		why := reasonInvalid(at.Code)
		d.log.Warn("a transaction was committed as invalid; its work is endorsed anew", slog.String("tx", b.tx.TxID),
			slog.Uint64("block", at.Block), slog.String("code", at.Code), slog.Int("work", len(b.sent)))
		d.retry(b.sent, len(b.sent), why, now)
		d.settle(ctx, b, nil, b.items)
		return
	}
	done, again, err := judge(ctx, d.views, b, at, now)
	if err != nil {
		// Told wrongly would be worse than asked twice: the ledger answers repeated work with its first outcome.
		d.log.Error("a journal does not match its batch; the work is sent again", slog.Any("error", err))
		again = b.sent
		d.retry(again, len(b.sent), rejected, now)
	} else {
		d.retry(again, 1, stale, now)
	}
	d.metrics.retries.WithLabelValues(string(leftOut)).Add(float64(len(b.left)))
	d.settle(ctx, b, done, append(again, b.left...))
}

func (d *dispatcher) settle(ctx context.Context, b *batch, done []wallet.Status, again []*item) {
	again = slices.DeleteFunc(slices.Clone(again), func(it *item) bool { return it.shadow })
	d.start(ctx, b, settling, func(ctx context.Context, b *batch) report { return d.courier.settle(ctx, b, done, again) })
}

// retry notes on items that they failed together, so many of them, and how they are to be tried again.
func (d *dispatcher) retry(items []*item, together int, why reason, now time.Time) {
	d.metrics.retries.WithLabelValues(string(why)).Add(float64(len(items)))
	for _, it := range items {
		var wait time.Duration
		switch why {
		case unavailable, storage:
			continue // nothing is wrong with the work, and everything waits
		case conflict, stale:
			wait = doubled(conflictFirst, conflictMost, it.attempts)
		default:
			wait = doubled(rejectedFirst, rejectedMost, it.attempts)
		}
		it.attempts++
		it.notBefore = now.Add(wait/2 + d.jitter(wait))
		if it.attempts > 1 && why != stale {
			it.mates = (together + 1) / 2
		}
	}
}

// hold stops sending for a while, because a part that everything needs does not answer.
func (d *dispatcher) hold(now time.Time) {
	d.resumeAt = now.Add(doubled(unavailableFirst, unavailableMost, d.outages))
	d.outages++
}

// chase asks what became of batches that no block has shown in time.
func (d *dispatcher) chase(ctx context.Context) {
	now := d.now()
	for b := range d.active {
		if b.state == following && !b.due.After(now) {
			d.start(ctx, b, flying, d.courier.chase)
		}
	}
}

// observe sets the gauges.
func (d *dispatcher) observe() {
	now := d.now()
	for _, c := range classes {
		d.metrics.inFlight.WithLabelValues(c.String()).Set(float64(d.sched.queues[c].inFlight))
		age := 0.0
		if oldest := d.sched.oldest(c); !oldest.IsZero() {
			age = now.Sub(oldest).Seconds()
		}
		d.metrics.age.WithLabelValues(c.String()).Set(age)
	}
}
