package lint

import (
	"cmp"
	"math"
	"math/big"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/destinasia/dollars/chaincode/earn"
)

// verdict is what may come of a condition: the items for which it is true and those for which it is false. Integers
// that overflow make it neither.
type verdict struct{ yes, no union }

func unknown() verdict { return verdict{anything(), anything()} }

// judge says what a boolean expression may be.
func (s *space) judge(e ast.Expr) verdict {
	switch e.Kind() {
	case ast.LiteralKind:
		if e.AsLiteral() == types.True {
			return verdict{yes: everything()}
		}
		return verdict{no: everything()}
	case ast.CallKind:
		return s.judgeCall(e.AsCall())
	}
	return unknown() // There are no boolean variables.
}

func (s *space) judgeCall(call ast.CallExpr) verdict {
	args := call.Args()
	switch op := call.FunctionName(); op {
	case operators.LogicalAnd, operators.LogicalOr:
		a, b := s.judge(args[0]), s.judge(args[1])
		if op == operators.LogicalAnd {
			return verdict{s.and(a.yes, b.yes), s.or(a.no, b.no)}
		}
		return verdict{s.or(a.yes, b.yes), s.and(a.no, b.no)}
	case operators.LogicalNot:
		a := s.judge(args[0])
		return verdict{a.no, a.yes}
	case operators.Conditional:
		return s.either(s.judge(args[0]), s.judge(args[1]), s.judge(args[2]))
	case operators.In:
		return s.member(s.term(args[0]), args[1])
	case overloads.StartsWith, overloads.EndsWith, overloads.Contains:
		return s.each(s.term(call.Target()), s.term(args[0]), func(x, y value) verdict { return s.question(op, x, y) })
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		if isBool(args[0]) {
			return s.compareBools(op, s.judge(args[0]), s.judge(args[1]))
		}
		return s.each(s.term(args[0]), s.term(args[1]), func(x, y value) verdict { return s.compare(op, x, y) })
	}
	return unknown()
}

func isBool(e ast.Expr) bool {
	if e.Kind() == ast.LiteralKind {
		return e.AsLiteral().Type() == types.BoolType
	}
	if e.Kind() != ast.CallKind {
		return false
	}
	switch call := e.AsCall(); call.FunctionName() {
	case operators.Add, operators.Subtract, operators.Multiply, operators.Negate:
		return false
	case operators.Conditional:
		return isBool(call.Args()[1])
	}
	return true
}

// either is what c ? a : b may be.
func (s *space) either(c, a, b verdict) verdict {
	return verdict{
		s.or(s.and(c.yes, a.yes), s.and(c.no, b.yes)),
		s.or(s.and(c.yes, a.no), s.and(c.no, b.no)),
	}
}

func (s *space) compareBools(op string, a, b verdict) verdict {
	var v verdict
	for x, left := range []union{a.no, a.yes} {
		for y, right := range []union{b.no, b.yes} {
			if both := s.and(left, right); compares(op, cmp.Compare(x, y)) {
				v.yes = s.or(v.yes, both)
			} else {
				v.no = s.or(v.no, both)
			}
		}
	}
	return v
}

// each is what a question about two terms may be, over all that they may be.
func (s *space) each(xs, ys []choice, ask func(x, y value) verdict) verdict {
	var v verdict
	for _, x := range xs {
		for _, y := range ys {
			when, answer := s.and(x.when, y.when), ask(x.value, y.value)
			v.yes = s.or(v.yes, s.and(when, answer.yes))
			v.no = s.or(v.no, s.and(when, answer.no))
		}
	}
	return v
}

// member is whether a term is in a list of literals.
func (s *space) member(xs []choice, list ast.Expr) verdict {
	if list.Kind() != ast.ListKind {
		return unknown()
	}
	var found []interval
	var words []string
	for _, element := range list.AsList().Elements() {
		if element.Kind() != ast.LiteralKind {
			return unknown()
		}
		switch v := element.AsLiteral().(type) {
		case types.Int:
			found = append(found, interval{int64(v), int64(v)})
		case types.String:
			words = append(words, string(v))
		default:
			return unknown()
		}
	}
	return s.each(xs, []choice{{when: everything()}}, func(x, _ value) verdict {
		switch x.of {
		case number:
			return s.split(x.axis, x.fine, solveIn(x, found))
		case text:
			if x.axis == axes {
				return fold(these(words...).has(x.text))
			}
			return verdict{s.within(x.axis, these(words...)), s.within(x.axis, allBut(words...))}
		}
		return unknown()
	})
}

// solveIn is where a linear term is among the numbers.
func solveIn(x value, among []interval) numbers {
	var in []interval
	for _, r := range among {
		a, fromLo, fromHi := big.NewInt(x.a), big.NewInt(x.b), big.NewInt(x.b)
		fromLo.Sub(fromLo, big.NewInt(r.lo))
		fromHi.Sub(fromHi, big.NewInt(r.hi))
		in = append(in, solve(operators.GreaterEquals, a, fromLo).common(solve(operators.LessEquals, a, fromHi))...)
	}
	return unite(in)
}

// split is yes where the axis is in a set and no where it is not, within where it can be told at all.
func (s *space) split(a axis, fine, in numbers) verdict {
	if a == axes { // A constant has no axis: its sets are all or nothing.
		if fine.empty() {
			return verdict{}
		}
		return fold(!in.empty())
	}
	return verdict{s.within(a, fine.common(in)), s.within(a, fine.common(in.without()))}
}

func fold(yes bool) verdict {
	if yes {
		return verdict{yes: everything()}
	}
	return verdict{no: everything()}
}

// question is what startsWith, endsWith or contains may be.
func (s *space) question(op string, x, y value) verdict {
	switch {
	case x.of != text || y.of != text || y.axis != axes:
		return unknown()
	case x.axis == axes:
		return fold(pattern{op, y.text, false}.holds(x.text))
	}
	return s.ask(x.axis, pattern{op, y.text, false})
}

// ask is what a question about a text may be.
func (s *space) ask(a axis, p pattern) verdict {
	yes := s.within(a, like(p))
	p.not = true
	return verdict{yes, s.within(a, like(p))}
}

// compare is what a comparison may be.
func (s *space) compare(op string, x, y value) verdict {
	switch {
	case x.of == number && y.of == number:
		return s.compareNumbers(op, x, y)
	case x.of != text || y.of != text:
		return unknown()
	case x.axis == axes && y.axis == axes:
		return fold(compares(op, cmp.Compare(x.text, y.text)))
	case x.axis == y.axis:
		return fold(compares(op, 0))
	case x.axis == axes:
		return s.compare(mirror[op], y, x)
	case y.axis != axes:
		return unknown()
	case op == operators.Equals:
		return verdict{s.within(x.axis, these(y.text)), s.within(x.axis, allBut(y.text))}
	case op == operators.NotEquals:
		return verdict{s.within(x.axis, allBut(y.text)), s.within(x.axis, these(y.text))}
	}
	return s.ask(x.axis, pattern{op, y.text, false})
}

// mirror is the operator that asks the same with the sides swapped.
var mirror = map[string]string{
	operators.Equals: operators.Equals, operators.NotEquals: operators.NotEquals,
	operators.Less: operators.Greater, operators.LessEquals: operators.GreaterEquals,
	operators.Greater: operators.Less, operators.GreaterEquals: operators.LessEquals,
}

func (s *space) compareNumbers(op string, x, y value) verdict {
	a := x.axis
	switch {
	case a == axes:
		a = y.axis
	case y.axis != axes && y.axis != a:
		return s.compareRanges(op, x, y)
	}
	slope := new(big.Int).Sub(big.NewInt(x.a), big.NewInt(y.a))
	offset := new(big.Int).Sub(big.NewInt(x.b), big.NewInt(y.b))
	return s.split(a, x.fine.common(y.fine), solve(op, slope, offset))
}

// compareRanges compares terms of different axes, which only their ranges can tell apart.
func (s *space) compareRanges(op string, x, y value) verdict {
	xs, ys := s.spread(x), s.spread(y)
	if xs.empty() || ys.empty() {
		return verdict{}
	}
	v := unknown()
	// The outcomes that are possible; anything between the extremes may come of axes that are independent.
	outcomes := []int{cmp.Compare(xs.min(), ys.max()), cmp.Compare(xs.max(), ys.min())}
	if outcomes[0] <= 0 && outcomes[1] >= 0 {
		outcomes = []int{-1, 0, 1}[1+outcomes[0] : 2+outcomes[1]]
	}
	yes, no := false, false
	for _, o := range outcomes {
		yes, no = yes || compares(op, o), no || !compares(op, o)
	}
	if !yes {
		v.yes = nil
	}
	if !no {
		v.no = nil
	}
	return v
}

// spread is from the lowest to the highest that a term can be.
func (s *space) spread(x value) numbers {
	at := s.domains[x.axis].and(x.fine).(numbers)
	if at.empty() {
		return nil
	}
	lo, hi := x.a*at.min()+x.b, x.a*at.max()+x.b // Fine: neither overflows.
	return between(min(lo, hi), max(lo, hi))
}

// value is what a term is: a number that depends on one axis at most, a text, or something else.
type value struct {
	of   class
	axis axis // axes where it is a constant

	a, b int64   // the number is a * axis + b
	fine numbers // where the axis makes nothing on the way overflow

	text string // of a constant
}

type class uint8

const (
	other class = iota
	number
	text
)

func constant(n int64) value { return value{of: number, axis: axes, b: n, fine: allNumbers} }

// choice is a value that a term has for some items.
type choice struct {
	when  union
	value value
}

// term says what a number or text may be. Items that are in no choice make it overflow.
func (s *space) term(e ast.Expr) []choice {
	always := func(v value) []choice { return []choice{{everything(), v}} }
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.Int:
			return always(constant(int64(v)))
		case types.String:
			return always(value{of: text, axis: axes, text: string(v)})
		}
	case ast.IdentKind:
		return always(s.variable(e.AsIdent()))
	case ast.CallKind:
		if found := s.termCall(e.AsCall()); len(found) <= maxBoxes {
			return found
		}
	}
	return always(value{})
}

func (s *space) termCall(call ast.CallExpr) []choice {
	args := call.Args()
	switch op := call.FunctionName(); op {
	case operators.Conditional:
		c := s.judge(args[0])
		return append(s.given(c.yes, s.term(args[1])), s.given(c.no, s.term(args[2]))...)
	case operators.Negate:
		return s.combine([]choice{{everything(), constant(0)}}, s.term(args[0]), operators.Subtract)
	case operators.Add, operators.Subtract, operators.Multiply:
		return s.combine(s.term(args[0]), s.term(args[1]), op)
	}
	return []choice{{anything(), value{}}}
}

func (s *space) given(when union, choices []choice) []choice {
	var left []choice
	for _, c := range choices {
		if c.when = s.and(when, c.when); len(c.when) > 0 {
			left = append(left, c)
		}
	}
	return left
}

func (s *space) combine(xs, ys []choice, op string) []choice {
	if len(xs)*len(ys) > maxBoxes {
		return []choice{{anything(), value{}}}
	}
	var all []choice
	for _, x := range xs {
		for _, y := range s.given(x.when, ys) {
			y.value = s.arithmetic(op, x.value, y.value)
			all = append(all, y)
		}
	}
	return all
}

// variable is what a name stands for in the space.
func (s *space) variable(name string) value {
	a, known := variableAxes[name]
	if !known {
		return value{}
	}
	if t, ok := s.domains[a].(texts); ok {
		if !t.open && len(t.values) == 1 {
			return value{of: text, axis: axes, text: t.values[0]}
		}
		return value{of: text, axis: a}
	}
	v := value{of: number, axis: a, a: 1, fine: allNumbers}
	switch {
	case name == "nights" && s.kind != earn.Hotel:
		return constant(0)
	case name == "days":
		v.b = 1
	}
	return v
}

// arithmetic is x op y as far as it is linear in one axis.
func (s *space) arithmetic(op string, x, y value) value {
	if x.of != number || y.of != number || x.axis != axes && y.axis != axes && x.axis != y.axis {
		return value{}
	}
	xa, xb, ya, yb := big.NewInt(x.a), big.NewInt(x.b), big.NewInt(y.a), big.NewInt(y.b)
	a, b := new(big.Int), new(big.Int)
	switch op {
	case operators.Add:
		a.Add(xa, ya)
		b.Add(xb, yb)
	case operators.Subtract:
		a.Sub(xa, ya)
		b.Sub(xb, yb)
	default:
		if x.axis != axes && y.axis != axes {
			return value{}
		}
		// One of them is a constant, so one of the products is 0.
		a.Add(a.Mul(xa, yb), new(big.Int).Mul(xb, ya))
		b.Mul(xb, yb)
	}
	low := new(big.Int).Sub(b, big.NewInt(math.MinInt64))
	high := new(big.Int).Sub(b, big.NewInt(math.MaxInt64))
	v := value{of: number, axis: min(x.axis, y.axis), fine: x.fine.common(y.fine)}
	v.fine = v.fine.common(solve(operators.GreaterEquals, a, low)).common(solve(operators.LessEquals, a, high))
	if v.fine.empty() {
		return v // Whatever it is, it overflows.
	}
	if !a.IsInt64() || !b.IsInt64() {
		return value{}
	}
	v.a, v.b = a.Int64(), b.Int64()
	return v
}
