package rest

import (
	"context"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func (v views) Past(ctx context.Context, a dollars.Account, visit func(wallet.HistoryEntry) bool) (wallet.Holding, error) {
	b, err := v.Balance(ctx, a, 0)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range slices.Backward(v.history) {
		if (h.Entry.Account == a || h.Entry.Other == a) && !visit(h) {
			break
		}
	}
	return wallet.Holding{Account: a, Buckets: b.Buckets, Held: b.Held, Debt: b.Debt}, err
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

func (v views) Expiring(context.Context, *dollars.Account, dollars.Expiry, int) ([]wallet.Holding, *dollars.Account, error) {
	return nil, nil, nil
}
