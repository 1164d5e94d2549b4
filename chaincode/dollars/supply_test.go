package dollars

import (
	"math"
	"testing"
)

// TestSupplyRefuses: a journal that is not one of Apply's is found out, and changes nothing.
func TestSupplyRefuses(t *testing.T) {
	hundred := Buckets{{10, 100}}
	confirmed := Entry{Kind: KindConfirm, Outcome: Applied, Amount: 100, After: BookingPending}
	completed := Entry{Kind: KindComplete, Outcome: Applied, Amount: 100, Before: BookingPending, After: BookingAwarded, Moved: hundred}
	var s Supply
	for _, e := range []Entry{confirmed, completed} {
		if err := s.Fold(e); err != nil {
			t.Fatal(err)
		}
	}
	before := s
	for name, e := range map[string]Entry{
		"redeems more than there is":     {Kind: KindRedeem, Outcome: Applied, Moved: Buckets{{10, 101}}},
		"expires more than there is":     {Kind: KindAbsorb, Outcome: Applied, Expired: Buckets{{10, 101}}},
		"repays a debt nobody has":       {Kind: KindAbsorb, Outcome: Applied, Repaid: Buckets{{10, 1}}},
		"completes the same again":       completed,
		"reverses what was not awarded":  {Kind: KindCancel, Outcome: Applied, Before: BookingReversed, After: BookingAwarded},
		"burns more than integers hold":  {Kind: KindRedeem, Outcome: Applied, Moved: Buckets{{10, math.MaxInt64}, {11, 1}}},
		"promises more than integers":    {Kind: KindConfirm, Outcome: Applied, Amount: -1, After: BookingPending},
		"cancels what nobody has booked": {Kind: KindCancel, Outcome: Applied, Amount: 100, Before: BookingPending, After: BookingCancelled},
	} {
		if err := s.Fold(e); err == nil || s != before {
			t.Errorf("an entry that %s: %v, supply %+v", name, err, s)
		}
	}
	for _, outcome := range []Outcome{Duplicate, Rejected} {
		e := completed
		e.Outcome = outcome
		if err := s.Fold(e); err != nil || s != before {
			t.Errorf("a %s entry: %v, supply %+v", outcome, err, s)
		}
	}
}

func TestTallyRefuses(t *testing.T) {
	alice := memberNamed("alice").account
	var tally Tally
	for name, kv := range map[string]Write{
		"a garbled account":             {AccountKey(alice), []byte("garbage")},
		"a garbled booking":             {BookingKey(BookingID{}), []byte("garbage")},
		"a credit of nothing":           {Credit{Account: alice}.Key(), EncodeCredit(0)},
		"a key of nobody's":             {"a/alice", AccountRecord{}.Encode()},
		"an account of too many points": {AccountKey(alice), AccountRecord{Buckets: Buckets{{1, math.MaxInt64}, {2, 1}}}.Encode()},
	} {
		if err := tally.Add(kv.Key, kv.Value); err == nil {
			t.Errorf("%s is counted: %+v", name, tally)
		}
	}
	full := Tally{Outstanding: math.MaxInt64}
	if err := full.Merge(Tally{Outstanding: 1}); codeOf(err) != CodeAmountOverflow {
		t.Errorf("a sum that leaves the integers: %v", err)
	}
}
