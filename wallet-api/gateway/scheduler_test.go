package gateway

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"pgregory.net/rapid"
)

func account(n int) dollars.Account { return dollars.Account{1, byte(n)} }

// spend is an order without a signature, which the scheduler does not look at.
func spend(label string, from int) wallet.Work {
	w := event(label, dollars.SignedOrder{Order: dollars.Order{Kind: dollars.KindRedeem, From: account(from), Amount: 1}})
	w.Class = wallet.ClassOrder
	return w
}

func freeze(label string, of int) wallet.Work {
	w := event(label, dollars.SetFrozen{Account: account(of), Frozen: true, Reason: "test"})
	w.Class, w.As = wallet.ClassAdmin, wallet.AsOperator
	return w
}

func as(c wallet.Certificate, w wallet.Work) wallet.Work {
	w.As = c
	return w
}

// awarded says which bookings the ledger has as awarded, and to whom.
type awarded map[int]int

func (a awarded) records() records {
	bookings := map[dollars.BookingID]dollars.BookingRecord{}
	for n, to := range a {
		bookings[bookingID(n)] = earned(dollars.BookingAwarded, to)
	}
	return recordsOf(bookings)
}

// recordsOf is what views know that know only bookings.
func recordsOf(bookings map[dollars.BookingID]dollars.BookingRecord) records {
	return records{state: func(key string) ([]byte, error) {
		rec := bookings[dollars.ParseStateKey(key).Booking]
		if rec.State == dollars.BookingNone {
			return nil, nil
		}
		return rec.Encode(), nil
	}}
}

// earned is the record of a booking with points.
func earned(s dollars.BookingState, to int) dollars.BookingRecord {
	return dollars.BookingRecord{State: s, Account: account(to), Parts: []dollars.Part{{Part: earn.Part{Points: 5}}}}
}

func labels(b *batch) (out []string) {
	if b != nil {
		for _, it := range b.items {
			out = append(out, it.work.Label)
		}
	}
	return out
}

func TestScheduler(t *testing.T) {
	small := limits{operations: 3, bytes: 1 << 20, inFlight: 3}
	for _, test := range []struct {
		name    string
		limits  limits
		awarded awarded
		work    []wallet.Work
		want    [][]string // batches until there is none, nothing being done in between
		then    [][]string // batches after all of those are done
	}{
		{
			name: "one batch goes at once and the rest waits for it unless it fills another", limits: small,
			work: []wallet.Work{confirm(1, account(1), 1), confirm(2, account(1), 1)},
			want: [][]string{{"confirm 1", "confirm 2"}},
		},
		{
			name: "full batches go beside others, up to the share", limits: small,
			work: []wallet.Work{
				confirm(1, account(1), 1), confirm(2, account(1), 1), confirm(3, account(1), 1), confirm(4, account(1), 1),
				confirm(5, account(1), 1), confirm(6, account(1), 1), confirm(7, account(1), 1), confirm(8, account(1), 1), confirm(9, account(1), 1),
				spend("order", 1),
			},
			want: [][]string{{"order"}, {"confirm 1", "confirm 2", "confirm 3"}, {"confirm 4", "confirm 5", "confirm 6"}},
			then: [][]string{{"confirm 7", "confirm 8", "confirm 9"}},
		},
		{
			name: "work on one booking goes together while it fits, and in order", limits: small,
			work: []wallet.Work{confirm(1, account(1), 1), confirm(2, account(1), 1), complete(1), complete(2), confirm(3, account(1), 1), confirm(4, account(1), 1)},
			want: [][]string{{"confirm 1", "confirm 2", "complete 1"}},
			then: [][]string{{"complete 2", "confirm 3", "confirm 4"}},
		},
		{
			name: "work is never split", limits: small,
			work: []wallet.Work{
				event("two", dollars.Complete{Booking: bookingID(1)}, dollars.Complete{Booking: bookingID(2)}),
				event("three", dollars.Complete{Booking: bookingID(3)}, dollars.Complete{Booking: bookingID(4)}, dollars.Complete{Booking: bookingID(5)}),
				event("five", dollars.Complete{Booking: bookingID(6)}, dollars.Complete{Booking: bookingID(7)}, dollars.Complete{Booking: bookingID(8)}, dollars.Complete{Booking: bookingID(9)}, dollars.Complete{Booking: bookingID(10)}),
			},
			want: [][]string{{"two"}, {"three"}},
			then: [][]string{{"five"}},
		},
		{
			name: "bytes bound a batch", limits: limits{operations: 100, bytes: 70, inFlight: 1},
			work: []wallet.Work{complete(1), complete(2), complete(3)},
			want: [][]string{{"complete 1", "complete 2"}},
			then: [][]string{{"complete 3"}},
		},
		{
			name: "a cancellation waits for the award before it", limits: small,
			work: []wallet.Work{complete(1), cancel(1)},
			want: [][]string{{"complete 1"}},
			then: [][]string{{"cancel 1"}},
		},
		{
			name: "a reversal shares its account with no order in flight", limits: small, awarded: awarded{1: 7},
			work: []wallet.Work{cancel(1), cancel(2), spend("order", 7)},
			want: [][]string{{"order"}, {"cancel 2"}},
			then: [][]string{{"cancel 1"}},
		},
		{
			name: "operators come first and alone, and hold up only what they need", limits: small,
			work: []wallet.Work{confirm(1, account(1), 1), complete(2), spend("order", 1), spend("other", 2), freeze("freeze", 1), freeze("thaw", 3)},
			want: [][]string{{"freeze", "thaw"}, {"other"}, {"confirm 1", "complete 2"}},
			then: [][]string{{"order"}},
		},
		{
			name: "certificates do not share a batch", limits: small,
			work: []wallet.Work{freeze("freeze 1", 1), as(wallet.AsApprover, freeze("freeze 2", 2)), freeze("freeze 3", 3), as(wallet.AsMerchant, spend("order", 4)), spend("other", 5)},
			want: [][]string{{"freeze 1", "freeze 3"}, {"order"}},
			then: [][]string{{"freeze 2"}, {"other"}},
		},
		{
			name: "one place in flight is taken in turns", limits: limits{operations: 1, bytes: 1 << 20, inFlight: 1},
			work: []wallet.Work{spend("order 1", 1), spend("order 2", 2), complete(1), complete(2)},
			want: [][]string{{"order 1"}},
			then: [][]string{{"complete 1"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScheduler(test.limits)
			for _, w := range test.work {
				s.add(w)
			}
			flight := expect(t, s, test.awarded, test.want)
			for _, b := range flight {
				s.done(b)
			}
			expect(t, s, test.awarded, test.then)
		})
	}
}

// expect forms batches until there is none, and compares.
func expect(t *testing.T, s *scheduler, a awarded, want [][]string) (formed []*batch) {
	t.Helper()
	var got [][]string
	for {
		b, err := s.next(time.Unix(1000, 0), a.records())
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		formed, got = append(formed, b), append(got, labels(b))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("batches %v, want %v", got, want)
	}
	return formed
}

func TestAnOperatorsChangeIsNotOvertakenForEver(t *testing.T) {
	s := newScheduler(limits{operations: 1, bytes: 1 << 20, inFlight: 3})
	s.add(freeze("freeze 1", 1))
	flight := expect(t, s, nil, [][]string{{"freeze 1"}})
	s.add(freeze("freeze 2", 2)) // waits for the place that operators have
	s.add(spend("order 1", 2))
	s.add(spend("order 2", 3))
	orders := expect(t, s, nil, [][]string{{"order 2"}})
	s.done(orders[0])
	expect(t, s, nil, nil)
	s.done(flight[0])
	flight = expect(t, s, nil, [][]string{{"freeze 2"}})
	s.done(flight[0])
	expect(t, s, nil, [][]string{{"order 1"}})
}

func TestFailedWorkIsHalvedWithItsLike(t *testing.T) {
	s := newScheduler(limits{operations: 10, bytes: 1 << 20, inFlight: 3})
	for n := range 4 {
		s.add(complete(n))
	}
	b := expect(t, s, nil, [][]string{{"complete 0", "complete 1", "complete 2", "complete 3"}})[0]
	for _, it := range b.items {
		it.attempts, it.mates = 2, 2
	}
	b.items[0].notBefore = time.Unix(1001, 0)
	s.add(complete(9))
	s.add(complete(0))
	s.done(b)
	s.again(b.class, b.items)
	expect(t, s, nil, [][]string{{"complete 1", "complete 2"}, {"complete 3"}})
}

// TestSchedulerProperties drives the scheduler at random: no record is in two batches in flight, work on a record keeps
// its order, and nothing is lost or sent twice.
func TestSchedulerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := schedulerModel{
			s: newScheduler(limits{
				operations: rapid.IntRange(1, 6).Draw(t, "operations"), bytes: rapid.IntRange(40, 600).Draw(t, "bytes"),
				inFlight: rapid.IntRange(1, 4).Draw(t, "inFlight"),
			}),
			members: rapid.Bool().Draw(t, "members"), bookings: map[dollars.BookingID]dollars.BookingRecord{},
			holder: map[key]*batch{}, now: time.Unix(1000, 0), lastDone: map[string]int{},
		}
		t.Repeat(map[string]func(*rapid.T){"add": m.add, "send": m.send, "finish": m.finish, "fail": m.fail, "": func(*rapid.T) {}})
		m.drain(t)
	})
}

type schedulerModel struct {
	s        *scheduler
	members  bool
	bookings map[dollars.BookingID]dollars.BookingRecord
	accepted int
	finished int
	flight   []*batch
	holder   map[key]*batch // of the records in flight
	lastDone map[string]int // by class and record: the last work that was done
	now      time.Time
}

func (m *schedulerModel) add(t *rapid.T) {
	m.accepted++
	label := fmt.Sprint(m.accepted)
	n := rapid.IntRange(0, 5).Draw(t, "n")
	var w wallet.Work
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		w = event(label, confirm(n, account(n), 1).Ops[0], confirm(n+1, account(n), 1).Ops[0])
	case 1:
		w = event(label, complete(n).Ops...)
	case 2:
		w = event(label, cancel(n).Ops...)
	case 3:
		w = freeze(label, n%3)
	default:
		w = spend(label, n%3)
	}
	m.s.add(w)
}

func (m *schedulerModel) records() records {
	r := recordsOf(m.bookings)
	r.members = m.members
	return r
}

func (m *schedulerModel) send(t *rapid.T) {
	m.now = m.now.Add(time.Second)
	b, err := m.s.next(m.now, m.records())
	if err != nil {
		t.Fatal(err)
	}
	if b == nil {
		return
	}
	ops := 0
	for _, it := range b.items {
		ops += len(it.encoded)
	}
	if len(b.items) == 0 || (ops > m.s.limits.operations && len(b.items) > 1) {
		t.Fatalf("a batch of %d works with %d operations", len(b.items), ops)
	}
	for _, other := range m.flight {
		if b.laned && other.laned && b.lane == other.lane {
			t.Fatalf("two batches in flight have lane %d", b.lane)
		}
	}
	for _, k := range m.touches(b) {
		if m.holder[k] != nil {
			t.Fatalf("a record is in two batches in flight: %v and %v", labels(m.holder[k]), labels(b))
		}
		m.holder[k] = b
	}
	m.flight = append(m.flight, b)
}

// touches is worked out from the operations and the ledger, not from what the scheduler noted.
func (m *schedulerModel) touches(b *batch) (keys []key) {
	of := map[dollars.BookingID]dollars.BookingRecord{} // as this batch leaves them
	for _, it := range b.items {
		for _, op := range it.work.Ops {
			switch o := op.(type) {
			case dollars.Confirm:
				keys = append(keys, tripKey(o.Booking))
				if m.members {
					keys = append(keys, earningKey(o.Account))
				}
				if of[o.Booking] = m.bookings[o.Booking]; of[o.Booking].State == dollars.BookingNone {
					of[o.Booking] = dollars.BookingRecord{State: dollars.BookingPending, Account: o.Account}
				}
			case dollars.Complete:
				keys = append(keys, tripKey(o.Booking))
				rec, here := of[o.Booking]
				if !here {
					rec = m.bookings[o.Booking]
				}
				if m.members && rec.State == dollars.BookingPending {
					keys = append(keys, earningKey(rec.Account))
				}
			case dollars.Cancel:
				keys = append(keys, tripKey(o.Booking))
				if rec := m.bookings[o.Booking]; rec.State == dollars.BookingAwarded {
					keys = append(keys, accountKey(rec.Account))
					if rec.Counted {
						keys = append(keys, earningKey(rec.Account))
					}
				}
			case dollars.SignedOrder:
				keys = append(keys, accountKey(o.From))
			case dollars.SetFrozen:
				keys = append(keys, accountKey(o.Account))
			}
		}
	}
	slices.SortFunc(keys, func(x, y key) int { return slices.Compare(append(x.id[:], x.kind), append(y.id[:], y.kind)) })
	return slices.Compact(keys)
}

// settle is what the ledger makes of a batch's bookings.
func (m *schedulerModel) settle(b *batch) {
	for _, it := range b.items {
		for _, op := range it.work.Ops {
			switch o := op.(type) {
			case dollars.Confirm:
				if m.bookings[o.Booking].State == dollars.BookingNone {
					rec := earned(dollars.BookingPending, 0)
					rec.Account = o.Account
					m.bookings[o.Booking] = rec
				}
			case dollars.Complete:
				if rec := m.bookings[o.Booking]; rec.State == dollars.BookingPending {
					rec.State, rec.Counted = dollars.BookingAwarded, m.members
					m.bookings[o.Booking] = rec
				}
			case dollars.Cancel:
				switch rec := m.bookings[o.Booking]; rec.State {
				case dollars.BookingNone:
					m.bookings[o.Booking] = dollars.BookingRecord{State: dollars.BookingNoted}
				case dollars.BookingPending, dollars.BookingAwarded:
					delete(m.bookings, o.Booking) // so that it may be booked again
				}
			}
		}
	}
}

func (m *schedulerModel) land(t *rapid.T) *batch {
	if len(m.flight) == 0 {
		t.Skip("nothing is in flight")
	}
	i := rapid.IntRange(0, len(m.flight)-1).Draw(t, "batch")
	b := m.flight[i]
	m.flight = slices.Delete(m.flight, i, i+1)
	for _, k := range m.touches(b) {
		delete(m.holder, k)
	}
	m.s.done(b)
	return b
}

func (m *schedulerModel) finish(t *rapid.T) {
	b := m.land(t)
	m.settle(b)
	m.finished += m.check(t, b.items)
}

// check notes work as done, and that it was not done before earlier work on the same record.
func (m *schedulerModel) check(t *rapid.T, items []*item) int {
	for _, it := range items {
		var n int
		fmt.Sscan(it.work.Label, &n)
		for _, k := range it.wants {
			at := fmt.Sprint(it.work.Class, k)
			if m.lastDone[at] >= n {
				t.Fatalf("work %d was done after work %d on the same record", n, m.lastDone[at])
			}
			defer func() { m.lastDone[at] = n }()
		}
	}
	return len(items)
}

func (m *schedulerModel) fail(t *rapid.T) {
	b := m.land(t)
	for _, it := range b.items {
		it.attempts++
		it.notBefore = m.now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "wait")) * time.Second)
		if it.attempts > 1 {
			it.mates = (len(b.items) + 1) / 2
		}
	}
	m.s.again(b.class, b.items)
}

// drain finishes everything: with no more failures, nothing may be left.
func (m *schedulerModel) drain(t *rapid.T) {
	m.now = m.now.Add(time.Minute)
	for idle := 0; idle < 2; {
		before := len(m.flight)
		m.send(t)
		if len(m.flight) > before {
			idle = 0
			continue
		}
		idle++
		for len(m.flight) > 0 {
			m.finish(t)
			idle = 0
		}
	}
	if m.finished != m.accepted {
		t.Fatalf("%d works were accepted and %d were done", m.accepted, m.finished)
	}
	if m.s.lanes != [dollars.Lanes]int{} {
		t.Fatalf("lanes %v with nothing in flight", m.s.lanes)
	}
	if len(m.s.locks) > 0 {
		t.Fatalf("%d records are held with nothing in flight", len(m.s.locks))
	}
	for c, q := range m.s.queues {
		if q.works != 0 || q.inFlight != 0 {
			t.Fatalf("%s counts %d works and %d batches with nothing there", wallet.Class(c), q.works, q.inFlight)
		}
	}
}

func BenchmarkScheduler(b *testing.B) {
	s := newScheduler(limits{operations: 500, bytes: 1 << 20, inFlight: 4})
	work := make([]wallet.Work, 4000)
	for n := range work {
		work[n] = confirm(n, account(n%200), 100)
	}
	for i := 0; b.Loop(); {
		for s.room(wallet.ClassBooking) > 0 {
			s.add(work[i%len(work)])
			i++
		}
		for {
			f, err := s.next(time.Time{}, awarded{}.records())
			if err != nil {
				b.Fatal(err)
			}
			if f == nil {
				b.Fatal("no batch")
			}
			b.ReportMetric(float64(len(f.items)), "works/op")
			s.done(f)
			break
		}
	}
}
