package history

import (
	"fmt"
	"maps"
	"slices"
)

// Sort is a sort of lie.
type Sort string

// The sorts of lie.
const (
	Lost      Sort = "lost"       // told committed, and not on the ledger
	Doubled   Sort = "doubled"    // on the ledger more than once
	Applied   Sort = "applied"    // told refused, and on the ledger
	Swapped   Sort = "swapped"    // not in the block, or not of the amount, that was told
	Changed   Sort = "changed"    // answered otherwise when it was sent again
	Undecided Sort = "undecided"  // accepted or unknown, and still without an outcome
	Unsent    Sort = "unsent"     // on the ledger, and nobody sent it
	Balance   Sort = "balance"    // not what the account had at the height that was told
	Order     Sort = "impossible" // no order of what happened explains what was told of the account
)

// Lie is something that a client was told, and that the ledger does not bear out.
type Lie struct {
	Sort Sort
	What string
}

func (l Lie) String() string { return string(l.Sort) + ": " + l.What }

// Tally counts operations by what their clients know of them at last.
type Tally struct{ Sent, Acknowledged, Refused, Unanswered int }

// TallyOf counts operations.
func TallyOf(operations []Operation) (t Tally) {
	for _, o := range operations {
		t.Sent++
		switch {
		case o.committed() != nil:
			t.Acknowledged++
		case o.refused():
			t.Refused++
		default:
			t.Unanswered++
		}
	}
	return t
}

// Check holds what was told against the ledger.
func Check(h *History, l *Ledger) (lies []Lie) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.order {
		for _, found := range checkOperation(o, l) {
			lies = append(lies, Lie{found.Sort, fmt.Sprintf("%s %x of %s: %s; told %s", o.Kind, o.Ref[:6], o.Amount, found.What, o.told())})
		}
	}
	for _, key := range l.order {
		if h.ops[key] == nil {
			lies = append(lies, Lie{Unsent, fmt.Sprintf("%s %x in block %d", key.Kind, key.Ref[:6], l.places[key][0].block)})
		}
	}
	for _, r := range h.reads {
		if had := l.available(r.Account, r.Height); had != r.Available {
			lies = append(lies, Lie{Balance, fmt.Sprintf("%s had %s after %d blocks, and was told %s", r.Account, had, r.Height, r.Available)})
		}
	}
	return lies
}

// checkOperation finds what is wrong with one.
func checkOperation(o *Operation, l *Ledger) (lies []Lie) {
	lie := func(s Sort, format string, args ...any) { lies = append(lies, Lie{s, fmt.Sprintf(format, args...)}) }
	applied := l.applied(o.Key)
	if len(applied) > 1 {
		lie(Doubled, "the ledger has it %d times", len(applied))
	}
	if len(applied) > 0 && o.Amount != 0 && applied[0].amount != o.Amount {
		lie(Swapped, "the ledger has it with %s", applied[0].amount)
	}
	first := o.committed()
	switch {
	case first == nil && !o.refused():
		lie(Undecided, "nobody was told an outcome; the ledger has it %d times", len(applied))
	case first == nil && len(applied) > 0:
		lie(Applied, "block %d has it", applied[0].block)
	case first != nil && len(applied) == 0:
		lie(Lost, "it is not on the ledger")
	}
	blocks := map[string]uint64{}
	for _, a := range o.Answers {
		if first != nil && a.Call > first.Return && a.Told == Refused && a.final() {
			lie(Changed, "it was refused (%s) after it had been told committed", a.Code)
		}
		if a.Told != Committed || a.Block == 0 {
			continue
		}
		if len(applied) > 0 && !l.in(o.Key, a.Block) {
			lie(Swapped, "it is not in block %d, as was told", a.Block)
		}
		if before := blocks[a.Name]; before != 0 && before != a.Block {
			lie(Changed, "it was told to be in block %d, and then in %d", before, a.Block)
		}
		blocks[a.Name] = a.Block
	}
	return lies
}

// final tells a refusal that is about the operation from one that only asks to come again later.
func (a Answer) final() bool {
	return a.Code != "overloaded" && a.Code != "unavailable" && a.Code != "rate_limited"
}

// told says what was told, in order.
func (o *Operation) told() string {
	text := ""
	for _, a := range o.Answers {
		text += fmt.Sprintf(" %s", a.Told)
		if a.Code != "" {
			text += " " + a.Code
		}
		if a.Block != 0 {
			text += fmt.Sprintf(" in block %d", a.Block)
		}
		text += fmt.Sprintf(" (%.1f-%.1fs)", a.Call.Seconds(), a.Return.Seconds())
	}
	return text[1:]
}

// Count tells how many lies there are of each sort, in words.
func Count(lies []Lie) string {
	count := map[Sort]int{}
	for _, l := range lies {
		count[l.Sort]++
	}
	text := ""
	for _, s := range slices.Sorted(maps.Keys(count)) {
		text += fmt.Sprintf(", %d %s", count[s], s)
	}
	if text == "" {
		return "none"
	}
	return text[2:]
}
