package earn

import (
	"fmt"
	"math"
	"strings"

	"pgregory.net/rapid"
)

// The drawn rule sets and items are few enough words from one small world, so that rows match often.
var world = struct {
	texts   map[string][]string // by variable
	numbers []int64
}{
	texts: map[string][]string{
		"kind": {"hotel", "car", "flight"}, "currency": {"EUR", "USD"}, "cabin": {"", "economy", "business", "first"},
		"route": {"", "FRA-LIS", "FRA-LIS-FRA", "LIS", "-", "HAN-SGN"}, "origin": {"", "FRA", "HAN", "LIS"},
		"destination": {"", "LIS", "FRA", "SGN"}, "country": {"", "PT", "DE", "VN"}, "hotel": {"", "HTL-1", "HTL-12", "PAL/1"},
		"channel": {"", "app", "web"}, "tier": {"", "silver", "gold"},
	},
	numbers: []int64{0, 1, 2, 3, 5, 7, 12, 99, 21_484, -1, math.MaxInt64, math.MinInt64},
}

func drawText(t *rapid.T, variable string) string {
	return rapid.SampledFrom(world.texts[variable]).Draw(t, variable)
}

func drawItem(t *rapid.T) Item {
	start := rapid.Int32Range(20_810, 20_830).Draw(t, "start")
	count := rapid.Uint32Range(0, 3)
	return Item{
		Kind:     Kind(rapid.Uint8Range(uint8(Hotel), uint8(Flight)).Draw(t, "kind")),
		Price:    rapid.OneOf(rapid.Int64Range(0, 100_000), rapid.SampledFrom([]int64{0, 25, 50, 21_484, MaxEarned, math.MaxInt64})).Draw(t, "price"),
		Currency: drawText(t, "currency"),
		Start:    start,
		End:      start + rapid.Int32Range(0, 14).Draw(t, "length"),
		Booked:   start + rapid.Int32Range(-30, 3).Draw(t, "booked"),
		Cabin:    drawText(t, "cabin"),
		Route:    drawText(t, "route"),
		Country:  drawText(t, "country"),
		Hotel:    drawText(t, "hotel"),
		Channel:  drawText(t, "channel"),
		Party:    rapid.Int64Range(0, 4).Draw(t, "party"),
		Trip: Trip{
			Hotels: count.Draw(t, "hotels"), Cars: count.Draw(t, "cars"), Flights: count.Draw(t, "flights"),
			Nights: rapid.Uint32Range(0, 14).Draw(t, "longest"),
		},
		Tier: drawText(t, "tier"),
		Time: int64(start)*86_400 + rapid.Int64Range(-86_400, 86_400).Draw(t, "time"),
	}
}

func drawRuleSet(t *rapid.T) RuleSet {
	r := RuleSet{Name: "drawn", Currency: "EUR", Tiers: []Level{{Tier: "silver", Points: 100}, {Tier: "gold", Nights: 5}}}
	for i := range rapid.IntRange(1, 3).Draw(t, "tables") {
		tab := Table{
			Name:     fmt.Sprintf("table %d", i),
			Hit:      rapid.SampledFrom([]HitPolicy{First, Unique, Collect}).Draw(t, "hit"),
			Rounding: rapid.SampledFrom([]Rounding{"", Floor, HalfUp, HalfEven, Ceiling}).Draw(t, "rounding"),
		}
		for j := range rapid.IntRange(1, 8).Draw(t, "rows") {
			row := drawRow(t)
			row.ID = fmt.Sprintf("row-%d-%d", i, j)
			tab.Rows = append(tab.Rows, row)
		}
		r.Tables = append(r.Tables, tab)
	}
	if p := drawPolicy(t); p != (Policy{}) {
		r.Policy = &p
	}
	return r
}

func drawPolicy(t *rapid.T) Policy {
	most := rapid.SampledFrom([]Cents{0, 1, 50_00, 500_00, MaxPoints})
	p := Policy{
		Reversal:          rapid.SampledFrom([]Reversal{"", ReversalDebt, ReversalWriteOff, ReversalRecall}).Draw(t, "reversal"),
		OrderMost:         most.Draw(t, "order most"),
		DayMost:           most.Draw(t, "day most"),
		CoolingSeconds:    rapid.SampledFrom([]int64{0, 1, 90, 86_400, MaxCooling}).Draw(t, "cooling"),
		RecoverySeconds:   rapid.SampledFrom([]int64{0, 1, 5_400, DefaultRecovery, MaxRecovery}).Draw(t, "recovery"),
		AdjustmentDayMost: most.Draw(t, "adjustment day most"),
	}
	if p.Reversal == ReversalRecall {
		p.RecallDays = rapid.Uint32Range(1, MaxRecallDays).Draw(t, "recall days")
	}
	if p.CoolingSeconds > 0 {
		p.CoolingMost = rapid.SampledFrom([]Cents{1, 50_00, MaxPoints}).Draw(t, "cooling most")
	}
	return p
}

func drawRow(t *rapid.T) Row {
	limit := rapid.SampledFrom([]Cents{0, 0, 1, 50, 5_000})
	row := Row{
		Kinds:       rapid.SampledFrom([][]Kind{nil, {Hotel}, {Flight, Car}}).Draw(t, "kinds"),
		Priority:    rapid.Int32Range(-1, 1).Draw(t, "priority"),
		BasisPoints: rapid.OneOf(rapid.Uint32Range(1, 300), rapid.Just(uint32(MaxBasisPoints))).Draw(t, "basis points"),
		Fixed:       limit.Draw(t, "fixed"),
		CapItem:     limit.Draw(t, "cap item"),
		CapBooking:  limit.Draw(t, "cap booking"),
		CapMember:   limit.Draw(t, "cap member"),
		Budget:      limit.Draw(t, "budget"),
		Months:      rapid.Uint32Range(1, MaxValidMonths).Draw(t, "months"),
	}
	if rapid.Bool().Draw(t, "has a condition") {
		row.When = drawCondition(t, 2)
	}
	switch rapid.IntRange(0, 3).Draw(t, "season") {
	case 0: // days 20,815 to 20,820
		row.Season = &Season{By: ByArrival, From: "2026-12-28", Until: "2027-01-02"}
	case 1:
		row.Season = &Season{
			By: ByBooking, From: "2026-12-28", Until: "2027-01-02", Zone: "Europe/Berlin",
			Start: 20_815*86_400 - 3_600, End: 20_821*86_400 - 3_600,
		}
	}
	return row
}

// drawCondition draws the text of a condition that is true or false or overflows.
func drawCondition(t *rapid.T, depth int) string {
	shape := rapid.IntRange(0, 9)
	if depth == 0 {
		shape = rapid.IntRange(4, 9)
	}
	sub := func() string { return drawCondition(t, depth-1) }
	switch shape.Draw(t, "shape") {
	case 0:
		return sub() + " && " + sub()
	case 1:
		return "(" + sub() + " || " + sub() + ")"
	case 2:
		return "!(" + sub() + ")"
	case 3:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	case 4, 5:
		return drawNumber(t, 1) + rapid.SampledFrom([]string{" == ", " != ", " < ", " <= ", " > ", " >= "}).Draw(t, "compare") + drawNumber(t, 1)
	case 6:
		v := drawVariable(t, String)
		sides := []string{v, fmt.Sprintf("%q", drawText(t, v))}
		if rapid.Bool().Draw(t, "mirrored") {
			sides[0], sides[1] = sides[1], sides[0]
		}
		return sides[0] + rapid.SampledFrom([]string{" == ", " != ", " < ", " >= "}).Draw(t, "compare") + sides[1]
	case 7:
		v := drawVariable(t, String)
		return fmt.Sprintf("%s.%s(%q)", v, rapid.SampledFrom([]string{"contains", "startsWith", "endsWith"}).Draw(t, "question"), drawText(t, v))
	case 8:
		v := drawVariable(t, String)
		return fmt.Sprintf("%s in [%q, %q]", v, drawText(t, v), drawText(t, v))
	default:
		var list []string
		for range rapid.IntRange(1, 4).Draw(t, "length") {
			list = append(list, fmt.Sprint(rapid.SampledFrom(world.numbers).Draw(t, "number")))
		}
		return fmt.Sprintf("%s in [%s]", drawVariable(t, Int), strings.Join(list, ", "))
	}
}

func drawNumber(t *rapid.T, depth int) string {
	switch shape := rapid.IntRange(0, 6).Draw(t, "number"); {
	case shape < 3:
		return drawVariable(t, Int)
	case shape < 6 || depth == 0:
		return fmt.Sprint(rapid.SampledFrom(world.numbers).Draw(t, "number"))
	default:
		operator := rapid.SampledFrom([]string{" + ", " - ", " * "}).Draw(t, "operator")
		return "(" + drawNumber(t, depth-1) + operator + drawNumber(t, depth-1) + ")"
	}
}

func drawVariable(t *rapid.T, of Type) string {
	var names []string
	for _, v := range Variables {
		if v.Type == of {
			names = append(names, v.Name)
		}
	}
	return rapid.SampledFrom(names).Draw(t, "variable")
}
