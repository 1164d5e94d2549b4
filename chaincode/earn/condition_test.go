package earn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

func TestConditionsRefused(t *testing.T) {
	for _, c := range []struct{ when, says string }{
		{" ", "1:2: the condition is blank: leave it empty or write one"},
		{"nights +", "1:9: the condition ends in the middle"},
		{"nights = 7", "1:8: to compare, write =="},
		{"nights <> 3", "1:9: for not equal, write !="},
		{"nights > 3 and cabin == 'first'", "1:12: for and, write &&"},
		{"nights > 3 OR cabin == 'first'", "1:12: for or, write ||"},
		{"nights > 3 & party > 1", "1:12: write & twice"},
		{"cabin == 'business", "1:10: the text that begins here does not end"},
		{"cabin == “business”", `1:10: write texts between straight quotes: "`},
		{"(nights > 1", "1:12: ) is missing"},
		{"nights > 1)", "1:11: ) is not expected here"},
		{"nights > 1;", "1:11: ; means nothing here"},
		{strings.Repeat(")", 300), "this is not a condition"},
		{strings.Repeat("-", 300), "1:301: this is not a condition"},
		{"cabin == '\\q'", "1:10: the text that begins here does not end"},
		{"if > 3", "1:1: the word if cannot be used"},
		{"99999999999999999999 > price", "1:1: the number is too large"},
		{"party > 1 &&\n  nigts > 3", "2:3: there is no variable nigts: did you mean nights?"},
		{"flights > 0", "1:1: there is no variable flights: did you mean trip.flights?"},
		{"trip.nigths > 1", "1:5: there is no variable trip.nigths: did you mean trip.nights?"},
		{"hotels > 1", "1:1: there is no variable hotels: did you mean hotel or trip.hotels?"},
		{"trip.foo > 1", "1:5: there is no variable trip.foo: did you mean trip.hotels or trip.cars or trip.flights or trip.nights?"},
		{"Price > 1", "1:1: there is no variable Price: did you mean price?"},
		{"cabin == business", `1:10: there is no variable business: if it is a text, write "business"; the variables are kind, price,`},
		{strings.Repeat("x", 90) + " > 1", "1:1: there is no variable " + strings.Repeat("x", 40) + "..."},
		{"price.cents > 1", "1:6: there is no variable price.cents"},
		{"cabin.startsWith('a').b", "1:22: a dot cannot follow this"},
		{".price > 1", "1:2: there is no variable .price: did you mean price?"},
		{"int == int", "1:1: there is no variable int"},
		{"price > 1.5", "1:9: numbers are whole: write a price in cents"},
		{"price > 2u", "1:9: write 2 without u"},
		{"cabin == b'a'", "1:10: write a text without b before its quotes"},
		{"cabin == null", `1:10: null means nothing here: a text that is not known is "", a number 0`},
		{"price / 2 > 1", "1:7: there is no division: multiply the other side instead"},
		{"price % 2 == 0", "1:7: there are no remainders (%)"},
		{"cabin[0] == 'a'", "1:6: [ ] cannot follow a value"},
		{"{1: 2} == {1: 2}", "1:1: { } means nothing here"},
		{"Item{price: 1} == 1", "1:5: { } means nothing here"},
		{"[1, 2].all(x, x > 1)", "1:11: there is no function all: there are contains, startsWith and endsWith"},
		{"has(trip.hotels)", "1:4: there is no function has"},
		{"cabin.matches('a')", "1:14: there is no function matches"},
		{"size(cabin) > 1", "1:5: there is no function size"},
		{"dyn(1) == 1", "1:4: there is no function dyn"},
		{"timestamp('2027-01-01T00:00:00Z') == 1", "1:10: there is no function timestamp"},
		{"contains(cabin, 'a')", `1:9: contains is written after what it is about: hotel.contains("HIL")`},
		{"cabin.contains()", "1:15: contains is written after what it is about"},
		{"[1] == [1]", "1:1: a list can only follow the word in"},
		{"price in nights", `1:10: after in comes a list, such as ["PT", "ES"]`},
		{"price in []", "1:10: after in comes a list"},
		{"price in [1, nights]", "1:14: a list holds whole numbers or texts that are written out, nothing else"},
		{"price in [1, 2.0]", "1:14: a list holds whole numbers or texts"},
		{"cabin in ['a', 1]", "1:16: a list holds either numbers or texts, not both"},
		{"nights in ['a']", "1:8: in does not work with a number and a list of texts"},
		{"nights > 'a'", "1:8: > does not work with a number and a text"},
		{"price == '1'", "1:7: == does not work with a number and a text"},
		{"cabin + 'a' == 'b'", "1:7: + does not work with a text and a text"},
		{"price.contains('a')", "1:15: contains does not work with a number and a text"},
		{"nights > 1 ? 1 : 'a'", "1:12: ? : does not work with true or false, a number and a text"},
		{"-cabin == 1", "1:1: - cannot be before a text"},
		{"!nights", "1:1: ! cannot be before a number"},
		{"nights && true", "1:1: this is a number where true or false is needed"},
		{"nights", "the condition is a number, not true or false"},
		{"cabin", "the condition is a text, not true or false"},
		{strings.Repeat("!(", 60) + "true" + strings.Repeat(")", 60), "the condition is nested more than 50 deep"},
		{strings.Repeat("1 + ", 60) + "1 > 2", "the condition is nested more than 50 deep"},
		{strings.Repeat("true&&", 332) + "true", ""},
	} {
		_, says := compileCondition(c.when)
		if c.says == "" {
			if says != nil {
				t.Errorf("%.60s: refused: %q", c.when, says)
			}
			continue
		}
		if len(says) == 0 || !strings.Contains(says[0], c.says) {
			t.Errorf("%.60s: answers %q, want %q", c.when, says, c.says)
		}
	}
}

func TestComplaintsAreFew(t *testing.T) {
	_, says := compileCondition(strings.TrimSuffix(strings.Repeat("nigts > 1 && ", 20), " && "))
	if len(says) != maxComplaints {
		t.Errorf("20 mistakes are told by %d complaints", len(says))
	}
	_, says = compileCondition(strings.TrimSuffix(strings.Repeat("nights > 'a' && ", 20), " && "))
	if len(says) != maxComplaints {
		t.Errorf("20 wrong types are told by %d complaints", len(says))
	}
}

// TestConditionIsForLinters shows what Condition answers: variables with a dot are one identifier.
func TestConditionIsForLinters(t *testing.T) {
	r := sample()
	r.Tables[1].Rows[0].When = "trip.nights >= 7"
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	if e.Condition(1, 1) != nil {
		t.Error("a row without a condition has one")
	}
	got := e.Condition(1, 0)
	if got.Kind() != ast.CallKind || got.AsCall().FunctionName() != operators.GreaterEquals || got.AsCall().Args()[0].AsIdent() != "trip.nights" {
		t.Errorf("%v", got)
	}
}

func TestConjunctsAreShared(t *testing.T) {
	r := sample()
	for i := range r.Tables[0].Rows {
		r.Tables[0].Rows[i].When = `(nights>=7 && (cabin=='first')) && tier == "gold"`
	}
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range e.conjuncts {
		texts = append(texts, c.text)
	}
	if want := []string{"nights >= 7", `cabin == "first"`, `tier == "gold"`}; !slices.Equal(texts, want) {
		t.Errorf("the conjuncts are %q, want %q", texts, want)
	}
}

// TestConditionsNotAccepted is about conditions that can be evaluated and yet have no place in a new rule set.
func TestConditionsNotAccepted(t *testing.T) {
	chain := "0" + strings.Repeat("+days", 40) + ">0" // needs CEL's interpreter
	for _, c := range []struct {
		name, when, says string // "" where it is fine
		rows             int
	}{
		{"as people write them", "nights >= 7 && country in [\"PT\", \"ES\"]", "", 900},
		{"on two lines", "nights >= 7\n&& lead > 3", "", 1},
		{"a long list", "month in [" + strings.Repeat("1,", 990) + "1]", "steps", 1},
		{"arithmetic in one row", chain, "", 1},
		{"arithmetic in many rows", chain, "steps for an item", 300},
		{"an escape sequence", "price > 0 || hotel != \"\x1b[2K\"", "U+001B", 1},
		{"a carriage return", "price > 0\rnights >= 7", "U+000D", 1},
		{"text that runs the other way", "hotel == \"\u202e\"", "U+202E", 1},
		{"a remark", "price > 0 // nights >= 7", "remarks", 1},
	} {
		table := Table{Name: "t", Hit: Collect}
		for i := range c.rows {
			table.Rows = append(table.Rows, Row{ID: fmt.Sprint("r", i), When: c.when, Fixed: 1, Months: 1})
		}
		_, err := Compile(RuleSet{Name: "n", Currency: "EUR", Tables: []Table{table}})
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: refused: %.200v", c.name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: answers %.200v, want a refusal that says %q", c.name, err, c.says)
		}
	}
}

// TestManyFaults has a rule set of which every row is wrong: endorsers do not look at all of them.
func TestManyFaults(t *testing.T) {
	table := Table{Name: "t", Hit: Collect}
	for i := range MaxRows {
		table.Rows = append(table.Rows, Row{ID: fmt.Sprint("r", i), When: "q|q|q", Fixed: 1, Months: 1})
	}
	_, err := Compile(RuleSet{Name: "n", Currency: "EUR", Tables: []Table{table}})
	var faults Faults
	if !errors.As(err, &faults) || len(faults) > 3*maxFaults || faults[len(faults)-1].Detail != "more is not looked for until this is mended" {
		t.Errorf("%d faults, the last of them %v", len(faults), faults[max(0, len(faults)-1):])
	}
}
