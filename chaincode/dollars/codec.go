package dollars

import (
	"encoding/binary"
	"math"
)

// Everything on the ledger is written by this one encoding: unsigned varints in their shortest form, fixed-size
// fields as they are, and counts before lists. It has no maps, no optional spellings and no padding, so a value has
// one encoding; the reader refuses every other, which the fuzz tests hold it to.

func appendUint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

func appendAmount(b []byte, a Amount) []byte { return binary.AppendUvarint(b, uint64(a)) }

func appendBytes(b, v []byte) []byte { return append(appendUint(b, uint64(len(v))), v...) }

// reader reads what the append functions wrote. The first thing that does not fit makes it bad, after which it
// yields zeros; callers ask once, at the end.
type reader struct {
	buf []byte
	bad bool
}

func (r *reader) fail() { r.bad, r.buf = true, nil }

func (r *reader) byte() byte {
	if len(r.buf) == 0 {
		r.fail()
		return 0
	}
	v := r.buf[0]
	r.buf = r.buf[1:]
	return v
}

func (r *reader) bool() bool {
	v := r.byte()
	if v > 1 {
		r.fail()
	}
	return v == 1
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.buf)
	// A final zero byte is a longer spelling of a number that has a shorter one.
	if n <= 0 || (n > 1 && r.buf[n-1] == 0) {
		r.fail()
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

// uintMax reads a number that may not be above a bound.
func (r *reader) uintMax(limit uint64) uint64 {
	v := r.uint()
	if v > limit {
		r.fail()
		return 0
	}
	return v
}

// int64 reads a number that is not negative, as times are.
func (r *reader) int64() int64 { return int64(r.uintMax(math.MaxInt64)) }

// amount reads any non-negative amount: sums on the ledger may be above MaxAmount.
func (r *reader) amount() Amount { return Amount(r.int64()) }

func (r *reader) fixed(into []byte) {
	if len(r.buf) < len(into) {
		r.fail()
		return
	}
	copy(into, r.buf)
	r.buf = r.buf[len(into):]
}

func (r *reader) bytes(limit int) []byte {
	n := int(r.uintMax(uint64(limit)))
	if n > len(r.buf) {
		r.fail()
		return nil
	}
	v := r.buf[:n:n]
	r.buf = r.buf[n:]
	return v
}

// count reads the length of a list whose elements take at least size bytes each, so that a hostile length cannot
// make anyone allocate more than it sent.
func (r *reader) count(size int) int { return int(r.uintMax(uint64(len(r.buf) / size))) }

// end tells whether everything was read and nothing was wrong.
func (r *reader) end() bool { return !r.bad && len(r.buf) == 0 }

func malformed(what string) *Error { return refuse(CodeMalformed, "these bytes are no "+what) }
