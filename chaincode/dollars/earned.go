package dollars

import (
	"cmp"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// EarningRecord is what a member earned in the last twelve months, and what they took up of members' caps lately.
// Awards and confirmations touch it, spends never do, and only where rules look at members.
type EarningRecord struct {
	Months []EarnedMonth // ascending, none empty
	Uses   []MonthUses   // ascending, none empty
}

// EarnedMonth is what was awarded in a month.
type EarnedMonth struct {
	Month  Expiry
	Points Amount
	Nights uint64
}

// MonthUses is what bookings confirmed in a month took up of caps.
type MonthUses struct {
	Month Expiry
	Uses  []Use
}

// Use is how much of a row's cap is taken up.
type Use struct {
	Row    string
	Points Amount
}

// tierMonths is how many months count towards a tier, the running one included.
const tierMonths = 12

// Tier is what the member has reached by the rules at a time (Unix seconds).
func (r EarningRecord) Tier(rules *earn.Evaluator, unix int64) string {
	now := monthOf(unix)
	var points Amount // cannot overflow: see earn
	var nights uint64
	for _, m := range r.Months {
		if m.Month <= now && m.Month+tierMonths > now {
			points += m.Points
			nights += m.Nights
		}
	}
	return rules.TierOf(int64(points), int64(nights))
}

// earn is the record with an award of the running month added. Months that no longer count are forgotten, one later
// than they could be: transactions near midnight do not come in the order of their times. A sum over all months that
// leaves the integers is refused.
func (r EarningRecord) earn(now Expiry, points Amount, nights uint64) (EarningRecord, error) {
	r.Months = slices.DeleteFunc(slices.Clone(r.Months), func(m EarnedMonth) bool { return m.Month+tierMonths < now })
	i, found := slices.BinarySearchFunc(r.Months, now, byMonth)
	if !found && (points > 0 || nights > 0) {
		r.Months = slices.Insert(r.Months, i, EarnedMonth{Month: now})
		found = true
	}
	if found {
		r.Months[i].Nights += nights
		r.Months[i].Points += points // may wrap around, which the sum finds
	}
	var sum Amount
	for _, m := range r.Months {
		var err error
		if sum, err = sum.Plus(m.Points); err != nil || m.Points < 0 {
			return r, refuse(CodeAmountOverflow, "the member earned more in twelve months than can be counted")
		}
	}
	return r, nil
}

// unearn is the record with an award taken back, unless its month is forgotten.
func (r EarningRecord) unearn(month Expiry, points Amount, nights uint64) EarningRecord {
	i, found := slices.BinarySearchFunc(r.Months, month, byMonth)
	if !found {
		return r
	}
	r.Months = slices.Clone(r.Months)
	m := &r.Months[i]
	// There is less only where time ran back by a year, and a month that had been forgotten began anew.
	m.Points -= min(points, m.Points)
	m.Nights -= min(nights, m.Nights)
	if m.Points == 0 && m.Nights == 0 {
		r.Months = slices.Delete(r.Months, i, i+1)
	}
	return r
}

func byMonth(m EarnedMonth, month Expiry) int { return cmp.Compare(m.Month, month) }

func (r EarningRecord) used(row string, month Expiry) Amount {
	for _, m := range r.Uses {
		if m.Month == month {
			return used(m.Uses, row)
		}
	}
	return 0
}

// use is the record with a row's cap taken up in the running month. The month before is kept, older ones are forgotten.
func (r EarningRecord) use(row string, now Expiry, points Amount) EarningRecord {
	r.Uses = slices.DeleteFunc(slices.Clone(r.Uses), func(m MonthUses) bool { return m.Month+1 < now })
	i, found := slices.BinarySearchFunc(r.Uses, now, byUseMonth)
	if !found {
		r.Uses = slices.Insert(r.Uses, i, MonthUses{Month: now})
	}
	r.Uses[i].Uses = plusUse(r.Uses[i].Uses, row, points)
	return r
}

// giveBack is the record with what was taken up in a month given back, unless the month is forgotten.
func (r EarningRecord) giveBack(row string, month Expiry, points Amount) EarningRecord {
	i, found := slices.BinarySearchFunc(r.Uses, month, byUseMonth)
	if !found {
		return r
	}
	r.Uses = slices.Clone(r.Uses)
	r.Uses[i].Uses = plusUse(r.Uses[i].Uses, row, -points)
	if len(r.Uses[i].Uses) == 0 {
		r.Uses = slices.Delete(r.Uses, i, i+1)
	}
	return r
}

func byUseMonth(m MonthUses, month Expiry) int { return cmp.Compare(m.Month, month) }

// TripRecord is what a booking took up of rows' caps for a booking.
type TripRecord []Use

func (r TripRecord) used(row string) Amount { return used(r, row) }

func (r TripRecord) plus(row string, points Amount) TripRecord {
	return plusUse(r, row, points)
}

func used(uses []Use, row string) Amount {
	for _, u := range uses {
		if u.Row == row {
			return u.Points
		}
	}
	return 0
}

// plusUse adds to a row's use, which disappears at nothing, and never is less. The uses stay in the order of their
// rows' ids.
func plusUse(uses []Use, row string, points Amount) []Use {
	uses = slices.Clone(uses)
	i, found := slices.BinarySearchFunc(uses, row, func(u Use, row string) int { return cmp.Compare(u.Row, row) })
	if !found {
		uses = slices.Insert(uses, i, Use{Row: row})
	}
	if uses[i].Points = max(0, uses[i].Points+points); uses[i].Points == 0 {
		uses = slices.Delete(uses, i, i+1)
	}
	return uses
}

// Encode writes the record.
func (r EarningRecord) Encode() []byte {
	b := appendUint([]byte{recordVersion}, uint64(len(r.Months)))
	for _, m := range r.Months {
		b = appendUint(appendAmount(appendUint(b, uint64(m.Month)), m.Points), m.Nights)
	}
	b = appendUint(b, uint64(len(r.Uses)))
	for _, m := range r.Uses {
		b = appendUses(appendUint(b, uint64(m.Month)), m.Uses)
	}
	return b
}

// DecodeEarningRecord reads what Encode wrote.
func DecodeEarningRecord(data []byte) (EarningRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	var rec EarningRecord
	for i := range r.count(3) {
		m := EarnedMonth{Expiry(r.uintMax(uint64(maxExpiry))), r.amount(), r.uintMax(1<<63 - 1)}
		if m.Points == 0 && m.Nights == 0 || i > 0 && m.Month <= rec.Months[i-1].Month {
			r.fail()
		}
		rec.Months = append(rec.Months, m)
	}
	for i := range r.count(4) {
		m := MonthUses{Expiry(r.uintMax(uint64(maxExpiry))), r.uses()}
		if len(m.Uses) == 0 || i > 0 && m.Month <= rec.Uses[i-1].Month {
			r.fail()
		}
		rec.Uses = append(rec.Uses, m)
	}
	if !r.end() || version != recordVersion {
		return EarningRecord{}, malformed("earning record")
	}
	return rec, nil
}

// Encode writes the record.
func (r TripRecord) Encode() []byte { return appendUses([]byte{recordVersion}, r) }

// DecodeTripRecord reads what Encode wrote.
func DecodeTripRecord(data []byte) (TripRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := TripRecord(r.uses())
	if !r.end() || version != recordVersion {
		return nil, malformed("trip record")
	}
	return rec, nil
}

func appendUses(b []byte, uses []Use) []byte {
	b = appendUint(b, uint64(len(uses)))
	for _, u := range uses {
		b = appendAmount(appendBytes(b, []byte(u.Row)), u.Points)
	}
	return b
}

func (r *reader) uses() []Use {
	var uses []Use
	for i := range r.count(2) {
		u := Use{string(r.bytes(earn.MaxName)), r.amount()}
		if u.Points == 0 || i > 0 && u.Row <= uses[i-1].Row {
			r.fail()
		}
		uses = append(uses, u)
	}
	return uses
}
