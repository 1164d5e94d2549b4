package earn

import (
	"slices"
	"sync"

	"golang.org/x/sync/singleflight"
)

// cached is how many compiled rule sets a process keeps: the one in force, and drafts that are being looked at.
const cached = 16

var cache struct {
	sync.Mutex
	evaluators []*Evaluator // the one asked for last is last
	compiling  singleflight.Group
}

// Accept compiles an encoded rule set that is new: it must be in the canonical encoding and within all bounds.
// Whether it is accepted must not depend on what the process did before, so one that was only loaded is checked.
func Accept(encoded []byte) (*Evaluator, error) {
	return load("accept", encoded, (*Evaluator).isAccepted, func() (*Evaluator, error) {
		rules, err := Decode(encoded)
		if err != nil {
			return nil, err
		}
		return Compile(rules)
	})
}

func (e *Evaluator) isAccepted() bool { return e.accepted }

// Load compiles an encoded rule set that was accepted before. What a program takes in may become stricter from one
// version to the next; what is on the ledger stays in force, so nothing is asked of it but that it can be evaluated.
func Load(encoded []byte) (*Evaluator, error) {
	return load("load", encoded, func(*Evaluator) bool { return true }, func() (*Evaluator, error) {
		rules, err := Read(encoded)
		if err != nil {
			return nil, err
		}
		conditions := make([][]*condition, len(rules.Tables))
		for t, table := range rules.Tables {
			conditions[t] = make([]*condition, len(table.Rows))
			for i, row := range table.Rows {
				if row.When == "" {
					continue
				}
				c, says := compileCondition(row.When)
				if c == nil {
					return nil, Faults{{t, i, "when", says[0]}}
				}
				conditions[t][i] = c
			}
		}
		return newEvaluator(rules, HashOf(encoded), conditions), nil
	})
}

// load finds a rule set that is compiled already and will do, or has it compiled, once for all that ask at the same
// time.
func load(way string, encoded []byte, willDo func(*Evaluator) bool, compile func() (*Evaluator, error)) (*Evaluator, error) {
	hash := HashOf(encoded)
	if e := find(hash); e != nil && willDo(e) {
		return e, nil
	}
	e, err, _ := cache.compiling.Do(way+string(hash[:]), func() (any, error) {
		e, err := compile()
		if err == nil {
			keep(e)
		}
		return e, err
	})
	return e.(*Evaluator), err
}

func find(hash Hash) *Evaluator {
	cache.Lock()
	defer cache.Unlock()
	i := indexOf(hash)
	if i < 0 {
		return nil
	}
	e := cache.evaluators[i]
	cache.evaluators = append(slices.Delete(cache.evaluators, i, i+1), e)
	return e
}

func indexOf(hash Hash) int {
	return slices.IndexFunc(cache.evaluators, func(e *Evaluator) bool { return e.hash == hash })
}

// keep takes the place of another of the same hash, or of the one that was asked for longest ago.
func keep(e *Evaluator) {
	cache.Lock()
	defer cache.Unlock()
	if i := indexOf(e.hash); i >= 0 {
		cache.evaluators = slices.Delete(cache.evaluators, i, i+1)
	} else if len(cache.evaluators) == cached {
		cache.evaluators = slices.Delete(cache.evaluators, 0, 1)
	}
	cache.evaluators = append(cache.evaluators, e)
}
