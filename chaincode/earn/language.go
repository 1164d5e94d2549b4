package earn

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

// Bounds on what the parser and the type checker take on.
const (
	maxNesting = 50
	maxNodes   = 1_000
)

// signs is what conditions may be written with, by CEL's internal name: the signs of people, and whether it is one
// of the questions about strings, which are written after a dot.
var signs = map[string]struct {
	sign     string
	question bool
}{
	operators.Conditional:   {"? :", false},
	operators.LogicalAnd:    {"&&", false},
	operators.LogicalOr:     {"||", false},
	operators.LogicalNot:    {"!", false},
	operators.Equals:        {"==", false},
	operators.NotEquals:     {"!=", false},
	operators.Less:          {"<", false},
	operators.LessEquals:    {"<=", false},
	operators.Greater:       {">", false},
	operators.GreaterEquals: {">=", false},
	operators.Add:           {"+", false},
	operators.Subtract:      {"-", false},
	operators.Multiply:      {"*", false},
	operators.Negate:        {"-", false},
	operators.In:            {"in", false},
	overloads.Contains:      {"contains", true},
	overloads.StartsWith:    {"startsWith", true},
	overloads.EndsWith:      {"endsWith", true},
}

// language is the part of CEL that conditions are written in: logic, comparisons of integers, strings and booleans,
// + - * of integers, membership in a list that is written out, and three questions about strings. It has no macros,
// and so no loops; no floats, maps, times or regular expressions. What the types alone cannot keep out, unfit finds.
var language = sync.OnceValue(func() *cel.Env {
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().SetDisableMacros(true).AddIncludedFunctions(
			allow(operators.Conditional), allow(operators.LogicalAnd), allow(operators.LogicalOr), allow(operators.LogicalNot),
			allow(operators.Equals), allow(operators.NotEquals),
			allow(operators.Less, overloads.LessInt64, overloads.LessString, overloads.LessBool),
			allow(operators.LessEquals, overloads.LessEqualsInt64, overloads.LessEqualsString, overloads.LessEqualsBool),
			allow(operators.Greater, overloads.GreaterInt64, overloads.GreaterString, overloads.GreaterBool),
			allow(operators.GreaterEquals, overloads.GreaterEqualsInt64, overloads.GreaterEqualsString, overloads.GreaterEqualsBool),
			allow(operators.Add, overloads.AddInt64), allow(operators.Subtract, overloads.SubtractInt64),
			allow(operators.Multiply, overloads.MultiplyInt64), allow(operators.Negate, overloads.NegateInt64),
			allow(operators.In, overloads.InList),
			allow(overloads.Contains), allow(overloads.StartsWith), allow(overloads.EndsWith),
		))),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(MaxCondition),
		cel.ExpressionNodeLimit(maxNodes),
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

// allow takes a function into the language, with the given overloads only, or with all.
func allow(name string, ids ...string) *env.Function {
	f := env.NewFunction(name)
	for _, id := range ids {
		f.Overloads = append(f.Overloads, &env.Overload{ID: id})
	}
	return f
}
