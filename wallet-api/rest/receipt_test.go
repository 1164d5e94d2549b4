package rest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof/prooftest"
	"github.com/destinasia/dollars/network/receipt"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// rawBlocks are blocks by number.
type rawBlocks map[uint64][]byte

func (b rawBlocks) Raw(_ context.Context, number uint64) ([]byte, error) {
	raw, ok := b[number]
	if !ok {
		return nil, errors.New("the peer is away")
	}
	return raw, nil
}

func TestReceipt(t *testing.T) {
	a, people := newAPI(t, Options{}), prooftest.NewPeople(t)
	blocks := rawBlocks{}
	a.wallet.Blocks = blocks
	alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
	a.earns(t, "alice", "b1", "1000.00")

	a.ledger.eager = false
	var order Order
	a.send(t, alice, "POST", "/v1/members/alice/transfers", `{"toMember":"bob","amount":"20"}`).want(t, http.StatusAccepted).decode(t, &order)
	path := "/v1/receipts/" + order.OrderID
	a.send(t, alice, "GET", path, "").problem(t, http.StatusNotFound, wallet.CodeNotFound, "")

	a.ledger.commit()
	a.send(t, alice, "GET", path, "").problem(t, http.StatusServiceUnavailable, wallet.CodeUnavailable, "")

	id, err := dollars.ParseOrderID(order.OrderID)
	if err != nil {
		t.Fatal(err)
	}
	at := a.ledger.orders[id]
	blocks[at.Block], at.TxID = people.Applied(at.Block, dollars.Journal{Entries: []dollars.Entry{at.Entry}}.Encode())
	a.ledger.orders[id] = at
	for _, token := range []string{alice, "dsk_member", "dsk_operator", "dsk_auditor"} {
		got := a.send(t, token, "GET", path, "").want(t, http.StatusOK)
		r, err := receipt.Decode(got.body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.Verify(r, people.Roots); err != nil || r.OrderID != order.OrderID {
			t.Errorf("%s has a receipt of %s: %v", token, r.OrderID, err)
		}
	}
	a.send(t, bob, "GET", path, "").problem(t, http.StatusNotFound, wallet.CodeNotFound, "")
	a.send(t, alice, "GET", "/v1/receipts/none", "").problem(t, http.StatusNotFound, wallet.CodeNotFound, "")
}
