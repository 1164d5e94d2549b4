package readmodel

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/dgraph-io/badger/v4"
)

// balance is what an account has, folded from journals: its record's buckets and all its credits together.
type balance struct {
	pending dollars.Amount
	debt    dollars.Amount
	buckets buckets // expired ones too, until the ledger burns them
}

// encode writes the pending points, and the rest in the ledger's own encoding of an account.
func (b balance) encode() []byte {
	rec := dollars.AccountRecord{Debt: b.debt, Buckets: dollars.Buckets(b.buckets)}
	return append(binary.AppendUvarint(nil, uint64(b.pending)), rec.Encode()...)
}

func decodeBalance(value []byte) (balance, error) {
	r := disk.NewReader(value)
	pending := r.Uint(math.MaxInt64)
	rec, err := dollars.DecodeAccountRecord(r.Rest())
	if err != nil {
		return balance{}, errDamaged
	}
	return balance{dollars.Amount(pending), rec.Debt, buckets(rec.Buckets)}, nil
}

func readBalance(txn *badger.Txn, a dollars.Account) (balance, error) {
	value, err := disk.Get(txn, balanceKey(a))
	if err != nil || value == nil {
		return balance{}, err
	}
	return decodeBalance(value)
}

func (b balance) equal(c balance) bool {
	return b.pending == c.pending && b.debt == c.debt && slices.Equal(b.buckets, c.buckets)
}

// fold does to the balance of an entry's Account what the entry says happened to it.
func (b *balance) fold(e dollars.Entry) error {
	if err := b.buckets.minus(e.Expired); err != nil {
		return err
	}
	repaid, err := dollars.Buckets(e.Repaid).Total()
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
	case dollars.KindTransfer, dollars.KindRedeem:
		err = b.buckets.minus(e.Moved)
	}
	if err == nil && (b.pending < 0 || b.debt < 0) {
		err = fmt.Errorf("%s entry takes more from %s than was promised or owed", e.Kind, e.Account)
	}
	return err
}

func (b *balance) booking(e dollars.Entry) (err error) {
	if e.Before == dollars.BookingPending {
		b.pending -= e.Amount
	}
	switch e.After {
	case dollars.BookingPending:
		b.pending, err = b.pending.Plus(e.Amount)
	case dollars.BookingAwarded:
		err = b.buckets.plus(e.Moved)
	case dollars.BookingReversed:
		if err = b.buckets.minus(e.Moved); err == nil {
			b.debt, err = b.debt.Plus(e.Debt)
		}
	}
	return err
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
