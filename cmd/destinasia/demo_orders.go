package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// demoOrder is one of the demo's orders, and where it was signed.
type demoOrder struct {
	client.Order
	who, signed string
}

const (
	// demoMember holds the key; all others of the demo leave it to the service.
	demoMember = "demo-own-key"

	demoAmount dollars.Amount = 25_00
)

// placeOrders sends points from a member with a key in custody to one with a key of their own, who redeems some.
func (d *demonstration) placeOrders(ctx context.Context) (err error) {
	payer, amount, err := d.payer(ctx)
	if err != nil {
		return err
	}
	if amount > 0 {
		if err := d.payAndRedeem(ctx, payer, amount); err != nil {
			return err
		}
	}
	d.after, err = d.supply(ctx)
	return err
}

// payer is the first of the sample's members with enough points, or else the richest.
func (d *demonstration) payer(ctx context.Context) (id string, amount dollars.Amount, err error) {
	for _, member := range d.sample.Members {
		b, err := d.members.Balance(ctx, member)
		if err != nil {
			return "", 0, err
		}
		if b.Available > amount {
			id, amount = member, min(b.Available, demoAmount)
		}
		if amount == demoAmount {
			break
		}
	}
	return id, amount, nil
}

func (d *demonstration) payAndRedeem(ctx context.Context, payer string, amount dollars.Amount) error {
	keyfile := keyfileOf(d.network.Dir, demoMember)
	passphrase := passphraseSource{file: filepath.Join(filepath.Dir(keyfile), demoMember+".passphrase")}
	if err := writeOnce(passphrase.file, []byte(rand.Text()+"\n"), 0o600); err != nil {
		return fmt.Errorf("passphrase of %s: %w", demoMember, err)
	}
	key, err := ownKey(keyfile, passphrase, standardCost)
	if err != nil {
		return err
	}
	account := key.address()
	if _, err := d.members.CreateMember(ctx, demoMember, &account); err != nil {
		return fmt.Errorf("enrol %s with the key file %s: %w", demoMember, keyfile, err)
	}
	o := orderer{
		members: d.members, ledger: d.ledger, wait: orderWait, now: d.network.Now,
		key: func(client.Member) (memberKey, error) { return key, nil },
	}
	paid, err := o.place(ctx, payer, client.Intent{Kind: client.OrderTransfer, ToMember: demoMember, Amount: amount, Memo: "demo"})
	if err != nil {
		return fmt.Errorf("transfer from %s: %w", payer, err)
	}
	d.orders = append(d.orders, demoOrder{paid, payer + " to " + demoMember, "in custody"})
	redeemed, err := o.place(ctx, demoMember, client.Intent{Kind: client.OrderRedemption, Amount: max(1, amount*2/5), Memo: "demo"})
	if err != nil {
		return fmt.Errorf("redemption of %s: %w", demoMember, err)
	}
	d.orders = append(d.orders, demoOrder{redeemed, demoMember, "with their own key"})
	return nil
}
