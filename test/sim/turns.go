package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// turns lets one thing happen at a time. Whatever crosses a border of the simulated world (a call to Fabric, a write, a
// request's answer) is a call that waits for its turn. Only when everything else in the bubble is blocked is one of the
// calls that are due chosen, by the seed, and its goroutine goes on until it blocks again. So what happens in which order
// is the seed's to say, and never the scheduler of Go.
type turns struct {
	rng *rand.Rand

	mu       sync.Mutex
	arrived  []*call       // since the last step
	admitted uint64        // calls so far
	woken    chan struct{} // capacity 1: something has arrived

	waiting []*call // admitted, in that order
	alarm   *time.Timer
}

// call is something that waits for its turn.
type call struct {
	key   string        // what it is. No two that arrive in one step have the same
	delay time.Duration // at least
	worst time.Duration // and at most, from its arrival to when it is due; delay if less
	ready func() bool   // once it is due: whether it can happen; always if nil
	do    func()        // happens in the world's goroutine; may be nil
	torn  func()        // what may be left of it if its process dies instead; nothing if nil
	write bool          // to the disk

	proc   *process // whose; nil is the world's
	serial uint64   // in the order of admission
	due    time.Time
	done   chan struct{}
	gone   bool // its caller waits no more
}

func newTurns(rng *rand.Rand) *turns {
	alarm := time.NewTimer(time.Hour)
	alarm.Stop()
	return &turns{rng: rng, woken: make(chan struct{}, 1), alarm: alarm}
}

// arrive puts a call in line. It may be used from any goroutine.
func (t *turns) arrive(c *call) {
	c.done = make(chan struct{})
	t.mu.Lock()
	t.arrived = append(t.arrived, c)
	t.mu.Unlock()
	select {
	case t.woken <- struct{}{}:
	default:
	}
}

// leave takes a call out of the line, and tells its serial number: its key alone may be another's, too, that came before.
func (t *turns) leave(c *call) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.gone = true
	return c.serial
}

// next is the call whose turn it is. It waits, in simulated time, until there is one.
func (t *turns) next() *call {
	for {
		synctest.Wait()
		t.admit()
		now := time.Now()
		var able []*call
		var soonest time.Time
		for _, c := range t.waiting {
			switch {
			case c.due.After(now):
				if soonest.IsZero() || c.due.Before(soonest) {
					soonest = c.due
				}
			case c.ready == nil || c.ready():
				able = append(able, c)
			}
		}
		if len(able) > 0 {
			c := able[t.rng.IntN(len(able))]
			t.waiting = slices.DeleteFunc(t.waiting, func(x *call) bool { return x == c })
			return c
		}
		t.sleep(now, soonest)
	}
}

// sleep waits until a moment, if it is one, or until something arrives.
func (t *turns) sleep(now, until time.Time) {
	if until.IsZero() {
		<-t.woken
		return
	}
	t.alarm.Reset(until.Sub(now))
	select {
	case <-t.alarm.C:
	case <-t.woken:
		t.alarm.Stop()
	}
}

// admit takes in what has arrived since the last step, in an order that does not depend on who was first.
func (t *turns) admit() {
	t.mu.Lock()
	defer t.mu.Unlock()
	fresh := t.arrived
	t.arrived = nil
	t.waiting = slices.DeleteFunc(t.waiting, func(c *call) bool { return c.gone })
	slices.SortFunc(fresh, func(x, y *call) int { return cmp.Compare(x.key, y.key) })
	for i, c := range fresh {
		if c.gone {
			continue
		}
		if i > 0 && fresh[i-1].key == c.key {
			panic(fmt.Sprintf("two calls that arrived together are both %q", c.key))
		}
		t.admitted++
		c.serial, c.due = t.admitted, time.Now().Add(t.within(c.delay, c.worst))
		t.waiting = append(t.waiting, c)
	}
}

// within draws a time.
func (t *turns) within(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(t.rng.Int64N(int64(most-least)))
}

// after has something happen after a while. It is for the world's goroutine.
func (t *turns) after(d time.Duration, key string, do func()) {
	t.waiting = append(t.waiting, &call{key: key, do: do, due: time.Now().Add(d), done: make(chan struct{})})
}

// errDead is what a process hears of the world once it is dead, and the world never of it.
var errDead = errors.New("simulated: this process is dead")

// turn waits for the call's turn. It fails with errDead if the process dies before, and with the context's error, in a turn
// of its own, if that ends before.
func (p *process) turn(ctx context.Context, c *call) error {
	select {
	case <-p.died:
		return errDead
	default:
	}
	c.proc, c.key = p, p.name+" "+c.key
	p.w.arrive(c)
	select {
	case <-c.done:
		return nil
	case <-p.died:
		return errDead
	case <-ctx.Done():
	}
	late := &call{key: fmt.Sprintf("%s: given up (%d)", c.key, p.w.leave(c)), proc: p}
	p.w.arrive(late)
	select {
	case <-late.done:
		return ctx.Err()
	case <-p.died:
		return errDead
	}
}
