package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// totals are what happened, with one seed or many.
type totals struct {
	seeds, steps, blocks int
	requests, works      int
	codes                map[string]int // transactions in blocks
	outcomes             map[string]int // of operations
	faults               map[string]int
	crashes              int
	seconds              float64 // of simulated time
}

func newTotals() totals {
	return totals{codes: map[string]int{}, outcomes: map[string]int{}, faults: map[string]int{}}
}

func (t *totals) add(more totals) {
	t.seeds += more.seeds
	t.steps += more.steps
	t.blocks += more.blocks
	t.requests += more.requests
	t.works += more.works
	t.crashes += more.crashes
	t.seconds += more.seconds
	for _, x := range []struct{ to, from map[string]int }{{t.codes, more.codes}, {t.outcomes, more.outcomes}, {t.faults, more.faults}} {
		for what, n := range x.from {
			x.to[what] += n
		}
	}
}

// never is what has not happened of what should.
func (t *totals) never() (missing []string) {
	for _, f := range slices.Sorted(maps.Keys(likely)) {
		if t.faults[string(f)] == 0 {
			missing = append(missing, string(f))
		}
	}
	for _, code := range []string{valid, conflict, duplicate, refused} {
		if t.codes[code] == 0 {
			missing = append(missing, "a transaction that is "+code)
		}
	}
	return missing
}

func (t *totals) print(to io.Writer) {
	fmt.Fprintf(to, "%d seeds, %d steps in %.0f simulated hours, %d blocks, %d requests, %d works accepted and done, %d crashes\n",
		t.seeds, t.steps, t.seconds/3600, t.blocks, t.requests, t.works, t.crashes)
	for _, table := range []struct {
		name  string
		count map[string]int
	}{{"transactions", t.codes}, {"operations", t.outcomes}, {"faults", t.faults}} {
		fmt.Fprintf(to, "%s:\n", table.name)
		for _, what := range slices.Sorted(maps.Keys(table.count)) {
			fmt.Fprintf(to, "  %9d  %s\n", table.count[what], what)
		}
	}
	if missing := t.never(); len(missing) > 0 {
		fmt.Fprintf(to, "never happened: %q\n", missing)
	}
}
