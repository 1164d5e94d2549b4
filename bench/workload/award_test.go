package workload

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/lint"
	"github.com/destinasia/dollars/rules/sheet"
)

func TestRoundsDifferInNamesOnly(t *testing.T) {
	a, b := Award("a", 500), Award("b", 500)
	if len(a.Events) != 500 || a.Operations != b.Operations {
		t.Fatalf("%d events, %d and %d operations", len(a.Events), a.Operations, b.Operations)
	}
	for i := range b.Events {
		e := &b.Events[i]
		for _, text := range []*string{&e.ID, &e.Data.Booking} {
			name, ok := strings.CutPrefix(*text, "b-")
			if !ok {
				t.Fatalf("%q is not named after its round", *text)
			}
			*text = "a-" + name
		}
	}
	if diff := cmp.Diff(a.Events, b.Events); diff != "" {
		t.Error(diff)
	}
}

func TestBookingsAreConfirmedAndCompleted(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 1000} {
		r := Award("a", size)
		open, operations, atOnce := map[string][]bookings.Item{}, 0, 0
		for i, e := range r.Events {
			operations += len(e.Data.Items)
			items, known := open[e.Data.Booking]
			switch {
			case e.Type == bookings.Confirmed && !known && len(e.Data.Items) > 0:
				open[e.Data.Booking] = e.Data.Items
			case e.Type == bookings.Completed && known && len(items) == len(e.Data.Items):
				for j, item := range items {
					if e.Data.Items[j] != (bookings.Item{Item: item.Item}) {
						t.Fatalf("%+v completes %+v", e.Data.Items[j], item)
					}
				}
				delete(open, e.Data.Booking)
			default:
				t.Fatalf("event %d of %d is %+v", i, size, e)
			}
			atOnce = max(atOnce, len(open))
		}
		if len(open) != 0 || operations != r.Operations || len(r.Events) != max(2, size/2*2) || size > 4 && atOnce < size/4 {
			t.Errorf("of %d events %d were made; %d bookings are never completed, %d were open at once; %d operations, it says %d",
				size, len(r.Events), len(open), atOnce, operations, r.Operations)
		}
	}
}

// itemsOf are the items of confirmations as rules see them.
func itemsOf(events []bookings.Event) []earn.Item {
	kinds := map[string]earn.Kind{bookings.Hotel: earn.Hotel, bookings.Car: earn.Car, bookings.Flight: earn.Flight}
	var all []earn.Item
	for _, e := range events {
		if e.Type != bookings.Confirmed {
			continue
		}
		var trip earn.Trip
		for _, i := range e.Data.Items {
			switch i.Kind {
			case bookings.Hotel:
				trip.Hotels++
				trip.Nights = uint32(i.End - i.Start)
			case bookings.Car:
				trip.Cars++
			case bookings.Flight:
				trip.Flights++
			}
		}
		for _, i := range e.Data.Items {
			all = append(all, earn.Item{
				Kind: kinds[i.Kind], Price: int64(i.Price.Amount), Currency: i.Price.Currency, Start: int32(i.Start), End: int32(i.End),
				Booked: int32(bookings.DateOf(e.Time)), Cabin: i.Cabin, Route: i.Route, Country: i.Country, Hotel: i.Hotel,
				Channel: e.Data.Channel, Party: int64(e.Data.Party), Trip: trip, Tier: "silver",
			})
		}
	}
	return all
}

// The benchmark compares rule sets of different size, not of different generosity, and one of which all rows count.
func TestRuleSetsAreComparable(t *testing.T) {
	sets, err := RuleSets()
	if err != nil {
		t.Fatal(err)
	}
	items := itemsOf(Award("a", 20_000).Events)
	points := map[string]float64{}
	for _, rules := range sets {
		e, err := earn.Compile(rules.Set)
		if err != nil {
			t.Fatal(err)
		}
		if found := lint.Check(e, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Unix()); len(found) > 0 {
			t.Errorf("%s: %+v", rules.Name, found)
		}
		hits, all, rows := map[string]int{}, 0, 0
		for _, item := range items {
			parts, err := e.Evaluate(item, func(_ earn.Limit, _ *earn.Row, want int64) (int64, error) { return want, nil })
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range parts {
				points[rules.Name] += float64(p.Points)
				hits[e.Row(p.Table, p.Row).ID]++
				all++
			}
		}
		for _, table := range rules.Set.Tables {
			for _, row := range table.Rows {
				if rows++; hits[row.ID] == 0 {
					t.Errorf("%s: row %s matches nothing of %d items", rules.Name, row.ID, len(items))
				}
			}
		}
		if want := map[string]int{Standard: 3, Table: 50, Limits: 50}[rules.Name]; rows != want {
			t.Errorf("%s has %d rows, want %d", rules.Name, rows, want)
		}
		t.Logf("%s: %.2f points and %.2f rows for an item", rules.Name, points[rules.Name]/100/float64(len(items)), float64(all)/float64(len(items)))
	}
	for _, name := range []string{Table, Limits} {
		if ratio := points[name] / points[Standard]; ratio < 0.9 || ratio > 1.1 {
			t.Errorf("%s gives %.2f times the points of the standard rules", name, ratio)
		}
	}
}

func TestLimitsLeaveTheTableAsItIs(t *testing.T) {
	sets, err := RuleSets()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := sheet.Read("rules.yaml", table)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain.Rules, sets[1].Set); diff != "" {
		t.Error(diff)
	}
	e, err := earn.Compile(sets[2].Set)
	if err != nil || !e.UsesMember() || !e.UsesBooking() || len(sets[2].Set.Tiers) == 0 {
		t.Errorf("the rule set with limits has not all of them: %v", err)
	}
}
