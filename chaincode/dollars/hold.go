package dollars

import (
	"encoding/hex"
	"fmt"
	"slices"
)

// A hold takes points out of an account before the purchase is sure, so that nobody can spend them twice. They keep their
// expiry: what is captured is burned, and what is released goes back as it was.

// HoldID names a hold: the account, and the order that made it.
type HoldID struct {
	Account Account
	Order   OrderID
}

// HoldRecord is what the ledger keeps of a hold, also when nothing is left of it.
type HoldRecord struct {
	Merchant Account // who may capture; zero: whoever has a merchant's certificate
	Until    int64   // Unix seconds, from which on it cannot be captured and anyone may release it
	Buckets  Buckets // what is left
	Released bool
	Captures []Captured
	Member   Account // of the household whose points they are, who set them aside; zero: no household's, or its head
	Borne    []Borne // of a household: whose what is left is, who set it aside first
}

// Borne is a part of what a household spends: as much as it took out of a member's share.
type Borne struct {
	Account Account
	Amount  Amount
}

// Bits of a hold's record.
const (
	holdReleased = 1 << iota
	holdMember
	holdBorne
	holdAll = 1<<iota - 1
)

// Captured is a part of a hold that a merchant took.
type Captured struct {
	Reference [32]byte // the merchant's
	Amount    Amount
}

// MaxCaptures is in how many parts a hold may be captured.
const MaxCaptures = 32

// Encode writes the record.
func (r HoldRecord) Encode() []byte {
	b := append([]byte{recordVersion}, r.Merchant[:]...)
	b = appendUint(b, uint64(r.Until))
	var bits byte
	if r.Released {
		bits |= holdReleased
	}
	if !r.Member.IsZero() {
		bits |= holdMember
	}
	if len(r.Borne) > 0 {
		bits |= holdBorne
	}
	if b = append(appendBuckets(b, r.Buckets), bits); bits&holdMember != 0 {
		b = append(b, r.Member[:]...)
	}
	if bits&holdBorne != 0 {
		b = appendUint(b, uint64(len(r.Borne)))
		for _, x := range r.Borne {
			b = appendAmount(append(b, x.Account[:]...), x.Amount)
		}
	}
	b = appendUint(b, uint64(len(r.Captures)))
	for _, c := range r.Captures {
		b = appendAmount(append(b, c.Reference[:]...), c.Amount)
	}
	return b
}

// DecodeHoldRecord reads what Encode wrote.
func DecodeHoldRecord(data []byte) (HoldRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	var rec HoldRecord
	r.fixed(rec.Merchant[:])
	rec.Until = r.int64()
	rec.Buckets = r.buckets()
	bits := r.byte()
	rec.Released = bits&holdReleased != 0
	if bits&holdMember != 0 {
		r.fixed(rec.Member[:])
	}
	if bits&holdBorne != 0 {
		rec.Borne = r.borne()
	}
	r.bad = r.bad || bits > holdAll || (bits&holdMember != 0) == rec.Member.IsZero()
	for range r.count(33) {
		var c Captured
		r.fixed(c.Reference[:])
		c.Amount = r.amount()
		rec.Captures = append(rec.Captures, c)
	}
	releasedByHalves := rec.Released && len(rec.Buckets) > 0
	if !r.end() || version != recordVersion || rec.Until == 0 || releasedByHalves {
		return HoldRecord{}, malformed("hold record")
	}
	return rec, nil
}

func (r *reader) borne() (list []Borne) {
	for range r.count(21) {
		var x Borne
		r.fixed(x.Account[:])
		x.Amount = r.amount()
		r.bad = r.bad || x.Amount == 0
		list = append(list, x)
	}
	r.bad = r.bad || len(list) == 0
	return list
}

// HoldPrefix is what the keys of all of an account's holds start with.
func HoldPrefix(a Account) string { return holdPrefix + a.hex() + "/" }

// HoldKey is the state key of the hold's record.
func HoldKey(id HoldID) string { return HoldPrefix(id.Account) + hex.EncodeToString(id.Order[:]) }

// hold sets aside what the entry has taken out of the purse.
func (b *batch) hold(o SignedOrder, id OrderID, p *purse, e *Entry) error {
	slot := b.holds[HoldID{o.From, id}]
	if slot.found {
		return fmt.Errorf("there is a hold of order %s, whose nonce was not used", id)
	}
	e.Other = o.To
	rec := HoldRecord{Merchant: o.To, Until: o.Until, Buckets: e.Moved}
	if pool := p.rec.Pool; pool != nil {
		rec.Borne = pool.bear(p.rec.Buckets, e.By)
		if e.By != pool.Members[0].Account {
			rec.Member = e.By
		}
	}
	slot.put(rec)
	return nil
}

// capture burns a part of a hold. Points whose month has passed since they were set aside count like the others: the
// purchase was made in time, and when its merchant gets round to it is not for the member to pay. For the same reason the
// account may be frozen by now.
func (b *batch) capture(o SignedOrder, e Entry) (Entry, error) {
	slot := b.holds[HoldID{o.To, OrderID(o.Ref)}]
	rec := slot.rec
	switch {
	case !slot.found:
		return e, holdUnknown()
	case rec.Merchant != o.From:
		return e, notMerchant()
	}
	for _, c := range rec.Captures {
		if c.Reference == o.Reference {
			if c.Amount != o.Amount {
				return e, refuse(CodeReference, fmt.Sprintf("the hold was captured with this reference before, for %s", c.Amount))
			}
			return e.ofHold(Duplicate, o, rec, c.Amount), nil
		}
	}
	left, err := rec.Buckets.Total()
	if err != nil {
		return e, err
	}
	switch {
	case left == 0:
		return e, refuse(CodeHoldEnded, "the hold was released, or captured whole")
	case b.env.Time >= rec.Until:
		return e, refuse(CodeHoldExpired, "the hold is past its end; its points go back to the account")
	case o.Amount > left:
		return e, refuse(CodeCaptureOverHold, fmt.Sprintf("only %s are left of the hold", left))
	case len(rec.Captures) == MaxCaptures:
		return e, refuse(CodeHoldCaptures, fmt.Sprintf("the hold was captured in %d parts; release the rest", MaxCaptures))
	}
	e = e.ofHold(Applied, o, rec, o.Amount)
	rec.Buckets = slices.Clone(rec.Buckets)
	e.Moved = rec.Buckets.take(o.Amount)
	rec.Borne = without(rec.Borne, o.Amount)
	rec.Captures = append(slices.Clone(rec.Captures), Captured{o.Reference, o.Amount})
	slot.put(rec)
	return e, nil
}

// without is what is left of a hold's parts after a capture: who set it aside pays first.
func without(parts []Borne, captured Amount) (left []Borne) {
	for _, x := range parts {
		paid := min(x.Amount, captured)
		captured -= paid
		if x.Amount -= paid; x.Amount > 0 {
			left = append(left, x)
		}
	}
	return left
}

// release gives back what is left of a hold, without a look at the account unless it is a household; what of it has expired
// meanwhile is burned. Until the hold's end this is its merchant's to decide, and then anyone's, for a hold shall not
// outlast its merchant.
func (b *batch) release(o SignedOrder, e Entry) (Entry, error) {
	slot := b.holds[HoldID{o.To, OrderID(o.Ref)}]
	rec := slot.rec
	open := b.env.Time < rec.Until
	switch {
	case !slot.found:
		return e, holdUnknown()
	case len(rec.Buckets) == 0:
		return e.ofHold(Duplicate, o, rec, 0), nil
	case open && o.From.IsZero() && !b.isMerchant():
		return e, refuse(CodeHoldOpen, "until its end only the hold's merchant may release it")
	case open && rec.Merchant != o.From:
		return e, notMerchant()
	}
	left, err := rec.Buckets.Total()
	if err != nil {
		return e, err
	}
	e = e.ofHold(Applied, o, rec, left)
	held := slices.Clone(rec.Buckets)
	e.Expired = rec.Buckets.takeExpired(b.env.Time)
	e.Moved, e.By = rec.Buckets, rec.Member
	if len(rec.Borne) == 0 {
		err = b.credit(o.To, e.Moved)
	} else {
		err = b.giveBackHeld(o.To, rec.Borne, held)
	}
	if err != nil {
		return e, err
	}
	rec.Buckets, rec.Borne, rec.Released = nil, nil, true
	slot.put(rec)
	return e, nil
}

// giveBackHeld brings released points back into the shares they came from, but for what has expired. As a credit they would
// be the head's, and as the share of who set them aside they would be a way to make others' points one's own. Of who is no
// member any more they are the head's, and so are all once the head has left.
func (b *batch) giveBackHeld(household Account, parts []Borne, held Buckets) error {
	w := wanted{b: b}
	w.account(household, nil)
	if err := w.read(); err != nil {
		return err
	}
	rec, err := b.household(household)
	if err != nil { // it is none any more
		held.takeExpired(b.env.Time)
		return b.credit(household, held)
	}
	for _, part := range parts {
		m := rec.Pool.member(part.Account)
		if m == nil {
			m = &rec.Pool.Members[0]
		}
		points := held.take(part.Amount)
		points.takeExpired(b.env.Time)
		if err := rec.share(m, points); err != nil {
			return err
		}
	}
	b.accounts[household].put(rec)
	return nil
}

// ofHold completes the entry of what a merchant did with a hold.
func (e Entry) ofHold(outcome Outcome, o SignedOrder, rec HoldRecord, amount Amount) Entry {
	e.Outcome, e.Account, e.Other, e.Amount, e.Link = outcome, o.To, rec.Merchant, amount, o.Reference
	return e
}

func holdUnknown() error {
	return refuse(CodeHoldUnknown, "the account has no such hold; name both as the hold's order has them")
}
