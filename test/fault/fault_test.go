package fault

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/destinasia/dollars/test/network"
)

var (
	full   = flag.Bool("full", false, "try all faults, and with orderers that need not be trusted, too")
	rounds = flag.Int("times", 1, "how often to go through the table, with -full")
	report = flag.String("report", "", "a file for what was found, as JSON")
	only   = flag.String("only", "", "try the faults whose names match this regular expression, with -full")
	seed   = flag.Uint64("seed", 1, "of what clients choose")
)

func TestMain(m *testing.M) { network.Main(m, 28_500, 30_000) }

func TestFaults(t *testing.T) { testFaults(t, "resilient") }

// TestFaultsWithOrderersThatNeedNotBeTrusted is only part of a full run.
func TestFaultsWithOrderersThatNeedNotBeTrusted(t *testing.T) {
	if !*full {
		t.Skip("goes through the same faults on another topology; run with -full")
	}
	testFaults(t, "bft")
}

func testFaults(t *testing.T, topology string) {
	wanted, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, topology, *seed)
	last, n := ciTimes, 1
	if *full {
		last, n = fullTimes, *rounds
	}
	var results []result
	defer func() { show(t, results) }()
	for range n {
		for _, f := range faults {
			if *full && !wanted.MatchString(f.name) || !*full && !f.always {
				continue
			}
			if f.unfit != nil && f.unfit() != "" {
				t.Logf("%s: not tried: %s", f.name, f.unfit())
				continue
			}
			found := r.try(f, last)
			t.Log(found)
			if results = append(results, found); found.Lost+found.Doubled+found.OtherLies > 0 {
				return // they would be found again after every other fault
			}
		}
	}
}

func (r result) String() string {
	restarted := ""
	if r.Restarted {
		restarted = ", orderers restarted"
	}
	return fmt.Sprintf("%-9s %-52s %6d %6d %5d %4d %4d %4d %6.0f/s %6d %6.1f %6.1f %6.1f %6.1f%s", r.Topology, r.Fault,
		r.Sent, r.Acknowledged, r.Refused, r.Lost, r.Doubled, r.OtherLies, r.PerSecond, r.During, r.Silence, r.FirstCommit, r.FullRate, r.Level, restarted)
}

// show prints the table of what was found, and its sum, and writes the report.
func show(t *testing.T, results []result) {
	var all result
	text := fmt.Sprintf("%d faults\n%-9s %-52s %6s %6s %5s %4s %4s %4s %8s %6s %6s %6s %6s %6s\n", len(results),
		"topology", "fault", "sent", "ackn.", "ref.", "lost", "dbl", "lies", "before", "during", "silent", "first", "full", "level")
	for _, r := range results {
		text += r.String() + "\n"
		all.Sent, all.Acknowledged, all.Refused = all.Sent+r.Sent, all.Acknowledged+r.Acknowledged, all.Refused+r.Refused
		all.Lost, all.Doubled, all.OtherLies = all.Lost+r.Lost, all.Doubled+r.Doubled, all.OtherLies+r.OtherLies
		all.Silence, all.FirstCommit, all.FullRate = max(all.Silence, r.Silence), max(all.FirstCommit, r.FirstCommit), max(all.FullRate, r.FullRate)
		all.Level = max(all.Level, r.Level)
	}
	all.Fault = "together, and the longest seconds"
	t.Logf("%s%s", text, all)
	if *report == "" {
		return
	}
	file, err := os.OpenFile(*report, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644) // a line for each topology
	if err == nil {
		err = json.NewEncoder(file).Encode(results)
		file.Close()
	}
	if err != nil {
		t.Error(err)
	}
}
