package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// statusLine is the last line of a terminal, which says again and again how things stand. Elsewhere it says nothing.
type statusLine struct {
	mu    sync.Mutex
	w     io.Writer // nil where there is no terminal
	shown time.Time
}

func newStatusLine(w io.Writer) *statusLine {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return &statusLine{w: w}
	}
	return &statusLine{}
}

func (l *statusLine) show(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.w != nil && time.Since(l.shown) >= barRefresh {
		l.shown = time.Now()
		fmt.Fprint(l.w, clearLine+text)
	}
}

// clear makes room for another line.
func (l *statusLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.w != nil {
		l.shown = time.Time{}
		fmt.Fprint(l.w, clearLine)
	}
}
