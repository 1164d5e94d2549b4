package rest

import (
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// carol is a member with a key of her own, and 50 points.
func carol(t *testing.T, a api) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	body := `{"id":"carol","account":"` + accountOf(key).String() + `"}`
	a.send(t, "dsk_member", "POST", "/v1/members", body).want(t, http.StatusCreated)
	a.send(t, "dsk_member", "POST", "/v1/members", body).want(t, http.StatusOK)
	a.earns(t, "carol", "carols", "1000.00")
	return key, a.session(t, "carol")
}

// sign signs typed data as a member's wallet does, which knows nothing of this project.
func sign(t *testing.T, key *ecdsa.PrivateKey, typed any) (id, signature string) {
	t.Helper()
	raw, err := json.Marshal(typed)
	if err != nil {
		t.Fatal(err)
	}
	var data apitypes.TypedData
	if err := json.Unmarshal(raw, &data); err != nil {
		t.Fatal(err)
	}
	if data.Domain.ChainId == nil {
		data.Domain.ChainId = (*math.HexOrDecimal256)(nil)
	}
	digest, _, err := apitypes.TypedDataAndHash(data)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.Sign(digest, key)
	if err != nil {
		t.Fatal(err)
	}
	return "0x" + hex.EncodeToString(digest), "0x" + hex.EncodeToString(sig)
}

func signedJSON(p PreparedOrder, chainID, signature string) string {
	return fmt.Sprintf(`{"nonce":%d,"deadline":%d,"chainId":%s,"signature":%q}`, p.Nonce, p.Deadline, chainID, signature)
}

func TestAMemberSignsWithTheirOwnKey(t *testing.T) {
	for _, test := range []struct{ name, kind, route, fields, chainID string }{
		{"transfer", "transfer", "transfers", `"toMember":"bob","amount":"12.3","memo":"for the taxi"`, "0"},
		{"transfer with a chain id", "transfer", "transfers", `"toMember":"bob","amount":"12.3"`, "1"},
		{"redemption", "redemption", "redemptions", `"amount":"12.3"`, "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t, Options{})
			a.enrol(t, "bob")
			key, token := carol(t, a)
			var p PreparedOrder
			a.send(t, token, "POST", "/v1/members/carol/orders/prepare", `{"kind":"`+test.kind+`","chainId":`+test.chainID+`,`+test.fields+`}`).
				want(t, 200).decode(t, &p)
			id, signature := sign(t, key, p.TypedData)
			if id != p.OrderID {
				t.Fatalf("the wallet signs %s, the service says %s", id, p.OrderID)
			}
			a.send(t, token, "POST", "/v1/members/carol/"+test.route, `{`+test.fields+`}`).problem(t, 422, wallet.CodeNoCustody, "/signed")

			// The member service may relay it: the signature is what counts.
			body := `{` + test.fields + `,"signed":` + signedJSON(p, test.chainID, signature) + `}`
			var order Order
			a.send(t, "dsk_member", "POST", "/v1/members/carol/"+test.route, body, "Prefer", "wait=1").want(t, 200).decode(t, &order)
			if order.OrderID != id || order.Status != StateApplied || order.Balance.Available != 37_70 {
				t.Errorf("%+v", order)
			}
			// The same order again is the same order.
			a.send(t, token, "POST", "/v1/members/carol/"+test.route, body).want(t, 200).decode(t, &order)
			if order.OrderID != id || a.ledger.supply.Outstanding()+a.ledger.supply.Redeemed != 50_00 {
				t.Errorf("%+v", order)
			}
		})
	}
}

func TestPreferWait(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	a.ledger.eager = false

	got := a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`)
	var order Order
	got.want(t, 202).decode(t, &order)
	if order.Status != StateAccepted || order.Transaction != nil || got.Header.Get("Preference-Applied") != "" {
		t.Errorf("%+v", order)
	}
	a.send(t, alice, "GET", got.Header.Get("Location"), "").want(t, 200).decode(t, &order)
	if order.Status != StateAccepted {
		t.Errorf("%+v", order)
	}
	// Waited in vain.
	start := time.Now()
	got = a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"2"}`, "Prefer", "respond-async, wait=1")
	got.want(t, 202).decode(t, &order)
	if took := time.Since(start); took < time.Second || got.Header.Get("Preference-Applied") != "wait=1" {
		t.Errorf("took %s", took)
	}
	// Waited, and committed meanwhile.
	a.ledger.commitWhenWaited = true
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"3"}`, "Prefer", "wait=20").want(t, 200).decode(t, &order)
	if order.Status != StateApplied || order.Balance.Available != 44_00 {
		t.Errorf("%+v", order)
	}
	// Waited, and the ledger refused: what was accepted before spends the points.
	for _, amount := range []string{"40", "40"} {
		a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"`+amount+`"}`).want(t, 202)
	}
	a.ledger.commitWhenWaited = true
	got = a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"40"}`, "Prefer", "wait=20")
	if p := got.problem(t, 422, dollars.CodeBalance, ""); p.Instance != got.Header.Get("Location") {
		t.Errorf("%+v", p)
	}
	a.send(t, alice, "GET", got.Header.Get("Location"), "").want(t, 200).decode(t, &order)
	if order.Status != StateRejected || order.Code != dollars.CodeBalance {
		t.Errorf("%+v", order)
	}
}

func TestPreferWaitForAnEvent(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	a.ledger.eager = false
	report := func(event, prefer string) answer {
		return a.send(t, "dsk_booking", "POST", "/v1/booking-events", event, "Content-Type", mediaEvent, "Prefer", prefer)
	}
	// Waited in vain: accepted, as without waiting.
	var receipts EventReceipts
	got := report(confirmed("b1", "alice", "100.00"), "wait=1")
	got.want(t, 202).decode(t, &receipts)
	if len(receipts.Events) != 1 || receipts.Events[0].Status != EventAccepted || got.Header.Get("Preference-Applied") != "wait=1" {
		t.Errorf("%+v", receipts)
	}
	// Waited, and committed meanwhile.
	a.ledger.commitWhenWaited = true
	var status Status
	report(completed("b1"), "wait=20").want(t, 200).decode(t, &status)
	if status.Status != StateApplied || status.Operations[0].Amount != 5_00 || status.Transaction == nil {
		t.Errorf("%+v", status)
	}
	// Waited, and the ledger refused.
	a.ledger.commitWhenWaited = true
	got = report(completed("b2"), "wait=20")
	if p := got.problem(t, 422, dollars.CodeBookingUnknown, ""); p.Instance != got.Header.Get("Location") {
		t.Errorf("%+v", p)
	}
}

func TestPreferredWait(t *testing.T) {
	for prefer, want := range map[string]time.Duration{
		"": 0, "wait=5": 5 * time.Second, "Wait = \"7\"; x=y": 7 * time.Second, "handling=lenient, wait=3": 3 * time.Second,
		"wait=3600": maxWait, "wait=99999999999999999999": 0, "wait=-1": 0, "wait": 0, "waiting=5": 0,
	} {
		if got := preferredWait(prefer); got != want {
			t.Errorf("%q: %s, want %s", prefer, got, want)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	a := newAPI(t, Options{})
	alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
	a.earns(t, "alice", "b1", "1000.00")
	a.earns(t, "bob", "b2", "1000.00")
	var first, second Order
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`, "Idempotency-Key", "k1").want(t, 200).decode(t, &first)
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`, "Idempotency-Key", "k1", "Prefer", "wait=1").want(t, 200).decode(t, &second)
	if first.OrderID != second.OrderID || a.ledger.supply.Redeemed != 1_00 {
		t.Errorf("%s and %s; %s redeemed", first.OrderID, second.OrderID, a.ledger.supply.Redeemed)
	}
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"2"}`, "Idempotency-Key", "k1").problem(t, 409, wallet.CodeKeyReused, "")
	a.send(t, alice, "POST", "/v1/members/alice/transfers", `{"toMember":"bob","amount":"1"}`, "Idempotency-Key", "k1").problem(t, 409, wallet.CodeKeyReused, "")
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`, "Idempotency-Key", strings.Repeat("k", 256)).problem(t, 400, wallet.CodeMalformed, "")
	// Another's key of the same name is another key.
	a.send(t, bob, "POST", "/v1/members/bob/redemptions", `{"amount":"1"}`, "Idempotency-Key", "k1").want(t, 200).decode(t, &second)
	if a.ledger.supply.Redeemed != 2_00 {
		t.Errorf("%s redeemed", a.ledger.supply.Redeemed)
	}

	var change, again Status
	path := "/v1/accounts/" + first.From.String() + "/freeze"
	a.send(t, "dsk_operator", "POST", path, `{"reason":"suspected"}`, "Idempotency-Key", "k1", "Prefer", "wait=1").want(t, 200).decode(t, &change)
	a.send(t, "dsk_operator", "POST", path, `{"reason":"suspected"}`, "Idempotency-Key", "k1").want(t, 200).decode(t, &again)
	if change.ID != again.ID || change.Status != StateApplied || change.Label != "freeze" {
		t.Errorf("%+v, then %+v", change, again)
	}
	a.send(t, "dsk_operator", "POST", strings.Replace(path, "freeze", "unfreeze", 1), `{"reason":"suspected"}`, "Idempotency-Key", "k1").problem(t, 409, wallet.CodeKeyReused, "")
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`).problem(t, 422, dollars.CodeAccountFrozen, "")
}
