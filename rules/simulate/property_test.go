package simulate

import (
	"fmt"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

// drawHistory draws bookings of a few members, dense enough to meet at every limit.
func drawHistory(t *rapid.T) *History {
	var h History
	states := []dollars.BookingState{dollars.BookingPending, dollars.BookingAwarded, dollars.BookingAwarded, dollars.BookingCancelled, dollars.BookingReversed}
	for i := range rapid.IntRange(0, 40).Draw(t, "items") {
		booked := dollars.Date(rapid.IntRange(20_000, 20_090).Draw(t, "booked"))
		start := booked + dollars.Date(rapid.IntRange(-3, 60).Draw(t, "lead"))
		rec := dollars.BookingRecord{
			State:   rapid.SampledFrom(states).Draw(t, "state"),
			Account: dollars.Account{byte(rapid.IntRange(1, 4).Draw(t, "member"))},
			Time:    int64(rapid.IntRange(20_000, 20_100).Draw(t, "confirmed")) * secondsPerDay,
			Facts: dollars.Facts{
				Kind:     earn.Kind(rapid.IntRange(1, 3).Draw(t, "kind")),
				Price:    dollars.Amount(rapid.IntRange(0, 300_000).Draw(t, "price")),
				Currency: rapid.SampledFrom([]string{"EUR", "EUR", "EUR", "EUR", "USD"}).Draw(t, "currency"),
				Country:  rapid.SampledFrom([]string{"", "PT", "ES"}).Draw(t, "country"),
				Booked:   booked * dollars.Date(rapid.IntRange(0, 1).Draw(t, "said")),
				Start:    start, End: start + dollars.Date(rapid.IntRange(0, 10).Draw(t, "nights")),
			},
		}
		if err := h.Add(dollars.NewBookingID("test", fmt.Sprint(i/3), fmt.Sprint(i)), rec); err != nil {
			t.Fatal(err)
		}
	}
	return &h
}

// drawRules draws a rule set, with every kind of limit, condition and tier unless it is to be plain.
func drawRules(t *rapid.T, plain bool) earn.RuleSet {
	set := earn.RuleSet{Name: "drawn", Currency: "EUR"}
	hits := []earn.HitPolicy{earn.First, earn.Collect, earn.Unique}
	conditions := []string{"", "", `country == "PT"`, "nights > 3", "lead > 20", `tier == "gold"`, "price > 100000"}
	months := []uint32{1, 12, 24}
	if plain {
		hits, conditions, months = hits[1:2], conditions[:1], months[:1]
	}
	limit := func(name string) earn.Cents {
		if plain || rapid.IntRange(0, 2).Draw(t, name+"?") > 0 {
			return 0
		}
		return earn.Cents(rapid.IntRange(1, 100_00).Draw(t, name))
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "tables") {
		table := earn.Table{Name: fmt.Sprint("t", i), Hit: rapid.SampledFrom(hits).Draw(t, "hit")}
		for j := range rapid.IntRange(1, 4).Draw(t, "rows") {
			table.Rows = append(table.Rows, earn.Row{
				ID: fmt.Sprintf("r%d-%d", i, j), Priority: int32(rapid.IntRange(0, 2).Draw(t, "priority")),
				Kinds:       []earn.Kind{earn.Kind(rapid.IntRange(1, 3).Draw(t, "kinds"))},
				When:        rapid.SampledFrom(conditions).Draw(t, "when"),
				BasisPoints: uint32(rapid.IntRange(1, 1_000).Draw(t, "basisPoints")),
				Fixed:       earn.Cents(rapid.IntRange(0, 10_00).Draw(t, "fixed")),
				CapItem:     limit("capItem"), CapBooking: limit("capBooking"), CapMember: limit("capMember"), Budget: limit("budget"),
				Months: rapid.SampledFrom(months).Draw(t, "months"),
			})
		}
		set.Tables = append(set.Tables, table)
	}
	if !plain && rapid.Bool().Draw(t, "tiers") {
		set.Tiers = []earn.Level{{Tier: "gold", Points: 50_00}}
	}
	return set
}

// Whatever is counted in several ways must add up to the same.
func TestReportAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Shift: rapid.IntRange(-2, 2).Draw(t, "shift")}
		r, err := Compare(t.Context(), drawHistory(t), drawRules(t, false), drawRules(t, false), o)
		if err != nil {
			t.Fatal(err)
		}
		for name, side := range map[string]struct {
			Outcome
			given func(Promotion) *Given
			sum   func(Group) Sum
			month func(Month) dollars.Amount
		}{
			"current": {r.Current, func(p Promotion) *Given { return p.Current }, func(g Group) Sum { return g.Current }, func(m Month) dollars.Amount { return m.Current }},
			"draft":   {r.Draft, func(p Promotion) *Given { return p.Draft }, func(g Group) Sum { return g.Draft }, func(m Month) dollars.Amount { return m.Draft }},
		} {
			same := func(what string, got, want any) {
				if got != want {
					t.Errorf("%s, %s: %v, want %v", name, what, got, want)
				}
			}
			refused := 0
			for _, c := range side.Refused {
				refused += c.Items
			}
			same("confirmed and refused", side.Confirmed+refused, r.Replayed.Items)
			same("cost", side.Cost, side.Minted-side.Reversed)
			same("standing points", side.Standing.Points, side.Cost+side.Pending)

			var rows Given
			for _, p := range r.Promotions {
				g := side.given(p)
				if g == nil {
					continue
				}
				rows.Promised += g.Promised
				rows.Pending += g.Pending
				rows.Minted += g.Minted
				rows.Reversed += g.Reversed
				if g.Budget > 0 {
					same("budget used", g.Used, g.standing())
				}
				if g.Used > g.Budget {
					t.Errorf("%s: %s of a budget of %s used", name, g.Used, g.Budget)
				}
			}
			same("promised by rows", rows.Promised, side.Promised)
			same("pending by rows", rows.Pending, side.Pending)
			same("minted by rows", rows.Minted, side.Minted)
			same("reversed by rows", rows.Reversed, side.Reversed)

			for what, list := range map[string][]Group{"kinds": r.Kinds, "countries": r.Countries, "tiers": r.Tiers} {
				var sum Sum
				for _, g := range list {
					x := side.sum(g)
					sum = Sum{sum.Items + x.Items, sum.Price + x.Price, sum.Points + x.Points}
				}
				same(what, sum, side.Standing)
			}
			var minted, liability dollars.Amount
			for _, m := range r.Minted {
				minted += side.month(m)
			}
			for _, m := range r.Liability {
				liability += side.month(m)
			}
			same("minted by month", minted, side.Minted)
			same("liability", liability, side.Cost)
		}
		if m := r.Members; m.Win+m.Lose+m.Same != r.Replayed.Members {
			t.Errorf("%d win, %d lose, %d have the same, of %d members", m.Win, m.Lose, m.Same, r.Replayed.Members)
		}
	})
}

// Without limits, what an item gets depends on nothing but itself, so a loop over the items finds the same totals.
func TestPlainRulesAreADirectSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, rules := drawHistory(t), drawRules(t, true)
		var minted, reversed, pending, promised dollars.Amount
		for i := range h.items {
			it := &h.items[i]
			var points dollars.Amount
			for _, table := range rules.Tables {
				for _, row := range table.Rows {
					if row.Kinds[0] == it.kind && h.facts(it).Currency == "EUR" {
						points += it.price*dollars.Amount(row.BasisPoints)/10_000 + dollars.Amount(row.Fixed)
					}
				}
			}
			promised += points
			switch it.state {
			case dollars.BookingPending:
				pending += points
			case dollars.BookingAwarded:
				minted += points
			case dollars.BookingReversed:
				minted += points
				reversed += points
			}
		}
		r, err := Compare(t.Context(), h, standard(), rules, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := [...]dollars.Amount{r.Draft.Promised, r.Draft.Minted, r.Draft.Reversed, r.Draft.Pending}
		if want := [...]dollars.Amount{promised, minted, reversed, pending}; got != want {
			t.Errorf("promised, minted, reversed and pending are %v, want %v", got, want)
		}
	})
}
