package lint

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// TestCodesAreThoseOfTheLedger: a code that lint takes for impossible is one that the ledger refuses, and only such.
func TestCodesAreThoseOfTheLedger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9._/-]{0,26}`), rapid.StringN(0, 3, -1), rapid.StringMatching(`[ -~]{0,3}`)).Draw(t, "code")
		facts := dollars.Facts{Kind: earn.Hotel, Currency: "EUR", Hotel: s}
		if got, want := (pattern{op: isCode}).holds(s), facts.Check() == nil; got != want {
			t.Fatalf("%q is a code: %t here, %t on the ledger", s, got, want)
		}
		if isOne := (pattern{op: isHalf}).holds(s); isOne != (facts.Check() == nil && !strings.Contains(s, "-")) {
			t.Fatalf("%q is half a route: %t", s, isOne)
		}
	})
}

// TestItemsOfTheLedgerArePossible: what lint takes to be in no booking is in none that the booking side reports.
func TestItemsOfTheLedgerArePossible(t *testing.T) {
	e := compile(t, nil, earn.First, row("row", ""))
	spaces := newLinter(e, 0).spaces
	rapid.Check(t, func(t *rapid.T) {
		facts := dollars.Facts{
			Kind: earn.Kind(rapid.IntRange(1, 3).Draw(t, "kind")), Currency: "EUR",
			Price: dollars.Amount(rapid.Int64Range(0, int64(dollars.MaxPrice)).Draw(t, "price")), Start: dollars.Date(rapid.Int32Range(0, 1<<31-1-65_535).Draw(t, "start")),
			Party: rapid.Uint32Max(dollars.MaxParty).Draw(t, "party"), Route: rapid.StringMatching(`[A-Z-]{0,8}`).Draw(t, "route"),
			Trip: earn.Trip{Hotels: 2, Cars: 1, Flights: 1, Nights: 65_535},
		}
		facts.End = facts.Start + dollars.Date(rapid.Int32Range(0, 65_535).Draw(t, "length"))
		if err := facts.Check(); err != nil {
			t.Fatal(err)
		}
		item := facts.Item(rapid.Int64Range(0, 1<<40).Draw(t, "time"))
		if !spaces[item.Kind-earn.Hotel].possible(&item) {
			t.Fatalf("%+v is impossible", item)
		}
	})
}
