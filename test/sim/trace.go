package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"
)

// trace is what happened, line by line: the hash of all of it, which two runs of a seed must agree on, and the last lines,
// for people.
type trace struct {
	began time.Time
	hash  hash.Hash
	last  []string
	lines int
	all   io.Writer // gets every line, if not nil
}

// remembered is how many lines a failure shows.
const remembered = 60

func newTrace(all io.Writer) *trace {
	return &trace{began: time.Now(), hash: sha256.New(), all: all}
}

func (t *trace) add(format string, args ...any) {
	line := fmt.Sprintf("%8.3fs %s", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
	fmt.Fprintln(t.hash, line)
	t.lines++
	if t.last = append(t.last, line); len(t.last) > 2*remembered {
		t.last = append(t.last[:0], t.last[remembered:]...)
	}
	if t.all != nil {
		fmt.Fprintln(t.all, line)
	}
}

func (t *trace) tail() []string { return t.last[max(0, len(t.last)-remembered):] }

func (t *trace) sum() string { return hex.EncodeToString(t.hash.Sum(nil)) }
