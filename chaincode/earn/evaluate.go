package earn

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// MaxEarned is the most that an item can earn, in cents. It is far above any booking, and far below where sums of
// items leave an int64.
const MaxEarned = 1_000_000_000_000_00

// MaxParts is how many rows may give points to one item: every part is written to the ledger with its booking.
const MaxParts = 32

// Overlap is why an item was refused: two rows of a UNIQUE table match it or, where Table is "", more than MaxParts rows
// of all tables do.
type Overlap struct {
	Table string
	Rows  [2]string // ids
}

func (o *Overlap) Error() string {
	if o.Table == "" {
		return fmt.Sprintf("more than %d rows match, row %s after row %s and others: the item earns nothing until some are narrowed",
			MaxParts, o.Rows[1], o.Rows[0])
	}
	return fmt.Sprintf("rows %s and %s of table %s both match, and only one may: the item earns nothing until one of them is narrowed",
		o.Rows[0], o.Rows[1], o.Table)
}

// Evaluate is what the item earns: a part for every row that was taken, and for the rows of a FIRST table that would
// have been had their limits left anything. It refuses an item that two rows of a UNIQUE table or more than MaxParts in
// all match, whose points are out of range, or that room refuses.
func (e *Evaluator) Evaluate(item Item, room Room) ([]Part, error) {
	if item.Price < 0 {
		return nil, fmt.Errorf("the price is %s: it must not be negative", Cents(item.Price))
	}
	if !item.Kind.Valid() {
		return nil, fmt.Errorf("unknown kind of item %d", uint8(item.Kind))
	}
	s := e.borrow(item)
	defer e.giveBack(s)
	s.parts = s.parts[:0]
	for t := range e.tables {
		if err := e.apply(t, s, room); err != nil {
			return nil, err
		}
	}
	sum := int64(0)
	for i := range s.parts {
		if s.parts[i].Points > MaxEarned-sum {
			return nil, fmt.Errorf("the item would earn more than %s points", Cents(MaxEarned))
		}
		sum += s.parts[i].Points
	}
	if len(s.parts) == 0 {
		return nil, nil // Never an empty slice: what is returned must not depend on what scratch was borrowed.
	}
	return slices.Clone(s.parts), nil
}

// apply adds what one table gives to the parts.
func (e *Evaluator) apply(t int, s *scratch, room Room) error {
	hit := e.rules.Tables[t].Hit
	if hit == Unique {
		return e.applyUnique(t, s, room)
	}
	for _, l := range e.tables[t].byKind[s.item.Kind] {
		if !s.holds(l) {
			continue
		}
		p, err := e.give(t, l.row, s.item.Price, room)
		if err != nil {
			return err
		}
		if hit == First && exhausted(&p) {
			if len(s.parts) < MaxParts/2 { // Those that have nothing left to give are told for the explanation only.
				s.parts = append(s.parts, p)
			}
			continue
		}
		if err := s.add(e, p); err != nil {
			return err
		}
		if hit == First {
			break
		}
	}
	return nil
}

// add adds a part, if there are not too many.
func (s *scratch) add(e *Evaluator, p Part) error {
	if len(s.parts) == MaxParts {
		last := s.parts[MaxParts-1]
		return &Overlap{Rows: [2]string{e.Row(last.Table, last.Row).ID, e.Row(p.Table, p.Row).ID}}
	}
	s.parts = append(s.parts, p)
	return nil
}

func (e *Evaluator) applyUnique(t int, s *scratch, room Room) error {
	var only *line
	for _, l := range e.tables[t].byKind[s.item.Kind] {
		if !s.holds(l) {
			continue
		}
		if only != nil {
			return &Overlap{e.rules.Tables[t].Name, [2]string{e.Row(t, only.row).ID, e.Row(t, l.row).ID}}
		}
		only = l
	}
	if only == nil {
		return nil
	}
	p, err := e.give(t, only.row, s.item.Price, room)
	if err != nil {
		return err
	}
	return s.add(e, p)
}

// exhausted tells whether limits took all that a row would have given.
func exhausted(p *Part) bool { return p.Points == 0 && len(p.Cuts) > 0 }

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
	if q > math.MaxInt64-uint64(row.Fixed) {
		return 0, errors.New("rate and fixed amount give more points than can be counted")
	}
	return int64(q) + int64(row.Fixed), nil
}

// Holds tells whether a row matches the item: its kinds, its season and its condition.
func (e *Evaluator) Holds(table, row int, item Item) bool {
	l := &e.tables[table].rows[row]
	if !l.kinds.has(item.Kind) {
		return false
	}
	s := e.borrow(item)
	defer e.giveBack(s)
	return s.holds(l)
}
