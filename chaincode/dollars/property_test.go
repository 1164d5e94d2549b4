package dollars

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newStoryLedger()
		m := newModel()
		for _, c := range drawStory(t) {
			ops := l.begin(t, c)
			m.now, m.lane = l.env.Time, c.lane
			if set := c.published(m.now); set != nil {
				m.publish(*set)
			}
			if c.freeze != nil {
				m.apply(*c.freeze)
			}
			for i, e := range l.mustRun(t, ops) {
				outcome, code := m.apply(ops[i])
				if _, absorb := ops[i].(Absorb); absorb && e.Outcome == Duplicate {
					e.Outcome = Applied // the model has no credits, so it cannot tell that there was nothing to absorb
				}
				if e.Outcome != outcome || enough(e.Code) != code {
					t.Fatalf("operation %d, %s, is %s %s; the model says %s %s", i, e.Kind, e.Outcome, e.Code, outcome, code)
				}
			}
			m.endBatch()
			compare(t, l, m)
		}
	})
}

// enough takes both ways of having too little for one. The model has no credits, so it cannot tell that one which was
// named had been absorbed by an earlier operation of the batch.
func enough(c Code) Code {
	if c == CodeStaleCredits {
		return CodeBalance
	}
	return c
}

func compare(t *rapid.T, l *ledger, m *model) {
	all, err := l.state.holdings()
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range people {
		p, h := m.person(who.account), all[who.account]
		if h == nil {
			h = &holding{}
		}
		got, want := bucketsOf(h.points), bucketsOf(p.points)
		if !slices.Equal(got, want) || h.debt != p.debt || (h.frozen != "") != p.frozen {
			t.Fatalf("%s has %v, owes %s, frozen %q; the model says %v, %s, %t",
				who.account, got, h.debt, h.frozen, want, p.debt, p.frozen)
		}
		if h.window.Floor != p.nonces.floor() || h.window.Next() != p.nonces.high+1 {
			t.Fatalf("%s has used nonces up to %d, next %d; the model says %d, %d",
				who.account, h.window.Floor, h.window.Next(), p.nonces.floor(), p.nonces.high+1)
		}
	}
	for id, b := range m.bookings {
		if b.state == BookingNone {
			continue
		}
		rec, err := DecodeBookingRecord(l.state[BookingKey(id)])
		if err != nil {
			t.Fatal(err)
		}
		if got, want := describe(l, rec), b.String(); got != want {
			t.Fatalf("booking is\n%s\nthe model says\n%s", got, want)
		}
	}
	compareBudgets(t, l, m)
}

// describe writes down what model and ledger must agree on.
func describe(l *ledger, rec BookingRecord) string {
	if rec.State == BookingNoted {
		return rec.State.String()
	}
	sets, err := l.published()
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%s for %s by version %d at %d, tier %q, awarded %d, counts %t:",
		rec.State, rec.Account, rec.Version, rec.Time, rec.Tier, rec.Awarded, rec.Counted)
	for _, p := range rec.Parts {
		text += fmt.Sprintf(" %s %s of %s for %d months", sets[rec.Version].Row(p.Table, p.Row).ID, Amount(p.Points), Amount(p.Earned), p.Months)
	}
	return text
}

func (b *modelBooking) String() string {
	if b.state == BookingNoted {
		return b.state.String()
	}
	text := fmt.Sprintf("%s for %s by version %d at %d, tier %q, awarded %d, counts %t:",
		b.state, b.owner, b.version, b.time, b.tier, b.awarded, b.counted)
	for _, p := range b.parts {
		text += fmt.Sprintf(" %s %s of %s for %d months", p.row.ID, p.points, p.earned, p.row.Months)
	}
	return text
}

func compareBudgets(t *rapid.T, l *ledger, m *model) {
	got, want := map[string]Amount{}, map[string]Amount{}
	for key, value := range l.state {
		if !strings.HasPrefix(key, budgetPrefix) {
			continue
		}
		var left Amount
		var err error
		if strings.Count(key, "/") > 1 {
			left, err = DecodeShare(value)
		} else {
			var pot BudgetRecord
			pot, err = DecodeBudgetRecord(value)
			left = pot.Left
		}
		if err != nil {
			t.Fatal(err)
		}
		got[key] = left
	}
	for row, left := range m.pots {
		want[BudgetKey(row)] = left
	}
	maps.Copy(want, m.shares)
	for _, all := range []map[string]Amount{got, want} {
		maps.DeleteFunc(all, func(_ string, left Amount) bool { return left == 0 })
	}
	if !maps.Equal(got, want) {
		t.Fatalf("budgets have %v; the model says %v", got, want)
	}
}

// TestRepeatedBatch: what was applied once changes nothing when it comes again. What was refused may of course be
// applied the second time, and an absorption has no identity, so those are left out.
func TestRepeatedBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t)
		ops := l.name(batch)
		var applied []Operation
		for i, e := range l.mustRun(t, ops) {
			if _, absorb := ops[i].(Absorb); e.Outcome == Applied && !absorb {
				applied = append(applied, ops[i])
			}
		}
		before, supply := maps.Clone(l.state), l.supply
		for i, e := range l.mustRun(t, applied) {
			_, order := applied[i].(SignedOrder)
			if order && e.Code != CodeNonceUsed || !order && e.Outcome != Duplicate {
				t.Fatalf("%s again is %s %s", e.Kind, e.Outcome, e.Code)
			}
		}
		if !reflect.DeepEqual(l.state, before) || l.supply != supply {
			t.Fatal("a repeated batch changed the ledger")
		}
	})
}

// TestSplitBatch: wherever a batch is cut in two, everybody ends up with the same.
func TestSplitBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, batch := drawLedger(t)
		parts := whole.clone()
		cut := rapid.IntRange(0, len(batch)).Draw(t, "cut")
		one := whole.mustRun(t, whole.name(batch))
		two := parts.mustRun(t, parts.name(batch[:cut]))
		two = append(two, parts.mustRun(t, parts.name(batch[cut:]))...)
		for i := range one {
			if one[i].Outcome != two[i].Outcome || enough(one[i].Code) != enough(two[i].Code) {
				t.Fatalf("operation %d is %s %s in one batch, %s %s in two",
					i, one[i].Outcome, one[i].Code, two[i].Outcome, two[i].Code)
			}
		}
		a, errA := whole.state.holdings()
		b, errB := parts.state.holdings()
		if errA != nil || errB != nil || whole.supply != parts.supply {
			t.Fatalf("supplies differ: %+v in one batch, %+v in two", whole.supply, parts.supply)
		}
		if x, y := whole.records(), parts.records(); !reflect.DeepEqual(x, y) {
			t.Fatalf("records are %x in one batch, %x in two", x, y)
		}
		for _, who := range people {
			x, y := a[who.account], b[who.account]
			if (x == nil) != (y == nil) || x != nil && !sameHolding(*x, *y) {
				t.Fatalf("%s has %+v in one batch, %+v in two", who.account, x, y)
			}
		}
	})
}

// records are all of the state but accounts, credits and budgets, whose form depends on transactions.
func (l *ledger) records() memory {
	records := maps.Clone(l.state)
	maps.DeleteFunc(records, func(key string, _ []byte) bool {
		kind := ParseStateKey(key).Kind
		return kind == StateAccount || kind == StateCredit || strings.HasPrefix(key, budgetPrefix)
	})
	return records
}

func sameHolding(x, y holding) bool {
	return slices.Equal(bucketsOf(x.points), bucketsOf(y.points)) && x.debt == y.debt && x.frozen == y.frozen &&
		bytes.Equal(appendWindow(nil, x.window), appendWindow(nil, y.window))
}

// TestUnrelatedOrder: two neighbours that share no account and no booking may change places, and every byte written
// stays the same.
func TestUnrelatedOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t)
		ops := l.name(batch)
		if len(ops) < 2 {
			return
		}
		i := rapid.IntRange(0, len(ops)-2).Draw(t, "position")
		if l.related(ops[i], ops[i+1]) {
			return
		}
		swapped := slices.Clone(ops)
		swapped[i], swapped[i+1] = ops[i+1], ops[i]
		a, errA := Apply(l.next(), ops, l.state)
		b, errB := Apply(l.next(), swapped, l.state)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !reflect.DeepEqual(a.Writes, b.Writes) {
			t.Fatal("unrelated operations write something else in another order")
		}
		b.Journal.Entries[i], b.Journal.Entries[i+1] = b.Journal.Entries[i+1], b.Journal.Entries[i]
		if !bytes.Equal(a.Journal.Encode(), b.Journal.Encode()) {
			t.Fatal("unrelated operations are answered otherwise in another order")
		}
	})
}

// related tells whether two operations of a story share anything.
func (l *ledger) related(x, y Operation) bool {
	a, b := l.touched(x), l.touched(y)
	return slices.ContainsFunc(a, func(k string) bool { return slices.Contains(b, k) })
}

func (l *ledger) touched(op Operation) []string {
	switch o := op.(type) {
	case Confirm:
		return l.touchedBy(o.Booking)
	case Complete:
		return l.touchedBy(o.Booking)
	case Cancel:
		return l.touchedBy(o.Booking)
	case SignedOrder:
		return []string{AccountKey(o.From), AccountKey(o.To)}
	case Absorb:
		return []string{AccountKey(o.Account)}
	}
	return nil
}

// touchedBy is the owner's account, and any budget there is: a trip has one owner.
func (l *ledger) touchedBy(id BookingID) (keys []string) {
	for n := range storyBookings {
		if c := confirmation(n); c.Booking == id {
			keys = append(keys, AccountKey(c.Account))
		}
	}
	for key := range l.state {
		if strings.HasPrefix(key, budgetPrefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestSameBytes: the journal and the writes do not depend on how many processors shared the work.
func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rapid.Check(t, func(t *rapid.T) {
		l, _ := drawLedger(t)
		// Long enough for several workers.
		ops := l.name(rapid.SliceOfN(rapid.Custom(drawIntent), 32, 40).Draw(t, "long batch"))
		var first []byte
		for _, procs := range []int{1, 4, 4} {
			runtime.GOMAXPROCS(procs)
			res, err := Apply(l.next(), ops, l.state)
			if err != nil {
				t.Fatal(err)
			}
			all := res.Journal.Encode()
			for _, w := range res.Writes {
				all = fmt.Appendf(all, "%s=%x %t\n", w.Key, w.Value, w.Value == nil)
			}
			if first == nil {
				first = all
			} else if !bytes.Equal(all, first) {
				t.Fatalf("other bytes with %d processors", procs)
			}
		}
	})
}

// TestFewerCredits: whatever credits a relayer leaves out, the member can never spend more, and never gains or loses.
func TestFewerCredits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, _ := drawLedger(t)
		who := rapid.SampledFrom(people).Draw(t, "who")
		full, ok := drawOrder(t, who, Order{Kind: KindRedeem})(l).(SignedOrder)
		if !ok {
			t.Fatal("no order")
		}
		fewer := full
		fewer.Credits = nil
		for _, c := range full.Credits {
			if rapid.Bool().Draw(t, "named") {
				fewer.Credits = append(fewer.Credits, c)
			}
		}
		a, b := l.clone(), l.clone()
		allNamed, someNamed := a.mustRun(t, []Operation{full})[0], b.mustRun(t, []Operation{fewer})[0]
		if someNamed.Outcome != Applied {
			return
		}
		if allNamed.Outcome != Applied {
			t.Fatalf("with fewer credits the order is applied, with all of them %s", allNamed.Code)
		}
		// Folding in the rest brings both to the same.
		for _, l := range []*ledger{a, b} {
			l.mustRun(t, []Operation{Absorb{who.account, l.state.credits(who.account)}})
		}
		if a.supply != b.supply {
			t.Fatalf("supply is %+v with all credits, %+v with fewer", a.supply, b.supply)
		}
	})
}
