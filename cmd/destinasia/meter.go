package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// meter shows how far something long has come: a bar on a terminal, and otherwise a line every few seconds.
type meter struct {
	what  string       // plural, e.g. "events"
	total int          // 0 where nobody knows
	about atomic.Int64 // what the total may be, where nobody knows; 0 where nobody can tell yet

	sent    atomic.Int64 // answered by the service
	settled atomic.Int64 // of these, those whose outcome is known
}

const (
	barRefresh  = 250 * time.Millisecond
	linePeriod  = 5 * time.Second
	metersWidth = 40
)

// show shows the meter on w until the returned function is called.
func (m *meter) show(w io.Writer) (stop func()) {
	begun := time.Now()
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return m.bar(w, begun)
	}
	return every(linePeriod, func() { fmt.Fprintf(w, "%s: %s\n", m.what, m.line(begun)) })
}

func (m *meter) bar(w io.Writer, begun time.Time) (stop func()) {
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(metersWidth), mpb.WithRefreshRate(barRefresh))
	bar := bars.AddBar(int64(m.total),
		mpb.PrependDecorators(decor.Name(m.what+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + m.line(begun) })),
	)
	update := every(barRefresh, func() {
		goal := m.goal()
		bar.SetTotal(goal, false) // of a bar that was made with a total, it changes nothing
		bar.SetCurrent(max(0, min(m.settled.Load(), goal-1)))
	})
	return func() {
		update()
		bar.SetTotal(m.goal(), false)
		bar.SetCurrent(m.settled.Load()) // A bar that is full ends by itself.
		bar.Abort(false)
		bars.Wait()
	}
}

// line is the meter in words. The rate is the average since the beginning, which is steadier than the latest and
// predicts the end better.
func (m *meter) line(begun time.Time) string {
	settled, elapsed, goal := m.settled.Load(), time.Since(begun), m.goal()
	text := fmt.Sprint(settled)
	switch {
	case m.total > 0:
		text += fmt.Sprintf(" of %d", goal)
	case goal > 0:
		text += fmt.Sprintf(" of about %d", goal)
	}
	if rate := float64(settled) / elapsed.Seconds(); rate > 0 {
		text += fmt.Sprintf(", %.0f/s", rate)
		if goal > 0 {
			left := time.Duration(float64(goal-settled) / rate * float64(time.Second))
			text += fmt.Sprintf(", %s left", max(0, left).Round(time.Second))
		}
	}
	return text
}

// goal is the total, or what it may be.
func (m *meter) goal() int64 {
	if m.total > 0 {
		return int64(m.total)
	}
	return m.about.Load()
}

// every calls do in regular periods until the returned function is called, which returns once do is no longer running.
func every(period time.Duration, do func()) (stop func()) {
	ticker, quit := time.NewTicker(period), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-ticker.C:
				do()
			case <-quit:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(quit)
		running.Wait()
	}
}
