package earn

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// FuzzDecode checks that what is decoded is encoded to the same bytes, and what is compiled too.
func FuzzDecode(f *testing.F) {
	for _, r := range []RuleSet{{}, Standard(), sample()} {
		f.Add(r.Encode())
	}
	f.Add([]byte(`{"name":"x","currency":"EUR","tables":[{"name":"t","hit":"first","rows":[{"id":"a","kinds":["hotel"],"fixed":"0.10","months":1}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Encode(), data) {
			t.Fatalf("%q is encoded as %q", data, r.Encode())
		}
		e, err := Compile(r)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("%q: %v is not faults", data, err)
			}
			return
		}
		if e.Hash() != HashOf(data) {
			t.Fatalf("compiled, %q has another hash", data)
		}
		evaluateTwice(t, e, 5)
	})
}

// FuzzCondition compiles any text as a condition and holds it against many items.
func FuzzCondition(f *testing.F) {
	for _, when := range []string{
		`nights >= 7 && trip.flights > 0`, `cabin in ["business", "first"] || !(party < 3)`, `price * 2 > nights * 10000`,
		`route.startsWith("FRA") ? month == 2 : tier != "gold"`, `-price < 9223372036854775807 - 1`, "'\\u00e9' < \"\"\"x\"\"\"",
		`[1].all(x, x > 0)`, `{}`, `1.5`, `b"x" == null`, "((((", `r"\" in [`,
	} {
		f.Add(when)
	}
	f.Fuzz(func(t *testing.T, when string) {
		r := Standard()
		r.Tables[0].Hit, r.Tables[0].Rows[0].When = Unique, when
		r.Tables = append(r.Tables, Table{Name: "all", Hit: Collect, Rows: []Row{
			{ID: "with", When: when, BasisPoints: 10_000, CapItem: 5_00, Budget: 1_00, Months: 1}, {ID: "without", Fixed: 1, Months: 1},
		}})
		e, err := Compile(r)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("%q: %v is not faults", when, err)
			}
			return
		}
		if other, err := Load(r.Encode()); err != nil || other.Hash() != e.Hash() {
			t.Fatalf("%q compiles, but not once it is encoded: %v", when, err)
		}
		evaluateTwice(t, e, 20)
	})
}

// evaluateTwice checks that items get the same again, from the same evaluator and from another one, and that whatever
// happens can be explained.
func evaluateTwice(t *testing.T, e *Evaluator, items int) {
	t.Helper()
	again, err := Compile(e.RuleSet())
	if err != nil {
		t.Fatalf("compiled once, but not twice: %v", err)
	}
	room := func(_ Limit, _ *Row, want int64) (int64, error) { return want / 2, nil }
	random := rand.New(rand.NewPCG(1, 2))
	for range items {
		item := randomItem(random)
		first, errFirst := e.Evaluate(item, room)
		for _, other := range []*Evaluator{e, again} {
			parts, err := other.Evaluate(item, room)
			if !reflect.DeepEqual(parts, first) || fmt.Sprint(err) != fmt.Sprint(errFirst) {
				t.Fatalf("%+v earns %+v, %v, and then %+v, %v", item, first, errFirst, parts, err)
			}
		}
		if x := e.Explain(item, first); len(x.Sentences(Pending)) < 1+len(first) || x.Points != total(first) {
			t.Fatalf("%+v is explained as %q", first, x.Sentences(Pending))
		}
	}
}

func total(parts []Part) (sum Cents) {
	for _, p := range parts {
		sum += Cents(p.Points)
	}
	return sum
}
