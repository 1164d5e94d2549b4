package wallet

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
)

func (v views) Past(ctx context.Context, a dollars.Account, look func(Holding, iter.Seq[HistoryEntry]) error) error {
	var past []HistoryEntry
	for _, h := range slices.Backward(v.w.history) {
		e := h.Entry
		recalled := slices.ContainsFunc(e.Recalled, func(r dollars.Recalled) bool { return r.Account == a })
		if e.Outcome == dollars.Applied && (e.Account == a || e.Other == a || recalled) {
			past = append(past, h)
		}
	}
	b, err := v.Balance(ctx, a, 0)
	if err != nil {
		return err
	}
	return look(Holding{Account: a, Buckets: b.Buckets, Held: v.held(a), Debt: b.Debt}, slices.Values(past))
}

func (v views) held(a dollars.Account) (held dollars.Amount) {
	for _, h := range v.holds(func(id dollars.HoldID) bool { return id.Account == a }) {
		sum, err := h.Record.Buckets.Total()
		if err != nil {
			panic(err)
		}
		held += sum
	}
	return held
}

func (v views) holds(asked func(dollars.HoldID) bool) (list []Hold) {
	for _, key := range slices.Sorted(maps.Keys(v.w.state)) {
		if k := dollars.ParseStateKey(key); k.Kind == dollars.StateHold && asked(k.Hold) {
			rec, err := dollars.DecodeHoldRecord(v.w.state[key])
			if err != nil {
				panic(err)
			}
			list = append(list, Hold{ID: k.Hold, Record: rec})
		}
	}
	return list
}

func (v views) Holds(_ context.Context, a dollars.Account, open bool, _ string, limit int) ([]Hold, string, error) {
	list := v.holds(func(id dollars.HoldID) bool { return id.Account == a })
	if open {
		list = slices.DeleteFunc(list, func(h Hold) bool { return len(h.Record.Buckets) == 0 })
	}
	return list[:min(limit, len(list))], "", nil
}

func (v views) HoldsPast(_ context.Context, now int64, limit int) (ids []dollars.HoldID, err error) {
	for _, h := range v.holds(func(dollars.HoldID) bool { return true }) {
		if len(ids) < limit && h.Record.Until <= now && len(h.Record.Buckets) > 0 {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}

func (v views) Vouchers(_ context.Context, a dollars.Account, _ string, limit int) (list []Voucher, _ string, err error) {
	for _, key := range slices.Sorted(maps.Keys(v.w.state)) {
		if k := dollars.ParseStateKey(key); k.Kind == dollars.StateVoucher && len(list) < limit {
			rec, err := dollars.DecodeVoucherRecord(v.w.state[key])
			if err != nil {
				return nil, "", err
			}
			if rec.Account == a {
				list = append(list, Voucher{CodeHash: k.Hash, Record: rec})
			}
		}
	}
	return list, "", nil
}

func (v views) Rewards(_ context.Context, after string, limit int) (list []CatalogueReward, err error) {
	start, end := dollars.RewardRange()
	for _, key := range slices.Sorted(maps.Keys(v.w.state)) {
		if id := strings.TrimPrefix(key, start); key >= start && key < end && id > after && len(list) < limit {
			rec, err := dollars.DecodeRewardRecord(v.w.state[key])
			if err != nil {
				return nil, err
			}
			list = append(list, CatalogueReward{ID: id, Reward: rec.Reward, Left: rec.Stock})
		}
	}
	return list, nil
}

// accounts are those after one that have points, in the order of their addresses.
func (v views) accounts(after *dollars.Account) (list []Holding) {
	found := map[dollars.Account]bool{}
	for key := range v.w.state {
		switch k := dollars.ParseStateKey(key); k.Kind {
		case dollars.StateAccount:
			found[k.Account] = true
		case dollars.StateCredit:
			found[k.Credit.Account] = true
		}
	}
	for a := range found {
		if after == nil || slices.Compare(a[:], after[:]) > 0 {
			b, err := v.Balance(context.Background(), a, 0)
			if err != nil {
				panic(err)
			}
			list = append(list, Holding{Account: a, Buckets: b.Buckets, Debt: b.Debt})
		}
	}
	slices.SortFunc(list, func(x, y Holding) int { return slices.Compare(x.Account[:], y.Account[:]) })
	return list
}

func (v views) Expired(_ context.Context, after *dollars.Account, now int64, limit int) (accounts []dollars.Account, next *dollars.Account, err error) {
	for _, h := range v.accounts(after) {
		if len(h.Buckets) == 0 || !h.Buckets[0].Expiry.Passed(now) {
			continue
		}
		if len(accounts) == limit {
			return accounts, &accounts[limit-1], nil
		}
		accounts = append(accounts, h.Account)
	}
	return accounts, nil, nil
}

func (v views) Expiring(_ context.Context, after *dollars.Account, months []dollars.Expiry, limit int) (list []Holding, next *dollars.Account, err error) {
	for _, h := range v.accounts(after) {
		if !slices.ContainsFunc(h.Buckets, func(b dollars.Bucket) bool { return slices.Contains(months, b.Expiry) }) {
			continue
		}
		if len(list) == limit {
			return list, &list[limit-1].Account, nil
		}
		list = append(list, h)
	}
	return list, nil, nil
}
