package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// maxStale is how often an order is tried with fresh credits, without coming closer, before it is told as rejected.
const maxStale = 10

// judge reads what became of the works of a valid transaction: what is to be told, and what is to be tried again.
func judge(ctx context.Context, views Reads, b *batch, at wallet.TransactionAt, now time.Time) (done []wallet.Status, again []*item, err error) {
	results, err := split(b.sent, at.Results)
	if err != nil {
		return nil, nil, fmt.Errorf("transaction %s in block %d: %w", b.tx.TxID, at.Block, err)
	}
	for i, it := range b.sent {
		if it.shadow {
			continue
		}
		st := wallet.Status{Work: it.work, Done: true, Results: results[i], TxID: b.tx.TxID, Block: at.Block}
		order, ok := it.order()
		if ok && results[i][0].Outcome == dollars.Rejected {
			retry, err := reconsider(ctx, views, it, order, &st, now)
			if retry || err != nil {
				// What cannot be judged is tried again: the ledger then gives the same answer again, or says
				// that the order is used.
				again = append(again, it)
				continue
			}
		}
		done = append(done, st)
	}
	return done, again, nil
}

// split gives every work its results. Those of absorptions are nobody's: the gateway added them.
func split(items []*item, results []wallet.Result) ([][]wallet.Result, error) {
	own := make([]wallet.Result, 0, len(results))
	for _, r := range results {
		if r.Kind != dollars.KindAbsorb {
			own = append(own, r)
		}
	}
	out := make([][]wallet.Result, len(items))
	for i, it := range items {
		n := len(it.work.Ops)
		if n > len(own) {
			return nil, fmt.Errorf("the journal has too few entries, %d, for its work", len(results))
		}
		for j, op := range it.work.Ops {
			if own[j].Kind != op.Kind() && own[j].Kind != dollars.KindUnreadable {
				return nil, fmt.Errorf("the journal has %s where work asked for %s", own[j].Kind, op.Kind())
			}
		}
		out[i], own = own[:n:n], own[n:]
	}
	if len(own) > 0 {
		return nil, fmt.Errorf("the journal has %d entries too many for its work", len(own))
	}
	return out, nil
}

// order is the order that a work consists of.
func (it *item) order() (dollars.SignedOrder, bool) {
	if len(it.work.Ops) != 1 {
		return dollars.SignedOrder{}, false
	}
	o, ok := it.work.Ops[0].(dollars.SignedOrder)
	return o, ok
}

// reconsider looks twice at an order that the ledger refused. It may have been applied before, by a transaction of
// another replica or one that a lost inbox forgot: then it is told where. Or the credits it was sent with were not
// what the ledger has: then it is tried again with fresh ones.
func reconsider(ctx context.Context, views Reads, it *item, o dollars.SignedOrder, st *wallet.Status, now time.Time) (again bool, err error) {
	switch st.Results[0].Code {
	case dollars.CodeNonceUsed, dollars.CodeDeadlinePassed, dollars.CodeUntilInvalid, dollars.CodeAccountFrozen, dollars.CodeSignatureInvalid:
		// The ledger checks these before it could recognise an order it knows.
		at, err := views.Order(ctx, dollars.OrderID(it.work.ID))
		if errors.Is(err, wallet.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		st.Results = []wallet.Result{wallet.ResultOf(at.Entry)}
		st.TxID, st.Block = at.TxID, at.Block
		return false, nil
	case dollars.CodeStaleCredits:
	case dollars.CodeBalance:
		// The account may have more credits than could be named at once, or the views may have been behind when
		// they were chosen.
		b, err := views.Balance(ctx, o.From, now.Unix())
		if err != nil || b.Available() < o.Amount {
			return false, err
		}
		rest, err := views.Credits(ctx, o.From, o.Amount, maxAccountCredits+1)
		if err != nil {
			return false, err
		}
		if len(rest) > maxAccountCredits {
			it.attempts = 0 // those named were absorbed all the same, so each try comes closer
		}
	default:
		return false, nil
	}
	if it.attempts >= maxStale {
		return false, nil
	}
	it.greedy = true
	return true, nil
}
