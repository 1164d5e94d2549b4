package earn

import (
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/common/types"
	"pgregory.net/rapid"
)

// model evaluates the way the words say it: every row of every table in turn, whole conditions by CEL, integers of any
// size, no index and no memory.
type model struct {
	rules RuleSet
	item  Item
	room  Room
}

func (m model) variables() map[string]any {
	i := m.item
	day := time.Date(1970, 1, 1+int(i.Start), 0, 0, 0, 0, time.UTC)
	v := map[string]any{
		"kind": i.Kind.String(), "price": i.Price, "currency": i.Currency, "nights": int64(0), "days": int64(i.End-i.Start) + 1,
		"cabin": i.Cabin, "route": i.Route, "origin": "", "destination": "", "country": i.Country, "hotel": i.Hotel,
		"channel": i.Channel, "lead": int64(i.Start - i.Booked), "party": i.Party, "month": int64(day.Month()), "tier": i.Tier,
		"trip.hotels": int64(i.Trip.Hotels), "trip.cars": int64(i.Trip.Cars), "trip.flights": int64(i.Trip.Flights),
		"trip.nights": int64(i.Trip.Nights),
	}
	if i.Kind == Hotel {
		v["nights"] = int64(i.End - i.Start)
	}
	if i.Booked > i.Start {
		v["lead"] = int64(0)
	}
	if halves := strings.Split(i.Route, "-"); len(halves) > 1 {
		v["origin"], v["destination"] = halves[0], halves[len(halves)-1]
	}
	return v
}

func (m model) matches(t *rapid.T, row Row) bool {
	forKind := len(row.Kinds) == 0
	for _, k := range row.Kinds {
		forKind = forKind || k == m.item.Kind
	}
	if !forKind {
		return false
	}
	if s := row.Season; s != nil && s.By == ByArrival {
		day := time.Date(1970, 1, 1+int(m.item.Start), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if day < s.From || day > s.Until {
			return false
		}
	}
	if s := row.Season; s != nil && s.By == ByBooking && (m.item.Time < s.Start || m.item.Time >= s.End) {
		return false
	}
	if row.When == "" {
		return true
	}
	tree, issues := language().Compile(row.When)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", row.When, issues.Err())
	}
	program, err := language().Program(tree)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := program.Eval(m.variables())
	return err == nil && v == types.True
}

// gives answers nil where the points are out of range.
func (m model) gives(rounding Rounding, row Row, table, i int) (*Part, error) {
	product := new(big.Int).Mul(big.NewInt(m.item.Price), big.NewInt(int64(row.BasisPoints)))
	earned, rest := new(big.Int).DivMod(product, big.NewInt(10_000), new(big.Int))
	up := false
	switch rounding {
	case HalfUp:
		up = rest.Int64() >= 5_000
	case HalfEven:
		up = rest.Int64() > 5_000 || rest.Int64() == 5_000 && earned.Bit(0) == 1
	case Ceiling:
		up = rest.Int64() > 0
	}
	if up {
		earned.Add(earned, big.NewInt(1))
	}
	earned.Add(earned, big.NewInt(int64(row.Fixed)))
	if !earned.IsInt64() {
		return nil, nil
	}
	p := Part{Table: table, Row: i, Earned: earned.Int64(), Points: earned.Int64(), Months: row.Months}
	cut := func(l Limit, left int64) {
		if left < p.Points {
			p.Points = left
			p.Cuts = append(p.Cuts, Cut{l, left})
		}
	}
	if row.CapItem > 0 {
		cut(LimitItem, int64(row.CapItem))
	}
	for _, l := range []Limit{LimitBooking, LimitMember, LimitBudget} {
		if limitOf(row, l) > 0 && p.Points > 0 {
			left, err := m.room(l, &row, p.Points)
			if err != nil {
				return nil, err
			}
			cut(l, left)
		}
	}
	return &p, nil
}

func limitOf(row Row, l Limit) Cents {
	return map[Limit]Cents{LimitBooking: row.CapBooking, LimitMember: row.CapMember, LimitBudget: row.Budget}[l]
}

var errModel = errors.New("refused")

func (m model) evaluate(t *rapid.T) ([]Part, error) {
	var parts []Part
	for ti, table := range m.rules.Tables {
		var matching []int
		for i, row := range table.Rows {
			if m.matches(t, row) {
				matching = append(matching, i)
			}
		}
		if table.Hit == Unique && len(matching) > 1 {
			return nil, errModel
		}
		for len(matching) > 0 {
			next := 0
			if table.Hit == First {
				for i := range matching {
					if table.Rows[matching[i]].Priority > table.Rows[matching[next]].Priority {
						next = i
					}
				}
			}
			i := matching[next]
			matching = append(matching[:next:next], matching[next+1:]...)
			p, err := m.gives(table.Rounding, table.Rows[i], ti, i)
			if err != nil {
				return nil, err
			}
			if p == nil {
				return nil, errModel
			}
			parts = append(parts, *p)
			if table.Hit == First && (p.Points > 0 || len(p.Cuts) == 0) {
				break
			}
		}
	}
	sum := new(big.Int)
	for _, p := range parts {
		sum.Add(sum, big.NewInt(p.Points))
	}
	if sum.Cmp(big.NewInt(MaxEarned)) > 0 {
		return nil, errModel
	}
	return parts, nil
}

// TestEvaluateAgainstModel also checks that the room is asked only where it may be.
func TestEvaluateAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRuleSet(t)
		e, err := Compile(rules)
		if err != nil {
			t.Fatal(err)
		}
		left := map[Limit]int64{}
		for l := LimitBooking; l <= LimitBudget; l++ {
			left[l] = rapid.SampledFrom([]int64{0, 1, 30, 1_000, 1 << 60}).Draw(t, l.String())
		}
		room := func(l Limit, row *Row, want int64) (int64, error) {
			if limitOf(*row, l) == 0 || want <= 0 {
				t.Fatalf("the room is asked for %d of the %s limit of %+v", want, l, row)
			}
			if left[l] == 30 && row.Fixed == 1 {
				return 0, errModel
			}
			return min(want, left[l], int64(limitOf(*row, l))), nil
		}
		for range 4 {
			item := drawItem(t)
			want, wantErr := model{rules, item, room}.evaluate(t)
			got, gotErr := e.Evaluate(item, room)
			if (wantErr == nil) != (gotErr == nil) {
				t.Fatalf("%+v: refused with %v, want %v", item, gotErr, wantErr)
			}
			if gotErr == nil && len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v earns %+v, want %+v", item, got, want)
			}
			for ti, table := range rules.Tables {
				for i, row := range table.Rows {
					if held := e.Holds(ti, i, item); held != (model{rules, item, room}).matches(t, row) {
						t.Fatalf("row %s holds: %t, which it should not", row.ID, held)
					}
				}
			}
		}
	})
}

// TestNative shows what is tested natively, and what is left to CEL.
func TestNative(t *testing.T) {
	item := Item{Kind: Hotel, Price: 5, Hotel: "HTL-1", Country: "PT"}
	var v values
	v.read(&item, 1<<len(Variables)-1)
	for _, c := range []struct {
		when          string
		native, holds bool
	}{
		{"price == 5", true, true},
		{"price == 6", true, false},
		{"price != 5", true, false},
		{"price != 6", true, true},
		{"price < 5", true, false},
		{"price < 6", true, true},
		{"price <= 4", true, false},
		{"price <= 5", true, true},
		{"price > 5", true, false},
		{"price > 4", true, true},
		{"price >= 6", true, false},
		{"price >= 5", true, true},
		{"5 < price", true, false},
		{"4 < price", true, true},
		{"5 <= price", true, true},
		{"6 <= price", true, false},
		{"5 > price", true, false},
		{"6 > price", true, true},
		{"5 >= price", true, true},
		{"4 >= price", true, false},
		{"5 == price", true, true},
		{"6 != price", true, true},
		{"price in [9, 5, 7]", true, true},
		{"price in [9, 6, 7]", true, false},
		{`country == "PT"`, true, true},
		{`country != "PT"`, true, false},
		{`"PT" == country`, true, true},
		{`country in ["VN", "PT", "DE"]`, true, true},
		{`country in ["VN", "ES"]`, true, false},
		{`hotel.startsWith("HTL")`, true, true},
		{`hotel.startsWith("TL")`, true, false},
		{`hotel.endsWith("-1")`, true, true},
		{`hotel.endsWith("-")`, true, false},
		{`hotel.contains("TL")`, true, true},
		{`hotel.contains("LT")`, true, false},
		{`price > 9 || country == "PT"`, true, true},
		{`price > 9 || country == "ES"`, true, false},
		{`!(price > 4 && country == "PT")`, true, false},
		{`!(price > 9)`, true, true},
		{`country > "PT"`, false, false},
		{"price > nights", false, false},
		{"price + 1 > 5", false, false},
		{"true", false, false},
		{"price > 9 || price + 1 > 5", false, false},
		{"!(true)", false, false},
		{"1 in [1]", false, false},
		{"1 == 1", false, false},
		{"price == 5 ? true : false", false, false},
		{`"HTL-1".startsWith(hotel)`, false, false},
		{"-party == 0", false, false},
	} {
		parts, says := compileCondition(c.when)
		if says != nil || len(parts.conjuncts) != 1 {
			t.Fatalf("%s: %v", c.when, says)
		}
		n := parts.conjuncts[0].native
		if native := n.op != 0; native != c.native {
			t.Errorf("%s is native: %t", c.when, native)
		}
		if got := n.holds(&v); got != c.holds {
			t.Errorf("%s holds: %t", c.when, got)
		}
	}
}

// TestNativeIsCEL holds the conditions that are tested natively against CEL.
func TestNativeIsCEL(t *testing.T) {
	native := 0
	rapid.Check(t, func(t *rapid.T) {
		text := drawCondition(t, 2)
		c, says := compileCondition(text)
		if says != nil {
			t.Fatalf("%s: %v", text, says)
		}
		item := drawItem(t)
		var v values
		v.read(&item, 1<<len(Variables)-1)
		tree, issues := language().Compile(text)
		if issues.Err() != nil {
			t.Fatal(issues.Err())
		}
		exprs := split(tree.NativeRep().Expr(), nil)
		for i, part := range c.conjuncts {
			if part.native.op == 0 {
				continue
			}
			native++
			program, err := newProgram(tree.NativeRep(), exprs[i])
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := program.Eval(model{item: item}.variables())
			if err != nil {
				t.Fatalf("%s fails in CEL, so it must not be native: %v", part.text, err)
			}
			if held := part.native.holds(&v); held != (got == types.True) {
				t.Fatalf("%s is %v in CEL and %t natively", part.text, got, held)
			}
		}
	})
	if native == 0 {
		t.Error("no condition was native")
	}
}
