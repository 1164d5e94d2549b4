package earn

import (
	"slices"
	"sync"
)

// cached is how many compiled rule sets a process keeps: the one in force, those that bookings were promised under and
// a draft or two.
const cached = 16

var cache struct {
	sync.Mutex
	evaluators []*Evaluator // the one asked for last is last
}

// Load compiles an encoded rule set, or finds it compiled already.
func Load(encoded []byte) (*Evaluator, error) {
	if e := find(HashOf(encoded)); e != nil {
		return e, nil
	}
	rules, err := Decode(encoded)
	if err != nil {
		return nil, err
	}
	e, err := Compile(rules)
	if err != nil {
		return nil, err
	}
	keep(e)
	return e, nil
}

func find(hash Hash) *Evaluator {
	cache.Lock()
	defer cache.Unlock()
	i := slices.IndexFunc(cache.evaluators, func(e *Evaluator) bool { return e.hash == hash })
	if i < 0 {
		return nil
	}
	e := cache.evaluators[i]
	cache.evaluators = append(slices.Delete(cache.evaluators, i, i+1), e)
	return e
}

// keep may find that another goroutine was faster; then both compiled the same, and keeping two does no harm.
func keep(e *Evaluator) {
	cache.Lock()
	defer cache.Unlock()
	if len(cache.evaluators) == cached {
		cache.evaluators = slices.Delete(cache.evaluators, 0, 1)
	}
	cache.evaluators = append(cache.evaluators, e)
}
