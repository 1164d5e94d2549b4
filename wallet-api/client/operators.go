package client

import (
	"context"

	"github.com/destinasia/dollars/wallet-api/client/internal/api"
)

// Account is an account as the ledger has it.
func (c *Client) Account(ctx context.Context, a Account) (AccountState, error) {
	return read[AccountState](c.api.GetAccount(ctx, a.String()))
}

// Freeze stops an account from spending; the reason is a code that the member sees.
func (c *Client) Freeze(ctx context.Context, a Account, reason string, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.FreezeAccount(repeatable(ctx), a.String(), &api.FreezeAccountParams{Prefer: prefer, IdempotencyKey: key}, api.Freezing{Reason: reason}))
}

// Unfreeze lets an account spend again.
func (c *Client) Unfreeze(ctx context.Context, a Account, reason string, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.UnfreezeAccount(repeatable(ctx), a.String(), &api.UnfreezeAccountParams{Prefer: prefer, IdempotencyKey: key}, api.Freezing{Reason: reason}))
}

// ProposeRecovery proposes a new key for an account whose keys are lost.
func (c *Client) ProposeRecovery(ctx context.Context, a, newKey Account, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.ProposeRecovery(repeatable(ctx), a.String(), &api.ProposeRecoveryParams{Prefer: prefer, IdempotencyKey: key}, api.RecoveryKey{Key: newKey}))
}

// ApproveRecovery approves it for another organisation.
func (c *Client) ApproveRecovery(ctx context.Context, a, newKey Account, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.ApproveRecovery(repeatable(ctx), a.String(), &api.ApproveRecoveryParams{Prefer: prefer, IdempotencyKey: key}, api.RecoveryKey{Key: newKey}))
}

// CompleteRecovery gives the account its new key, after the waiting period.
func (c *Client) CompleteRecovery(ctx context.Context, a, newKey Account, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.CompleteRecovery(repeatable(ctx), a.String(), &api.CompleteRecoveryParams{Prefer: prefer, IdempotencyKey: key}, api.RecoveryKey{Key: newKey}))
}

// ProposeAdjustment proposes to grant points to an account, or to burn some. The status names the adjustment.
func (c *Client) ProposeAdjustment(ctx context.Context, a NewAdjustment, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.ProposeAdjustment(repeatable(ctx), &api.ProposeAdjustmentParams{Prefer: prefer, IdempotencyKey: key}, a))
}

// ApproveAdjustment makes an adjustment that another certificate proposed.
func (c *Client) ApproveAdjustment(ctx context.Context, id string, o Change) (Status, error) {
	prefer, key := o.params()
	return read[Status](c.api.ApproveAdjustment(repeatable(ctx), id, &api.ApproveAdjustmentParams{Prefer: prefer, IdempotencyKey: key}))
}

// Adjustment is a proposed or approved adjustment.
func (c *Client) Adjustment(ctx context.Context, id string) (Adjustment, error) {
	return read[Adjustment](c.api.GetAdjustment(ctx, id))
}

// Expire has points burned that have expired, of up to limit accounts after one; limit 0 is as many as one call may. It says
// where to go on, nil at the end. Of o only the wait counts: what was burned is not found again.
func (c *Client) Expire(ctx context.Context, after *Account, limit int, o Change) (Expirations, error) {
	prefer, _ := o.params()
	return read[Expirations](c.api.ExpirePoints(repeatable(ctx), &api.ExpirePointsParams{Prefer: prefer}, api.Expiration{After: after, Limit: limit}))
}

// Change tells what became of an operator's or merchant's change, by the id in its status.
func (c *Client) Change(ctx context.Context, id string) (Status, error) {
	return read[Status](c.api.GetChange(ctx, id))
}
