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

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newStoryLedger()
		m := newModel(l.cast)
		for _, c := range drawStory(t) {
			l.live(t, m, c)
		}
	})
}

// TestRepeatedBatch: what was applied once changes nothing when it comes again. What was refused may of course be applied
// the second time; and what only says how things shall be, or folds in what there is, has no identity. Those are left out.
func TestRepeatedBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t, 1, 12)
		ops := l.name(batch)
		var applied []Operation
		for i, e := range l.mustRun(t, ops) {
			switch ops[i].(type) {
			case Absorb, Expire, SetFrozen, SetReward, Recovery:
				continue
			}
			if e.Outcome == Applied {
				applied = append(applied, ops[i])
			}
		}
		before, supply := maps.Clone(l.state), l.supply
		for i, e := range l.mustRun(t, applied) {
			o, order := applied[i].(SignedOrder)
			if !order || o.ByMerchant() {
				if e.Outcome != Duplicate && e.Code != CodeAccountFrozen {
					t.Fatalf("%s again is %s %s", e.Kind, e.Outcome, e.Code)
				}
				continue
			}
			// A key may have gone, or who signed, or the account was frozen since; no other reason comes before the nonce.
			if e.Code != CodeNonceUsed && e.Code != CodeSignatureInvalid && e.Code != CodeAccountFrozen {
				t.Fatalf("%s again is %s %s", e.Kind, e.Outcome, e.Code)
			}
		}
		if !reflect.DeepEqual(l.state, before) || l.supply != supply {
			t.Fatal("a repeated batch changed the ledger")
		}
	})
}

// TestSplitBatch: wherever a batch is cut in two, everybody ends up with the same, once all credits are folded in.
func TestSplitBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, batch := drawLedger(t, 1, 12)
		parts := whole.clone()
		cut := rapid.IntRange(0, len(batch)).Draw(t, "cut")
		ops := whole.name(batch)
		one := whole.mustRun(t, ops)
		two := parts.mustRun(t, ops[:cut])
		two = append(two, parts.mustRun(t, parts.renamed(ops[cut:]))...)
		for i := range one {
			if one[i].Outcome != two[i].Outcome || enough(one[i].Code) != enough(two[i].Code) {
				t.Fatalf("operation %d, %s, is %s %s in one batch, %s %s in two",
					i, one[i].Kind, one[i].Outcome, one[i].Code, two[i].Outcome, two[i].Code)
			}
		}
		whole.absorb(t)
		parts.absorb(t)
		if whole.supply != parts.supply {
			t.Fatalf("supplies differ: %+v in one batch, %+v in two", whole.supply, parts.supply)
		}
		x, y := whole.records(), parts.records()
		for key := range maps.All(x) {
			if !bytes.Equal(x[key], y[key]) {
				t.Fatalf("%s is %x in one batch, %x in two", key, x[key], y[key])
			}
		}
		if len(x) != len(y) {
			t.Fatalf("%d records in one batch, %d in two", len(x), len(y))
		}
	})
}

// renamed is operations with the credits that there are now, as whoever sends them later would name them.
func (l *ledger) renamed(ops []Operation) []Operation {
	ops = slices.Clone(ops)
	for i, op := range ops {
		switch o := op.(type) {
		case SignedOrder:
			if len(o.Credits) <= MaxCredits {
				o.Credits = l.state.credits(o.From)
			}
			ops[i] = o
		case Absorb:
			ops[i] = Absorb{o.Account, l.state.credits(o.Account)}
		case Expire:
			ops[i] = Expire{o.Account, l.state.credits(o.Account)}
		case ApproveAdjustment:
			o.Credits = l.state.credits(l.adjusted(o.ID))
			ops[i] = o
		case Cancel:
			for n := range storyBookings {
				if c := confirmation(n); c.Booking == o.Booking {
					o.Credits, o.Recall = l.state.credits(c.Account), l.recallable(c.Account)
				}
			}
			ops[i] = o
		}
	}
	return ops
}

// absorb folds all credits into their accounts.
func (l *ledger) absorb(t *rapid.T) {
	var ops []Operation
	for _, key := range slices.Sorted(maps.Keys(l.state)) {
		if k := ParseStateKey(key); k.Kind == StateCredit && !slices.ContainsFunc(ops, func(op Operation) bool { return op.(Absorb).Account == k.Credit.Account }) {
			ops = append(ops, Absorb{k.Credit.Account, l.state.credits(k.Credit.Account)})
		}
	}
	l.mustRun(t, ops)
}

// records are all of the state but budgets, whose pots and shares depend on transactions.
func (l *ledger) records() memory {
	records := maps.Clone(l.state)
	maps.DeleteFunc(records, func(key string, _ []byte) bool { return strings.HasPrefix(key, budgetPrefix) })
	return records
}

// TestUnrelatedOrder: two neighbours that share no account and no booking may change places, and every byte written
// stays the same.
func TestUnrelatedOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t, 2, 12)
		ops := l.name(batch)
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

// touched are keys of the state, or what stands for many of them, that an operation may look at.
func (l *ledger) touched(op Operation) (keys []string) {
	switch o := op.(type) {
	case Confirm:
		return l.touchedBy(o.Booking)
	case Complete:
		return l.touchedBy(o.Booking)
	case Cancel:
		keys = l.touchedBy(o.Booking)
		if l.recalls() { // from anybody
			return append(l.everybody(), keys...)
		}
		return keys
	case SignedOrder:
		return l.touchedByOrder(o)
	case Absorb:
		return []string{AccountKey(o.Account)}
	case Expire:
		return []string{AccountKey(o.Account)}
	case SetFrozen:
		return []string{AccountKey(o.Account)}
	case Recovery:
		return []string{AccountKey(o.Account)}
	case SetReward:
		return []string{rewardPrefix}
	case ProposeAdjustment, ApproveAdjustment:
		return append(l.everybody(), adjustedPrefix)
	}
	return nil
}

func (l *ledger) recalls() bool {
	schedule, err := l.schedule()
	return err != nil || schedule.At(l.env.Time).Policy.Reversal == earn.ReversalRecall
}

func (l *ledger) touchedByOrder(o SignedOrder) []string {
	keys := []string{AccountKey(o.From), AccountKey(o.To), AccountKey(o.Other)}
	for _, a := range []Account{o.From, o.To} {
		if pool := l.account(a).Pool; pool != nil {
			for _, m := range pool.Members {
				keys = append(keys, AccountKey(m.Account))
			}
		}
	}
	switch o.Order.Kind {
	case KindClaim:
		keys = append(keys, rewardPrefix, VoucherKey(o.Reference))
	case KindUse:
		keys = append(keys, VoucherKey(CodeHash(o.Ref)))
	case KindForm: // and who is to be in it
		keys = append(keys, l.everybody()...)
	}
	return slices.DeleteFunc(keys, func(key string) bool { return key == AccountKey(Account{}) })
}

func (l *ledger) everybody() (keys []string) {
	for _, a := range append(slices.Clone(receivers), l.cast.households...) {
		keys = append(keys, AccountKey(a))
	}
	return keys
}

// touchedBy is the owner's account, and any budget there is: a trip has one owner.
func (l *ledger) touchedBy(id BookingID) (keys []string) {
	for n := range storyBookings {
		if c := confirmation(n); c.Booking == id {
			keys = append(keys, AccountKey(c.Account))
		}
	}
	for key := range l.state {
		if strings.HasPrefix(key, budgetPrefix) && !IsStock(key[len(budgetPrefix):]) {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestSameBytes: the journal and the writes do not depend on how many processors shared the work.
func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t, 32, 40) // long enough for several workers
		ops := l.name(batch)
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
		l, _ := drawLedger(t, 1, 1)
		full, ok := drawOrder(rapidDice{t}, pick(rapidDice{t}, KindRedeem, KindTransfer, KindHold, KindContribute, KindForm))(l).(SignedOrder)
		if !ok {
			t.Fatal("no order")
		}
		full.Credits = l.state.credits(full.From) // a story may name too many
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
			l.mustRun(t, []Operation{Absorb{full.From, l.state.credits(full.From)}})
		}
		if a.supply != b.supply {
			t.Fatalf("supply is %+v with all credits, %+v with fewer", a.supply, b.supply)
		}
	})
}
