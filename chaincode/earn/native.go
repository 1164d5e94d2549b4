package earn

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// node is a test that needs no CEL: a variable against constants, or and, or and not of such. A CEL program takes
// 100 ns for what is a few here, and nearly all that people ask has this shape. It means what CEL means by the same
// words, which a test checks, and it cannot fail.
type node struct {
	op          operation
	variable    int // in Variables
	number      int64
	text        string
	numbers     []int64  // sorted
	texts       []string // sorted
	left, right *node    // of and, or; not has only a left
}

type operation uint8

// The operations; 0 is none.
const (
	numberEquals operation = iota + 1
	numberDiffers
	numberLess
	numberLessEquals
	numberGreater
	numberGreaterEquals
	numberIn
	textEquals
	textDiffers
	textIn
	textContains
	textStarts
	textEnds
	allOf
	anyOf
	noneOf
)

var (
	numberOperations = map[string]operation{
		operators.Equals: numberEquals, operators.NotEquals: numberDiffers, operators.Less: numberLess,
		operators.LessEquals: numberLessEquals, operators.Greater: numberGreater, operators.GreaterEquals: numberGreaterEquals,
	}
	textOperations = map[string]operation{
		operators.Equals: textEquals, operators.NotEquals: textDiffers,
		overloads.Contains: textContains, overloads.StartsWith: textStarts, overloads.EndsWith: textEnds,
	}
	logic = map[string]operation{operators.LogicalAnd: allOf, operators.LogicalOr: anyOf, operators.LogicalNot: noneOf}

	// mirrored is what an operator becomes when its sides are exchanged.
	mirrored = map[string]string{
		operators.Equals: operators.Equals, operators.NotEquals: operators.NotEquals,
		operators.Less: operators.Greater, operators.LessEquals: operators.GreaterEquals,
		operators.Greater: operators.Less, operators.GreaterEquals: operators.LessEquals,
	}
)

// translate makes a node of a checked expression, or nil where only CEL can evaluate it.
func translate(e ast.Expr) *node {
	if e.Kind() != ast.CallKind {
		return nil
	}
	call := e.AsCall()
	name, args := call.FunctionName(), call.Args()
	if op, ok := logic[name]; ok {
		n := &node{op: op, left: translate(args[0])}
		if op != noneOf {
			if n.right = translate(args[1]); n.right == nil {
				return nil
			}
		}
		if n.left == nil {
			return nil
		}
		return n
	}
	if call.IsMemberFunction() {
		args = []ast.Expr{call.Target(), args[0]}
	}
	if len(args) != 2 {
		return nil
	}
	if args[0].Kind() == ast.LiteralKind && mirrored[name] != "" {
		name, args = mirrored[name], []ast.Expr{args[1], args[0]}
	}
	if args[0].Kind() != ast.IdentKind {
		return nil
	}
	n := &node{variable: variableIndex[args[0].AsIdent()]}
	switch {
	case name == operators.In:
		n.list(args[1])
	case args[1].Kind() == ast.LiteralKind:
		n.constant(name, args[1])
	}
	if n.op == 0 {
		return nil
	}
	return n
}

func (n *node) list(e ast.Expr) {
	for _, element := range e.AsList().Elements() {
		switch v := element.AsLiteral().(type) {
		case types.Int:
			n.op = numberIn
			n.numbers = append(n.numbers, int64(v))
		case types.String:
			n.op = textIn
			n.texts = append(n.texts, string(v))
		}
	}
	slices.Sort(n.numbers)
	slices.Sort(n.texts)
}

func (n *node) constant(operator string, e ast.Expr) {
	switch v := e.AsLiteral().(type) {
	case types.Int:
		n.op, n.number = numberOperations[operator], int64(v)
	case types.String:
		n.op, n.text = textOperations[operator], string(v)
	}
}

func (n *node) holds(v *values) bool {
	switch n.op {
	case numberEquals:
		return v.numbers[n.variable] == n.number
	case numberDiffers:
		return v.numbers[n.variable] != n.number
	case numberLess:
		return v.numbers[n.variable] < n.number
	case numberLessEquals:
		return v.numbers[n.variable] <= n.number
	case numberGreater:
		return v.numbers[n.variable] > n.number
	case numberGreaterEquals:
		return v.numbers[n.variable] >= n.number
	case numberIn:
		_, found := slices.BinarySearch(n.numbers, v.numbers[n.variable])
		return found
	case textEquals:
		return v.texts[n.variable] == n.text
	case textDiffers:
		return v.texts[n.variable] != n.text
	case textIn:
		_, found := slices.BinarySearch(n.texts, v.texts[n.variable])
		return found
	case textContains:
		return strings.Contains(v.texts[n.variable], n.text)
	case textStarts:
		return strings.HasPrefix(v.texts[n.variable], n.text)
	case textEnds:
		return strings.HasSuffix(v.texts[n.variable], n.text)
	case allOf:
		return n.left.holds(v) && n.right.holds(v)
	case anyOf:
		return n.left.holds(v) || n.right.holds(v)
	case noneOf:
		return !n.left.holds(v)
	}
	return false
}
