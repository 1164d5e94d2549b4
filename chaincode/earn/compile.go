package earn

import (
	"slices"

	"cel.dev/cel-go/common/ast"
)

// Evaluator is a compiled rule set. It never changes and may be used by any number of goroutines.
type Evaluator struct {
	rules      RuleSet
	hash       Hash
	tables     []table
	conditions [][]*condition // by table and row; nil where When is empty
	conjuncts  []conjunct     // of all conditions, each text once
	reads      variables      // what the conjuncts ask for
	booking    bool
	member     bool
	budgets    []string
}

// table is a Table's rows as they are gone through for an item of a kind.
type table struct {
	byKind [len(kindNames)][]line
}

// line is what must hold for a row.
type line struct {
	row         int
	clock       Clock // "" is always
	from, until int64 // days or seconds, by the clock; until is excluded
	conjuncts   []int // of Evaluator.conjuncts
}

// Compile checks a rule set and prepares it for evaluation. Its error is Faults.
func Compile(r RuleSet) (*Evaluator, error) {
	r = r.clone()
	conditions, faults := check(r)
	if len(faults) > 0 {
		return nil, faults
	}
	e := &Evaluator{rules: r, hash: HashOf(r.Encode()), conditions: conditions, member: len(r.Tiers) > 0}
	known := map[string]int{}
	for t := range r.Tables {
		e.tables = append(e.tables, e.plan(t, known))
	}
	e.member = e.member || e.reads.has(varTier)
	return e, nil
}

// plan puts a table's rows into the order of its hit policy, by kind.
func (e *Evaluator) plan(t int, known map[string]int) table {
	lines := make([]line, len(e.rules.Tables[t].Rows))
	for i := range lines {
		row := e.Row(t, i)
		lines[i] = line{row: i}
		if s := row.Season; s != nil {
			lines[i].clock, lines[i].from, lines[i].until = s.By, s.Start, s.End
			if s.By == ByArrival {
				from, _ := parseDay(s.From) // It parsed when it was checked.
				until, _ := parseDay(s.Until)
				lines[i].from, lines[i].until = from, until+1
			}
		}
		if c := e.conditions[t][i]; c != nil {
			for _, part := range c.conjuncts {
				lines[i].conjuncts = append(lines[i].conjuncts, e.intern(part, known))
			}
		}
		e.booking = e.booking || row.CapBooking > 0
		e.member = e.member || row.CapMember > 0
		if row.Budget > 0 {
			e.budgets = append(e.budgets, row.ID)
		}
	}
	if e.rules.Tables[t].Hit == First {
		slices.SortStableFunc(lines, func(a, b line) int {
			return int(e.Row(t, b.row).Priority) - int(e.Row(t, a.row).Priority)
		})
	}
	var tab table
	for k := Hotel; k.Valid(); k++ {
		for _, l := range lines {
			if kinds := e.Row(t, l.row).Kinds; len(kinds) == 0 || slices.Contains(kinds, k) {
				tab.byKind[k] = append(tab.byKind[k], l)
			}
		}
	}
	return tab
}

// intern finds the place of a conjunct, which rows that ask for the same share.
func (e *Evaluator) intern(c conjunct, known map[string]int) int {
	i, ok := known[c.text]
	if !ok {
		i = len(e.conjuncts)
		known[c.text] = i
		e.conjuncts = append(e.conjuncts, c)
		e.reads |= c.reads
	}
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

// Budgets is the ids of the rows with a budget, in their order.
func (e *Evaluator) Budgets() []string { return slices.Clone(e.budgets) }

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
