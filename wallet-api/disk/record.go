package disk

import "encoding/binary"

// AppendBytes writes a field with its length before it; Reader.Bytes reads it. Numbers are written as
// binary.AppendUvarint does, fields of fixed size as they are.
func AppendBytes[T ~[]byte | ~string](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// Reader reads a record field by field. The first thing that does not fit makes it bad, after which it yields zeros;
// callers ask once, at the End. Like the ledger's, the encoding has one spelling per value.
type Reader struct {
	buf []byte
	bad bool
}

// NewReader reads data, which must not change while what was read is in use.
func NewReader(data []byte) *Reader { return &Reader{buf: data} }

// Fail makes the record bad, for values that are no value of their field.
func (r *Reader) Fail() { r.bad, r.buf = true, nil }

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if len(r.buf) == 0 {
		r.Fail()
		return 0
	}
	v := r.buf[0]
	r.buf = r.buf[1:]
	return v
}

// Uint reads a number of at most limit.
func (r *Reader) Uint(limit uint64) uint64 {
	v, n := binary.Uvarint(r.buf)
	// A final zero byte is a longer spelling of a number that has a shorter one.
	if n <= 0 || (n > 1 && r.buf[n-1] == 0) || v > limit {
		r.Fail()
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

// Fixed fills a field of fixed size.
func (r *Reader) Fixed(into []byte) {
	if len(r.buf) < len(into) {
		r.Fail()
		return
	}
	r.buf = r.buf[copy(into, r.buf):]
}

// Bytes reads what AppendBytes wrote. The result shares the record's memory.
func (r *Reader) Bytes() []byte {
	n := r.Uint(uint64(len(r.buf)))
	if r.bad || n > uint64(len(r.buf)) {
		r.Fail()
		return nil
	}
	v := r.buf[:n:n]
	r.buf = r.buf[n:]
	return v
}

// Count reads the length of a list whose elements take at least size bytes each, so that a broken length cannot make
// anyone allocate more than was stored.
func (r *Reader) Count(size int) int { return int(r.Uint(uint64(len(r.buf) / size))) }

// Rest is what has not been read.
func (r *Reader) Rest() []byte {
	v := r.buf
	r.buf = nil
	return v
}

// More tells whether there is anything left to read, for lists that end with the record.
func (r *Reader) More() bool { return len(r.buf) > 0 }

// Failed tells whether something was wrong, for callers that use what they read before the End.
func (r *Reader) Failed() bool { return r.bad }

// End tells whether everything was read and nothing was wrong.
func (r *Reader) End() bool { return !r.bad && len(r.buf) == 0 }
