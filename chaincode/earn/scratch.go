package earn

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

// scratch is the state of one evaluation. An Evaluator keeps them for reuse, so that evaluating allocates little.
type scratch struct {
	of     *Evaluator
	item   Item
	values values
	memo   []answer // of each conjunct of the evaluator
	parts  []Part   // room for those that are being gathered
}

// answer is what is known of a conjunct.
type answer uint8

const (
	notAsked answer = iota
	yes
	no
)

// borrow takes a scratch for the item; it must be given back.
func (e *Evaluator) borrow(item Item) *scratch {
	s, ok := e.pool.Get().(*scratch)
	if !ok {
		s = &scratch{of: e, memo: make([]answer, len(e.conjuncts))}
	}
	s.item = item
	s.values.read(&s.item, e.reads)
	clear(s.memo)
	return s
}

func (e *Evaluator) giveBack(s *scratch) { e.pool.Put(s) }

// holds tells whether a row's season and condition hold; whoever asks has seen to its kinds.
func (s *scratch) holds(l *line) bool {
	if !s.inSeason(l) {
		return false
	}
	for _, c := range l.conjuncts {
		switch s.memo[c] {
		case no:
			return false
		case notAsked:
			if !s.ask(int(c)) {
				return false
			}
		}
	}
	return true
}

func (s *scratch) inSeason(l *line) bool {
	switch l.clock {
	case ByBooking:
		return s.item.Time >= l.from && s.item.Time < l.until
	case ByArrival:
		return int64(s.item.Start) >= l.from && int64(s.item.Start) < l.until
	}
	return true
}

// ask evaluates a conjunct and remembers the answer.
func (s *scratch) ask(i int) bool {
	c := &s.of.conjuncts[i]
	holds := false
	if c.native.op != 0 {
		holds = c.native.holds(&s.values)
	} else if v, _, err := c.program.Eval(s); err == nil {
		holds = v == types.True
	}
	s.memo[i] = no
	if holds {
		s.memo[i] = yes
	}
	return holds
}

// ResolveName and Parent make scratch the activation of CEL programs.
func (s *scratch) ResolveName(name string) (any, bool) {
	i, ok := variableIndex[name]
	switch {
	case !ok:
		return nil, false
	case Variables[i].Type == Int:
		return types.Int(s.values.numbers[i]), true
	}
	return types.String(s.values.texts[i]), true
}

// Parent says that there is nothing else to resolve names by.
func (s *scratch) Parent() interpreter.Activation { return nil }
