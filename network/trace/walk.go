package trace

import (
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// walker makes trees of what an answer shows, within its limits.
type walker struct {
	g       *Graph
	limits  Limits
	oneStep bool
	nodes   int
}

func (w *walker) entry(n uint32) Entry {
	g := w.g
	e := &g.entries[n]
	out := Entry{
		At: g.at(n), Kind: e.kind.String(), Of: subjectOf(e.kind), ID: refText(e),
		Account: g.accounts[e.account], Other: g.accounts[e.other], Amount: e.amount,
		Debt: g.missing[n].debt, Forgiven: g.missing[n].forgiven,
	}
	if e.after != dollars.BookingNone {
		out.Booking = e.after.String()
	}
	for m := g.firstOf(n); int(m) < len(g.movements) && g.movements[m].entry == n; m++ {
		whole := []stretch{{amount: g.movements[m].amount}}
		x := g.movement(m, whole)
		x.CameFrom, x.MoreFrom = w.back(m, whole, 0)
		w.forth(&x, m, whole, 0)
		out.Movements = append(out.Movements, x)
	}
	return out
}

// at is where an entry is.
func (g *Graph) at(entry uint32) At {
	e := &g.entries[entry]
	t := &g.transactions[e.transaction]
	return At{
		Block: t.block, Transaction: int(t.index), TxID: t.id.String(), Entry: int(e.place), Time: time.Unix(t.time, 0).UTC(),
	}
}

// movement is a movement as answers have it, without what came before and after.
func (g *Graph) movement(m uint32, of []stretch) Movement {
	x := &g.movements[m]
	e := &g.entries[x.entry]
	return Movement{
		At: g.at(x.entry), Way: x.way.String(), Kind: e.kind.String(), Of: subjectOf(e.kind), ID: refText(e),
		Amount: total(of), Whole: x.amount, Expiry: x.month, From: g.accounts[x.from], To: g.accounts[x.to],
	}
}

// back is where points of a movement came from.
func (w *walker) back(m uint32, of []stretch, depth int) (list []Movement, more *More) {
	if w.oneStep && depth > 0 {
		return nil, nil
	}
	for _, b := range w.g.sources(m, of) {
		if w.full(depth, len(list)) {
			more = more.add(b)
			continue
		}
		w.nodes++
		x := w.g.movement(b.movement, b.of)
		x.CameFrom, x.MoreFrom = w.back(b.movement, b.of, depth+1)
		list = append(list, x)
	}
	return list, more
}

// forth adds where points of a movement went.
func (w *walker) forth(into *Movement, m uint32, of []stretch, depth int) {
	if w.g.movements[m].way.ends() || w.oneStep && depth > 0 {
		return
	}
	further, left := w.g.uses(m, of)
	if into.Left = total(left); into.Left > 0 {
		into.State = w.g.fate(m).State
	}
	for _, b := range further {
		if w.full(depth, len(into.WentTo)) {
			into.MoreTo = into.MoreTo.add(b)
			continue
		}
		w.nodes++
		x := w.g.movement(b.movement, b.of)
		w.forth(&x, b.movement, b.of, depth+1)
		into.WentTo = append(into.WentTo, x)
	}
}

// full tells whether a list can have no more of an answer.
func (w *walker) full(depth, length int) bool {
	l := w.limits
	return l.Depth > 0 && depth >= l.Depth || l.Breadth > 0 && length >= l.Breadth || l.Nodes > 0 && w.nodes >= l.Nodes
}

func (m *More) add(b branch) *More {
	if m == nil {
		m = &More{}
	}
	m.Movements++
	m.Amount += total(b.of)
	return m
}
