package dollars

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
)

// Every decoder is held to this: no bytes make it panic, what it refuses it refuses as malformed, and what it accepts
// encodes to the same bytes again, so that nothing on the ledger has two spellings.
func fuzzDecoder(f *testing.F, recode func(data []byte) (again []byte, err error), seeds ...[]byte) {
	f.Add([]byte{})
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		again, err := recode(data)
		switch {
		case err != nil && codeOf(err) != CodeMalformed:
			t.Fatalf("%x is refused with %v", data, err)
		case err == nil && !bytes.Equal(again, data):
			t.Fatalf("%x reads as %x", data, again)
		}
	})
}

// seedOperations are one of each kind.
func seedOperations() (ops []Operation) {
	alice, bob := memberNamed("alice"), memberNamed("bob")
	id := NewBookingID("seed", "booking", "1")
	credits := []CreditRef{{24_346, txID(2)}, {24_347, txID(3)}}
	facts := Facts{Kind: earn.Car, Price: 300_00, Currency: "EUR", Start: 20000, End: 20003}
	all := facts
	all.Booked, all.Cabin, all.Route, all.Country, all.Hotel, all.Channel = 19_990, "business", "FRA-LIS", "PT", "h_1", "app"
	all.Party, all.Trip = 2, earn.Trip{Hotels: 1, Cars: 2, Flights: 3, Nights: 4}
	set := standard.Encode()
	order := Order{Kind: KindTransfer, To: bob.account, Amount: 1_00, Nonce: 1, Deadline: 1_793_534_400}
	redeem := Order{Kind: KindRedeem, Amount: 1_00, Nonce: 3, Deadline: 1_793_534_400, ChainID: 1, MemoHash: [32]byte{1}}
	ops = []Operation{
		Confirm{id, alice.account, facts},
		Complete{id},
		Cancel{Booking: id, Credits: credits},
		alice.order(order, credits), alice.order(redeem, nil),
		Absorb{alice.account, credits},
		SetFrozen{bob.account, true, "test"},
		SetFrozen{bob.account, false, "test"},
		Confirm{NewBookingID("seed", "booking", "2"), alice.account, all},
		ProposeRules{1, set},
		ApproveRules{1, earn.HashOf(set)},
		PublishRules{1, earn.HashOf(set)},
		SetReward{"mug", Reward{Price: 1_00, Stock: 2, Until: 1_793_534_400, Days: 30, Merchant: bob.account}},
		alice.order(Order{Kind: KindHold, To: bob.account, Amount: 1_00, Until: 1_793_534_400, Nonce: 4, Deadline: 1_793_534_400}, credits),
		bob.order(Order{Kind: KindCapture, To: alice.account, Amount: 1_00, Ref: [32]byte{1}, Reference: [32]byte{2}}, nil),
		SignedOrder{Order: Order{Kind: KindRelease, To: alice.account, Ref: [32]byte{1}}},
		alice.order(Order{Kind: KindClaim, Amount: 1_00, Ref: RewardID("mug"), Reference: [32]byte{3}, Nonce: 5}, nil),
		bob.order(Order{Kind: KindUse, Ref: [32]byte{4}, Reference: [32]byte{5}}, nil),
		Expire{alice.account, credits},
		Cancel{Booking: id, Recall: []NamedCredits{{bob.account, credits}}},
	}
	return append(ops, seedArrangements(alice, bob)...)
}

// seedArrangements are one of each kind that moves no points by itself.
func seedArrangements(alice, bob member) []Operation {
	household, key := Account{3}, Account{4}
	grant := Adjustment{Account: alice.account, Amount: 1_00, Months: 12, Reason: "goodwill"}
	order := func(o Order, nonce uint64) SignedOrder {
		o.Nonce, o.Deadline = nonce, 1_793_534_400
		return alice.order(o, nil)
	}
	return []Operation{
		order(Order{Kind: KindForm}, 6),
		order(Order{Kind: KindInvite, To: household, Other: bob.account, Amount: 1_00}, 7),
		order(Order{Kind: KindJoin, To: household, Amount: 1_00}, 8),
		order(Order{Kind: KindContribute, To: household, Amount: 1_00}, 9),
		order(Order{Kind: KindLeave, To: household, Other: bob.account}, 10),
		order(Order{Kind: KindChangeKeys, To: key, Other: alice.account}, 11),
		order(Order{Kind: KindObject, To: key}, 12),
		Recovery{KindProposeRecovery, bob.account, key},
		Recovery{KindApproveRecovery, bob.account, key},
		Recovery{KindRecover, bob.account, key},
		ProposeAdjustment{[32]byte{6}, grant},
		ApproveAdjustment{[32]byte{6}, nil},
	}
}

// TestSeedsOfAllKinds: fuzzing begins with operations of every kind.
func TestSeedsOfAllKinds(t *testing.T) {
	seen := map[Kind]bool{}
	for _, op := range seedOperations() {
		seen[op.Kind()] = true
	}
	for kind := KindUnreadable + 1; kind < kinds; kind++ {
		if !seen[kind] {
			t.Errorf("no seed is a %s", kind)
		}
	}
}

func FuzzDecodeOperation(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		op, err := DecodeOperation(data)
		if err != nil {
			return nil, err
		}
		return EncodeOperation(op), nil
	}, encodeAll(seedOperations())...)
}

func FuzzDecodeJournal(f *testing.F) {
	l := newLedger()
	var seeds [][]byte
	for _, caller := range []Caller{anna, ben, anna, operator, issuer, shop, approver} {
		l.env.Caller = caller
		res, err := l.run(encodeAll(seedOperations()))
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, res.Journal.Encode())
	}
	seeds = append(seeds, Journal{[]Entry{{
		Kind: KindCancel, Outcome: Applied, Ref: [32]byte{1}, Account: Account{1}, Other: Account{2}, Amount: 3, Debt: 1, Version: 1,
		Before: BookingAwarded, After: BookingReversed, Moved: Buckets{{5, 2}}, Expired: Buckets{{3, 1}, {4, 1}}, Repaid: Buckets{{5, 1}},
		Explanation: [32]byte{9}, By: Account{3}, Forgiven: 1, Name: "mug", Burn: true, Link: [32]byte{8},
		Recalled: []Recalled{{Account{4}, Buckets{{5, 1}}}},
	}}}.Encode())
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		j, err := DecodeJournal(data)
		if err != nil {
			return nil, err
		}
		var s Supply
		for _, e := range j.Entries {
			_ = s.Fold(e) // any answer will do, but no panic
		}
		return j.Encode(), nil
	}, seeds...)
}

func FuzzDecodeAccountRecord(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeAccountRecord(data)
		if err != nil {
			return nil, err
		}
		_ = rec.Window.Next()
		return rec.Encode(), nil
	}, AccountRecord{}.Encode(), AccountRecord{
		Frozen: "test", Debt: 7, Window: Window{Floor: 9, Used: []byte{0xfe, 1}}, Buckets: Buckets{{1, 2}, {3, 4}},
	}.Encode(), AccountRecord{
		Keys: []Account{{1}, {2}}, Day: Spent{20_000, 1}, Given: []Given{{Account{3}, 24_346, 5, 20_000}}, Household: Account{4},
	}.Encode(), AccountRecord{
		Buckets: Buckets{{1, 2}}, Pool: &Pool{[]Pooled{{Account: Account{5}, Joined: true, Share: Buckets{{1, 2}}}, {Account: Account{6}, DayLimit: 7, Day: Spent{20_000, 1}}}},
	}.Encode())
}

func FuzzDecodeBookingRecord(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeBookingRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, BookingRecord{State: BookingNoted}.Encode(), BookingRecord{
		State: BookingAwarded, Account: Account{1}, Version: 1, Time: 1_793_534_400, Tier: "gold", Awarded: 24_346, Counted: true,
		Facts: Facts{Kind: earn.Car, Price: 300_00, Currency: "EUR", Start: 20000, End: 20003, Cabin: "business", Party: 2},
		Parts: []Part{{
			Part: earn.Part{Table: 1, Row: 2, Earned: 9_00, Points: 5_00, Months: 24, Cuts: []earn.Cut{{Limit: earn.LimitBudget, Left: 5_00}}},
			Held: 1 << earn.LimitBudget, ID: "spring",
		}},
	}.Encode())
}

func FuzzDecodeCredit(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		a, err := DecodeCredit(data)
		if err != nil {
			return nil, err
		}
		return EncodeCredit(a), nil
	}, EncodeCredit(1), EncodeCredit(MaxAmount))
}

func FuzzDecodeRules(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeRulesRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, RulesRecord{Version: 1, Set: standard.Encode(), Proposer: anna.ID}.Encode(), RulesRecord{
		Version: 1, Set: standard.Encode(), Proposer: anna.ID, Approver: ben.ID, Published: 1_793_534_400, Starts: 1_793_534_401,
	}.Encode())
}

func FuzzDecodeSchedule(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		s, err := DecodeSchedule(data)
		if err != nil {
			return nil, err
		}
		if v := s.At(1_793_534_400); v.Starts > 1_793_534_400 || v.Version > s.Latest() {
			return nil, fmt.Errorf("version %d is in force before its start", v.Version)
		}
		return s.Encode(), nil
	}, Schedule{}.Encode(), Schedule{
		{Version: 1, Starts: 1_793_534_400, Hash: earn.Hash{1}}, {Version: 3, Starts: 1_793_534_401, Hash: earn.Hash{2}, Members: true},
	}.Encode())
}

func FuzzDecodeEarningRecord(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeEarningRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, EarningRecord{}.Encode(), EarningRecord{
		Months: []EarnedMonth{{Month: 24_345, Points: 5_00}, {Month: 24_346, Nights: 3}},
		Uses:   []MonthUses{{24_345, []Use{{"car", 1}}}, {24_346, []Use{{"car", 2}, {"hotel", 3}}}},
	}.Encode())
}

func FuzzDecodeTripRecord(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeTripRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, TripRecord{}.Encode(), TripRecord{{"car", 1}, {"hotel", 2}}.Encode())
}

func FuzzDecodeHold(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeHoldRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, HoldRecord{Until: 1}.Encode(), HoldRecord{
		Merchant: Account{1}, Until: 1_793_534_400, Buckets: Buckets{{1, 2}}, Captures: []Captured{{[32]byte{1}, 2}, {[32]byte{2}, 3}},
	}.Encode(), HoldRecord{Until: 1_793_534_400, Released: true}.Encode())
}

func FuzzDecodeReward(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeRewardRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, RewardRecord{Reward{Price: 1}}.Encode(), RewardRecord{
		Reward{Price: 5_00, Stock: 2, From: 1_793_534_400, Until: 1_793_534_401, Days: 30, Merchant: Account{1}},
	}.Encode())
}

func FuzzDecodeVoucher(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeVoucherRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, VoucherRecord{Account: Account{1}, Reward: "mug", Until: 1_793_534_400}.Encode(), VoucherRecord{
		Account: Account{1}, Reward: "mug", Until: 1_793_534_400, Merchant: Account{2}, Used: 1_793_534_399, Reference: [32]byte{1},
	}.Encode())
}

func FuzzDecodeAdjusted(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeAdjustedRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, AdjustedRecord{}.Encode(), AdjustedRecord{5_00}.Encode())
}

func FuzzDecodeBudget(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeBudgetRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, BudgetRecord{Total: 5_00}.Encode(), BudgetRecord{Total: 5_00, Left: 5_00}.Encode())
}

func FuzzDecodeShare(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		left, err := DecodeShare(data)
		if err != nil {
			return nil, err
		}
		return EncodeShare(left), nil
	}, EncodeShare(0), EncodeShare(MaxAmount))
}

// FuzzApply runs any bytes as a batch, by any caller, on a ledger with something to lose: no panic, a sound result, and
// not a point appears or goes but as the journal says. A batch whose operations all read back does so byte for byte.
func FuzzApply(f *testing.F) {
	base, pending := limited(f)
	base.env.Time = 1_793_534_400
	callers := []Caller{issuer, operator, {MSP: "AircncMSP"}, anna, shop, approver}
	for caller := range byte(len(callers)) {
		f.Add(caller, EncodeBatch(caller%Lanes, encodeAll(seedOperations())))
		for _, op := range encodeAll(seedOperations()) {
			f.Add(caller, EncodeBatch(0, [][]byte{op}))
		}
	}
	f.Add(byte(2), EncodeBatch(7, [][]byte{nil, {0xff}}))
	f.Add(byte(3), EncodeBatch(0, encodeAll([]Operation{ProposeRules{2, standard.Encode()}})))
	f.Add(byte(0), EncodeBatch(1, encodeAll([]Operation{
		Confirm{NewBookingID("test", "trip", "next"), memberNamed("alice").account, Facts{Kind: earn.Car, Price: 9_000_00, Currency: "EUR"}},
		Cancel{Booking: NewBookingID("test", "trip", "done")},
		Cancel{Booking: pending.Booking},
		Complete{pending.Booking},
	})))
	f.Fuzz(func(t *testing.T, caller byte, data []byte) {
		l := base.clone()
		l.env.Caller = callers[int(caller)%len(callers)]
		lane, ops, err := DecodeBatch(data)
		if err != nil {
			if codeOf(err) != CodeMalformed {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		encoded := make([][]byte, len(ops))
		readable := true
		for i, op := range ops {
			if op == nil {
				readable = false
				continue
			}
			encoded[i] = EncodeOperation(op)
		}
		if readable && !bytes.Equal(EncodeBatch(lane, encoded), data) {
			t.Fatalf("%x reads as %x", data, EncodeBatch(lane, encoded))
		}
		l.env.Lane = lane
		if _, err := l.run(encoded); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzParseStateKey: a key that is taken apart is the key its parts make.
func FuzzParseStateKey(f *testing.F) {
	alice := memberNamed("alice").account
	for _, key := range []string{
		AccountKey(alice), BookingKey(BookingID{1}), Credit{alice, 24_346, TxID{1}}.Key(), EarningKey(alice), ScheduleKey, RulesKey(1), "",
		BudgetKey("spring"), ShareKey("spring", 7), ShareKey("spring", 8), "p//1", "p/",
		HoldKey(HoldID{alice, OrderID{1}}), HoldPrefix(alice), RewardKey("mug"), RewardKey("Mug"), ShareKey(StockName("mug"), 1),
		VoucherKey([32]byte{1}), RecoveryKey(alice), AdjustmentKey([32]byte{1}),
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k := ParseStateKey(key)
		again := map[StateKind]string{
			StateOther: key, StateAccount: AccountKey(k.Account), StateBooking: BookingKey(k.Booking),
			StateCredit: k.Credit.Key(), StateEarning: EarningKey(k.Account), StateSchedule: ScheduleKey,
			StateBudget: BudgetKey(k.Row), StateShare: ShareKey(k.Row, k.Lane),
			StateHold: HoldKey(k.Hold), StateReward: RewardKey(k.Reward), StateVoucher: VoucherKey(k.Hash),
			StateRecovery: RecoveryKey(k.Account), StateAdjustment: AdjustmentKey(k.Hash),
		}[k.Kind]
		if again != key {
			t.Fatalf("%q is taken for %q", key, again)
		}
	})
}

// FuzzParseText: what people type is read into something that is written in one way, and read the same again.
func FuzzParseText(f *testing.F) {
	for _, s := range append([]string{
		"12.34", "0", "-1", "10000000000000", "2026-11-01", "2028-11", OrderID{1}.String(), TxID{1}.String(),
	}, eip55...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseAmount(s); err == nil {
			if b, err := ParseAmount(a.String()); err != nil || a != b || a < 0 || a > MaxAmount || !strings.HasPrefix(a.String(), s) {
				t.Errorf("amount %q is %s, %v", s, a, err)
			}
		}
		if a, err := ParseAccount(s); err == nil {
			if b, err := ParseAccount(a.String()); err != nil || a != b || !strings.EqualFold(a.String(), s) {
				t.Errorf("account %q is %s, %v", s, a, err)
			}
		}
		if d, err := ParseDate(s); err == nil && (d < 0 || d.String() != s) {
			t.Errorf("date %q is %s", s, d)
		}
		if e, err := ParseExpiry(s); err == nil && (e > maxExpiry || e.String() != s) {
			t.Errorf("month %q is %s", s, e)
		}
		if id, err := ParseOrderID(s); err == nil && !strings.EqualFold(id.String(), s) {
			t.Errorf("order id %q is %s", s, id)
		}
		if id, err := ParseTxID(s); err == nil && id.String() != s {
			t.Errorf("transaction id %q is %s", s, id)
		}
	})
}
