package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// row is one that gives something; the words before a bar are its kinds.
func row(id, text string, with ...func(*earn.Row)) earn.Row {
	r := earn.Row{ID: id, When: text, BasisPoints: 100, Months: 12}
	if kinds, when, ok := strings.Cut(text, " | "); ok {
		r.When = when
		for _, name := range strings.Fields(kinds) {
			k, err := earn.ParseKind(name)
			if err != nil {
				panic(err)
			}
			r.Kinds = append(r.Kinds, k)
		}
	}
	for _, set := range with {
		set(&r)
	}
	return r
}

func arriving(from, until string) func(*earn.Row) {
	return func(r *earn.Row) { r.Season = &earn.Season{By: earn.ByArrival, From: from, Until: until} }
}

func booked(from, until string) func(*earn.Row) {
	return func(r *earn.Row) {
		r.Season = &earn.Season{
			By: earn.ByBooking, From: from, Until: until, Zone: "UTC",
			Start: dayOf(from) * daySeconds, End: (dayOf(until) + 1) * daySeconds,
		}
	}
}

func compile(t *testing.T, set func(*earn.RuleSet), hit earn.HitPolicy, rows ...earn.Row) *earn.Evaluator {
	t.Helper()
	rules := earn.RuleSet{
		Name: "test", Currency: "EUR", Tables: []earn.Table{{Name: "test", Hit: hit, Rows: rows}},
		Tiers: []earn.Level{{Tier: "silver", Nights: 5}, {Tier: "gold", Nights: 10}},
	}
	if set != nil {
		set(&rules)
	}
	e, err := earn.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// written is the findings without what is only an example.
func written(e *earn.Evaluator, findings []Finding) []string {
	lines := []string{}
	for _, f := range findings {
		detail, _, _ := strings.Cut(f.Detail, ", for example ")
		column := f.Column
		if column != "" {
			column = " " + column
		}
		id := ""
		if f.Place != whole {
			id = " " + e.Row(f.Table, f.Row).ID
		}
		lines = append(lines, fmt.Sprintf("%s%s%s: %s", f.Severity, id, column, detail))
	}
	return lines
}

func TestRowsByThemselves(t *testing.T) {
	const code = `"" or a code, up to 24 letters, digits and . _ / -`
	for _, c := range []struct{ when, want string }{
		// What can be meant.
		{`nights >= 7 && trip.flights > 0`, ``},
		{`nights >= 0 && nights < 3`, ``},
		{`hotel | nights < 7`, ``},
		{`nights >= 7`, ``}, // Though no flight ever has nights: the row is for any kind.
		{`tier == "" || tier == "gold"`, ``},
		{`price * 2 > nights * 100 && origin == destination`, ``},
		{`hotel.startsWith("HIL-") && hotel.endsWith("1") && hotel.contains("L")`, ``},
		{`route.startsWith("FRA-") && destination in ["LIS", "OPO"]`, ``},
		{`flight | trip.hotels > 0 && trip.nights >= 7`, ``},

		// What never holds.
		{`nights >= 7 && nights < 5`, `error when: never matches: nights >= 7 and nights < 5 hold together for no item`},
		{`hotel | kind == "flight"`, `error when: never matches: kind == "flight" holds for no hotel: kind is "hotel"`},
		{`tier == "platinum"`, `error when: never matches: tier == "platinum" holds for no item: tier is "", "gold" or "silver"`},
		{`month == 13`, `error when: never matches: month == 13 holds for no item: month is 1 to 12`},
		{`currency == "USD"`, `error when: never matches: currency == "USD" holds for no item: currency is "EUR"`},
		{`flight | nights > 0`, `error when: never matches: nights > 0 holds for no flight: nights is 0`},
		{`hotel car | trip.hotels == 0 && trip.cars == 0`, `error when: never matches: trip.hotels == 0 and trip.cars == 0 hold together for no hotel or car`},
		{`hotel | trip.nights < 3 && nights > 3`, `error when: never matches: trip.nights < 3 and nights > 3 hold together for no hotel`},
		{`hotel | days == 5 && nights != 4`, `error when: never matches: days == 5 and nights != 4 hold together for no hotel`},
		{`hotel | trip.hotels == 1 && nights == 2 && trip.nights > 2`, `error when: never matches: its conditions hold together for no hotel`},
		{`flight | trip.hotels == 0 && trip.nights > 2`, `error when: never matches: trip.hotels == 0 and trip.nights > 2 hold together for no flight`},
		{`route in ["FRA-LIS", "MUC-LIS"] && destination == "FRA"`, `error when: never matches: route in ["FRA-LIS", "MUC-LIS"] and destination == "FRA" hold together for no item`},
		{`origin == "FRA-LIS"`, `error when: never matches: origin == "FRA-LIS" holds for no item: origin is ` + code},
		{`country == "Costa Rica"`, `error when: never matches: country == "Costa Rica" holds for no item: country is ` + code},
		{`hotel.startsWith("HIL") && hotel.startsWith("MAR")`, `error when: never matches: hotel.startsWith("HIL") and hotel.startsWith("MAR") hold together for no item`},
		{`!(cabin == "first" || cabin != "first")`, `error when: never matches: !(cabin == "first" || cabin != "first") holds for no item: cabin is ` + code},
		{`7 > days && !(days < 5) && days != 5 && days - 6 != 0`, `error when: never matches: its conditions hold together for no item`},
		{`2 * party > 4 && -party > -3`, `error when: never matches: 2 * party > 4 and -party > -3 hold together for no item`},
		{`price + 9223372036854775807 < 0`, `error when: never matches: price + 9223372036854775807 < 0 holds for no item: price is 0 to 100000000000`},
		{`price < lead && false`, `error when: never matches: false holds for no item`},
		{`(nights > 3 ? party : 0) > 2 && nights < 2`, `error when: never matches: ((nights > 3) ? party : 0) > 2 and nights < 2 hold together for no item`},
		{`(party > 3) == (party < 3)  && party != 3`, `error when: never matches: party > 3 == (party < 3) and party != 3 hold together for no item`},

		// What could be left out.
		{`price >= 0`, `warning when: price >= 0 always holds: price is 0 to 100000000000`},
		{`lead >= 0 && party > 2`, `warning when: lead >= 0 always holds: lead is 0 or more`},
		{`tier != "platinum"`, `warning when: tier != "platinum" always holds: tier is "", "gold" or "silver"`},
		{`month >= 1 && month <= 12`, `warning when: the condition always holds`},
		{`hotel flight | nights >= 7`, `warning kinds: never matches a flight: nights >= 7 holds for no flight: nights is 0`},
		{`nights >= 7 || month == 13`, `warning when: month == 13 never holds: month is 1 to 12`},
		{`tier in ["gold", "platin", "Gold"]`, `warning when: tier is never "platin" or "Gold": tier is "", "gold" or "silver"`},
		{`hotel | party > 2 || !(kind in ["hotels"])`, `warning when: party > 2 || !(kind in ["hotels"]) always holds for a hotel: kind is "hotel", party is 0 to 1000`},
		{`car | days in [0, 1, 2]`, `warning when: days is never 0 for a car: days is 1 or more`},
	} {
		t.Run(c.when, func(t *testing.T) {
			e := compile(t, nil, earn.Collect, row("row", c.when))
			want := []string{}
			if severity, rest, ok := strings.Cut(c.want, " "); ok {
				want = append(want, severity+" row "+rest)
			}
			if diff := cmp.Diff(want, written(e, Check(e, 0))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSeasons(t *testing.T) {
	december := arriving("2026-12-01", "2026-12-31")
	for _, c := range []struct {
		name   string
		row    earn.Row
		now    string
		starts string
		want   []string
	}{
		{"to come", row("row", "party > 2", december), "2026-06-01", "", nil},
		{"its own month", row("row", "month == 12", december), "", "", nil},
		{"another month", row("row", "month == 7", december), "", "", []string{`error row when: never matches: its season and month == 7 hold together for no item`}},
		{"any month of a year", row("row", "month == 7", arriving("2026-12-01", "2027-11-30")), "", "", nil},
		{"arrival over", row("row", "party > 2", december), "2027-01-02", "", []string{`warning row until: the season is over: it ended on 2026-12-31`}},
		{"arrival still its last day somewhere", row("row", "party > 2", december), "2027-01-01", "", nil},
		{"booking over", row("row", "party > 2", booked("2026-12-01", "2026-12-31")), "2027-01-01", "", []string{`warning row until: the season is over: it ended on 2026-12-31`}},
		{"booking on its last day", row("row", "party > 2", booked("2026-12-01", "2026-12-31")), "2026-12-31", "", nil},
		{"nobody says when it is", row("row", "party > 2", booked("1999-12-01", "1999-12-31")), "", "", nil},
		{"over at the start", row("row", "party > 2", booked("2026-12-01", "2026-12-31")), "2026-06-01", "2027-01-01", []string{`warning row until: the season ends on 2026-12-31, before the rule set starts`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seconds := func(day string) int64 {
				if day == "" {
					return 0
				}
				return dayOf(day) * daySeconds
			}
			e := compile(t, func(r *earn.RuleSet) { r.Starts = seconds(c.starts) }, earn.Collect, c.row)
			if diff := cmp.Diff(append([]string{}, c.want...), written(e, Check(e, seconds(c.now)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	e := compile(t, nil, earn.Collect,
		row("fine", "", func(r *earn.Row) { r.CapItem, r.CapBooking, r.CapMember, r.Budget = 1, 2, 2, 3 }),
		row("above-booking", "", func(r *earn.Row) { r.CapItem, r.CapBooking = 2000, 1000 }),
		row("above-budget", "", func(r *earn.Row) { r.CapMember, r.Budget = 2000, 1000 }),
		row("fixed", "", func(r *earn.Row) { r.Fixed, r.CapItem = 2000, 1000 }),
		row("priority", "", func(r *earn.Row) { r.Priority = 1 }),
	)
	want := []string{
		`warning above-booking capItem: 20.00 is never reached: capBooking is lower, 10.00`,
		`warning above-budget capMember: 20.00 is never reached: budget is lower, 10.00`,
		`warning fixed capItem: 10.00 is less than the fixed amount of 20.00 for one item`,
		`warning priority priority: a priority does nothing in a table whose hit policy is collect`,
	}
	if diff := cmp.Diff(want, written(e, Check(e, 0))); diff != "" {
		t.Error(diff)
	}
}

func TestOverlaps(t *testing.T) {
	const both = `error b: row a matches the same item, and only one row of a unique table may`
	const may = `warning b: may match an item that row a matches, too, and only one row of a unique table may: the two could not be told apart`
	for _, c := range []struct {
		name string
		a, b earn.Row
		want string
	}{
		{"bands", row("a", "nights >= 1 && nights < 7"), row("b", "nights >= 7"), ""},
		{"bands that share a night", row("a", "nights >= 1 && nights <= 7"), row("b", "nights >= 7"), both},
		{"kinds", row("a", "hotel | party > 1"), row("b", "flight | party > 1"), ""},
		{"a kind in common", row("a", "hotel car | party > 1"), row("b", "flight car | party > 2"), both},
		{"a kind in a condition", row("a", `kind == "hotel"`), row("b", "flight car | lead > 3"), ""},
		{"seasons", row("a", "", arriving("2026-12-01", "2026-12-31")), row("b", "", arriving("2027-01-01", "2027-01-31")), ""},
		{"seasons that share a day", row("a", "", arriving("2026-12-01", "2027-01-01")), row("b", "", arriving("2027-01-01", "2027-01-31")), both},
		{"season and months", row("a", "", arriving("2026-12-01", "2026-12-31")), row("b", "month < 12"), ""},
		{"booked in one season, arriving in the other", row("a", "", booked("2026-12-01", "2026-12-31")), row("b", "", arriving("2027-06-01", "2027-06-30")), both},
		{"values", row("a", `country in ["PT", "ES"]`), row("b", `country in ["FR", "IT"]`), ""},
		{"the rest", row("a", `country in ["PT", "ES"]`), row("b", `!(country in ["PT", "ES"])`), ""},
		{"almost the rest", row("a", `country in ["PT", "ES"]`), row("b", `!(country in ["PT"])`), both},
		{"different questions", row("a", `country == "PT"`), row("b", `cabin == "first" && lead > 90`), both},
		{"prefixes", row("a", `hotel.startsWith("HIL-1")`), row("b", `hotel.startsWith("HIL") && !hotel.startsWith("HIL-1")`), ""},
		{"a prefix of the other", row("a", `hotel.startsWith("HIL-1")`), row("b", `hotel.startsWith("HIL")`), both},
		{"prefix and suffix", row("a", `hotel.startsWith("HIL")`), row("b", `hotel.endsWith("X") && hotel.contains("7")`), both},
		{"texts in order", row("a", `hotel < "M"`), row("b", `hotel >= "K" && hotel != "K"`), both},
		{"route and halves", row("a", `route == "FRA-LIS"`), row("b", `origin == "FRA"`), both},
		{"route and other halves", row("a", `route == "FRA-LIS"`), row("b", `destination == "FRA"`), ""},
		{"halves", row("a", `origin == "FRA"`), row("b", `destination == "LIS"`), both},
		{"nights and days", row("a", `hotel | nights < 7`), row("b", `hotel | days > 7`), ""},
		{"a trip with a stay", row("a", `flight | trip.nights >= 5`), row("b", `flight | trip.hotels > 0 && party > 1`), both},
		{"two variables at once", row("a", `price > 100 * lead && lead > 200`), row("b", `price > 100 * party && party > 200`), both},
		{"two variables at once that exclude", row("a", `price > lead`), row("b", `price < lead`), may},
		{"too many alternatives", row("a", alternatives(7)), row("b", `cabin == "business" && `+alternatives(6)), may},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := compile(t, nil, earn.Unique, c.a, c.b)
			want := []string{}
			if c.want != "" {
				want = append(want, c.want)
			}
			findings := Check(e, 0)
			if diff := cmp.Diff(want, written(e, findings)); diff != "" {
				t.Fatal(diff)
			}
			for _, f := range findings {
				if *f.Other != (Place{0, 0}) || f.Severity == Error && !(e.Holds(0, 0, *f.Witness) && e.Holds(0, 1, *f.Witness)) {
					t.Errorf("%+v, %+v", f, f.Witness)
				}
			}
			e = compile(t, nil, earn.Collect, c.a, c.b)
			if got := written(e, Check(e, 0)); len(got) > 0 {
				t.Errorf("in a table in which rows may overlap: %q", got)
			}
		})
	}
}

// alternatives is a condition that takes 2^n boxes, n up to 7.
func alternatives(n int) string {
	pairs := []string{
		`(lead > 9 || party > 9)`, `(nights > 9 || price > 9)`, `(trip.cars > 9 || trip.flights > 9)`, `(hotel == "A" || channel == "A")`,
		`(country == "A" || tier == "gold")`, `(month > 9 || trip.nights > 9)`, `(cabin == "first" || route == "A-B")`,
	}
	return strings.Join(pairs[:n], " && ")
}

func TestWitnessIsTold(t *testing.T) {
	e := compile(t, nil, earn.Unique, row("a", `hotel | nights >= 8 && tier == "gold"`), row("b", `lead == 3 && country == "PT"`))
	findings := Check(e, dayOf("2027-01-01")*daySeconds)
	if len(findings) != 1 {
		t.Fatalf("%+v", findings)
	}
	_, example, _ := strings.Cut(findings[0].Detail, ", for example ")
	const want = "a hotel for 8 nights, from 2027-01-31, booked 2027-01-28, at 100.00 EUR, country PT, tier gold, party of 2, " +
		"in a trip with 1 hotel, 0 cars and 0 flights, the longest stay 8 nights"
	if example != want {
		t.Errorf("got  %s\nwant %s", example, want)
	}
}

// An item is as ordinary as it can be, where numbers depend on each other, too.
func TestWitnessIsPlausible(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", "a hotel for 2 nights, from 2026-12-22, booked 2026-11-22, at 100.00 EUR, party of 2, " +
			"in a trip with 1 hotel, 0 cars and 0 flights, the longest stay 2 nights"},
		{"price < 4", "price > 2", "a hotel for 2 nights, from 2026-12-22, booked 2026-11-22, at 0.03 EUR, party of 2, " +
			"in a trip with 1 hotel, 0 cars and 0 flights, the longest stay 2 nights"},
		{"trip.hotels > lead", "price < 500", "a hotel for 2 nights, from 2026-12-22, booked 2026-12-21, at 4.99 EUR, party of 2, " +
			"in a trip with 2 hotels, 0 cars and 0 flights, the longest stay 2 nights"},
		{"hotel | trip.nights > nights", "lead > nights * 3", "a hotel for 2 nights, from 2026-12-22, booked 2026-11-22, at 100.00 EUR, party of 2, " +
			"in a trip with 2 hotels, 0 cars and 0 flights, the longest stay 3 nights"},
		{"price + lead > party * 200000", "month in [7, 8]", "a hotel for 2 nights, from 2027-07-01, booked 2027-06-01, at 3999.71 EUR, party of 2, " +
			"in a trip with 1 hotel, 0 cars and 0 flights, the longest stay 2 nights"},
		{"party * 3 > trip.flights + 7", `flight | route.startsWith("FRA") && route != cabin`, "a flight for 3 days, from 2026-12-22, booked 2026-11-22, " +
			"at 100.00 EUR, route FRA-LIS, party of 3, in a trip with 0 hotels, 0 cars and 1 flight"},
	} {
		e := compile(t, nil, earn.Unique, row("a", c.a), row("b", c.b))
		findings := Check(e, dayOf("2026-11-22")*daySeconds)
		if len(findings) != 1 || findings[0].Witness == nil {
			t.Fatalf("%s; %s: %+v", c.a, c.b, findings)
		}
		if got := tell(findings[0].Witness); got != c.want {
			t.Errorf("%s; %s\ngot  %s\nwant %s", c.a, c.b, got, c.want)
		}
	}
}

// What is beyond the bounds of a ledger is in no booking.
func TestBoundsAreThoseOfTheLedger(t *testing.T) {
	for _, c := range []struct{ most, more string }{
		{"price >= 100000000000", "price > 100000000000"},
		{"party >= 1000", "party > 1000"},
		{"trip.hotels >= 65535", "trip.hotels > 65535"},
		{"trip.cars >= 65535", "trip.cars > 65535"},
		{"trip.flights >= 65535", "trip.flights > 65535"},
		{"trip.nights >= 65535", "trip.nights > 65535"},
	} {
		e := compile(t, nil, earn.Unique, row("most", c.most), row("any", ""), row("more", c.more))
		findings := Check(e, 0)
		if len(findings) != 2 || findings[0].Witness == nil || !strings.HasPrefix(findings[1].Detail, "never matches: ") {
			t.Fatalf("%s, %s: %+v", c.most, c.more, findings)
		}
		w := findings[0].Witness
		facts := dollars.Facts{
			Kind: w.Kind, Price: dollars.Amount(w.Price), Currency: w.Currency, Start: dollars.Date(w.Start), End: dollars.Date(w.End),
			Booked: dollars.Date(w.Booked), Party: uint32(w.Party), Trip: w.Trip,
		}
		if err := facts.Check(); err != nil {
			t.Errorf("%s: a ledger refuses the example: %v", c.most, err)
		}
	}
}

func TestHiddenRows(t *testing.T) {
	const hidden = `warning b: never reached: row a comes first and matches every item that this row matches`
	budget := func(r *earn.Row) { r.Budget = 100_00 }
	perItem := func(r *earn.Row) { r.CapItem = 100_00 }
	first := func(r *earn.Row) { r.Priority = 1 }
	for _, c := range []struct {
		name string
		a, b earn.Row
		want string
	}{
		{"the special one first", row("a", "nights >= 7"), row("b", ""), ""},
		{"the general one first", row("a", ""), row("b", "nights >= 7"), hidden},
		{"by priority", row("a", "nights >= 7"), row("b", "", first), `warning a: never reached: row b comes first and matches every item that this row matches`},
		{"the general one may run out", row("a", "", budget), row("b", "nights >= 7"), ""},
		{"a cap for each item cannot run out", row("a", "", perItem), row("b", "nights >= 7"), hidden},
		{"wider", row("a", "nights >= 3 || party > 2"), row("b", "nights >= 7"), hidden},
		{"the same", row("a", `country in ["PT", "ES"]`), row("b", `country == "ES" || country == "PT"`), hidden},
		{"fewer kinds", row("a", "hotel | party > 1"), row("b", "party > 2"), ""},
		{"more kinds", row("a", "hotel car | party > 1"), row("b", "car | party > 2"), hidden},
		{"kinds that follow", row("a", "hotel | days > 1"), row("b", "nights > 2"), hidden},
		{"a season", row("a", "", arriving("2026-12-01", "2026-12-31")), row("b", "nights >= 7"), ""},
		{"a wider season", row("a", "", arriving("2026-12-01", "2026-12-31")), row("b", "nights >= 7", arriving("2026-12-05", "2026-12-31")), hidden},
		{"a season in a month", row("a", "month == 12"), row("b", "nights >= 7", arriving("2026-12-05", "2026-12-31")), hidden},
		{"a route from there", row("a", `origin == "FRA"`), row("b", `route == "FRA-LIS"`), hidden},
		{"not understood", row("a", "price > lead"), row("b", "price > lead"), ""},
		{"a prefix", row("a", `hotel.startsWith("HIL")`), row("b", `hotel.startsWith("HIL-1")`), hidden},
		{"may overflow", row("a", "price * 1000000000 > 5"), row("b", "price > 5"), ""},
		{"may overflow on the way", row("a", "price * 1000000000 - price * 999999999 > 5"), row("b", "price > 5"), ""},
		{"more alternatives than are kept", row("a", "hotel | "+alternatives(7)), row("b", `hotel | party > 20 && cabin == "first"`), ""},
		{"cannot overflow there", row("a", "price * 1000000000 > 5"), row("b", "price > 5 && price < 1000000"), hidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := compile(t, nil, earn.First, c.a, c.b)
			want := []string{}
			if c.want != "" {
				want = append(want, c.want)
			}
			if diff := cmp.Diff(want, written(e, Check(e, 0))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBoundsAreSaid(t *testing.T) {
	var same, apart []earn.Row
	for i := range 20 {
		same = append(same, row(fmt.Sprint("row-", i), "nights >= 7"))
		apart = append(apart, row(fmt.Sprint("row-", i), fmt.Sprintf("nights == %d", i)))
	}
	e := compile(t, nil, earn.Unique, same...)
	if findings := Check(e, 0); len(findings) != maxOverlaps+1 || !strings.Contains(findings[maxOverlaps].Detail, "only the first 50 pairs are listed") {
		t.Errorf("%d findings, the last: %+v", len(findings), findings[len(findings)-1])
	}
	for _, hit := range []earn.HitPolicy{earn.Unique, earn.First} {
		l := newLinter(compile(t, nil, hit, apart...), 0)
		l.tests = 100
		l.table(0)
		if len(l.findings) != 1 || !strings.Contains(l.findings[0].Detail, "the table is too large") {
			t.Errorf("%s: %+v", hit, l.findings)
		}
	}
}

func TestEveryVariableIsKnown(t *testing.T) {
	var names []string
	for _, v := range earn.Variables {
		names = append(names, v.Name)
		if _, known := variableAxes[v.Name]; !known {
			t.Errorf("conditions may ask for %s, and lint does not know what it is", v.Name)
		}
	}
	for name := range variableAxes {
		if !slices.Contains(names, name) {
			t.Errorf("no condition may ask for %s", name)
		}
	}
}
