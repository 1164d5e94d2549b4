package gateway

import (
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// newItem encodes a work's operations and notes what they read and write.
func newItem(w wallet.Work) *item {
	it := &item{work: w, encoded: make([][]byte, len(w.Ops))}
	for i, op := range w.Ops {
		if o, ok := op.(dollars.SignedOrder); ok {
			o.Credits = nil // which ones is decided when the batch is sent
			op = o
		}
		it.encoded[i] = dollars.EncodeOperation(op)
		it.size += len(it.encoded[i])
		it.wants = append(it.wants, wantsOf(op)...)
	}
	it.tooLarge = len(w.Ops) > maxWorkOperations || it.size > maxWorkBytes
	return it
}

// Bounds of one work. With the credits that may be named beside it, such a transaction is half of what Fabric takes.
const (
	maxWorkOperations = dollars.MaxOperations / 2
	maxWorkBytes      = 4 << 20
)

// wantsOf is what an operation reads or writes as a record. Credits are not in it: only who holds the account's
// record touches them. Nor is the account an award goes to, which it neither reads nor writes.
func wantsOf(op dollars.Operation) []want {
	switch o := op.(type) {
	case dollars.Confirm:
		return []want{{bookingKey(o.Booking), exclusive}, {rulesKey, shared}}
	case dollars.Complete:
		return []want{{bookingKey(o.Booking), exclusive}}
	case dollars.Cancel:
		return []want{{bookingKey(o.Booking), exclusive}}
	case dollars.SignedOrder:
		return []want{{accountKey(o.From), exclusive}}
	case dollars.Absorb:
		return []want{{accountKey(o.Account), exclusive}}
	case dollars.SetFrozen:
		return []want{{accountKey(o.Account), exclusive}}
	case dollars.PublishRules:
		return []want{{rulesKey, exclusive}}
	}
	return nil
}

// former forms one batch in one pass over a queue.
type former struct {
	s      *scheduler
	class  wallet.Class
	now    time.Time
	lookup reversalOf

	kept    locks // what another class must leave alone
	skipped locks // what items that were passed over want: later ones may not overtake them
	own     locks // what the batch holds
	awards  map[dollars.BookingID]bool
	batch   *batch
	ops     int
	bytes   int
	full    bool
}

func newFormer(s *scheduler, c wallet.Class, now time.Time, lookup reversalOf, kept locks) *former {
	return &former{
		s: s, class: c, now: now, lookup: lookup,
		kept: kept, skipped: locks{}, own: locks{}, awards: map[dollars.BookingID]bool{},
		batch: &batch{class: c, formed: now},
	}
}

func (f *former) run(items []*item) error {
	for _, it := range items {
		if f.full {
			break
		}
		wants, ok, err := f.fits(it)
		if err != nil {
			return err
		}
		if !ok {
			f.skipped.want(wants...)
			if f.class == wallet.ClassAdmin && !it.notBefore.After(f.now) {
				f.kept.want(wants...)
			}
			continue
		}
		f.take(it, wants)
	}
	f.batch.holds = f.own.list()
	return nil
}

// fits tells whether the item may go into this batch, and all that it wants.
func (f *former) fits(it *item) (wants []want, ok bool, err error) {
	if it.notBefore.After(f.now) || !f.company(it) || !f.free(it.wants) {
		return it.wants, false, nil
	}
	wants, ok, err = f.reversals(it)
	if err != nil || !ok {
		return wants, false, err
	}
	if len(f.batch.items) > 0 && (f.ops+len(it.encoded) > f.s.limits.operations || f.bytes+it.size > f.s.limits.bytes) {
		f.full = true
		return wants, false, nil
	}
	return wants, true, nil
}

// company tells whether the item may be in a batch with those already in it. Work that failed in company is tried
// again in batches of half the size, with its like, until what is wrong is alone.
func (f *former) company(it *item) bool {
	if len(f.batch.items) == 0 {
		return true
	}
	first := f.batch.items[0]
	return it.mates == first.mates && !it.tooLarge && (it.mates == 0 || len(f.batch.items) < it.mates)
}

func (f *former) free(wants []want) bool {
	for _, w := range wants {
		if !f.s.locks.free(w) || !f.kept.free(w) || !f.skipped.free(w) {
			return false
		}
	}
	return true
}

// reversals adds the accounts that the item's cancellations take points back from. Where this batch itself may award
// a booking, its cancellation waits for a later one: only then can its account be held and its credits be named.
func (f *former) reversals(it *item) (wants []want, ok bool, err error) {
	wants = it.wants
	for _, op := range it.work.Ops {
		cancel, isCancel := op.(dollars.Cancel)
		if !isCancel {
			continue
		}
		if f.awards[cancel.Booking] {
			return wants, false, nil
		}
		r, awarded, err := f.lookup(cancel.Booking)
		if err != nil {
			return nil, false, err
		}
		if !awarded {
			continue
		}
		account := want{accountKey(r.account), exclusive}
		if !f.free([]want{account}) {
			return append(wants[:len(wants):len(wants)], account), false, nil
		}
		wants = append(wants[:len(wants):len(wants)], account)
		if f.batch.reversals == nil {
			f.batch.reversals = map[dollars.BookingID]reversal{}
		}
		f.batch.reversals[cancel.Booking] = r
	}
	return wants, true, nil
}

func (f *former) take(it *item, wants []want) {
	f.own.want(wants...)
	for _, op := range it.work.Ops {
		if complete, ok := op.(dollars.Complete); ok {
			f.awards[complete.Booking] = true
		}
	}
	f.batch.items = append(f.batch.items, it)
	f.ops += len(it.encoded)
	f.bytes += it.size
	f.full = f.ops >= f.s.limits.operations || f.bytes >= f.s.limits.bytes || len(f.batch.items) == it.mates || it.tooLarge
}

// patience is how long work waits for its batch to fill. It is longer than a commit usually takes, and matters when a
// batch in flight is in trouble: work that has nothing to do with it must not wait for its end.
const patience = 500 * time.Millisecond

// worthSending tells whether the batch goes now: at once when its class has nothing in flight; otherwise only when it
// is full, because waiting for those in flight fills it and a transaction's cost is mostly its own. Work that failed
// before has waited enough.
func (f *former) worthSending() bool {
	q, items := &f.s.queues[f.class], f.batch.items
	return len(items) > 0 && (f.full || q.inFlight == 0 || items[0].attempts > 0 || f.now.Sub(q.sent) >= patience)
}
