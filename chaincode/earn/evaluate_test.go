package earn

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// oneTable compiles a rule set of one table.
func oneTable(t *testing.T, hit HitPolicy, rounding Rounding, rows ...Row) *Evaluator {
	t.Helper()
	for i := range rows {
		if rows[i].ID == "" {
			rows[i].ID = fmt.Sprintf("row-%d", i)
		}
		if rows[i].Months == 0 {
			rows[i].Months = 12
		}
	}
	e, err := Compile(RuleSet{Name: "test", Currency: "EUR", Tables: []Table{{Name: "table", Hit: hit, Rounding: rounding, Rows: rows}}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestStandard(t *testing.T) {
	e, err := Compile(Standard())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind  Kind
		price int64
		want  int64
	}{{Hotel, 214_84, 10_74}, {Car, 214_84, 6_44}, {Flight, 214_84, 4_29}, {Hotel, 0, 0}, {Hotel, 19, 0}, {Hotel, 20, 1}} {
		parts, err := e.Evaluate(Item{Kind: c.kind, Price: c.price}, nil)
		want := []Part{{Row: int(c.kind) - 1, Earned: c.want, Points: c.want, Months: 24}}
		if err != nil || !reflect.DeepEqual(parts, want) {
			t.Errorf("%s of %d: %+v, %v; want %+v", c.kind, c.price, parts, err, want)
		}
	}
	if e.UsesMember() || e.UsesBooking() || e.TierOf(math.MaxInt64, math.MaxInt64) != "" {
		t.Error("the standard rules need more than the item")
	}
}

func TestRounding(t *testing.T) {
	for _, c := range []struct {
		price                         int64 // 1 %
		floor, halfUp, halfEven, ceil int64
	}{
		{0, 0, 0, 0, 0},
		{1, 0, 0, 0, 1},
		{49, 0, 0, 0, 1},
		{50, 0, 1, 0, 1},
		{51, 0, 1, 1, 1},
		{100, 1, 1, 1, 1},
		{149, 1, 1, 1, 2},
		{150, 1, 2, 2, 2},
		{250, 2, 3, 2, 3},
		{math.MaxInt64, 92_233_720_368_547_758, 92_233_720_368_547_758, 92_233_720_368_547_758, 92_233_720_368_547_759},
	} {
		row := Row{BasisPoints: 100}
		for rounding, want := range map[Rounding]int64{"": c.floor, Floor: c.floor, HalfUp: c.halfUp, HalfEven: c.halfEven, Ceiling: c.ceil} {
			if got, err := earnedBy(&row, c.price, rounding); err != nil || got != want {
				t.Errorf("1 %% of %d, %q: %d, %v; want %d", c.price, rounding, got, err, want)
			}
		}
	}
	full := Row{BasisPoints: MaxBasisPoints}
	for _, rounding := range []Rounding{Floor, HalfUp, HalfEven, Ceiling} {
		if got, err := earnedBy(&full, math.MaxInt64, rounding); err != nil || got != math.MaxInt64 {
			t.Errorf("100 %% of the highest price, %s: %d, %v", rounding, got, err)
		}
	}
	full.Fixed = 1
	if _, err := earnedBy(&full, math.MaxInt64, Floor); err == nil {
		t.Error("a cent more than an int64 is given")
	}
}

func TestHitPolicies(t *testing.T) {
	rows := func() []Row {
		return []Row{
			{ID: "low", BasisPoints: 100, Priority: -1},
			{ID: "long", BasisPoints: 200, When: "nights >= 7"},
			{ID: "gold", BasisPoints: 300, When: `tier == "gold"`},
			{ID: "top", BasisPoints: 400, Priority: 5, When: "party > 3"},
			{ID: "car", BasisPoints: 500, Kinds: []Kind{Car}, Priority: 9},
		}
	}
	for _, c := range []struct {
		name string
		item Item
		hit  HitPolicy
		want []int // rows
	}{
		{"first falls back", Item{Kind: Hotel}, First, []int{0}},
		{"first takes the one written first", Item{Kind: Hotel, End: 7, Tier: "gold"}, First, []int{1}},
		{"first takes the priority", Item{Kind: Hotel, End: 7, Tier: "gold", Party: 4}, First, []int{3}},
		{"first takes only this kind", Item{Kind: Car, Party: 4}, First, []int{4}},
		{"collect takes all, as written", Item{Kind: Hotel, End: 7, Tier: "gold", Party: 4}, Collect, []int{0, 1, 2, 3}},
		{"unique takes one", Item{Kind: Flight}, Unique, []int{0}},
	} {
		parts, err := oneTable(t, c.hit, Floor, rows()...).Evaluate(c.item, nil)
		var got []int
		for _, p := range parts {
			got = append(got, p.Row)
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: rows %v, %v; want %v", c.name, got, err, c.want)
		}
	}

	e := oneTable(t, Collect, Floor, rows()[1:3]...)
	for _, c := range []struct {
		item Item
		want int
	}{{Item{Kind: Hotel, End: 7, Tier: "gold"}, 2}, {Item{Kind: Car}, 0}, {Item{Kind: Car}, 0}} {
		if parts, err := e.Evaluate(c.item, nil); err != nil || len(parts) != c.want || c.want == 0 && parts != nil {
			t.Errorf("%d rows match: %#v, %v", c.want, parts, err)
		}
	}

	_, err := oneTable(t, Unique, Floor, rows()...).Evaluate(Item{Kind: Hotel, Tier: "gold"}, nil)
	var overlap *Overlap
	if !errors.As(err, &overlap) || overlap.Table != "table" || overlap.Rows != [2]string{"low", "gold"} {
		t.Errorf("an item that two rows of a unique table match: %v", err)
	}
}

func TestTablesAddUp(t *testing.T) {
	r := Standard()
	r.Tables = append(r.Tables, Table{Name: "extra", Hit: Collect, Rows: []Row{{ID: "extra", Fixed: 5_00, Months: 3}}})
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := e.Evaluate(Item{Kind: Flight, Price: 100_00}, nil)
	want := []Part{{Row: 2, Earned: 2_00, Points: 2_00, Months: 24}, {Table: 1, Earned: 5_00, Points: 5_00, Months: 3}}
	if err != nil || !reflect.DeepEqual(parts, want) {
		t.Errorf("%+v, %v; want %+v", parts, err, want)
	}
}

func TestSeasons(t *testing.T) {
	day := func(s string) int32 {
		d, err := parseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return int32(d)
	}
	e, err := Compile(sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		row   int
		start string
		time  int64
		want  bool
	}{
		{"the last second before a booking season", 0, "2027-01-01", 1_803_855_599, false},
		{"the first second of it", 0, "2027-01-01", 1_803_855_600, true},
		{"the last second of it", 0, "2029-01-01", 1_806_530_399, true},
		{"the first second after it", 0, "2027-03-15", 1_806_530_400, false},
		{"the day before an arrival season", 1, "2027-05-31", 1_811_808_000, false},
		{"its only day", 1, "2027-06-01", 0, true},
		{"the day after", 1, "2027-06-02", 1_811_808_000, false},
	} {
		item := Item{Kind: Hotel, Start: day(c.start), End: day(c.start) + 7, Time: c.time}
		if got := e.Holds(1, c.row, item); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	if e.Holds(1, 0, Item{Kind: Car, Time: 1_803_855_600}) || e.Holds(1, 1, Item{Kind: 9, Start: day("2027-06-01")}) {
		t.Error("a row holds for a kind it is not for")
	}
}

// TestOverflowDoesNotMatch shows what an error in a condition means, which only an overflow can cause.
func TestOverflowDoesNotMatch(t *testing.T) {
	for when, want := range map[string]bool{
		"price * price > 0":                    false,
		"!(price * price > 0)":                 false,
		"price * price > 0 || true":            true,
		"price * price > 0 && true":            false,
		"true && (price * price > 0 || false)": false,
		"(price * price > 0) ? true : true":    false,
		"price + 1 > 0":                        false,
		"-party - price < 0":                   true,
		"-(-9223372036854775808) > 0":          false,
	} {
		e := oneTable(t, First, Floor, Row{BasisPoints: 1, When: when})
		if got := e.Holds(0, 0, Item{Kind: Car, Price: math.MaxInt64, Party: 1}); got != want {
			t.Errorf("%s holds: %t", when, got)
		}
	}
}

func TestVariables(t *testing.T) {
	item := Item{
		Kind: Hotel, Price: 214_84, Currency: "EUR", Start: 20_850, End: 20_857, Booked: 20_800, Cabin: "first", Route: "HAN-FRA-LIS",
		Country: "PT", Hotel: "HTL-1", Channel: "app", Party: 2, Trip: Trip{1, 2, 3, 8}, Tier: "gold",
	}
	car := item
	car.Kind, car.Booked, car.Route = Car, 20_851, "LIS"
	late := Item{Kind: Flight, Start: math.MaxInt32, End: math.MaxInt32, Booked: math.MinInt32}
	wide := Item{Kind: Hotel, Start: math.MinInt32, End: math.MaxInt32}
	for _, c := range []struct {
		item Item
		when string
	}{
		{item, `kind == "hotel" && price == 21484 && currency == "EUR" && nights == 7 && days == 8 && cabin == "first"`},
		{item, `route == "HAN-FRA-LIS" && origin == "HAN" && destination == "LIS" && country == "PT" && hotel == "HTL-1"`},
		{item, `channel == "app" && lead == 50 && party == 2 && month == 2 && tier == "gold"`},
		{item, `trip.hotels == 1 && trip.cars == 2 && trip.flights == 3 && trip.nights == 8`},
		{car, `kind == "car" && nights == 0 && days == 8 && lead == 0 && origin == "" && destination == ""`},
		{late, `kind == "flight" && days == 1 && lead == 4294967295 && month == 7`},
		{wide, `nights == 4294967295 && days == 4294967296 && month == 6`},
	} {
		for _, e := range strings.Split(c.when, " && ") {
			if !oneTable(t, First, Floor, Row{BasisPoints: 1, When: e}).Holds(0, 0, c.item) {
				t.Errorf("%s does not hold for %+v", e, c.item)
			}
		}
	}
	for i, v := range Variables {
		if (v.Type == Int) != (v.number != nil) || (v.Type == String) != (v.text != nil) || v.Meaning == "" || variableIndex[v.Name] != i {
			t.Errorf("%s is not what it says", v.Name)
		}
	}
	if len(Variables) > len(values{}.numbers) {
		t.Error("there are more variables than a set of them holds")
	}
}

func TestLimits(t *testing.T) {
	row := Row{ID: "all", BasisPoints: 1_000, CapItem: 80, CapBooking: 70, CapMember: 60, Budget: 50}
	refusal := errors.New("no budget record")
	for _, c := range []struct {
		name  string
		row   Row
		price int64
		left  map[Limit]int64 // of those the room answers for; -1 is its error
		want  []Cut
		gives int64
		asked string
	}{
		{"nothing bites", row, 500, map[Limit]int64{LimitBooking: 50, LimitMember: 50, LimitBudget: 50}, nil, 50, "booking 50, member 50, budget 50"},
		{
			"all bite in order", row, 1_000,
			map[Limit]int64{LimitBooking: 70, LimitMember: 60, LimitBudget: 50},
			[]Cut{{LimitItem, 80}, {LimitBooking, 70}, {LimitMember, 60}, {LimitBudget, 50}},
			50, "booking 80, member 70, budget 60",
		},
		{
			"the budget is gone", row, 100,
			map[Limit]int64{LimitBooking: 70, LimitMember: 60, LimitBudget: 0},
			[]Cut{{LimitBudget, 0}},
			0, "booking 10, member 10, budget 10",
		},
		{"once nothing is left nobody is asked", row, 100, map[Limit]int64{LimitBooking: 0}, []Cut{{LimitBooking, 0}}, 0, "booking 10"},
		{"less than nothing is nothing", row, 100, map[Limit]int64{LimitBooking: -5}, []Cut{{LimitBooking, 0}}, 0, "booking 10"},
		{"nothing earned is nothing asked", row, 0, nil, nil, 0, ""},
		{"only limits the row has", Row{BasisPoints: 1_000, CapMember: 5}, 100, map[Limit]int64{LimitMember: 4}, []Cut{{LimitMember, 4}}, 4, "member 10"},
		{"the item's cap alone", Row{BasisPoints: 1_000, CapItem: 3}, 100, nil, []Cut{{LimitItem, 3}}, 3, ""},
		{"the room refuses", row, 100, map[Limit]int64{LimitBooking: 70, LimitMember: 60, LimitBudget: -1}, nil, 0, "booking 10, member 10, budget 10"},
	} {
		var asked []string
		room := func(l Limit, row *Row, want int64) (int64, error) {
			asked = append(asked, fmt.Sprint(l, " ", want))
			if l == LimitBudget && c.left[l] < 0 {
				return 0, refusal
			}
			return min(want, c.left[l]), nil
		}
		parts, err := oneTable(t, Collect, Floor, c.row).Evaluate(Item{Kind: Car, Price: c.price}, room)
		if got := strings.Join(asked, ", "); got != c.asked {
			t.Errorf("%s: the room is asked for %s, want %s", c.name, got, c.asked)
		}
		if c.left[LimitBudget] < 0 {
			if !errors.Is(err, refusal) {
				t.Errorf("%s: answers %v", c.name, err)
			}
			continue
		}
		want := []Part{{Earned: c.price / 10, Cuts: c.want, Points: c.gives, Months: 12}}
		if err != nil || !reflect.DeepEqual(parts, want) {
			t.Errorf("%s: %+v, %v; want %+v", c.name, parts, err, want)
		}
	}
}

func TestFirstGoesOnWhereLimitsLeaveNothing(t *testing.T) {
	e := oneTable(t, First, Floor,
		Row{ID: "promotion", BasisPoints: 500, Budget: 100}, Row{ID: "usual", BasisPoints: 100}, Row{ID: "never", BasisPoints: 50})
	gone := func(Limit, *Row, int64) (int64, error) { return 0, nil }
	parts, err := e.Evaluate(Item{Kind: Car, Price: 100_00}, gone)
	want := []Part{
		{Row: 0, Earned: 5_00, Cuts: []Cut{{LimitBudget, 0}}, Months: 12},
		{Row: 1, Earned: 1_00, Points: 1_00, Months: 12},
	}
	if err != nil || !reflect.DeepEqual(parts, want) {
		t.Errorf("%+v, %v; want %+v", parts, err, want)
	}
	if parts, err = e.Evaluate(Item{Kind: Car}, gone); err != nil || len(parts) != 1 {
		t.Errorf("an item that costs nothing goes on to the next row: %+v, %v", parts, err)
	}
}

func TestOutOfRange(t *testing.T) {
	e := oneTable(t, Collect, Floor, Row{BasisPoints: MaxBasisPoints}, Row{BasisPoints: MaxBasisPoints})
	for price, fits := range map[int64]bool{MaxEarned / 2: true, MaxEarned/2 + 1: false, math.MaxInt64: false, -1: false, math.MinInt64: false} {
		if _, err := e.Evaluate(Item{Kind: Car, Price: price}, nil); (err == nil) != fits {
			t.Errorf("an item of %d that earns twice its price: %v", price, err)
		}
	}
	if _, err := e.Evaluate(Item{Kind: Car, Price: -1}, nil); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("a negative price: %v", err)
	}
	if _, err := e.Evaluate(Item{Kind: 9}, nil); err == nil {
		t.Error("an unknown kind earns")
	}
}

func TestTiers(t *testing.T) {
	e, err := Compile(sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		points, nights int64
		want           string
	}{
		{0, 0, ""},
		{99_99, 19, ""},
		{100_00, 0, "silver"},
		{499_99, 19, "silver"},
		{500_00, 0, "gold"},
		{0, 20, "gold"},
		{0, 39, "gold"},
		{0, 40, "ruby"},
		{math.MaxInt64, 0, "gold"},
		{-1, -1, ""},
	} {
		if got := e.TierOf(c.points, c.nights); got != c.want {
			t.Errorf("%d points and %d nights are %q, want %q", c.points, c.nights, got, c.want)
		}
	}
}

func TestWhatARuleSetNeeds(t *testing.T) {
	for _, c := range []struct {
		name            string
		row             Row
		member, booking bool
	}{
		{"nothing", Row{}, false, false},
		{"an item's cap", Row{CapItem: 1}, false, false},
		{"a booking's cap", Row{CapBooking: 1}, false, true},
		{"a member's cap", Row{CapMember: 1}, true, false},
		{"a tier natively", Row{When: `tier == "gold"`}, true, false},
		{"a tier by CEL", Row{When: `nights > 1 ? tier < "gold" : false`}, true, false},
		{"a budget", Row{Budget: 1}, false, false},
	} {
		c.row.BasisPoints = 1
		e := oneTable(t, First, Floor, c.row)
		if e.UsesMember() != c.member || e.UsesBooking() != c.booking {
			t.Errorf("%s: member %t, booking %t", c.name, e.UsesMember(), e.UsesBooking())
		}
	}
	r := Standard()
	r.Tiers = []Level{{Tier: "gold", Nights: 1}}
	if e, err := Compile(r); err != nil || !e.UsesMember() {
		t.Errorf("tiers do not need the member: %v", err)
	}
}

// TestCompiledIsItsOwn checks that who compiled a rule set cannot change it afterwards.
func TestCompiledIsItsOwn(t *testing.T) {
	r := sample()
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	row := &r.Tables[1].Rows[0]
	row.BasisPoints, row.Kinds[0], row.Season.Start, r.Tiers[0].Tier = 1, Car, 0, "other"
	if got := HashOf(e.RuleSet().Encode()); got != e.Hash() {
		t.Error("the compiled rule set changed")
	}
}

func TestEvaluatorIsShared(t *testing.T) {
	e, err := Compile(promotions(50))
	if err != nil {
		t.Fatal(err)
	}
	items := trip()
	var want [2][]Part
	for i := range items {
		if want[i], err = e.Evaluate(items[i], nil); err != nil || len(want[i]) == 0 {
			t.Fatal(want[i], err)
		}
	}
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 500 {
				n := (i + g) % 2
				if got, err := e.Evaluate(items[n], nil); err != nil || !reflect.DeepEqual(got, want[n]) {
					t.Errorf("%+v, %v; want %+v", got, err, want[n])
					return
				}
			}
		})
	}
	group.Wait()
}

// TestManyParts has more rows match than an item may have parts.
func TestManyParts(t *testing.T) {
	rows := func(n int, change func(*Row)) []Row {
		var list []Row
		for i := range n {
			row := Row{ID: fmt.Sprint("r", i), Fixed: 1, Months: 1}
			change(&row)
			list = append(list, row)
		}
		return list
	}
	evaluate := func(tables ...Table) ([]Part, error) {
		e, err := Compile(RuleSet{Name: "n", Currency: "EUR", Tables: tables})
		if err != nil {
			t.Fatal(err)
		}
		return e.Evaluate(Item{Kind: Hotel}, func(Limit, *Row, int64) (int64, error) { return 0, nil })
	}
	plain := func(*Row) {}
	if parts, err := evaluate(Table{Name: "a", Hit: Collect, Rows: rows(MaxParts, plain)}); err != nil || len(parts) != MaxParts {
		t.Errorf("%d parts, %v", len(parts), err)
	}
	var overlap *Overlap
	if _, err := evaluate(Table{Name: "a", Hit: Collect, Rows: rows(MaxParts+1, plain)}); !errors.As(err, &overlap) || overlap.Rows != [2]string{"r31", "r32"} {
		t.Errorf("one too many: %v", err)
	}
	// Rows that have nothing left to give do not keep others from giving.
	spent := rows(4*MaxParts, func(r *Row) { r.Budget = 1 })
	parts, err := evaluate(Table{Name: "a", Hit: First, Rows: append(spent, Row{ID: "last", Fixed: 5, Months: 1})})
	if err != nil || len(parts) > MaxParts || parts[len(parts)-1].Points != 5 {
		t.Errorf("after rows that are spent: %+v, %v", parts, err)
	}
}
