package readmodel

import "github.com/destinasia/dollars/chaincode/dollars"

// recent is accounts as the last commits left them that folded them, lately: who is active is so for more than
// one block, and reading one costs as much as everything else that is done with it. The zero value is empty.
//
// It forgets by generations: what was not used while a generation filled up goes with the one before.
type recent struct{ young, old map[dollars.Account]account }

// generation is how many accounts one remembers; each takes some 500 bytes.
const generation = 1 << 14

func (r *recent) get(a dollars.Account) (account, bool) {
	b, known := r.young[a]
	if !known {
		b, known = r.old[a]
	}
	return b, known
}

func (r *recent) set(a dollars.Account, b account) {
	if len(r.young) >= generation || r.young == nil {
		r.old, r.young = r.young, make(map[dollars.Account]account, generation)
	}
	r.young[a] = b
}
