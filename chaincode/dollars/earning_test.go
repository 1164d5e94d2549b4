package dollars

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
)

// limitedSet has every limit there is, and tiers.
func limitedSet() earn.RuleSet {
	limited := earn.Row{ID: "limited", BasisPoints: 500, CapBooking: 100_00, CapMember: 200_00, Budget: 800_00, Months: 24}
	return earn.RuleSet{
		Name: "limited", Currency: "EUR", Tiers: []earn.Level{{Tier: "silver", Points: 10_00}},
		Tables: []earn.Table{
			{Name: "base", Hit: earn.First, Rows: []earn.Row{{ID: "standard", BasisPoints: 500, Months: 24}}},
			{Name: "promotion", Hit: earn.First, Rows: []earn.Row{limited}},
		},
	}
}

// limited is a ledger by that rule set, on which alice has one awarded and one pending item of a booking, of 10.00 each.
func limited(t testing.TB) (l *ledger, pending Confirm) {
	t.Helper()
	l = newLedger()
	l.env.Time, l.env.Caller = unix(t, "2026-11-01 12:00:00"), issuer
	if _, err := l.publish(limitedSet()); err != nil {
		t.Fatal(err)
	}
	confirm := func(item string) Confirm {
		return Confirm{
			NewBookingID("test", "trip", item), memberNamed("alice").account,
			Facts{Kind: earn.Hotel, Price: 100_00, Currency: "EUR", Start: 20000, End: 20001},
		}
	}
	done, pending := confirm("done"), confirm("pending")
	if _, err := l.run(encodeAll([]Operation{done, Complete{done.Booking}, pending})); err != nil {
		t.Fatal(err)
	}
	return l, pending
}

// TestReadsOfLimits: what rules have to look at is read, and nothing else: above all not the pot while the lane's share
// suffices.
func TestReadsOfLimits(t *testing.T) {
	l, pending := limited(t)
	alice := memberNamed("alice").account
	id := pending.Booking
	done := NewBookingID("test", "trip", "done")
	next := pending
	next.Booking = NewBookingID("test", "trip", "next")
	share, pot := ShareKey("limited", 0), BudgetKey("limited")
	for _, c := range []struct {
		name string
		lane uint8
		ops  []Operation
		keys []string
	}{
		{"an award", 0, []Operation{Complete{id}}, []string{BookingKey(id), ScheduleKey, RulesKey(1), EarningKey(alice)}},
		{"an award made before", 0, []Operation{Complete{done}}, []string{BookingKey(done), ScheduleKey, RulesKey(1)}},
		{
			"a confirmation", 0,
			[]Operation{next},
			[]string{BookingKey(next.Booking), ScheduleKey, RulesKey(1), EarningKey(alice), TripKey(id.Trip()), share},
		},
		{
			"a confirmation for which the share is short", 1,
			[]Operation{next, next},
			[]string{BookingKey(next.Booking), ScheduleKey, RulesKey(1), EarningKey(alice), TripKey(id.Trip()), ShareKey("limited", 1), pot},
		},
		{
			"a cancellation", 0,
			[]Operation{Cancel{Booking: id}},
			[]string{BookingKey(id), ScheduleKey, EarningKey(alice), TripKey(id.Trip()), share},
		},
		{
			"a reversal", 0,
			[]Operation{Cancel{Booking: done}},
			[]string{BookingKey(done), ScheduleKey, EarningKey(alice), TripKey(id.Trip()), share, AccountKey(alice)},
		},
		{"a proposal", 0, []Operation{ProposeRules{Version: 2}, ProposeRules{Version: 3}}, []string{ScheduleKey, ProposalKey}},
	} {
		s := &spy{memory: l.state}
		env := l.next()
		env.Lane = c.lane
		if _, proposal := c.ops[0].(ProposeRules); proposal {
			env.Caller = anna
		}
		if _, err := Apply(env, c.ops, s); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		slices.Sort(s.read)
		slices.Sort(c.keys)
		if !slices.Equal(s.read, c.keys) {
			t.Errorf("%s reads\n%q, want\n%q", c.name, s.read, c.keys)
		}
	}
}

// TestReadsInFewGoes: a batch asks a peer for its keys in a few goes, however many operations it has: what they name;
// the rules they need; what those look at; and a budget's share and its pot.
func TestReadsInFewGoes(t *testing.T) {
	l, first := limited(t)
	var confirms, completes, cancels []Operation
	for n := range 40 {
		c := first
		c.Booking, c.Account = NewBookingID("test", fmt.Sprint(n), "1"), Account{byte(n + 1)}
		confirms = append(confirms, c)
		completes = append(completes, Complete{c.Booking})
		cancels = append(cancels, Cancel{Booking: c.Booking})
	}
	for _, c := range []struct {
		name string
		ops  []Operation
		goes int
	}{
		{"confirmations", confirms, 5}, {"completions", completes[:20], 3}, {"cancellations", cancels[20:], 2},
	} {
		s := &spy{memory: l.state}
		if _, err := Apply(l.next(), c.ops, s); err != nil {
			t.Fatal(err)
		}
		if s.goes > c.goes {
			t.Errorf("%d %s are read in %d goes, not %d", len(c.ops), c.name, s.goes, c.goes)
		}
		if _, err := l.run(encodeAll(c.ops)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGarbledLimits: a record that Apply did not write, or one that is missing where another names it, stops the batch.
func TestGarbledLimits(t *testing.T) {
	clean, pending := limited(t)
	for _, c := range []struct {
		key string
		op  Operation
	}{
		{ScheduleKey, Complete{pending.Booking}},
		{RulesKey(1), Complete{pending.Booking}},
		{EarningKey(pending.Account), Complete{pending.Booking}},
		{TripKey(pending.Booking.Trip()), Cancel{Booking: pending.Booking}},
		{ShareKey("limited", 0), Cancel{Booking: pending.Booking}},
		{BudgetKey("limited"), Confirm{BookingID{1}, pending.Account, pending.Facts}},
		{ProposalKey, ProposeRules{Version: 2}},
	} {
		l := clean.clone()
		l.env.Lane = 1
		if c.key == ShareKey("limited", 0) {
			l.env.Lane = 0
		}
		if c.key == ProposalKey {
			l.env.Caller = anna
		}
		l.state[c.key] = []byte("garbage")
		_, err := Apply(l.next(), []Operation{c.op}, l.state)
		if err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("a garbled %s: %v", c.key, err)
		}
		if _, refused := CodeOf(err); refused {
			t.Errorf("a garbled %s is answered as a refusal: %v", c.key, err)
		}
	}

	l := clean.clone()
	delete(l.state, RulesKey(1))
	res, err := Apply(l.next(), []Operation{Cancel{Booking: pending.Booking}}, l.state)
	if err != nil || res.Journal.Entries[0].Outcome != Applied {
		t.Errorf("a cancellation needs the rules that the booking was confirmed by: %+v, %v", res.Journal, err)
	}
	for _, op := range []Operation{
		Complete{pending.Booking}, Confirm{BookingID{1}, pending.Account, pending.Facts},
	} {
		_, err := Apply(l.next(), []Operation{op}, l.state)
		if _, refused := CodeOf(err); err == nil || refused || !strings.Contains(err.Error(), "version 1 of the rules") {
			t.Errorf("%s without its rules: %v", op.Kind(), err)
		}
	}
}

// TestRefusedAwards: an award that leaves the integers, in what the member earned or in what the batch gives, is refused
// and has changed neither. No batch can bring a state that far, so it is put there by hand.
func TestRefusedAwards(t *testing.T) {
	clean, pending := limited(t)
	alice := pending.Account
	month := monthOf(clean.env.Time)
	earned := func(before, now Amount) []byte {
		return EarningRecord{Months: []EarnedMonth{{month - 1, before, 1}, {month, now, 1}}}.Encode()
	}

	l := clean.clone()
	for _, record := range [][]byte{earned(math.MaxInt64-14_99, 5_00), earned(5_00, math.MaxInt64-14_99), earned(5_00, math.MaxInt64-9_99)} {
		l.state[EarningKey(alice)] = record
		res, err := Apply(l.next(), []Operation{Complete{pending.Booking}}, l.state)
		if err != nil || res.Journal.Entries[0].Code != CodeAmountOverflow || len(res.Writes) != 0 {
			t.Errorf("more earned than can be counted: %+v, %v", res, err)
		}
	}
	l.state[EarningKey(alice)] = earned(math.MaxInt64-15_00, 5_00)
	res, err := Apply(l.next(), []Operation{Complete{pending.Booking}}, l.state)
	if err != nil || res.Journal.Entries[0].Outcome != Applied {
		t.Errorf("as much earned as can be counted: %+v, %v", res, err)
	}

	// A transfer in the same batch gives alice so much of the month of the award that the award does not fit any more.
	bob := memberNamed("bob")
	expiry := ExpiryAfter(l.env.Time, 24)
	credit := CreditRef{expiry, TxID{7}}
	l = clean.clone()
	l.state[credit.Of(bob.account).Key()] = EncodeCredit(MaxAmount)
	rec, err := DecodeBookingRecord(l.state[BookingKey(pending.Booking)])
	if err != nil {
		t.Fatal(err)
	}
	rec.Parts[0].Points, rec.Parts[1].Points = math.MaxInt64-5_00, 5_00
	l.state[BookingKey(pending.Booking)] = rec.Encode()
	pay := bob.order(Order{Kind: KindTransfer, To: alice, Amount: MaxAmount, Nonce: 1, Deadline: l.env.Time}, []CreditRef{credit})
	l.state[EarningKey(alice)] = EarningRecord{}.Encode()
	res, err = Apply(l.next(), []Operation{pay, Complete{pending.Booking}}, l.state)
	if err != nil || res.Journal.Entries[0].Outcome != Applied || res.Journal.Entries[1].Code != CodeAmountOverflow {
		t.Fatalf("more given than can be held: %+v, %v", res, err)
	}
	for _, w := range res.Writes {
		if w.Key == EarningKey(alice) || w.Key == BookingKey(pending.Booking) {
			t.Errorf("a refused award wrote %s", w.Key)
		}
	}
}

// TestStricterProgram: a rule set that an earlier program took when it was proposed, and this one does not, is refused
// when it is published, and its neighbours are not spoiled.
func TestStricterProgram(t *testing.T) {
	l, _ := limited(t)
	set := []byte(`{"name":"old"}`)
	l.state[ProposalKey] = RulesRecord{Version: 2, Set: set, Proposer: anna.ID, Approver: ben.ID, Approved: l.env.Time}.Encode()
	l.env.Caller = anna
	res, err := Apply(l.next(), []Operation{PublishRules{2, earn.HashOf(set)}, Absorb{Account: Account{1}}}, l.state)
	if err != nil || res.Journal.Entries[0].Code != CodeRulesInvalid || res.Journal.Entries[1].Outcome != Duplicate || len(res.Writes) != 0 {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestReadsOfPublishing: a publication looks at the pots of all rows, or at nothing but the version itself where it comes
// again after that has left the schedule.
func TestReadsOfPublishing(t *testing.T) {
	l, _ := limited(t)
	l.env.Caller = anna
	set := limitedSet()
	set.Tables = append(set.Tables, earn.Table{Name: "more", Hit: earn.First, Rows: []earn.Row{{ID: "more", Fixed: 1, Months: 1}}})
	for _, set := range []earn.RuleSet{set, standard} {
		l.env.Time += 2 * lately
		if _, err := l.publish(set); err != nil {
			t.Fatal(err)
		}
	}
	second, third := set.Encode(), standard.Encode()
	fourth := limitedSet().Encode()
	l.state[ProposalKey] = RulesRecord{Version: 4, Set: fourth, Proposer: anna.ID, Approver: ben.ID, Approved: l.env.Time}.Encode()
	l.env.Time += 2 * lately
	first := earn.HashOf(limitedSet().Encode())
	for name, c := range map[string]struct {
		ops      []Operation
		outcomes []Outcome
		keys     []string
	}{
		"of what is proposed": {
			[]Operation{PublishRules{4, earn.HashOf(fourth)}},
			[]Outcome{Applied},
			[]string{BudgetKey("limited"), BudgetKey("standard")},
		},
		"of what is over":     {[]Operation{PublishRules{1, first}, PublishRules{1, first}}, []Outcome{Duplicate, Duplicate}, []string{RulesKey(1)}},
		"of what is in force": {[]Operation{PublishRules{3, earn.HashOf(third)}}, []Outcome{Duplicate}, nil},
		"of what never was":   {[]Operation{PublishRules{0, first}, PublishRules{5, first}}, []Outcome{Rejected, Rejected}, nil},
		"of what was not it":  {[]Operation{PublishRules{1, earn.HashOf(second)}}, []Outcome{Rejected}, []string{RulesKey(1)}},
		"that is over by now": {
			[]Operation{PublishRules{4, earn.HashOf(fourth)}, PublishRules{2, earn.HashOf(second)}},
			[]Outcome{Applied, Duplicate},
			[]string{BudgetKey("limited"), BudgetKey("standard"), RulesKey(2)},
		},
	} {
		s := &spy{memory: l.state}
		res, err := Apply(l.next(), c.ops, s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, e := range res.Journal.Entries {
			if e.Outcome != c.outcomes[i] {
				t.Errorf("%s: operation %d is %s %s, want %s", name, i, e.Outcome, e.Code, c.outcomes[i])
			}
		}
		slices.Sort(s.read)
		want := slices.Sorted(slices.Values(append(c.keys, ScheduleKey, ProposalKey)))
		if !slices.Equal(s.read, want) {
			t.Errorf("%s reads\n%q, want\n%q", name, s.read, want)
		}
	}
}
