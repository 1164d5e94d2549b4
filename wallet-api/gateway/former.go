package gateway

import (
	"maps"
	"slices"
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
		for _, k := range wantsOf(op) {
			if !slices.Contains(it.wants, k) {
				it.wants = append(it.wants, k)
			}
		}
	}
	// Who spends for their household signs with their own keys, which are in a record that their own orders write.
	if o, ok := it.order(); ok {
		if by, ok := wallet.OwnerAccount(w.Owner); ok && by != o.From {
			it.wants = append(it.wants, accountKey(by))
		}
	}
	it.tooLarge = len(w.Ops) > maxWorkOperations || it.size > maxWorkBytes
	return it
}

// Bounds of one work. With the credits that may be named beside it, such a transaction is half of what Fabric takes.
const (
	maxWorkOperations = dollars.MaxOperations / 2
	maxWorkBytes      = 4 << 20
)

// wantsOf is what an operation names of what it reads or writes. Credits are not in it: only who holds the account's
// record touches them. Nor is the account an award or a transfer goes to, which is neither read nor written; nor are
// budgets and stocks, of which every batch in flight has a share of its own. Records that are only looked at for who may
// sign, a merchant's or those of a household's other members, are left out too: the ledger tells when they change.
func wantsOf(op dollars.Operation) []key {
	switch o := op.(type) {
	case dollars.Confirm:
		return []key{tripKey(o.Booking)}
	case dollars.Complete:
		return []key{tripKey(o.Booking)}
	case dollars.Cancel:
		return []key{tripKey(o.Booking)}
	case dollars.SignedOrder:
		return orderWants(o.Order)
	case dollars.Absorb:
		return []key{accountKey(o.Account)}
	case dollars.Expire:
		return []key{accountKey(o.Account)}
	case dollars.SetFrozen:
		return []key{accountKey(o.Account)}
	case dollars.Recovery:
		return []key{accountKey(o.Account)}
	case dollars.SetReward:
		return []key{keyOf('w', []byte(o.ID))}
	case dollars.ProposeAdjustment:
		return []key{keyOf('j', o.ID[:])}
	case dollars.ApproveAdjustment:
		return []key{keyOf('j', o.ID[:]), {kind: 'd'}}
	}
	return nil
}

func orderWants(o dollars.Order) []key {
	switch o.Kind {
	case dollars.KindCapture:
		return []key{keyOf('h', o.Ref[:])}
	case dollars.KindRelease:
		return []key{keyOf('h', o.Ref[:]), accountKey(o.To)} // a household's goes back to a member's share
	case dollars.KindUse:
		return []key{voucherKey(dollars.CodeHash(o.Ref))}
	case dollars.KindClaim:
		return []key{accountKey(o.From), voucherKey(o.Reference)}
	case dollars.KindInvite, dollars.KindJoin, dollars.KindContribute:
		return []key{accountKey(o.From), accountKey(o.To)}
	case dollars.KindLeave:
		return []key{accountKey(o.From), accountKey(o.To), accountKey(o.Other)}
	}
	return []key{accountKey(o.From)}
}

// former forms one batch in one pass over a queue.
type former struct {
	s       *scheduler
	class   wallet.Class
	now     time.Time
	records records

	kept    locks // what another class must leave alone
	skipped locks // what items that were passed over want: later ones may not overtake them
	own     locks // what the batch holds
	awards  map[dollars.BookingID]bool
	batch   *batch
	ops     int
	bytes   int
	full    bool
}

func newFormer(s *scheduler, c wallet.Class, now time.Time, r records, kept locks) *former {
	return &former{
		s: s, class: c, now: now, records: r,
		kept: kept, skipped: locks{}, own: locks{}, awards: map[dollars.BookingID]bool{},
		batch: &batch{class: c, formed: now},
	}
}

func (f *former) run(items []*item) error {
	for _, it := range items {
		if f.full {
			break
		}
		wants, takings, ok, err := f.fits(it)
		if err != nil {
			return err
		}
		if !ok {
			f.skipped.add(wants...)
			if f.class == wallet.ClassAdmin && !it.notBefore.After(f.now) {
				f.kept.add(wants...)
			}
			continue
		}
		f.take(it, wants, takings)
	}
	f.batch.holds = f.own.list()
	return nil
}

// fits tells whether the item may go into this batch, all that it wants, and what it takes back.
func (f *former) fits(it *item) (wants []key, takings map[[32]byte]taking, ok bool, err error) {
	if it.notBefore.After(f.now) || !f.company(it) || !f.free(it.wants) || f.takesBack(it) {
		return it.wants, nil, false, nil
	}
	behind, takings, err := f.records.behind(it)
	if err != nil {
		return nil, nil, false, err
	}
	wants = append(it.wants[:len(it.wants):len(it.wants)], behind...)
	if !f.free(behind) {
		return wants, nil, false, nil
	}
	if len(f.batch.items) > 0 && (f.ops+len(it.encoded) > f.s.limits.operations || f.bytes+it.size > f.s.limits.bytes) {
		f.full = true
		return wants, nil, false, nil
	}
	return wants, takings, true, nil
}

// company tells whether the item may be in a batch with those already in it: a transaction has one creator. Work that
// failed in company is tried again in batches of half the size, with its like, until what is wrong is alone.
func (f *former) company(it *item) bool {
	if len(f.batch.items) == 0 {
		return true
	}
	first := f.batch.items[0]
	return it.work.As == first.work.As && it.mates == first.mates && !it.tooLarge && (it.mates == 0 || len(f.batch.items) < it.mates)
}

func (f *former) free(keys []key) bool {
	return f.s.locks.free(keys) && f.kept.free(keys) && f.skipped.free(keys)
}

// takesBack tells whether the item cancels a booking that this batch itself may award. That waits for a later batch:
// only then can its account be held and its credits be named.
func (f *former) takesBack(it *item) bool {
	for _, op := range it.work.Ops {
		if cancel, ok := op.(dollars.Cancel); ok && f.awards[cancel.Booking] {
			return true
		}
	}
	return false
}

func (f *former) take(it *item, wants []key, takings map[[32]byte]taking) {
	f.own.add(wants...)
	for _, op := range it.work.Ops {
		if complete, ok := op.(dollars.Complete); ok {
			f.awards[complete.Booking] = true
		}
	}
	if f.batch.takings == nil {
		f.batch.takings = takings
	} else {
		maps.Copy(f.batch.takings, takings)
	}
	f.batch.items = append(f.batch.items, it)
	f.ops += len(it.encoded)
	f.bytes += it.size
	f.full = f.ops >= f.s.limits.operations || f.bytes >= f.s.limits.bytes || len(f.batch.items) == it.mates || it.tooLarge
}

// worthSending tells whether the batch goes now: at once when its class has nothing in flight; otherwise when it is full or
// has waited, because waiting fills it and a transaction's cost is mostly its own. Work that failed before has waited
// enough.
func (f *former) worthSending() bool {
	q, items := &f.s.queues[f.class], f.batch.items
	return len(items) > 0 && (f.full || q.inFlight == 0 || items[0].attempts > 0 || f.now.Sub(q.sent) >= f.s.patience())
}
