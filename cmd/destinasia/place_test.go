package main

import (
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// newOrderer has a member anna with a key of her own, and bert with one in custody.
func newOrderer(t *testing.T) (o orderer, service *fakeService) {
	var n *native.Network
	service, n = newFake(t)
	key, err := newMemberKey()
	if err != nil {
		t.Fatal(err)
	}
	account := key.account()
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
	if err := receiver(&intent, to); err != nil {
		t.Fatal(err)
	}
	return intent
}

func TestOrderSignedWithOwnKey(t *testing.T) {
	o, service := newOrderer(t)
	service.prepared = dollars.Order{
		Kind: dollars.KindTransfer, From: service.members["anna"].Account, To: service.members["bert"].Account, Amount: 12_34,
		Nonce: 3, Deadline: time.Now().Add(time.Hour).Unix(),
	}
	if _, err := o.place(t.Context(), "anna", transferTo(t, "bert")); err != nil {
		t.Fatal(err)
	}
	if len(service.placed) != 1 || service.placed[0].Signed == nil { // The fake has checked the signature.
		t.Errorf("placed %+v", service.placed)
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
	o, service := newOrderer(t)
	service.prepared = dollars.Order{
		Kind: dollars.KindTransfer, From: service.members["anna"].Account, To: service.members["bert"].Account, Amount: 99_99,
		Deadline: time.Now().Add(time.Hour).Unix(),
	}
	_, err := o.place(t.Context(), "anna", transferTo(t, "bert"))
	if err == nil || !strings.Contains(err.Error(), "another order than was asked for") || len(service.placed) > 0 {
		t.Errorf("%v; placed %+v", err, service.placed)
	}
}

func TestOwnKeyMustBeTheMembers(t *testing.T) {
	o, service := newOrderer(t)
	other := dollars.Account{19: 1}
	service.enrol("anna", &other)
	_, err := o.place(t.Context(), "anna", transferTo(t, "bert"))
	if err == nil || !strings.Contains(err.Error(), "the key file is for account") {
		t.Error(err)
	}
}

func TestReceiver(t *testing.T) {
	if intent := transferTo(t, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"); intent.To == nil || intent.ToMember != "" {
		t.Errorf("%+v", intent)
	}
	var intent client.Intent
	if err := receiver(&intent, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"); err == nil {
		t.Error("an account with a wrong checksum was taken")
	}
}
