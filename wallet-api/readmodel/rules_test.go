package readmodel

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// loyalty is a rule set with everything that the ledger keeps records of.
func loyalty() earn.RuleSet {
	rules := earn.Standard()
	rules.Name = "loyalty"
	rules.Tables = append(rules.Tables, earn.Table{Name: "extra", Hit: earn.Collect, Rows: []earn.Row{
		{ID: "gold", When: `tier == "gold"`, BasisPoints: 100, Budget: 50_00, Months: 3},
		{ID: "some", Fixed: 30, CapBooking: 30, CapMember: 1_00, Months: 6},
	}})
	rules.Tiers = []earn.Level{{Tier: "gold", Points: 5_00}}
	rules.Policy = &earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 90, AdjustmentDayMost: 50_00}
	return rules
}

// TestTheLargestRulesFold has a rule set of the greatest size that the ledger takes, three times in one block.
func TestTheLargestRulesFold(t *testing.T) {
	rules := earn.RuleSet{Name: "large", Currency: "EUR", Tables: []earn.Table{{Name: "t", Hit: earn.First}}}
	var list []string
	for n := range 270 {
		list = append(list, fmt.Sprintf("'H%03d'", n))
	}
	when := "hotel in [" + strings.Join(list, ",") + "]"
	for n := 0; len(rules.Encode()) < earn.MaxDocument-2_100; n++ {
		row := earn.Row{ID: fmt.Sprintf("r%d", n), When: when, BasisPoints: 100, Months: 1}
		rules.Tables[0].Rows = append(rules.Tables[0].Rows, row)
	}
	c := newChain(t)
	c.publish(2, rules)
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	if err := v.Check(ctx); err != nil {
		t.Fatal(err)
	}
	keys := []string{dollars.RulesKey(2), dollars.ScheduleKey, dollars.ProposalKey}
	got, err := v.Get(keys)
	want, _ := c.state.Get(keys)
	if err != nil || !slices.EqualFunc(got, want, bytes.Equal) || len(got[0]) < 250_000 {
		t.Errorf("%v; version 2 has %d bytes, want %d", err, len(got[0]), len(want[0]))
	}
}

func TestBookings(t *testing.T) {
	c := newChain(t)
	trip := dollars.NewTripID("s", "trip")
	item := func(booking, name string) dollars.Confirm {
		op := confirm(1, dollars.Account{1}, 100)
		op.Booking = dollars.NewBookingID("s", booking, name)
		return op
	}
	c.add(c.apply(dollars.RoleIssuer, item("trip", "1"), item("other", "1"), item("trip", "2"), item("trip", "3"),
		dollars.Cancel{Booking: dollars.NewBookingID("s", "trip", "4")}))
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	all := func(dollars.BookingRecord) bool { return true }
	items, err := v.Bookings(ctx, trip, all, 10)
	if err != nil || len(items) != 4 {
		t.Fatal(items, err)
	}
	for i, x := range items {
		want := c.state[dollars.BookingKey(x.ID)]
		if x.ID.Trip() != trip || !bytes.Equal(x.Record.Encode(), want) || (i > 0 && bytes.Compare(items[i-1].ID[:], x.ID[:]) >= 0) {
			t.Errorf("item %d is %+v", i, x)
		}
	}
	if some, err := v.Bookings(ctx, trip, all, 2); err != nil || len(some) != 2 || some[1].ID != items[1].ID {
		t.Error(some, err)
	}
	if none, err := v.Bookings(ctx, dollars.NewTripID("s", "tri"), all, 2); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
	// What is not asked for does not count towards the limit.
	last := items[3].Record
	alone, err := v.Bookings(ctx, trip, func(r dollars.BookingRecord) bool { return bytes.Equal(r.Encode(), last.Encode()) }, 1)
	if err != nil || len(alone) != 1 || !bytes.Equal(alone[0].Record.Encode(), last.Encode()) {
		t.Error(alone, err)
	}
}
