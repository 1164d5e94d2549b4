package simulate

import "github.com/destinasia/dollars/chaincode/dollars"

// store keeps values under a ledger's keys. Most of them, a few hundred thousand at a time, are small and belong to
// keys of a few fixed shapes; as strings and slices of their own they would cost a fifth of all time in the garbage
// collector. So those lie in slabs, found by a map without pointers.
//
// A value that was got is good until the next put or remove.
type store struct {
	places map[shortKey]place
	slabs  [longest / grain]slab
	others map[string][]byte
}

const (
	grain   = 32  // bytes by which the cells of one slab are larger than those of the one before
	longest = 512 // bytes of a value in a slab
)

// shortKey is the key of a booking, account, member or trip: its letter and what it says in hexadecimal digits.
type shortKey [33]byte

// place is where a value is: the cell of the slab for values of that length.
type place struct {
	cell   uint32
	length uint16
}

func newStore() store {
	return store{places: map[shortKey]place{}, others: map[string][]byte{}}
}

// shorten packs a key, if it is of one of the shapes.
func shorten(key string) (short shortKey, ok bool) {
	digits := 0
	if len(key) > 2 && key[1] == '/' {
		switch key[0] {
		case 'b':
			digits = 64
		case 'a', 'e':
			digits = 40
		case 't':
			digits = 32
		}
	}
	if digits == 0 || len(key) != 2+digits {
		return short, false
	}
	short[0] = key[0]
	for i := range digits {
		c := key[2+i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return shortKey{}, false
		}
		short[1+i/2] = short[1+i/2]<<4 | c
	}
	return short, true
}

// get is the value under a key, nil where there is none.
func (s *store) get(key string) []byte {
	if short, ok := shorten(key); ok {
		if value := s.getShort(short); value != nil {
			return value
		}
	}
	return s.others[key]
}

// booking is the value under a booking's key, found without spelling that.
func (s *store) booking(id dollars.BookingID) []byte {
	if value := s.getShort(shortKey(append([]byte{'b'}, id[:]...))); value != nil {
		return value
	}
	return s.others[dollars.BookingKey(id)]
}

func (s *store) getShort(key shortKey) []byte {
	p, found := s.places[key]
	if !found {
		return nil
	}
	return s.slabs[p.slab()].at(p)
}

func (s *store) put(key string, value []byte) {
	short, ok := shorten(key)
	if !ok {
		s.others[key] = value
		return
	}
	old, found := s.places[short]
	if len(value) == 0 || len(value) > longest {
		s.removeShort(short)
		s.others[key] = value
		return
	}
	p := place{length: uint16(len(value))}
	if found && old.slab() == p.slab() {
		p.cell = old.cell
	} else {
		s.removeShort(short)
		p.cell = s.slabs[p.slab()].take(p.cellSize())
	}
	copy(s.slabs[p.slab()].at(p), value)
	s.places[short] = p
	if !found {
		delete(s.others, key) // A key is never in both.
	}
}

func (s *store) remove(key string) {
	if short, ok := shorten(key); ok {
		s.removeShort(short)
	}
	delete(s.others, key)
}

func (s *store) removeShort(key shortKey) {
	if p, found := s.places[key]; found {
		delete(s.places, key)
		slab := &s.slabs[p.slab()]
		slab.free = append(slab.free, p.cell)
	}
}

// slab has cells of one size, in chunks so that it never moves.
type slab struct {
	chunks [][]byte
	used   uint32 // cells that ever were
	free   []uint32
}

const chunkCells = 1 << 12

func (p place) slab() int { return (int(p.length) - 1) / grain }

func (p place) cellSize() int { return (p.slab() + 1) * grain }

func (s *slab) at(p place) []byte {
	from := int(p.cell%chunkCells) * p.cellSize()
	return s.chunks[p.cell/chunkCells][from : from+int(p.length) : from+int(p.length)]
}

func (s *slab) take(size int) uint32 {
	if n := len(s.free); n > 0 {
		cell := s.free[n-1]
		s.free = s.free[:n-1]
		return cell
	}
	if int(s.used) == len(s.chunks)*chunkCells {
		s.chunks = append(s.chunks, make([]byte, chunkCells*size))
	}
	s.used++
	return s.used - 1
}
