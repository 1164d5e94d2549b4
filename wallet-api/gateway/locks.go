package gateway

import (
	"github.com/destinasia/dollars/chaincode/dollars"
)

// key names a record of the ledger that only one batch in flight may touch.
type key struct {
	kind byte // 'b' booking, 'a' account, 'r' rules
	id   [32]byte
}

var rulesKey = key{kind: 'r'}

func bookingKey(id dollars.BookingID) key { return key{'b', id} }

func accountKey(a dollars.Account) key {
	k := key{kind: 'a'}
	copy(k.id[:], a[:])
	return k
}

// want is how a record is wanted: shared to read it only, exclusive to write it.
type want struct {
	key  key
	mode mode
}

type mode bool

const (
	shared    mode = false
	exclusive mode = true
)

// locks counts who holds a record: n sharing it, or -1 who has it alone.
type locks map[key]int

// free tells whether the record may be had in this mode beside those who hold it.
func (l locks) free(w want) bool {
	n := l[w.key]
	return n == 0 || (n > 0 && w.mode == shared)
}

// add makes the wants held. They are free, and each key is in them once.
func (l locks) add(wants []want) {
	for _, w := range wants {
		if w.mode == exclusive {
			l[w.key] = -1
		} else {
			l[w.key]++
		}
	}
}

// release ends what add began.
func (l locks) release(wants []want) {
	for _, w := range wants {
		if n := l[w.key]; n <= 1 {
			delete(l, w.key)
		} else {
			l[w.key] = n - 1
		}
	}
}

// want notes what is wanted, by one holder and perhaps several times: the stricter mode stays.
func (l locks) want(wants ...want) {
	for _, w := range wants {
		if w.mode == exclusive {
			l[w.key] = -1
		} else if l[w.key] == 0 {
			l[w.key] = 1
		}
	}
}

// list is every key held once, in no order.
func (l locks) list() []want {
	out := make([]want, 0, len(l))
	for k, n := range l {
		out = append(out, want{k, n < 0})
	}
	return out
}
