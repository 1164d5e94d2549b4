package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// TestMain lets memory grow before it is collected: every seed leaves all of its own behind.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// TestASeedIsTheSameEveryTime is what makes a failure worth having: whatever else the machine does, and however many
// processors it has, what happens is the seed's to say.
func TestASeedIsTheSameEveryTime(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 10
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		before := runtime.GOMAXPROCS(1 + int(seed%4))
		first := once(t, seed, "", nil)
		runtime.GOMAXPROCS(1 + int(seed+1)%4)
		second := once(t, seed, "", nil)
		runtime.GOMAXPROCS(before)
		if first.sum != second.sum {
			t.Errorf("seed %d: two runs of %d and %d steps differ; %q, %q", seed, first.totals.steps, second.totals.steps, first.violation, second.violation)
		}
	}
}

// TestSeeds is CI's share of the simulation.
func TestSeeds(t *testing.T) {
	seeds := uint64(2000)
	if testing.Short() {
		seeds = 100
	}
	r := runSeeds(t, options{from: 1, seeds: seeds, out: os.Stdout})
	if r.failed > 0 {
		t.Fatalf("seed %d: %s", r.first.seed, r.first.violation)
	}
	if missing := r.totals.never(); len(missing) > 0 && !testing.Short() {
		t.Errorf("in %d seeds these never happened: %q", seeds, missing)
	}
}

// TestWhatIsBrokenIsFound shows that the simulation can fail: each of these is found with one of a few seeds.
func TestWhatIsBrokenIsFound(t *testing.T) {
	const seeds = 40
	for _, m := range mutations {
		t.Run(string(m), func(t *testing.T) {
			for seed := uint64(1); seed <= seeds; seed++ {
				if r := once(t, seed, m, nil); r.violation != "" {
					t.Logf("seed %d: %s", seed, r.violation)
					return
				}
			}
			t.Errorf("not found with %d seeds", seeds)
		})
	}
}
