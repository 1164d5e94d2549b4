package dollars

import (
	"fmt"
	"strings"
)

// Supply is what of the currency exists and how it came about, folded from journals. Minted + Adjusted = Outstanding +
// Held + Redeemed + Expired + Reversed + WrittenOff by definition of Outstanding; that it is also the sum over all accounts
// is what audits check.
type Supply struct {
	Minted     Amount // by completed bookings
	Adjusted   Amount // granted by operators
	Reversed   Amount // taken back by reversals, at once or as repaid debt
	Redeemed   Amount // burned by members' redemptions and claims, and by merchants' captures
	Expired    Amount // burned because their month had passed
	WrittenOff Amount // burned by operators' corrections
	Held       Amount // in holds
	Pending    Amount // promised by confirmed bookings, not minted yet
	Debt       Amount // owed by accounts after reversals and corrections that found too little
	Forgiven   Amount // what reversals found too little of and nobody owes

	// Bookings counts booked items by state.
	Bookings [BookingNoted + 1]int64
}

// Outstanding is what accounts have.
func (s Supply) Outstanding() Amount {
	return s.Minted + s.Adjusted - s.Reversed - s.Redeemed - s.Expired - s.WrittenOff - s.Held
}

// Equation is how what accounts have came about, in words. What few ledgers have is left out where it is nothing.
func (s Supply) Equation() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s minted", s.Minted)
	for _, term := range []struct {
		sign, what string
		amount     Amount
		always     bool
	}{
		{"+", "adjusted", s.Adjusted, false},
		{"-", "reversed", s.Reversed, true},
		{"-", "redeemed", s.Redeemed, true},
		{"-", "expired", s.Expired, true},
		{"-", "written off", s.WrittenOff, false},
		{"-", "held", s.Held, false},
	} {
		if term.always || term.amount != 0 {
			fmt.Fprintf(&b, " %s %s %s", term.sign, term.amount, term.what)
		}
	}
	fmt.Fprintf(&b, " = %s outstanding", s.Outstanding())
	return b.String()
}

// Fold adds what one entry did. It fails on sums that leave the integers, or an entry that takes what is not
// there, either of which means the journal is not one of Apply's.
func (s *Supply) Fold(e Entry) error {
	if e.Outcome != Applied {
		return nil
	}
	next := *s
	f := folder{s: &next}
	f.add(&next.Expired, f.total(e.Expired))
	repaid := f.total(e.Repaid)
	f.add(&next.Reversed, repaid)
	f.add(&next.Debt, -repaid)
	switch e.Kind {
	case KindConfirm, KindComplete, KindCancel:
		f.booking(e)
	case KindRedeem, KindClaim:
		f.add(&next.Redeemed, f.total(e.Moved))
	case KindHold:
		f.add(&next.Held, f.total(e.Moved))
	case KindCapture:
		f.add(&next.Held, -f.total(e.Moved))
		f.add(&next.Redeemed, f.total(e.Moved))
	case KindRelease:
		f.add(&next.Held, -f.total(e.Moved)-f.total(e.Expired))
	case KindApproveAdjustment:
		f.adjustment(e)
	}
	if f.err == nil && next.Outstanding() < 0 {
		f.err = fmt.Errorf("%s entry burns more than there is", e.Kind)
	}
	if f.err != nil {
		return fmt.Errorf("fold supply: %w", f.err)
	}
	*s = next
	return nil
}

type folder struct {
	s   *Supply
	err error
}

func (f *folder) booking(e Entry) {
	if e.Before != BookingNone {
		f.s.Bookings[e.Before]--
	}
	f.s.Bookings[e.After]++
	if f.s.Bookings[e.Before] < 0 {
		f.err = fmt.Errorf("%s entry of a booking that is not %s", e.Kind, e.Before)
	}
	if e.After == BookingPending {
		f.add(&f.s.Pending, e.Amount)
	}
	if e.Before == BookingPending {
		f.add(&f.s.Pending, -e.Amount)
	}
	switch e.After {
	case BookingAwarded:
		f.add(&f.s.Minted, f.total(e.Moved))
	case BookingReversed:
		f.add(&f.s.Reversed, f.total(e.Moved))
		for _, x := range e.Recalled {
			f.add(&f.s.Reversed, f.total(x.Moved))
		}
		f.add(&f.s.Debt, e.Debt)
		f.add(&f.s.Forgiven, e.Forgiven)
	}
}

func (f *folder) adjustment(e Entry) {
	if !e.Burn {
		f.add(&f.s.Adjusted, f.total(e.Moved))
		return
	}
	f.add(&f.s.WrittenOff, f.total(e.Moved))
	f.add(&f.s.Debt, e.Debt)
}

func (f *folder) total(b Buckets) Amount {
	sum, err := b.Total()
	if err != nil {
		f.err = err
	}
	return sum
}

func (f *folder) add(to *Amount, a Amount) {
	sum, err := to.Plus(a)
	switch {
	case err != nil:
		f.err = err
	case sum < 0:
		f.err = fmt.Errorf("a sum falls below zero: %s by %s", *to, a)
	}
	*to = sum
}
