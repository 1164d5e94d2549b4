package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// kindOf is the kind on the ledger of each kind of order that members ask for.
var kindOf = map[client.OrderKind]dollars.Kind{
	client.OrderTransfer:   dollars.KindTransfer,
	client.OrderRedemption: dollars.KindRedeem,
	client.OrderHold:       dollars.KindHold,
	client.OrderClaim:      dollars.KindClaim,
	client.OrderForm:       dollars.KindForm,
	client.OrderInvite:     dollars.KindInvite,
	client.OrderJoin:       dollars.KindJoin,
	client.OrderContribute: dollars.KindContribute,
	client.OrderLeave:      dollars.KindLeave,
	client.OrderChangeKeys: dollars.KindChangeKeys,
	client.OrderObject:     dollars.KindObject,
}

// draft is the order that is asked for, all but nonce, deadline and a voucher's code. It is made here, because what is
// signed must be what was asked for, and not what the service makes of it. Of the service it takes what nobody types:
// whose account is whose, which household a member is in, what a reward costs, and with which key a recovery is under way.
// A wrong answer to one of the last three is an order that the ledger refuses.
func (s signer) draft(ctx context.Context, intent *client.Intent) (dollars.Order, error) {
	kind, known := kindOf[intent.Kind]
	if !known {
		return dollars.Order{}, fmt.Errorf("this program cannot sign orders of kind %q", intent.Kind)
	}
	if err := s.resolve(ctx, intent); err != nil {
		return dollars.Order{}, err
	}
	order := dollars.Order{Kind: kind, From: s.member.Account, Amount: intent.Amount}
	if intent.Memo != "" {
		order.MemoHash = [32]byte(crypto.Keccak256([]byte(intent.Memo)))
	}
	var err error
	if intent.FromHousehold {
		if order.From, err = s.household(ctx); err != nil {
			return dollars.Order{}, err
		}
	}
	switch kind {
	case dollars.KindTransfer:
		order.To = orZero(intent.To)
	case dollars.KindHold:
		order.To, order.Until = orZero(intent.To), intent.Until.Unix()
	case dollars.KindClaim:
		order.Ref = dollars.RewardID(intent.Reward)
		order.Amount, err = s.price(ctx, intent)
	case dollars.KindInvite, dollars.KindContribute:
		order.Other = orZero(intent.Whom)
		order.To, err = s.household(ctx)
	case dollars.KindJoin:
		order.To = orZero(intent.Household)
	case dollars.KindLeave:
		if order.Other = orZero(intent.Whom); intent.Whom == nil {
			order.Other = s.member.Account
		}
		if order.To = orZero(intent.Household); intent.Household == nil {
			order.To, err = s.household(ctx)
		}
	case dollars.KindChangeKeys:
		order.To, order.Other = orZero(intent.Add), orZero(intent.Remove)
	case dollars.KindObject:
		order.To, err = s.recoveryKey(ctx)
	}
	return order, err
}

// resolve puts accounts in the place of members.
func (s signer) resolve(ctx context.Context, intent *client.Intent) error {
	for _, p := range []struct {
		member  *string
		account **dollars.Account
	}{{&intent.ToMember, &intent.To}, {&intent.WhomMember, &intent.Whom}} {
		if *p.member == "" {
			continue
		}
		m, err := s.members.Member(ctx, *p.member)
		if err != nil {
			return err
		}
		*p.account, *p.member = &m.Account, ""
	}
	return nil
}

func (s signer) household(ctx context.Context) (dollars.Account, error) {
	h, err := s.members.Household(ctx, s.member.ID)
	return h.Account, err
}

func (s signer) recoveryKey(ctx context.Context) (dollars.Account, error) {
	keys, err := s.members.Keys(ctx, s.member.ID)
	if err == nil && keys.Recovery == nil {
		err = errors.New("no recovery of this account is under way, so there is nothing to object to")
	}
	if err != nil {
		return dollars.Account{}, err
	}
	return keys.Recovery.Key, nil
}

// price is what a claim is willing to pay: what was asked for, or else what the catalogue says.
func (s signer) price(ctx context.Context, intent *client.Intent) (dollars.Amount, error) {
	if intent.Amount != 0 {
		return intent.Amount, nil
	}
	rewards, err := readRewards(ctx, s.members)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(rewards, func(r client.Reward) bool { return r.ID == intent.Reward })
	if i < 0 {
		return 0, fmt.Errorf("there is no reward %s in the catalogue: see `destinasia reward list`; nothing was signed", intent.Reward)
	}
	intent.Amount = rewards[i].Price // The service is told the same as is signed.
	return intent.Amount, nil
}

func orZero(a *dollars.Account) dollars.Account {
	if a == nil {
		return dollars.Account{}
	}
	return *a
}
