package trace

import (
	"cmp"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Account sums up what came to an account and where it went. What came, less what went, is what it has and holds.
type Account struct {
	Came []Flow         `json:"came,omitempty"`
	Went []Flow         `json:"went,omitempty"`
	Has  []Points       `json:"has,omitempty"` // by month
	Held dollars.Amount `json:"held"`
	Owes dollars.Amount `json:"owes,omitzero"`

	// Began is what the points that it has and holds began with.
	Began []Origin `json:"began,omitempty"`

	MoreCame  int `json:"moreCame,omitempty"`
	MoreWent  int `json:"moreWent,omitempty"`
	MoreBegan int `json:"moreBegan,omitempty"`
}

// Flow is all that went one way between an account and another, or nobody.
type Flow struct {
	Way    string          `json:"way"`
	Other  dollars.Account `json:"other,omitzero"`
	Times  int             `json:"times"` // movements
	Amount dollars.Amount  `json:"amount"`
	First  At              `json:"first"`
	Last   At              `json:"last"`
}

// Points are what an account has of a month.
type Points struct {
	Expiry dollars.Expiry `json:"expiry"`
	Amount dollars.Amount `json:"amount"`
	State  State          `json:"state"` // available or lapsed
}

// account sums up an account. What is set aside and given back is its own all the time.
func (g *Graph) account(n uint32, l Limits) *Account {
	came, went := map[Flow]*Flow{}, map[Flow]*Flow{}
	for i := range g.movements {
		m := &g.movements[i]
		switch {
		case m.way == Held || m.way == Released:
		case m.to == n:
			g.flow(came, m, m.from)
		case m.from == n:
			g.flow(went, m, m.to)
		}
	}
	a := &Account{Owes: g.owed[n]}
	a.Came, a.MoreCame = flows(came, l.Breadth)
	a.Went, a.MoreWent = flows(went, l.Breadth)
	has, began := map[dollars.Expiry]dollars.Amount{}, map[Origin]dollars.Amount{}
	for at, x := range g.stock {
		if at.account != n {
			continue
		}
		if at.what == inHold {
			a.Held += x.total
		} else {
			has[at.month] += x.total
		}
		for _, p := range x.pieces {
			g.sumOrigins(p.movement, stretch{p.at, p.amount}, began)
		}
	}
	for _, month := range slices.Sorted(maps.Keys(has)) {
		state := Available
		if month.Passed(g.now) {
			state = Lapsed
		}
		a.Has = append(a.Has, Points{month, has[month], state})
	}
	a.Began, a.MoreBegan = origins(began, l.Breadth)
	return a
}

func (g *Graph) flow(flows map[Flow]*Flow, m *movement, other uint32) {
	key := Flow{Way: m.way.String(), Other: g.accounts[other]}
	f := flows[key]
	if f == nil {
		f = &Flow{Way: key.Way, Other: key.Other, First: g.at(m.entry)}
		flows[key] = f
	}
	f.Times++
	f.Amount += m.amount
	f.Last = g.at(m.entry)
}

func flows(sums map[Flow]*Flow, most int) (list []Flow, more int) {
	for _, f := range sums {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Way, b.Way), cmp.Compare(a.Other.String(), b.Other.String()))
	})
	return clip(list, most)
}
