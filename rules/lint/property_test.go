package lint

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// itemsPerSet is how many random items a random rule set is held against.
const itemsPerSet = 2_000

// TestFindingsAreSound holds random rule sets against random items: what lint takes a row to match is at least what it
// matches, what it calls certain is so, and where it finds no overlap no item matches two rows.
func TestFindingsAreSound(t *testing.T) {
	var never, sure, unsure, clean, hidden int
	property := func(t *rapid.T) {
		rules := drawRules(t)
		e, err := earn.Compile(rules)
		if err != nil {
			t.Fatalf("the test's grammar makes conditions that do not compile: %v", err)
		}
		findings := Check(e, 0)
		if again := Check(e, 0); !reflect.DeepEqual(findings, again) {
			t.Fatalf("the same rule set has other findings: %+v, then %+v", findings, again)
		}
		told := tellApart(t, e, findings)
		never, sure, unsure, hidden = never+len(told.never), sure+told.sure, unsure+told.unsure, hidden+len(told.hidden)
		if told.sure+told.unsure == 0 {
			clean++
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "items"), 0))
		n := itemsPerSet
		if len(told.never) > 0 {
			n = 10_000
		}
		l := newLinter(e, 0)
		var lines []*line
		for i := range rules.Tables[0].Rows {
			lines = append(lines, l.line(Place{0, i}))
		}
		for range n {
			item := randomItem(random)
			if !l.spaces[item.Kind-earn.Hotel].possible(&item) {
				t.Fatalf("the test makes an impossible item: %+v", item)
			}
			checkItem(t, e, lines, told, &item)
		}
	}
	rapid.Check(t, property)
	// In a hundred sets few rows are hidden, and few overlaps only possible: that there is one must not be chance.
	for more := 0; more < 10 && min(never, sure, unsure, clean, hidden) == 0 && !testing.Short() && !t.Failed(); more++ {
		rapid.Check(t, property)
	}
	// A property that is never put to the test proves nothing.
	t.Logf("rows that never match: %d, hidden: %d; overlaps certain: %d, possible: %d; tables without: %d", never, hidden, sure, unsure, clean)
	if testing.Short() {
		return // So few sets may be without one or the other.
	}
	if never == 0 || sure == 0 || unsure == 0 || clean == 0 || hidden == 0 {
		t.Error("the random rule sets do not have all that lint finds")
	}
}

// told is what the findings of a rule set with one table say.
type told struct {
	never        map[int]bool
	hidden       map[int]int // by the row that is hidden, the one that hides it
	overlaps     map[[2]int]bool
	sure, unsure int
}

func tellApart(t *rapid.T, e *earn.Evaluator, findings []Finding) told {
	says := told{map[int]bool{}, map[int]int{}, map[[2]int]bool{}, 0, 0}
	for _, f := range findings {
		switch {
		case strings.HasPrefix(f.Detail, "never matches: "):
			says.never[f.Row] = true
		case strings.HasPrefix(f.Detail, "never reached"):
			says.hidden[f.Row] = f.Other.Row
		case f.Other != nil && f.Witness != nil:
			says.sure++
			says.overlaps[[2]int{f.Other.Row, f.Row}] = true
			if !e.Holds(0, f.Row, *f.Witness) || !e.Holds(0, f.Other.Row, *f.Witness) {
				t.Fatalf("the witness %+v does not match both rows %d and %d", *f.Witness, f.Other.Row, f.Row)
			}
			if s := newSpace(f.Witness.Kind, e.RuleSet()); !s.possible(f.Witness) {
				t.Fatalf("the witness is impossible: %+v", *f.Witness)
			}
		case f.Other != nil:
			says.unsure++
			says.overlaps[[2]int{f.Other.Row, f.Row}] = true
		}
	}
	return says
}

func checkItem(t *rapid.T, e *earn.Evaluator, lines []*line, told told, item *earn.Item) {
	var matching []int
	for i, n := range lines {
		holds := e.Holds(0, i, *item)
		if holds {
			matching = append(matching, i)
		}
		possible, certain := false, false
		for _, s := range n.sides {
			if s.kind != item.Kind {
				continue
			}
			for _, b := range s.ways {
				possible = possible || b.has(item)
				certain = certain || b.exact && b.has(item)
			}
		}
		switch {
		case holds && !possible:
			t.Fatalf("row %d, %q, matches %+v, which is in none of its boxes", i, n.When, *item)
		case !holds && certain:
			t.Fatalf("row %d, %q, does not match %+v, which is in an exact box", i, n.When, *item)
		case holds && told.never[i]:
			t.Fatalf("row %d, %q, never matches, but does: %+v", i, n.When, *item)
		}
		if by, ok := told.hidden[i]; ok && holds && !e.Holds(0, by, *item) {
			t.Fatalf("row %d, %q, is hidden by row %d, but not for %+v", i, n.When, by, *item)
		}
	}
	if e.RuleSet().Tables[0].Hit != earn.Unique {
		return
	}
	for j, later := range matching {
		for _, earlier := range matching[:j] {
			if !told.overlaps[[2]int{earlier, later}] {
				t.Fatalf("rows %d, %q, and %d, %q, both match %+v, and nothing says so", earlier, lines[earlier].When, later, lines[later].When, *item)
			}
		}
	}
}

// The pools are small, so that random conditions and random items have something to do with each other.
var (
	somePrices = []int64{0, 1, 99, 100_00, 250_00, int64(dollars.MaxPrice) - 1, int64(dollars.MaxPrice)}
	someRoutes = []string{"", "FRA-LIS", "LIS-FRA", "FRA-FRA", "FRA-MUC-LIS", "-LIS", "FRA-", "LISBON", "-"}
	someTexts  = map[string][]string{
		"kind": {"hotel", "car", "flight", "boat"}, "currency": {"EUR", "USD"}, "cabin": {"", "economy", "business", "first"},
		"route": someRoutes, "origin": {"", "FRA", "LIS", "MUC", "F-A"}, "destination": {"", "LIS", "FRA", "BON"},
		"country": {"", "PT", "ES", "P", "no code"}, "hotel": {"", "HIL-1", "HIL-2", "MAR-1", "HIL"}, "channel": {"", "app", "web"},
		"tier": {"", "silver", "gold", "platinum"},
	}
	someParts   = []string{"", "H", "HIL", "FRA", "A-", "-", "LIS", "1", "e", "o", "old", "no code"}
	someNumbers = []string{"nights", "days", "lead", "party", "month", "trip.hotels", "trip.cars", "trip.flights", "trip.nights", "price"}
	orders      = []string{"==", "!=", "<", "<=", ">", ">="}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// randomItem is any item that a rule set of EUR with the tiers silver and gold can be asked about.
func randomItem(r *rand.Rand) earn.Item {
	texts := func(name string) string {
		return pick(r, slices.DeleteFunc(slices.Clone(someTexts[name]), func(s string) bool { return s == "no code" || s == "platinum" }))
	}
	i := earn.Item{
		Kind: pick(r, []earn.Kind{earn.Hotel, earn.Car, earn.Flight}), Price: pick(r, somePrices), Currency: "EUR",
		Start: 20_454 + r.Int32N(400), Cabin: texts("cabin"), Route: pick(r, someRoutes), Country: texts("country"),
		Hotel: texts("hotel"), Channel: texts("channel"), Party: pick(r, []int64{0, 1, 2, 3, 4, 9, dollars.MaxParty}), Tier: texts("tier"),
		Trip: earn.Trip{Hotels: r.Uint32N(3), Cars: r.Uint32N(3), Flights: r.Uint32N(3)},
	}
	i.End = i.Start + r.Int32N(10)
	i.Booked = i.Start - r.Int32N(12) + 1
	i.Time = int64(i.Booked)*daySeconds + r.Int64N(daySeconds)
	own := [...]*uint32{earn.Hotel: &i.Trip.Hotels, earn.Car: &i.Trip.Cars, earn.Flight: &i.Trip.Flights}[i.Kind]
	*own = max(1, *own)
	if i.Kind == earn.Hotel {
		i.Trip.Nights = uint32(i.End - i.Start)
	}
	if others := i.Trip.Hotels; others > 1 || others == 1 && i.Kind != earn.Hotel {
		i.Trip.Nights = max(i.Trip.Nights, r.Uint32N(12))
	}
	return i
}

func drawRules(t *rapid.T) earn.RuleSet {
	table := earn.Table{Name: "all", Hit: rapid.SampledFrom([]earn.HitPolicy{earn.Unique, earn.First}).Draw(t, "hit")}
	for i := range rapid.IntRange(2, 5).Draw(t, "rows") {
		row := earn.Row{ID: fmt.Sprint("row-", i), Fixed: 1, Months: 1, Priority: rapid.Int32Range(0, 2).Draw(t, "priority")}
		row.Kinds = rapid.SampledFrom([][]earn.Kind{nil, {earn.Hotel}, {earn.Flight}, {earn.Hotel, earn.Car}}).Draw(t, "kinds")
		row.Season = rapid.SampledFrom([]*earn.Season{
			nil, nil,
			{By: earn.ByArrival, From: "2026-01-10", Until: "2026-03-05"},
			{By: earn.ByArrival, From: "2026-03-06", Until: "2026-12-31"},
			{By: earn.ByBooking, From: "2026-02-01", Until: "2026-03-31", Zone: "UTC", Start: 1_769_904_000, End: 1_775_001_600},
		}).Draw(t, "season")
		row.Budget = rapid.SampledFrom([]earn.Cents{0, 0, 100}).Draw(t, "budget")
		row.When = drawBool(t, rapid.IntRange(0, 3).Draw(t, "depth"))
		switch rapid.IntRange(0, 9).Draw(t, "shape") {
		case 0: // more boxes than are kept
			row.When = drawWide(t)
		case 1, 2, 3, 4, 5, 6:
			if i > 0 {
				row = derived(t, row, table.Rows[i-1])
			}
		}
		table.Rows = append(table.Rows, row)
	}
	return earn.RuleSet{
		Name: "random", Currency: "EUR", Tables: []earn.Table{table},
		Tiers: []earn.Level{{Tier: "silver", Nights: 5}, {Tier: "gold", Nights: 10}},
	}
}

// derived is a row that has something to do with another.
func derived(t *rapid.T, row, from earn.Row) earn.Row {
	row.Kinds, row.Season, row.When = from.Kinds, from.Season, "!("+from.When+")"
	if rapid.Bool().Draw(t, "narrower") {
		row.When = "(" + from.When + ") && " + drawAtom(t)
	}
	return row
}

func drawBool(t *rapid.T, depth int) string {
	if depth == 0 {
		return drawAtom(t)
	}
	a := func() string { return drawBool(t, depth-1) }
	switch rapid.IntRange(0, 7).Draw(t, "logic") {
	case 0, 1:
		return "(" + a() + " && " + a() + ")"
	case 2, 3:
		return "(" + a() + " || " + a() + ")"
	case 4:
		return "!(" + a() + ")"
	case 5:
		return "(" + a() + " ? " + a() + " : " + a() + ")"
	case 6:
		return "((" + a() + ") " + rapid.SampledFrom(orders).Draw(t, "order") + " (" + a() + "))"
	}
	return drawAtom(t)
}

func drawWide(t *rapid.T) string {
	parts := make([]string, 7)
	for i := range parts {
		parts[i] = fmt.Sprintf("(%s < %d || %s > %d)",
			someNumbers[i], rapid.IntRange(1, 9).Draw(t, "below"), someNumbers[(i+3)%len(someNumbers)], rapid.IntRange(0, 4).Draw(t, "above"))
	}
	return strings.Join(parts, " && ")
}

func drawAtom(t *rapid.T) string {
	order := rapid.SampledFrom(orders).Draw(t, "order")
	name := rapid.SampledFrom(sortedNames()).Draw(t, "text")
	word := func() string { return fmt.Sprintf("%q", rapid.SampledFrom(someTexts[name]).Draw(t, "word")) }
	switch rapid.IntRange(0, 9).Draw(t, "atom") {
	case 0:
		return name + " " + order + " " + word()
	case 1:
		return word() + " " + order + " " + name
	case 2:
		return name + " in [" + word() + ", " + word() + "]"
	case 3:
		ask := rapid.SampledFrom([]string{"startsWith", "endsWith", "contains"}).Draw(t, "ask")
		return fmt.Sprintf("%s.%s(%q)", name, ask, rapid.SampledFrom(someParts).Draw(t, "part"))
	case 4:
		return name + " " + order + " " + rapid.SampledFrom(sortedNames()).Draw(t, "other")
	case 5:
		return fmt.Sprintf("%s in [%s, %s]", drawNumber(t, 1), drawConstant(t), drawConstant(t))
	case 6:
		return rapid.SampledFrom([]string{"true", "false", "kind == \"hotel\""}).Draw(t, "constant")
	}
	return drawNumber(t, 1) + " " + order + " " + drawNumber(t, 1)
}

func sortedNames() []string {
	return []string{"kind", "currency", "cabin", "route", "origin", "destination", "country", "hotel", "channel", "tier"}
}

func drawConstant(t *rapid.T) string {
	if rapid.IntRange(0, 7).Draw(t, "magnitude") == 0 {
		return fmt.Sprint(rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, -math.MaxInt64, math.MaxInt64 / 1000, 1 << 40}).Draw(t, "large"))
	}
	return fmt.Sprint(rapid.IntRange(-2, 13).Draw(t, "small"))
}

func drawNumber(t *rapid.T, depth int) string {
	switch rapid.IntRange(0, 6).Draw(t, "number") {
	case 0, 1:
		return rapid.SampledFrom(someNumbers).Draw(t, "name")
	case 2, 3:
		return drawConstant(t)
	case 4:
		if depth > 0 {
			return "-(" + drawNumber(t, depth-1) + ")"
		}
	case 5:
		if depth > 0 {
			return fmt.Sprintf("(%s ? %s : %s)", drawAtom(t), drawNumber(t, 0), drawNumber(t, 0))
		}
	}
	if depth == 0 {
		return rapid.SampledFrom(someNumbers).Draw(t, "name")
	}
	op := rapid.SampledFrom([]string{"+", "-", "*"}).Draw(t, "op")
	return "(" + drawNumber(t, depth-1) + " " + op + " " + drawNumber(t, depth-1) + ")"
}
