package reconciliation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxEvent is how long an event may be, in bytes, in a file that is no array.
const maxEvent = 1 << 20

// Read adds the events of a file: JSON, one event after the other or an array of them, in any layout. What is no JSON is
// Invalid; after it the file goes on with the next line that begins with {. An array ends there.
func (r *Reconciliation) Read(in io.Reader) error {
	buffered := bufio.NewReaderSize(in, 1<<16)
	for lines := 0; ; {
		c, err := buffered.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch c {
		case '\n':
			lines++
			continue
		case ' ', '\t', '\r':
			continue
		}
		if err := buffered.UnreadByte(); err != nil {
			return err
		}
		if c == '[' {
			return r.readArray(buffered, lines)
		}
		return r.readLines(buffered, lines)
	}
}

// lineReader counts lines as they are read, and knows where those end that were not asked for yet.
type lineReader struct {
	in    io.Reader
	read  int64
	ends  []int64 // offsets of line ends
	lines int     // that end before these
}

func (l *lineReader) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// line is the line of an offset, which is not before the one that was asked for last.
func (l *lineReader) line(offset int64) int {
	for len(l.ends) > 0 && l.ends[0] < offset {
		l.ends = l.ends[1:]
		l.lines++
	}
	return l.lines + 1
}

func (r *Reconciliation) readArray(in io.Reader, lines int) error {
	counting := &lineReader{in: in, lines: lines}
	dec := json.NewDecoder(counting)
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return r.broken(counting.line(dec.InputOffset()), err)
		}
		r.Event(counting.line(dec.InputOffset())-bytes.Count(raw, []byte("\n")), raw)
	}
	if _, err := dec.Token(); err != nil { // the end of the array
		return r.broken(counting.line(dec.InputOffset()), err)
	}
	switch _, err := dec.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return r.broken(counting.line(dec.InputOffset()), err)
	}
	r.invalid(Finding{Line: counting.line(dec.InputOffset()), Reason: "it is behind the array of events, and nothing is read there"})
	return nil
}

// broken tells of an array that ends before its end, if that is what the error is.
func (r *Reconciliation) broken(line int, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	r.invalid(Finding{Line: line, Reason: fmt.Sprintf("the array of events is broken here or after it, and was not read further: %v", err)})
	return nil
}

// readLines reads events that begin on lines of their own, or else right after each other.
func (r *Reconciliation) readLines(in *bufio.Reader, lines int) error {
	var part []byte
	begun, next, long := lines+1, lines+1, false // lines: of the part, and the one to be read
	finish := func() {
		if long {
			r.invalid(Finding{Line: begun, Reason: fmt.Sprintf("it is no event: longer than %d bytes", maxEvent)})
		} else {
			r.part(begun, part)
		}
		part, long = part[:0], false
	}
	fresh := true // at the beginning of a line
	for {
		text, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if fresh && len(text) > 0 && text[0] == '{' {
			finish()
			begun = next
		}
		if long = long || len(part)+len(text) > maxEvent; !long {
			part = append(part, text...)
		}
		if fresh = err == nil; fresh {
			next++
		}
		if errors.Is(err, io.EOF) {
			finish()
			return nil
		}
	}
}

// part takes the events of a part of the file that begins on a line.
func (r *Reconciliation) part(line int, text []byte) {
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		at := dec.InputOffset()
		rest := bytes.TrimLeft(text[at:], " \t\r\n")
		at = int64(len(text) - len(rest))
		here := line + bytes.Count(text[:at], []byte("\n"))
		var raw json.RawMessage
		switch err := dec.Decode(&raw); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			r.invalid(Finding{Line: here, Reason: fmt.Sprintf("it is no event: %v", err)})
			return
		}
		r.Event(here, raw)
	}
}
