package gateway

import (
	"context"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Bounds on the credits a batch names: each is a key to read and delete, and 33 bytes or more of the transaction.
const (
	maxAccountCredits = 8 * dollars.MaxCredits
	maxBatchCredits   = 2 * maxAccountCredits
)

// spender is an account whose record operations of a batch write.
type spender struct {
	total   dollars.Amount // of all of them
	count   int
	greedy  bool // name all credits there are
	credits []dollars.CreditRef
	absorbs [][]dollars.CreditRef // to be absorbed before the first of them
	left    bool                  // no more credits may be named in this batch
}

// assemble encodes a batch's operations, naming credits for those that need them, and notes in the batch which items
// it sends and which must wait.
func assemble(ctx context.Context, views Reads, b *batch) ([][]byte, error) {
	spenders, order := b.spenders()
	budget := maxBatchCredits
	for _, account := range order {
		s := spenders[account]
		if budget == 0 {
			s.left = true
			continue
		}
		amount := s.total
		if s.greedy {
			amount = dollars.MaxAmount
		}
		refs, err := views.Credits(ctx, account, amount, min(budget, maxAccountCredits))
		if err != nil {
			return nil, err
		}
		budget -= len(refs)
		s.share(refs)
	}
	b.sent, b.left = nil, nil
	ops := make([][]byte, 0, len(b.items))
	for _, it := range b.items {
		if b.waits(it, spenders) {
			b.left = append(b.left, it)
			continue
		}
		b.sent = append(b.sent, it)
		for i, op := range it.work.Ops {
			recall, err := b.recall(ctx, views, op)
			if err != nil {
				return nil, err
			}
			ops = b.encode(ops, it.encoded[i], op, recall, spenders)
		}
	}
	return ops, nil
}

// recall names credits of the accounts that the points of a reversed award were given to: those given to last, as far as
// the ledger asks, and credits of the months that were given.
func (b *batch) recall(ctx context.Context, views Reads, op dollars.Operation) (recall []dollars.NamedCredits, err error) {
	cancel, ok := op.(dollars.Cancel)
	if !ok {
		return nil, nil
	}
	given := b.takings[cancel.Booking].given
	room := dollars.MaxCredits
	for _, to := range recipients(given) {
		refs, err := views.Credits(ctx, to, dollars.MaxAmount, dollars.MaxCredits)
		if err != nil {
			return nil, err
		}
		refs = slices.DeleteFunc(refs, func(ref dollars.CreditRef) bool {
			return !slices.ContainsFunc(given, func(g dollars.Given) bool { return g.To == to && g.Expiry == ref.Expiry })
		})
		refs = refs[:min(len(refs), room)]
		if room -= len(refs); len(refs) > 0 {
			recall = append(recall, dollars.NamedCredits{Account: to, Credits: refs})
		}
	}
	return recall, nil
}

// recipients are whom points were given to, the latest first; as many as a recall asks.
func recipients(given []dollars.Given) (list []dollars.Account) {
	for _, g := range slices.Backward(given) {
		if !slices.Contains(list, g.To) {
			list = append(list, g.To)
		}
	}
	return list[:min(len(list), dollars.MaxRecalled)]
}

// share decides who names the credits. One operation names its own; where there are several, or too many credits for
// one, they are absorbed first: an order that is refused changes nothing, and would take its credits from the others.
func (s *spender) share(refs []dollars.CreditRef) {
	if s.count == 1 && len(refs) <= dollars.MaxCredits {
		s.credits = refs
		return
	}
	s.absorbs = slices.Collect(slices.Chunk(refs, dollars.MaxCredits))
}

// spenders are the accounts that the batch's operations spend from or take back from, and the order in which they
// first do.
func (b *batch) spenders() (map[dollars.Account]*spender, []dollars.Account) {
	spenders := map[dollars.Account]*spender{}
	var order []dollars.Account
	for _, it := range b.items {
		for _, op := range it.work.Ops {
			account, amount, ok := b.spends(op)
			if !ok {
				continue
			}
			s := spenders[account]
			if s == nil {
				s = &spender{}
				spenders[account] = s
				order = append(order, account)
			}
			s.count++
			_, reversal := op.(dollars.Cancel) // takes the award's own points first, whichever credits they lie in
			s.greedy = s.greedy || it.greedy || reversal
			total, err := s.total.Plus(amount)
			if err != nil {
				total = dollars.MaxAmount
			}
			s.total = total
		}
	}
	return spenders, order
}

// spends tells which account an operation takes how much from.
func (b *batch) spends(op dollars.Operation) (dollars.Account, dollars.Amount, bool) {
	switch o := op.(type) {
	case dollars.SignedOrder:
		return o.From, o.Amount, o.Spends()
	case dollars.Expire:
		return o.Account, 0, true // what has expired is named first, however little is asked for
	case dollars.Cancel:
		t, ok := b.takings[o.Booking]
		return t.account, t.points, ok
	case dollars.ApproveAdjustment:
		t, ok := b.takings[o.ID]
		return t.account, t.points, ok
	}
	return dollars.Account{}, 0, false
}

// waits tells whether an item must wait for another batch because too many credits are named in this one.
func (b *batch) waits(it *item, spenders map[dollars.Account]*spender) bool {
	for _, op := range it.work.Ops {
		if account, _, ok := b.spends(op); ok && spenders[account].left {
			return true
		}
	}
	return false
}

// encode appends an operation, with its credits, behind what must be absorbed before it.
func (b *batch) encode(ops [][]byte, encoded []byte, op dollars.Operation, recall []dollars.NamedCredits, spenders map[dollars.Account]*spender) [][]byte {
	account, _, ok := b.spends(op)
	if !ok {
		return append(ops, encoded)
	}
	s := spenders[account]
	for _, refs := range s.absorbs {
		ops = append(ops, dollars.EncodeOperation(dollars.Absorb{Account: account, Credits: refs}))
	}
	s.absorbs = nil
	if len(s.credits) == 0 && len(recall) == 0 {
		return append(ops, encoded)
	}
	switch o := op.(type) {
	case dollars.SignedOrder:
		o.Credits = s.credits
		op = o
	case dollars.Cancel:
		o.Credits, o.Recall = s.credits, recall
		op = o
	case dollars.Expire:
		o.Credits = s.credits
		op = o
	case dollars.ApproveAdjustment:
		o.Credits = s.credits
		op = o
	}
	return append(ops, dollars.EncodeOperation(op))
}
