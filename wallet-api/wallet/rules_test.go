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
		schedule, err := s.Schedule(t.Context(), true)
		if err != nil || schedule.Current != test.want || len(schedule.Versions) != 2 || schedule.Proposal != nil {
			t.Errorf("after %s: %+v, %v", test.after, schedule, err)
		}
	}
	if v, err := w.RulesAt(t.Context(), 2, true); err != nil || v.Starts != next.Starts || v.Published != w.now.Unix() || v.Hash != earn.HashOf(next.Encode()) {
		t.Error(v, err)
	}
	_, err := w.RulesAt(t.Context(), 3, true)
	wantCode(t, err, CodeNotFound, "")
}

func TestPlansAreNotShownToEveryone(t *testing.T) {
	w := newWorld(t)
	planner := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{1}}
	starting := func(after time.Duration) earn.RuleSet {
		rules := tiered()
		rules.Starts = w.now.Add(after).Unix()
		return rules
	}
	published := w.now
	// Version 2 never comes into force, because 4 takes its place; 3 would have come after it.
	w.publish(t, 2, starting(2*time.Hour))
	w.publish(t, 3, starting(4*time.Hour))
	w.publish(t, 4, starting(time.Hour))
	w.publish(t, 5, starting(3*time.Hour))
	w.apply(t, planner, dollars.ProposeRules{Version: 6, Set: starting(5 * time.Hour).Encode()})
	for _, test := range []struct {
		after time.Duration
		seen  []uint32
	}{
		{0, []uint32{1}},
		{time.Hour - time.Second, []uint32{1}},
		{time.Hour, []uint32{1, 4}},
		{2 * time.Hour, []uint32{1, 4}},
		{5 * time.Hour, []uint32{1, 4, 5}},
	} {
		w.now = published.Add(test.after)
		all, err := w.Schedule(t.Context(), true)
		if err != nil || len(all.Versions) != 3 || all.Proposal == nil {
			t.Fatalf("after %s: %+v, %v", test.after, all, err)
		}
		some, err := w.Schedule(t.Context(), false)
		if err != nil || some.Proposal != nil || some.Current != all.Current || len(some.Versions) != len(test.seen) {
			t.Errorf("after %s: %+v, %v", test.after, some, err)
		}
		var seen []uint32
		for version := range uint32(7) {
			v, err := w.RulesAt(t.Context(), version, false)
			if code, _ := codeOf(err); err == nil && v.Version == version {
				seen = append(seen, version)
			} else if code != CodeNotFound {
				t.Errorf("version %d: %v, %v", version, v, err)
			}
			if _, err := w.RulesAt(t.Context(), version, true); (err == nil) != (version >= 1 && version <= 5) {
				t.Errorf("version %d with plans: %v", version, err)
			}
		}
		if !slices.Equal(seen, test.seen) {
			t.Errorf("after %s versions %v are seen, want %v", test.after, seen, test.seen)
		}
	}
	// A version that began was in force, even if only for the second in which the next was published.
	w.publish(t, 6, tiered())
	w.publish(t, 7, tiered())
	if v, err := w.RulesAt(t.Context(), 6, false); err != nil || v.Version != 6 {
		t.Error(v, err)
	}
	_, waits := w.RulesAt(t.Context(), 3, false)
	_, missing := w.RulesAt(t.Context(), 8, false)
	if waits.Error() != missing.Error() {
		t.Errorf("%q tells itself from %q", waits, missing)
	}
}

// TestRulesAreReadOncePerVersion matters, because every report of events asks for the rules in force.
func TestRulesAreReadOncePerVersion(t *testing.T) {
	w, _, _ := twoMembers(t)
	views := counting{w.Views, map[string]int{}}
	w.Views = views
	old := fmt.Sprintf("b%d", w.blocks)
	w.earns(t, "alice", 100)
	w.earns(t, "alice", 100)
	w.publish(t, 2, tiered())
	w.earns(t, "alice", 100)
	for version := range uint32(2) {
		if n := views.gets[dollars.RulesKey(version+1)]; n != 1 {
			t.Errorf("version %d was read %d times", version+1, n)
		}
	}
	// Looking at an old version, or explaining by it, does not cost the reports of events a thing.
	first := views.gets[dollars.RulesKey(1)]
	if _, err := w.RulesAt(t.Context(), 1, true); err != nil {
		t.Fatal(err)
	}
	w.earns(t, "alice", 100)
	if x, err := w.Explain(t.Context(), ExplainRequest{Source: "test", Booking: old}); err != nil || x[0].Version != 1 {
		t.Fatal(x, err)
	}
	w.earns(t, "alice", 100)
	if n, again := views.gets[dollars.RulesKey(2)], views.gets[dollars.RulesKey(1)]-first; n != 1 || again != 2 {
		t.Errorf("version 2 was read %d times, version 1 %d times more", n, again)
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
	_, err = w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Item: strings.Repeat("x", 300)})
	wantCode(t, err, CodeMalformed, "/item")
}

func TestExplainIsBounded(t *testing.T) {
	w, alice, bob := twoMembers(t)
	issuer := dollars.Caller{Role: dollars.RoleIssuer}
	confirm := func(n int, m Member) dollars.Confirm {
		return dollars.Confirm{
			Booking: dollars.NewBookingID("s", "b", fmt.Sprint(n)), Account: m.Account,
			Facts: dollars.Facts{Kind: earn.Car, Price: 100_00, Currency: "EUR", Start: 20_500, End: 20_502},
		}
	}
	for n := range maxExplained + 1 {
		if n == maxExplained {
			if got, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b"}); err != nil || len(got) != maxExplained {
				t.Fatal(len(got), err)
			}
		}
		// What was never confirmed counts for nothing.
		w.apply(t, issuer, confirm(n, alice), dollars.Cancel{Booking: dollars.NewBookingID("s", "b", fmt.Sprint("noted", n))})
	}
	_, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b"})
	wantCode(t, err, CodeItemInvalid, "/item")
	if got, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Item: "7"}); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
	_, err = w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Account: &alice.Account})
	wantCode(t, err, CodeItemInvalid, "/item")

	// Who has no part in it does not learn that it is there, and who has sees theirs among however many others'.
	_, err = w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Account: &bob.Account})
	wantCode(t, err, CodeNotFound, "")
	w.apply(t, issuer, confirm(1_000, bob), confirm(1_001, bob))
	got, err := w.Explain(t.Context(), ExplainRequest{Source: "s", Booking: "b", Account: &bob.Account})
	if err != nil || len(got) != 2 {
		t.Errorf("bob sees %+v, %v", got, err)
	}
}
