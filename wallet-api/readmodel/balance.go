package readmodel

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
)

// balance is what an account has, folded from journals: its record's buckets and all its credits together.
type balance struct {
	pending   dollars.Amount
	held      dollars.Amount
	debt      dollars.Amount
	household dollars.Account // of which it is a member; zero is none
	buckets   buckets         // expired ones too, until the ledger burns them
}

func (b *balance) append(out []byte) []byte {
	for _, a := range [...]dollars.Amount{b.pending, b.held, b.debt} {
		out = binary.AppendUvarint(out, uint64(a))
	}
	if b.household.IsZero() {
		out = append(out, 0)
	} else {
		out = append(append(out, 1), b.household[:]...)
	}
	out = binary.AppendUvarint(out, uint64(len(b.buckets)))
	for _, x := range b.buckets {
		out = binary.AppendUvarint(binary.AppendUvarint(out, uint64(x.Expiry)), uint64(x.Amount))
	}
	return out
}

// maxSize is what append writes, at most.
func (b *balance) maxSize() int {
	const amount, expiry = 9, binary.MaxVarintLen32
	return 3*amount + 1 + len(b.household) + 2 + len(b.buckets)*(expiry+amount)
}

func readBalance(r *disk.Reader) (b balance) {
	for _, to := range [...]*dollars.Amount{&b.pending, &b.held, &b.debt} {
		*to = dollars.Amount(r.Uint(math.MaxInt64))
	}
	if pooled := r.Byte(); pooled != 0 {
		if r.Fixed(b.household[:]); pooled > 1 || b.household.IsZero() {
			r.Fail()
		}
	}
	b.buckets = make(buckets, r.Count(2))
	for i := range b.buckets {
		x := dollars.Bucket{Expiry: dollars.Expiry(r.Uint(math.MaxUint32)), Amount: dollars.Amount(r.Uint(math.MaxInt64))}
		if x.Amount == 0 || (i > 0 && x.Expiry <= b.buckets[i-1].Expiry) {
			r.Fail()
		}
		b.buckets[i] = x
	}
	return b
}

func (b balance) equal(c balance) bool {
	return b.pending == c.pending && b.held == c.held && b.debt == c.debt && b.household == c.household &&
		slices.Equal(b.buckets, c.buckets)
}

// fold does to the balance of an entry's Account what the entry says happened to it.
func (b *balance) fold(e *dollars.Entry) error {
	if e.Kind != dollars.KindRelease { // which burns what expired out of the hold
		if err := b.buckets.minus(e.Expired); err != nil {
			return err
		}
	}
	repaid, err := e.Repaid.Total()
	if err != nil {
		return err
	}
	if err := b.buckets.minus(e.Repaid); err != nil {
		return err
	}
	b.debt -= repaid
	switch e.Kind {
	case dollars.KindConfirm, dollars.KindComplete, dollars.KindCancel:
		err = b.booking(e)
	case dollars.KindTransfer, dollars.KindRedeem, dollars.KindClaim, dollars.KindContribute, dollars.KindLeave:
		err = b.buckets.minus(e.Moved)
	case dollars.KindHold, dollars.KindCapture, dollars.KindRelease:
		err = b.hold(e)
	case dollars.KindApproveAdjustment:
		err = b.adjustment(e)
	case dollars.KindForm, dollars.KindJoin:
		b.household = e.Other
	}
	if err == nil && (b.pending < 0 || b.held < 0 || b.debt < 0) {
		err = fmt.Errorf("%s entry takes more from %s than was promised, held or owed", e.Kind, e.Account)
	}
	return err
}

func (b *balance) booking(e *dollars.Entry) (err error) {
	if e.Before == dollars.BookingPending {
		b.pending -= e.Amount
	}
	switch e.After {
	case dollars.BookingPending:
		b.pending, err = b.pending.Plus(e.Amount)
	case dollars.BookingAwarded:
		err = b.buckets.plus(e.Moved)
	case dollars.BookingReversed:
		err = b.takeBack(e)
	}
	return err
}

// takeBack burns points that the account should not have, and owes what is missing.
func (b *balance) takeBack(e *dollars.Entry) (err error) {
	if err = b.buckets.minus(e.Moved); err == nil {
		b.debt, err = b.debt.Plus(e.Debt)
	}
	return err
}

func (b *balance) adjustment(e *dollars.Entry) error {
	if e.Burn {
		return b.takeBack(e)
	}
	return b.buckets.plus(e.Moved)
}

func (b *balance) hold(e *dollars.Entry) error {
	moved, err := e.Moved.Total()
	if err != nil {
		return err
	}
	switch e.Kind {
	case dollars.KindHold:
		if b.held, err = b.held.Plus(moved); err == nil {
			err = b.buckets.minus(e.Moved)
		}
	case dollars.KindCapture:
		b.held -= moved
	case dollars.KindRelease:
		var burned dollars.Amount
		if burned, err = e.Expired.Total(); err == nil {
			b.held -= moved + burned
			err = b.buckets.plus(e.Moved)
		}
	}
	return err
}

// foldOther does to the balance of an entry's Other what the entry says it received.
func (b *balance) foldOther(e *dollars.Entry) error {
	if e.Kind == dollars.KindLeave && b.household == e.Account { // or they were only invited, and may be in another
		b.household = dollars.Account{}
	}
	return b.buckets.plus(e.Moved)
}

// buckets are dollars.Buckets that can be folded into: sorted by expiry, without doubles or zeros.
type buckets dollars.Buckets

func (b buckets) find(e dollars.Expiry) (int, bool) {
	return slices.BinarySearchFunc(b, e, func(x dollars.Bucket, e dollars.Expiry) int { return int(x.Expiry) - int(e) })
}

func (b *buckets) plus(more dollars.Buckets) error {
	for _, x := range more {
		i, found := b.find(x.Expiry)
		if !found {
			*b = slices.Insert(*b, i, x)
			continue
		}
		sum, err := (*b)[i].Amount.Plus(x.Amount)
		if err != nil {
			return err
		}
		(*b)[i].Amount = sum
	}
	return nil
}

func (b *buckets) minus(less dollars.Buckets) error {
	for _, x := range less {
		i, found := b.find(x.Expiry)
		if !found || (*b)[i].Amount < x.Amount {
			return fmt.Errorf("the journal takes %s of %s where there is less", x.Amount, x.Expiry)
		}
		if (*b)[i].Amount -= x.Amount; (*b)[i].Amount == 0 {
			*b = slices.Delete(*b, i, i+1)
		}
	}
	return nil
}
