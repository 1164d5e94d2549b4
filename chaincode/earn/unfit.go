package earn

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// complaint is what is wrong at a node of a condition.
type complaint struct {
	node   int64
	detail string
}

// unfit finds what is CEL but not of the language of conditions, in words for who wrote it. It is an allow list: what
// it passes is made of variables, constants and signs, each of them known.
func unfit(e ast.Expr, found []complaint) []complaint {
	complain := func(format string, args ...any) []complaint {
		return append(found, complaint{e.ID(), fmt.Sprintf(format, args...)})
	}
	switch e.Kind() {
	case ast.LiteralKind:
		if says := unfitLiteral(e); says != "" {
			return complain("%s", says)
		}
	case ast.IdentKind, ast.SelectKind:
		name := dotted(e)
		if _, ok := variableIndex[name]; !ok {
			return complain("%s", unknownVariable(name))
		}
	case ast.ListKind:
		return complain("a list can only follow the word in")
	case ast.CallKind:
		return unfitCall(e, found)
	default:
		return complain("{ } means nothing here")
	}
	return found
}

func unfitCall(e ast.Expr, found []complaint) []complaint {
	call := e.AsCall()
	complain := func(format string, args ...any) []complaint {
		return append(found, complaint{e.ID(), fmt.Sprintf(format, args...)})
	}
	s, known := signs[call.FunctionName()]
	switch {
	case call.FunctionName() == operators.Divide:
		return complain("there is no division: multiply the other side instead")
	case call.FunctionName() == operators.Modulo:
		return complain("there are no remainders (%%)")
	case call.FunctionName() == operators.Index:
		return complain("[ ] cannot follow a value")
	case !known:
		return complain("there is no function %.40s: there are contains, startsWith and endsWith", call.FunctionName())
	case s.question && (!call.IsMemberFunction() || len(call.Args()) != 1):
		return complain(`%s is written after what it is about: hotel.%[1]s("HIL")`, s.sign)
	case call.IsMemberFunction():
		found = unfit(call.Target(), found)
	}
	if call.FunctionName() == operators.In {
		return unfitList(call.Args()[1], unfit(call.Args()[0], found))
	}
	for _, arg := range call.Args() {
		found = unfit(arg, found)
	}
	return found
}

// unfitList looks at what follows the word in.
func unfitList(e ast.Expr, found []complaint) []complaint {
	if e.Kind() != ast.ListKind || e.AsList().Size() == 0 {
		return append(found, complaint{e.ID(), `after in comes a list, such as ["PT", "ES"]`})
	}
	var first any
	for _, element := range e.AsList().Elements() {
		var t any
		if element.Kind() == ast.LiteralKind {
			t = element.AsLiteral().Type()
		}
		if t != types.IntType && t != types.StringType {
			return append(found, complaint{element.ID(), "a list holds whole numbers or texts that are written out, nothing else"})
		}
		if first == nil {
			first = t
		}
		if t != first {
			return append(found, complaint{element.ID(), "a list holds either numbers or texts, not both"})
		}
	}
	return found
}

func unfitLiteral(e ast.Expr) string {
	switch v := e.AsLiteral().(type) {
	case types.Int, types.String, types.Bool:
		return ""
	case types.Double:
		return "numbers are whole: write a price in cents"
	case types.Uint:
		return fmt.Sprintf("write %d without u", uint64(v))
	case types.Bytes:
		return "write a text without b before its quotes"
	}
	return `null means nothing here: a text that is not known is "", a number 0`
}

// dotted is the name that identifiers and dots spell, "" where something else is before the dot.
func dotted(e ast.Expr) string {
	if e.Kind() == ast.IdentKind {
		return e.AsIdent()
	}
	if e.Kind() != ast.SelectKind {
		return ""
	}
	before := dotted(e.AsSelect().Operand())
	if before == "" {
		return ""
	}
	return before + "." + e.AsSelect().FieldName()
}

func unknownVariable(name string) string {
	if name == "" {
		return "a dot cannot follow this"
	}
	if len(name) > MaxName {
		return fmt.Sprintf("there is no variable %.40s...", name)
	}
	if near := similar(name); len(near) > 0 {
		return fmt.Sprintf("there is no variable %s: did you mean %s?", name, strings.Join(near, " or "))
	}
	var all []string
	for _, v := range Variables {
		all = append(all, v.Name)
	}
	return fmt.Sprintf("there is no variable %s: if it is a text, write \"%[1]s\"; the variables are %s", name, strings.Join(all, ", "))
}

// similar is the variables that somebody may have meant: the nearest, or where none is near, those of the same family.
func similar(name string) []string {
	var near, family []string
	lower := strings.ToLower(name)
	prefix, _, _ := strings.Cut(lower, ".")
	nearest := max(1, len(lower)/3)
	for _, v := range Variables {
		d := distance(lower, v.Name)
		if first, last, ok := strings.Cut(v.Name, "."); ok {
			d = min(d, distance(lower, last)+1)
			if first == prefix {
				family = append(family, v.Name)
			}
		}
		if d < nearest {
			near, nearest = nil, d
		}
		if d == nearest {
			near = append(near, v.Name)
		}
	}
	if near == nil {
		return family
	}
	return near
}

// distance is how many letters must be put in, left out or replaced to come from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
