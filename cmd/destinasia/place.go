package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// orderWait is how long an order is waited for, the longest the service offers; commits take about half a second.
const orderWait = 30 * time.Second

// ledgerName is what orders are signed for. It comes from the network's description rather than from the service, so
// that a service gone wrong cannot have an order for another ledger signed.
type ledgerName struct {
	currency           dollars.Currency
	channel, chaincode string
}

func ledgerOf(n *native.Network) (ledgerName, error) {
	name := ledgerName{channel: n.Topology.Channel.Name, chaincode: n.Topology.Chaincodes[0].Name}
	var known bool
	if name.currency, known = dollars.CurrencyOf(name.chaincode); !known {
		return ledgerName{}, fmt.Errorf("this program knows no currency of chaincode %q: use the program the network was made with", name.chaincode)
	}
	return name, nil
}

// orderer places members' orders: signed with a key of their own, or by the service with the key in its custody.
type orderer struct {
	members *client.Client // with the key of a member service
	ledger  ledgerName
	// key finds the key of a member who holds it.
	key  func(client.Member) (memberKey, error)
	wait time.Duration
	now  func() time.Time // in the network
}

// place places an order of a member. A transfer names its receiver; a redemption none.
func (o orderer) place(ctx context.Context, from string, intent client.Intent) (client.Order, error) {
	m, err := o.members.Member(ctx, from)
	if err != nil {
		return client.Order{}, err
	}
	if m.Custody {
		session, err := o.members.CreateSession(ctx, m.ID)
		if err != nil {
			return client.Order{}, err
		}
		return o.send(ctx, o.members.As(session.Token), m.ID, intent, nil)
	}
	if intent.ToMember != "" {
		to, err := o.members.Member(ctx, intent.ToMember)
		if err != nil {
			return client.Order{}, err
		}
		intent.To, intent.ToMember = &to.Account, ""
	}
	signed, err := o.sign(ctx, m, intent)
	if err != nil {
		return client.Order{}, err
	}
	return o.send(ctx, o.members, m.ID, intent, &signed)
}

// sign signs an order with the member's own key. The service only chooses nonce and deadline: what is signed is
// built here from what the member asked for.
func (o orderer) sign(ctx context.Context, m client.Member, intent client.Intent) (client.SignedFields, error) {
	key, err := o.key(m)
	if err != nil {
		return client.SignedFields{}, err
	}
	if key.account() != m.Account {
		return client.SignedFields{}, fmt.Errorf("the key file is for account %s, but member %s has account %s; nothing was signed", key.account(), m.ID, m.Account)
	}
	prepared, err := o.members.PrepareOrder(ctx, m.ID, intent)
	if err != nil {
		return client.SignedFields{}, err
	}
	order := dollars.Order{
		Kind: dollars.KindRedeem, From: m.Account, Amount: intent.Amount,
		Nonce: prepared.Nonce, Deadline: prepared.Deadline,
	}
	if intent.To != nil {
		order.Kind, order.To = dollars.KindTransfer, *intent.To
	}
	if intent.Memo != "" {
		order.MemoHash = [32]byte(crypto.Keccak256([]byte(intent.Memo)))
	}
	if err := order.Check(o.now().Unix()); err != nil {
		return client.SignedFields{}, err
	}
	id := order.ID(o.ledger.currency, o.ledger.channel, o.ledger.chaincode)
	if id.String() != prepared.OrderID {
		return client.SignedFields{}, errors.New("the service prepared another order than was asked for; nothing was signed")
	}
	signature, err := key.sign(id)
	if err != nil {
		return client.SignedFields{}, err
	}
	return client.SignedFields{Nonce: order.Nonce, Deadline: order.Deadline, Signature: fmt.Sprintf("0x%x", signature[:])}, nil
}

// send hands an order to the service.
func (o orderer) send(ctx context.Context, as *client.Client, from string, intent client.Intent, signed *client.SignedFields) (client.Order, error) {
	change := client.Change{Wait: o.wait}
	if intent.Kind == client.OrderRedemption {
		return as.Redeem(ctx, from, client.Redemption{Amount: intent.Amount, Memo: intent.Memo, Signed: signed}, change)
	}
	transfer := client.Transfer{To: intent.To, ToMember: intent.ToMember, Amount: intent.Amount, Memo: intent.Memo, Signed: signed}
	return as.Send(ctx, from, transfer, change)
}

// receiver puts who a transfer is for into an intent: an account, written as such, or a member.
func receiver(intent *client.Intent, to string) error {
	if !strings.HasPrefix(to, "0x") {
		id, err := memberID(to)
		intent.ToMember = id
		return err
	}
	account, err := dollars.ParseAccount(to)
	if err != nil {
		return err
	}
	intent.To = &account
	return nil
}
