package dollars

import (
	"fmt"
	"slices"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

// budgeted is a ledger on which every booking of 1.00 wants a point of the budget, and nothing else is earned.
func budgeted(t interface{ Fatal(...any) }, budget earn.Cents) *ledger {
	l := newLedger()
	l.env.Time, l.env.Caller = storyStart, issuer
	row := earn.Row{ID: "spring", BasisPoints: 10_000, Budget: budget, Months: 24}
	set := earn.RuleSet{Name: "budgeted", Currency: "EUR", Tables: []earn.Table{{Name: "promotion", Hit: earn.First, Rows: []earn.Row{row}}}}
	if _, err := l.publish(set); err != nil {
		t.Fatal(err)
	}
	return l
}

// wanting is a booking that wants so much of the budget.
func wanting(booking int, points Amount) Confirm {
	return Confirm{
		NewBookingID("budget", fmt.Sprint(booking), ""), memberNamed("alice").account,
		Facts{Kind: earn.Hotel, Price: points, Currency: "EUR", Start: 20_000, End: 20_001},
	}
}

// TestLittleLiesIdle: whatever batches come in whatever lanes, none of them is left more than a 32nd of the budget and
// what cancellations gave back to it; so that when somebody is refused, at most 7/32 and what was given back is unspent.
func TestLittleLiesIdle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		budget := Amount(rapid.Int64Range(1, 1_000_00).Draw(t, "budget"))
		l := budgeted(t, earn.Cents(budget))
		var given [Lanes]Amount // back, in each lane
		bookings := 0
		for range rapid.IntRange(1, 12).Draw(t, "batches") {
			l.env.Lane = uint8(rapid.IntRange(0, Lanes-1).Draw(t, "lane"))
			var ops []Operation
			for range rapid.IntRange(1, 5).Draw(t, "operations") {
				if bookings > 0 && rapid.IntRange(0, 5).Draw(t, "cancels") == 5 {
					ops = append(ops, Cancel{Booking: wanting(rapid.IntRange(0, bookings-1).Draw(t, "which"), 0).Booking})
					continue
				}
				ops = append(ops, wanting(bookings, Amount(rapid.Int64Range(0, int64(budget)).Draw(t, "wants"))))
				bookings++
			}
			refused := false
			for i, e := range l.mustRun(t, ops) {
				o, confirms := ops[i].(Confirm)
				refused = confirms && e.Amount < o.Facts.Price
				if !confirms && e.Before == BookingPending {
					given[l.env.Lane] += e.Amount
				}
			}
			pot, shares := l.budget(t)
			idle, bound := pot, Amount(0)
			for lane, left := range shares {
				if left > budget/32+given[lane] {
					t.Fatalf("lane %d has %s of %s, and was given back %s", lane, left, budget, given[lane])
				}
				if lane != int(l.env.Lane) {
					bound += budget/32 + given[lane]
				}
				idle += left
			}
			if refused && idle > bound { // the last operation of the batch
				t.Fatalf("%s of %s is left where somebody is refused: %s in the pot, %v in shares", idle, budget, pot, shares)
			}
		}
	})
}

// budget is what pot and shares of the row have left.
func (l *ledger) budget(t *rapid.T) (pot Amount, shares [Lanes]Amount) {
	rec, err := DecodeBudgetRecord(l.state[BudgetKey("spring")])
	for lane := range shares {
		if value := l.state[ShareKey("spring", uint8(lane))]; value != nil && err == nil {
			shares[lane], err = DecodeShare(value)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return rec.Left, shares
}

// TestBatchesSeldomMeet holds docs/decisions/014 to its figures: how many blocks 100 batches take of which 20 blocks
// could take all.
func TestBatchesSeldomMeet(t *testing.T) {
	for budget, want := range map[earn.Cents]int{1_000_000_00: 23, 200_000_00: 23, 60_000_00: 28, 20_000_00: 35} {
		if got := blocksFor(t, budget, 100); got != want {
			t.Errorf("a budget of %s takes %d blocks, not %d", budget, got, want)
		}
	}
}

// inFlight is how many batches the simulated gateway has under way.
const inFlight = 5

// blocksFor is how many blocks it takes to commit so many batches of ten bookings that want 50.00 of a budget each.
func blocksFor(t *testing.T, budget earn.Cents, batches int) (blocks int) {
	t.Helper()
	l := budgeted(t, budget)
	var waiting [][]Operation
	for n := range batches {
		var ops []Operation
		for i := range 10 {
			ops = append(ops, wanting(10*n+i, 50_00))
		}
		waiting = append(waiting, ops)
	}
	return l.blocksFor(t, waiting)
}

// blocksFor is how many blocks it takes to commit the batches. Those in flight are all endorsed on the state before their
// block; one that read what another has written in the same block is sent again. Lanes are handed out in rotation.
func (l *ledger) blocksFor(t *testing.T, waiting [][]Operation) (blocks int) {
	t.Helper()
	for lane := uint8(0); len(waiting) > 0; blocks++ {
		n := min(inFlight, len(waiting))
		var again [][]Operation
		var writes []Write
		changed := map[string]bool{}
		for _, ops := range waiting[:n] {
			env := l.next()
			l.txs++
			env.Lane, lane = lane, (lane+1)%Lanes
			s := &spy{memory: l.state}
			res, err := Apply(env, ops, s)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(s.read, func(key string) bool { return changed[key] }) {
				again = append(again, ops)
				continue
			}
			for _, w := range res.Writes {
				changed[w.Key] = true
			}
			writes = append(writes, res.Writes...)
		}
		l.state.write(writes)
		waiting = append(again, waiting[n:]...)
	}
	return blocks
}
