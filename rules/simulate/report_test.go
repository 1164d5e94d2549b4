package simulate

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// smallHistory has an item of every fate.
const smallHistory = `
	a/1 ann hotel 1000.00 2026-01-10 2026-03-01 2026-03-05 awarded PT
	a/2 ann car    100.00 2026-01-10 2026-03-01 2026-03-04 awarded PT
	b/1 bob hotel  400.00 2026-01-11 2026-05-01 2026-05-03 pending ES
	b/2 bob flight 300.00 2026-01-11 2026-02-01 2026-02-01 reversed
	c/1 cid hotel  800.00 2026-01-12 2026-04-01 2026-04-08 cancelled ES
	c/2 cid flight 500.00 2026-02-01 2026-04-10 2026-04-10 awarded ES
	d/1 dan hotel 2000.00 2026-02-02 2026-04-01 2026-04-15 awarded PT
`

// smallDraft gives hotels 6 % in place of 5 but at most 100.00, cars nothing, flights 2 %; long stays in Portugal come
// on top out of a budget, in a table that refuses what is both long and dear.
func smallDraft() earn.RuleSet {
	draft := ruleSet("summer", earn.First,
		earn.Row{ID: "hotel", Kinds: []earn.Kind{earn.Hotel}, BasisPoints: 600, CapItem: 100_00, Months: 24},
		earn.Row{ID: "flight", Kinds: []earn.Kind{earn.Flight}, BasisPoints: 200, Months: 12},
	)
	draft.Tables = append(draft.Tables, earn.Table{Name: "extra", Hit: earn.Unique, Rows: []earn.Row{
		{ID: "portugal", When: `country == "PT" && nights >= 4`, Fixed: 30_00, Budget: 25_00, Months: 12},
		{ID: "spain", When: `country == "ES" && kind == "flight"`, Fixed: 1_00, Months: 12},
		{ID: "dear", When: `price >= 200000`, Fixed: 5_00, Months: 12},
	}})
	return draft
}

// The golden files were computed by hand first:
//
//	      current             draft
//	a/1   50.00               60.00 + 25.00 (30.00 cut by the budget of 25.00)
//	a/2    3.00               nothing
//	b/1   20.00 pending       24.00 pending
//	b/2    6.00 reversed       6.00 reversed
//	c/1   40.00 cancelled     48.00 cancelled
//	c/2   10.00               10.00 + 1.00
//	d/1  100.00               refused: portugal and dear
//
// so minted are 169.00 and 102.00, of which 6.00 reversed, and ann wins 32.00, bob 4.00, cid 1.00, and dan loses 100.00.
func TestReportOfSmallHistory(t *testing.T) {
	r := compare(t, history(t, smallHistory), standard(), smallDraft(), Options{})
	for _, c := range []struct {
		what string
		got  dollars.Amount
		want string
	}{
		{"current promised", r.Current.Promised, "229.00"},
		{"current minted", r.Current.Minted, "169.00"},
		{"current reversed", r.Current.Reversed, "6.00"},
		{"current pending", r.Current.Pending, "20.00"},
		{"draft promised", r.Draft.Promised, "174.00"},
		{"draft minted", r.Draft.Minted, "102.00"},
		{"draft cost", r.Draft.Cost, "96.00"},
		{"draft pending", r.Draft.Pending, "24.00"},
	} {
		if c.got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	golden(t, "small.txt", text(r))
	golden(t, "small.csv", csvOf(t, r))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (run with -rewrite to accept):\n%s", path, d)
	}
}

// everything is all that can be made of a report.
func everything(t *testing.T, r Report) string {
	t.Helper()
	asJSON, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	chart, err := r.Chart()
	if err != nil {
		t.Fatal(err)
	}
	return text(r) + csvOf(t, r) + string(asJSON) + string(chart)
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	h := busyHistory(t, 2_000, 50)
	first := everything(t, compare(t, h, standard(), busyRules(), Options{}))
	if second := everything(t, compare(t, h, standard(), busyRules(), Options{})); first != second {
		t.Error("a second run gave something else:", cmp.Diff(first, second))
	}
	// A peer's pages are in the order of keys; but however the items come, the report is the same.
	var backwards History
	for i := len(h.items) - 1; i >= 0; i-- {
		it := &h.items[i]
		if err := backwards.Add(it.id, dollars.BookingRecord{State: it.state, Account: h.accounts[it.account], Facts: h.facts(it), Time: it.time}); err != nil {
			t.Fatal(err)
		}
	}
	if second := everything(t, compare(t, &backwards, standard(), busyRules(), Options{})); first != second {
		t.Error("the same items in another order gave something else:", cmp.Diff(first, second))
	}
}

func TestLongListsAreCut(t *testing.T) {
	draft := standard()
	draft.Currency = "USD"
	r := compare(t, busyHistory(t, MaxRefusals+23, 50), standard(), draft, Options{})
	if len(r.Refusals) != MaxRefusals || r.RefusedItems <= MaxRefusals || len(r.Members.Losers) != MaxChanges {
		t.Errorf("%d of %d refusals, %d losers", len(r.Refusals), r.RefusedItems, len(r.Members.Losers))
	}
	if want := fmt.Sprintf("and %d more", r.RefusedItems-mostRows); !strings.Contains(text(r), want) {
		t.Errorf("the tables do not say %q:\n%s", want, text(r))
	}
}

func TestBasisPoints(t *testing.T) {
	for _, c := range []struct {
		sum  Sum
		want int64
	}{
		{Sum{Price: 1000, Points: 50}, 500},
		{Sum{Price: 3, Points: 1}, 3333},
		{Sum{Price: 3, Points: 2}, 6667},
		{Sum{Price: 20_000, Points: 1}, 1},
		{Sum{Price: 20_001, Points: 1}, 0},
		{Sum{Price: 0, Points: 50}, 0},
		{Sum{Price: 1 << 62, Points: 1 << 62}, 10_000},
		{Sum{Price: 1, Points: 1 << 62}, 1<<63 - 1},
	} {
		if got := c.sum.BasisPoints(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.sum, got, c.want)
		}
	}
}

func TestChartIsXML(t *testing.T) {
	current := standard()
	current.Name = `<"5" & more>`
	chart, err := compare(t, history(t, smallHistory), current, smallDraft(), Options{}).Chart()
	if err != nil {
		t.Fatal(err)
	}
	says := words(t, chart)
	for _, want := range []string{`current: <"5" & more>`, "draft: summer", "Minted by month of award, D$", "Liability, if nothing is spent, by month of expiry, D$", "2026-03"} {
		if !strings.Contains(says, want) {
			t.Errorf("the chart does not say %q:\n%s", want, says)
		}
	}
}

func TestJSONHasNoNull(t *testing.T) {
	draft := standard()
	draft.Currency = "USD"
	for name, r := range map[string]Report{
		"nothing replayed": compare(t, &History{}, standard(), smallDraft(), Options{}),
		"small":            compare(t, history(t, smallHistory), standard(), smallDraft(), Options{}),
		"all refused":      compare(t, history(t, smallHistory), draft, draft, Options{}),
	} {
		asJSON, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(asJSON), "null") || !strings.Contains(string(asJSON), `"winners":[`) {
			t.Errorf("%s: %s", name, asJSON)
		}
	}
}

// Each item loses a fraction of a cent, and the rate is still the one that the rules name.
func TestRatesAreRounded(t *testing.T) {
	var b strings.Builder
	for i := range 9 {
		fmt.Fprintf(&b, "a%d/1 ann hotel 100.01 2026-01-10 2026-03-01 2026-03-05 awarded\n", i)
	}
	r := compare(t, history(t, b.String()), standard(), standard(), Options{})
	asJSON, err := json.Marshal(r.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"key":"hotel","current":{"items":9,"price":"900.09","points":"45.00","basisPoints":500},"draft":{"items":9,"price":"900.09","points":"45.00","basisPoints":500}}]`
	if string(asJSON) != want {
		t.Errorf("%s\nwant\n%s", asJSON, want)
	}
	if got := csvOf(t, r); !strings.Contains(got, "kind,hotel,basis points,500,500,0\n") {
		t.Error(got)
	}
	if got := text(r); !strings.Contains(got, "| 5.00 % | 5.00 %\n") {
		t.Error(got)
	}
}

func TestSidesAreCalledAsTheCallerSays(t *testing.T) {
	r := compare(t, history(t, smallHistory), standard(), smallDraft(), Options{Current: "version 1", Draft: "proposal"})
	got := text(r)
	for _, want := range []string{
		"version 1: standard | proposal: summer", "items, version 1 | items, proposal", "cut, proposal", "not in proposal", "rate, version 1",
		"account | version 1 | proposal",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the tables do not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "current") || strings.Contains(got, "draft") {
		t.Errorf("the tables say current or draft:\n%s", got)
	}
	if csv := csvOf(t, r); !strings.HasPrefix(csv, "section,key,measure,current,draft,difference\n") {
		t.Errorf("the headings of the CSV are not those for programs: %.80s", csv)
	}
	asJSON, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(asJSON), `"draft":{"label":"proposal","name":"summer"`) {
		t.Errorf("%s", asJSON)
	}
}

// TestPolicyIsShown shows what holds for accounts on either side; it changes no figure, because nobody spends.
func TestPolicyIsShown(t *testing.T) {
	current, draft := standard(), smallDraft()
	plain := compare(t, history(t, smallHistory), current, draft, Options{})
	current.Policy = &earn.Policy{OrderMost: 500_00, RecoverySeconds: 7_200}
	draft.Policy = &earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 7, OrderMost: 1_00, DayMost: 2_00, RecoverySeconds: 7_200}
	r := compare(t, history(t, smallHistory), current, draft, Options{})
	got, want := text(r), text(plain)+`What holds for accounts
  by | what
  current | What has to be taken back of an award and the account no longer has is owed, and later awards repay it.
  current | One order moves at most 500.00 points.
  both | The recovery of an account takes 2 hours from its approval, in which any old key can object.
  both | No adjustments can be made.
  draft | What has to be taken back of an award and the account no longer has is taken from those to whom the account gave points in the last 7 days, as far as they still have them; the rest is owed, and later awards repay it.
  draft | One order moves at most 1.00 points.
  draft | All orders of an account in one day (UTC) move at most 2.00 points.
  Nobody spends a point in a replay: of this nothing shows in the figures.

`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	csv := csvOf(t, r)
	for _, line := range []string{
		"\npolicy,One order moves at most 500.00 points.,holds,yes,,\n", "\npolicy,One order moves at most 1.00 points.,holds,,yes,\n",
		"\npolicy,No adjustments can be made.,holds,yes,yes,\n",
	} {
		if !strings.Contains(csv, line) {
			t.Errorf("the CSV lacks %q:\n%s", line, csv)
		}
	}
	asJSON, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(asJSON), `"policy":{"orderMost":"500.00","recoverySeconds":7200}`) {
		t.Errorf("%s", asJSON)
	}
}

func TestRowsThatGaveNothingAreLeftOut(t *testing.T) {
	idle := standard()
	idle.Tables[0].Rows = append(idle.Tables[0].Rows, earn.Row{ID: "never", Priority: 1, When: "party == 99", Fixed: 1_00, Months: 1})
	r := compare(t, history(t, smallHistory), standard(), idle, Options{})
	got := text(r)
	if strings.Contains(got, "never |") || !strings.Contains(got, "Left out: 1 row that gave nothing on either side.") {
		t.Error(got)
	}
	if len(r.Promotions) != 4 {
		t.Errorf("the report has %d of 4 rows", len(r.Promotions))
	}
}

func TestMonthsThatFitAreShown(t *testing.T) {
	of := func(n int) Table {
		r := Report{Current: Outcome{Label: "current"}, Draft: Outcome{Label: "draft"}}
		return r.byMonth("Liability", "expiry", monthsOf(n, 1), liabilityNote)
	}
	if got := of(mostMonths); len(got.Rows) != mostMonths || got.Title != "Liability by month of expiry, D$" || got.Rows[35][0] != "2022-12" || len(got.Notes) != 1 {
		t.Errorf("%+v", got)
	}
	got := of(mostMonths + 1)
	if len(got.Rows) != 4 || got.Title != "Liability by year of expiry, D$" || got.Rows[3][0] != "2023" || got.Header[0] != "year" {
		t.Errorf("%+v", got)
	}
	if len(got.Notes) != 2 || got.Notes[1] != "There are 37 months: the CSV file has each of them." {
		t.Errorf("%q", got.Notes)
	}
}

func TestTitlesAndNotesFitATerminal(t *testing.T) {
	limited := standard()
	limited.Policy = &earn.Policy{OrderMost: 1}
	r := compare(t, busyHistory(t, 2_000, 50), limited, busyRules(), Options{})
	r.RefusedItems = 123_456_789
	r.Liability = monthsOf(1_000, 1)
	for _, table := range append(r.Tables(), Report{}.Tables()...) {
		if len(table.Title) > 40 {
			t.Errorf("the title %q has %d characters", table.Title, len(table.Title))
		}
		for _, note := range table.Notes {
			if len(note) > 80 {
				t.Errorf("the note %q has %d characters", note, len(note))
			}
		}
	}
}
