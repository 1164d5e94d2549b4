package dollars

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var seedFlag = flag.Uint64("seed", 0, "seed of TestHundredThousandSteps; 0 takes the time")

// beginnings are when the stories of long ledgers begin: just before a day, a month, a leap day, a year are over.
var beginnings = []string{"2028-02-28T23:59:50Z", "2024-09-30T23:55:00Z", "2027-12-31T23:59:59Z", "2026-04-30T23:30:00Z", "2028-02-29T12:00:00Z"}

// TestHundredThousandSteps lives through random sequences of all operations, on ledgers that last, against the model.
// What it finds is found again with -seed and the number it prints; what it never tried or never saw is a failure too, lest
// the stories grow tame unnoticed.
func TestHundredThousandSteps(t *testing.T) {
	steps, seed := 100_000, *seedFlag
	if testing.Short() {
		steps = 5_000
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	seen := experience{applied: map[Kind]int{}, refused: map[Code]int{}}
	defer func() { t.Logf("seed %d: %d operations, %s", seed, seen.operations(), seen) }()
	for ledger := 0; seen.operations() < steps; ledger++ {
		seen.live(t, rand.New(rand.NewPCG(seed, uint64(ledger))), ledger)
	}
	if !testing.Short() {
		seen.check(t)
	}
}

// lifetime is how many operations a long ledger sees.
const lifetime = 5_000

// live is the story of one ledger.
func (seen *experience) live(t *testing.T, r *rand.Rand, ledger int) {
	d := seedDice{r}
	start, err := time.Parse(time.RFC3339, beginnings[ledger%len(beginnings)])
	if err != nil {
		t.Fatal(err)
	}
	l := newStoryLedger()
	l.clock = start.Unix()
	m := newModel(l.cast)
	first := chapter{}
	open(d, &first)
	seen.count(l.live(t, m, chapter{by: issuer, batch: first.batch})) // too early: there are no rules yet
	seen.count(l.live(t, m, first))
	for n := 0; n < lifetime; {
		c := drawChapter(d, 20+d.roll(181))
		if c.pass >= tillMonth && !seldom(d, 4) { // or nothing would last
			c.pass = someMinutes
		}
		if c.publish != nil && !seldom(d, 3) {
			c.publish = nil
		}
		if c.by == issuer {
			l.cast.bookings += d.roll(storyBookings)
		}
		n += len(c.batch)
		seen.count(l.live(t, m, c))
	}
}

// experience is what happened in a run.
type experience struct {
	applied map[Kind]int
	refused map[Code]int
	others  int // duplicates
}

func (seen *experience) count(entries []Entry) {
	for _, e := range entries {
		switch e.Outcome {
		case Applied:
			seen.applied[e.Kind]++
		case Rejected:
			seen.refused[e.Code]++
		default:
			seen.others++
		}
	}
}

func (seen *experience) operations() (total int) {
	for n := range maps.Values(seen.applied) {
		total += n
	}
	for n := range maps.Values(seen.refused) {
		total += n
	}
	return total + seen.others
}

func (seen experience) String() string {
	text := "applied"
	for _, k := range slices.Sorted(maps.Keys(seen.applied)) {
		text += fmt.Sprintf(" %s %d,", k, seen.applied[k])
	}
	text += fmt.Sprintf(" duplicates %d, refused", seen.others)
	for _, c := range slices.Sorted(maps.Keys(seen.refused)) {
		text += fmt.Sprintf(" %s %d,", c, seen.refused[c])
	}
	return text
}

// unreached are the refusals that no story comes to, and why.
var unreached = map[Code]string{
	CodeAmountInvalid:    "of text",
	CodeAccountInvalid:   "of text",
	CodeAmountNegative:   "no operation can carry it",
	CodeAmountOverflow:   "stories have small sums: TestOverflow",
	CodeDateInvalid:      "of facts: the scenarios of bookings",
	CodeKindUnknown:      "of facts",
	CodeFactInvalid:      "of facts",
	CodeHoldCaptures:     "of 33 captures of one hold: TestCaptures",
	CodeRulesInvalid:     "of proposals, which stories make well: the scenarios of rules",
	CodeRulesVersion:     "of proposals",
	CodeRulesChanged:     "of proposals",
	CodeRulesOwnProposal: "of proposals",
	CodeRulesUnapproved:  "of proposals",
	CodeRulesBudget:      "of proposals",
	CodeRulesFull:        "of proposals",
}

// leastApplied is how often each kind of operation is to be applied in a hundred thousand: a fraction of what is usual.
const leastApplied = 10

// check tells what never happened and should have.
func (seen *experience) check(t *testing.T) {
	for kind := KindUnreadable + 1; kind < kinds; kind++ {
		switch kind {
		case KindProposeRules, KindApproveRules, KindPublishRules: // between the batches
			continue
		}
		if n := seen.applied[kind]; n < leastApplied {
			t.Errorf("%s was applied %d times only; the stories have grown tame", kind, n)
		}
	}
	for _, code := range declaredCodes(t) {
		if why := unreached[code]; (why == "") != (seen.refused[code] > 0) {
			t.Errorf("%s was seen %d times, and is said not to be: %q", code, seen.refused[code], why)
		}
	}
}
