package audit

import (
	"bytes"
	"crypto/sha256"
	"iter"
	"slices"
)

// txIDs are the ids of all transactions there ever were: the one thing of an audit that grows with history and not with the
// state. Ids may be any text, so of each the SHA-256 is kept; ascending, in as many lists as there are first two bytes,
// which takes about 35 bytes each; a map takes up to 80.
type txIDs struct {
	lists [256]*[256][]txID // made when they are needed
	count int
}

// txID is a hash without its first two bytes, which say in which list it is.
type txID [sha256.Size - 2]byte

func (ids *txIDs) add(id string) { ids.addHash(sha256.Sum256([]byte(id))) }

func (ids *txIDs) addHash(hash [sha256.Size]byte) {
	list, at, there := ids.find(hash)
	if there {
		return
	}
	if len(*list) == cap(*list) { // append would leave half of it empty
		longer := make([]txID, len(*list), len(*list)+len(*list)/8+1)
		copy(longer, *list)
		*list = longer
	}
	*list = slices.Insert(*list, at, txID(hash[2:]))
	ids.count++
}

func (ids *txIDs) has(id string) bool {
	_, _, there := ids.find(sha256.Sum256([]byte(id)))
	return there
}

func (ids *txIDs) find(hash [sha256.Size]byte) (list *[]txID, at int, there bool) {
	half := &ids.lists[hash[0]]
	if *half == nil {
		*half = &[256][]txID{}
	}
	list = &(*half)[hash[1]]
	at, there = slices.BinarySearchFunc(*list, txID(hash[2:]), func(a, b txID) int { return bytes.Compare(a[:], b[:]) })
	return list, at, there
}

// all are the hashes in ascending order.
func (ids *txIDs) all() iter.Seq[[sha256.Size]byte] {
	return func(yield func([sha256.Size]byte) bool) {
		for first, half := range ids.lists {
			if half == nil {
				continue
			}
			for second, list := range half {
				for _, rest := range list {
					hash := [sha256.Size]byte{byte(first), byte(second)}
					copy(hash[2:], rest[:])
					if !yield(hash) {
						return
					}
				}
			}
		}
	}
}
