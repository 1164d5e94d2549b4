package simulate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// add adds an item under a readable name.
func add(tb testing.TB, h *History, booking, item string, rec dollars.BookingRecord) {
	tb.Helper()
	if err := h.Add(dollars.NewBookingID("test", booking, item), rec); err != nil {
		tb.Fatal(err)
	}
}

// history reads one item per line: booking/item member kind price booked start end state [country]. An item booked on
// "-" does not say when; all items are confirmed on the ledger on 2026-01-02.
func history(tb testing.TB, text string) *History {
	tb.Helper()
	var h History
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		booking, name, _ := strings.Cut(f[0], "/")
		kind, err := earn.ParseKind(f[2])
		if err != nil {
			tb.Fatal(err)
		}
		price, err := dollars.ParseAmount(f[3])
		if err != nil {
			tb.Fatal(err)
		}
		rec := dollars.BookingRecord{
			State: stateOf(tb, f[7]), Account: member(f[1]), Time: int64(day(tb, "2026-01-02")) * secondsPerDay,
			Facts: dollars.Facts{Kind: kind, Price: price, Currency: "EUR", Start: day(tb, f[5]), End: day(tb, f[6])},
		}
		if f[4] != "-" {
			rec.Facts.Booked = day(tb, f[4])
		}
		if len(f) > 8 {
			rec.Facts.Country = f[8]
		}
		add(tb, &h, booking, name, rec)
	}
	return &h
}

func member(name string) (a dollars.Account) {
	copy(a[:], name)
	return a
}

func day(tb testing.TB, text string) dollars.Date {
	tb.Helper()
	d, err := dollars.ParseDate(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func stateOf(tb testing.TB, name string) dollars.BookingState {
	tb.Helper()
	for s := dollars.BookingPending; s <= dollars.BookingNoted; s++ {
		if s.String() == name {
			return s
		}
	}
	tb.Fatalf("no state %q", name)
	return 0
}

// standard is 5 % on hotels, 3 % on cars and 2 % on flights.
func standard() earn.RuleSet {
	return ruleSet("standard", earn.First,
		earn.Row{ID: "hotel", Kinds: []earn.Kind{earn.Hotel}, BasisPoints: 500, Months: 24},
		earn.Row{ID: "car", Kinds: []earn.Kind{earn.Car}, BasisPoints: 300, Months: 24},
		earn.Row{ID: "flight", Kinds: []earn.Kind{earn.Flight}, BasisPoints: 200, Months: 24},
	)
}

func ruleSet(name string, hit earn.HitPolicy, rows ...earn.Row) earn.RuleSet {
	return earn.RuleSet{Name: name, Currency: "EUR", Tables: []earn.Table{{Name: "base", Hit: hit, Rows: rows}}}
}

func compare(tb testing.TB, h *History, current, draft earn.RuleSet, o Options) Report {
	tb.Helper()
	r, err := Compare(tb.Context(), h, current, draft, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// text is the report's tables one below the other, fields between bars, notes below.
func text(r Report) string {
	var b strings.Builder
	for _, t := range r.Tables() {
		fmt.Fprintf(&b, "%s\n", t.Title)
		for _, row := range append([][]string{t.Header}, t.Rows...) {
			fmt.Fprintf(&b, "  %s\n", strings.Join(row, " | "))
		}
		for _, note := range t.Notes {
			fmt.Fprintf(&b, "  %s\n", note)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func csvOf(tb testing.TB, r Report) string {
	tb.Helper()
	var b strings.Builder
	if err := r.WriteCSV(&b); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// amount reads D$.
func amount(tb testing.TB, text string) dollars.Amount {
	tb.Helper()
	a, err := dollars.ParseAmount(text)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}
