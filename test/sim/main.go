// Command sim runs the contract, and of the wallet service the use cases, inbox, gateway and views, in one process against a
// simulated Fabric, disk and clock. What happens, and what goes wrong, is drawn from a seed: messages that are lost,
// repeated, late or out of order, peers behind or gone, an orderer that forgets, conflicts between two replicas, writes that
// fail, death at any of them, loss of power, an upgrade in flight. After every step a model that knows only journals and
// arithmetic must agree, and once nothing goes wrong any more everything that was accepted must be done.
//
//	go run ./test/sim -seeds 10000         runs seeds, and tells how many a second
//	go run ./test/sim -minutes 60          runs seeds for an hour
//	go run ./test/sim -seed 4711 -v        tells all that happens with one
//
// A seed always gives the same, to the byte: see turns. It leaves to others: networks, Fabric itself, real disks (test/fault),
// and what each operation does (chaincode/dollars).
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
	"time"
)

func main() {
	testing.Init() // bubbles of testing/synctest belong to a test
	o := options{progress: os.Stderr, out: os.Stdout}
	flag.Uint64Var(&o.from, "from", 1, "the first `seed`")
	flag.Uint64Var(&o.seeds, "seeds", 200, "how many seeds")
	minutes := flag.Int("minutes", 0, "run seeds for so many minutes instead of a number of them")
	one := flag.Uint64("seed", 0, "only this `seed`")
	flag.BoolVar(&o.keepGoing, "keep-going", false, "go on after a seed that failed, and count")
	verbose := flag.Bool("v", false, "print everything that happens, one seed after the other")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "sim: %q is not understood; see -help\n", flag.Args())
		os.Exit(2)
	}
	o.duration = time.Duration(*minutes) * time.Minute
	if *one != 0 {
		o.from, o.seeds = *one, 1
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
