package earn

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"cel.dev/cel-go/common/ast"
)

// Evaluator is a compiled rule set. It never changes and may be used by any number of goroutines.
type Evaluator struct {
	rules      RuleSet
	hash       Hash
	accepted   bool // it is within all bounds
	tables     []table
	conditions [][]*condition // by table and row; nil where When is empty
	conjuncts  []conjunct     // of all conditions, each text once
	reads      variableSet    // what the conjuncts ask for
	pool       sync.Pool      // of *scratch
	booking    bool
	member     bool
}

// table is a compiled Table.
type table struct {
	rows   []line                  // as they are written
	byKind [len(kindNames)][]*line // in the order they are asked for an item of that kind
}

// line is what must hold for a row.
type line struct {
	row         int
	kinds       kindSet
	clock       Clock // "" is always
	from, until int64 // days or seconds, by the clock; until is excluded
	conjuncts   []int // of Evaluator.conjuncts, those that need no CEL first
}

// kindSet is a set of kinds, a bit each.
type kindSet uint8

func (s kindSet) has(k Kind) bool { return k.Valid() && s&(1<<k) != 0 }

// Compile checks a rule set and prepares it for evaluation. Its error is Faults.
func Compile(r RuleSet) (*Evaluator, error) {
	r = r.clone()
	conditions, faults := check(r)
	if len(faults) > 0 {
		return nil, faults
	}
	e := newEvaluator(r, HashOf(r.Encode()), conditions)
	e.accepted = true
	return e, nil
}

func newEvaluator(r RuleSet, hash Hash, conditions [][]*condition) *Evaluator {
	e := &Evaluator{rules: r, hash: hash, conditions: conditions, member: len(r.Tiers) > 0}
	known := map[string][]int{}
	for t := range r.Tables {
		e.tables = append(e.tables, e.plan(t, known))
	}
	e.member = e.member || e.reads.has("tier")
	return e
}

// plan compiles a table; known is where the conjuncts of earlier tables are.
func (e *Evaluator) plan(t int, known map[string][]int) table {
	tab := table{rows: make([]line, len(e.rules.Tables[t].Rows))}
	ordered := make([]*line, len(tab.rows))
	for i := range tab.rows {
		row := e.Row(t, i)
		tab.rows[i] = e.line(i, row, e.conditions[t][i], known)
		ordered[i] = &tab.rows[i]
		e.booking = e.booking || row.CapBooking > 0
		e.member = e.member || row.CapMember > 0
	}
	if e.rules.Tables[t].Hit == First {
		slices.SortStableFunc(ordered, func(a, b *line) int {
			return cmp.Compare(e.Row(t, b.row).Priority, e.Row(t, a.row).Priority)
		})
	}
	for _, l := range ordered {
		for k := range tab.byKind {
			if l.kinds.has(Kind(k)) {
				tab.byKind[k] = append(tab.byKind[k], l)
			}
		}
	}
	return tab
}

func (e *Evaluator) line(i int, row *Row, c *condition, known map[string][]int) line {
	l := line{row: i}
	for _, k := range row.Kinds {
		l.kinds |= 1 << k
	}
	if len(row.Kinds) == 0 {
		l.kinds = math.MaxUint8
	}
	if s := row.Season; s != nil {
		l.clock, l.from, l.until = s.By, s.Start, s.End
		if s.By == ByArrival {
			from, _ := parseDay(s.From) // Both parsed when they were checked.
			until, _ := parseDay(s.Until)
			l.from, l.until = from, until+1
		}
	}
	if c == nil {
		return l
	}
	for _, part := range c.conjuncts {
		l.conjuncts = append(l.conjuncts, e.intern(part, known))
	}
	slices.SortStableFunc(l.conjuncts, func(a, b int) int {
		return cmp.Compare(e.conjuncts[a].rank(), e.conjuncts[b].rank())
	})
	return l
}

// intern finds the place of a conjunct, which rows that ask for the same share. That two are the same is not left to
// their texts, which are made for people.
func (e *Evaluator) intern(c conjunct, known map[string][]int) int {
	for _, i := range known[c.text] {
		if ast.EquivExpr(c.expr, e.conjuncts[i].expr) {
			return i
		}
	}
	i := len(e.conjuncts)
	known[c.text] = append(known[c.text], i)
	e.conjuncts = append(e.conjuncts, c)
	e.reads |= c.reads
	return i
}

// RuleSet is what was compiled; its tables are shared and read only.
func (e *Evaluator) RuleSet() RuleSet { return e.rules }

// Hash is the hash of the rule set's encoding.
func (e *Evaluator) Hash() Hash { return e.hash }

// Row is a row of the rule set, shared and read only.
func (e *Evaluator) Row(table, row int) *Row { return &e.rules.Tables[table].Rows[row] }

// Condition is a row's When as a type-checked expression, nil where it is empty.
func (e *Evaluator) Condition(table, row int) ast.Expr {
	if c := e.conditions[table][row]; c != nil {
		return c.expr
	}
	return nil
}

// UsesMember tells whether what the member earned before matters: to a cap, to a condition or to the tiers.
func (e *Evaluator) UsesMember() bool { return e.member }

// UsesBooking tells whether what other items of the booking got matters.
func (e *Evaluator) UsesBooking() bool { return e.booking }

// TierOf is the highest tier that points awarded, in cents, or nights reach; "" where they reach none.
func (e *Evaluator) TierOf(points, nights int64) string {
	for _, l := range slices.Backward(e.rules.Tiers) {
		if l.Points > 0 && points >= int64(l.Points) || l.Nights > 0 && nights >= l.Nights {
			return l.Tier
		}
	}
	return ""
}

// clone shares nothing with r that can change.
func (r RuleSet) clone() RuleSet {
	r.Tiers = slices.Clone(r.Tiers)
	r.Tables = slices.Clone(r.Tables)
	if r.Policy != nil {
		policy := *r.Policy
		r.Policy = &policy
	}
	for t := range r.Tables {
		rows := slices.Clone(r.Tables[t].Rows)
		for i := range rows {
			rows[i].Kinds = slices.Clone(rows[i].Kinds)
			if rows[i].Season != nil {
				season := *rows[i].Season
				rows[i].Season = &season
			}
		}
		r.Tables[t].Rows = rows
	}
	return r
}
