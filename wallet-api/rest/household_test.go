package rest

import (
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestHouseholds(t *testing.T) {
	a := newAPI(t, Options{})
	alice, bob, carol := a.enrol(t, "alice"), a.enrol(t, "bob"), a.enrol(t, "carol")
	a.earns(t, "alice", "b1", "1000.00")
	a.send(t, alice, "GET", "/v1/members/alice/household", "").problem(t, 404, dollars.CodeHouseholdOther, "")
	a.orders(t, alice, "alice", `{"kind":"contribute","amount":"1"}`).problem(t, 404, dollars.CodeHouseholdOther, "")

	var formed Order
	a.orders(t, alice, "alice", `{"kind":"form"}`).want(t, 200).decode(t, &formed)
	home := formed.Household.String()
	a.orders(t, alice, "alice", `{"kind":"form"}`).problem(t, 409, dollars.CodeHouseholdMember, "")
	a.orders(t, bob, "bob", `{"kind":"join","household":"`+home+`","amount":"5"}`).problem(t, 409, dollars.CodeHouseholdInvite, "")
	a.orders(t, bob, "bob", `{"kind":"join","household":"0x000000000000000000000000000000000000dEaD"}`).problem(t, 404, dollars.CodeHouseholdUnknown, "")
	var invited Order
	a.orders(t, alice, "alice", `{"kind":"invite","whomMember":"bob","amount":"5"}`).want(t, 200).decode(t, &invited)
	if invited.Household != formed.Household || invited.Whom != a.ledger.members["bob"].Account || invited.Amount != 5_00 {
		t.Errorf("%+v", invited)
	}
	a.orders(t, bob, "bob", `{"kind":"join","household":"`+home+`","amount":"6"}`).problem(t, 409, dollars.CodeHouseholdInvite, "")
	a.orders(t, bob, "bob", `{"kind":"join","household":"`+home+`","amount":"5"}`).want(t, 200)
	a.orders(t, bob, "bob", `{"kind":"invite","whomMember":"carol"}`).problem(t, 403, dollars.CodeHouseholdHead, "")
	a.orders(t, alice, "alice", `{"kind":"contribute","amount":"30"}`).want(t, 200)

	var spent Order
	a.send(t, bob, "POST", "/v1/members/bob/redemptions", `{"amount":"4","fromHousehold":true}`).want(t, 200).decode(t, &spent)
	if spent.From != formed.Household {
		t.Errorf("%+v", spent)
	}
	a.orders(t, bob, "bob", `{"kind":"redemption","amount":"1.01","fromHousehold":true}`).problem(t, 422, dollars.CodeHouseholdLimit, "/amount")
	a.orders(t, carol, "carol", `{"kind":"redemption","amount":"1","fromHousehold":true}`).problem(t, 404, dollars.CodeHouseholdOther, "")

	var h Household
	a.send(t, bob, "GET", "/v1/members/bob/household", "").want(t, 200).decode(t, &h)
	if h.Available != 26_00 || len(h.Members) != 2 || h.Members[0].DayLimit != nil || *h.Members[1].DayLimit != 5_00 || h.Members[1].SpentToday != 4_00 {
		t.Errorf("%+v", h)
	}
	a.send(t, bob, "GET", "/v1/members/alice/household", "").problem(t, 403, wallet.CodeForbidden, "")

	// Whoever signed sees the order, though the household's account is nobody's, and others do not.
	a.ledger.work = map[wallet.WorkID]*wallet.Status{}
	var known Order
	a.send(t, bob, "GET", "/v1/orders/"+spent.OrderID, "").want(t, 200).decode(t, &known)
	if known.From != formed.Household || known.Amount != 4_00 {
		t.Errorf("%+v", known)
	}
	a.send(t, carol, "GET", "/v1/orders/"+spent.OrderID, "").want(t, 404)

	var left Order
	a.orders(t, alice, "alice", `{"kind":"leave","whomMember":"bob"}`).want(t, 200).decode(t, &left)
	if left.Household != formed.Household || left.Whom != invited.Whom {
		t.Errorf("%+v", left)
	}
	a.send(t, bob, "GET", "/v1/members/bob/household", "").want(t, 404)
	a.orders(t, alice, "alice", `{"kind":"invite","whomMember":"carol"}`).want(t, 200)
	a.orders(t, alice, "alice", `{"kind":"leave"}`).problem(t, 403, dollars.CodeHouseholdHead, "") // somebody is still invited
	a.orders(t, carol, "carol", `{"kind":"leave","household":"`+home+`"}`).want(t, 200)            // declined
	a.orders(t, alice, "alice", `{"kind":"leave"}`).want(t, 200)
	a.send(t, alice, "GET", "/v1/members/alice/household", "").want(t, 404)
}

func TestBadIntents(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	for _, test := range []struct {
		name, body string
		status     int
		code       dollars.Code
		field      string
	}{
		{"no kind", `{"amount":"1"}`, 400, wallet.CodeMalformed, "/kind"},
		{"an unknown kind", `{"kind":"gift"}`, 400, wallet.CodeMalformed, "/kind"},
		{"a merchant's kind", `{"kind":"capture"}`, 400, wallet.CodeMalformed, "/kind"},
		{"another kind's field", `{"kind":"form","amount":"1"}`, 400, wallet.CodeMalformed, "/amount"},
		{"a chain", `{"kind":"redemption","amount":"1","chainId":1}`, 400, wallet.CodeMalformed, "/chainId"},
		{"a hold without end", `{"kind":"hold","amount":"1"}`, 400, wallet.CodeMalformed, "/until"},
		{"a hold until whenever", `{"kind":"hold","amount":"1","until":"soon"}`, 400, wallet.CodeMalformed, "/until"},
		{"a hold that has ended", `{"kind":"hold","amount":"1","until":"2026-11-22T12:00:00Z"}`, 422, dollars.CodeUntilInvalid, "/until"},
		{"a long hold", `{"kind":"hold","amount":"1","until":"2026-12-22T12:00:01Z"}`, 422, dollars.CodeUntilInvalid, "/until"},
		{"a hold over the balance", `{"kind":"hold","amount":"50.01","until":"2026-11-30T00:00:00Z"}`, 422, dollars.CodeBalance, "/amount"},
		{"of a household, perhaps", `{"kind":"redemption","amount":"1","fromHousehold":"yes"}`, 400, wallet.CodeMalformed, "/fromHousehold"},
		{"a memo to a household", `{"kind":"contribute","amount":"1","memo":"x"}`, 400, wallet.CodeMalformed, "/memo"},
		{"joining nothing", `{"kind":"join"}`, 400, wallet.CodeMalformed, "/household"},
		{"inviting nobody", `{"kind":"invite"}`, 404, dollars.CodeHouseholdOther, ""},
		{"leaving nothing", `{"kind":"leave"}`, 404, dollars.CodeHouseholdOther, ""},
		{"changing no key", `{"kind":"change-keys"}`, 422, dollars.CodeKeyInvalid, ""},
		{"removing the only key", `{"kind":"change-keys","remove":"` + a.ledger.members["alice"].Account.String() + `"}`, 422, dollars.CodeKeyInvalid, ""},
		{"objecting to nothing", `{"kind":"object"}`, 404, dollars.CodeRecoveryUnknown, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.unchanged(t, func() answer { return a.orders(t, alice, "alice", test.body) }).problem(t, test.status, test.code, test.field)
		})
	}
	a.orders(t, "dsk_member", "alice", `{"kind":"form"}`).problem(t, 403, wallet.CodeForbidden, "/signed")
}
