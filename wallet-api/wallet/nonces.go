package wallet

import (
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// nonces gives out the nonces of orders signed in custody. The views know those that were applied; this knows those
// under way. What it forgets is older than any order under way can be.
type nonces struct {
	mu   sync.Mutex
	last map[dollars.Account]taken
	hold map[dollars.Account]chan struct{} // closed when the account is released
}

type taken struct {
	nonce uint64
	at    time.Time
}

// forgetAfter is longer than an order signed in custody lives.
const forgetAfter = 2 * custodyLifetime

// next is the nonce to use: above those applied and those under way.
func (n *nonces) next(a dollars.Account, applied uint64) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return max(applied, n.last[a].nonce+1)
}

// taken remembers a nonce that is under way.
func (n *nonces) taken(a dollars.Account, nonce uint64, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last == nil {
		n.last = map[dollars.Account]taken{}
	}
	if nonce > n.last[a].nonce {
		n.last[a] = taken{nonce, now}
	}
	if len(n.last)%4096 == 0 {
		for account, t := range n.last {
			if now.Sub(t.at) > forgetAfter {
				delete(n.last, account)
			}
		}
	}
}

// lock keeps two orders signed in custody for one account from choosing the same nonce. Before it waits it says so; it gives
// up when done ends.
func (n *nonces) lock(a dollars.Account, waiting func(), done <-chan struct{}) (unlock func(), ok bool) {
	for tried := false; ; tried = true {
		n.mu.Lock()
		if n.hold == nil {
			n.hold = map[dollars.Account]chan struct{}{}
		}
		held, busy := n.hold[a]
		if !busy {
			released := make(chan struct{})
			n.hold[a] = released
			n.mu.Unlock()
			return func() {
				n.mu.Lock()
				delete(n.hold, a)
				n.mu.Unlock()
				close(released)
			}, true
		}
		n.mu.Unlock()
		if !tried {
			waiting()
		}
		select {
		case <-held:
		case <-done:
			return nil, false
		}
	}
}
