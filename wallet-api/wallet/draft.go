package wallet

import (
	"context"
	"fmt"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/ethereum/go-ethereum/crypto"
)

// OrderRequest asks for an order of a member. Which fields an order has follows from its kind; see dollars.Order.
type OrderRequest struct {
	Member    string // whose order it is
	Kind      dollars.Kind
	Household bool  // it spends the points of the member's household
	To        Party // of a transfer, to whom; of a hold, the merchant, or nobody
	Whom      Party // of an invitation and a departure, who is meant; nobody is the member themself
	Amount    dollars.Amount
	Until     time.Time        // of a hold
	Reward    string           // of a claim; Amount 0 is the price in the catalogue
	CodeHash  *[32]byte        // of a claim with the member's own key: of the code that they chose
	Place     *dollars.Account // the household that is joined
	Add       *dollars.Account // of a change of keys
	Remove    *dollars.Account
	Memo      string
	Signed    *SignedFields   // nil: the service signs with the key in its custody
	Key       *IdempotencyKey // nil where the sender gave none
}

// Party is a member or an account; the zero Party is nobody.
type Party struct {
	Member  string
	Account *dollars.Account
}

func (p Party) isNobody() bool { return p.Member == "" && p.Account == nil }

// party finds the account of a party; field is the name it has in a request.
func (s *Service) party(ctx context.Context, p Party, field string) (dollars.Account, error) {
	switch {
	case (p.Member == "") == (p.Account == nil):
		return dollars.Account{}, &Error{Code: CodeMalformed, Detail: "name either a member or an account", Field: "/" + field}
	case p.Account != nil:
		return *p.Account, nil
	}
	m, err := s.Member(ctx, p.Member)
	return m.Account, at("/"+field+"Member", err)
}

// draft is the order as far as the request and the ledger decide it: all but nonce, deadline and, in custody, the code
// of a voucher.
func (s *Service) draft(ctx context.Context, r OrderRequest) (Member, dollars.Order, error) {
	if !s.caughtUp() {
		// Views that are being folded anew know neither the points nor the nonces of an account.
		return Member{}, dollars.Order{}, &Error{Code: CodeUnavailable, Detail: "the ledger is still being read after a restart, so orders cannot be judged; nothing was accepted, try again"}
	}
	m, err := s.Member(ctx, r.Member)
	if err != nil {
		return Member{}, dollars.Order{}, err
	}
	o := dollars.Order{Kind: r.Kind, From: m.Account, Amount: r.Amount}
	if r.Household {
		if o.From, err = s.householdToOrder(m.Account); err != nil {
			return Member{}, dollars.Order{}, err
		}
	}
	if len(r.Memo) > MaxMemoLength {
		return Member{}, dollars.Order{}, &Error{Code: CodeMalformed, Detail: fmt.Sprintf("a memo has at most %d bytes", MaxMemoLength), Field: "/memo"}
	}
	if r.Memo != "" {
		o.MemoHash = [32]byte(crypto.Keccak256([]byte(r.Memo)))
	}
	switch r.Kind {
	case dollars.KindTransfer:
		o.To, err = s.party(ctx, r.To, "to")
	case dollars.KindHold:
		o.Until = r.Until.Unix()
		if !r.To.isNobody() {
			o.To, err = s.party(ctx, r.To, "to")
		}
	case dollars.KindClaim:
		err = s.draftClaim(&o, r)
	case dollars.KindChangeKeys:
		o.To, o.Other = orZero(r.Add), orZero(r.Remove)
	case dollars.KindObject:
		rec, readErr := read(s.Views, dollars.RecoveryKey(m.Account), dollars.DecodeRecoveryRecord)
		o.To, err = rec.Key, readErr
		if err == nil && rec.Key.IsZero() {
			err = refused(dollars.CodeRecoveryUnknown, "")
		}
	default:
		err = s.draftHousehold(ctx, &o, m, r)
	}
	return m, o, err
}

func (s *Service) draftClaim(o *dollars.Order, r OrderRequest) error {
	o.Ref = dollars.RewardID(r.Reward)
	if r.CodeHash != nil {
		o.Reference = *r.CodeHash
	}
	rec, err := read(s.Views, dollars.RewardKey(r.Reward), dollars.DecodeRewardRecord)
	switch {
	case err != nil:
		return err
	case rec.Price == 0:
		return refused(dollars.CodeRewardUnknown, "/reward")
	case o.Amount == 0:
		o.Amount = rec.Price
	}
	return nil
}

// draftHousehold fills in what the orders that keep a household have.
func (s *Service) draftHousehold(ctx context.Context, o *dollars.Order, m Member, r OrderRequest) (err error) {
	switch r.Kind {
	case dollars.KindRedeem, dollars.KindForm:
		return nil
	case dollars.KindJoin:
		if o.To = orZero(r.Place); o.To.IsZero() {
			return &Error{Code: CodeMalformed, Detail: "name the account of the household to join", Field: "/household"}
		}
		return nil
	case dollars.KindInvite, dollars.KindContribute, dollars.KindLeave:
		if o.To = orZero(r.Place); o.To.IsZero() || r.Kind != dollars.KindLeave { // else an invitation is declined
			o.To, err = s.householdToOrder(m.Account)
		}
	default:
		return &Error{Code: CodeMalformed, Detail: "this is not an order that members give", Field: "/kind"}
	}
	switch {
	case err != nil || r.Kind == dollars.KindContribute:
		return err
	case r.Kind == dollars.KindLeave && r.Whom.isNobody():
		o.Other = m.Account
		return nil
	}
	o.Other, err = s.party(ctx, r.Whom, "whom")
	return err
}

// householdOf is the account of the household that an account is in; zero is none.
func (s *Service) householdOf(a dollars.Account) (dollars.Account, error) {
	rec, err := read(s.Views, dollars.AccountKey(a), dollars.DecodeAccountRecord)
	return rec.Household, err
}

// householdToOrder is the same for an order, which none is a refusal of.
func (s *Service) householdToOrder(a dollars.Account) (dollars.Account, error) {
	household, err := s.householdOf(a)
	if err == nil && household.IsZero() {
		err = refused(dollars.CodeHouseholdOther, "")
	}
	return household, err
}

func orZero(a *dollars.Account) dollars.Account {
	if a == nil {
		return dollars.Account{}
	}
	return *a
}
