package dollars

import (
	"slices"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
)

// This file is the model's earning rules: decision tables as one would work through them by hand.

type modelVersion struct {
	starts int64
	set    earn.RuleSet
}

// modelPart is what a row gave, and what it would have given without limits.
type modelPart struct {
	row            earn.Row
	earned, points Amount
}

func (b *modelBooking) points() (total Amount) {
	for _, p := range b.parts {
		total += p.points
	}
	return total
}

func (b *modelBooking) live() bool { return b.state == BookingPending || b.state == BookingAwarded }

// publish puts a rule set behind those there are, and opens its budgets.
func (m *model) publish(set earn.RuleSet) {
	m.versions = append(m.versions, modelVersion{max(set.Starts, m.now), set})
	for _, t := range set.Tables {
		for _, row := range t.Rows {
			if _, open := m.pots[row.ID]; !open && row.Budget > 0 {
				m.pots[row.ID], m.totals[row.ID] = Amount(row.Budget), Amount(row.Budget)
			}
		}
	}
}

// inForce is the latest version that has started.
func (m *model) inForce() *modelVersion {
	for i := range slices.Backward(m.versions) {
		if m.versions[i].starts <= m.now {
			return &m.versions[i]
		}
	}
	return nil
}

func (m *model) promise(o Confirm) (modelBooking, Code) {
	v := m.inForce()
	if v == nil {
		return modelBooking{}, CodeRulesMissing
	}
	if o.Facts.Currency != v.set.Currency {
		return modelBooking{}, CodeCurrencyUnknown
	}
	b := modelBooking{owner: o.Account, facts: o.Facts, time: m.now}
	for i := range m.versions {
		if &m.versions[i] == v {
			b.version = uint32(i + 1)
		}
	}
	b.tier = m.tier(o.Account, v.set.Tiers)
	for _, t := range v.set.Tables {
		parts, overlap := m.table(o, b, t)
		if overlap {
			return b, CodeRulesOverlap
		}
		b.parts = append(b.parts, parts...)
	}
	return b, ""
}

// tier goes through all of a member's awards that counted.
func (m *model) tier(who Account, levels []earn.Level) (name string) {
	var points earn.Cents
	var nights int64
	for _, b := range m.bookings {
		month := monthOf(m.now)
		if b.owner != who || b.state != BookingAwarded || !b.counted || b.awarded > month || b.awarded+12 <= month {
			continue
		}
		points += earn.Cents(b.points())
		if b.facts.Kind == earn.Hotel {
			nights += int64(b.facts.End - b.facts.Start)
		}
	}
	for _, l := range levels {
		if l.Points > 0 && points >= l.Points || l.Nights > 0 && nights >= l.Nights {
			name = l.Tier
		}
	}
	return name
}

// table is what a table gives, or that two of its rows overlap where they must not.
func (m *model) table(o Confirm, b modelBooking, t earn.Table) (parts []modelPart, overlap bool) {
	var rows []earn.Row
	for _, row := range t.Rows {
		if m.matches(b, row) {
			rows = append(rows, row)
		}
	}
	switch {
	case t.Hit == earn.Unique && len(rows) > 1:
		return nil, true
	case t.Hit == earn.First:
		slices.SortStableFunc(rows, func(x, y earn.Row) int { return int(y.Priority) - int(x.Priority) })
	}
	for _, row := range rows {
		p := m.part(o, row, t.Rounding)
		parts = append(parts, p)
		if t.Hit == earn.First && (p.points > 0 || p.earned == 0) {
			break
		}
	}
	return parts, false
}

func (m *model) matches(b modelBooking, row earn.Row) bool {
	if len(row.Kinds) > 0 && !slices.Contains(row.Kinds, b.facts.Kind) {
		return false
	}
	if s := row.Season; s != nil {
		day := b.facts.Start.String()
		if s.By == earn.ByBooking {
			day = time.Unix(m.now, 0).UTC().Format(time.DateOnly) // the stories' zone
		}
		if day < s.From || day > s.Until {
			return false
		}
	}
	return row.When == "" || modelConditions[row.When](b)
}

// part is what a row gives before and after its limits.
func (m *model) part(o Confirm, row earn.Row, rounding earn.Rounding) modelPart {
	exact := int64(o.Facts.Price) * int64(row.BasisPoints)
	cents, rest := exact/10_000, exact%10_000
	up := map[earn.Rounding]bool{
		earn.HalfUp: rest >= 5_000, earn.Ceiling: rest > 0, earn.HalfEven: rest > 5_000 || rest == 5_000 && cents%2 == 1,
	}[rounding]
	if up {
		cents++
	}
	p := modelPart{row: row, earned: Amount(cents) + Amount(row.Fixed)}
	p.points = p.earned
	if row.CapItem > 0 {
		p.points = min(p.points, Amount(row.CapItem))
	}
	if row.CapBooking > 0 {
		p.points = min(p.points, max(0, Amount(row.CapBooking)-m.usedByTrip(o.Booking.Trip(), row.ID)))
	}
	if row.CapMember > 0 {
		p.points = min(p.points, max(0, Amount(row.CapMember)-m.usedByMember(o.Account, row.ID)))
	}
	if row.Budget > 0 {
		p.points = min(p.points, m.pots[row.ID]+m.shares[ShareKey(row.ID, m.lane)])
	}
	return p
}

func (m *model) usedByTrip(trip TripID, row string) (used Amount) {
	for id, b := range m.bookings {
		for _, p := range b.parts {
			if id.Trip() == trip && b.live() && p.row.ID == row && p.row.CapBooking > 0 {
				used += p.points
			}
		}
	}
	return used
}

// usedByMember counts the bookings confirmed in the running month.
func (m *model) usedByMember(who Account, row string) (used Amount) {
	for _, b := range m.bookings {
		for _, p := range b.parts {
			if b.owner == who && b.live() && monthOf(b.time) == monthOf(m.now) && p.row.ID == row && p.row.CapMember > 0 {
				used += p.points
			}
		}
	}
	return used
}

// takeBudgets takes what rows gave out of their budgets.
func (m *model) takeBudgets(parts []modelPart) {
	for _, p := range parts {
		if p.row.Budget > 0 {
			m.takeBudget(p.row.ID, p.points)
		}
	}
}

// takeBudget spends from the lane's share, and from the pot what it lacks.
func (m *model) takeBudget(row string, points Amount) {
	share := ShareKey(row, m.lane)
	m.shares[share] -= points
	m.spent[row] += points
	if m.shares[share] < 0 {
		m.pots[row] += m.shares[share]
		m.shares[share] = 0
		m.drew[row] = true
	}
}

// endBatch leaves lanes that had to draw on a pot 15 times what they spent, an eighth of the pot, or a 32nd of the budget.
// What the batch sent to households has arrived.
func (m *model) endBatch() {
	for row := range m.drew {
		more := min(15*m.spent[row], m.pots[row]/8, m.totals[row]/32)
		m.pots[row] -= more
		m.shares[ShareKey(row, m.lane)] += more
	}
	clear(m.drew)
	clear(m.spent)
	for _, p := range m.people {
		if p.modelHousehold != nil {
			for e, a := range p.arriving {
				p.arrived[e] += a
			}
			clear(p.arriving)
		}
	}
}

// modelConditions are the conditions of stories, and what they mean.
var modelConditions = map[string]func(modelBooking) bool{
	"nights >= 2":                         func(b modelBooking) bool { return b.facts.Kind == earn.Hotel && b.facts.End-b.facts.Start >= 2 },
	"days in [1, 3]":                      func(b modelBooking) bool { return b.facts.End == b.facts.Start || b.facts.End == b.facts.Start+2 },
	`tier == "silver" || tier == "gold"`:  func(b modelBooking) bool { return b.tier != "" },
	`cabin == "business" && price > 100`:  func(b modelBooking) bool { return b.facts.Cabin == "business" && b.facts.Price > 100 },
	`destination != "LIS"`:                func(b modelBooking) bool { return !strings.HasSuffix(b.facts.Route, "LIS") },
	"trip.flights > 0 || trip.nights > 2": func(b modelBooking) bool { return b.facts.Trip.Flights > 0 || b.facts.Trip.Nights > 2 },
	"lead > 20":                           func(b modelBooking) bool { return b.lead() > 20 },
	"month == 10":                         func(b modelBooking) bool { return b.facts.Start.String()[5:7] == "10" },
	// Above one the product leaves the integers, and then nothing holds.
	"party * 9223372036854775807 > 0": func(b modelBooking) bool { return b.facts.Party == 1 },
}

func (b modelBooking) lead() Date {
	booked := b.facts.Booked
	if booked == 0 {
		booked = DateOf(b.time)
	}
	return max(0, b.facts.Start-booked)
}
