package earn

import (
	"errors"
	"fmt"
	"math/bits"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

// MaxEarned is the most that an item can earn, in cents. It is far above any booking, and far below where sums of
// items leave an int64.
const MaxEarned = 1_000_000_000_000_00

// Overlap is why an item was refused: two rows of a UNIQUE table match it.
type Overlap struct {
	Table string
	Rows  [2]string // ids
}

func (o *Overlap) Error() string {
	return fmt.Sprintf("rows %s and %s of table %s both match, and only one may: the item earns nothing until one of them is narrowed",
		o.Rows[0], o.Rows[1], o.Table)
}

// Evaluate is what the item earns: a part for every row that was taken, and for the rows of a FIRST table that would
// have been had their limits left anything. It refuses an item that two rows of a UNIQUE table match, whose points are
// out of range, or that room refuses.
func (e *Evaluator) Evaluate(item Item, room Room) ([]Part, error) {
	if item.Price < 0 {
		return nil, fmt.Errorf("the price is %s: it must not be negative", Cents(item.Price))
	}
	if !item.Kind.Valid() {
		return nil, fmt.Errorf("unknown kind of item %d", uint8(item.Kind))
	}
	s := e.scratch(&item)
	var parts []Part
	var err error
	for t := range e.tables {
		if parts, err = e.apply(t, s, room, parts); err != nil {
			return nil, err
		}
	}
	sum := int64(0)
	for _, p := range parts {
		if p.Points > MaxEarned-sum {
			return nil, fmt.Errorf("the item would earn more than %s points", Cents(MaxEarned))
		}
		sum += p.Points
	}
	return parts, nil
}

// apply appends what one table gives.
func (e *Evaluator) apply(t int, s *scratch, room Room, parts []Part) ([]Part, error) {
	hit := e.rules.Tables[t].Hit
	var only *line
	for i := range e.tables[t].byKind[s.item.Kind] {
		l := &e.tables[t].byKind[s.item.Kind][i]
		if !s.holds(l) {
			continue
		}
		if hit == Unique {
			if only != nil {
				return nil, &Overlap{e.rules.Tables[t].Name, [2]string{e.Row(t, only.row).ID, e.Row(t, l.row).ID}}
			}
			only = l
			continue
		}
		p, err := e.give(t, l.row, s.item.Price, room)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
		if hit == First && !exhausted(p) {
			break
		}
	}
	if only == nil {
		return parts, nil
	}
	p, err := e.give(t, only.row, s.item.Price, room)
	return append(parts, p), err
}

// exhausted tells whether limits took all that a row would have given.
func exhausted(p Part) bool { return p.Points == 0 && len(p.Cuts) > 0 }

// give is what a row that matches gives for a price.
func (e *Evaluator) give(t, i int, price int64, room Room) (Part, error) {
	row := e.Row(t, i)
	earned, err := earnedBy(row, price, e.rules.Tables[t].Rounding)
	if err != nil {
		return Part{}, fmt.Errorf("row %s: %w", row.ID, err)
	}
	p := Part{Table: t, Row: i, Earned: earned, Points: earned, Months: row.Months}
	for _, limit := range [...]struct {
		limit Limit
		most  Cents
	}{{LimitItem, row.CapItem}, {LimitBooking, row.CapBooking}, {LimitMember, row.CapMember}, {LimitBudget, row.Budget}} {
		if limit.most == 0 || p.Points == 0 {
			continue
		}
		left := int64(limit.most)
		if limit.limit != LimitItem {
			if left, err = room(limit.limit, row, p.Points); err != nil {
				return Part{}, err
			}
		}
		if left = max(0, left); left < p.Points {
			p.Points = left
			p.Cuts = append(p.Cuts, Cut{Limit: limit.limit, Left: left})
		}
	}
	return p, nil
}

// earnedBy is price × rate, rounded, plus the fixed amount.
func earnedBy(row *Row, price int64, rounding Rounding) (int64, error) {
	hi, lo := bits.Mul64(uint64(price), uint64(row.BasisPoints))
	// The rate is at most 10,000 and the price below 2^63, so hi < 10,000, Div64 cannot panic and a quotient that is
	// rounded up is at most the price.
	q, rest := bits.Div64(hi, lo, 10_000)
	switch rounding {
	case HalfUp:
		if rest >= 5_000 {
			q++
		}
	case HalfEven:
		if rest > 5_000 || rest == 5_000 && q%2 == 1 {
			q++
		}
	case Ceiling:
		if rest > 0 {
			q++
		}
	}
	if q > MaxEarned {
		return 0, errors.New("the rate gives more than " + Cents(MaxEarned).String() + " points")
	}
	return int64(q) + int64(row.Fixed), nil
}

// Holds tells whether a row matches the item: its kinds, its season and its condition.
func (e *Evaluator) Holds(table, row int, item Item) bool {
	if !item.Kind.Valid() {
		return false
	}
	s := e.scratch(&item)
	for i := range e.tables[table].byKind[item.Kind] {
		if l := &e.tables[table].byKind[item.Kind][i]; l.row == row {
			return s.holds(l)
		}
	}
	return false
}

// scratch is the state of one evaluation.
type scratch struct {
	of   *Evaluator
	item *Item
	memo []int8 // of each conjunct: 0 is not asked yet, 1 holds, -1 does not
}

func (e *Evaluator) scratch(item *Item) *scratch {
	return &scratch{of: e, item: item, memo: make([]int8, len(e.conjuncts))}
}

func (s *scratch) holds(l *line) bool {
	switch now := int64(0); l.clock {
	case ByBooking, ByArrival:
		now = s.item.Time
		if l.clock == ByArrival {
			now = int64(s.item.Start)
		}
		if now < l.from || now >= l.until {
			return false
		}
	}
	for _, c := range l.conjuncts {
		if !s.conjunct(c) {
			return false
		}
	}
	return true
}

func (s *scratch) conjunct(i int) bool {
	if s.memo[i] == 0 {
		s.memo[i] = -1
		if v, _, err := s.of.conjuncts[i].program.Eval(s); err == nil && v == types.True {
			s.memo[i] = 1
		}
	}
	return s.memo[i] > 0
}

// ResolveName and Parent make scratch the activation of a CEL program.
func (s *scratch) ResolveName(name string) (any, bool) {
	v := value(name, s.item)
	return v, v != nil
}

// Parent says that there are no other variables.
func (s *scratch) Parent() interpreter.Activation { return nil }
