package lint

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// maxParts bounds the parts of a row of which every two are compared.
const maxParts = 40

// why says which parts keep a row from matching on some of its sides, and in which column they are.
func (n *line) why(among []*side) (column, says string) {
	clash := func(parts ...int) bool {
		for _, s := range among {
			ways := everything()
			for _, p := range parts {
				ways = s.and(ways, s.parts[p].yes)
			}
			if len(s.tightened(ways)) > 0 {
				return false
			}
		}
		return true
	}
	for p, e := range n.parts {
		if clash(p) {
			return "when", fmt.Sprintf("%s holds for no %s%s", write(e), n.kinds(among), facts(e, among))
		}
	}
	for q := range n.parts[:min(len(n.parts), maxParts)] {
		for p := range n.parts[:q] {
			if clash(p, q) {
				return "when", fmt.Sprintf("%s and %s hold together for no %s", write(n.parts[p]), write(n.parts[q]), n.kinds(among))
			}
		}
	}
	return "when", "its conditions hold together for no " + n.kinds(among)
}

// maxWritten is how many bytes of an expression are shown.
const maxWritten = 120

// write is a part as its author might have written it.
func write(e ast.Expr) string {
	if e == nil {
		return "its season"
	}
	s, err := cel.ExprToString(e, ast.NewSourceInfo(nil))
	if err != nil {
		return "a part of it" // It was parsed from text, so it can be written as text.
	}
	s = strings.ReplaceAll(s, "\n", " ")
	if len(s) > maxWritten {
		s = strings.ToValidUTF8(s[:maxWritten], "") + "…"
	}
	return s
}

// kinds is what the items of some of a row's sides are called.
func (n *line) kinds(among []*side) string {
	if len(among) == len(n.sides) && len(n.Kinds) == 0 {
		return "item"
	}
	var names []string
	for _, s := range among {
		names = append(names, s.kind.String())
	}
	return list(names)
}

// forKinds is what to add where something is so because of a row's kinds.
func (n *line) forKinds() string {
	if len(n.Kinds) == 0 {
		return ""
	}
	return " for a " + n.kinds(n.sides)
}

// facts says what the variables of an expression can be at all.
func facts(e ast.Expr, among []*side) string {
	var said []string
	for _, name := range variables(e) {
		if a, known := variableAxes[name]; known {
			said = append(said, name+" is "+describe(domain(name, a, among)))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return ": " + strings.Join(said, ", ")
}

// variables are the names in an expression, each once, in the order of the alphabet. The season has none.
func variables(e ast.Expr) []string {
	var names []string
	if e == nil {
		return nil
	}
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			names = append(names, e.AsIdent())
		}
	}))
	slices.Sort(names)
	return slices.Compact(names)
}

// domain is all that a variable can be.
func domain(name string, a axis, among []*side) set {
	var all set
	for _, s := range among {
		in := s.domains[a]
		switch v := s.variable(name); {
		case v.of == number && v.axis == axes:
			in = only(v.b)
		case v.of == number:
			in = s.spread(v)
		}
		if all == nil {
			all = in
		}
		all, _ = all.or(in)
	}
	return all
}

// describe says what a domain is.
func describe(domain set) string {
	switch in := domain.(type) {
	case numbers:
		lo, hi := in.min(), in.max()
		switch {
		case lo == hi:
			return strconv.FormatInt(lo, 10)
		case hi >= math.MaxInt32 && hi != int64(dollars.MaxPrice): // Days have no bound that anybody knows.
			return fmt.Sprintf("%d or more", lo)
		}
		return fmt.Sprintf("%d to %d", lo, hi)
	case texts:
		if in.open {
			return fmt.Sprintf(`"" or a code, up to %d letters, digits and . _ / -`, maxCode)
		}
		var values []string
		for _, v := range in.values {
			values = append(values, strconv.Quote(v))
		}
		return list(values)
	}
	return "open"
}

// list is "a, b or c".
func list(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// season is the items in a season; nil is always.
func (s *space) season(in *earn.Season) union {
	if in == nil {
		return everything()
	}
	if in.By == earn.ByArrival {
		return s.within(start, between(dayOf(in.From), dayOf(in.Until)))
	}
	return s.within(moment, between(in.Start, in.End-1))
}

// dayOf counts the days from 1970-01-01 to one written "2006-01-02", as all days of a compiled rule set are.
func dayOf(day string) int64 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(fmt.Sprintf("a compiled season has the day %q", day))
	}
	return t.Unix() / daySeconds
}
