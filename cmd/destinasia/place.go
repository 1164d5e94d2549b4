package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
	// key finds the key of a member who signs with their own.
	key func(client.Member) (memberKey, error)
	// preferOwn has the member's own key sign also where the service holds one for the same account.
	preferOwn bool
	wait      time.Duration
	now       func() time.Time // in the network
}

// place places an order of a member.
func (o orderer) place(ctx context.Context, from string, intent client.Intent) (client.Order, error) {
	s, err := o.signer(ctx, from)
	if err != nil {
		return client.Order{}, err
	}
	placed, err := s.place(ctx, intent)
	return placed.Order, err
}

// signer is a member as one who orders.
type signer struct {
	orderer
	member  client.Member
	session *client.Client // acts as the member; nil with a key of their own
	own     memberKey
}

// placedOrder is an order, and what it is good for.
type placedOrder struct {
	client.Order
	Hold        string `json:"hold,omitempty"`        // as merchants name it
	VoucherCode string `json:"voucherCode,omitempty"` // of a claim
}

// signer prepares for orders of a member, and refuses a key that does not sign for them.
func (o orderer) signer(ctx context.Context, id string) (signer, error) {
	m, err := o.members.Member(ctx, id)
	if err != nil {
		return signer{}, err
	}
	s := signer{orderer: o, member: m}
	if m.Custody && !o.preferOwn {
		s.session, err = actAs(ctx, o.members, m.ID)
		return s, err
	}
	if s.own, err = o.key(m); err != nil {
		return signer{}, err
	}
	keys, err := o.members.Keys(ctx, m.ID)
	if err != nil {
		return signer{}, err
	}
	if !slices.Contains(keys.Keys, s.own.address()) {
		return signer{}, fmt.Errorf("the key file's key is %s, which does not sign for account %s of member %s: see `destinasia key list`; nothing was signed",
			s.own.address(), m.Account, m.ID)
	}
	return s, nil
}

// actAs is a client that acts as a member.
func actAs(ctx context.Context, members *client.Client, id string) (*client.Client, error) {
	session, err := members.CreateSession(ctx, id)
	if err != nil {
		return nil, err
	}
	return members.As(session.Token), nil
}

func (s signer) place(ctx context.Context, intent client.Intent) (placedOrder, error) {
	change := client.Change{Wait: s.wait}
	if s.session != nil {
		placed, err := s.session.Place(ctx, s.member.ID, intent, nil, change)
		return placedOrder{Order: placed}, err
	}
	order, err := s.draft(ctx, &intent)
	if err != nil {
		return placedOrder{}, err
	}
	code, err := s.complete(ctx, &intent, &order)
	if err != nil {
		return placedOrder{}, err
	}
	signature, err := s.sign(order)
	if err != nil {
		return placedOrder{}, err
	}
	signed := client.SignedFields{Nonce: order.Nonce, Deadline: order.Deadline, Signature: signature}
	placed, err := s.members.Place(ctx, s.member.ID, intent, &signed, change)
	return placedOrder{Order: placed, VoucherCode: code}, err
}

func (s signer) id(order dollars.Order) dollars.OrderID {
	return order.ID(s.ledger.currency, s.ledger.channel, s.ledger.chaincode)
}

// sign signs an order with the member's own key, as the API has signatures.
func (s signer) sign(order dollars.Order) (string, error) {
	signature, err := s.own.sign(s.id(order))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("0x%x", signature[:]), nil
}

// complete has the service choose nonce and deadline of an order; nothing else of what is signed is the service's. A claim
// also gets the code of its voucher, made here.
func (s signer) complete(ctx context.Context, intent *client.Intent, order *dollars.Order) (code string, err error) {
	claim := order.Kind == dollars.KindClaim
	for range 3 {
		if claim {
			secret := s.own.voucherCode(order.From, order.Nonce)
			order.Reference = dollars.CodeHash(secret)
			code, intent.CodeHash = dollars.WordText(secret), dollars.WordText(order.Reference)
		}
		prepared, err := s.members.PrepareOrder(ctx, s.member.ID, *intent)
		if err != nil {
			return "", err
		}
		known := order.Nonce
		order.Nonce, order.Deadline = prepared.Nonce, prepared.Deadline
		if claim && known != prepared.Nonce {
			continue // The code is made from the nonce, which only this answer told.
		}
		if err := order.Check(s.now().Unix()); err != nil {
			return "", err
		}
		if s.id(*order).String() != prepared.OrderID {
			return "", errors.New("the service prepared another order than was asked for; nothing was signed")
		}
		return code, nil
	}
	return "", errors.New("other orders of this account came in between every time; nothing was signed, try again")
}

// party reads who is meant: an account, written as such, or a member.
func party(text string) (account *dollars.Account, member string, err error) {
	if !strings.HasPrefix(text, "0x") {
		member, err = memberID(text)
		return nil, member, err
	}
	a, err := dollars.ParseAccount(text)
	if err != nil {
		return nil, "", err
	}
	return &a, "", nil
}
