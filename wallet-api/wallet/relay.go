package wallet

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// MaxRelayed is how many orders may be relayed at once.
const MaxRelayed = 500

// Relayed is what became of one of several orders: its receipt, or why it was not accepted.
type Relayed struct {
	Receipt OrderReceipt
	Err     error
}

// RelayOrders accepts orders that members signed with their own keys, in their order. Each is judged as PlaceOrder would,
// behind those before it, and none spoils its neighbours; but where there is no room for all, none is accepted, with
// ErrOverloaded. The rules are run over all of them at once.
func (s *Service) RelayOrders(ctx context.Context, requests []OrderRequest) ([]Relayed, error) {
	out := make([]Relayed, len(requests))
	var signed []dollars.SignedOrder
	var works []Work
	var places []int // in out, of those
	for i, r := range requests {
		m, order, err := s.draft(ctx, r)
		if err == nil && r.Signed == nil {
			err = &Error{Code: CodeForbidden, Detail: "only orders that the member signed can be relayed", Field: "/signed"}
		}
		if err != nil {
			if code, refusal := codeOf(err); !refusal || code == CodeUnavailable {
				return nil, err // of the service, and not of this order
			}
			out[i].Err = err
			continue
		}
		o, id := s.signed(order, r.Signed)
		signed, works, places = append(signed, o), append(works, s.orderWork(m, id, o, nil)), append(places, i)
	}
	if len(signed) == 0 {
		return out, nil
	}
	refusals, err := s.preview(ctx, signed)
	if err != nil {
		return nil, err
	}
	var fresh []Work
	var accepted []int // places of those
	for k, i := range places {
		if refusals[k] == nil {
			fresh, accepted = append(fresh, works[k]), append(accepted, i)
		}
	}
	if len(fresh) > 0 {
		receipts, err := s.accept(ctx, fresh)
		if err != nil {
			return nil, fmt.Errorf("accept orders: %w", err)
		}
		for k, i := range accepted {
			out[i].Receipt, out[i].Err = s.accepted(ctx, fresh[k], receipts[k])
		}
	}
	for k, i := range places {
		if refusals[k] != nil { // perhaps for what it did itself, a moment ago
			out[i].Receipt, out[i].Err = s.repeated(ctx, dollars.OrderID(works[k].ID), signed[k].Order, refusals[k])
		}
	}
	return out, nil
}
