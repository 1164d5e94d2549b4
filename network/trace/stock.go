package trace

import (
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// place is where points of one month lie.
type place struct {
	what    shelf
	account uint32
	month   dollars.Expiry
	number  uint32 // of a credit: the transaction; of a hold: the entry; of a record: whose share of a household it is
}

// shelf is the kind of key that points lie under.
type shelf uint8

const (
	inRecord shelf = iota
	inCredit
	inHold
	inTransaction // received in the transaction under way
)

// pile is what lies in a place, in the order in which it is spent.
type pile struct {
	total  dollars.Amount
	pieces []piece
}

// piece is a stretch of a movement's points that nothing has moved on.
type piece struct {
	at, amount dollars.Amount
	movement   uint32
	since      uint32 // the movement with which they came to the account; it is their turn in the order of spending
}

// hold is what there is to know of a hold while something is left of it.
type hold struct {
	entry uint32 // that made it
	left  dollars.Amount
}

// appendPiece adds to a list, whose last piece may go on in it.
func appendPiece(list []piece, p piece) []piece {
	if n := len(list); n > 0 {
		last := &list[n-1]
		if last.movement == p.movement && last.since == p.since && last.at+last.amount == p.at {
			last.amount += p.amount
			return list
		}
	}
	return append(list, p)
}

// put adds pieces to what lies in a place, each where its turn is.
func (g *Graph) put(at place, pieces []piece) {
	if len(pieces) == 0 {
		return
	}
	x := g.stock[at]
	if x == nil {
		x = &pile{}
		g.stock[at] = x
		if at.what == inTransaction {
			g.received = append(g.received, at)
		}
	}
	total := x.total
	inTurn := len(x.pieces) == 0 || x.pieces[len(x.pieces)-1].since <= pieces[0].since
	for i, p := range pieces {
		inTurn = inTurn && (i == 0 || pieces[i-1].since <= p.since)
		x.pieces = appendPiece(x.pieces, p)
		x.total += p.amount
	}
	if !inTurn {
		slices.SortStableFunc(x.pieces, byTurn)
	}
	if at.what == inRecord {
		g.records[at.account] += x.total - total
		g.unsettled[at.account] = true
	}
}

func byTurn(a, b piece) int { return int(int64(a.since) - int64(b.since)) }

// take takes up to want out of a place, what came first first, and adds it to what was drawn. It answers what is missing.
func (g *Graph) take(from place, want dollars.Amount, drawn []piece) ([]piece, dollars.Amount) {
	x := g.stock[from]
	if x == nil || want == 0 {
		return drawn, want
	}
	before := x.total
	for want > 0 && len(x.pieces) > 0 {
		p := &x.pieces[0]
		some := min(p.amount, want)
		drawn = append(drawn, piece{at: p.at, amount: some, movement: p.movement, since: p.since})
		want -= some
		x.total -= some
		if p.at, p.amount = p.at+some, p.amount-some; p.amount == 0 {
			x.pieces = x.pieces[1:]
		}
	}
	g.taken(from, x, before)
	return drawn, want
}

// claim tells which points an operation is about: by what they began with, and with what they came to the account.
type claim func(origin, since *movement) bool

// takeOwn is take of what is claimed.
func (g *Graph) takeOwn(from place, want dollars.Amount, own claim, drawn []piece) ([]piece, dollars.Amount) {
	x := g.stock[from]
	if x == nil || want == 0 {
		return drawn, want
	}
	before := x.total
	var kept []piece
	for _, p := range x.pieces {
		at := p.at
		g.began(p.movement, stretch{p.at, p.amount}, func(origin uint32, amount dollars.Amount) {
			q := piece{at: at, amount: amount, movement: p.movement, since: p.since}
			at += amount
			if want > 0 && own(&g.movements[origin], &g.movements[p.since]) {
				q.amount = min(amount, want)
				drawn = appendPiece(drawn, q)
				want -= q.amount
				x.total -= q.amount
				q.at, q.amount = q.at+q.amount, amount-q.amount
			}
			if q.amount > 0 {
				kept = appendPiece(kept, q)
			}
		})
	}
	x.pieces = kept
	g.taken(from, x, before)
	return drawn, want
}

// taken keeps the sums of what was taken out of a pile.
func (g *Graph) taken(from place, x *pile, before dollars.Amount) {
	if from.what == inRecord {
		g.records[from.account] -= before - x.total
		g.unsettled[from.account] = true
	}
	if x.total == 0 {
		delete(g.stock, from)
	}
}

// draw takes points of an account, of its record first and then of what came in this transaction. Of a household the share
// of one member comes first. What is claimed comes before all else.
func (g *Graph) draw(account uint32, member dollars.Account, b dollars.Bucket, claims ...claim) ([]piece, error) {
	var first uint32
	if _, household := g.sharers[account]; household {
		first = g.known[member]
	}
	places := []place{{inRecord, account, b.Expiry, first}}
	for _, one := range g.shares(account) {
		if one != first {
			places = append(places, place{inRecord, account, b.Expiry, one})
		}
	}
	places = append(places, place{inTransaction, account, b.Expiry, 0})
	var drawn []piece
	want := b.Amount
	for _, own := range claims {
		for _, p := range places {
			drawn, want = g.takeOwn(p, want, own, drawn)
		}
	}
	for _, p := range places {
		drawn, want = g.take(p, want, drawn)
	}
	if want > 0 {
		return nil, fmt.Errorf("%s of %s to be taken of %s, which has %s less", b.Amount, b.Expiry, g.accounts[account], want)
	}
	return drawn, nil
}

// shares are whose the points in an account's record are: nobody's in particular unless it is a household.
func (g *Graph) shares(account uint32) []uint32 {
	if list, household := g.sharers[account]; household {
		return list
	}
	return []uint32{0}
}

// total is what lies in a place.
func (g *Graph) total(at place) dollars.Amount {
	if x := g.stock[at]; x != nil {
		return x.total
	}
	return 0
}
