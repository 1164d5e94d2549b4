package gateway

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestLanes(t *testing.T) {
	s := newScheduler(limits{operations: 1, bytes: 1 << 20, inFlight: dollars.Lanes + 4})
	s.adopt(&batch{class: wallet.ClassBooking, items: []*item{newItem(complete(1000))}}) // has none that is known
	for n := range 2 * dollars.Lanes {
		s.add(complete(n))
		s.add(spend("order", n)) // needs none
	}
	next := func() *batch {
		t.Helper()
		for {
			b, err := s.next(time.Unix(1000, 0), awarded{}.records())
			if b == nil || err != nil {
				t.Fatal("no batch", err)
			}
			if b.class == wallet.ClassBooking {
				return b
			}
			s.done(b)
		}
	}
	var flight []*batch
	for range dollars.Lanes - 2 {
		flight = append(flight, next())
	}
	s.done(flight[0])
	s.done(flight[2])
	for range 3 {
		flight = append(flight, next())
	}
	s.done(flight[4])
	flight = append(flight, next())
	var got []uint8
	for _, b := range flight {
		got = append(got, b.lane)
	}
	// In turns, skipping those in flight.
	if want := []uint8{0, 1, 2, 3, 4, 5, 6, 7, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("lanes %v, want %v", got, want)
	}
	if b := next(); b.lane != 4 {
		t.Errorf("the last free lane is 4, and lane %d was given", b.lane)
	}
	if b := next(); s.lanes[b.lane] != 2 {
		t.Errorf("with more batches than lanes one got lane %d beside %v", b.lane, s.lanes)
	}
}

func TestBehind(t *testing.T) {
	counted := earned(dollars.BookingAwarded, 3)
	counted.Counted = true
	giver := dollars.AccountRecord{Given: []dollars.Given{{To: account(7), Expiry: 1, Amount: 1}, {To: account(8), Expiry: 1, Amount: 1}, {To: account(7), Expiry: 2, Amount: 1}}}
	views := stateOf(map[dollars.BookingID]dollars.BookingRecord{
		bookingID(1): earned(dollars.BookingPending, 1), bookingID(2): earned(dollars.BookingAwarded, 2), bookingID(3): counted,
		bookingID(4): {State: dollars.BookingAwarded, Account: account(4)}, // for nothing
		bookingID(5): earned(dollars.BookingAwarded, 5),
	})
	views[dollars.AccountKey(account(5))] = giver.Encode()
	correction := dollars.AdjustmentRecord{Adjustment: dollars.Adjustment{Account: account(6), Amount: 1, Burn: true}}
	views[dollars.AdjustmentKey([32]byte{6})] = correction.Encode()
	correction.Burn, correction.Account = false, account(7)
	views[dollars.AdjustmentKey([32]byte{7})] = correction.Encode()
	asked := 0
	state := func(key string) ([]byte, error) {
		asked++
		return views[key], nil
	}
	for _, test := range []struct {
		name    string
		work    wallet.Work
		members bool
		want    []key
		asked   int
	}{
		{name: "a confirmation", work: confirm(9, account(9), 1)},
		{name: "a completion is not looked up", work: complete(1)},
		{name: "a confirmation that is counted", work: confirm(9, account(9), 1), members: true, want: []key{earningKey(account(9))}},
		{name: "a completion that is counted", work: complete(1), members: true, want: []key{earningKey(account(1))}, asked: 1},
		{name: "a completion that is repeated", work: complete(2), members: true, asked: 1},
		{name: "a completion of what the views do not know", work: complete(9), members: true, asked: 1},
		{name: "a cancellation", work: cancel(1), asked: 1},
		{name: "a cancellation of what the views do not know", work: cancel(9), members: true, asked: 1},
		{name: "a reversal", work: cancel(2), members: true, want: []key{accountKey(account(2))}, asked: 2},
		{name: "a reversal of what was counted", work: cancel(3), want: []key{earningKey(account(3)), accountKey(account(3))}, asked: 2},
		{name: "a reversal of nothing", work: cancel(4), asked: 1},
		{name: "a reversal of what was given on", work: cancel(5), want: []key{accountKey(account(5)), accountKey(account(7)), accountKey(account(8))}, asked: 2},
		{name: "a correction", work: event("approve", dollars.ApproveAdjustment{ID: [32]byte{6}}), want: []key{accountKey(account(6))}, asked: 1},
		{name: "a grant", work: event("approve", dollars.ApproveAdjustment{ID: [32]byte{7}}), want: []key{accountKey(account(7))}, asked: 1},
		{name: "an order", work: spend("order", 1), members: true},
	} {
		asked = 0
		keys, takings, err := records{state, test.members}.behind(newItem(test.work))
		if err != nil || !slices.Equal(keys, test.want) || asked != test.asked {
			t.Errorf("%s: %v after %d questions, %v", test.name, keys, asked, err)
		}
		takes := slices.ContainsFunc(keys, func(k key) bool { return k.kind == 'a' }) && test.name != "a grant"
		if takes != (len(takings) == 1) {
			t.Errorf("%s: takes %v", test.name, takings)
		}
	}
	broken := records{func(string) ([]byte, error) { return nil, errors.New("disk") }, true}
	for _, w := range []wallet.Work{complete(1), cancel(1)} {
		if _, _, err := broken.behind(newItem(w)); err == nil {
			t.Errorf("%s went on without the views", w.Label)
		}
	}
}

// stateOf is these bookings as the ledger keeps them.
func stateOf(bookings map[dollars.BookingID]dollars.BookingRecord) map[string][]byte {
	state := map[string][]byte{}
	for id, rec := range bookings {
		state[dollars.BookingKey(id)] = rec.Encode()
	}
	return state
}

// TestWantsOfOrders: of what an order names, what it writes is held, and nothing of whom it only sends to.
func TestWantsOfOrders(t *testing.T) {
	from, to, other := account(1), account(2), account(3)
	ref, reference := [32]byte{4}, [32]byte{5}
	for kind, want := range map[dollars.Kind][]key{
		dollars.KindTransfer:   {accountKey(from)},
		dollars.KindHold:       {accountKey(from)},
		dollars.KindCapture:    {keyOf('h', ref[:])},
		dollars.KindRelease:    {keyOf('h', ref[:]), accountKey(to)},
		dollars.KindClaim:      {accountKey(from), voucherKey(reference)},
		dollars.KindUse:        {voucherKey(dollars.CodeHash(ref))},
		dollars.KindForm:       {accountKey(from)},
		dollars.KindContribute: {accountKey(from), accountKey(to)},
		dollars.KindLeave:      {accountKey(from), accountKey(to), accountKey(other)},
		dollars.KindObject:     {accountKey(from)},
	} {
		o := dollars.Order{Kind: kind, From: from, To: to, Other: other, Ref: ref, Reference: reference}
		if got := wantsOf(dollars.SignedOrder{Order: o}); !slices.Equal(got, want) {
			t.Errorf("%s holds %v, want %v", kind, got, want)
		}
	}
}

// wallets are Reads that know credits only, and name of them what was asked for.
type wallets struct {
	Reads
	credits []dollars.CreditRef
	each    dollars.Amount
}

func (w wallets) Credits(_ context.Context, _ dollars.Account, amount dollars.Amount, limit int) ([]dollars.CreditRef, error) {
	enough := int(min(dollars.Amount(len(w.credits)), (amount+w.each-1)/w.each))
	return w.credits[:min(enough, limit)], nil
}

// TestReversalsNameAllCredits: which of them are the award's own is not known, and those go first.
func TestReversalsNameAllCredits(t *testing.T) {
	views := wallets{credits: []dollars.CreditRef{{Expiry: 1}, {Expiry: 2}, {Expiry: 3}}, each: 100}
	for name, c := range map[string]struct {
		work wallet.Work
		want int
	}{"an order": {spend("order", 1), 1}, "a reversal": {cancel(1), 3}} {
		b := &batch{
			items:   []*item{newItem(c.work)},
			takings: map[[32]byte]taking{bookingID(1): {account: account(1), points: 1}},
		}
		ops, err := assemble(t.Context(), views, b)
		if err != nil || len(ops) != 1 {
			t.Fatal(len(ops), err)
		}
		op, err := dollars.DecodeOperation(ops[0])
		if err != nil {
			t.Fatal(err)
		}
		var named []dollars.CreditRef
		switch o := op.(type) {
		case dollars.SignedOrder:
			named = o.Credits
		case dollars.Cancel:
			named = o.Credits
		}
		if len(named) != c.want {
			t.Errorf("%s names %d credits, want %d", name, len(named), c.want)
		}
	}
}
