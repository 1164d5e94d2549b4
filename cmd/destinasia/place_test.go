package main

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// newOrderer has a member anna with a key of her own, and bert with one in custody.
func newOrderer(t *testing.T) (o orderer, service *fakeService) {
	service, n := newFake(t)
	key, err := newMemberKey()
	if err != nil {
		t.Fatal(err)
	}
	account := key.address()
	service.enrol("anna", &account)
	service.enrol("bert", nil)
	ledger, err := ledgerOf(n)
	if err != nil {
		t.Fatal(err)
	}
	return orderer{members: service.client(n), ledger: ledger, now: time.Now, key: func(client.Member) (memberKey, error) { return key, nil }}, service
}

func transferTo(t *testing.T, to string) client.Intent {
	intent := client.Intent{Kind: client.OrderTransfer, Amount: 12_34}
	var err error
	if intent.To, intent.ToMember, err = party(to); err != nil {
		t.Fatal(err)
	}
	return intent
}

var (
	household = dollars.Account{0: 0x40, 19: 1}
	stranger  = dollars.Account{0: 0x50, 19: 2}
	lost      = dollars.Account{0: 0x60, 19: 3}
)

// Of every kind, the order that is signed is the one that was asked for: the fake has its own idea of it, written here by
// hand, and checks the signature by that.
func TestOrdersSignedWithOwnKey(t *testing.T) {
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	for _, test := range []struct {
		name   string
		intent client.Intent
		want   func(anna, bert dollars.Account) dollars.Order
	}{
		{"transfer", client.Intent{Kind: client.OrderTransfer, ToMember: "bert", Amount: 12_34, Memo: "taxi"}, func(anna, bert dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindTransfer, From: anna, To: bert, Amount: 12_34, MemoHash: [32]byte(crypto.Keccak256([]byte("taxi")))}
		}},
		{"redemption of the household", client.Intent{Kind: client.OrderRedemption, FromHousehold: true, Amount: 5_00}, func(_, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindRedeem, From: household, Amount: 5_00}
		}},
		{"hold for anybody", client.Intent{Kind: client.OrderHold, Amount: 7_00, Until: until}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindHold, From: anna, Amount: 7_00, Until: until.Unix()}
		}},
		{"hold for a merchant", client.Intent{Kind: client.OrderHold, To: &stranger, Amount: 7_00, Until: until}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindHold, From: anna, To: stranger, Amount: 7_00, Until: until.Unix()}
		}},
		{"claim", client.Intent{Kind: client.OrderClaim, Reward: "lounge"}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindClaim, From: anna, Amount: 9_00, Ref: dollars.RewardID("lounge")}
		}},
		{"form", client.Intent{Kind: client.OrderForm}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindForm, From: anna}
		}},
		{"invite", client.Intent{Kind: client.OrderInvite, WhomMember: "bert", Amount: 5_00}, func(anna, bert dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindInvite, From: anna, To: household, Other: bert, Amount: 5_00}
		}},
		{"join", client.Intent{Kind: client.OrderJoin, Household: &stranger, Amount: 6_00}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindJoin, From: anna, To: stranger, Amount: 6_00}
		}},
		{"contribute", client.Intent{Kind: client.OrderContribute, Amount: 4_00}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindContribute, From: anna, To: household, Amount: 4_00}
		}},
		{"leave", client.Intent{Kind: client.OrderLeave}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindLeave, From: anna, To: household, Other: anna}
		}},
		{"send away", client.Intent{Kind: client.OrderLeave, WhomMember: "bert"}, func(anna, bert dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindLeave, From: anna, To: household, Other: bert}
		}},
		{"decline", client.Intent{Kind: client.OrderLeave, Household: &stranger}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindLeave, From: anna, To: stranger, Other: anna}
		}},
		{"replace a key", client.Intent{Kind: client.OrderChangeKeys, Add: &stranger, Remove: &lost}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindChangeKeys, From: anna, To: stranger, Other: lost}
		}},
		{"object", client.Intent{Kind: client.OrderObject}, func(anna, _ dollars.Account) dollars.Order {
			return dollars.Order{Kind: dollars.KindObject, From: anna, To: lost}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, service := newOrderer(t)
			anna := service.members["anna"].Account
			service.scripted.answers = map[string]func(string) any{
				"GET /v1/members/anna/household": func(string) any { return client.Household{Account: household} },
				"GET /v1/members/anna/keys": func(string) any {
					return client.Keys{Account: anna, Keys: []dollars.Account{anna}, Recovery: &client.Recovery{Key: lost}}
				},
				"GET /v1/rewards": func(string) any {
					return client.Rewards{Rewards: []client.Reward{{ID: "bath", Price: 1}, {ID: "lounge", Price: 9_00}}}
				},
			}
			service.prepared = test.want(anna, service.members["bert"].Account)
			service.prepared.Nonce, service.prepared.Deadline = 3, time.Now().Add(time.Hour).Unix()
			if _, err := o.place(t.Context(), "anna", test.intent); err != nil {
				t.Fatal(err)
			}
			if len(service.placed) != 1 || service.placed[0].Signed == nil || service.placed[0].Kind != test.intent.Kind {
				t.Errorf("placed %+v", service.placed)
			}
		})
	}
}

func TestOrderSignedInCustody(t *testing.T) {
	o, service := newOrderer(t)
	if _, err := o.place(t.Context(), "bert", transferTo(t, "anna")); err != nil { // The fake has checked the token.
		t.Fatal(err)
	}
	if len(service.placed) != 1 || service.placed[0].Signed != nil || service.placed[0].ToMember != "anna" {
		t.Errorf("placed %+v", service.placed)
	}
}

func TestOnlyWhatWasAskedForIsSigned(t *testing.T) {
	for name, change := range map[string]func(*dollars.Order){
		"another amount":   func(o *dollars.Order) { o.Amount = 99_99 },
		"another receiver": func(o *dollars.Order) { o.To = stranger },
		"another account":  func(o *dollars.Order) { o.From = stranger },
		"another kind":     func(o *dollars.Order) { o.Kind = dollars.KindContribute },
		"a memo":           func(o *dollars.Order) { o.MemoHash[0] = 1 },
		"another ledger":   func(o *dollars.Order) { o.ChainID = 5 },
	} {
		o, service := newOrderer(t)
		service.prepared = dollars.Order{
			Kind: dollars.KindTransfer, From: service.members["anna"].Account, To: service.members["bert"].Account, Amount: 12_34,
			Deadline: time.Now().Add(time.Hour).Unix(),
		}
		change(&service.prepared)
		_, err := o.place(t.Context(), "anna", transferTo(t, "bert"))
		if err == nil || !strings.Contains(err.Error(), "another order than was asked for") || len(service.placed) > 0 {
			t.Errorf("%s: %v; placed %+v", name, err, service.placed)
		}
	}
}

func TestOwnKeyMustSignForTheAccount(t *testing.T) {
	o, service := newOrderer(t)
	service.keys = map[string][]dollars.Account{"anna": {stranger}}
	_, err := o.place(t.Context(), "anna", transferTo(t, "bert"))
	if err == nil || !strings.Contains(err.Error(), "does not sign for account") || len(service.placed) > 0 {
		t.Errorf("%v; placed %+v", err, service.placed)
	}
}

// A key of another device signs for an account that is not named after it, also beside the service's.
func TestAnotherKeySigns(t *testing.T) {
	o, service := newOrderer(t)
	key, _ := o.key(client.Member{})
	o.preferOwn = true
	bert := service.members["bert"].Account
	service.keys = map[string][]dollars.Account{"bert": {bert, key.address()}}
	service.prepared = dollars.Order{
		Kind: dollars.KindTransfer, From: bert, To: service.members["anna"].Account, Amount: 12_34,
		Nonce: 1, Deadline: time.Now().Add(time.Hour).Unix(),
	}
	if _, err := o.place(t.Context(), "bert", transferTo(t, "anna")); err != nil {
		t.Fatal(err)
	}
	if len(service.placed) != 1 || service.placed[0].Signed == nil {
		t.Errorf("placed %+v", service.placed)
	}
}

func TestVoucherCodeIsMadeAgainFromTheKey(t *testing.T) {
	o, service := newOrderer(t)
	anna := service.members["anna"].Account
	service.prepared = dollars.Order{
		Kind: dollars.KindClaim, From: anna, Amount: 9_00, Ref: dollars.RewardID("lounge"), Nonce: 41, Deadline: time.Now().Add(time.Hour).Unix(),
	}
	s, err := o.signer(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	order, err := s.place(t.Context(), client.Intent{Kind: client.OrderClaim, Reward: "lounge", Amount: 9_00})
	if err != nil {
		t.Fatal(err)
	}
	code := s.own.voucherCode(anna, 41)
	hash := dollars.CodeHash(code)
	if order.VoucherCode != dollars.WordText(code) || service.placed[0].CodeHash != dollars.WordText(hash) {
		t.Errorf("claimed %+v with code %s, which is to be %x", service.placed[0], order.VoucherCode, code)
	}
	if again, found := s.own.findVoucherCode(anna, hash); !found || again != code {
		t.Errorf("found again: %x, %t", again, found)
	}
	// The household counts its own nonces, so the same one comes twice.
	if s.own.voucherCode(household, 41) == code {
		t.Error("two claims have the same code")
	}
}

func TestParty(t *testing.T) {
	const written = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	if account, member, err := party(written); err != nil || account.String() != written || member != "" {
		t.Error(account, member, err)
	}
	if account, member, err := party("bert"); err != nil || account != nil || member != "bert" {
		t.Error(account, member, err)
	}
	for _, bad := range []string{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "../bert", ""} {
		if account, member, err := party(bad); err == nil || account != nil || member != "" {
			t.Errorf("%q was taken: %v %q", bad, account, member)
		}
	}
}
