package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// stages tells, line by line, what a long command does and how long it took; on a terminal with a bar where a stage
// knows how far it is.
type stages struct {
	out      io.Writer
	terminal bool

	name     string
	begun    time.Time
	lastTold time.Time
	bars     *mpb.Progress
	bar      *mpb.Bar
}

// tellEvery is how often a stage says how far it is where there is no terminal to draw on.
const tellEvery = 10 * time.Second

// clearLine goes back to the start of a terminal's line and empties it.
const clearLine = "\r\x1b[K"

func newStages(out io.Writer) *stages {
	file, isFile := out.(*os.File)
	return &stages{out: out, terminal: isFile && term.IsTerminal(int(file.Fd()))}
}

// Begin implements native.Progress.
func (s *stages) Begin(name string) {
	s.End()
	s.name, s.begun, s.lastTold = name, time.Now(), time.Now()
	if s.terminal {
		fmt.Fprintf(s.out, "  %s ...", name)
	}
}

// Advance implements native.Progress.
func (s *stages) Advance(done, total int) {
	if !s.terminal {
		if time.Since(s.lastTold) >= tellEvery {
			s.lastTold = time.Now()
			fmt.Fprintf(s.out, "  %s: %d of %d\n", s.name, done, total)
		}
		return
	}
	if s.bar == nil {
		fmt.Fprint(s.out, clearLine)
		s.bars = mpb.New(mpb.WithOutput(s.out), mpb.WithWidth(40))
		s.bar = s.bars.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name("  "+s.name+" ")),
			mpb.AppendDecorators(decor.CountersNoUnit("%d/%d packages "), decor.Elapsed(decor.ET_STYLE_GO)),
			mpb.BarRemoveOnComplete(),
		)
	}
	s.bar.SetCurrent(int64(done))
}

// Tell says what the stage is at; as often as it likes, for it is not printed more often than is of use.
func (s *stages) Tell(what string) {
	switch {
	case s.terminal:
		fmt.Fprintf(s.out, "%s  %s: %s ...", clearLine, s.name, what)
	case time.Since(s.lastTold) >= tellEvery:
		s.lastTold = time.Now()
		fmt.Fprintf(s.out, "  %s: %s\n", s.name, what)
	}
}

// End ends the stage under way.
func (s *stages) End() {
	if s.bar != nil {
		s.bar.Abort(true) // what was compiled earlier is not counted, so it seldom fills by itself
		s.bars.Wait()
		s.bar, s.bars = nil, nil
	}
	if s.name != "" {
		if s.terminal {
			fmt.Fprint(s.out, clearLine)
		}
		fmt.Fprintf(s.out, "  %-38s %5.1f s\n", s.name, time.Since(s.begun).Seconds())
	}
	s.name = ""
}
