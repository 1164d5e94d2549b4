package wallet

import (
	"context"
	"errors"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof/prooftest"
	"github.com/destinasia/dollars/network/receipt"
)

// oneBlock is a ledger that hands out one block.
type oneBlock struct {
	number uint64
	raw    []byte
}

func (b oneBlock) Raw(_ context.Context, number uint64) ([]byte, error) {
	if number != b.number {
		return nil, errors.New("no such block")
	}
	return b.raw, nil
}

func TestReceipt(t *testing.T) {
	w, people := newWorld(t), prooftest.NewPeople(t)
	entry := dollars.Entry{Kind: dollars.KindTransfer, Outcome: dollars.Applied, Ref: dollars.OrderID{1}, Account: dollars.Account{7}}
	raw, txID := people.Applied(3, dollars.Journal{Entries: []dollars.Entry{entry}}.Encode())
	w.Blocks = oneBlock{3, raw}
	w.orders[entry.Ref] = OrderAt{TxID: txID, Block: 3, Entry: entry}
	w.orders[dollars.OrderID{2}] = OrderAt{TxID: txID, Block: 4}
	w.orders[dollars.OrderID{3}] = OrderAt{TxID: txID, Block: 3}

	r, err := w.Receipt(t.Context(), entry.Ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receipt.Verify(r, people.Roots); err != nil {
		t.Error(err)
	}
	for id, code := range map[dollars.OrderID]dollars.Code{{9}: CodeNotFound, {2}: CodeUnavailable, {3}: ""} {
		_, err := w.Receipt(t.Context(), id)
		var refused *Error
		if err == nil || errors.As(err, &refused) != (code != "") || refused != nil && refused.Code != code {
			t.Errorf("order %s: %v; want %q", id, err, code)
		}
	}
}
