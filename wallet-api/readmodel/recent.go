package readmodel

import "github.com/destinasia/dollars/chaincode/dollars"

// recent is balances as the last commits left them, of accounts that were folded lately: who is active is so for more than
// one block, and reading a balance costs as much as everything else that is done with it. The zero value is empty.
//
// It forgets by generations: what was not used while a generation filled up goes with the one before.
type recent struct{ young, old map[dollars.Account]balance }

// generation is how many accounts one remembers; each takes some 200 bytes.
const generation = 1 << 14

func (r *recent) get(a dollars.Account) (balance, bool) {
	b, known := r.young[a]
	if !known {
		b, known = r.old[a]
	}
	return b, known
}

func (r *recent) set(a dollars.Account, b balance) {
	if len(r.young) >= generation || r.young == nil {
		r.old, r.young = r.young, make(map[dollars.Account]balance, generation)
	}
	r.young[a] = b
}
