package main

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// options are how seeds are run.
type options struct {
	from, seeds uint64
	duration    time.Duration // if not 0, instead of a number of seeds
	mutation    mutation
	keepGoing   bool
	progress    io.Writer // nil: none
	out         io.Writer // failures, and totals at the end
	log         io.Writer // everything that happens
}

// report is what became of seeds.
type report struct {
	failed    int
	first     result // that failed
	totals    totals
	perSecond float64
}

// runner hands out seeds, and gathers what became of them.
type runner struct {
	options
	began time.Time

	mu    sync.Mutex
	next  uint64
	done  bool
	said  time.Time
	sofar report
}

// runSeeds runs seeds, as many at a time as there are processors.
func runSeeds(t *testing.T, o options) report {
	r := &runner{options: o, began: time.Now(), next: o.from, sofar: report{totals: newTotals()}}
	workers := runtime.GOMAXPROCS(0)
	if o.log != nil {
		workers = 1
	}
	t.Run("seeds", func(t *testing.T) {
		for range workers {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for seed, ok := r.take(); ok; seed, ok = r.take() {
					r.put(once(t, seed, o.mutation, o.log))
				}
			})
		}
	})
	r.sofar.perSecond = float64(r.sofar.totals.seeds) / time.Since(r.began).Seconds()
	if o.out != nil {
		fmt.Fprintf(o.out, "%.1f seeds a second\n", r.sofar.perSecond)
		r.sofar.totals.print(o.out)
	}
	return r.sofar
}

// once lives through a seed.
func once(t *testing.T, seed uint64, m mutation, log io.Writer) (res result) {
	synctest.Test(t, func(*testing.T) { res = simulate(seed, m, log) })
	return res
}

// take is the next seed, if there is another.
func (r *runner) take() (seed uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	over := r.next-r.from >= r.seeds
	if r.duration > 0 {
		over = time.Since(r.began) >= r.duration
	}
	if r.done || over {
		return 0, false
	}
	r.next++
	return r.next - 1, true
}

func (r *runner) put(res result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sofar.totals.add(res.totals)
	if r.log != nil {
		fmt.Fprintf(r.log, "seed %d: %d steps, trace %s\n", res.seed, res.totals.steps, res.sum)
	}
	if res.violation != "" {
		r.failed(res)
	}
	if r.progress != nil && time.Since(r.said) >= time.Second {
		r.said = time.Now()
		r.say()
	}
}

// failed tells a violation, and how to see it again.
func (r *runner) failed(res result) {
	if r.sofar.failed++; r.sofar.failed == 1 {
		r.sofar.first = res
	}
	r.done = r.done || !r.keepGoing
	if r.out == nil {
		return
	}
	for _, line := range res.tail {
		fmt.Fprintln(r.out, line)
	}
	fmt.Fprintf(r.out, "seed %d failed after %d steps: %s\nsee all of it again with: go run ./test/sim -seed %d -v\n",
		res.seed, res.totals.steps, res.violation, res.seed)
}

// say tells how far it has come.
func (r *runner) say() {
	took, n := time.Since(r.began), r.sofar.totals.seeds
	rate := float64(n) / took.Seconds()
	left := time.Duration(float64(r.seeds-min(r.seeds, uint64(n))) / rate * float64(time.Second))
	if r.duration > 0 {
		left = r.duration - took
	}
	fmt.Fprintf(r.progress, "%d seeds, %.1f a second, %d failed, about %s left\n", n, rate, r.sofar.failed, max(0, left).Round(time.Second))
}
