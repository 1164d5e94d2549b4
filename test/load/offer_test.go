package load

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/destinasia/dollars/bench/load"
)

// offer is what a crowd sends for a time: every sender so often, whatever becomes of it. Who is late sends at once, so a
// crowd that is answered too slowly presses as hard as its connections allow.
type offer struct {
	perSecond float64 // of all senders together
	last      time.Duration
	request   func(i int) (load.Request, bool) // the next one of a sender; not ok where it has no more
	answered  func(i int, a answer)
}

// outcome is what came of an offer.
type outcome struct {
	accepted, refused int
	noRetryAfter      int // of those refused
	other             map[int]int
	failed            int
	err               error // the first one
	late              []time.Duration
	took              time.Duration
	cpu               time.Duration // of this process meanwhile
}

func (o *outcome) count(a answer, err error) {
	switch {
	case err != nil:
		if o.failed++; o.err == nil {
			o.err = err
		}
	case a.accepted():
		o.accepted++
	case a.refused():
		o.refused++
		o.late = append(o.late, a.took)
		if !a.retryAfter {
			o.noRetryAfter++
		}
	default:
		o.other[a.status]++
	}
}

func (o *outcome) add(part outcome) {
	o.accepted, o.refused, o.noRetryAfter, o.failed = o.accepted+part.accepted, o.refused+part.refused, o.noRetryAfter+part.noRetryAfter, o.failed+part.failed
	if o.err == nil {
		o.err = part.err
	}
	o.late = append(o.late, part.late...)
	for status, n := range part.other {
		o.other[status] += n
	}
}

func (o outcome) sent() int { return o.accepted + o.refused }

func (o outcome) String() string {
	return fmt.Sprintf("%s sent in %.0fs, %s accepted, %s refused (p50 %s, p99 %s), %.1f of the cores used by the load",
		perSecond(float64(o.sent()), o.took), o.took.Seconds(), perSecond(float64(o.accepted), o.took),
		perSecond(float64(o.refused), o.took), percentile(o.late, 50), percentile(o.late, 99), o.cpu.Seconds()/o.took.Seconds())
}

// check fails on what may never be: another answer than accepted or refused, a refusal that does not say when to come back.
func (o outcome) check(t *testing.T) {
	t.Helper()
	if o.failed > 0 || len(o.other) > 0 || o.noRetryAfter > 0 {
		t.Errorf("%d requests failed (%v), %v were answered otherwise, %d refusals without Retry-After", o.failed, o.err, o.other, o.noRetryAfter)
	}
}

// make offers, and waits for the last answers.
func (c crowd) make(o offer) outcome {
	parts := make([]outcome, len(c))
	start, used := time.Now(), cpu()
	period := time.Duration(float64(len(c)) / o.perSecond * float64(time.Second))
	c.each(func(i int, s *sender) {
		parts[i].other = map[int]int{}
		for due := start.Add(period * time.Duration(i) / time.Duration(len(c))); due.Before(start.Add(o.last)); due = due.Add(period) {
			time.Sleep(time.Until(due))
			if time.Since(start) > o.last {
				return
			}
			r, ok := o.request(i)
			if !ok {
				return
			}
			a, err := s.do(r, false)
			parts[i].count(a, err)
			if err == nil {
				o.answered(i, a)
			}
		}
	})
	whole := outcome{other: map[int]int{}, took: time.Since(start), cpu: cpu() - used}
	for _, part := range parts {
		whole.add(part)
	}
	return whole
}

func percentile(of []time.Duration, p int) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[(len(sorted)-1)*p/100].Round(10 * time.Microsecond)
}

// watch is what is seen of the service from outside while something is done to it.
type watch struct {
	health     []time.Duration
	sick       []string // answers of health that were not good
	goroutines float64  // at most
}

// watched does something, and asks for health ten times a second meanwhile, over a connection of its own.
func (r *rush) watched(do func()) (w watch) {
	r.Helper()
	var done atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		probe := &sender{address: r.Address}
		defer probe.close()
		for i := 0; !done.Load(); i++ {
			path := []string{"/healthz", "/readyz"}[i%2]
			a, err := probe.do(load.Request{Path: path}, false)
			if w.health = append(w.health, a.took); err != nil || a.status != 200 {
				w.sick = append(w.sick, fmt.Sprintf("%s %d %v", path, a.status, err))
			}
			if i%10 == 0 {
				w.goroutines = max(w.goroutines, r.metrics()["go_goroutines"])
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	do()
	done.Store(true)
	<-ended
	return w
}

func (w watch) String() string {
	return fmt.Sprintf("health in p50 %s, p99 %s, and not good %d of %d times; at most %.0f goroutines",
		percentile(w.health, 50), percentile(w.health, 99), len(w.sick), len(w.health), w.goroutines)
}
