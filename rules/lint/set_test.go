package lint

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"pgregory.net/rapid"
)

var universe = []int64{math.MinInt64, math.MinInt64 + 1, -3, -2, -1, 0, 1, 2, 3, 4, 5, math.MaxInt64 - 1, math.MaxInt64}

func drawNumbers(t *rapid.T, label string) numbers {
	var n set = numbers(nil)
	for range rapid.IntRange(1, 4).Draw(t, label) {
		lo, hi := rapid.SampledFrom(universe).Draw(t, "lo"), rapid.SampledFrom(universe).Draw(t, "hi")
		n, _ = n.or(between(min(lo, hi), max(lo, hi)))
	}
	if rapid.Bool().Draw(t, "without") {
		return n.(numbers).without()
	}
	return n.(numbers)
}

var words = []string{"", "H", "HI", "HIL", "HIL-1", "HIL-2", "XHIL", "X", "LIH", "M", "a b", "FRA-LIS-AND-FURTHER-ON-X-Y"}

func drawTexts(t *rapid.T, label string) texts {
	some := rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(t, label)
	switch rapid.IntRange(0, 4).Draw(t, "shape") {
	case 0:
		return these(some...)
	case 1:
		return allBut(some...)
	}
	var s set = allBut(some[1:]...)
	for range rapid.IntRange(1, 3).Draw(t, "patterns") {
		op := rapid.SampledFrom([]string{
			overloads.StartsWith, overloads.EndsWith, overloads.Contains, isCode, isHalf, operators.Less, operators.GreaterEquals,
		}).Draw(t, "op")
		p := pattern{op: op, not: rapid.Bool().Draw(t, "not")}
		if op != isCode && op != isHalf {
			p.text = rapid.SampledFrom(words).Draw(t, "word")
		}
		s = s.and(like(p))
	}
	return s.(texts)
}

// TestSets holds what is said about sets against their members, one by one.
func TestSets(t *testing.T) {
	t.Run("numbers", rapid.MakeCheck(func(t *rapid.T) {
		a, b := drawNumbers(t, "a"), drawNumbers(t, "b")
		checkSets(t, a, b, universe, func(s set, v int64) bool { return s.(numbers).has(v) })
		for _, v := range universe {
			if a.has(v) == a.without().has(v) {
				t.Fatalf("%d is in both or neither of %v and what it is without", v, a)
			}
		}
		if common := a.common(b); a.meets(b) != (len(common) > 0) || a.covers(b) != slices.Equal(common, b) {
			t.Fatalf("%v and %v have %v in common", a, b, common)
		}
	}))
	t.Run("texts", rapid.MakeCheck(func(t *rapid.T) {
		checkSets(t, drawTexts(t, "a"), drawTexts(t, "b"), words, func(s set, v string) bool { return s.(texts).has(v) })
	}))
}

func checkSets[T any](t *rapid.T, a, b set, universe []T, has func(set, T) bool) {
	both := a.and(b)
	either, exact := a.or(b)
	for _, v := range universe {
		x, y := has(a, v), has(b, v)
		switch {
		case has(both, v) != (x && y):
			t.Fatalf("%v: in %v %t, in %v %t, in both: %v", v, a, x, b, y, both)
		case (x || y) && !has(either, v), exact && has(either, v) && !x && !y:
			t.Fatalf("%v: in %v %t, in %v %t, in either: %v, exact %t", v, a, x, b, y, either, exact)
		case x && y && !a.meets(b):
			t.Fatalf("%v is in %v and in %v, which do not meet", v, a, b)
		case y && !x && a.covers(b):
			t.Fatalf("%v is in %v, and not in %v, which covers it", v, b, a)
		case x && a.empty():
			t.Fatalf("%v is in %v, which is empty", v, a)
		}
	}
}

func TestSolve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) *big.Int {
			n := big.NewInt(rapid.SampledFrom(universe).Draw(t, label))
			if rapid.Bool().Draw(t, "twice") {
				n.Add(n, n)
			}
			return n
		}
		a, b := draw("a"), draw("b")
		op := rapid.SampledFrom(orders).Draw(t, "order")
		op = "_" + op + "_"
		in := solve(op, a, b)
		for _, v := range universe {
			sum := new(big.Int).Mul(a, big.NewInt(v))
			if want := compares(op, sum.Add(sum, b).Sign()); in.has(v) != want {
				t.Fatalf("%d * %d + %d %s 0 is %t, but the solution is %v", a, v, b, op, want, in)
			}
		}
	})
}
