package rest

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func (v views) Past(ctx context.Context, a dollars.Account, look func(wallet.Holding, iter.Seq[wallet.HistoryEntry]) error) error {
	b, err := v.Balance(ctx, a, 0)
	if err != nil {
		return err
	}
	all, _, err := v.History(ctx, a, "", 1000)
	if err != nil {
		return err
	}
	return look(wallet.Holding{Account: a, Buckets: b.Buckets, Held: b.Held, Debt: b.Debt}, slices.Values(all))
}

// records are what the ledger has under a kind of key, in the order of the keys.
func records[R any](l *ledger, kind dollars.StateKind, decode func([]byte) (R, error), visit func(dollars.StateKey, R)) {
	for _, key := range slices.Sorted(maps.Keys(l.state)) {
		if k := dollars.ParseStateKey(key); k.Kind == kind {
			rec, err := decode(l.state[key])
			if err != nil {
				panic(err)
			}
			visit(k, rec)
		}
	}
}

func (v views) holds(asked func(dollars.HoldID, dollars.HoldRecord) bool) (list []wallet.Hold) {
	records(v.ledger, dollars.StateHold, dollars.DecodeHoldRecord, func(k dollars.StateKey, rec dollars.HoldRecord) {
		if asked(k.Hold, rec) {
			list = append(list, wallet.Hold{ID: k.Hold, Made: v.orders[k.Hold.Order], Record: rec})
		}
	})
	return list
}

func (v views) Holds(_ context.Context, a dollars.Account, open bool, _ string, limit int) ([]wallet.Hold, string, error) {
	list := v.holds(func(id dollars.HoldID, rec dollars.HoldRecord) bool {
		return id.Account == a && (!open || len(rec.Buckets) > 0)
	})
	return list[:min(limit, len(list))], "", nil
}

func (v views) HoldsPast(_ context.Context, now int64, limit int) (ids []dollars.HoldID, err error) {
	for _, h := range v.holds(func(_ dollars.HoldID, rec dollars.HoldRecord) bool { return rec.Until <= now && len(rec.Buckets) > 0 }) {
		ids = append(ids, h.ID)
	}
	return ids[:min(limit, len(ids))], nil
}

func (v views) Vouchers(_ context.Context, a dollars.Account, _ string, limit int) (list []wallet.Voucher, _ string, err error) {
	records(v.ledger, dollars.StateVoucher, dollars.DecodeVoucherRecord, func(k dollars.StateKey, rec dollars.VoucherRecord) {
		if rec.Account == a {
			list = append(list, wallet.Voucher{CodeHash: k.Hash, Claimed: v.claimOf(k.Hash), Record: rec})
		}
	})
	return list[:min(limit, len(list))], "", nil
}

func (v views) claimOf(codeHash [32]byte) wallet.OrderAt {
	for _, at := range v.orders {
		if at.Entry.Link == codeHash {
			return at
		}
	}
	return wallet.OrderAt{}
}

func (v views) Rewards(_ context.Context, after string, limit int) (list []wallet.CatalogueReward, err error) {
	records(v.ledger, dollars.StateReward, dollars.DecodeRewardRecord, func(k dollars.StateKey, rec dollars.RewardRecord) {
		if k.Reward > after {
			list = append(list, wallet.CatalogueReward{ID: k.Reward, Reward: rec.Reward, Left: v.left(k.Reward)})
		}
	})
	return list[:min(limit, len(list))], nil
}

// left is how many pieces of a reward are in its pot and its shares.
func (v views) left(reward string) (left dollars.Amount) {
	for key, value := range v.state {
		switch name := dollars.BudgetKey(dollars.StockName(reward)); {
		case key == name:
			rec, err := dollars.DecodeBudgetRecord(value)
			if err != nil {
				panic(err)
			}
			left += rec.Left
		case strings.HasPrefix(key, name+"/"):
			share, err := dollars.DecodeShare(value)
			if err != nil {
				panic(err)
			}
			left += share
		}
	}
	return left
}

// sweep shows what accounts after one have, expired points too, and takes up to limit.
func (v views) sweep(after *dollars.Account, limit int, take func(wallet.Holding) bool) (next *dollars.Account, err error) {
	found := map[dollars.Account]bool{}
	for key := range v.state {
		switch k := dollars.ParseStateKey(key); k.Kind {
		case dollars.StateAccount:
			found[k.Account] = true
		case dollars.StateCredit:
			found[k.Credit.Account] = true
		}
	}
	accounts := slices.SortedFunc(maps.Keys(found), func(x, y dollars.Account) int { return bytes.Compare(x[:], y[:]) })
	taken := 0
	var last dollars.Account
	for _, a := range accounts {
		if after != nil && bytes.Compare(a[:], after[:]) <= 0 {
			continue
		}
		if taken == limit {
			return &last, nil
		}
		b, err := v.Balance(context.Background(), a, 0)
		if err != nil {
			return nil, err
		}
		if take(wallet.Holding{Account: a, Buckets: b.Buckets, Debt: b.Debt}) {
			taken++
			last = a
		}
	}
	return nil, nil
}

func (v views) Expired(_ context.Context, after *dollars.Account, now int64, limit int) (accounts []dollars.Account, next *dollars.Account, err error) {
	next, err = v.sweep(after, limit, func(h wallet.Holding) bool {
		expired := len(h.Buckets) > 0 && h.Buckets[0].Expiry.Passed(now)
		if expired {
			accounts = append(accounts, h.Account)
		}
		return expired
	})
	return accounts, next, err
}

func (v views) Expiring(_ context.Context, after *dollars.Account, months []dollars.Expiry, limit int) (list []wallet.Holding, next *dollars.Account, err error) {
	next, err = v.sweep(after, limit, func(h wallet.Holding) bool {
		expiring := slices.ContainsFunc(h.Buckets, func(b dollars.Bucket) bool { return slices.Contains(months, b.Expiry) })
		if expiring {
			list = append(list, h)
		}
		return expiring
	})
	return list, next, err
}
