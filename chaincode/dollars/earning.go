package dollars

import (
	"errors"

	"github.com/destinasia/dollars/chaincode/earn"
)

// This file is how a booking gets its points by the rules in force, and how limits that go beyond one item are taken
// up and given back.

// promise works out what a confirmed item earns. It changes nothing; take does.
func (b *batch) promise(o Confirm, v *rulesVersion) (BookingRecord, error) {
	if o.Facts.Currency != v.rules.RuleSet().Currency {
		return BookingRecord{}, refuse(CodeCurrencyUnknown, "the rules in force know prices in "+v.rules.RuleSet().Currency+" only")
	}
	rec := BookingRecord{
		State: BookingPending, Account: o.Account, Facts: o.Facts, Time: b.env.Time, Version: v.number,
	}
	if v.rules.UsesMember() {
		member, err := b.member(o.Account)
		if err != nil {
			return BookingRecord{}, err
		}
		rec.Tier = member.rec.Tier(v.rules, b.env.Time)
	}
	var unread error
	parts, err := v.rules.Evaluate(rec.Item(), func(l earn.Limit, row *earn.Row, want int64) (int64, error) {
		var left Amount
		left, unread = b.room(l, row, o, Amount(want))
		return int64(left), unread
	})
	if unread != nil {
		return BookingRecord{}, unread
	}
	if err != nil {
		return BookingRecord{}, refuseEvaluation(err)
	}
	for _, p := range parts {
		rec.Parts = append(rec.Parts, partOf(v.rules.Row(p.Table, p.Row), p))
	}
	_, err = rec.Points()
	return rec, err
}

// refuseEvaluation is the refusal of an item that the rules cannot give points to.
func refuseEvaluation(err error) error {
	var overlap *earn.Overlap
	if errors.As(err, &overlap) {
		return refuse(CodeRulesOverlap, err.Error())
	}
	return refuse(CodeAmountTooLarge, err.Error())
}

// partOf is what a row gave, with what it takes up of its row's limits.
func partOf(row *earn.Row, given earn.Part) Part {
	p := Part{Part: given}
	if given.Points == 0 {
		return p
	}
	if row.CapBooking > 0 {
		p.Held |= 1 << earn.LimitBooking
	}
	if row.CapMember > 0 {
		p.Held |= 1 << earn.LimitMember
	}
	if row.Budget > 0 {
		p.Held |= 1 << earn.LimitBudget
	}
	if p.Held != 0 {
		p.ID = row.ID
	}
	return p
}

// room is how much of what is wanted a limit leaves.
func (b *batch) room(l earn.Limit, row *earn.Row, o Confirm, want Amount) (Amount, error) {
	switch l {
	case earn.LimitBooking:
		trip, err := b.trip(o.Booking.Trip())
		if err != nil {
			return 0, err
		}
		return max(0, min(want, Amount(row.CapBooking)-trip.rec.used(row.ID))), nil
	case earn.LimitMember:
		member, err := b.member(o.Account)
		if err != nil {
			return 0, err
		}
		return max(0, min(want, Amount(row.CapMember)-member.rec.used(row.ID, monthOf(b.env.Time)))), nil
	}
	return b.budgetLeft(row.ID, want)
}

// take takes up the limits of a promise.
func (b *batch) take(id BookingID, rec BookingRecord) error {
	for _, p := range rec.Parts {
		points := Amount(p.Points)
		if p.Held.has(earn.LimitBooking) {
			trip, err := b.trip(id.Trip())
			if err != nil {
				return err
			}
			trip.put(trip.rec.plus(p.ID, points))
		}
		if p.Held.has(earn.LimitMember) {
			member, err := b.member(rec.Account)
			if err != nil {
				return err
			}
			member.put(member.rec.use(p.ID, monthOf(rec.Time), points))
		}
		if p.HoldsBudget() {
			if err := b.spendBudget(p.ID, points); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveBack undoes take for a booking that earns nothing after all. The record says all that takes: the version that
// gave the points need not be read again.
func (b *batch) giveBack(id BookingID, rec BookingRecord) error {
	for _, p := range rec.Parts {
		points := Amount(p.Points)
		if p.Held.has(earn.LimitBooking) {
			trip, err := b.trip(id.Trip())
			if err != nil {
				return err
			}
			trip.put(trip.rec.plus(p.ID, -points))
		}
		if p.Held.has(earn.LimitMember) {
			member, err := b.member(rec.Account)
			if err != nil {
				return err
			}
			member.put(member.rec.giveBack(p.ID, monthOf(rec.Time), points))
		}
		if p.HoldsBudget() {
			if err := b.returnBudget(p.ID, points); err != nil {
				return err
			}
		}
	}
	return nil
}

// tiersInForce tells whether the rules in force have tiers.
func (b *batch) tiersInForce() (bool, error) {
	at := b.rules.schedule.At(b.env.Time)
	if !at.Members {
		return false, nil
	}
	v, err := b.version(at.Version)
	if err != nil {
		return false, err
	}
	return len(v.rules.RuleSet().Tiers) > 0, nil
}

func (b *batch) member(a Account) (*slot[EarningRecord], error) {
	w := wanted{b: b}
	w.member(a)
	err := w.read()
	return b.members[a], err
}

func (b *batch) trip(id TripID) (*slot[TripRecord], error) {
	w := wanted{b: b}
	w.trip(id)
	err := w.read()
	return b.trips[id], err
}

func (w *wanted) member(a Account) { want(w, w.b.members, a, EarningKey, DecodeEarningRecord) }

func (w *wanted) trip(id TripID) { want(w, w.b.trips, id, TripKey, DecodeTripRecord) }
