package trace

import (
	"cmp"
	"slices"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Limits bound what an answer shows; 0 is no bound. What is left out is counted in it.
type Limits struct {
	Depth   int // how many movements one after the other
	Breadth int // how many of a list
	Nodes   int // how many movements in all, but for the first of each entry
}

// Answer is what there is to tell of a subject.
type Answer struct {
	Subject Subject `json:"subject"`

	// Of an account.
	Account *Account `json:"account,omitempty"`

	// Of all else: what the journals have of it; of all points in that where they began, unless it is a booking; and where they
	// are now. Of a transaction each way is followed one step, and these are left out.
	Entries []Entry  `json:"entries,omitempty"`
	Began   []Origin `json:"began,omitempty"`
	Now     []Fate   `json:"now,omitempty"`

	MoreEntries int `json:"moreEntries,omitempty"`
	MoreBegan   int `json:"moreBegan,omitempty"`
	MoreNow     int `json:"moreNow,omitempty"`
	Unchanged   int `json:"unchanged,omitempty"` // entries of a transaction that were refused, or repeated what was done
}

// At is where on the ledger something happened.
type At struct {
	Block       uint64    `json:"block"`
	Transaction int       `json:"transaction"` // its place in the block
	TxID        string    `json:"txId"`
	Entry       int       `json:"entry"` // its place in the transaction's journal
	Time        time.Time `json:"time"`
}

// Entry is what became of one operation.
type Entry struct {
	At
	Kind      string          `json:"kind"`
	Of        SubjectKind     `json:"of,omitempty"` // what ID names
	ID        string          `json:"id,omitempty"`
	Account   dollars.Account `json:"account,omitzero"`
	Other     dollars.Account `json:"other,omitzero"`
	Amount    dollars.Amount  `json:"amount"`
	Booking   string          `json:"booking,omitempty"` // the state that it brought a booking to
	Debt      dollars.Amount  `json:"debt,omitzero"`     // of what was to be burned, what was missing and is owed since
	Forgiven  dollars.Amount  `json:"forgiven,omitzero"` // or is not
	Movements []Movement      `json:"movements,omitempty"`
}

// Movement is points of one month that went one way, or as many of them as are followed.
type Movement struct {
	At
	Way    string          `json:"way"`
	Kind   string          `json:"kind"` // of the operation
	Of     SubjectKind     `json:"of,omitempty"`
	ID     string          `json:"id,omitempty"`
	Amount dollars.Amount  `json:"amount"`
	Whole  dollars.Amount  `json:"whole"` // of which Amount is a part
	Expiry dollars.Expiry  `json:"expiry"`
	From   dollars.Account `json:"from,omitzero"`
	To     dollars.Account `json:"to,omitzero"`

	CameFrom []Movement     `json:"cameFrom,omitempty"`
	WentTo   []Movement     `json:"wentTo,omitempty"`
	Left     dollars.Amount `json:"left,omitzero"`   // of Amount, what is still where this movement brought it
	State    State          `json:"state,omitempty"` // of what is left
	MoreFrom *More          `json:"moreFrom,omitempty"`
	MoreTo   *More          `json:"moreTo,omitempty"`
}

// More is what an answer leaves out of a list.
type More struct {
	Movements int            `json:"movements"`
	Amount    dollars.Amount `json:"amount"`
}

// Origin is a booking or an adjustment, and how much of what is followed began with it.
type Origin struct {
	Way    string          `json:"way"`
	Of     SubjectKind     `json:"of"`
	ID     string          `json:"id"`
	To     dollars.Account `json:"to"`
	Amount dollars.Amount  `json:"amount"`
}

// State is in what state points are: one of those below, or the name of the Way on which they ended.
type State string

// The states of points that there still are.
const (
	Available State = "available"
	Aside     State = "held"
	Lapsed    State = "lapsed" // their month is over, by the latest transaction's time, and nobody has burned them yet
)

// Fate is what became of points, and whose they are or were.
type Fate struct {
	State   State           `json:"state"`
	Account dollars.Account `json:"account"`
	Amount  dollars.Amount  `json:"amount"`
}

// Trace tells of a subject that Find, FindBooking or FindAccount found. Equal ledgers give equal answers.
func (g *Graph) Trace(s Subject, l Limits) Answer {
	a := Answer{Subject: s}
	switch s.Kind {
	case AnAccount:
		a.Account = g.account(s.account, l)
	case ATransaction:
		g.traceTransaction(&a, s.transaction, l)
	default:
		g.traceEntries(&a, s, l)
	}
	return a
}

func (g *Graph) traceTransaction(a *Answer, n uint32, l Limits) {
	t := &g.transactions[n]
	end := uint32(len(g.entries))
	if int(n)+1 < len(g.transactions) {
		end = g.transactions[n+1].first
	}
	w := walker{g: g, limits: l, oneStep: true}
	for i := t.first; i < end; i++ {
		if l.Breadth > 0 && len(a.Entries) == l.Breadth {
			a.MoreEntries++
			continue
		}
		a.Entries = append(a.Entries, w.entry(i))
	}
	a.Unchanged = int(t.idle)
}

func (g *Graph) traceEntries(a *Answer, s Subject, l Limits) {
	w := walker{g: g, limits: l}
	began, now := map[Origin]dollars.Amount{}, map[Fate]dollars.Amount{}
	held := false
	for i := range g.entries {
		e := &g.entries[i]
		if !s.has(e) {
			continue
		}
		// What merchants did with a hold is in the tree of the hold.
		if held && (e.kind == dollars.KindCapture || e.kind == dollars.KindRelease) {
			continue
		}
		held = held || e.kind == dollars.KindHold
		g.sum(uint32(i), began, now)
		if l.Breadth > 0 && len(a.Entries) == l.Breadth {
			a.MoreEntries++
			continue
		}
		a.Entries = append(a.Entries, w.entry(uint32(i)))
	}
	if s.Kind != ABooking && s.Kind != AnItem { // they are where points begin; what reversals burn is in their trees
		a.Began, a.MoreBegan = origins(began, l.Breadth)
	}
	a.Now, a.MoreNow = fates(now, l.Breadth)
}

// sum adds where the points of an entry began and where they are now.
func (g *Graph) sum(entry uint32, began map[Origin]dollars.Amount, now map[Fate]dollars.Amount) {
	for m := g.firstOf(entry); int(m) < len(g.movements) && g.movements[m].entry == entry; m++ {
		x := &g.movements[m]
		whole := stretch{amount: x.amount}
		if !x.way.begins() {
			g.sumOrigins(m, whole, began)
		}
		if !x.way.ends() {
			g.ends(m, []stretch{whole}, func(end uint32, of []stretch) { now[g.fate(end)] += total(of) })
		}
	}
}

func (g *Graph) sumOrigins(m uint32, of stretch, sums map[Origin]dollars.Amount) {
	g.began(m, of, func(origin uint32, amount dollars.Amount) {
		x := &g.movements[origin]
		e := &g.entries[x.entry]
		sums[Origin{Way: x.way.String(), Of: subjectOf(e.kind), ID: refText(e), To: g.accounts[x.to]}] += amount
	})
}

// fate is what became of points that nothing has moved on.
func (g *Graph) fate(m uint32) Fate {
	x := &g.movements[m]
	switch {
	case x.way.ends():
		return Fate{State: State(x.way.String()), Account: g.accounts[x.from]}
	case x.way == Held:
		return Fate{State: Aside, Account: g.accounts[x.to]}
	case x.month.Passed(g.now):
		return Fate{State: Lapsed, Account: g.accounts[x.to]}
	}
	return Fate{State: Available, Account: g.accounts[x.to]}
}

// firstOf is the first movement of an entry, or where it would be.
func (g *Graph) firstOf(entry uint32) uint32 {
	i, _ := slices.BinarySearchFunc(g.movements, entry, func(m movement, e uint32) int { return cmp.Compare(m.entry, e) })
	return uint32(i)
}

// origins sorts, most first, and leaves out what is too many.
func origins(sums map[Origin]dollars.Amount, most int) (list []Origin, more int) {
	for o, amount := range sums {
		o.Amount = amount
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b Origin) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Way, b.Way))
	})
	return clip(list, most)
}

func fates(sums map[Fate]dollars.Amount, most int) (list []Fate, more int) {
	for f, amount := range sums {
		f.Amount = amount
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Fate) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.State, b.State), cmp.Compare(a.Account.String(), b.Account.String()))
	})
	return clip(list, most)
}

// clip is the first of a list, and how many more there are; 0 is no bound.
func clip[T any](list []T, most int) ([]T, int) {
	if most == 0 || len(list) <= most {
		return list, 0
	}
	return list[:most], len(list) - most
}
