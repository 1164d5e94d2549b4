package simulate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/google/go-cmp/cmp"
)

// Where batches end is chance on a ledger, and must not matter here.
func TestBatchesMakeNoDifference(t *testing.T) {
	h := busyHistory(t, 1_000, 20)
	var reports [2]string
	for i, batch := range []int{dollars.MaxOperations, 3} {
		p, err := newPlan(h, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p.batch = batch
		r, err := p.compare(t.Context(), standard(), busyRules(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		reports[i] = everything(t, r)
	}
	if reports[0] != reports[1] {
		t.Error(cmp.Diff(reports[0], reports[1]))
	}
}

func TestARuleSetAgainstItselfIsNoDifference(t *testing.T) {
	r := compare(t, busyHistory(t, 2_000, 50), busyRules(), busyRules(), Options{})
	r.Draft.Label = r.Current.Label
	if d := cmp.Diff(r.Current, r.Draft); d != "" || r.Current.Minted == 0 {
		t.Error(d)
	}
	if m := r.Members; m.Win+m.Lose > 0 || m.Same != 50 || len(m.Winners)+len(m.Losers) > 0 {
		t.Errorf("members have a difference: %+v", m)
	}
	lines := 0
	for line := range strings.Lines(csvOf(t, r)) {
		difference := line[strings.LastIndexByte(line, ',')+1 : len(line)-1]
		if strings.HasPrefix(line, "members,") || strings.HasPrefix(line, "refusal,") || difference == "difference" {
			continue
		}
		if lines++; difference != "0" && difference != "0.00" {
			t.Error("a difference:", line)
		}
	}
	if lines < 100 {
		t.Errorf("looked at only %d lines", lines)
	}
}

func TestFromAndUntil(t *testing.T) {
	h := history(t, smallHistory)
	for _, c := range []struct {
		from, until string
		items       int
		promised    string
	}{
		{"", "", 7, "229.00"},
		{"2026-01-12", "", 3, "150.00"},
		{"", "2026-01-10", 2, "53.00"},
		{"2026-01-11", "2026-01-11", 2, "26.00"},
		{"2027-01-01", "", 0, "0.00"},
	} {
		var o Options
		if c.from != "" {
			o.From = day(t, c.from)
		}
		if c.until != "" {
			o.Until = day(t, c.until)
		}
		r := compare(t, h, standard(), standard(), o)
		if r.Replayed.Items != c.items || r.Replayed.Outside != 7-c.items || r.Draft.Promised.String() != c.promised {
			t.Errorf("from %q until %q: %d items, %d outside, %s promised", c.from, c.until, r.Replayed.Items, r.Replayed.Outside, r.Draft.Promised)
		}
	}
}

// A booking that does not say when it was made counts by the day on which the ledger heard of it.
func TestItemsWithoutADayOfBooking(t *testing.T) {
	h := history(t, "a/1 ann hotel 100.00 - 2026-03-01 2026-03-05 awarded")
	draft := standard()
	draft.Tables[0].Rows[0].When = "lead == 58" // from 2026-01-02
	for shift, first := range []string{"2026-01-02", "2027-01-02"} {
		if r := compare(t, h, standard(), draft, Options{Shift: shift}); r.Draft.Minted != amount(t, "5.00") || r.Replayed.First != first {
			t.Errorf("%s minted, booked %s, want %s", r.Draft.Minted, r.Replayed.First, first)
		}
	}
}

// Rules that are still to start are tried as if they had always been there.
func TestStartsIsIgnored(t *testing.T) {
	later := standard()
	later.Starts = 4_000_000_000
	r := compare(t, history(t, smallHistory), standard(), later, Options{})
	if r.Draft.Promised != r.Current.Promised || r.Draft.Hash == r.Current.Hash {
		t.Errorf("%s promised by the set %s, %s by %s", r.Draft.Promised, r.Draft.Hash, r.Current.Promised, r.Current.Hash)
	}
}

func TestShift(t *testing.T) {
	for _, c := range []struct {
		from  string
		years int
		to    string
	}{
		{"2024-02-28", 1, "2025-02-28"},
		{"2024-02-29", 1, "2025-02-28"},
		{"2024-03-01", 1, "2025-03-01"},
		{"2024-02-29", 4, "2028-02-29"},
		{"2024-02-29", -1, "2023-02-28"},
		{"2023-02-28", 1, "2024-02-28"},
		{"2024-12-31", 1, "2025-12-31"},
		{"2024-02-29", 0, "2024-02-29"},
	} {
		if got := shifted(day(t, c.from), c.years); got.String() != c.to {
			t.Errorf("%s and %d years are %s, want %s", c.from, c.years, got, c.to)
		}
	}
}

// A stay from 28 February to 1 March 2024 has two nights, and must keep them in a year without a 29 February. A season
// of next year is tried on this year's stays.
func TestShiftKeepsNightsAndMovesSeasons(t *testing.T) {
	h := history(t, `
		a/1 ann hotel 100.00 2024-02-01 2024-02-28 2024-03-01 awarded
		a/2 ann hotel 100.00 2024-02-29 2024-02-29 2024-03-07 reversed
	`)
	draft := ruleSet("draft", earn.Collect,
		earn.Row{ID: "two-nights", When: "nights == 2", Fixed: 2_00, Months: 1},
		earn.Row{ID: "a-week", When: "nights == 7 && lead == 0", Fixed: 7_00, Months: 1},
		earn.Row{ID: "season", Season: &earn.Season{By: earn.ByArrival, From: "2025-02-28", Until: "2025-02-28"}, Fixed: 10_00, Months: 1},
	)
	now := compare(t, h, standard(), draft, Options{})
	if now.Draft.Minted != amount(t, "9.00") {
		t.Errorf("as it was, %s minted", now.Draft.Minted)
	}
	next := compare(t, h, standard(), draft, Options{Shift: 1, From: day(t, "2024-02-01")})
	if next.Draft.Minted != amount(t, "29.00") || next.Draft.Reversed != amount(t, "17.00") {
		t.Errorf("a year later, %s minted and %s reversed", next.Draft.Minted, next.Draft.Reversed)
	}
	if got := next.Replayed; got.First != "2025-02-01" || got.Last != "2025-02-28" {
		t.Errorf("booked from %s until %s", got.First, got.Last)
	}
	if d := cmp.Diff([]Month{{Month: 2025*12 + 2, Current: 10_00, Draft: 29_00}}, next.Minted); d != "" {
		t.Error(d)
	}
}

func TestBudgetRunsOut(t *testing.T) {
	h := history(t, `
		a/1 ann hotel 1000.00 2026-01-10 2026-03-01 2026-03-05 awarded
		b/1 bob hotel 1000.00 2026-01-11 2026-01-20 2026-01-25 cancelled
		c/1 cid hotel 1000.00 2026-01-12 2026-03-01 2026-03-05 awarded
		d/1 dan hotel 1000.00 2026-01-19 2026-03-01 2026-03-05 awarded
		e/1 eve hotel 1000.00 2026-01-20 2026-03-01 2026-03-05 awarded
	`)
	draft := standard()
	draft.Tables[0].Rows[0].Budget = 120_00
	r := compare(t, h, standard(), draft, Options{})
	// 50, 50, 20; then nothing until bob's 50 are there again, the day after they were given back.
	given := *r.Promotions[0].Draft
	want := Given{
		Items: 4, Promised: 170_00, Minted: 120_00, Budget: 120_00, Used: 120_00,
		Cuts: []Cut{{Limit: "budget", Items: 2, Points: 80_00}},
	}
	if d := cmp.Diff(want, given); d != "" {
		t.Error(d)
	}
	if !strings.Contains(text(r), "budget: 80.00 of 2 items | 120.00 of 120.00 used") {
		t.Errorf("the table does not say that the budget ran out:\n%s", text(r))
	}
}

// An award is taken back the day after it was made, and its budget is there for the day after that.
func TestReversalsGiveBackTheirBudget(t *testing.T) {
	h := history(t, `
		a/1 ann hotel 1000.00 2026-01-10 2026-01-20 2026-01-25 reversed
		b/1 bob hotel 1000.00 2026-01-26 2026-03-01 2026-03-05 awarded
		c/1 cid hotel 1000.00 2026-01-27 2026-03-01 2026-03-05 awarded
	`)
	draft := standard()
	draft.Tables[0].Rows[0].Budget = 50_00
	r := compare(t, h, standard(), draft, Options{})
	if m := r.Members; m.Lose != 1 || m.Losers[0].Account != member("bob") {
		t.Errorf("who loses: %+v", m.Losers)
	}
}

func TestTiersAreReached(t *testing.T) {
	h := history(t, `
		a/1 ann hotel 1000.00 2026-01-10 2026-02-01 2026-02-05 awarded
		a/2 ann hotel 1000.00 2026-02-05 2026-03-01 2026-03-05 awarded
		a/3 ann hotel 1000.00 2026-02-06 2026-03-01 2026-03-05 awarded
		b/1 bob hotel 1000.00 2026-02-06 2026-03-01 2026-03-05 awarded
	`)
	draft := standard()
	draft.Tiers = []earn.Level{{Tier: "silver", Points: 50_00}}
	draft.Tables[0].Rows = append([]earn.Row{{ID: "silver", Priority: 1, When: `tier == "silver"`, BasisPoints: 1000, Months: 24}}, draft.Tables[0].Rows...)
	r := compare(t, h, standard(), draft, Options{})
	// The first award is on the evening of 5 February, so a/2 is too early for it.
	want := []Group{
		{Key: "", Current: Sum{4, 4000_00, 200_00}, Draft: Sum{3, 3000_00, 150_00}},
		{Key: "silver", Draft: Sum{1, 1000_00, 100_00}},
	}
	if d := cmp.Diff(want, r.Tiers); d != "" {
		t.Error(d)
	}
}

// Items of one booking share its caps, and a member's cap is by the month of the confirmation.
func TestCapsAreShared(t *testing.T) {
	h := history(t, `
		a/1 ann hotel 1000.00 2026-01-10 2026-03-01 2026-03-05 awarded
		a/2 ann hotel 1000.00 2026-01-10 2026-03-01 2026-03-05 awarded
		b/1 ann hotel 1000.00 2026-01-31 2026-03-01 2026-03-05 awarded
		c/1 ann hotel 1000.00 2026-02-01 2026-03-01 2026-03-05 awarded
	`)
	for _, c := range []struct {
		limit string
		set   func(*earn.Row)
		want  []Cut
	}{
		{"item", func(r *earn.Row) { r.CapItem = 40_00 }, []Cut{{"item", 4, 40_00}}},
		{"booking", func(r *earn.Row) { r.CapBooking = 60_00 }, []Cut{{"booking", 1, 40_00}}},
		{"member", func(r *earn.Row) { r.CapMember = 70_00 }, []Cut{{"member", 2, 80_00}}},
		{"item and member", func(r *earn.Row) { r.CapItem, r.CapMember = 40_00, 100_00 }, []Cut{{"item", 4, 40_00}, {"member", 1, 20_00}}},
	} {
		draft := standard()
		c.set(&draft.Tables[0].Rows[0])
		r := compare(t, h, standard(), draft, Options{})
		if d := cmp.Diff(c.want, r.Promotions[0].Draft.Cuts); d != "" {
			t.Errorf("%s: %s", c.limit, d)
		}
	}
}

// A reversal takes back what the item was given, however many credits of the account expire before.
func TestReversalOfManyCredits(t *testing.T) {
	var b strings.Builder
	var want []Month
	for i := range 300 {
		start := day(t, "2026-02-01") + dollars.Date(i)
		fmt.Fprintf(&b, "a%d/1 ann car 100.00 2026-01-10 %s %s awarded\n", i, start, start)
		expiry := dollars.ExpiryAfter(int64(start)*24*3600, 24)
		if len(want) == 0 || want[len(want)-1].Month != expiry {
			want = append(want, Month{Month: expiry})
		}
		last := &want[len(want)-1]
		last.Current, last.Draft = last.Current+3_00, last.Draft+3_00
	}
	b.WriteString("b/1 ann hotel 18000.00 2026-01-10 2026-12-01 2026-12-05 reversed\n")
	b.WriteString("b/2 ann hotel 100.00 2026-01-10 2026-12-01 2026-12-05 reversed\n")
	r := compare(t, history(t, b.String()), standard(), standard(), Options{})
	if d := cmp.Diff(want, r.Liability); d != "" {
		t.Error(d)
	}
}

// A record that names many rows is longer than what the store packs.
func TestManyRowsForOneItem(t *testing.T) {
	draft := ruleSet("long", earn.Collect)
	for i := range earn.MaxParts {
		id := fmt.Sprint(strings.Repeat("long-", 7), i) // is in the record, because it has a budget
		draft.Tables[0].Rows = append(draft.Tables[0].Rows, earn.Row{ID: id, Fixed: 1_00, Budget: 1_000_00, Months: uint32(1 + i)})
	}
	r := compare(t, history(t, smallHistory), standard(), draft, Options{})
	each := dollars.Amount(earn.MaxParts * 1_00)
	want := [...]dollars.Amount{7 * each, 5 * each, each, each}
	if got := [...]dollars.Amount{r.Draft.Promised, r.Draft.Minted, r.Draft.Reversed, r.Draft.Pending}; got != want {
		t.Errorf("promised, minted, reversed and pending are %v, want %v", got, want)
	}
}

func TestWhatIsRefused(t *testing.T) {
	h := history(t, smallHistory)
	draft := smallDraft()
	r := compare(t, h, draft, standard(), Options{}) // turned round
	if len(r.Refusals) != 1 || r.RefusedItems != 1 || r.Refusals[0].Current != dollars.CodeRulesOverlap || r.Refusals[0].Draft != "" {
		t.Errorf("refused: %+v", r.Refusals)
	}
	draft = standard()
	draft.Currency = "USD"
	r = compare(t, h, standard(), draft, Options{})
	if r.RefusedItems != 7 || r.Draft.Confirmed != 0 || r.Draft.Minted != 0 || r.Members.Lose != 4 {
		t.Errorf("refused items: %d, confirmed: %d, losers: %d", r.RefusedItems, r.Draft.Confirmed, r.Members.Lose)
	}
	if want := []CodeOfSome{{dollars.CodeCurrencyUnknown, 7}}; !cmp.Equal(want, r.Draft.Refused) {
		t.Errorf("refused with %v", r.Draft.Refused)
	}
}

// A report of zeros would look like a result.
func TestNothingToReplay(t *testing.T) {
	for _, c := range []struct {
		h    *History
		o    Options
		want string
	}{
		{&History{}, Options{}, `No bookings
   | items
  replayed | 0
  left out, booked on other days than were asked for | 0
  left out, only their cancellation is known | 0
  Nothing was replayed, so there is nothing to compare.
`},
		{history(t, smallHistory), Options{From: day(t, "2027-01-01")}, `No bookings
   | items
  replayed | 0
  left out, booked on other days than were asked for | 7
  left out, only their cancellation is known | 0
  Nothing was replayed, so there is nothing to compare.
  Choose other days of booking.
`},
	} {
		if d := cmp.Diff(c.want, strings.TrimSuffix(text(compare(t, c.h, standard(), smallDraft(), c.o)), "\n")); d != "" {
			t.Error(d)
		}
	}
}

func TestProgressReachesTheTotal(t *testing.T) {
	last, lastTotal := 0, 0
	compare(t, busyHistory(t, 500, 20), standard(), busyRules(), Options{Progress: func(done, total int) {
		if done <= last {
			t.Errorf("progress went from %d to %d", last, done)
		}
		last, lastTotal = done, total
	}})
	if last == 0 || last != lastTotal {
		t.Errorf("ended at %d of %d", last, lastTotal)
	}
}

func TestCompareRefuses(t *testing.T) {
	twice := history(t, `
		a/1 ann hotel 100.00 2026-01-10 2026-03-01 2026-03-05 awarded
		a/1 ann hotel 100.00 2026-01-10 2026-03-01 2026-03-05 awarded
	`)
	early := history(t, "a/1 ann hotel 100.00 1971-01-10 1971-03-01 1971-03-05 awarded")
	bad := standard()
	bad.Tables[0].Rows[0].When = "nights +"
	for _, c := range []struct {
		name  string
		h     *History
		draft earn.RuleSet
		o     Options
		want  string
	}{
		{"bad rules", twice, bad, Options{}, `the rule set "standard" cannot be tried`},
		{"an item twice", twice, standard(), Options{}, "is the item twice in the history?"},
		{"before 1970", early, standard(), Options{Shift: -2}, "before 1970"},
		{"centuries", early, standard(), Options{Shift: 101}, "more than 100"},
		{"an end before the beginning", early, standard(), Options{From: 20, Until: 10}, "before the beginning"},
		{"a day before all days", early, standard(), Options{From: -1}, "1970-01-01"},
	} {
		if _, err := Compare(t.Context(), c.h, standard(), c.draft, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compare(ctx, early, standard(), standard(), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Whoever confirmed a stay in the year 9999999 must still be able to try rules.
func TestDaysFarAway(t *testing.T) {
	h := history(t, "a/1 ann hotel 100.00 2026-01-10 2026-03-01 2026-03-05 reversed")
	h.items[0].end = 1<<31 - 1
	for _, shift := range []int{0, MaxShift} {
		r := compare(t, h, standard(), standard(), Options{Shift: shift})
		if r.Current.Minted != amount(t, "5.00") || r.Current.Cost != 0 || r.Minted[0].Month.String() != "9989-12" {
			t.Errorf("shift %d: %+v", shift, r.Minted)
		}
	}
}
