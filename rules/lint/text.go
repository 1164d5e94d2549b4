package lint

import (
	"cmp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// texts is a set of texts: the values, or all texts with the patterns but the values.
type texts struct {
	open     bool      // not only the values, but all except them
	values   []string  // ascending, each once
	patterns []pattern // that the texts of an open set have; ascending, each once
}

func these(values ...string) texts {
	values = slices.Clone(values)
	slices.Sort(values)
	return texts{values: slices.Compact(values)}
}

func allBut(values ...string) texts {
	t := these(values...)
	t.open = true
	return t
}

func like(p ...pattern) texts { return texts{open: true, patterns: p} }

// pattern is a question about one text that has the answer yes, or no where not is set.
type pattern struct {
	op   string // of CEL, or one of the two below
	text string
	not  bool
}

// Questions that only the domains of variables ask.
const (
	isCode = "code" // what the booking system names things with, or ""
	isHalf = "half" // a code without a hyphen: the origin or destination of a route
)

// maxCode is how long a code may be, in bytes, and codeBytes what may be in it. The ledger refuses other facts.
const (
	maxCode   = dollars.MaxFactCode
	codeBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-"
)

func (p pattern) holds(s string) bool {
	var yes bool
	switch p.op {
	case overloads.StartsWith:
		yes = strings.HasPrefix(s, p.text)
	case overloads.EndsWith:
		yes = strings.HasSuffix(s, p.text)
	case overloads.Contains:
		yes = strings.Contains(s, p.text)
	case isCode, isHalf:
		yes = len(s) <= maxCode && strings.Trim(s, codeBytes) == "" && (p.op == isCode || !strings.Contains(s, "-"))
	default:
		yes = compares(p.op, cmp.Compare(s, p.text))
	}
	return yes != p.not
}

// compares tells whether an operator accepts the outcome of a comparison: below, at or above 0.
func compares(op string, outcome int) bool {
	switch op {
	case operators.Less:
		return outcome < 0
	case operators.LessEquals:
		return outcome <= 0
	case operators.Greater:
		return outcome > 0
	case operators.GreaterEquals:
		return outcome >= 0
	case operators.Equals:
		return outcome == 0
	}
	return outcome != 0
}

// impliedBy tells whether every text with q has p, too. It may miss that it does.
func (p pattern) impliedBy(q pattern) bool {
	if p == q {
		return true
	}
	if p.not || q.not {
		return p.not && q.not && p.op == q.op && pattern{q.op, q.text, false}.impliedBy(pattern{p.op, p.text, false})
	}
	switch {
	case p.op == overloads.Contains:
		return isPart(q.op) && strings.Contains(q.text, p.text)
	case p.op == isCode:
		return q.op == isHalf
	case p.op != q.op:
		return false
	case p.op == overloads.StartsWith:
		return strings.HasPrefix(q.text, p.text)
	case p.op == overloads.EndsWith:
		return strings.HasSuffix(q.text, p.text)
	}
	return false
}

// isPart tells whether the operator asks for a part of a text.
func isPart(op string) bool {
	return op == overloads.StartsWith || op == overloads.EndsWith || op == overloads.Contains
}

// excludes tells whether no text has both patterns. It may miss some.
func (p pattern) excludes(q pattern) bool {
	switch {
	case p.not && !q.not:
		return pattern{p.op, p.text, false}.impliedBy(q)
	case p.not != q.not:
		return q.excludes(p)
	case p.not:
		return false
	case isPart(q.op) && (p.op == isCode || p.op == isHalf):
		return !p.holds(q.text)
	case p.op == overloads.StartsWith && q.op == p.op:
		return !strings.HasPrefix(p.text, q.text) && !strings.HasPrefix(q.text, p.text)
	case p.op == overloads.EndsWith && q.op == p.op:
		return !strings.HasSuffix(p.text, q.text) && !strings.HasSuffix(q.text, p.text)
	}
	return false
}

func comparePatterns(a, b pattern) int {
	if c := cmp.Or(cmp.Compare(a.op, b.op), cmp.Compare(a.text, b.text)); c != 0 || a.not == b.not {
		return c
	}
	if b.not {
		return -1
	}
	return 1
}

func (t texts) has(s string) bool {
	if _, found := slices.BinarySearch(t.values, s); found == t.open {
		return false
	}
	for _, p := range t.patterns {
		if !p.holds(s) {
			return false
		}
	}
	return true
}

// empty may miss that the patterns of an open set leave no text.
func (t texts) empty() bool {
	if !t.open {
		return len(t.values) == 0
	}
	for i, p := range t.patterns {
		for _, q := range t.patterns[i+1:] {
			if p.excludes(q) || q.excludes(p) {
				return true
			}
		}
	}
	return false
}

func (t texts) filter(keep func(string) bool) texts {
	var kept []string
	for _, v := range t.values {
		if keep(v) {
			kept = append(kept, v)
		}
	}
	return texts{values: kept}
}

func (t texts) and(other set) set {
	u := other.(texts)
	switch {
	case !t.open:
		return t.filter(u.has)
	case !u.open:
		return u.filter(t.has)
	}
	both := texts{open: true, values: slices.Concat(t.values, u.values), patterns: slices.Concat(t.patterns, u.patterns)}
	slices.Sort(both.values)
	both.values = slices.Compact(both.values)
	slices.SortFunc(both.patterns, comparePatterns)
	both.patterns = slices.Compact(both.patterns)
	return both
}

// or is exact unless patterns differ.
func (t texts) or(other set) (set, bool) {
	u := other.(texts)
	if !t.open && !u.open {
		return these(slices.Concat(t.values, u.values)...), true
	}
	if !t.open {
		t, u = u, t
	}
	either := texts{open: true}
	exact := !u.open || slices.Equal(t.patterns, u.patterns)
	for _, p := range t.patterns {
		if u.open && slices.Contains(u.patterns, p) || !u.open && !slices.ContainsFunc(u.values, func(s string) bool { return !p.holds(s) }) {
			either.patterns = append(either.patterns, p)
		} else {
			exact = false
		}
	}
	left := t.values
	if u.open {
		left = slices.Concat(t.values, u.values)
	}
	either.values = these(left...).filter(func(s string) bool { return !t.has(s) && !u.has(s) }).values
	return either, exact
}

func (t texts) meets(other set) bool {
	u := other.(texts)
	switch {
	case !t.open && u.open:
		return slices.ContainsFunc(t.values, u.has)
	case t.open && !u.open:
		return slices.ContainsFunc(u.values, t.has)
	case t.open:
		return len(t.patterns) == 0 || len(u.patterns) == 0 || !t.and(u).empty()
	}
	for i, j := 0, 0; i < len(t.values) && j < len(u.values); {
		switch c := strings.Compare(t.values[i], u.values[j]); {
		case c == 0:
			return true
		case c < 0:
			i++
		default:
			j++
		}
	}
	return false
}

// covers may miss that it does where patterns are involved.
func (t texts) covers(other set) bool {
	u := other.(texts)
	if !u.open {
		return !slices.ContainsFunc(u.values, func(s string) bool { return !t.has(s) })
	}
	if !t.open || slices.ContainsFunc(t.values, u.has) {
		return false
	}
	for _, p := range t.patterns {
		if !slices.ContainsFunc(u.patterns, p.impliedBy) {
			return false
		}
	}
	return true
}
