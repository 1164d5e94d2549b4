package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/destinasia/dollars/chaincode/earn"
)

// Severity tells whether a finding is certainly wrong.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the rule set should not be proposed
	Warning Severity = "warning" // someone should look at it
)

// Place is a row of a rule set, both from 0; both are -1 where something is about the whole set.
type Place struct {
	Table int `json:"table"`
	Row   int `json:"row"`
}

var whole = Place{-1, -1}

// Finding is what cannot be meant, and where.
type Finding struct {
	Severity Severity `json:"severity"`
	Place
	Column  string     `json:"column"`            // JSON name of the field; "" where it is about all of the place
	Other   *Place     `json:"other,omitempty"`   // the row it overlaps, or that hides it
	Detail  string     `json:"detail"`            // a sentence
	Witness *earn.Item `json:"witness,omitempty"` // an item that both rows match
}

// Check finds what is legal in a rule set but cannot be meant. Seasons that are over are told against now, in Unix
// seconds, or the rule set's start where that is later; if both are 0, not at all. Findings come in the order of rows,
// those about the whole set first.
func Check(e *earn.Evaluator, now int64) []Finding {
	l := newLinter(e, now)
	l.policy(e.RuleSet().Policy)
	for t := range e.RuleSet().Tables {
		l.table(t)
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Row, b.Row))
	})
	return l.findings
}

type linter struct {
	e        *earn.Evaluator
	since    int64    // nothing earns by the rule set before; 0 is unknown
	tests    int      // of boxes that a table may take
	spaces   []*space // of each kind
	findings []Finding
}

func (l *linter) table(t int) {
	table := l.e.RuleSet().Tables[t]
	lines := make([]*line, len(table.Rows))
	for i := range table.Rows {
		lines[i] = l.line(Place{t, i})
		l.row(lines[i], table.Hit)
	}
	switch table.Hit {
	case earn.Unique:
		l.overlaps(lines)
	case earn.First:
		l.hidden(lines)
	}
}

func newLinter(e *earn.Evaluator, now int64) *linter {
	l := &linter{e: e, since: max(now, e.RuleSet().Starts), tests: maxTests}
	for k := earn.Hotel; k.Valid(); k++ {
		l.spaces = append(l.spaces, newSpace(k, e.RuleSet()))
	}
	return l
}

func (l *linter) add(s Severity, at Place, column, format string, args ...any) {
	l.findings = append(l.findings, Finding{Severity: s, Place: at, Column: column, Detail: fmt.Sprintf(format, args...)})
}

// line is a row and what it may match.
type line struct {
	*earn.Row
	at    Place
	parts []ast.Expr // that must hold for it: nil, which is its season, and the conjuncts of its condition
	sides []*side    // of its kinds
}

// side is what a row may match of one kind.
type side struct {
	*space
	parts []verdict // on the parts of the line
	ways  union     // in which it may match an item; empty where it cannot
	hull  box       // around the ways
}

func (l *linter) line(at Place) *line {
	n := &line{Row: l.e.Row(at.Table, at.Row), at: at}
	if n.Season != nil {
		n.parts = append(n.parts, nil)
	}
	if e := l.e.Condition(at.Table, at.Row); e != nil {
		n.parts = conjuncts(e, n.parts)
	}
	for _, s := range l.spaces {
		if len(n.Kinds) > 0 && !slices.Contains(n.Kinds, s.kind) {
			continue
		}
		side := &side{space: s, ways: everything()}
		for _, e := range n.parts {
			v := verdict{yes: s.season(n.Season)}
			if e != nil {
				v = s.judge(e)
			}
			side.parts = append(side.parts, v)
			side.ways = s.and(side.ways, v.yes)
		}
		side.ways = s.tightened(side.ways)
		side.hull = side.ways.around()
		n.sides = append(n.sides, side)
	}
	return n
}

// conjuncts appends the parts of e between its outermost &&.
func conjuncts(e ast.Expr, to []ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.LogicalAnd {
		return append(to, e)
	}
	for _, arg := range e.AsCall().Args() {
		to = conjuncts(arg, to)
	}
	return to
}

// row finds what is wrong with a row by itself.
func (l *linter) row(n *line, hit earn.HitPolicy) {
	l.limits(n)
	if n.Priority != 0 && hit != earn.First {
		l.add(Warning, n.at, "priority", "a priority does nothing in a table whose hit policy is %s", hit)
	}
	l.over(n)
	var dead []*side
	for _, side := range n.sides {
		if len(side.ways) == 0 {
			dead = append(dead, side)
		}
	}
	switch {
	case len(dead) == len(n.sides):
		column, why := n.why(dead)
		l.add(Error, n.at, column, "never matches: %s", why)
		return // The rest would say the same in other words.
	case len(dead) > 0 && len(n.Kinds) > 0:
		_, why := n.why(dead)
		l.add(Warning, n.at, "kinds", "never matches a %s: %s", n.kinds(dead), why)
	}
	l.needless(n)
}

// limits finds caps that can never bite, because one that is asked later is lower, or always do.
func (l *linter) limits(n *line) {
	caps := []struct {
		column string
		most   earn.Cents
	}{{"capItem", n.CapItem}, {"capBooking", n.CapBooking}, {"capMember", n.CapMember}, {"budget", n.Budget}}
	for i, c := range caps {
		for _, wider := range caps[i+1:] {
			if c.most > wider.most && wider.most > 0 {
				l.add(Warning, n.at, c.column, "%s is never reached: %s is lower, %s", c.most, wider.column, wider.most)
				break
			}
		}
		if c.most > 0 && n.Fixed > c.most {
			l.add(Warning, n.at, c.column, "%s is less than the fixed amount of %s for one item", c.most, n.Fixed)
		}
	}
}

// over finds a season that has passed.
func (l *linter) over(n *line) {
	if n.Season == nil || l.since == 0 {
		return
	}
	end := n.Season.End
	if n.Season.By == earn.ByArrival {
		end = (dayOf(n.Season.Until) + 2) * daySeconds // The day is over everywhere a day after it is over in UTC.
	}
	switch {
	case end <= l.e.RuleSet().Starts:
		l.add(Warning, n.at, "until", "the season ends on %s, before the rule set starts", n.Season.Until)
	case end <= l.since:
		l.add(Warning, n.at, "until", "the season is over: it ended on %s", n.Season.Until)
	}
}

// needless finds what could be left out of the condition of a row that can match.
func (l *linter) needless(n *line) {
	var always []int
	conditions := 0
	for p, e := range n.parts {
		if e == nil {
			continue
		}
		conditions++
		if slices.ContainsFunc(n.sides, func(s *side) bool { return !s.parts[p].yes.all() }) {
			l.idle(n, e)
		} else {
			always = append(always, p)
		}
	}
	if conditions > 1 && len(always) == conditions {
		l.add(Warning, n.at, "when", "the condition always holds%s", n.forKinds())
		return
	}
	for _, p := range always {
		if e := n.parts[p]; !n.banded(p) {
			l.add(Warning, n.at, "when", "%s always holds%s%s", write(e), n.forKinds(), facts(e, n.sides))
		}
	}
}

// banded tells whether another part is about the same variables: the first of bands is often written with the lowest
// value there is, nights >= 0 && nights < 3, and that is no mistake.
func (n *line) banded(p int) bool {
	of := variables(n.parts[p])
	for q, other := range n.parts {
		if q != p && len(of) > 0 && slices.Equal(of, variables(other)) {
			return true
		}
	}
	return false
}

// idle finds alternatives that never hold, and members of lists that nothing is.
func (l *linter) idle(n *line, e ast.Expr) {
	if e.Kind() != ast.CallKind {
		return
	}
	call := e.AsCall()
	switch call.FunctionName() {
	case operators.In:
		l.members(n, call.Args()[0], call.Args()[1])
		return
	case operators.LogicalOr:
		for _, arg := range call.Args() {
			if n.never(arg) {
				l.add(Warning, n.at, "when", "%s never holds%s%s", write(arg), n.forKinds(), facts(arg, n.sides))
				continue
			}
			l.idle(n, arg)
		}
		return
	}
	for _, arg := range call.Args() {
		l.idle(n, arg)
	}
}

func (l *linter) members(n *line, x, list ast.Expr) {
	if x.Kind() != ast.IdentKind || list.Kind() != ast.ListKind {
		return
	}
	var idle []string
	for _, element := range list.AsList().Elements() {
		possible := false
		for _, s := range n.sides {
			found := s.each(s.term(x), s.term(element), func(x, y value) verdict { return s.compare(operators.Equals, x, y) })
			possible = possible || len(s.tightened(found.yes)) > 0
		}
		if !possible {
			idle = append(idle, write(element))
		}
	}
	if len(idle) > 0 {
		l.add(Warning, n.at, "when", "%s is never %s%s%s", write(x), strings.Join(idle, " or "), n.forKinds(), facts(x, n.sides))
	}
}

// never tells whether an expression is true for no item of the row's kinds.
func (n *line) never(e ast.Expr) bool {
	for _, s := range n.sides {
		if len(s.tightened(s.judge(e).yes)) > 0 {
			return false
		}
	}
	return true
}
