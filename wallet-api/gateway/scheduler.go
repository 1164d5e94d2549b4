package gateway

import (
	"context"
	"slices"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// limits bound what the scheduler holds and hands out.
type limits struct {
	operations int // of a batch
	bytes      int // of a batch's encoded operations, before credits are named
	inFlight   int // batches of bookings and orders; an admin batch may come on top
}

// window is how much work of a class the scheduler holds, waiting and in flight: enough to fill the batches that
// follow those in flight, and few enough to look through for each batch.
func (l limits) window() int { return 2 * l.inFlight * l.operations }

// item is a work with what the gateway knows of it.
type item struct {
	work     wallet.Work
	seq      uint64   // place in its queue, kept through every retry
	encoded  [][]byte // of work.Ops, without credits
	size     int      // bytes of encoded
	wants    []key    // but for what is behind its bookings and adjustments: that depends on the ledger when the batch is formed
	tooLarge bool     // no transaction could ever hold it

	attempts  int // failures of batches it was in, and outcomes that called for another try
	mates     int // after failures in company: how many works a batch with it may have; 0 is any
	notBefore time.Time
	greedy    bool // an order that found too little: name all credits there are
	shadow    bool // after a restart: another submission has the same work and tells its outcome
}

// batch is what goes into one transaction. The scheduler forms it and holds its records until it is done.
type batch struct {
	class   wallet.Class
	items   []*item
	takings map[[32]byte]taking // by booking or adjustment
	formed  time.Time
	holds   []key // in the scheduler's locks while in flight
	lane    uint8 // which share of budgets and stocks it spends from
	laned   bool  // no batch that began after it has this lane, while there are others

	// Set by its courier before it is submitted.
	sent []*item // those of items that are in the transaction, in its order
	left []*item // those that are not
	tx   Envelope

	// The dispatcher's.
	state   state
	cancel  context.CancelFunc // ends the leg under way
	queued  int                // how often the orderer said that it has it
	unsure  bool               // a submission ended without an answer, or before a restart: it may yet be ordered
	refused time.Time          // since when every answer was a refusal
	due     time.Time          // when to ask what became of it
}

// state is where a batch is on its way.
type state uint8

const (
	flying    state = iota // a courier has it
	following              // it was submitted, and a block is to tell its outcome
	settling               // its outcome is known, and the inbox is being told
)

// scheduler decides which work goes into the next batch. It does no I/O, reads no clock, and is used from one
// goroutine.
type scheduler struct {
	limits  limits
	queues  [wallet.ClassAdmin + 1]queue // by class
	locks   locks
	lanes   [dollars.Lanes]int // batches in flight with each
	lane    uint8              // the next one's turn
	lastSeq uint64
	served  uint64        // batches formed so far
	commit  time.Duration // what a batch takes lately, from being formed to being known as committed
}

// queue is a class's waiting work in the order it was accepted, and its share of what is in flight.
type queue struct {
	items    []*item
	works    int // waiting and in flight
	inFlight int // batches
	served   uint64
	sent     time.Time // when the last batch went

	// Looking through a queue for a batch takes a while when it is long. After a look that was in vain there is not
	// another before so many operations more have come, something in flight was done, or it is time.
	short int
	look  time.Time
}

func newScheduler(l limits) *scheduler {
	return &scheduler{limits: l, locks: locks{}, commit: firstCommit}
}

const (
	firstCommit = 100 * time.Millisecond // before there was any
	lookAgain   = 20 * time.Millisecond

	// Work waits for its batch to fill at least and at most so long while another is in flight.
	leastPatience, mostPatience = 20 * time.Millisecond, 500 * time.Millisecond
)

// patience is how long work waits for its batch to fill while another is in flight: a quarter of what a commit takes. So
// four to six part-filled batches are in flight under a light load, where commits are quick and a transaction's own cost
// matters to nobody; under a heavy one commits take longer, and batches fill.
func (s *scheduler) patience() time.Duration {
	return min(max(s.commit/4, leastPatience), mostPatience)
}

// committed notes how long a batch took. An outage says nothing of what comes after it.
func (s *scheduler) committed(took time.Duration) {
	s.commit += (min(took, 4*mostPatience) - s.commit) / 8
}

// room is how much more work of a class the scheduler takes.
func (s *scheduler) room(c wallet.Class) int { return s.limits.window() - s.queues[c].works }

// waiting tells whether there is work that is in no batch.
func (s *scheduler) waiting() bool {
	return slices.ContainsFunc(s.queues[:], func(q queue) bool { return len(q.items) > 0 })
}

// add queues work behind all other of its class.
func (s *scheduler) add(w wallet.Work) {
	s.lastSeq++
	it := newItem(w)
	it.seq = s.lastSeq
	q := &s.queues[w.Class]
	q.items = append(q.items, it)
	q.works++
	q.short -= len(it.encoded)
}

// adopt takes in a batch that was submitted before the service was restarted, with what it holds. It may exceed the
// limits. Its lane is forgotten: another batch that has it conflicts with it at worst, and is tried again.
func (s *scheduler) adopt(b *batch) {
	for _, it := range b.items {
		s.lastSeq++
		it.seq = s.lastSeq
	}
	s.locks.add(b.holds...)
	s.queues[b.class].works += len(b.items)
	s.queues[b.class].inFlight++
}

// again puts items of a batch that is done back to their places.
func (s *scheduler) again(c wallet.Class, items []*item) {
	if len(items) == 0 {
		return
	}
	q := &s.queues[c]
	q.items = append(q.items, items...)
	q.works += len(items)
	slices.SortFunc(q.items, func(x, y *item) int { return int(int64(x.seq) - int64(y.seq)) })
	q.short = 0
}

// done releases what a batch held. Its items are forgotten: those to be tried again go to again.
func (s *scheduler) done(b *batch) {
	s.locks.release(b.holds)
	if b.laned {
		s.lanes[b.lane]--
	}
	q := &s.queues[b.class]
	q.inFlight--
	q.works -= len(b.items)
	for i := range s.queues {
		s.queues[i].short = 0 // what the batch held may be what they want
	}
}

// next forms the batch to send now, or nil if there is none: nothing waits, what waits must wait longer, or every
// place in flight is taken. It is to be called until it returns nil.
func (s *scheduler) next(now time.Time, r records) (*batch, error) {
	// An operator's change that waits for batches in flight must not wait for ever: what it needs is kept from
	// the other classes.
	kept := locks{}
	for _, c := range s.turns() {
		q := &s.queues[c]
		if !s.mayFly(c) {
			if c == wallet.ClassAdmin {
				q.keep(kept, now)
			}
			continue
		}
		if c != wallet.ClassAdmin && q.short > 0 && now.Before(q.look) {
			continue
		}
		f := newFormer(s, c, now, r, kept)
		if err := f.run(q.items); err != nil {
			return nil, err
		}
		if f.worthSending() {
			return s.send(f.batch), nil
		}
		q.short, q.look = 1, now.Add(lookAgain)
		if q.inFlight > 0 && f.ops > 0 { // else whatever comes may have waited enough
			q.short = max(1, s.limits.operations-f.ops)
		}
	}
	return nil, nil
}

// keep reserves what a queue's due items want.
func (q *queue) keep(kept locks, now time.Time) {
	for _, it := range q.items {
		if !it.notBefore.After(now) {
			kept.add(it.wants...)
		}
	}
}

// turns is the order in which classes get their chance: admin work, which is rare, first; then who has less in
// flight; then who was served longer ago.
func (s *scheduler) turns() [3]wallet.Class {
	b, o := &s.queues[wallet.ClassBooking], &s.queues[wallet.ClassOrder]
	if b.inFlight < o.inFlight || (b.inFlight == o.inFlight && b.served < o.served) {
		return [3]wallet.Class{wallet.ClassAdmin, wallet.ClassBooking, wallet.ClassOrder}
	}
	return [3]wallet.Class{wallet.ClassAdmin, wallet.ClassOrder, wallet.ClassBooking}
}

// mayFly tells whether another batch of the class may be in flight. One place is always left to the other of
// bookings and orders, so that a flood of one cannot starve the other.
func (s *scheduler) mayFly(c wallet.Class) bool {
	mine := s.queues[c].inFlight
	if c == wallet.ClassAdmin {
		return mine == 0
	}
	total := s.queues[wallet.ClassBooking].inFlight + s.queues[wallet.ClassOrder].inFlight
	return total < s.limits.inFlight && (mine < s.limits.inFlight-1 || s.limits.inFlight == 1)
}

// send moves a formed batch from its queue into flight.
func (s *scheduler) send(b *batch) *batch {
	q := &s.queues[b.class]
	picked := 0
	q.items = slices.DeleteFunc(q.items, func(it *item) bool {
		if picked < len(b.items) && b.items[picked] == it {
			picked++
			return true
		}
		return false
	})
	q.inFlight++
	s.served++
	q.served, q.sent = s.served, b.formed
	s.locks.add(b.holds...)
	if b.spendsShares() {
		b.lane, b.laned = s.turn(), true
		s.lanes[b.lane]++
	}
	return b
}

// spendsShares tells whether the batch may spend from budgets, as bookings do, or from stocks, as claims do.
func (b *batch) spendsShares() bool {
	return b.class == wallet.ClassBooking || slices.ContainsFunc(b.items, func(it *item) bool {
		o, ok := it.order()
		return ok && o.Order.Kind == dollars.KindClaim
	})
}

// turn is the lane of the next batch: in turns, so that no lane's share of a budget lies idle for long, and only one that
// is free, unless more batches than there are lanes may be in flight.
func (s *scheduler) turn() uint8 {
	best := s.lane
	for i := range uint8(dollars.Lanes) {
		if l := (s.lane + i) % dollars.Lanes; s.lanes[l] < s.lanes[best] {
			best = l
		}
	}
	s.lane = (best + 1) % dollars.Lanes
	return best
}

// oldest is when the oldest waiting work of a class was accepted; zero if none waits.
func (s *scheduler) oldest(c wallet.Class) time.Time {
	if items := s.queues[c].items; len(items) > 0 {
		return items[0].work.Accepted
	}
	return time.Time{}
}
