package trace

import (
	"errors"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// This file follows what an entry says it moved. Which points an operation takes, and how many of which month, is the rules'
// to say: the entry has it. What is decided here is only which of points that are alike those are.

// move follows an entry: what had expired first, then what repaid a debt, then what the operation was about.
func (g *Graph) move(e *dollars.Entry) error {
	if e.Kind != dollars.KindRelease {
		if err := g.burn(Expired, e.Account, dollars.Account{}, e.Expired); err != nil {
			return err
		}
	}
	if err := g.burn(Repaid, e.Account, dollars.Account{}, e.Repaid); err != nil {
		return err
	}
	switch e.Kind {
	case dollars.KindComplete:
		g.begin(Earned, e)
	case dollars.KindCancel:
		return g.reverse(e)
	case dollars.KindTransfer:
		return g.give(Sent, e.Account, e.By, e.Other, e.Moved)
	case dollars.KindLeave:
		return g.give(Withdrawn, e.Account, e.Other, e.Other, e.Moved)
	case dollars.KindContribute:
		return g.contribute(e)
	case dollars.KindRedeem, dollars.KindClaim:
		return g.burn(Redeemed, e.Account, e.By, e.Moved)
	case dollars.KindHold:
		return g.setAside(e)
	case dollars.KindCapture:
		return g.takeHeld(Redeemed, e, e.Moved)
	case dollars.KindRelease:
		if err := g.takeHeld(Expired, e, e.Expired); err != nil {
			return err
		}
		return g.takeHeld(Released, e, e.Moved)
	case dollars.KindApproveAdjustment:
		if e.Burn {
			return g.burn(Corrected, e.Account, dollars.Account{}, e.Moved)
		}
		g.begin(Granted, e)
	}
	return nil
}

// begin brings points into being.
func (g *Graph) begin(way Way, e *dollars.Entry) {
	to := g.number(e.Account)
	for _, b := range e.Moved {
		g.put(place{inTransaction, to, b.Expiry, 0}, g.record(movement{way: way, amount: b.Amount, month: b.Expiry, to: to}, nil))
	}
}

// burn ends points of an account; of a household, of the share of a member first.
func (g *Graph) burn(way Way, account, member dollars.Account, points dollars.Buckets, claims ...claim) error {
	from := g.number(account)
	for _, b := range points {
		drawn, err := g.draw(from, member, b, claims...)
		if err != nil {
			return err
		}
		g.record(movement{way: way, amount: b.Amount, month: b.Expiry, from: from}, drawn)
	}
	return nil
}

// give brings points of an account to another.
func (g *Graph) give(way Way, account, member, other dollars.Account, points dollars.Buckets) error {
	from, to := g.number(account), g.number(other)
	for _, b := range points {
		drawn, err := g.draw(from, member, b)
		if err != nil {
			return err
		}
		g.put(place{inTransaction, to, b.Expiry, 0}, g.record(movement{way: way, amount: b.Amount, month: b.Expiry, from: from, to: to}, drawn))
	}
	return nil
}

// contribute brings points into the record of a household, as the member's share.
func (g *Graph) contribute(e *dollars.Entry) error {
	from, to := g.number(e.Account), g.number(e.Other)
	for _, b := range e.Moved {
		drawn, err := g.draw(from, dollars.Account{}, b)
		if err != nil {
			return err
		}
		if list := g.shares(to); !slices.Contains(list, from) {
			g.sharers[to] = append(list[:len(list):len(list)], from)
		}
		moved := g.record(movement{way: Contributed, amount: b.Amount, month: b.Expiry, from: from, to: to}, drawn)
		g.put(place{inRecord, to, b.Expiry, from}, moved)
	}
	return nil
}

// reverse takes an award back: what is left of itself first, and from others what the account gave them, of the award first.
func (g *Graph) reverse(e *dollars.Entry) error {
	giver := g.number(e.Account)
	award := func(origin, _ *movement) bool { return origin.way == Earned && g.entries[origin.entry].ref == e.Ref }
	given := func(_, since *movement) bool { return since.from == giver }
	if err := g.burn(Reversed, e.Account, dollars.Account{}, e.Moved, award); err != nil {
		return err
	}
	for _, x := range e.Recalled {
		err := g.burn(Recalled, x.Account, e.Account, x.Moved,
			func(origin, since *movement) bool { return given(origin, since) && award(origin, since) }, given)
		if err != nil {
			return err
		}
	}
	return nil
}

// setAside brings points into a hold.
func (g *Graph) setAside(e *dollars.Entry) error {
	from, number := g.number(e.Account), uint32(len(g.entries)-1)
	made := &hold{entry: number}
	g.holds[dollars.HoldID{Account: e.Account, Order: dollars.OrderID(e.Ref)}] = made
	for _, b := range e.Moved {
		drawn, err := g.draw(from, e.By, b)
		if err != nil {
			return err
		}
		moved := g.record(movement{way: Held, amount: b.Amount, month: b.Expiry, from: from, to: from}, drawn)
		g.put(place{inHold, from, b.Expiry, number}, moved)
		made.left += b.Amount
	}
	return nil
}

// takeHeld takes points out of a hold, to burn them or to give them back.
func (g *Graph) takeHeld(way Way, e *dollars.Entry, points dollars.Buckets) error {
	id, account := dollars.HoldID{Account: e.Account, Order: dollars.OrderID(e.Ref)}, g.number(e.Account)
	h := g.holds[id]
	if h == nil && len(points) > 0 {
		return errors.New("nothing is left of the hold")
	}
	for _, b := range points {
		drawn, rest := g.take(place{inHold, account, b.Expiry, h.entry}, b.Amount, nil)
		if rest > 0 {
			return errors.New("the hold has less than is taken out of it")
		}
		m := movement{way: way, amount: b.Amount, month: b.Expiry, from: account}
		if way == Released {
			m.to = account
		}
		if moved := g.record(m, drawn); way == Released {
			g.put(place{inTransaction, account, b.Expiry, 0}, moved)
		}
		h.left -= b.Amount
	}
	if h != nil && h.left == 0 {
		delete(g.holds, id)
	}
	return nil
}
