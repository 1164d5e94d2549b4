package rest

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// loyalty has everything a rule set can have.
func loyalty() earn.RuleSet {
	rules := earn.Standard()
	rules.Name = "loyalty"
	rules.Tables = append(rules.Tables, earn.Table{Name: "extra", Hit: earn.Collect, Rounding: earn.HalfUp, Rows: []earn.Row{
		{
			ID: "long-stay", Kinds: []earn.Kind{earn.Hotel}, Season: &earn.Season{By: earn.ByArrival, From: "2026-07-01", Until: "2026-08-31"},
			Priority: 3, When: "nights >= 2", BasisPoints: 333, Fixed: 1_00, CapItem: 3_00, Months: 12,
		},
		{ID: "far", When: `country == "NZ"`, Fixed: 5_00, CapBooking: 5_00, CapMember: 50_00, Budget: 1000_00, Months: 6},
	}})
	rules.Tiers = []earn.Level{{Tier: "silver", Points: 10_00}, {Tier: "gold", Points: 500_00, Nights: 30}}
	return rules
}

func TestRules(t *testing.T) {
	a := newAPI(t, Options{})
	// Each answer is checked against the document, field by field.
	var rules RulesVersion
	a.send(t, "dsk_booking", "GET", "/v1/rules/current", "").want(t, 200).decode(t, &rules)
	if rules.Version != 1 || rules.Set.Tables[0].Rows[0].BasisPoints != 500 || !rules.Starts.Equal(a.ledger.now) {
		t.Errorf("%+v", rules)
	}
	set := loyalty()
	hash := earn.HashOf(set.Encode())
	a.ledger.apply(dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{1}}, dollars.ProposeRules{Version: 2, Set: set.Encode()})
	var schedule RulesSchedule
	a.send(t, "dsk_auditor", "GET", "/v1/rules", "").want(t, 200).decode(t, &schedule)
	if p := schedule.Proposal; schedule.Current != 1 || len(schedule.Versions) != 1 || p == nil || p.Approved || !p.ApprovedAt.IsZero() || p.Hash != hash.String() {
		t.Errorf("%+v", schedule)
	}
	a.ledger.apply(dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{2}}, dollars.ApproveRules{Version: 2, Hash: hash})
	a.send(t, "dsk_auditor", "GET", "/v1/rules", "").want(t, 200).decode(t, &schedule)
	if !schedule.Proposal.Approved || !schedule.Proposal.ApprovedAt.Equal(a.ledger.now) || cmp.Diff(schedule.Proposal.Set, set) != "" {
		t.Errorf("%+v", schedule.Proposal)
	}
	a.send(t, "dsk_auditor", "GET", "/v1/rules/2", "").problem(t, 404, wallet.CodeNotFound, "")
	a.ledger.publish(2, set)
	schedule = RulesSchedule{}
	a.send(t, "dsk_auditor", "GET", "/v1/rules", "").want(t, 200).decode(t, &schedule)
	if schedule.Current != 2 || schedule.Proposal != nil || schedule.Versions[len(schedule.Versions)-1].Hash != hash.String() {
		t.Errorf("%+v", schedule)
	}
	for path, want := range map[string]earn.RuleSet{"/v1/rules/current": set, "/v1/rules/2": set, "/v1/rules/1": earn.Standard()} {
		var got RulesVersion
		a.send(t, "dsk_operator", "GET", path, "").want(t, 200).decode(t, &got)
		if diff := cmp.Diff(want, got.Set); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	a.send(t, "dsk_operator", "GET", "/v1/rules/0", "").problem(t, 404, wallet.CodeNotFound, "")
	a.send(t, "dsk_operator", "GET", "/v1/rules/newest", "").problem(t, 400, wallet.CodeMalformed, "/version")
	delete(a.ledger.state, dollars.ScheduleKey)
	a.send(t, "dsk_operator", "GET", "/v1/rules/current", "").problem(t, 404, wallet.CodeNotFound, "")
	schedule = RulesSchedule{}
	a.send(t, "dsk_operator", "GET", "/v1/rules", "").want(t, 200).decode(t, &schedule)
	if schedule.Current != 0 || len(schedule.Versions) != 0 {
		t.Errorf("%+v", schedule)
	}
}

// TestWhoSeesPlans: what a promotion will give, and what it may cost, is not for members before it starts.
func TestWhoSeesPlans(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	promotion := loyalty()
	promotion.Starts = a.ledger.now.Add(time.Hour).Unix()
	a.ledger.publish(2, promotion)
	a.ledger.apply(dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{1}}, dollars.ProposeRules{Version: 3, Set: loyalty().Encode()})
	for token, plans := range map[string]bool{alice: false, "dsk_member": false, "dsk_booking": true, "dsk_operator": true, "dsk_auditor": true} {
		var schedule RulesSchedule
		list := a.send(t, token, "GET", "/v1/rules", "").want(t, 200)
		list.decode(t, &schedule)
		if (schedule.Proposal != nil) != plans || (len(schedule.Versions) == 2) != plans || schedule.Current != 1 || bytes.Contains(list.body, []byte("budget")) != plans {
			t.Errorf("%s sees %s", token, list.body)
		}
		a.send(t, token, "GET", "/v1/rules/1", "").want(t, 200)
		if plans {
			a.send(t, token, "GET", "/v1/rules/2", "").want(t, 200)
			continue
		}
		waits := a.send(t, token, "GET", "/v1/rules/2", "").problem(t, 404, wallet.CodeNotFound, "")
		missing := a.send(t, token, "GET", "/v1/rules/3", "").problem(t, 404, wallet.CodeNotFound, "")
		if waits.RequestID, missing.RequestID = "", ""; cmp.Diff(waits, missing) != "" {
			t.Error(cmp.Diff(waits, missing))
		}
	}
	a.ledger.now = a.ledger.now.Add(time.Hour)
	alice = a.session(t, "alice")
	var now RulesVersion
	a.send(t, alice, "GET", "/v1/rules/2", "").want(t, 200).decode(t, &now)
	if diff := cmp.Diff(promotion, now.Set); diff != "" {
		t.Error(diff)
	}
}

func TestExplanations(t *testing.T) {
	a := newAPI(t, Options{})
	alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
	a.ledger.publish(2, loyalty())
	a.earns(t, "alice", "b1", "214.84")
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", strings.Replace(factual, `"t1/confirmed"`, `"x"`, 1), "Content-Type", mediaEvent).
		want(t, http.StatusAccepted)

	const b1 = "/v1/explanations?source=urn:test&booking=b1"
	var got Explanations
	a.send(t, alice, "GET", b1, "").want(t, 200).decode(t, &got)
	if len(got.Items) != 1 {
		t.Fatalf("%+v", got)
	}
	x := got.Items[0]
	// 5 % are 10.74, and 3.33 % are 7.15 and 1.00 more, of which the cap leaves 3.00.
	if x.State != "awarded" || x.Points != 13_74 || x.Version != 2 || x.Kind != earn.Hotel || x.Tier != "" ||
		x.Booking != dollars.NewBookingID("urn:test", "b1", "1").String() || len(x.Sentences) == 0 {
		t.Errorf("%+v", x)
	}
	extra := x.Explanation.Tables[1]
	if r := extra.Rows[0]; r.ID != "long-stay" || r.Outcome != earn.Taken || r.Gave.Earned != 8_15 || len(r.Gave.Cuts) != 1 || r.Gave.Points != 3_00 {
		t.Errorf("%+v", extra)
	}
	if x.Hash != x.Explanation.Hash || x.Hash != earn.HashOf(loyalty().Encode()).String() {
		t.Errorf("explained by %s", x.Hash)
	}

	const t1 = "/v1/explanations?source=urn:test&booking=t1"
	a.send(t, "dsk_auditor", "GET", t1, "").want(t, 200).decode(t, &got)
	if len(got.Items) != 2 || got.Items[0].Tier != "silver" || got.Items[1].State != "pending" ||
		!strings.HasSuffix(got.Items[1].Sentences[0], "once it is completed.") {
		t.Errorf("%+v", got)
	}
	a.send(t, "dsk_booking", "GET", t1+"&item=2", "").want(t, 200).decode(t, &got)
	if len(got.Items) != 1 || got.Items[0].Kind != earn.Hotel {
		t.Errorf("%+v", got)
	}
	var balance Balance
	a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &balance)
	if balance.Tier != "silver" {
		t.Errorf("%+v", balance)
	}

	// Whose it is cannot be told from what there is not.
	theirs := a.send(t, bob, "GET", b1, "").problem(t, 404, wallet.CodeNotFound, "")
	nobodys := a.send(t, bob, "GET", b1+"0", "").problem(t, 404, wallet.CodeNotFound, "")
	theirs.RequestID, nobodys.RequestID = "", ""
	if diff := cmp.Diff(theirs, nobodys); diff != "" {
		t.Error(diff)
	}
	a.send(t, alice, "GET", t1+"&item=3", "").problem(t, 404, wallet.CodeNotFound, "")
	a.send(t, alice, "GET", "/v1/explanations?source=urn:test", "").problem(t, 400, wallet.CodeMalformed, "/booking")
	a.send(t, alice, "GET", "/v1/explanations?source=&booking=b1", "").problem(t, 400, wallet.CodeMalformed, "/source")
	if log := a.logged.String(); strings.Contains(log, "urn:test") {
		t.Error("the log names a booking")
	}
}

// TestStandings holds what an item's sentences may say of it against the names of the ledger's states.
func TestStandings(t *testing.T) {
	for state, want := range map[dollars.BookingState]earn.Standing{
		dollars.BookingPending: earn.Pending, dollars.BookingAwarded: earn.Awarded,
		dollars.BookingCancelled: earn.Cancelled, dollars.BookingReversed: earn.Reversed,
	} {
		if got := earn.Standing(state.String()); got != want {
			t.Errorf("%s is told as %s, not %s", state, got, want)
		}
	}
}
