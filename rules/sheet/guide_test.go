package sheet

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/chaincode/earn"
)

// guide is the page for those who write rule sets.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// guideBlocks are the page's fenced blocks in a language.
func guideBlocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for i, part := range strings.Split("\n"+guide(t), "\n```") {
		if block, ok := strings.CutPrefix(part, language+"\n"); ok && i%2 == 1 {
			found = append(found, block+"\n")
		}
	}
	if len(found) == 0 {
		t.Fatalf("the page has no block in %s", language)
	}
	return found
}

func TestGuideHasEveryName(t *testing.T) {
	page := guide(t)
	for _, name := range slices.Concat(setNames, names(tierFields), names(policyFields), names(tableFields), names(rowFields),
		[]string{"tiers", "policy", "tables", "rows"}) {
		if !strings.Contains(page, "\n| `"+name+"` | ") {
			t.Errorf("no table of the page has a line of %s", name)
		}
	}
	for _, v := range earn.Variables {
		if line := variableLine(v); !strings.Contains(page, line) {
			t.Errorf("the page lacks the line\n%s", line)
		}
	}
}

func variableLine(v earn.Variable) string {
	form, values := "text", strings.Join(v.Values, ", ")
	if v.Type == earn.Int {
		form, values = "number", fmt.Sprintf("%d or more", v.Min)
		if v.Max < math.MaxInt32 {
			values = fmt.Sprintf("%d to %d", v.Min, v.Max)
		}
	} else if values == "" {
		values = "any"
	}
	return fmt.Sprintf("\n| `%s` | %s | %s | %s |\n", v.Name, form, v.Meaning, values)
}

func TestGuideFilesPass(t *testing.T) {
	var sets [][]byte
	for _, language := range []string{"yaml", "csv"} {
		for _, block := range guideBlocks(t, language) {
			s := mustRead(t, "rules."+language, block)
			if err := s.Check(); err != nil {
				t.Error(err)
			}
			sets = append(sets, s.Rules.Encode())
		}
	}
	if d := cmp.Diff(string(sets[0]), string(sets[len(sets)-1])); len(sets) != 2 || d != "" {
		t.Errorf("%d files, which should be 2 that say the same: %s", len(sets), d)
	}
}

func TestGuideConditionsPass(t *testing.T) {
	for _, block := range guideBlocks(t, "cel") {
		for line := range strings.Lines(block) {
			if _, err := earn.Compile(ruleOf(earn.Row{ID: "a", When: strings.TrimSpace(line), Fixed: 1, Months: 1}, "")); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

func ruleOf(row earn.Row, rounding earn.Rounding) earn.RuleSet {
	return earn.RuleSet{Name: "a", Currency: "EUR", Tables: []earn.Table{{Name: "a", Hit: earn.First, Rounding: rounding, Rows: []earn.Row{row}}}}
}

// TestGuideCalculates works out the examples of the page.
func TestGuideCalculates(t *testing.T) {
	page := guide(t)
	for _, price := range []int64{2_50, 2_70, 7_50} {
		line := fmt.Sprintf("\n| %s EUR | %s |", earn.Cents(price), strings.TrimRight(fmt.Sprintf("%d.%04d", price*5/10_000, price*5%10_000), "0"))
		for _, rounding := range []earn.Rounding{earn.Floor, earn.HalfUp, earn.HalfEven, earn.Ceiling} {
			line += fmt.Sprintf(" %s |", sumOf(t, ruleOf(earn.Row{ID: "a", BasisPoints: 500, Months: 1}, rounding), earn.Item{Kind: earn.Car, Price: price}))
		}
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the page lacks the line%s", line)
		}
	}
	rules := mustRead(t, "rules.yaml", guideBlocks(t, "yaml")[0]).Rules
	const confirmed, arrival = 1_798_372_800, 20_828 // 2026-12-27 12:00 UTC, 2027-01-10
	stay := earn.Item{
		Kind: earn.Hotel, Price: 420_00, Currency: "EUR", Start: arrival, End: arrival + 7, Booked: arrival - 14, Party: 4,
		Trip: earn.Trip{Hotels: 1, Flights: 1, Nights: 7}, Tier: "gold", Time: confirmed,
	}
	flight := stay
	flight.Kind, flight.Price, flight.End = earn.Flight, 333_33, arrival
	if line := fmt.Sprintf("\n| **earns** | **%s** | **%s** |\n", sumOf(t, rules, stay), sumOf(t, rules, flight, 10_00)); !strings.Contains(page, line) {
		t.Errorf("the page lacks the line%s", line)
	}
}

// sumOf is what the item earns where its booking has got something from the one row with a cap for bookings.
func sumOf(t *testing.T, rules earn.RuleSet, item earn.Item, got ...int64) earn.Cents {
	t.Helper()
	e, err := earn.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := e.Evaluate(item, func(l earn.Limit, row *earn.Row, want int64) (int64, error) {
		if l == earn.LimitBooking && len(got) > 0 {
			return min(want, int64(row.CapBooking)-got[0]), nil
		}
		return want, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var sum earn.Cents
	for _, p := range parts {
		sum += earn.Cents(p.Points)
	}
	return sum
}
