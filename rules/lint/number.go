package lint

import (
	"cmp"
	"math"
	"math/big"
	"slices"

	"cel.dev/cel-go/common/operators"
)

// interval is the integers from lo to hi, both included.
type interval struct{ lo, hi int64 }

// numbers is a set of integers: intervals in ascending order that neither overlap nor touch.
type numbers []interval

func between(lo, hi int64) numbers {
	if lo > hi {
		return nil
	}
	return numbers{{lo, hi}}
}

func only(n int64) numbers { return numbers{{n, n}} }

var allNumbers = between(math.MinInt64, math.MaxInt64)

func (n numbers) empty() bool { return len(n) == 0 }
func (n numbers) min() int64  { return n[0].lo }
func (n numbers) max() int64  { return n[len(n)-1].hi }

func (n numbers) has(v int64) bool {
	i, found := slices.BinarySearchFunc(n, v, func(in interval, v int64) int { return cmp.Compare(in.lo, v) })
	return found || i > 0 && v <= n[i-1].hi
}

func (n numbers) and(other set) set { return n.common(other.(numbers)) }

func (n numbers) common(m numbers) numbers {
	var both numbers
	for i, j := 0, 0; i < len(n) && j < len(m); {
		if lo, hi := max(n[i].lo, m[j].lo), min(n[i].hi, m[j].hi); lo <= hi {
			both = append(both, interval{lo, hi})
		}
		if n[i].hi < m[j].hi {
			i++
		} else {
			j++
		}
	}
	return both
}

// or is always exact for numbers.
func (n numbers) or(other set) (set, bool) { return unite(slices.Concat(n, other.(numbers))), true }

// unite is the integers in any of the intervals, which it puts in order.
func unite(all []interval) numbers {
	slices.SortFunc(all, func(a, b interval) int { return cmp.Compare(a.lo, b.lo) })
	var either numbers
	for _, in := range all {
		// The lowest integer is never behind another interval's end, so lo-1 does not overflow where it counts.
		if last := len(either) - 1; last >= 0 && (in.lo <= either[last].hi || in.lo-1 == either[last].hi) {
			either[last].hi = max(either[last].hi, in.hi)
			continue
		}
		either = append(either, in)
	}
	return either
}

func (n numbers) meets(other set) bool {
	m := other.(numbers)
	for i, j := 0, 0; i < len(n) && j < len(m); {
		if max(n[i].lo, m[j].lo) <= min(n[i].hi, m[j].hi) {
			return true
		}
		if n[i].hi < m[j].hi {
			i++
		} else {
			j++
		}
	}
	return false
}

func (n numbers) covers(other set) bool {
	i := 0
	for _, in := range other.(numbers) {
		for i < len(n) && n[i].hi < in.lo {
			i++
		}
		if i == len(n) || n[i].lo > in.lo || n[i].hi < in.hi {
			return false
		}
	}
	return true
}

// without is the integers that are not in n.
func (n numbers) without() numbers {
	var rest numbers
	next := int64(math.MinInt64)
	for _, in := range n {
		if in.lo > next {
			rest = append(rest, interval{next, in.lo - 1})
		}
		if in.hi == math.MaxInt64 {
			return rest
		}
		next = in.hi + 1
	}
	return append(rest, interval{next, math.MaxInt64})
}

// solve is the integers v for which a*v + b compares with 0 as op says.
func solve(op string, a, b *big.Int) numbers {
	atMost := func(c *big.Int) numbers { // a*v <= c
		switch a.Sign() {
		case 0:
			if c.Sign() >= 0 {
				return allNumbers
			}
			return nil
		case 1:
			return upTo(new(big.Int).Div(c, a)) // Div rounds down, because a is positive.
		}
		return upTo(new(big.Int).Sub(lowest(c, a), big.NewInt(1))).without()
	}
	c := new(big.Int).Neg(b)
	less, lessOrEqual := atMost(new(big.Int).Sub(c, big.NewInt(1))), atMost(c)
	switch op {
	case operators.Less:
		return less
	case operators.LessEquals:
		return lessOrEqual
	case operators.Greater:
		return lessOrEqual.without()
	case operators.GreaterEquals:
		return less.without()
	case operators.Equals:
		return lessOrEqual.common(less.without())
	}
	return lessOrEqual.common(less.without()).without()
}

// lowest is the lowest v with a*v <= c, for an a below 0.
func lowest(c, a *big.Int) *big.Int {
	// v >= c/a, rounded up: -floor(c / -a).
	return new(big.Int).Neg(new(big.Int).Div(c, new(big.Int).Neg(a)))
}

// upTo is the integers up to n, which may be beyond either end.
func upTo(n *big.Int) numbers {
	switch {
	case n.IsInt64():
		return between(math.MinInt64, n.Int64())
	case n.Sign() < 0:
		return nil
	}
	return allNumbers
}
