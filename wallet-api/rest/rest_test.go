package rest

import (
	"net/http"
	"strings"
	"testing"
)

func TestBookingsBecomePointsThatAreSentAndRedeemed(t *testing.T) {
	a := newAPI(t, Options{})
	alice, _ := a.enrol(t, "alice"), a.enrol(t, "bob")
	a.earns(t, "alice", "b1", "1000.00")

	var balance Balance
	a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &balance)
	if balance.Available != 50_00 || balance.NextNonce != 1 || len(balance.Expiring) != 1 || balance.Expiring[0].Month.String() != "2028-11" {
		t.Fatalf("%+v", balance)
	}

	got := a.send(t, alice, "POST", "/v1/members/alice/transfers", `{"toMember":"bob","amount":"20","memo":"thanks"}`, "Prefer", "wait=5")
	var order Order
	got.want(t, http.StatusOK).decode(t, &order)
	if order.Status != StateApplied || order.Balance == nil || order.Balance.Available != 30_00 || order.Transaction == nil ||
		got.Header.Get("Preference-Applied") != "wait=5" || got.Header.Get("Location") != "/v1/orders/"+order.OrderID {
		t.Fatalf("%+v, %v", order, got.Header)
	}
	var again Order
	a.send(t, alice, "GET", got.Header.Get("Location"), "").want(t, 200).decode(t, &again)
	if again.Status != StateApplied || again.Kind != OrderTransfer || again.Amount != 20_00 {
		t.Fatalf("%+v", again)
	}
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"10.5"}`, "Prefer", "wait=5").want(t, 200)

	var history History
	a.send(t, alice, "GET", "/v1/members/alice/history?limit=3", "").want(t, 200).decode(t, &history)
	var rest History
	a.send(t, alice, "GET", "/v1/members/alice/history?cursor="+history.Next, "").want(t, 200).decode(t, &rest)
	var changes []string
	for _, e := range append(history.Entries, rest.Entries...) {
		changes = append(changes, e.Kind+" "+e.Change)
	}
	want := []string{"redeem -10.50", "transfer -20.00", "complete 50.00", "confirm 0.00"}
	if len(changes) != 4 || changes[0] != want[0] || changes[1] != want[1] || changes[2] != want[2] || changes[3] != want[3] || rest.Next != "" {
		t.Fatalf("got %q, want %q", changes, want)
	}

	// The booking is cancelled when most of its points are gone.
	cancel := strings.ReplaceAll(completed("b1"), "completed", "cancelled")
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", cancel, "Content-Type", mediaEvent).want(t, 202)
	a.send(t, alice, "GET", "/v1/members/alice/history?limit=1", "").want(t, 200).decode(t, &history)
	if e := history.Entries[0]; e.Kind != "cancel" || e.Change != "-19.50" || e.Debt != 30_50 || e.Before != "awarded" || e.After != "reversed" {
		t.Errorf("%+v", e)
	}
	a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &balance)
	if balance.Available != 0 || balance.Debt != 30_50 {
		t.Errorf("%+v", balance)
	}
	// Bob sees where his points came from, and nothing else of Alice.
	a.send(t, "dsk_member", "GET", "/v1/members/bob/history", "").want(t, 200).decode(t, &history)
	if e := history.Entries[0]; len(history.Entries) != 1 || e.Change != "20.00" || e.Counterparty != balance.Account {
		t.Errorf("%+v", e)
	}

	var supply Supply
	a.send(t, "dsk_auditor", "GET", "/v1/ledger/supply", "").want(t, 200).decode(t, &supply)
	dsd := supply.Assets[0]
	if dsd.Asset != "DSD" || dsd.Minted != 50_00 || dsd.Redeemed != 10_50 || dsd.Outstanding != 20_00 || dsd.Reversed != 19_50 || dsd.Debt != 30_50 || dsd.Bookings.Reversed != 1 {
		t.Fatalf("%+v", dsd)
	}
}
