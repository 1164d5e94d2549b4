package dollars

import (
	"fmt"
	"maps"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

// held is what the bookings of a state hold and count, added up from nothing but their records.
type held struct {
	budgets map[string]Amount // by row
	trips   map[string]Amount // by trip and row
	members map[string]Amount // by account, month of confirmation and row
	earned  map[string]Amount // by account and month of award
	nights  map[string]uint64 // the same
}

// published is all published rule sets by their version.
func (l *ledger) published() (map[uint32]*earn.Evaluator, error) {
	all := map[uint32]*earn.Evaluator{}
	for key, value := range l.state {
		if !strings.HasPrefix(key, rulesPrefix) {
			continue
		}
		rec, err := DecodeRulesRecord(value)
		if err != nil {
			return nil, err
		}
		if RulesKey(rec.Version) != key {
			return nil, fmt.Errorf("version %d is kept under %s", rec.Version, key)
		}
		if all[rec.Version], err = earn.Load(rec.Set); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (l *ledger) held(sets map[uint32]*earn.Evaluator) (held, error) {
	h := held{map[string]Amount{}, map[string]Amount{}, map[string]Amount{}, map[string]Amount{}, map[string]uint64{}}
	for key, value := range l.state {
		k := ParseStateKey(key)
		if k.Kind == StateVoucher {
			if err := h.addVoucher(l.state, value); err != nil {
				return h, err
			}
		}
		if k.Kind != StateBooking {
			continue
		}
		rec, err := DecodeBookingRecord(value)
		if err != nil {
			return h, err
		}
		if rec.State != BookingPending && rec.State != BookingAwarded {
			continue
		}
		if rec.Counted {
			points, err := rec.Points()
			if err != nil {
				return h, err
			}
			month := fmt.Sprint(rec.Account, rec.Awarded)
			h.earned[month] += points
			h.nights[month] += rec.Facts.nights()
		}
		for _, p := range rec.Parts {
			row, points := sets[rec.Version].Row(p.Table, p.Row).ID, Amount(p.Points)
			if p.ID != row && p.Held != 0 || p.ID != "" && p.Held == 0 {
				return h, fmt.Errorf("a part of row %s holds %b of %q", row, p.Held, p.ID)
			}
			if p.Held.has(earn.LimitBooking) {
				h.trips[fmt.Sprint(k.Booking.Trip(), row)] += points
			}
			if p.Held.has(earn.LimitMember) {
				h.members[fmt.Sprint(rec.Account, monthOf(rec.Time), row)] += points
			}
			if p.Held.has(earn.LimitBudget) {
				h.budgets[row] += points
			}
		}
	}
	return h, nil
}

// addVoucher counts a voucher as a piece of its reward's stock, unless that is without end.
func (h held) addVoucher(state memory, value []byte) error {
	rec, err := DecodeVoucherRecord(value)
	if stock := StockName(rec.Reward); state[BudgetKey(stock)] != nil {
		h.budgets[stock]++
	}
	return err
}

// withinLimits: what is left of each budget and what pending and awarded bookings hold of it add up to the budget, as do a
// reward's stock and its vouchers; what
// trips and members have taken up is what their bookings hold, and no more than the caps; and what members earned is
// what was awarded to them.
func (l *ledger) withinLimits() error {
	sets, err := l.published()
	if err != nil {
		return err
	}
	h, err := l.held(sets)
	if err != nil {
		return err
	}
	caps := largestCaps(sets)
	budgets := map[string]Amount{} // without pots and shares: what bookings hold
	totals := map[string]Amount{}
	for key, value := range l.state {
		switch k := ParseStateKey(key); {
		case strings.HasPrefix(key, budgetPrefix):
			row, _, _ := strings.Cut(key[len(budgetPrefix):], "/")
			if BudgetKey(row) == key {
				rec, err := DecodeBudgetRecord(value)
				if err != nil {
					return err
				}
				totals[row], budgets[row] = rec.Total, budgets[row]+rec.Total-rec.Left
				continue
			}
			left, err := DecodeShare(value)
			if err != nil {
				return err
			}
			budgets[row] -= left
		case strings.HasPrefix(key, tripPrefix):
			rec, err := DecodeTripRecord(value)
			if err != nil {
				return err
			}
			if err := checkUses(h.trips, key[len(tripPrefix):], rec, caps.booking); err != nil {
				return err
			}
		case k.Kind == StateEarning:
			rec, err := DecodeEarningRecord(value)
			if err != nil {
				return err
			}
			if err := h.checkEarnings(k.Account, rec, caps.member); err != nil {
				return err
			}
		}
	}
	for row, used := range h.budgets {
		if used > totals[row] {
			return fmt.Errorf("bookings hold %s of the budget of row %s, which is %s", used, row, totals[row])
		}
	}
	maps.DeleteFunc(budgets, func(_ string, a Amount) bool { return a == 0 })
	maps.DeleteFunc(h.budgets, func(_ string, a Amount) bool { return a == 0 })
	if !maps.Equal(budgets, h.budgets) {
		return fmt.Errorf("%v is gone from budgets; bookings hold %v", budgets, h.budgets)
	}
	// What the records know of was taken out; members' records forget months that are over.
	running := monthOf(l.env.Time).String()
	maps.DeleteFunc(h.members, func(use string, _ Amount) bool { return !strings.Contains(use, running) })
	if len(h.trips)+len(h.members) > 0 {
		return fmt.Errorf("bookings hold %v of trips' and %v of members' caps, of which no record knows", h.trips, h.members)
	}
	return nil
}

type caps struct{ booking, member map[string]Amount }

func largestCaps(sets map[uint32]*earn.Evaluator) caps {
	c := caps{map[string]Amount{}, map[string]Amount{}}
	for _, set := range sets {
		for _, table := range set.RuleSet().Tables {
			for _, row := range table.Rows {
				c.booking[row.ID] = max(c.booking[row.ID], Amount(row.CapBooking))
				c.member[row.ID] = max(c.member[row.ID], Amount(row.CapMember))
			}
		}
	}
	return c
}

// checkUses compares a record's uses with what bookings hold, and takes them out of it.
func checkUses(held map[string]Amount, prefix string, uses []Use, caps map[string]Amount) error {
	for _, u := range uses {
		if held[prefix+u.Row] != u.Points || u.Points > caps[u.Row] {
			return fmt.Errorf("%s has taken up %s of row %s; its bookings hold %s, the cap is %s",
				prefix, u.Points, u.Row, held[prefix+u.Row], caps[u.Row])
		}
		delete(held, prefix+u.Row)
	}
	return nil
}

// checkEarnings looks at the months that a record still knows.
func (h held) checkEarnings(a Account, rec EarningRecord, caps map[string]Amount) error {
	for _, m := range rec.Uses {
		if err := checkUses(h.members, fmt.Sprint(a, m.Month), m.Uses, caps); err != nil {
			return err
		}
	}
	for _, m := range rec.Months {
		month := fmt.Sprint(a, m.Month)
		if h.earned[month] != m.Points || h.nights[month] != m.Nights {
			return fmt.Errorf("%s earned %s and %d nights; the awards of the month are %s and %d nights",
				month, m.Points, m.Nights, h.earned[month], h.nights[month])
		}
	}
	return nil
}

// explained: every promise has a digest that whoever has the booking's record and its rule set works out again.
func (l *ledger) explained(j Journal) error {
	sets, err := l.published()
	if err != nil {
		return err
	}
	for _, e := range j.Entries {
		if e.Kind != KindConfirm || e.Outcome != Applied {
			if e.Explanation != [32]byte{} {
				return fmt.Errorf("a %s %s is explained", e.Outcome, e.Kind)
			}
			continue
		}
		rec, err := DecodeBookingRecord(l.state[BookingKey(e.Ref)])
		if err != nil {
			return err
		}
		if want := earn.Digest(sets[rec.Version].Hash(), rec.Item(), rec.EarnParts()); e.Explanation != want {
			return fmt.Errorf("%s is explained by %x; its record by %x", BookingID(e.Ref), e.Explanation, want)
		}
	}
	return nil
}
