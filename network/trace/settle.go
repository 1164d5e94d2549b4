package trace

import (
	"fmt"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// This file brings what the entries of a transaction moved together with what the transaction wrote. The writes say which
// credits were absorbed, what came too late to be, and whose share of a household its points are; and they check all else.

// absorb brings the credits that the transaction deletes into their accounts' records. Which of its operations did, a
// journal does not tell; it makes a difference only where several of them spend of the same account.
func (g *Graph) absorb(writes []dollars.Write) {
	for _, w := range writes {
		if w.Value != nil {
			continue
		}
		k := dollars.ParseStateKey(w.Key)
		if k.Kind != dollars.StateCredit {
			continue
		}
		account := g.number(k.Credit.Account)
		at := place{inCredit, account, k.Credit.Expiry, g.numbers[k.Credit.TxID]}
		if x := g.stock[at]; x != nil {
			delete(g.stock, at)
			g.put(place{inRecord, account, k.Credit.Expiry, g.shares(account)[0]}, x.pieces)
		}
	}
}

// settle puts what the transaction's accounts received where its writes have it, and compares every key written.
func (g *Graph) settle(writes []dollars.Write, number uint32) error {
	if err := g.settleCredits(writes, number); err != nil {
		return err
	}
	for _, at := range g.received {
		if x := g.stock[at]; x != nil {
			delete(g.stock, at)
			g.put(place{inRecord, at.account, at.month, g.shares(at.account)[0]}, x.pieces)
		}
	}
	g.received = g.received[:0]
	for _, w := range writes {
		var err error
		switch k := dollars.ParseStateKey(w.Key); k.Kind {
		case dollars.StateAccount:
			err = g.settleRecord(g.number(k.Account), w.Value)
		case dollars.StateHold:
			err = g.settleHold(k.Hold, w.Value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.Key, err)
		}
	}
	if len(g.unsettled) > 0 {
		account := slices.Min(slices.Collect(maps.Keys(g.unsettled)))
		return fmt.Errorf("the points in the record of %s have changed, and the record is not written", g.accounts[account])
	}
	return nil
}

// settleCredits leaves under its own key what an account received after the last operation that absorbed: what came last.
func (g *Graph) settleCredits(writes []dollars.Write, number uint32) error {
	for _, w := range writes {
		k := dollars.ParseStateKey(w.Key)
		if k.Kind != dollars.StateCredit || w.Value == nil {
			continue
		}
		amount, err := dollars.DecodeCredit(w.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", w.Key, err)
		}
		from := place{inTransaction, g.number(k.Credit.Account), k.Credit.Expiry, 0}
		came := g.total(from)
		if came < amount {
			return fmt.Errorf("%s: it has %s, and only %s came", w.Key, amount, came)
		}
		early, _ := g.take(from, came-amount, nil)
		late := g.stock[from].pieces
		delete(g.stock, from)
		g.put(place{inCredit, from.account, from.month, number}, late)
		g.put(from, early)
	}
	return nil
}

// settleRecord compares an account's record, and deals a household's points out as it says.
func (g *Graph) settleRecord(account uint32, value []byte) error {
	rec, err := dollars.DecodeAccountRecord(value)
	if err != nil {
		return err
	}
	delete(g.unsettled, account)
	if delete(g.owed, account); rec.Debt > 0 {
		g.owed[account] = rec.Debt
	}
	sharers := g.shares(account)
	var sum dollars.Amount
	for _, b := range rec.Buckets {
		var have dollars.Amount
		for _, member := range sharers {
			have += g.total(place{inRecord, account, b.Expiry, member})
		}
		if have != b.Amount {
			return differs(b.Expiry.String(), have, b.Amount)
		}
		sum += b.Amount
	}
	if sum != g.records[account] {
		return differs("all months", g.records[account], sum)
	}
	if _, was := g.sharers[account]; was || rec.Pool != nil {
		return g.deal(account, sharers, &rec)
	}
	return nil
}

func differs(of string, have, recorded dollars.Amount) error {
	return fmt.Errorf("of %s it has %s as far as points were followed, and %s on the ledger", of, have, recorded)
}

// deal gives every member of a household the share that its record says, out of what others have more than theirs: what a
// member spent of the others', or earlier than they would have, is made good to those in points of other months.
func (g *Graph) deal(account uint32, sharers []uint32, rec *dollars.AccountRecord) error {
	members, shares := []uint32{0}, []dollars.Buckets{rec.Buckets}
	if rec.Pool != nil {
		members, shares = nil, nil
		for _, m := range rec.Pool.Members {
			members, shares = append(members, g.number(m.Account)), append(shares, m.Share)
		}
	}
	for _, b := range rec.Buckets {
		var spare []piece
		for _, one := range sharers {
			at := place{inRecord, account, b.Expiry, one}
			due := amountOf(members, shares, one, b.Expiry)
			spare, _ = g.take(at, max(0, g.total(at)-due), spare)
		}
		for _, one := range members {
			at := place{inRecord, account, b.Expiry, one}
			var got []piece
			got, spare = cut(spare, amountOf(members, shares, one, b.Expiry)-g.total(at))
			g.put(at, got)
		}
		if len(spare) > 0 {
			return fmt.Errorf("the shares of %s do not add up", b.Expiry)
		}
	}
	delete(g.unsettled, account)
	if delete(g.sharers, account); rec.Pool != nil {
		g.sharers[account] = members
	}
	return nil
}

// amountOf is a member's share of a month; nothing for who is none.
func amountOf(members []uint32, shares []dollars.Buckets, member uint32, month dollars.Expiry) dollars.Amount {
	for i, m := range members {
		if m != member {
			continue
		}
		for _, b := range shares[i] {
			if b.Expiry == month {
				return b.Amount
			}
		}
	}
	return 0
}

// cut divides a list of pieces.
func cut(list []piece, want dollars.Amount) (first, rest []piece) {
	for i, p := range list {
		if want <= 0 {
			return first, list[i:]
		}
		some := min(p.amount, want)
		first = append(first, piece{at: p.at, amount: some, movement: p.movement, since: p.since})
		if want -= some; some < p.amount {
			rest = append(rest, piece{at: p.at + some, amount: p.amount - some, movement: p.movement, since: p.since})
			return first, append(rest, list[i+1:]...)
		}
	}
	return first, nil
}

// settleHold compares what is left of a hold.
func (g *Graph) settleHold(id dollars.HoldID, value []byte) error {
	rec, err := dollars.DecodeHoldRecord(value)
	if err != nil {
		return err
	}
	var h hold
	if x := g.holds[id]; x != nil {
		h = *x
	}
	var sum dollars.Amount
	for _, b := range rec.Buckets {
		if have := g.total(place{inHold, g.number(id.Account), b.Expiry, h.entry}); have != b.Amount {
			return differs(b.Expiry.String(), have, b.Amount)
		}
		sum += b.Amount
	}
	if sum != h.left {
		return differs("all months", h.left, sum)
	}
	return nil
}
