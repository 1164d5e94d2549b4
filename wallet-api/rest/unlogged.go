package rest

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// summaryEvery is how often what was not logged by itself is summed up in a line.
const summaryEvery = 5 * time.Second

// unlogged bounds how fast the log grows by requests that cost their senders nothing: those of unknown senders, and those
// that were refused because there are too many. Some are logged like any other, the rest are counted.
type unlogged struct {
	lines *rate.Limiter
	count atomic.Int64
}

// mayLog tells whether a request that was answered with this status is logged in a line of its own.
func (u *unlogged) mayLog(who caller, status int) bool {
	cheap := who.role == "" || status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
	if !cheap || u.lines.Allow() {
		return true
	}
	u.count.Add(1)
	return false
}

// tally is how many requests were not logged so far: those that gates refused, by class, and others.
func (s *Server) tally() map[string]int64 {
	sum := map[string]int64{"other": s.unlogged.count.Load()}
	for _, g := range s.gates.all() {
		for why := range g.refused {
			sum[g.class] += g.refused[why].Load()
		}
	}
	return sum
}

// sumUp logs what the tally has grown by, and returns it.
func (s *Server) sumUp(before map[string]int64) map[string]int64 {
	now := s.tally()
	var grown []any
	for class, n := range now {
		if n > before[class] {
			grown = append(grown, slog.Int64(class, n-before[class]))
		}
	}
	if len(grown) > 0 {
		s.log.Warn("requests were refused, because there were too many, or came from nobody we know; they are not logged one by one", grown...)
	}
	return now
}
