package rest

import (
	"context"
	"iter"
	"slices"

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

// Nobody in these tests holds or claims anything, and nothing expires.

func (v views) Holds(context.Context, dollars.Account, bool, string, int) ([]wallet.Hold, string, error) {
	return nil, "", nil
}

func (v views) Vouchers(context.Context, dollars.Account, string, int) ([]wallet.Voucher, string, error) {
	return nil, "", nil
}

func (v views) Rewards(context.Context, string, int) ([]wallet.CatalogueReward, error) {
	return nil, nil
}

func (v views) HoldsPast(context.Context, int64, int) ([]dollars.HoldID, error) { return nil, nil }

func (v views) Expired(context.Context, *dollars.Account, int64, int) ([]dollars.Account, *dollars.Account, error) {
	return nil, nil, nil
}

func (v views) Expiring(context.Context, *dollars.Account, []dollars.Expiry, int) ([]wallet.Holding, *dollars.Account, error) {
	return nil, nil, nil
}
