package client

import (
	"context"

	"github.com/destinasia/dollars/wallet-api/client/internal/api"
)

// Rewards is a page of the catalogue, in the order of the ids, from after one; limit as in [Client.Members].
func (c *Client) Rewards(ctx context.Context, after string, limit int) (Rewards, error) {
	return read[Rewards](c.api.ListRewards(ctx, &api.ListRewardsParams{After: after, Limit: pageSize(limit)}))
}

// SetReward puts a reward into the catalogue, or changes it.
func (c *Client) SetReward(ctx context.Context, id string, r NewReward, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.SetReward(repeatable(ctx), id, &api.SetRewardParams{Prefer: prefer, IdempotencyKey: key}, r))
}

// Hold is a hold, by its account and the order that made it.
func (c *Client) Hold(ctx context.Context, a Account, order string) (Hold, error) {
	return read[Hold](c.api.GetHold(ctx, a.String(), order))
}

// Capture takes points of a hold. Its reference, and not o's key, is what makes it happen once.
func (c *Client) Capture(ctx context.Context, a Account, order string, p Capture, o Change) (Status, error) {
	prefer, _ := o.params()
	return read[Status](c.api.CaptureHold(repeatable(ctx), a.String(), order, &api.CaptureHoldParams{Prefer: prefer}, p))
}

// Release gives back what is left of a hold; signed is nil where the service acts with its own certificate.
func (c *Client) Release(ctx context.Context, a Account, order string, signed *MerchantSignature, o Change) (Status, error) {
	prefer, _ := o.params()
	return read[Status](c.api.ReleaseHold(repeatable(ctx), a.String(), order, &api.ReleaseHoldParams{Prefer: prefer}, api.Release{Signed: signed}))
}

// UseVoucher takes a voucher, once, as Capture takes points.
func (c *Client) UseVoucher(ctx context.Context, u VoucherUse, o Change) (Status, error) {
	prefer, _ := o.params()
	return read[Status](c.api.UseVoucher(repeatable(ctx), &api.UseVoucherParams{Prefer: prefer}, u))
}
