package client

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"github.com/destinasia/dollars/wallet-api/client/internal/api"
)

// Change says how something is asked for. The zero value answers at once and cannot be repeated by another call.
type Change struct {
	Wait time.Duration // for the commit, in whole seconds, at most 30
	Key  string        // Idempotency-Key; made up if empty, so that only this call repeats itself
}

func (o Change) params() (prefer, key string) {
	if o.Wait >= time.Second {
		prefer = "wait=" + strconv.Itoa(int(o.Wait/time.Second))
	}
	if key = o.Key; key == "" {
		key = rand.Text()
	}
	return prefer, key
}

// Send places a transfer for a member. Where it waited in vain the order's status is StateAccepted; where the ledger
// refused the order, the error has its code.
func (c *Client) Send(ctx context.Context, member string, t Transfer, o Change) (Order, error) {
	prefer, key := o.params()
	return read[Order](c.api.PlaceTransfer(repeatable(ctx), member, &api.PlaceTransferParams{Prefer: prefer, IdempotencyKey: key}, t))
}

// Redeem places a redemption, as Send does a transfer.
func (c *Client) Redeem(ctx context.Context, member string, r Redemption, o Change) (Order, error) {
	prefer, key := o.params()
	return read[Order](c.api.PlaceRedemption(repeatable(ctx), member, &api.PlaceRedemptionParams{Prefer: prefer, IdempotencyKey: key}, r))
}

// Place places an order of any kind, as Send does a transfer. Without signed the service signs with the key in its custody.
func (c *Client) Place(ctx context.Context, member string, i Intent, signed *SignedFields, o Change) (Order, error) {
	prefer, key := o.params()
	return read[Order](c.api.PlaceOrder(repeatable(ctx), member, &api.PlaceOrderParams{Prefer: prefer, IdempotencyKey: key}, api.NewOrder{
		Kind: i.Kind, To: i.To, ToMember: i.ToMember, Whom: i.Whom, WhomMember: i.WhomMember, Amount: i.Amount, Until: i.Until,
		Reward: i.Reward, CodeHash: i.CodeHash, FromHousehold: i.FromHousehold, Household: i.Household,
		Add: i.Add, Remove: i.Remove, Memo: i.Memo, Signed: signed,
	}))
}

// Relay places orders that members signed, each on its own: at most 500. What became of them is in their order. An order
// that is sent again is not placed again.
func (c *Client) Relay(ctx context.Context, orders []MemberOrder, wait time.Duration) (RelayedOrders, error) {
	prefer, _ := Change{Wait: wait}.params()
	return read[RelayedOrders](c.api.RelayOrders(repeatable(ctx), &api.RelayOrdersParams{Prefer: prefer}, api.OrderRelay{Orders: orders}))
}

// PrepareOrder asks what the member's own key has to sign.
func (c *Client) PrepareOrder(ctx context.Context, member string, i Intent) (PreparedOrder, error) {
	return read[PreparedOrder](c.api.PrepareOrder(repeatable(ctx), member, i))
}

// Order tells what became of an order.
func (c *Client) Order(ctx context.Context, id string) (Order, error) {
	return read[Order](c.api.GetOrder(ctx, id))
}

// Receipt is what the member keeps of an applied order.
func (c *Client) Receipt(ctx context.Context, id string) (Receipt, error) {
	return read[Receipt](c.api.GetReceipt(ctx, id))
}
