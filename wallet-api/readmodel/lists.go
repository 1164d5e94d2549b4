package readmodel

import (
	"bytes"
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// mirror folds a write of the ledger's state, and with a hold the lists it is in.
func (f *fold) mirror(w dollars.Write) error {
	switch k := dollars.ParseStateKey(w.Key); k.Kind {
	case dollars.StateAccount:
		return f.touch(k.Account, func(a *account) error {
			a.record = bytes.Clone(w.Value) // which lies in its block
			return nil
		})
	case dollars.StateCredit:
		return f.touch(k.Credit.Account, func(a *account) error {
			if !a.setCredit(refOf(k.Credit), bytes.Clone(w.Value)) {
				f.set(stateKey(w.Key), w.Value)
			}
			return nil
		})
	case dollars.StateHold:
		return f.hold(k.Hold, w)
	}
	f.set(stateKey(w.Key), w.Value)
	return nil
}

func (f *fold) hold(id dollars.HoldID, w dollars.Write) error {
	f.set(stateKey(w.Key), w.Value)
	rec, err := dollars.DecodeHoldRecord(w.Value)
	if err != nil {
		return err
	}
	at, found, err := findOrder(f.txn, id.Order)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("the ledger has a hold that no journal told of: %s", id.Order)
	}
	f.set(listKey(holdsOf, id.Account, at), id.Order[:])
	open, end := listKey(openHoldsOf, id.Account, at), holdEndKey(rec.Until, id)
	if isOpen(rec) {
		f.set(open, id.Order[:])
		f.set(end, []byte{})
	} else {
		f.set(open, nil)
		f.set(end, nil)
	}
	return nil
}

// isOpen tells whether anything of a hold can still be captured or released.
func isOpen(rec dollars.HoldRecord) bool { return !rec.Released && len(rec.Buckets) > 0 }

// Holds of an account, newest first.
func (v *Views) Holds(_ context.Context, a dollars.Account, open bool, cursor string, limit int) (holds []wallet.Hold, next string, err error) {
	list := holdsOf
	if open {
		list = openHoldsOf
	}
	err = v.view(func(txn *badger.Txn) (err error) {
		archive := archive{txn: txn}
		walk := func(after *place, f func(place, []byte) error) error { return walkList(txn, list, a, after, f) }
		next, err = page(cursor, limit, walk, func(at place, value []byte) error {
			id := dollars.HoldID{Account: a, Order: dollars.OrderID(value)}
			made, err := archive.made(at)
			if err != nil {
				return err
			}
			rec, err := readState(txn, dollars.HoldKey(id), dollars.DecodeHoldRecord)
			holds = append(holds, wallet.Hold{ID: id, Made: made, Record: rec})
			return err
		})
		return err
	})
	return holds, next, err
}

// Vouchers of an account, newest first.
func (v *Views) Vouchers(_ context.Context, a dollars.Account, cursor string, limit int) (vouchers []wallet.Voucher, next string, err error) {
	err = v.view(func(txn *badger.Txn) (err error) {
		archive := archive{txn: txn}
		walk := func(after *place, f func(place, []byte) error) error { return walkList(txn, vouchersOf, a, after, f) }
		next, err = page(cursor, limit, walk, func(at place, value []byte) error {
			claimed, err := archive.made(at)
			if err != nil {
				return err
			}
			hash := [32]byte(value)
			rec, err := readState(txn, dollars.VoucherKey(hash), dollars.DecodeVoucherRecord)
			vouchers = append(vouchers, wallet.Voucher{CodeHash: hash, Claimed: claimed, Record: rec})
			return err
		})
		return err
	})
	return vouchers, next, err
}

// Rewards of the catalogue with ids after the given one, in the order of their ids; at most limit.
func (v *Views) Rewards(_ context.Context, after string, limit int) (rewards []wallet.CatalogueReward, err error) {
	err = v.view(func(txn *badger.Txn) error {
		start := stateKey(dollars.RewardKey(after))
		if after != "" {
			start = append(start, 0)
		}
		return scanFrom(txn, start, stateKey(dollars.RewardKey("")), func(key, value []byte) error {
			if len(rewards) >= limit {
				return errStop
			}
			id := dollars.ParseStateKey(string(key[1:])).Reward
			reward, err := readReward(txn, id, value)
			rewards = append(rewards, reward)
			return err
		})
	})
	return rewards, err
}

func readReward(txn *badger.Txn, id string, value []byte) (wallet.CatalogueReward, error) {
	rec, err := dollars.DecodeRewardRecord(value)
	if err != nil {
		return wallet.CatalogueReward{}, err
	}
	left, err := stockLeft(txn, id, rec.Stock)
	return wallet.CatalogueReward{ID: id, Reward: rec.Reward, Left: left}, err
}

// stockLeft is how many pieces of a reward can still be claimed: what its pot and its shares hold.
func stockLeft(txn *badger.Txn, id string, stock dollars.Amount) (dollars.Amount, error) {
	if stock == 0 {
		return 0, nil
	}
	name := dollars.StockName(id)
	pot, err := readState(txn, dollars.BudgetKey(name), dollars.DecodeBudgetRecord)
	left := pot.Left
	for lane := range uint8(dollars.Lanes) {
		if err != nil {
			return 0, err
		}
		var share dollars.Amount
		if share, err = readState(txn, dollars.ShareKey(name, lane), dollars.DecodeShare); err == nil {
			left, err = left.Plus(share)
		}
	}
	return left, err
}

// readState reads a record of the mirror, the zero record where there is none.
func readState[R any](txn *badger.Txn, key string, decode func([]byte) (R, error)) (rec R, err error) {
	value, err := disk.Get(txn, stateKey(key))
	if err != nil || value == nil {
		return rec, err
	}
	return decode(value)
}
