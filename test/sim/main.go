// Command sim runs the contract, the wallet's gateway, inbox, views and use cases in one process against a simulated Fabric,
// disk and clock, from a seed. See docs/decisions/031-simulation.md.
//
//	go run ./test/sim -seeds 10000
//	go run ./test/sim -from 4711 -seeds 1 -v
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

func main() {
	testing.Init() // bubbles of testing/synctest belong to a test
	o := options{progress: os.Stderr, out: os.Stdout}
	flag.Uint64Var(&o.from, "from", 1, "the first `seed`")
	flag.Uint64Var(&o.seeds, "seeds", 200, "how many seeds")
	flag.DurationVar(&o.duration, "for", 0, "run seeds for so long instead, such as 1h")
	flag.BoolVar(&o.keepGoing, "keep-going", false, "go on after a seed that failed, and count")
	verbose := flag.Bool("v", false, "print everything that happens; best with -seeds 1")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "sim: %q is not understood; see -help\n", flag.Args())
		os.Exit(2)
	}
	if *verbose {
		o.log = os.Stdout
	}
	debug.SetGCPercent(400) // every seed leaves all of its memory behind
	testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "Simulation", F: func(t *testing.T) {
			if runSeeds(t, o).failed > 0 {
				t.Fail()
			}
		}}}, nil, nil,
	)
}
