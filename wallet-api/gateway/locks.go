package gateway

import "github.com/destinasia/dollars/chaincode/dollars"

// key names records of the ledger that only one batch in flight may touch.
type key struct {
	// kind is 't' of a booking with everything in it, 'a' of an account, its recovery and its payees, 'e' of what a member
	// earned, 'h' of a hold, 'v' of a voucher, 'w' of a reward, 'j' of an adjustment, 'd' of what is adjusted in a day.
	kind byte
	id   [32]byte
}

// tripKey is of everything that is kept of a booking. Its items are not held one by one: they share caps, and are
// rarely under way at the same time.
func tripKey(id dollars.BookingID) key {
	trip := id.Trip()
	return keyOf('t', trip[:])
}

func accountKey(a dollars.Account) key { return keyOf('a', a[:]) }

func voucherKey(codeHash [32]byte) key { return keyOf('v', codeHash[:]) }

func earningKey(a dollars.Account) key { return keyOf('e', a[:]) }

func keyOf(kind byte, id []byte) key {
	k := key{kind: kind}
	copy(k.id[:], id)
	return k
}

// locks are the keys that somebody has, or is to have.
type locks map[key]struct{}

// free tells whether nobody has any of the keys.
func (l locks) free(keys []key) bool {
	for _, k := range keys {
		if _, taken := l[k]; taken {
			return false
		}
	}
	return true
}

func (l locks) add(keys ...key) {
	for _, k := range keys {
		l[k] = struct{}{}
	}
}

func (l locks) release(keys []key) {
	for _, k := range keys {
		delete(l, k)
	}
}

// list is the keys in no order.
func (l locks) list() []key {
	out := make([]key, 0, len(l))
	for k := range l {
		out = append(out, k)
	}
	return out
}
