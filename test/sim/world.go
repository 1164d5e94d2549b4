package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// world is all there is with one seed: Fabric, two replicas with their disks, members and a booking system, and the model
// that watches.
type world struct {
	*turns
	seed      uint64
	mutation  mutation
	offset    time.Duration // of the world's time to the bubble's
	trace     *trace
	totals    totals
	rates     map[fault]float64
	healed    bool // nothing goes wrong any more
	healTime  time.Time
	batch     int // operations of a transaction
	violation string
	finished  bool

	chain     *chain
	replicas  []*replica
	processes []*process
	clients
	model *model
	books map[uint64]snapshot // by height, for as long as a replica may ask
}

// result is what became of a seed.
type result struct {
	seed      uint64
	violation string // "" if there was none
	sum       string // of all that happened
	tail      []string
	totals    totals
}

const (
	storm  = 15 * time.Second // for so long things go wrong
	mostly = 4 * time.Minute  // within so long after it all that was accepted is done
)

// simulate lives through a seed. It must be called in a bubble of testing/synctest.
func simulate(seed uint64, m mutation, log io.Writer) result {
	w := &world{
		turns: newTurns(rand.New(rand.NewPCG(seed, 1))), seed: seed, mutation: m,
		trace: newTrace(log), totals: newTotals(), books: map[uint64]snapshot{},
	}
	w.begin()
	for !w.finished && w.violation == "" {
		w.live()
	}
	w.end()
	w.totals.seeds, w.totals.blocks = 1, len(w.chain.blocks)
	w.totals.seconds = time.Since(w.trace.began).Seconds()
	return result{seed, w.violation, w.trace.sum(), w.trace.tail(), w.totals}
}

// now is the time in this world.
func (w *world) now() time.Time { return time.Now().Add(w.offset) }

// fail notes what must not be. The first counts.
func (w *world) fail(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf(format, args...)
		w.trace.add("VIOLATION: %s", w.violation)
	}
}

// begin makes the world as it is before anything goes wrong.
func (w *world) begin() {
	w.mix()
	// In half of the worlds a month ends, and with it some points.
	start := time.Date(2026, 11, 30, 23, 59, 60-w.rng.IntN(40), 0, time.UTC)
	if w.rng.IntN(2) == 0 {
		start = start.Add(-10 * 24 * time.Hour)
	}
	w.offset = time.Until(start)
	w.batch = 1 + w.rng.IntN(12)
	rates := w.rates
	w.rates = nil
	t, set := w.rules()
	w.model = newModel(t)
	w.chain = newChain(w)
	w.chain.upgrade()
	w.populate()
	w.publish(set)
	w.endow()
	w.rates = rates
	skews := []time.Duration{0, 0, time.Second, -time.Second, 14 * time.Minute, -14 * time.Minute}
	for n := range 2 {
		r := &replica{w: w, number: n, disk: newPlatter(), skew: skews[w.rng.IntN(len(skews))]}
		w.replicas = append(w.replicas, r)
		r.start()
	}
	w.healTime = time.Now().Add(storm)
	w.after(storm, "everything heals", w.heal)
	w.after(time.Second, "the weather", w.weather)
	w.after(0, "a client", w.client)
}

// rules are what bookings earn here, and what reversals do.
func (w *world) rules() (terms, earn.RuleSet) {
	set := earn.Standard()
	t := terms{basisPoints: 500}
	set.Policy.Reversal = []earn.Reversal{earn.ReversalDebt, earn.ReversalWriteOff, earn.ReversalRecall}[w.rng.IntN(3)]
	if set.Policy.Reversal == earn.ReversalRecall {
		set.Policy.RecallDays = 30
	}
	if w.rng.IntN(3) == 0 {
		t.extraBasisPoints, t.budget = 1000, 300_00
		set.Tables = append(set.Tables, earn.Table{Name: "promotion", Hit: earn.First, Rows: []earn.Row{
			{ID: "promo", BasisPoints: t.extraBasisPoints, Budget: earn.Cents(t.budget), Months: 24},
		}})
	}
	if w.rng.IntN(3) == 0 {
		set.Tiers = []earn.Level{{Tier: "gold", Points: 100_00}}
	}
	return t, set
}

// publish makes a rule set the first version.
func (w *world) publish(set earn.RuleSet) {
	encoded := set.Encode()
	hash := earn.HashOf(encoded)
	long := w.now().AddDate(-2, -1, 0).Unix()
	w.chain.settle(anna, long, dollars.ProposeRules{Version: 1, Set: encoded})
	w.chain.settle(ben, long, dollars.ApproveRules{Version: 1, Hash: hash})
	w.chain.settle(anna, long, dollars.PublishRules{Version: 1, Hash: hash})
}

// live takes the next step. A panic in it is a violation like any other; one in a goroutine of the service ends the program.
func (w *world) live() {
	defer func() {
		if p := recover(); p != nil {
			w.fail("panic: %v\n%s", p, debug.Stack())
		}
	}()
	w.step(w.next())
}

// step has happen what is next, unless it is a moment to die at.
func (w *world) step(c *call) {
	w.totals.steps++
	if p := c.proc; p != nil {
		if c.write && w.strikes(crashed) || !c.write && w.strikes(killed) {
			w.trace.add("%s dies as it %s", p.name, c.key)
			if c.torn != nil && w.rng.IntN(2) == 0 {
				c.torn()
			}
			w.crash(p.r, w.strikes(powerLost))
			return
		}
	}
	w.trace.add("%s", c.key)
	if c.do != nil {
		c.do()
	}
	close(c.done)
}

// crash ends a replica's process at once, and starts another after a while.
func (w *world) crash(r *replica, power bool) {
	w.totals.crashes++
	w.bury(r.proc, power)
}

// bury takes the world away from a process: what is on its disk is all that is left of it.
func (w *world) bury(p *process, power bool) {
	if p.dead() {
		return
	}
	if err := p.r.disk.crash(w, power); err != nil {
		w.fail("%s: %v", p.name, err)
	}
	p.serves = false
	close(p.died)
	p.stop()
	w.waiting = slices.DeleteFunc(w.waiting, func(c *call) bool { return c.proc == p })
	w.after(w.within(50*time.Millisecond, 3*time.Second), fmt.Sprintf("replica %d starts", p.r.number), func() {
		if !w.finished {
			p.r.start()
		}
	})
}

// weather is what goes wrong by itself, every second or so.
func (w *world) weather() {
	if w.healed {
		return
	}
	for i, p := range w.chain.peers {
		if !p.down && w.strikes(peerDown) {
			p.down = true
			w.after(w.within(100*time.Millisecond, 3*time.Second), fmt.Sprintf("peer %d is back", i), func() { p.down = false })
		}
	}
	if w.strikes(leaderLost) {
		w.chain.pending = nil
	}
	if w.strikes(upgraded) {
		w.chain.upgrade()
	}
	for _, r := range w.replicas {
		if r.proc.serves && w.strikes(stopped) {
			r.proc.serves = false
			r.proc.stop()
		}
	}
	w.after(w.within(500*time.Millisecond, 1500*time.Millisecond), "the weather", w.weather)
}

// heal ends the storm. From here on what was accepted has so long to be done.
func (w *world) heal() {
	w.healed = true
	for _, p := range w.chain.peers {
		p.down = false
	}
	w.look()
}

// look looks whether everything is done.
func (w *world) look() {
	missing := w.unfinished()
	switch {
	case missing == "":
		w.conclude()
		w.finished = true
	case time.Since(w.healTime) > mostly:
		w.fail("%s after everything went well: %s", mostly, missing)
	default:
		w.after(200*time.Millisecond, "everything is looked at", w.look)
	}
}

// end ends all processes, and waits for them.
func (w *world) end() {
	w.finished = true
	for _, r := range w.replicas {
		if !r.proc.dead() {
			close(r.proc.died)
			r.proc.stop()
		}
	}
	for _, p := range w.processes {
		<-p.over
	}
}

// patience is the context of what clients do: they hang up in time.
func patience(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

func sortedAccounts[V any](m map[dollars.Account]V) []dollars.Account {
	list := make([]dollars.Account, 0, len(m))
	for a := range m {
		list = append(list, a)
	}
	slices.SortFunc(list, func(x, y dollars.Account) int { return cmp.Compare(string(x[:]), string(y[:])) })
	return list
}
