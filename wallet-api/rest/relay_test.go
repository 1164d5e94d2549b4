package rest

import (
	"crypto/ecdsa"
	"fmt"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// signedRedemption is an order of carol's as a program relays it. Further nonces are signed ahead.
func signedRedemption(t *testing.T, a api, key *ecdsa.PrivateKey, amount string, ahead uint64) (order, id string) {
	t.Helper()
	var p PreparedOrder
	a.send(t, "dsk_member", "POST", "/v1/members/carol/orders/prepare", `{"kind":"redemption","amount":"`+amount+`"}`).want(t, 200).decode(t, &p)
	p.Nonce += ahead
	p.TypedData.Message["nonce"] = fmt.Sprint(p.Nonce)
	id, signature := sign(t, key, p.TypedData)
	return `{"member":"carol","order":{"kind":"redemption","amount":"` + amount + `","signed":` + signedJSON(p, "0", signature) + `}}`, id
}

// Every order has an answer of its own, and none spoils its neighbours.
func TestOrdersAreRelayed(t *testing.T) {
	a := newAPI(t, Options{})
	key, token := carol(t, a)
	first, firstID := signedRedemption(t, a, key, "20", 0)
	second, secondID := signedRedemption(t, a, key, "25", 1)
	third, _ := signedRedemption(t, a, key, "6", 2) // more than is left behind the two; the next is not
	fourth, fourthID := signedRedemption(t, a, key, "1", 3)
	orders := []string{
		first, second, third,
		`{"member":"carol","order":{"kind":"redemption","amount":"1"}}`,
		strings.Replace(first, "carol", "nobody", 1),
		first,
		fourth,
	}
	var got RelayedOrders
	a.send(t, "dsk_member", "POST", "/v1/orders", `{"orders":[`+strings.Join(orders, ",")+`]}`, "Prefer", "wait=5").want(t, 200).decode(t, &got)
	for i, id := range map[int]string{0: firstID, 1: secondID, 6: fourthID} {
		o := got.Orders[i]
		if o.Problem != nil || o.Order.OrderID != id || o.Order.Status != StateApplied || o.Order.Transaction == nil {
			t.Errorf("order %d: %+v", i, o)
		}
	}
	for i, code := range map[int]Code{2: dollars.CodeBalance, 3: wallet.CodeForbidden, 4: wallet.CodeMemberUnknown} {
		if o := got.Orders[i]; o.Order != nil || o.Problem == nil || o.Problem.Code != code {
			t.Errorf("order %d is to be refused with %s: %+v", i, code, o)
		}
	}
	if o := got.Orders[5]; o.Order == nil || o.Order.OrderID != firstID || o.Order.Status != StateApplied {
		t.Errorf("the first order, once more in the same request: %+v", o)
	}
	// Sent again, they are what they were.
	a.send(t, "dsk_member", "POST", "/v1/orders", `{"orders":[`+first+`,`+second+`]}`).want(t, 200).decode(t, &got)
	for i, id := range []string{firstID, secondID} {
		if o := got.Orders[i]; o.Problem != nil || o.Order.OrderID != id || o.Order.Status != StateApplied {
			t.Errorf("order %d again: %+v", i, o)
		}
	}
	var b Balance
	a.send(t, token, "GET", "/v1/members/carol/balance", "").want(t, 200).decode(t, &b)
	if b.Available != 4_00 {
		t.Errorf("%v is left", b.Available)
	}
}

func TestRelaysThatCannotBeRead(t *testing.T) {
	a := newAPI(t, Options{})
	key, _ := carol(t, a)
	order, _ := signedRedemption(t, a, key, "1", 0)
	for body, field := range map[string]string{
		`{}`:                              "/orders",
		`{"orders":[{}]}`:                 "/orders/0/member",
		`{"orders":[{"member":"carol"}]}`: "/orders/0/order",
		`{"orders":[` + order + `,{"member":"carol","order":{"kind":"redemption"}}]}`: "/orders/1/order/amount",
		`{"orders":[` + strings.Repeat(order+",", wallet.MaxRelayed) + order + `]}`:   "/orders",
	} {
		a.send(t, "dsk_member", "POST", "/v1/orders", body).problem(t, 400, wallet.CodeMalformed, field)
	}
	if a.ledger.supply.Redeemed != 0 {
		t.Error("something was accepted of what could not be read")
	}
	a.ledger.full = true
	a.send(t, "dsk_member", "POST", "/v1/orders", `{"orders":[`+order+`]}`).problem(t, 503, wallet.CodeOverloaded, "")
}
