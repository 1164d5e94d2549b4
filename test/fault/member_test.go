package fault

import (
	"crypto/ecdsa"
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/test/history"
	"github.com/destinasia/dollars/wallet-api/client"
)

// member has a key of their own, so that an order is known by its id before anybody has answered.
type member struct {
	id      string
	account dollars.Account
	key     *ecdsa.PrivateKey
	nonce   uint64 // of the last order; only one client orders for a member
}

func newMember(t *testing.T, id string) *member {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return &member{id: id, account: dollars.Account(crypto.PubkeyToAddress(key.PublicKey)), key: key}
}

// order is what a member has signed.
type order struct {
	dollars.Order
	id     dollars.OrderID
	intent client.Intent
	signed client.SignedFields
}

// What every order is signed for.
const channel, chaincode = "dollars", "dsd"

// lifetime of orders: longer than the test.
const lifetime = 24 * time.Hour

var orderKinds = map[dollars.Kind]client.OrderKind{
	dollars.KindTransfer: client.OrderTransfer, dollars.KindRedeem: client.OrderRedemption, dollars.KindHold: client.OrderHold,
}

// sign makes the member's next order; to is zero for what nobody receives.
func (m *member) sign(kind dollars.Kind, to dollars.Account, amount dollars.Amount) (order, error) {
	m.nonce++
	deadline := time.Now().Add(lifetime)
	o := order{
		Order:  dollars.Order{Kind: kind, From: m.account, To: to, Amount: amount, Nonce: m.nonce, Deadline: deadline.Unix()},
		intent: client.Intent{Kind: orderKinds[kind], Amount: amount},
	}
	if !to.IsZero() {
		o.intent.To = &to
	}
	if kind == dollars.KindHold {
		until := deadline.Truncate(time.Second)
		o.Until, o.intent.Until = until.Unix(), until
	}
	currency, _ := dollars.CurrencyOf(chaincode)
	o.id = o.ID(currency, channel, chaincode)
	signature, err := crypto.Sign(o.id[:], m.key)
	o.signed = client.SignedFields{Nonce: o.Nonce, Deadline: o.Deadline, Signature: fmt.Sprintf("0x%x", signature)}
	return o, err
}

// what names the order as the ledger does.
func (o order) what() history.Intent {
	return history.Intent{Key: history.Key{Kind: o.Kind, Ref: o.id}, From: o.From, To: o.To, Amount: o.Amount}
}
