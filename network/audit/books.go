package audit

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// books are kept twice: the supply is folded from journals, the tally follows every account, credit, hold and booking.
// Budgets and stocks are kept beside them: no journal speaks of those.
type books struct {
	supply  dollars.Supply
	tally   dollars.Tally
	budgets budgets
}

func newBooks() books { return books{budgets: budgets{}} }

// copy is the books as they are now.
func (b *books) copy() books {
	c := *b
	c.budgets = budgets{}
	for row, x := range b.budgets {
		kept := *x
		c.budgets[row] = &kept
	}
	return c
}

func (b *books) fold(j dollars.Journal) error {
	for i, e := range j.Entries {
		if err := b.supply.Fold(e); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// write follows a key from one value to another; nil where there is none.
func (b *books) write(key string, before, after []byte) error {
	k := dollars.ParseStateKey(key)
	if err := b.budgets.write(k, before, after); err != nil {
		return err
	}
	switch k.Kind {
	case dollars.StateAccount, dollars.StateCredit, dollars.StateHold, dollars.StateBooking:
	default:
		return nil // what else there is holds no points
	}
	if before != nil {
		var gone dollars.Tally
		if err := gone.Add(key, before); err != nil {
			return err
		}
		if err := b.tally.Merge(negative(gone)); err != nil {
			return err
		}
	}
	if after == nil {
		return nil
	}
	return b.tally.Add(key, after)
}

// negative is what takes a tally out of another when merged into it.
func negative(t dollars.Tally) dollars.Tally {
	n := dollars.Tally{
		Outstanding: -t.Outstanding, Held: -t.Held, Debt: -t.Debt, Pending: -t.Pending, Awarded: -t.Awarded,
		Accounts: -t.Accounts, Credits: -t.Credits,
	}
	for i := range t.Bookings {
		n.Bookings[i] = -t.Bookings[i]
	}
	return n
}

// balance compares the two, and adds budgets up.
func (b *books) balance() error {
	for _, line := range []struct {
		what            string
		journals, state dollars.Amount
	}{
		{b.supply.Equation(), b.supply.Outstanding(), b.tally.Outstanding},
		{"points in holds", b.supply.Held, b.tally.Held},
		{"debt", b.supply.Debt, b.tally.Debt},
		{"points of pending bookings", b.supply.Pending, b.tally.Pending},
		{"minted by bookings", b.supply.Minted, b.tally.Awarded},
	} {
		if line.journals != line.state {
			return fmt.Errorf("the books do not balance: %s: %s by journals, %s by state", line.what, line.journals, line.state)
		}
	}
	if b.supply.Bookings != b.tally.Bookings {
		return fmt.Errorf("the books do not balance: bookings by state: %v by journals, %v by state", b.supply.Bookings, b.tally.Bookings)
	}
	return b.budgets.balance()
}
