package rest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// orders places an order of a member.
func (a api) orders(t *testing.T, token, member, body string) answer {
	t.Helper()
	return a.send(t, token, "POST", "/v1/members/"+member+"/orders", body)
}

// held enrols alice, who earns 50.00 and holds 20.00 of them for any merchant.
func held(t *testing.T) (a api, alice string, hold Order, path string) {
	t.Helper()
	a = newAPI(t, Options{})
	alice = a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	a.orders(t, alice, "alice", `{"kind":"hold","amount":"20","until":"2026-11-30T00:00:00Z"}`).want(t, 200).decode(t, &hold)
	return a, alice, hold, "/v1/holds/" + hold.From.String() + "/" + hold.OrderID
}

func TestHolds(t *testing.T) {
	a, alice, hold, path := held(t)
	if hold.Kind != OrderHold || hold.Amount != 20_00 || !hold.Until.Equal(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", hold)
	}
	balance := func() (b Balance) {
		a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b)
		return b
	}
	if b := balance(); b.Available != 30_00 || b.Held != 20_00 {
		t.Errorf("%+v", b)
	}
	var taken, again Status
	const part = `{"amount":"12.50","reference":"till 7, bill 12"}`
	a.send(t, "dsk_merchant", "POST", path+"/captures", part, "Prefer", "wait=1").want(t, 200).decode(t, &taken)
	a.send(t, "dsk_merchant", "POST", path+"/captures", part).want(t, 200).decode(t, &again)
	if taken.ID != again.ID || taken.Label != "capture" || taken.Operations[0].Amount != 12_50 {
		t.Errorf("%+v, then %+v", taken, again)
	}
	a.send(t, "dsk_merchant", "GET", "/v1/changes/"+taken.ID, "").want(t, 200)
	a.send(t, "dsk_approver", "GET", "/v1/changes/"+taken.ID, "").want(t, 404)
	a.send(t, "dsk_auditor", "GET", "/v1/orders/0x"+taken.ID, "").want(t, 404) // a merchant's change is no member's order

	var h Hold
	a.send(t, "dsk_merchant", "GET", path, "").want(t, 200).decode(t, &h)
	if h.Left != 7_50 || len(h.Captures) != 1 || h.Captures[0].Amount != 12_50 || strings.Contains(h.Captures[0].Reference, "till") {
		t.Errorf("%+v", h)
	}
	var open Holds
	a.send(t, alice, "GET", "/v1/members/alice/holds?open=true", "").want(t, 200).decode(t, &open)
	if len(open.Holds) != 1 || open.Holds[0].Amount != 20_00 || open.Holds[0].Order != hold.OrderID {
		t.Errorf("%+v", open)
	}
	a.send(t, "dsk_merchant", "POST", path+"/release", `{}`).want(t, 200)
	a.send(t, alice, "GET", "/v1/members/alice/holds?open=true", "").want(t, 200).decode(t, &open)
	if b := balance(); b.Available != 37_50 || b.Held != 0 || len(open.Holds) != 0 {
		t.Errorf("%+v, %+v", b, open)
	}

	var history History
	a.send(t, alice, "GET", "/v1/members/alice/history", "").want(t, 200).decode(t, &history)
	var changes []string
	for _, e := range history.Entries[:3] {
		changes = append(changes, e.Kind+" "+e.Change)
		if e.Order != hold.OrderID {
			t.Errorf("%+v", e)
		}
	}
	if got := strings.Join(changes, ", "); got != "release 7.50, capture 0.00, hold -20.00" {
		t.Error(got)
	}
	var supply Supply
	a.send(t, "", "GET", "/v1/ledger/supply", "").want(t, 200).decode(t, &supply)
	if s := supply.Assets[0]; s.Minted+s.Adjusted != s.Outstanding+s.Held+s.Redeemed+s.Expired+s.Reversed+s.WrittenOff || s.Redeemed != 12_50 {
		t.Errorf("%+v", s)
	}
}

func TestCapturesAreWaitedFor(t *testing.T) {
	a, _, _, path := held(t)
	const part = `{"amount":"5","reference":"r"}`
	a.ledger.full = true
	a.send(t, "dsk_merchant", "POST", path+"/captures", part).problem(t, 503, wallet.CodeOverloaded, "")
	a.ledger.full, a.ledger.eager = false, false
	got := a.send(t, "dsk_merchant", "POST", path+"/captures", part)
	var st Status
	got.want(t, 202).decode(t, &st)
	if st.Status != StateAccepted || got.Header.Get("Location") != "/v1/changes/"+st.ID {
		t.Errorf("%+v at %s", st, got.Header.Get("Location"))
	}
	// Asked again with the preference to wait, it is the same capture.
	a.ledger.commitWhenWaited = true
	a.send(t, "dsk_merchant", "POST", path+"/captures", part, "Prefer", "wait=20").want(t, 200)
	a.send(t, "dsk_merchant", "GET", got.Header.Get("Location"), "").want(t, 200).decode(t, &st)
	if st.Status != StateApplied || a.ledger.supply.Redeemed != 5_00 {
		t.Errorf("%+v, %s redeemed", st, a.ledger.supply.Redeemed)
	}
	// Waited, and refused: in the words of the refusal, and with the address of the change.
	a.ledger.commitWhenWaited = true
	got = a.send(t, "dsk_merchant", "POST", path+"/captures", `{"amount":"50","reference":"r2"}`, "Prefer", "wait=20")
	p := got.problem(t, 422, dollars.CodeCaptureOverHold, "")
	if p.Instance != got.Header.Get("Location") || p.Detail != wallet.Refusal(p.Code) {
		t.Errorf("%+v", p)
	}
}

func TestBadCaptures(t *testing.T) {
	a, _, hold, path := held(t)
	nowhere := strings.Replace(path, hold.OrderID, "0x"+strings.Repeat("1", 64), 1)
	capture := func(path, body string) answer { return a.send(t, "dsk_merchant", "POST", path+"/captures", body) }
	capture(path, `{"amount":"5","reference":"first"}`).want(t, 200)
	for _, test := range []struct {
		name, path, body string
		status           int
		code             dollars.Code
		field            string
	}{
		{"over the hold", path, `{"amount":"15.01","reference":"r"}`, 422, dollars.CodeCaptureOverHold, ""},
		{"of no hold", nowhere, `{"amount":"1","reference":"r"}`, 422, dollars.CodeHoldUnknown, ""},
		{"the reference for another amount", path, `{"amount":"6","reference":"first"}`, 422, dollars.CodeReference, ""},
		{"nothing", path, `{"amount":"0","reference":"r"}`, 422, dollars.CodeAmountZero, "/amount"},
		{"less than nothing", path, `{"amount":"-1","reference":"r"}`, 422, dollars.CodeAmountNegative, "/amount"},
		{"no amount", path, `{"reference":"r"}`, 400, wallet.CodeMalformed, "/amount"},
		{"no reference", path, `{"amount":"1"}`, 400, wallet.CodeMalformed, "/reference"},
		{"an empty reference", path, `{"amount":"1","reference":""}`, 400, wallet.CodeMalformed, "/reference"},
		{"a long reference", path, `{"amount":"1","reference":"` + strings.Repeat("x", 101) + `"}`, 400, wallet.CodeMalformed, "/reference"},
		{"a code", path, `{"amount":"1","reference":"r","code":"x"}`, 400, wallet.CodeMalformed, "/code"},
		{"half a signature", path, `{"amount":"1","reference":"r","signed":{"merchant":"` + hold.From.String() + `","deadline":1}}`, 400, wallet.CodeMalformed, "/signed/signature"},
		{"a nonce", path, `{"amount":"1","reference":"r","signed":{"nonce":1}}`, 400, wallet.CodeMalformed, "/signed/nonce"},
		{"no account", "/v1/holds/0x12/" + hold.OrderID, `{"amount":"1","reference":"r"}`, 422, dollars.CodeAccountInvalid, ""},
		{"no order", "/v1/holds/" + hold.From.String() + "/0x12", `{"amount":"1","reference":"r"}`, 400, wallet.CodeMalformed, ""},
		{"no JSON", path, `{`, 400, wallet.CodeMalformed, ""},
	} {
		t.Run(test.name, func(t *testing.T) { capture(test.path, test.body).problem(t, test.status, test.code, test.field) })
	}
	a.send(t, "dsk_auditor", "GET", nowhere, "").problem(t, 404, dollars.CodeHoldUnknown, "")

	// What was refused has taken nothing, and its reference is free for less.
	capture(path, `{"amount":"1","reference":"r"}`).want(t, 200)
	capture(path, `{"amount":"14","reference":"rest"}`).want(t, 200)

	// Of what is taken whole nothing can be taken, and there is nothing to release.
	capture(path, `{"amount":"1","reference":"more"}`).problem(t, 422, dollars.CodeHoldEnded, "")
	a.send(t, "dsk_merchant", "POST", path+"/release", `{}`).want(t, 200)
	a.send(t, "dsk_merchant", "POST", nowhere+"/release", `{}`).problem(t, 422, dollars.CodeHoldUnknown, "")
	a.send(t, "dsk_merchant", "POST", path+"/release", `{"amount":"1"}`).problem(t, 400, wallet.CodeMalformed, "/amount")
}

func TestHoldsEnd(t *testing.T) {
	a, _, _, path := held(t)
	if n, err := a.wallet.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("%d released, %v", n, err)
	}
	a.ledger.now = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	a.send(t, "dsk_merchant", "POST", path+"/captures", `{"amount":"1","reference":"r"}`).problem(t, 422, dollars.CodeHoldExpired, "")
	if n, err := a.wallet.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("%d released, %v", n, err)
	}
	var b Balance
	a.send(t, "dsk_auditor", "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b)
	if b.Available != 50_00 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
}

func TestMerchantsWithAKeyOfTheirOwn(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	var hold Order
	a.orders(t, alice, "alice", `{"kind":"hold","amount":"20","until":"2026-11-30T00:00:00Z","to":"`+accountOf(key).String()+`"}`).want(t, 200).decode(t, &hold)
	path := "/v1/holds/" + hold.From.String() + "/" + hold.OrderID
	a.send(t, "dsk_merchant", "POST", path+"/captures", `{"amount":"1","reference":"r"}`).problem(t, 422, dollars.CodeNotMerchant, "")

	raw, err := dollars.ParseOrderID(hold.OrderID)
	if err != nil {
		t.Fatal(err)
	}
	release := dollars.Order{Kind: dollars.KindRelease, From: accountOf(key), To: hold.From, Ref: raw, Deadline: a.ledger.now.Unix() + 60}
	info := a.ledger.info()
	id := release.ID(info.Currency, info.Channel, info.Chaincode)
	sig, err := crypto.Sign(id[:], key)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(deadline int64) string {
		return fmt.Sprintf(`{"signed":{"merchant":"%s","deadline":%d,"signature":"0x%x"}}`, release.From, deadline, sig)
	}
	a.send(t, "dsk_merchant", "POST", path+"/release", signed(release.Deadline+1)).problem(t, 422, dollars.CodeSignatureInvalid, "")
	var st Status
	a.send(t, "dsk_merchant", "POST", path+"/release", signed(release.Deadline)).want(t, 200).decode(t, &st)
	a.send(t, "dsk_merchant", "GET", "/v1/changes/"+st.ID, "").want(t, 200)
	a.send(t, "dsk_operator", "GET", "/v1/orders/0x"+st.ID, "").want(t, 404)
}

func TestReversalsRecallWhatWasGiven(t *testing.T) {
	a := newAPI(t, Options{})
	rules := earn.Standard()
	rules.Policy = &earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 30}
	a.ledger.publish(2, rules)
	alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
	a.earns(t, "alice", "b1", "1000.00")
	a.orders(t, alice, "alice", `{"kind":"transfer","toMember":"bob","amount":"45"}`).want(t, 200)
	a.orders(t, bob, "bob", `{"kind":"redemption","amount":"40"}`).want(t, 200)
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", strings.ReplaceAll(completed("b1"), "completed", "cancelled"), "Content-Type", mediaEvent).want(t, 202)

	var hers, his History
	a.send(t, alice, "GET", "/v1/members/alice/history", "").want(t, 200).decode(t, &hers)
	a.send(t, bob, "GET", "/v1/members/bob/history", "").want(t, 200).decode(t, &his)
	if e := hers.Entries[0]; e.Kind != "cancel" || e.Change != "-5.00" || e.Recalled != 5_00 || e.Debt != 40_00 || e.Amount != 50_00 {
		t.Errorf("%+v", e)
	}
	// Bob is told of his part, and nothing of what alice had and owes.
	if e := his.Entries[0]; e.Kind != "cancel" || e.Change != "-5.00" || e.Amount != 5_00 || e.Debt != 0 || e.Recalled != 0 ||
		e.Counterparty != a.ledger.members["alice"].Account || e.After != "" {
		t.Errorf("%+v", e)
	}
	var st Statement
	a.send(t, bob, "GET", "/v1/members/bob/statements/2026-11", "").want(t, 200).decode(t, &st)
	if last := st.Lines[len(st.Lines)-1]; last.Line != "recalled" || last.Amount != "-5.00" || st.Closing != "0.00" {
		t.Errorf("%+v", st)
	}
}
