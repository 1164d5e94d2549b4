package audit

import (
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// budgets follow what rows' budgets come to by an arithmetic of their own: each is in its pot, in the lanes' shares, and
// in what pending and awarded bookings hold of it. So do the stocks of rewards, of which each voucher has a piece.
type budgets map[string]*budget // by row

type budget struct {
	pot    dollars.BudgetRecord
	shares [dollars.Lanes]dollars.Amount
	held   dollars.Amount
}

func (b budgets) of(row string) *budget {
	if b[row] == nil {
		b[row] = &budget{}
	}
	return b[row]
}

// write follows a key from one value to another; nil where there is none.
func (b budgets) write(key dollars.StateKey, before, after []byte) (err error) {
	switch key.Kind {
	case dollars.StateBudget:
		b.of(key.Row).pot, err = readOr(after, dollars.DecodeBudgetRecord)
	case dollars.StateShare:
		b.of(key.Row).shares[key.Lane], err = readOr(after, dollars.DecodeShare)
	case dollars.StateBooking:
		err = b.rebook(before, after)
	case dollars.StateVoucher:
		err = b.claimed(before, after)
	}
	return err
}

// claimed counts a voucher that was not there before. One is never taken away.
func (b budgets) claimed(before, after []byte) error {
	if before != nil {
		return nil
	}
	rec, err := readOr(after, dollars.DecodeVoucherRecord)
	b.of(dollars.StockName(rec.Reward)).held++
	return err
}

// rebook follows what a booking holds.
func (b budgets) rebook(before, after []byte) error {
	gone, err := holdings(before)
	if err != nil {
		return err
	}
	for _, p := range gone {
		b.of(p.ID).held -= dollars.Amount(p.Points) // they were added when they were written
	}
	come, err := holdings(after)
	if err != nil {
		return err
	}
	for _, p := range come {
		x := b.of(p.ID)
		if x.held, err = x.held.Plus(dollars.Amount(p.Points)); err != nil {
			return err
		}
	}
	return nil
}

// holdings are the parts of a booking that hold some of a budget.
func holdings(booking []byte) ([]dollars.Part, error) {
	rec, err := readOr(booking, dollars.DecodeBookingRecord)
	if err != nil || !rec.Live() {
		return nil, err
	}
	return slices.DeleteFunc(rec.Parts, func(p dollars.Part) bool { return !p.HoldsBudget() }), nil
}

// readOr reads a value, and nothing where there is none.
func readOr[T any](value []byte, read func([]byte) (T, error)) (record T, err error) {
	if value == nil {
		return record, nil
	}
	return read(value)
}

// balance names the first row whose budget does not add up.
func (b budgets) balance() error {
	for _, row := range slices.Sorted(maps.Keys(b)) {
		x := b[row]
		if dollars.IsStock(row) && x.pot.Total == 0 {
			continue // without end
		}
		sum, err := x.pot.Left.Plus(x.held)
		for _, left := range x.shares {
			if err == nil {
				sum, err = sum.Plus(left)
			}
		}
		if err != nil || sum != x.pot.Total {
			return wrongf(dollars.BudgetKey(row), "the books do not balance: of a budget of %s the pot has %s, lanes' shares have %v, and bookings or vouchers hold %s",
				x.pot.Total, x.pot.Left, x.shares, x.held)
		}
	}
	return nil
}
