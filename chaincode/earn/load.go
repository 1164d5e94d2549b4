package earn

import "sync"

// cached is how many compiled rule sets a process keeps: the one in force, those that bookings were promised under and
// drafts that are being looked at.
const cached = 16

var cache = struct {
	sync.Mutex
	loaded map[Hash]*Evaluator
	order  []Hash // the one used longest ago first
}{loaded: map[Hash]*Evaluator{}}

// Load compiles an encoded rule set, or finds it compiled.
func Load(encoded []byte) (*Evaluator, error) {
	hash := HashOf(encoded)
	cache.Lock()
	e := cache.loaded[hash]
	cache.Unlock()
	if e != nil {
		return e, nil
	}
	rules, err := Decode(encoded)
	if err != nil {
		return nil, err
	}
	if e, err = Compile(rules); err != nil {
		return nil, err
	}
	keep(hash, e)
	return e, nil
}

func keep(hash Hash, e *Evaluator) {
	cache.Lock()
	defer cache.Unlock()
	if cache.loaded[hash] != nil {
		return // Another goroutine was faster.
	}
	cache.loaded[hash] = e
	cache.order = append(cache.order, hash)
	if len(cache.order) > cached {
		delete(cache.loaded, cache.order[0])
		cache.order = cache.order[1:]
	}
}
