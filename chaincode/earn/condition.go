package earn

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

// language is the part of CEL that conditions are written in: logic, comparisons and + - * of integers, strings and
// booleans, membership in a list of constants, and three questions about strings. It has no macros, so no loops; no
// floats, maps, times or regular expressions.
var language = sync.OnceValue(func() *cel.Env {
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().SetDisableMacros(true).AddIncludedFunctions(
			env.NewFunction(operators.Conditional), env.NewFunction(operators.LogicalAnd),
			env.NewFunction(operators.LogicalOr), env.NewFunction(operators.LogicalNot),
			env.NewFunction(operators.Equals), env.NewFunction(operators.NotEquals),
			function(operators.Less, overloads.LessInt64, overloads.LessString, overloads.LessBool),
			function(operators.LessEquals, overloads.LessEqualsInt64, overloads.LessEqualsString, overloads.LessEqualsBool),
			function(operators.Greater, overloads.GreaterInt64, overloads.GreaterString, overloads.GreaterBool),
			function(operators.GreaterEquals, overloads.GreaterEqualsInt64, overloads.GreaterEqualsString, overloads.GreaterEqualsBool),
			function(operators.Add, overloads.AddInt64), function(operators.Subtract, overloads.SubtractInt64),
			function(operators.Multiply, overloads.MultiplyInt64), function(operators.Negate, overloads.NegateInt64),
			function(operators.In, overloads.InList),
			env.NewFunction(overloads.Contains), env.NewFunction(overloads.StartsWith), env.NewFunction(overloads.EndsWith),
		))),
		cel.ParserRecursionLimit(50),
		cel.ParserExpressionSizeLimit(MaxCondition),
		cel.ExpressionNodeLimit(500),
	}
	for _, v := range Variables {
		t := cel.IntType
		if v.Type == String {
			t = cel.StringType
		}
		options = append(options, cel.Variable(v.Name, t))
	}
	e, err := cel.NewCustomEnv(options...)
	if err != nil {
		panic("the language of conditions does not add up: " + err.Error()) // It is made of constants.
	}
	return e
})

func function(name string, ids ...string) *env.Function {
	f := env.NewFunction(name)
	for _, id := range ids {
		f.Overloads = append(f.Overloads, &env.Overload{ID: id})
	}
	return f
}

// Bounds on what conditions may take, in the units of CEL's cost estimator, which charges an access, a comparison and
// every ten characters compared about one each. There are no loops, so the estimate before evaluation bounds every
// evaluation and nothing need be counted while one runs.
const (
	maxConditionCost = 2_000   // of one condition
	maxCost          = 100_000 // of all conditions, which one item may have to be held against
)

// condition is a compiled When: all of its conjuncts must hold.
type condition struct {
	expr      ast.Expr
	conjuncts []conjunct
	cost      uint64
}

// conjunct is a part of a condition between its outermost &&. An error in one, which only integers that overflow
// can cause, makes the condition false, as false in one does; so they can be asked separately and in any order.
type conjunct struct {
	text    string // canonical
	reads   variables
	program cel.Program
}

// compileCondition answers what is wrong with a condition, or what to evaluate.
func compileCondition(text string) (*condition, []string) {
	if len(text) > MaxCondition {
		return nil, []string{fmt.Sprintf("%d bytes are more than %d", len(text), MaxCondition)}
	}
	if !utf8.ValidString(text) {
		return nil, []string{"the condition is not UTF-8"}
	}
	checked, issues := language().Compile(text)
	if issues.Err() != nil {
		return nil, []string{issues.Err().Error()}
	}
	tree := checked.NativeRep()
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, []string{fmt.Sprintf("the condition is %s, not true or false", t)}
	}
	c := &condition{expr: tree.Expr()}
	for _, e := range split(tree.Expr(), nil) {
		part, err := newConjunct(tree, e)
		if err != nil {
			return nil, []string{err.Error()}
		}
		c.conjuncts = append(c.conjuncts, part)
	}
	return c, nil
}

func newConjunct(tree *ast.AST, e ast.Expr) (conjunct, error) {
	text, err := cel.ExprToString(e, tree.SourceInfo())
	if err != nil {
		return conjunct{}, err
	}
	sub := ast.NewCheckedAST(ast.NewAST(e, tree.SourceInfo()), tree.TypeMap(), tree.ReferenceMap())
	program, err := language().PlanProgram(sub, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return conjunct{}, err
	}
	c := conjunct{text: text, program: program}
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			c.reads |= 1 << variableIndex[e.AsIdent()]
		}
	}))
	return c, nil
}

// split appends the conjuncts of e.
func split(e ast.Expr, to []ast.Expr) []ast.Expr {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalAnd {
		for _, arg := range e.AsCall().Args() {
			to = split(arg, to)
		}
		return to
	}
	return append(to, e)
}
