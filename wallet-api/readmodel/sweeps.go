package readmodel

import (
	"context"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// HoldsPast are holds of all accounts whose end has passed at a time in Unix seconds, and that still have points, those
// longest past first.
func (v *Views) HoldsPast(_ context.Context, now int64, limit int) (ids []dollars.HoldID, err error) {
	err = v.view(func(txn *badger.Txn) error {
		return scan(txn, []byte{holdEnds}, func(key, _ []byte) error {
			until, id, err := decodeHoldEnd(key)
			if err != nil {
				return err
			}
			if until > now || len(ids) >= limit {
				return errStop
			}
			ids = append(ids, id)
			return nil
		})
	})
	return ids, err
}

// maxLooked is how many accounts one call looks at, found or not: some milliseconds' worth.
const maxLooked = 10_000

// Expired are accounts with points that have expired at a time in Unix seconds and that the ledger has not burned yet.
func (v *Views) Expired(ctx context.Context, after *dollars.Account, now int64, limit int) (accounts []dollars.Account, next *dollars.Account, err error) {
	next, err = v.sweep(ctx, after, limit, func(a dollars.Account, b balance) bool {
		expired := len(b.buckets) > 0 && b.buckets[0].Expiry.Passed(now)
		if expired {
			accounts = append(accounts, a)
		}
		return expired
	})
	return accounts, next, err
}

// Expiring are what accounts have of which some points expire with one of these months.
func (v *Views) Expiring(ctx context.Context, after *dollars.Account, months []dollars.Expiry, limit int) (list []wallet.Holding, next *dollars.Account, err error) {
	next, err = v.sweep(ctx, after, limit, func(a dollars.Account, b balance) bool {
		found := slices.ContainsFunc(months, func(e dollars.Expiry) bool { _, has := b.buckets.find(e); return has })
		if found {
			list = append(list, b.holding(a))
		}
		return found
	})
	return list, next, err
}

// sweep shows accounts to take, in the order of their addresses, until it took limit of them, or looked at enough. It
// tells after which account to go on, nil at the end.
func (v *Views) sweep(ctx context.Context, after *dollars.Account, limit int, take func(dollars.Account, balance) bool) (next *dollars.Account, err error) {
	start := accountPrefix
	if after != nil {
		start = append(accountKey(*after), 0)
	}
	taken, looked := 0, 0
	var last dollars.Account
	err = v.view(func(txn *badger.Txn) error {
		return scanFrom(txn, start, accountPrefix, func(key, value []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if taken >= limit || looked >= v.maxLooked {
				next = &last
				return errStop
			}
			own, err := decodeAccount(value)
			if err != nil {
				return err
			}
			looked++
			last = dollars.Account(key[1:])
			if take(last, own.balance) {
				taken++
			}
			return nil
		})
	})
	return next, err
}

func (b balance) holding(a dollars.Account) wallet.Holding {
	return wallet.Holding{Account: a, Buckets: dollars.Buckets(b.buckets), Held: b.held, Debt: b.debt}
}
