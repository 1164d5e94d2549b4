package wallet

import (
	"context"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/receipt"
)

// Receipt is what the member keeps of an applied order. One that is not applied, or not yet, is refused with not_found;
// when the ledger does not hand out the block, with unavailable.
func (s *Service) Receipt(ctx context.Context, id dollars.OrderID) (receipt.Receipt, error) {
	at, err := s.Views.Order(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return receipt.Receipt{}, &Error{Code: CodeNotFound, Detail: "there is a receipt once the order is applied, and none of one that was rejected"}
	}
	if err != nil {
		return receipt.Receipt{}, fmt.Errorf("find order: %w", err)
	}
	raw, err := s.Blocks.Raw(ctx, at.Block)
	if err != nil {
		unavailable := &Error{Code: CodeUnavailable, Detail: fmt.Sprintf("the order is applied in block %d, which cannot be had now; ask again", at.Block)}
		return receipt.Receipt{}, fmt.Errorf("%w: %w", unavailable, err)
	}
	r, err := receipt.Make(raw, at.TxID, id)
	if err != nil {
		return receipt.Receipt{}, fmt.Errorf("receipt of order %s from block %d: %w", id, at.Block, err)
	}
	return r, nil
}
