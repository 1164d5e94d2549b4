package gateway

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
)

// promotion gives 5 % and, while its budget lasts, a dollar more.
func promotion(budget earn.Cents) earn.RuleSet {
	return earn.RuleSet{
		Name: "promotion", Currency: "EUR",
		Tables: []earn.Table{
			{Name: "base", Hit: earn.First, Rows: []earn.Row{{ID: "base", BasisPoints: 500, Months: 24}}},
			{Name: "extra", Hit: earn.Collect, Rows: []earn.Row{{ID: "dollar", Fixed: 1_00, Budget: budget, Months: 12}}},
		},
	}
}

// loyalty is a promotion that looks at members besides, and at what else is in the booking.
func loyalty(budget earn.Cents) earn.RuleSet {
	rules := promotion(budget)
	rules.Tiers = []earn.Level{{Tier: "gold", Points: 50_00}}
	extra := &rules.Tables[1]
	extra.Rows = append(extra.Rows,
		earn.Row{ID: "gold", When: `tier == "gold"`, BasisPoints: 100, CapMember: 20_00, Months: 12},
		earn.Row{ID: "both", Fixed: 50, CapBooking: 50, Months: 12},
	)
	return rules
}

// limits checks that what the ledger keeps of limits is what its bookings took up of them.
func (w *world) limits() (budgetLeft dollars.Amount) {
	w.t.Helper()
	var total dollars.Amount
	took, kept := map[string]dollars.Amount{}, map[string]dollars.Amount{} // by key
	for key, v := range w.chain.state {
		var err error
		switch {
		case v.value == nil:
		case key == dollars.BudgetKey("dollar"):
			var pot dollars.BudgetRecord
			pot, err = dollars.DecodeBudgetRecord(v.value)
			total, budgetLeft = pot.Total, budgetLeft+pot.Left
		case strings.HasPrefix(key, dollars.BudgetKey("dollar")):
			var left dollars.Amount
			left, err = dollars.DecodeShare(v.value)
			budgetLeft += left
		case strings.HasPrefix(key, "b/"):
			err = takes(key, v.value, took)
		case strings.HasPrefix(key, "e/"):
			var rec dollars.EarningRecord
			rec, err = dollars.DecodeEarningRecord(v.value)
			for _, month := range rec.Uses {
				kept[key] += sumUses(month.Uses)
			}
		case strings.HasPrefix(key, "t/"):
			var rec dollars.TripRecord
			rec, err = dollars.DecodeTripRecord(v.value)
			kept[key] = sumUses(rec)
		}
		if err != nil {
			w.t.Fatal(key, err)
		}
	}
	if total > 0 {
		kept[dollars.BudgetKey("dollar")] = total - budgetLeft
	}
	maps.DeleteFunc(kept, func(_ string, points dollars.Amount) bool { return points == 0 })
	if diff := cmp.Diff(took, kept); diff != "" {
		w.t.Errorf("bookings took up, and the ledger says they did (+): %s", diff)
	}
	return budgetLeft
}

// takes adds what a booking takes up of the limits of loyalty, by the keys they are kept under.
func takes(key string, value []byte, took map[string]dollars.Amount) error {
	rec, err := dollars.DecodeBookingRecord(value)
	if rec.State != dollars.BookingPending && rec.State != dollars.BookingAwarded {
		return err
	}
	for _, p := range rec.Parts {
		if p.Held == 0 {
			continue
		}
		kept := dollars.BudgetKey("dollar")
		switch p.Row {
		case 1:
			kept = dollars.EarningKey(rec.Account)
		case 2:
			kept = dollars.TripKey(dollars.ParseStateKey(key).Booking.Trip())
		}
		took[kept] += dollars.Amount(p.Points)
	}
	return err
}

func sumUses(uses []dollars.Use) (sum dollars.Amount) {
	for _, u := range uses {
		sum += u.Points
	}
	return sum
}

func TestBatchesInFlightSpendFromSharesOfABudget(t *testing.T) {
	simulate(t, 12, faults{}, func(w *world) {
		w.chain.publish(2, promotion(100_000_00))
		w.options = Options{BatchOperations: 50}
		w.start()
		const bookings = 5000
		for n := range bookings {
			w.proc.accept(confirm(n, newMember(n%7).account, 100_00))
		}
		w.settled(time.Minute)
		w.verify()
		if left := w.limits(); left != (100_000-bookings)*1_00 {
			t.Errorf("%s are left of the budget", left)
		}
		conflicts, valid := w.chain.codes["MVCC_READ_CONFLICT"], w.chain.codes["VALID"]
		t.Logf("%d transactions were valid, %d met at the pot, lanes %v", valid, conflicts, w.chain.lanes)
		if len(w.chain.lanes) < 3 || conflicts > valid/3 {
			t.Errorf("%d lanes were used, and %d transactions conflicted beside %d valid ones", len(w.chain.lanes), conflicts, valid)
		}
	})
}

func TestABudgetIsSpentToTheLastAndNeverExceeded(t *testing.T) {
	simulate(t, 13, faults{}, func(w *world) {
		w.chain.publish(2, promotion(100_00))
		w.options = Options{BatchOperations: 20}
		w.start()
		for n := range 400 {
			w.proc.accept(confirm(n, newMember(1).account, 100_00))
		}
		w.settled(time.Minute)
		if left := w.limits(); left != 0 {
			t.Errorf("%s are left of a budget that four times as many asked for", left)
		}
		for n := range 400 {
			w.proc.accept(cancel(n))
		}
		w.settled(time.Minute)
		w.verify()
		if left := w.limits(); left != 100_00 {
			t.Errorf("%s are left after all was cancelled", left)
		}
	})
}

// TestBookingsOfAMemberNeverConflict floods the service with bookings of few members, whose records every one changes.
func TestBookingsOfAMemberNeverConflict(t *testing.T) {
	simulate(t, 14, faults{}, func(w *world) {
		w.chain.publish(2, loyalty(0))
		w.options = Options{BatchOperations: 100}
		w.start()
		var members []*member
		for n := range 20 {
			members = append(members, newMember(n))
		}
		const bookings = 2000
		for n := range bookings {
			a := members[n%len(members)].account
			both := event("both of "+confirm(n, a, 1).Label,
				confirm(n, a, 100_00).Ops[0], confirmItem(n, "car", a, 100_00))
			w.proc.accept(both)
			if n >= 100 {
				w.proc.accept(complete(n-100), event("car of "+complete(n-100).Label, dollars.Complete{Booking: itemID(n-100, "car")}))
			}
			if n >= 300 && n%5 == 0 {
				w.proc.accept(cancel(n - 300))
			}
		}
		w.settled(5 * time.Minute)
		w.verify()
		w.limits()
		if w.chain.codes["MVCC_READ_CONFLICT"] > 0 || w.chain.codes["VALID"] < 40 {
			t.Errorf("transactions ended as %v", w.chain.codes)
		}
		rec, err := dollars.DecodeEarningRecord(w.chain.state[dollars.EarningKey(members[0].account)].value)
		if err != nil || len(rec.Months) != 1 || rec.Months[0].Points < 300_00 {
			t.Errorf("the member earned %+v, %v", rec, err)
		}
	})
}

// TestItemsOfABookingNeverConflict has the items of a booking in events of their own, which share a cap.
func TestItemsOfABookingNeverConflict(t *testing.T) {
	simulate(t, 15, faults{}, func(w *world) {
		rules := loyalty(0)
		rules.Tiers, rules.Tables[1].Rows[1].CapMember = nil, 0
		rules.Tables[1].Rows[1].When = "false" // so only the booking's cap is left
		w.chain.publish(2, rules)
		w.options = Options{BatchOperations: 10}
		w.start()
		var works []wallet.Work
		for n := range 300 {
			// A batch full of rooms, one of the same bookings' cars, one of their flights, and so on.
			item, n := []string{"room", "car", "flight"}[n/10%3], n/30*10+n%10
			op := confirmItem(n, item, newMember(1).account, 100_00)
			works = append(works, event(fmt.Sprint(item, n), op))
		}
		w.proc.accept(works...)
		w.settled(time.Minute)
		w.verify()
		if w.chain.codes["MVCC_READ_CONFLICT"] > 0 {
			t.Errorf("transactions ended as %v", w.chain.codes)
		}
		for n := range 100 {
			key := dollars.TripKey(itemID(n, "car").Trip())
			rec, err := dollars.DecodeTripRecord(w.chain.state[key].value)
			if err != nil || sumUses(rec) != 50 {
				t.Errorf("booking %d took %+v of a cap of 0.50, %v", n, rec, err)
			}
		}
	})
}

func confirmItem(n int, item string, a dollars.Account, price dollars.Amount) dollars.Confirm {
	op := confirm(n, a, price).Ops[0].(dollars.Confirm)
	op.Booking = itemID(n, item)
	return op
}
