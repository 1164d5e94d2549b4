package gateway

import (
	"context"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// knowing is views in which every order was applied.
type knowing struct {
	Reads
	at wallet.OrderAt
}

func (k knowing) Order(context.Context, dollars.OrderID) (wallet.OrderAt, error) { return k.at, nil }

// TestAppliedOrderIsNotToldAsRefused: whatever the ledger looks at before the nonce may have changed since the order was
// applied, through another replica.
func TestAppliedOrderIsNotToldAsRefused(t *testing.T) {
	entry := dollars.Entry{Kind: dollars.KindHold, Outcome: dollars.Applied, Amount: 5}
	views := knowing{at: wallet.OrderAt{TxID: "first", Block: 7, Entry: entry}}
	for _, code := range []dollars.Code{
		dollars.CodeNonceUsed, dollars.CodeDeadlinePassed, dollars.CodeUntilInvalid, dollars.CodeAccountFrozen, dollars.CodeSignatureInvalid,
	} {
		st := wallet.Status{Results: []wallet.Result{{Kind: dollars.KindHold, Outcome: dollars.Rejected, Code: code}}, TxID: "second", Block: 9}
		again, err := reconsider(t.Context(), views, &item{}, dollars.SignedOrder{}, &st, time.Now())
		if err != nil || again {
			t.Errorf("%s: again %t, %v", code, again, err)
		}
		if st.TxID != "first" || st.Block != 7 || st.Results[0] != wallet.ResultOf(entry) {
			t.Errorf("%s: told %+v", code, st)
		}
	}
}
