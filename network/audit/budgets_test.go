package audit

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// blockWrites are what a block writes.
type blockWrites map[string][]byte

// followBudgets adds up after each block.
func followBudgets(blocks ...blockWrites) error {
	b, state := budgets{}, blockWrites{}
	for _, block := range blocks {
		for key, value := range block {
			if err := b.write(dollars.ParseStateKey(key), state[key], value); err != nil {
				return err
			}
			state[key] = value
		}
		if err := b.balance(); err != nil {
			return err
		}
	}
	return nil
}

// TestBudgetsAddUp follows a budget by what is written about it, and finds each way in which it would not add up.
func TestBudgetsAddUp(t *testing.T) {
	pot, share, other := dollars.BudgetKey("spring"), dollars.ShareKey("spring", 0), dollars.ShareKey("spring", 7)
	first, second := dollars.BookingKey(dollars.BookingID{1}), dollars.BookingKey(dollars.BookingID{2})
	left := func(points dollars.Amount) []byte { return dollars.BudgetRecord{Total: 1_00, Left: points}.Encode() }
	booked := func(state dollars.BookingState, points int64) []byte {
		return dollars.BookingRecord{State: state, Parts: []dollars.Part{
			{Part: earn.Part{Points: 7}},
			{Part: earn.Part{Points: points}, Held: 1<<earn.LimitBudget | 1<<earn.LimitMember, ID: "spring"},
			{Part: earn.Part{Points: 5}, Held: 1 << earn.LimitMember, ID: "capped"},
		}}.Encode()
	}
	right := []blockWrites{
		{pot: left(1_00)},
		{pot: left(60), share: dollars.EncodeShare(30), first: booked(dollars.BookingPending, 10)},
		{first: booked(dollars.BookingAwarded, 10)},
		{pot: left(0), other: dollars.EncodeShare(40), second: booked(dollars.BookingPending, 20)},
		{first: booked(dollars.BookingReversed, 10), other: dollars.EncodeShare(50)},
		{second: booked(dollars.BookingCancelled, 20), share: dollars.EncodeShare(50)},
	}
	if err := followBudgets(right...); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		after int // how many right blocks
		wrong blockWrites
		key   string
	}{
		"opened with less":            {0, blockWrites{pot: left(99)}, pot},
		"a larger share":              {1, blockWrites{pot: left(60), share: dollars.EncodeShare(31), first: booked(dollars.BookingPending, 10)}, pot},
		"a larger pot":                {2, blockWrites{pot: left(61)}, pot},
		"a share of another lane":     {2, blockWrites{other: dollars.EncodeShare(1)}, pot},
		"more awarded than promised":  {2, blockWrites{first: booked(dollars.BookingAwarded, 11)}, pot},
		"promised out of nothing":     {3, blockWrites{second: booked(dollars.BookingPending, 20)}, pot},
		"given back too much":         {4, blockWrites{first: booked(dollars.BookingReversed, 10), other: dollars.EncodeShare(51)}, pot},
		"given back twice":            {6, blockWrites{share: dollars.EncodeShare(60)}, pot},
		"not given back":              {4, blockWrites{first: booked(dollars.BookingReversed, 10)}, pot},
		"a booking deleted":           {5, blockWrites{second: nil}, pot},
		"the pot deleted":             {2, blockWrites{pot: nil}, pot},
		"a share deleted":             {2, blockWrites{share: nil}, pot},
		"a share that leaves numbers": {2, blockWrites{share: dollars.EncodeShare(math.MaxInt64)}, pot},
		"a share of no budget":        {0, blockWrites{dollars.ShareKey("summer", 0): dollars.EncodeShare(1)}, dollars.BudgetKey("summer")},
		"promised of no budget":       {0, blockWrites{second: booked(dollars.BookingPending, 20)}, pot},
	} {
		err := followBudgets(append(right[:c.after:c.after], c.wrong)...)
		if err == nil || keyOf(err) != c.key || !strings.Contains(err.Error(), "do not balance") {
			t.Errorf("%s: %v, key %q", name, err, keyOf(err))
		}
	}
	for _, key := range []string{pot, share, first} {
		if err := followBudgets(blockWrites{key: []byte("garbage")}); err == nil {
			t.Errorf("garbage under %s was added up", key)
		}
	}
	if err := followBudgets(
		blockWrites{first: booked(dollars.BookingPending, math.MaxInt64), second: booked(dollars.BookingPending, math.MaxInt64)},
	); err == nil {
		t.Error("bookings that hold more than can be counted were added up")
	}
}

// TestModifiedRulebook: were the rules themselves changed to leave a lane more, peers and the audit would agree on every
// write, and still the budget would not add up.
func TestModifiedRulebook(t *testing.T) {
	w := newWorld(t)
	blocks := tell(t, w, plot{})
	currency, _ := dollars.CurrencyOf("dsd")
	a := &Auditor{currency: currency, state: newState(), policies: map[string]policy{}, seen: &txIDs{}, books: newBooks()}
	a.options = Options{Roots: w.roots, Chaincode: "dsd", Progress: func(r Report) {
		if r.Height != confirming+1 {
			return
		}
		key, more := dollars.ShareKey("spring", 0), dollars.EncodeShare(99_00)
		if err := a.books.write(key, a.state.get("dsd", key), more); err != nil {
			t.Error(err)
		}
		a.state.apply(change{place{"dsd", ""}, key, more}, version{confirming, 0})
	}}
	err := a.Run(context.Background(), &blocksOf{blocks: blocks})
	found{awarding, -1, true, "of a budget of 15.00 the pot has 0.00"}.check(t, err)
	if d := (*Divergence)(nil); errors.As(err, &d) && d.Key != dollars.BudgetKey("spring") {
		t.Errorf("it names the key %q", d.Key)
	}
}
