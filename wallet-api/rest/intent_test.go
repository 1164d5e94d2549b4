package rest

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Every kind of order is prepared as typed data that a wallet which knows nothing of this project hashes to the same id, and
// is placed with its signature.
func TestEveryKindOfOrderIsSigned(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "bob")
	key, token := carol(t, a)
	a.send(t, "dsk_merchant", "PUT", "/v1/rewards/spa", spa).want(t, 200)
	account := accountOf(key).String()
	codeHash := dollars.WordText(dollars.CodeHash([32]byte{7}))
	const home = "0x000000000000000000000000000000000000dEaD"
	signed, placed := map[OrderKind]bool{}, []Order{}
	for _, test := range []struct {
		kind     OrderKind
		fields   string
		code     dollars.Code // it is refused with
		prepared bool         // and not before it is signed
	}{
		{OrderTransfer, `,"toMember":"bob","amount":"1","memo":"x"`, "", true},
		{OrderRedemption, `,"amount":"1"`, "", true},
		{OrderHold, `,"amount":"1","until":"2026-11-30T00:00:00Z","toMember":"bob"`, "", true},
		{OrderClaim, `,"reward":"spa","amount":"12.50","codeHash":"` + codeHash + `"`, "", true},
		{OrderJoin, `,"household":"` + home + `"`, dollars.CodeHouseholdUnknown, true},
		{OrderForm, ``, "", true},
		{OrderInvite, `,"whomMember":"bob","amount":"3"`, "", true},
		{OrderContribute, `,"amount":"2"`, "", true},
		{OrderLeave, `,"whom":"` + a.ledger.members["bob"].Account.String() + `"`, "", true},
		{OrderChangeKeys, `,"add":"` + home + `"`, "", true},
		{OrderObject, ``, dollars.CodeRecoveryUnknown, false},
	} {
		signed[test.kind] = true
		body := `"kind":"` + string(test.kind) + `"` + test.fields
		got := a.send(t, token, "POST", "/v1/members/carol/orders/prepare", `{`+body+`,"chainId":5}`)
		if !test.prepared {
			got.problem(t, 404, test.code, "")
			continue
		}
		var p PreparedOrder
		got.want(t, 200).decode(t, &p)
		id, signature := sign(t, key, p.TypedData)
		if id != p.OrderID {
			t.Fatalf("%s: the wallet signs %s, the service says %s", test.kind, id, p.OrderID)
		}
		got = a.orders(t, "dsk_member", "carol", `{`+body+`,"signed":`+signedJSON(p, "5", signature)+`}`)
		if test.code != "" {
			got.problem(t, statuses[test.code], test.code, "")
			continue
		}
		var order, known Order
		got.want(t, 200).decode(t, &order)
		a.send(t, token, "GET", "/v1/orders/"+id, "").want(t, 200).decode(t, &known)
		if order.Status != StateApplied || order.Kind != test.kind || known.Kind != test.kind || order.From.String() != account {
			t.Errorf("%s: %+v, known as %+v", test.kind, order, known)
		}
		placed = append(placed, order)
	}
	// When the service has forgotten the order, the ledger tells what it was.
	a.ledger.work = map[wallet.WorkID]*wallet.Status{}
	for _, o := range placed {
		var known Order
		a.send(t, token, "GET", "/v1/orders/"+o.OrderID, "").want(t, 200).decode(t, &known)
		if known.Kind != o.Kind || known.From != o.From || known.To != o.To || known.Amount != o.Amount || known.Whom != o.Whom ||
			known.Reward != o.Reward || !reflect.DeepEqual(known.Voucher, o.Voucher) || !reflect.DeepEqual(known.Transaction, o.Transaction) {
			t.Errorf("%s: %+v, was %+v", o.Kind, known, o)
		}
	}
	for kind := range forms {
		if !signed[kind] || !kind.Valid() {
			t.Errorf("%s is not tested, or not in the document", kind)
		}
	}
}

// FuzzReadOrder: what is read as an order is JSON, of a kind that there is, and has no field that its kind has not.
func FuzzReadOrder(f *testing.F) {
	for _, seed := range []string{
		`{"kind":"hold","amount":"1","until":"2026-11-30T00:00:00Z"}`, `{"kind":"claim","reward":"spa"}`, `{"kind":"form"}`,
		`{"kind":"transfer","to":"0x000000000000000000000000000000000000dEaD","amount":"1","fromHousehold":true}`, `{"amount":"1"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader{data: data}
		o := readNewOrder(&r)
		if r.end() != nil {
			return
		}
		form, known := forms[o.kind]
		var fields map[string]any
		if err := json.Unmarshal(data, &fields); err != nil || !known {
			t.Fatalf("read %q as %q: %v", data, o.kind, err)
		}
		delete(fields, "kind")
		delete(fields, "signed")
		for _, must := range form.must {
			if fields[must] == nil {
				t.Errorf("%s without %s: %q", o.kind, must, data)
			}
			delete(fields, must)
		}
		for _, may := range form.may {
			delete(fields, may)
		}
		if len(fields) > 0 {
			t.Errorf("%s with %v: %q", o.kind, fields, data)
		}
	})
}
