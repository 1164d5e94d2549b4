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

// newLimited is an API on a ledger whose policy limits orders and lets operators adjust.
func newLimited(t *testing.T) api {
	t.Helper()
	a := newAPI(t, Options{})
	rules := earn.Standard()
	rules.Policy = &earn.Policy{OrderMost: 30_00, DayMost: 40_00, CoolingSeconds: 3600, CoolingMost: 10_00, AdjustmentDayMost: 20_00}
	a.ledger.publish(2, rules)
	return a
}

func TestLimits(t *testing.T) {
	a := newLimited(t)
	alice := a.enrol(t, "alice")
	a.enrol(t, "bob")
	a.earns(t, "alice", "b1", "1000.00")
	redeem := func(amount string) answer {
		return a.orders(t, alice, "alice", `{"kind":"redemption","amount":"`+amount+`"}`)
	}
	redeem("30.01").problem(t, 422, dollars.CodeOrderLimit, "/amount")
	a.orders(t, alice, "alice", `{"kind":"transfer","toMember":"bob","amount":"10.01"}`).problem(t, 422, dollars.CodeCoolingLimit, "/amount")
	redeem("25").want(t, 200)
	redeem("15.01").problem(t, 422, dollars.CodeDayLimit, "/amount")
	redeem("15").want(t, 200)
}

func TestFrozenAccounts(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	path := "/v1/accounts/" + a.ledger.members["alice"].Account.String()
	for body, field := range map[string]string{``: "", `{}`: "/reason", `{"reason":7}`: "/reason", `{"reason":"x","until":"y"}`: "/until"} {
		if got := a.send(t, "dsk_operator", "POST", path+"/freeze", body); body == "" {
			got.problem(t, 415, codeMediaType, "")
		} else {
			got.problem(t, 400, wallet.CodeMalformed, field)
		}
	}
	a.send(t, "dsk_operator", "POST", path+"/freeze", `{"reason":""}`).problem(t, 422, dollars.CodeReasonInvalid, "/reason")
	p := a.send(t, "dsk_operator", "POST", path+"/freeze", `{"reason":"Alice Smith called"}`).problem(t, 422, dollars.CodeReasonInvalid, "/reason")
	if p.Detail != wallet.Refusal(dollars.CodeReasonInvalid) || p.Detail == "" || p.Instance != "" {
		t.Errorf("a sentence went to the ledger: %+v", p)
	}
	a.send(t, "dsk_operator", "POST", path+"/freeze", `{"reason":"fraud/12"}`).want(t, 200)
	var b Balance
	a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b)
	var state AccountState
	a.send(t, "dsk_auditor", "GET", path, "").want(t, 200).decode(t, &state)
	if b.Frozen != "fraud/12" || state.Frozen != b.Frozen || state.Available != 50_00 || len(state.Keys) != 1 {
		t.Errorf("%+v, %+v", b, state)
	}
	a.orders(t, alice, "alice", `{"kind":"hold","amount":"1","until":"2026-11-30T00:00:00Z"}`).problem(t, 422, dollars.CodeAccountFrozen, "")
	var history History
	a.send(t, alice, "GET", "/v1/members/alice/history", "").want(t, 200).decode(t, &history)
	if e := history.Entries[0]; e.Kind != "freeze" || e.Reason != "fraud/12" || e.Change != "0.00" {
		t.Errorf("%+v", e)
	}
	a.send(t, "dsk_operator", "POST", path+"/unfreeze", `{"reason":"cleared"}`).want(t, 200)
	a.orders(t, alice, "alice", `{"kind":"hold","amount":"1","until":"2026-11-30T00:00:00Z"}`).want(t, 200)
	a.send(t, "dsk_operator", "GET", "/v1/accounts/0x12", "").problem(t, 422, dollars.CodeAccountInvalid, "")
}

func TestAdjustments(t *testing.T) {
	a := newLimited(t)
	alice := a.enrol(t, "alice")
	account := a.ledger.members["alice"].Account.String()
	propose := func(body string, headers ...string) answer {
		return a.send(t, "dsk_operator", "POST", "/v1/adjustments", strings.Replace(body, "ALICE", account, 1), headers...)
	}
	const goodwill = `{"account":"ALICE","amount":"15","months":12,"reason":"late-room"}`
	var first, again Status
	propose(goodwill, "Idempotency-Key", "k").want(t, 200).decode(t, &first)
	propose(goodwill, "Idempotency-Key", "k").want(t, 200).decode(t, &again)
	if len(first.Adjustment) != 64 || again.Adjustment != first.Adjustment {
		t.Errorf("%+v, then %+v", first, again)
	}
	path := "/v1/adjustments/" + first.Adjustment
	var adjustment Adjustment
	a.send(t, "dsk_approver", "GET", path, "").want(t, 200).decode(t, &adjustment)
	if !adjustment.Applied.IsZero() || adjustment.Amount != 15_00 || adjustment.Reason != "late-room" {
		t.Errorf("%+v", adjustment)
	}
	// Nothing without the second certificate.
	a.send(t, "dsk_operator", "POST", path+"/approve", "").problem(t, 403, wallet.CodeForbidden, "")
	var b Balance
	if a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b); b.Available != 0 {
		t.Errorf("%+v", b)
	}
	a.send(t, "dsk_approver", "POST", path+"/approve", "{}").problem(t, 400, wallet.CodeMalformed, "")
	a.send(t, "dsk_approver", "POST", path+"/approve", "").want(t, 200).decode(t, &again)
	if a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200).decode(t, &b); b.Available != 15_00 || again.Adjustment != first.Adjustment {
		t.Errorf("%+v, %+v", b, again)
	}
	a.send(t, "dsk_auditor", "GET", path, "").want(t, 200).decode(t, &adjustment)
	if adjustment.Applied.IsZero() {
		t.Errorf("%+v", adjustment)
	}

	named := `"id":"` + first.Adjustment + `"`
	for _, test := range []struct {
		name, body string
		status     int
		code       dollars.Code
		field      string
	}{
		{"another under its id", `{` + named + `,"account":"ALICE","amount":"16","months":12,"reason":"late-room"}`, 422, dollars.CodeAdjustmentConflict, ""},
		{"nothing", `{"account":"ALICE","amount":"0","months":12,"reason":"x"}`, 422, dollars.CodeAdjustmentInvalid, ""},
		{"granted for no months", `{"account":"ALICE","amount":"1","reason":"x"}`, 422, dollars.CodeAdjustmentInvalid, ""},
		{"burned for months", `{"account":"ALICE","amount":"1","months":1,"burn":true,"reason":"x"}`, 422, dollars.CodeAdjustmentInvalid, ""},
		{"a sentence", `{"account":"ALICE","amount":"1","months":1,"reason":"she was nice"}`, 422, dollars.CodeReasonInvalid, "/reason"},
		{"no reason", `{"account":"ALICE","amount":"1","months":1}`, 400, wallet.CodeMalformed, "/reason"},
		{"no account", `{"amount":"1","months":1,"reason":"x"}`, 400, wallet.CodeMalformed, "/account"},
		{"no amount", `{"account":"ALICE","months":1,"reason":"x"}`, 400, wallet.CodeMalformed, "/amount"},
		{"half an id", `{"id":"12","account":"ALICE","amount":"1","months":1,"reason":"x"}`, 400, wallet.CodeMalformed, "/id"},
		{"burned, perhaps", `{"account":"ALICE","amount":"1","burn":1,"reason":"x"}`, 400, wallet.CodeMalformed, "/burn"},
	} {
		t.Run(test.name, func(t *testing.T) { propose(test.body).problem(t, test.status, test.code, test.field) })
	}
	propose(`{"account":"ALICE","amount":"5.01","months":12,"reason":"x"}`).want(t, 200).decode(t, &first)
	a.send(t, "dsk_approver", "POST", "/v1/adjustments/"+first.Adjustment+"/approve", "").problem(t, 422, dollars.CodeAdjustmentLimit, "")
	none := "/v1/adjustments/" + strings.Repeat("0", 64)
	a.send(t, "dsk_approver", "POST", none+"/approve", "").problem(t, 422, dollars.CodeAdjustmentUnknown, "")
	a.send(t, "dsk_auditor", "GET", none, "").problem(t, 404, wallet.CodeNotFound, "")
	a.send(t, "dsk_auditor", "GET", "/v1/adjustments/12", "").problem(t, 404, wallet.CodeNotFound, "")
}

func TestRecoveries(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	newKey, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	path := "/v1/accounts/" + a.ledger.members["alice"].Account.String() + "/recovery"
	key := `{"key":"` + accountOf(newKey).String() + `"}`
	step := func(client, step string) answer { return a.send(t, client, "POST", path+step, key) }
	keys := func() (k Keys) {
		a.send(t, alice, "GET", "/v1/members/alice/keys", "").want(t, 200).decode(t, &k)
		return k
	}

	step("dsk_approver", "/approve").problem(t, 422, dollars.CodeRecoveryUnknown, "")
	step("dsk_operator", "").want(t, 200)
	if k := keys(); k.Recovery == nil || k.Recovery.Key != accountOf(newKey) || k.Recovery.ProposedBy != "DestinasiaMSP" || !k.Recovery.Approved.IsZero() {
		t.Errorf("%+v", k)
	}
	step("dsk_operator", "/complete").problem(t, 422, dollars.CodeRecoveryWaiting, "")
	step("dsk_approver", "/approve").want(t, 200)
	if k := keys(); !k.Recovery.Completable.Equal(a.ledger.now.Add(72 * time.Hour)) {
		t.Errorf("%+v", k.Recovery)
	}
	step("dsk_operator", "/complete").problem(t, 422, dollars.CodeRecoveryWaiting, "")
	other := `{"key":"0x000000000000000000000000000000000000dEaD"}`
	a.send(t, "dsk_operator", "POST", path, other).problem(t, 422, dollars.CodeRecoveryPending, "")
	a.send(t, "dsk_operator", "POST", path+"/complete", other).problem(t, 422, dollars.CodeRecoveryUnknown, "")
	a.send(t, "dsk_operator", "POST", path, `{}`).problem(t, 400, wallet.CodeMalformed, "/key")

	// The member still has the key, and objects.
	var objected Order
	a.orders(t, alice, "alice", `{"kind":"object"}`).want(t, 200).decode(t, &objected)
	if objected.Key != accountOf(newKey) || keys().Recovery != nil {
		t.Errorf("%+v", objected)
	}
	step("dsk_operator", "/complete").problem(t, 422, dollars.CodeRecoveryUnknown, "")

	// This time nobody objects.
	step("dsk_operator", "").want(t, 200)
	step("dsk_approver", "/approve").want(t, 200)
	a.ledger.now = a.ledger.now.Add(72 * time.Hour)
	alice = a.session(t, "alice")
	step("dsk_operator", "/complete").want(t, 200)
	if k := keys(); len(k.Keys) != 1 || k.Keys[0] != accountOf(newKey) || k.Custody.IsZero() {
		t.Errorf("%+v", k)
	}
	a.orders(t, alice, "alice", `{"kind":"redemption","amount":"1"}`).problem(t, 422, wallet.CodeNoCustody, "/signed")
}

func TestCustodyChangesHands(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	own, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	a.send(t, alice, "DELETE", "/v1/members/alice/custody", "").problem(t, 409, wallet.CodeOnlyKey, "")
	a.orders(t, alice, "alice", `{"kind":"change-keys","add":"`+accountOf(own).String()+`"}`).want(t, 200)
	var m Member
	a.send(t, alice, "DELETE", "/v1/members/alice/custody", "").want(t, 200).decode(t, &m)
	if m.Custody {
		t.Errorf("%+v", m)
	}
	a.send(t, alice, "POST", "/v1/members/alice/custody", "").problem(t, 422, wallet.CodeNoCustody, "")
	var first, again CustodyKey
	a.send(t, alice, "POST", "/v1/members/alice/custody/key", "").want(t, 200).decode(t, &first)
	a.send(t, alice, "POST", "/v1/members/alice/custody/key", "").want(t, 200).decode(t, &again)
	if first != again {
		t.Errorf("%+v, then %+v", first, again)
	}
	a.send(t, alice, "POST", "/v1/members/alice/custody", "").problem(t, 422, wallet.CodeNoCustody, "")

	// The member's own key adds the service's, as typed data.
	intent := fmt.Sprintf(`"kind":"change-keys","add":"%s"`, first.Address)
	var prepared PreparedOrder
	a.send(t, alice, "POST", "/v1/members/alice/orders/prepare", `{`+intent+`}`).want(t, 200).decode(t, &prepared)
	id, signature := sign(t, own, prepared.TypedData)
	if id != prepared.OrderID || prepared.TypedData.PrimaryType != "ChangeKeys" {
		t.Errorf("%s, prepared %+v", id, prepared)
	}
	a.orders(t, "dsk_member", "alice", fmt.Sprintf(`{%s,"signed":{"nonce":%d,"deadline":%d,"signature":"%s"}}`,
		intent, prepared.Nonce, prepared.Deadline, signature)).want(t, 200)
	a.send(t, alice, "POST", "/v1/members/alice/custody", "{}").problem(t, 400, wallet.CodeMalformed, "")
	a.send(t, alice, "POST", "/v1/members/alice/custody", "").want(t, 200).decode(t, &m)
	if !m.Custody {
		t.Errorf("%+v", m)
	}
}
