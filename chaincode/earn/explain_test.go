package earn

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// winter is a rule set in which much can be explained: a FIRST table with budget and seasons, and a COLLECT table.
func winter() RuleSet {
	return RuleSet{Name: "winter 2027", Currency: "EUR", Tables: []Table{
		{Name: "base", Hit: First, Rows: []Row{
			{ID: "winter-flights", Kinds: []Kind{Flight}, When: "trip.nights >= 7 && cabin == \"business\"", BasisPoints: 250, Budget: 50_00, Months: 12},
			{
				ID: "spring", Kinds: []Kind{Flight}, BasisPoints: 300, Months: 12,
				Season: &Season{By: ByArrival, From: "2027-03-01", Until: "2027-05-31"},
			},
			{
				ID: "flash", Kinds: []Kind{Flight}, BasisPoints: 400, Months: 12,
				Season: &Season{By: ByBooking, From: "2027-01-01", Until: "2027-01-01", Zone: "UTC", Start: 1_798_761_600, End: 1_798_848_000},
			},
			{ID: "flights", Kinds: []Kind{Flight}, BasisPoints: 200, Months: 24},
			{ID: "hotels", Kinds: []Kind{Hotel}, BasisPoints: 500, Months: 24},
			{ID: "all", BasisPoints: 100, Months: 24},
		}},
		{Name: "extra", Hit: Collect, Rounding: HalfUp, Rows: []Row{
			{ID: "gold", When: `tier == "gold"`, BasisPoints: 10, Fixed: 1_00, CapItem: 1_10, CapMember: 5_00, Months: 1},
			{ID: "family", When: `party >= 4 && channel in ["app", "web"]`, Fixed: 2_00, Months: 6},
			{ID: "far", When: "price * price > 0 && lead > 400", Fixed: 2_00, Months: 6},
			{ID: "never", When: "party > 100 && lead > 400", Fixed: 2_00, Months: 6},
		}},
	}}
}

func explainWinter(t *testing.T, change func(*Item), budget int64) (*Evaluator, Explanation) {
	t.Helper()
	e, err := Compile(winter())
	if err != nil {
		t.Fatal(err)
	}
	item := Item{
		Kind: Flight, Price: 214_84, Currency: "EUR", Start: 20_850, End: 20_850, Booked: 20_800, Cabin: "business", Channel: "app",
		Party: 2, Trip: Trip{Flights: 1, Hotels: 1, Nights: 7}, Tier: "gold", Time: 1_797_120_000,
	}
	if change != nil {
		change(&item)
	}
	parts, err := e.Evaluate(item, func(l Limit, _ *Row, want int64) (int64, error) {
		if l == LimitBudget {
			return min(want, budget), nil
		}
		return min(want, 50), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, e.Explain(item, parts)
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Item)
		budget int64
		want   string
	}{
		{"cut by budget and caps", nil, 3_00, `
The flight of 214.84 EUR earned 3.50 points.
The rule "winter flights" gives 2.5 % of 214.84 EUR = 5.37 (5.371, rounded down), cut to 3.00 by its budget, valid for 12 months.
The rule "spring" did not apply: the first day must be from 1 March 2027 to 31 May 2027; it is 1 February 2027.
The rule "flash" did not apply: the booking must be confirmed on 1 January 2027 (in UTC); it was on 13 December 2026 at 00:00 UTC.
The rule "flights" applied, but "winter flights" came first.
The rule "all" applied, but "winter flights" came first.
The rule "gold" gives 0.1 % of 214.84 EUR = 0.21 (0.21484, rounded to the nearest), plus 1.00 = 1.21, cut to 1.10 by its cap for one item, cut to 0.50 by its cap for a member and month, valid for 1 month.
The rule "family" did not apply: the number of travellers must be at least 4; it is 2.
The rule "far" did not apply: the days from the booking to the first day must be more than 400; they are 50.`},
		{"the budget is gone", nil, 0, `
The flight of 214.84 EUR earned 4.79 points.
The rule "winter flights" applied, but its budget had nothing left for it at that moment.
The rule "spring" did not apply: the first day must be from 1 March 2027 to 31 May 2027; it is 1 February 2027.
The rule "flash" did not apply: the booking must be confirmed on 1 January 2027 (in UTC); it was on 13 December 2026 at 00:00 UTC.
The rule "flights" gives 2 % of 214.84 EUR = 4.29 (4.2968, rounded down), valid for 24 months.
The rule "all" applied, but "flights" came first.
The rule "gold" gives 0.1 % of 214.84 EUR = 0.21 (0.21484, rounded to the nearest), plus 1.00 = 1.21, cut to 1.10 by its cap for one item, cut to 0.50 by its cap for a member and month, valid for 1 month.
The rule "family" did not apply: the number of travellers must be at least 4; it is 2.
The rule "far" did not apply: the days from the booking to the first day must be more than 400; they are 50.`},
		{"a car", func(i *Item) {
			i.Kind, i.Cabin, i.Tier, i.Party, i.Channel, i.Price = Car, "", "silver", 4, "desk", 200_00
		}, 0, `
The car of 200.00 EUR earned 2.00 points.
The rule "all" gives 1 % of 200.00 EUR = 2.00, valid for 24 months.
The rule "gold" did not apply: the tier must be gold; it is silver.
The rule "family" did not apply: the booking channel must be app or web; it is desk.
The rule "far" did not apply: the days from the booking to the first day must be more than 400; they are 50.
No rule of "extra" gives anything.`},
		{"a fixed amount, and a product that is too large", func(i *Item) {
			i.Kind, i.Tier, i.Party, i.Price, i.Booked = Car, "", 4, 4_000_000_000_00, i.Start-500
		}, 0, `
The car of 4000000000.00 EUR earned 40000002.00 points.
The rule "all" gives 1 % of 4000000000.00 EUR = 40000000.00, valid for 24 months.
The rule "gold" did not apply: the tier must be gold; there is no tier.
The rule "family" gives 2.00 points, valid for 6 months.
The rule "far" did not apply: its condition did not hold.
The rule "never" did not apply: the number of travellers must be more than 100; it is 4.`},
	} {
		_, x := explainWinter(t, c.change, c.budget)
		if got := "\n" + strings.Join(x.Sentences(Awarded), "\n"); got != c.want {
			t.Errorf("%s: says%s\nwant%s", c.name, got, c.want)
		}
	}
}

// TestWhy shows what those who know the rules are told.
func TestWhy(t *testing.T) {
	for _, c := range []struct {
		change func(*Item)
		want   string
	}{
		{nil, `
winter-flights: its budget left nothing
spring: it is for arrivals from 2027-03-01 to 2027-05-31, but the first day is 2027-02-01
flash: it is for bookings confirmed from 2027-01-01 to 2027-01-01 (UTC), but this one was on 2026-12-13 00:00 UTC
all: flights came first
family: party >= 4, but party is 2
far: lead > 400, but lead is 50`},
		{func(i *Item) {
			i.Kind, i.Tier, i.Channel, i.Party, i.Price, i.Booked = Car, "", "desk", 4, 4_000_000_000_00, i.Start-500
		}, `
gold: tier == "gold", but tier is ""
family: channel in ["app", "web"], but channel is "desk"
far: price * price > 0, but price is 400000000000, and that leads to too large a number
never: party > 100, but party is 4`},
	} {
		_, x := explainWinter(t, c.change, 0)
		got := ""
		for _, table := range x.Tables {
			for _, row := range table.Rows {
				if row.Why != "" {
					got += "\n" + row.ID + ": " + row.Why
				}
			}
		}
		if got != c.want {
			t.Errorf("says%s\nwant%s", got, c.want)
		}
	}
}

// TestRefusedItemIsExplained shows an item that two rows of a UNIQUE table match, which has no parts.
func TestRefusedItemIsExplained(t *testing.T) {
	e := oneTable(t, Unique, Floor, Row{ID: "a", Fixed: 1}, Row{ID: "b", Fixed: 2})
	got := strings.Join(e.Explain(Item{Kind: Car, Currency: "EUR"}, nil).Sentences(Awarded), "\n")
	want := `The car of 0.00 EUR earned no points.
The rule "a" applied, but another rule did as well, and only one may.
The rule "b" applied, but another rule did as well, and only one may.
No rule of "table" gives anything.`
	if got != want {
		t.Errorf("says\n%s\nwant\n%s", got, want)
	}
}

func TestExplanationAsJSON(t *testing.T) {
	e, x := explainWinter(t, nil, 3_00)
	if x.Hash != e.Hash().String() || x.RuleSet != "winter 2027" {
		t.Errorf("explained by %s %s", x.RuleSet, x.Hash)
	}
	if x.Tables[0].Others != 1 || x.Tables[1].Others != 1 || x.Tables[0].Rounding != Floor {
		t.Errorf("%+v", x.Tables)
	}
	got, err := json.Marshal(x.Tables[0].Rows[0])
	want := `{"id":"winter-flights","outcome":"taken","gave":{"basisPoints":250,"rate":"2.5 %","product":"5.371","fixed":"0.00",` +
		`"earned":"5.37","cuts":[{"limit":"budget","left":"3.00"}],"points":"3.00","months":12}}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v; want\n%s", got, err, want)
	}
	encoded, err := json.Marshal(x)
	var back Explanation
	if err != nil || json.Unmarshal(encoded, &back) != nil || !reflect.DeepEqual(back, x) {
		t.Errorf("%s does not read back: %v", encoded, err)
	}
}

func TestSentencesOfAnything(t *testing.T) {
	for _, encoded := range []string{"{}", `{"tables":[{"rows":[{"outcome":"taken"},{"outcome":"x"},{"outcome":"nearly"}]}]}`} {
		var x Explanation
		if err := json.Unmarshal([]byte(encoded), &x); err != nil || len(x.Sentences(Awarded)) == 0 {
			t.Errorf("%s: %q, %v", encoded, x.Sentences(Awarded), err)
		}
	}
}

func TestFacts(t *testing.T) {
	_, x := explainWinter(t, func(i *Item) { i.Route, i.Price = "FRA-LIS", 100_01 }, 0)
	var got []string
	for i, f := range x.Facts {
		got = append(got, f.Name+"="+f.Value)
		if f.Meaning != Variables[i].Meaning {
			t.Errorf("%s means %q", f.Name, f.Meaning)
		}
	}
	const want = "kind=flight price=10001 currency=EUR nights=0 days=1 cabin=business route=FRA-LIS origin=FRA destination=LIS country= hotel= " +
		"channel=app lead=50 party=2 month=2 tier=gold trip.hotels=1 trip.cars=0 trip.flights=1 trip.nights=7"
	if s := strings.Join(got, " "); s != want || x.FirstDay != "2027-02-01" {
		t.Errorf("%s, first day %s; want %s", s, x.FirstDay, want)
	}
}

func TestNearMissesAreFew(t *testing.T) {
	r := Standard()
	r.Tables[0].Hit = Collect
	for i := range 100 {
		r.Tables[0].Rows = append(r.Tables[0].Rows, Row{ID: fmt.Sprint("near-", i), When: fmt.Sprint("party > ", i+1), Fixed: 1, Months: 1})
	}
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	x := e.Explain(Item{Kind: Hotel}, nil)
	if n := len(x.Tables[0].Rows); n != maxListed+1 || x.Tables[0].Others != 103-n {
		t.Errorf("%d rows are listed and %d are not", n, x.Tables[0].Others)
	}
	if x = e.Explain(Item{Kind: 9}, nil); x.Tables != nil {
		t.Errorf("an unknown kind is explained: %+v", x)
	}
}

func TestExactNumbers(t *testing.T) {
	for _, c := range []struct {
		price       int64
		basisPoints uint32
		want        string
	}{
		{0, 500, "0"},
		{1, 1, "0.000001"},
		{214_84, 200, "4.2968"},
		{100_00, 500, "5"},
		{100_00, 10_000, "100"},
		{9_223_372_036_854_775_807, 10_000, "92233720368547758.07"},
		{10, 0, "0"},
	} {
		if got := product(c.price, c.basisPoints); got != c.want {
			t.Errorf("%d × %d is %s, want %s", c.price, c.basisPoints, got, c.want)
		}
	}
	for basisPoints, want := range map[uint32]string{0: "0 %", 1: "0.01 %", 10: "0.1 %", 250: "2.5 %", 500: "5 %", 10_000: "100 %"} {
		if got := percent(basisPoints); got != want {
			t.Errorf("%d basis points are %s, want %s", basisPoints, got, want)
		}
	}
}
