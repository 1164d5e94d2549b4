package wallet

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// ExplainedBalance is where the points of an account come from.
type ExplainedBalance struct {
	Account dollars.Account
	Buckets []ExplainedBucket // what can be spent, earliest expiry first
	Holds   []ExplainedHold   // what is held, newest first
	Debt    dollars.Amount    // which will be repaid of the buckets
}

// ExplainedBucket is the points of one expiry. Its parts add up to its amount. Points of one expiry are all alike; by
// convention those received earliest are spent first, so the parts are what was received last.
type ExplainedBucket struct {
	Expiry dollars.Expiry
	Amount dollars.Amount
	Parts  []BalancePart // newest first
}

// BalancePart is what is there of what came to the account at one time.
type BalancePart struct {
	Movement           // whose Amount is what is there of it
	Item     earn.Kind // of the booked item that earned it
}

// ExplainedHold is what is left of a hold.
type ExplainedHold struct {
	Order    dollars.OrderID
	Merchant dollars.Account
	Time     int64 // Unix seconds at which it was made
	Buckets  dollars.Buckets
}

// ExplainBalance tells of every part of what an account has where it comes from.
func (s *Service) ExplainBalance(ctx context.Context, a dollars.Account) (x ExplainedBalance, err error) {
	now := s.now().Unix()
	err = s.Views.Past(ctx, a, func(has Holding, history iter.Seq[HistoryEntry]) (err error) {
		x, err = explainHolding(has, history, now)
		return err
	})
	if err == nil {
		err = s.nameItems(x)
	}
	if err != nil {
		return ExplainedBalance{}, fmt.Errorf("explain balance: %w", err)
	}
	return x, nil
}

// explainHolding walks back through the history until everything that is there has come to the account.
func explainHolding(has Holding, history iter.Seq[HistoryEntry], now int64) (ExplainedBalance, error) {
	w := backward{account: has.Account, held: has.Held, gone: map[[32]byte]map[dollars.Expiry]dollars.Amount{}}
	for _, b := range has.Buckets {
		if !b.Expiry.Passed(now) {
			w.buckets = append(w.buckets, ExplainedBucket{Expiry: b.Expiry, Amount: b.Amount})
			w.missing = append(w.missing, b.Amount)
		}
	}
	walked := 0
	for h := range history {
		if w.done() {
			break
		}
		if walked++; walked > maxWalked {
			return ExplainedBalance{}, errHistoryTooLong
		}
		w.arrivals(h)
		if err := w.hold(h); err != nil {
			return ExplainedBalance{}, err
		}
	}
	if !w.done() {
		return ExplainedBalance{}, fmt.Errorf("the history of %s ends before all of its points came to it", has.Account)
	}
	return ExplainedBalance{Account: has.Account, Buckets: w.buckets, Holds: w.holds, Debt: has.Debt}, nil
}

// backward is what a walk back through a history has still to find.
type backward struct {
	account dollars.Account
	buckets []ExplainedBucket
	missing []dollars.Amount // of each bucket
	holds   []ExplainedHold
	held    dollars.Amount // in holds that were not met yet

	// gone is what was taken out of holds that are met further back, by their orders.
	gone map[[32]byte]map[dollars.Expiry]dollars.Amount
}

func (w *backward) done() bool {
	return w.held == 0 && !slices.ContainsFunc(w.missing, func(a dollars.Amount) bool { return a > 0 })
}

// arrivals takes of what came to the account what is still there. What a hold gave back had come before.
func (w *backward) arrivals(h HistoryEntry) {
	for _, m := range Movements(w.account, h) {
		i := slices.IndexFunc(w.buckets, func(b ExplainedBucket) bool { return b.Expiry == m.Expiry })
		if i < 0 || m.Amount <= 0 || m.Line == LineReleased || w.missing[i] == 0 {
			continue
		}
		m.Amount = min(m.Amount, w.missing[i])
		w.missing[i] -= m.Amount
		w.buckets[i].Parts = append(w.buckets[i].Parts, BalancePart{Movement: m})
	}
}

// hold finds what is left of holds: what was set aside, less what was taken out later.
func (w *backward) hold(h HistoryEntry) error {
	e := h.Entry
	switch {
	case e.Account != w.account:
	case e.Kind == dollars.KindCapture:
		w.out(e.Ref, e.Moved) // what expired was not of the hold
	case e.Kind == dollars.KindRelease:
		w.out(e.Ref, e.Moved)
		w.out(e.Ref, e.Expired)
	case e.Kind == dollars.KindHold:
		left := ExplainedHold{Order: e.Ref, Merchant: e.Other, Time: h.Time}
		for _, b := range e.Moved {
			if b.Amount -= w.gone[e.Ref][b.Expiry]; b.Amount > 0 {
				left.Buckets = append(left.Buckets, b)
			}
		}
		delete(w.gone, e.Ref)
		total, err := left.Buckets.Total()
		if err != nil || total == 0 {
			return err
		}
		w.held -= total
		w.holds = append(w.holds, left)
	}
	return nil
}

// out remembers what was taken out of a hold.
func (w *backward) out(order [32]byte, buckets dollars.Buckets) {
	if w.gone[order] == nil {
		w.gone[order] = map[dollars.Expiry]dollars.Amount{}
	}
	for _, b := range buckets {
		w.gone[order][b.Expiry] += b.Amount
	}
}

// nameItems says which kind of booked item earned each part.
func (s *Service) nameItems(x ExplainedBalance) error {
	kinds := map[[32]byte]earn.Kind{}
	earned := func(yield func(*BalancePart)) {
		for _, b := range x.Buckets {
			for i := range b.Parts {
				if b.Parts[i].Line == LineEarned {
					yield(&b.Parts[i])
				}
			}
		}
	}
	earned(func(p *BalancePart) { kinds[p.Ref] = 0 })
	refs := slices.Collect(maps.Keys(kinds))
	keys := make([]string, len(refs))
	for i, ref := range refs {
		keys[i] = dollars.BookingKey(ref)
	}
	values, err := s.Views.Get(keys)
	if err != nil {
		return err
	}
	for i, ref := range refs {
		rec, err := dollars.DecodeBookingRecord(values[i])
		if err != nil {
			return fmt.Errorf("booked item %x: %w", ref, err)
		}
		kinds[ref] = rec.Facts.Kind
	}
	earned(func(p *BalancePart) { p.Item = kinds[p.Ref] })
	return nil
}
