package trace

import (
	"cmp"
	"slices"
	"sort"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// This file finds the way of points through the graph. Every cent has one: a stretch of a movement's points is made of
// stretches of earlier ones, and each of its cents was taken by one later movement, or by none yet.

// stretch is a part of a movement's points, from a place in it on.
type stretch struct{ at, amount dollars.Amount }

// branch is points of a movement that are part of what is followed.
type branch struct {
	movement uint32
	of       []stretch
}

func total(list []stretch) (sum dollars.Amount) {
	for _, s := range list {
		sum += s.amount
	}
	return sum
}

// common is what two stretches have in common.
func (s stretch) common(o stretch) (stretch, bool) {
	at := max(s.at, o.at)
	c := stretch{at, min(s.at+s.amount, o.at+o.amount) - at}
	return c, c.amount > 0
}

// sources are the movements that points of a movement came with, in the order in which they were taken.
func (g *Graph) sources(m uint32, of []stretch) (list []branch) {
	var at dollars.Amount
	for _, p := range g.partsOf(m) {
		for _, s := range of {
			if c, some := s.common(stretch{at, p.amount}); some {
				list = append(list, branch{p.source, []stretch{{p.at + c.at - at, c.amount}}})
			}
		}
		at += p.amount
	}
	return gather(list)
}

// uses are the movements that took points of a movement, oldest first; left is what none took.
func (g *Graph) uses(m uint32, of []stretch) (list []branch, left []stretch) {
	left = of
	for n := g.movements[m].uses; n != 0; n = g.parts[n-1].before {
		p := g.parts[n-1]
		taken := stretch{p.at, p.amount}
		for _, s := range of {
			c, some := s.common(taken)
			if !some {
				continue
			}
			user, start := g.user(n - 1)
			list = append(list, branch{user, []stretch{{start + c.at - p.at, c.amount}}})
			left = without(left, c)
		}
	}
	return gather(list), left
}

// user is the movement that has a part, and where in it the part begins.
func (g *Graph) user(n uint32) (m uint32, at dollars.Amount) {
	after := sort.Search(len(g.movements), func(i int) bool { return g.movements[i].first > n })
	m = uint32(after - 1)
	for _, p := range g.parts[g.movements[m].first:n] {
		at += p.amount
	}
	return m, at
}

// gather makes one branch of those of the same movement, in the order of movements.
func gather(list []branch) []branch {
	slices.SortStableFunc(list, func(a, b branch) int { return cmp.Compare(a.movement, b.movement) })
	var one []branch
	for _, b := range list {
		if n := len(one); n > 0 && one[n-1].movement == b.movement {
			one[n-1].of = append(one[n-1].of, b.of...)
			continue
		}
		one = append(one, b)
	}
	for _, b := range one {
		slices.SortFunc(b.of, func(a, b stretch) int { return cmp.Compare(a.at, b.at) })
	}
	return one
}

// without is a list of stretches but for one.
func without(list []stretch, gone stretch) (rest []stretch) {
	for _, s := range list {
		c, some := s.common(gone)
		if !some {
			rest = append(rest, s)
			continue
		}
		if c.at > s.at {
			rest = append(rest, stretch{s.at, c.at - s.at})
		}
		if end := s.at + s.amount; c.at+c.amount < end {
			rest = append(rest, stretch{c.at + c.amount, end - c.at - c.amount})
		}
	}
	return rest
}

// ends tells where points of a movement have come to: of movements that end, what of them these points are, and of others
// what nothing has moved on.
func (g *Graph) ends(m uint32, of []stretch, tell func(m uint32, of []stretch)) {
	for open := []branch{{m, of}}; len(open) > 0; {
		b := open[len(open)-1]
		open = open[:len(open)-1]
		further, left := g.uses(b.movement, b.of)
		if len(left) > 0 {
			tell(b.movement, left)
		}
		open = append(open, further...)
	}
}

// began tells, in their order, with which earnings and grants a stretch of a movement's points began.
func (g *Graph) began(m uint32, of stretch, tell func(origin uint32, amount dollars.Amount)) {
	if g.movements[m].way.begins() {
		tell(m, of.amount)
		return
	}
	var at dollars.Amount
	for _, p := range g.partsOf(m) {
		if c, some := of.common(stretch{at, p.amount}); some {
			g.began(p.source, stretch{p.at + c.at - at, c.amount}, tell)
		}
		at += p.amount
	}
}
