package rest

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Bounds of any JSON this service reads. An object's names are compared pairwise to find one given twice, which is
// why they are few.
const (
	maxDepth   = 16
	maxMembers = 64
	maxName    = 128 // bytes
)

// reader reads JSON strictly (RFC 8259, UTF-8 only, no name twice) and in one pass. The first thing that does not fit
// is err, with a pointer to it, after which everything reads as empty; callers ask once, at the end.
type reader struct {
	data  []byte
	at    int
	depth int
	path  []byte // JSON pointer of the value being read
	err   *wallet.Error
}

// refuse notes what is wrong with the value at a pointer below the present one.
func (r *reader) refuse(below string, code dollars.Code, detail string) {
	if r.err == nil {
		r.err = &wallet.Error{Code: code, Detail: detail, Field: string(r.path) + below}
	}
	r.at = len(r.data)
}

func (r *reader) fail(format string, args ...any) {
	r.refuse("", wallet.CodeMalformed, fmt.Sprintf(format, args...))
}

func (r *reader) notJSON() { r.fail("not JSON at byte %d", r.at) }

// end refuses anything after the value, and tells what was wrong.
func (r *reader) end() error {
	if r.peek(); r.err == nil && r.at < len(r.data) {
		r.fail("there is something after the JSON value, at byte %d", r.at)
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// peek is the next byte that is not white space, or 0 at the end.
func (r *reader) peek() byte {
	for r.at < len(r.data) {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) enter(open byte, what string) bool {
	switch next := r.peek(); {
	case r.err != nil:
		return false
	case next != open:
		r.fail("must be %s", what)
		return false
	case r.depth == maxDepth:
		r.fail("nested more than %d levels deep", maxDepth)
		return false
	}
	r.at++
	r.depth++
	return true
}

// more tells whether another element follows in an object or array of which n were read.
func (r *reader) more(end byte, n int) bool {
	if r.err != nil {
		return false
	}
	next := r.peek()
	if next == end {
		r.at++
		r.depth--
		return false
	}
	if n > 0 {
		if next != ',' {
			r.notJSON()
			return false
		}
		r.at++
	}
	return true
}

// object reads an object; member reads the value of a name, or tells that the name is unknown.
func (r *reader) object(member func(name []byte) (known bool)) {
	if !r.enter('{', "an object") {
		return
	}
	var room [12][]byte
	seen := room[:0]
	for r.more('}', len(seen)) {
		if len(seen) == maxMembers {
			r.fail("has more than %d fields", maxMembers)
			return
		}
		name := r.quoted("a name in double quotes")
		if r.peek() != ':' {
			r.notJSON()
			return
		}
		r.at++
		mark := r.push(name)
		for _, earlier := range seen {
			if string(earlier) == string(name) {
				r.fail("is given twice")
			}
		}
		seen = append(seen, name)
		if r.err == nil && !member(name) {
			r.fail("is not a field that is known here")
		}
		r.path = r.path[:mark]
	}
}

// array reads an array of at most limit elements.
func (r *reader) array(limit int, element func(i int)) {
	if !r.enter('[', "an array") {
		return
	}
	for i := 0; r.more(']', i); i++ {
		if i == limit {
			r.fail("has more than %d elements", limit)
			return
		}
		mark := len(r.path)
		r.path = strconv.AppendInt(append(r.path, '/'), int64(i), 10)
		element(i)
		r.path = r.path[:mark]
	}
}

// push appends a name to the path, as RFC 6901 writes it, and clipped: a hostile one should not come back in full.
func (r *reader) push(name []byte) (mark int) {
	mark = len(r.path)
	r.path = append(r.path, '/')
	if len(name) > maxName {
		r.fail("a field's name has more than %d bytes", maxName)
		return mark
	}
	for _, c := range name {
		switch c {
		case '~':
			r.path = append(r.path, "~0"...)
		case '/':
			r.path = append(r.path, "~1"...)
		default:
			r.path = append(r.path, c)
		}
	}
	return mark
}

// text reads a string.
func (r *reader) text(into *string) { *into = string(r.quoted("a string")) }

// whole reads a number without sign, fraction or exponent, up to a bound.
func (r *reader) whole(limit uint64) uint64 {
	r.peek()
	start := r.at
	r.number()
	if r.err != nil {
		return 0
	}
	v, err := strconv.ParseUint(string(r.data[start:r.at]), 10, 64)
	if err != nil || v > limit {
		r.fail("must be a whole number from 0 to %d", limit)
		return 0
	}
	return v
}

// amount reads a decimal string.
func (r *reader) amount(into *dollars.Amount) {
	var s string
	r.text(&s)
	if r.err != nil {
		return
	}
	v, err := dollars.ParseAmount(s)
	r.parsed(err)
	*into = v
}

// account reads an address.
func (r *reader) account() *dollars.Account {
	var s string
	r.text(&s)
	if r.err != nil {
		return nil
	}
	v, err := dollars.ParseAccount(s)
	r.parsed(err)
	return &v
}

// only reads an object of one field.
func (r *reader) only(field string, value func()) {
	given := false
	r.object(func(name []byte) bool {
		if given = string(name) == field; given {
			value()
		}
		return given
	})
	r.require("/"+field, given)
}

// flag reads true or false.
func (r *reader) flag() bool {
	yes := r.peek() == 't'
	switch {
	case r.err != nil:
	case yes:
		r.literal("true")
	case r.peek() == 'f':
		r.literal("false")
	default:
		r.fail("must be true or false")
	}
	return yes && r.err == nil
}

// moment reads a time, as RFC 3339 writes it.
func (r *reader) moment() (t time.Time) {
	var s string
	r.text(&s)
	t, err := time.Parse(time.RFC3339, s)
	if r.err == nil && err != nil {
		r.fail("is not a time such as 2026-11-22T12:00:00Z")
	}
	return t
}

// word reads 32 bytes: 0x and 64 hex digits. What was sent instead may be a secret, and is not said again.
func (r *reader) word() (w [32]byte) {
	var s string
	r.text(&s)
	w, ok := dollars.ParseWord(s)
	if r.err == nil && !ok {
		r.fail("must be 0x and 64 hex digits")
	}
	return w
}

// parsed refuses the value with what a Parse function of dollars said of it.
func (r *reader) parsed(err error) {
	if err != nil {
		code, detail := reason(err)
		r.refuse("", code, detail)
	}
}

// skip reads any value, as strictly as the others.
func (r *reader) skip() {
	switch c := r.peek(); {
	case c == '{':
		r.object(func([]byte) bool { r.skip(); return true })
	case c == '[':
		r.array(len(r.data), func(int) { r.skip() })
	default:
		r.scalar()
	}
}

// scalar reads a string, number, boolean or null.
func (r *reader) scalar() {
	switch c := r.peek(); {
	case r.err != nil:
	case c == '"':
		r.quoted("a string")
	case c == 't':
		r.literal("true")
	case c == 'f':
		r.literal("false")
	case c == 'n':
		r.literal("null")
	default:
		r.number()
	}
}

func (r *reader) literal(word string) {
	if end := r.at + len(word); end > len(r.data) || string(r.data[r.at:end]) != word {
		r.notJSON()
		return
	}
	r.at += len(word)
}

func (r *reader) number() {
	if c := r.peek(); r.err != nil || (c != '-' && (c < '0' || c > '9')) {
		r.fail("must be a number")
		return
	}
	if r.data[r.at] == '-' {
		r.at++
	}
	if r.at < len(r.data) && r.data[r.at] == '0' {
		r.at++
	} else {
		r.digits()
	}
	if r.at < len(r.data) && r.data[r.at] == '.' {
		r.at++
		r.digits()
	}
	if r.at < len(r.data) && (r.data[r.at] == 'e' || r.data[r.at] == 'E') {
		r.at++
		if r.at < len(r.data) && (r.data[r.at] == '+' || r.data[r.at] == '-') {
			r.at++
		}
		r.digits()
	}
}

func (r *reader) digits() {
	start := r.at
	for r.at < len(r.data) && r.data[r.at] >= '0' && r.data[r.at] <= '9' {
		r.at++
	}
	if r.at == start {
		r.notJSON()
	}
}

// quoted reads a string; what it returns may be part of the data.
func (r *reader) quoted(what string) []byte {
	if c := r.peek(); c != '"' || r.err != nil {
		r.fail("must be %s", what)
		return nil
	}
	r.at++
	start, ascii := r.at, true
	for r.at < len(r.data) {
		switch c := r.data[r.at]; {
		case c == '"':
			s := r.data[start:r.at]
			if !ascii && !utf8.Valid(s) {
				r.fail("is not UTF-8")
				return nil
			}
			r.at++
			return s
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			r.notJSON()
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
		r.at++
	}
	r.notJSON()
	return nil
}

// escaped reads the rest of a string that has an escape at the present place.
func (r *reader) escaped(start int) []byte {
	s := append([]byte(nil), r.data[start:r.at]...)
	for r.at < len(r.data) {
		c := r.data[r.at]
		switch {
		case c < ' ':
			r.notJSON()
			return nil
		case c == '"':
			if !utf8.Valid(s) {
				r.fail("is not UTF-8")
				return nil
			}
			r.at++
			return s
		case c != '\\':
			s = append(s, c)
			r.at++
		default:
			s = utf8.AppendRune(s, r.escape())
		}
	}
	if r.err == nil {
		r.notJSON()
	}
	return nil
}

var escapes = [256]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (r *reader) escape() rune {
	if r.at+1 >= len(r.data) {
		r.notJSON()
		return 0
	}
	if c := r.data[r.at+1]; c != 'u' {
		if escapes[c] == 0 {
			r.notJSON()
			return 0
		}
		r.at += 2
		return escapes[c]
	}
	first := r.hex4()
	if !utf16.IsSurrogate(first) {
		return first
	}
	// Half of a pair alone is no character; encoding/json would replace it in silence.
	if bytes.HasPrefix(r.data[r.at:], []byte(`\u`)) {
		if both := utf16.DecodeRune(first, r.hex4()); both != utf8.RuneError || r.err != nil {
			return both
		}
	}
	r.fail("has half of a surrogate pair")
	return 0
}

// hex4 reads a \uXXXX.
func (r *reader) hex4() rune {
	if r.err != nil || r.at+6 > len(r.data) || r.data[r.at] != '\\' || r.data[r.at+1] != 'u' {
		r.notJSON()
		return 0
	}
	v, err := strconv.ParseUint(string(r.data[r.at+2:r.at+6]), 16, 16)
	if err != nil {
		r.notJSON()
		return 0
	}
	r.at += 6
	return rune(v)
}
