package wallet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

func tiered() earn.RuleSet {
	rules := earn.Standard()
	rules.Tiers = []earn.Level{{Tier: "silver", Points: 10_00}, {Tier: "gold", Points: 20_00}}
	return rules
}

// counting are views that count what is read of them.
type counting struct {
	Views
	gets map[string]int
}

func (c counting) Get(keys []string) ([][]byte, error) {
	for _, k := range keys {
		c.gets[k]++
	}
	return c.Views.Get(keys)
}

func TestRulesInForce(t *testing.T) {
	w := newWorld(t)
	if v, err := w.Rules(t.Context()); err != nil || v.Version != 1 {
		t.Fatal(v, err)
	}
	next := tiered()
	next.Starts = w.now.Add(time.Hour).Unix()
	w.publish(t, 2, next)
	for _, test := range []struct {
		after time.Duration
		want  uint32
	}{{0, 1}, {time.Hour - time.Second, 1}, {time.Hour, 2}} {
		now := w.now.Add(test.after)
		s := New(w.Ports, testLedger, Options{Now: func() time.Time { return now }})
		v, err := s.Rules(t.Context())
		if err != nil || v.Version != test.want {
			t.Errorf("after %s version %d is in force, %v", test.after, v.Version, err)
		}
		schedule, err := s.Schedule(t.Context())
		if err != nil || schedule.Current != test.want || len(schedule.Versions) != 2 || schedule.Proposal != nil {
			t.Errorf("after %s: %+v, %v", test.after, schedule, err)
		}
	}
	if v, err := w.RulesAt(t.Context(), 2); err != nil || v.Starts != next.Starts || v.Published != w.now.Unix() || v.Hash != earn.HashOf(next.Encode()) {
		t.Error(v, err)
	}
	_, err := w.RulesAt(t.Context(), 3)
	wantCode(t, err, CodeNotFound, "")
}

// TestRulesAreReadOncePerVersion matters, because every report of events asks for the rules in force.
func TestRulesAreReadOncePerVersion(t *testing.T) {
	w, _, _ := twoMembers(t)
	views := counting{w.Views, map[string]int{}}
	w.Views = views
	w.earns(t, "alice", 100)
	w.earns(t, "alice", 100)
	w.publish(t, 2, tiered())
	w.earns(t, "alice", 100)
	for version := range uint32(2) {
		if n := views.gets[dollars.RulesKey(version+1)]; n != 1 {
			t.Errorf("version %d was read %d times", version+1, n)
		}
	}
	if v, err := w.Rules(t.Context()); err != nil || v.Version != 2 {
		t.Error(v, err)
	}
}

func TestTierOfAMember(t *testing.T) {
	w, alice, _ := twoMembers(t)
	views := counting{w.Views, map[string]int{}}
	w.Views = views
	w.earns(t, "alice", 50_00)
	tier := func(member string) string {
		t.Helper()
		b, err := w.Balance(t.Context(), member)
		if err != nil {
			t.Fatal(err)
		}
		return b.Tier
	}
	if got := tier("alice"); got != "" || views.gets[dollars.EarningKey(alice.Account)] != 0 {
		t.Errorf("a tier of %q by rules without tiers", got)
	}
	w.publish(t, 2, tiered())
	w.earns(t, "alice", 15_00) // what was earned before is not in the record
	if a, b := tier("alice"), tier("bob"); a != "silver" || b != "" {
		t.Errorf("tiers %q and %q", a, b)
	}
	w.now = w.now.AddDate(1, 0, 0)
	if got := tier("alice"); got != "" {
		t.Errorf("a tier of %q a year later", got)
	}
	clear(w.state)
	if got := tier("alice"); got != "" {
		t.Errorf("a tier of %q without rules", got)
	}
}

func TestExplain(t *testing.T) {
	w, alice, bob := twoMembers(t)
	issuer := dollars.Caller{Role: dollars.RoleIssuer}
	item := func(name string, m Member) dollars.Confirm {
		return dollars.Confirm{
			Booking: dollars.NewBookingID("s", "b", name), Account: m.Account,
			Facts: dollars.Facts{Kind: earn.Car, Price: 100_00, Currency: "EUR", Start: 20_500, End: 20_502},
		}
	}
	w.apply(t, issuer, item("1", alice), item("2", bob), dollars.Cancel{Booking: item("noted", alice).Booking})
	next := earn.Standard()
	next.Tables[0].Rows[1].BasisPoints = 1000
	w.publish(t, 2, next)
	w.apply(t, issuer, item("3", alice), dollars.Complete{Booking: item("1", alice).Booking}, dollars.Cancel{Booking: item("1", alice).Booking})

	got, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b"})
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	for name, want := range map[string]struct {
		version uint32
		points  dollars.Amount
		state   dollars.BookingState
	}{
		"1": {1, 3_00, dollars.BookingReversed}, "2": {1, 3_00, dollars.BookingPending}, "3": {2, 10_00, dollars.BookingPending},
	} {
		id := dollars.NewBookingID("s", "b", name)
		x := got[slices.IndexFunc(got, func(x ExplainedItem) bool { return x.ID == id })]
		if x.Version != want.version || x.Points != want.points || x.State != want.state || x.Why.Points != earn.Cents(want.points) || x.Confirmed != w.now.Unix() {
			t.Errorf("item %s: %+v", name, x)
		}
		alone, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Item: name})
		if err != nil || len(alone) != 1 || alone[0].ID != id {
			t.Errorf("item %s alone: %+v, %v", name, alone, err)
		}
	}
	own, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Account: &bob.Account})
	if err != nil || len(own) != 1 || own[0].ID != item("2", bob).Booking {
		t.Errorf("bob sees %+v, %v", own, err)
	}
	for _, r := range []ExplainRequest{
		{Source: "s", Booking: "c"},
		{Source: "s", Booking: "b", Item: "4"},
		{Source: "s", Booking: "b", Item: "noted"},
		{Source: "s", Booking: "b", Item: "1", Account: &bob.Account},
	} {
		_, err := w.Explain(t.Context(), r)
		wantCode(t, err, CodeNotFound, "")
	}
	_, err = w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: strings.Repeat("x", 300)})
	wantCode(t, err, CodeMalformed, "/booking")
}

func TestExplainIsBounded(t *testing.T) {
	w, alice, _ := twoMembers(t)
	for n := range maxExplained + 1 {
		if n == maxExplained {
			if got, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b"}); err != nil || len(got) != maxExplained {
				t.Fatal(len(got), err)
			}
		}
		w.apply(t, dollars.Caller{Role: dollars.RoleIssuer}, dollars.Confirm{
			Booking: dollars.NewBookingID("s", "b", fmt.Sprint(n)), Account: alice.Account,
			Facts: dollars.Facts{Kind: earn.Car, Price: 100_00, Currency: "EUR", Start: 20_500, End: 20_502},
		})
	}
	_, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b"})
	wantCode(t, err, CodeItemInvalid, "/item")
	if got, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Item: "7"}); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}
