package dollars

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
)

// spy is a state that remembers what was read, and can be made to misbehave.
type spy struct {
	memory
	read  []string
	goes  int
	err   error
	short bool
}

func (s *spy) Get(keys []string) ([][]byte, error) {
	s.read = append(s.read, keys...)
	s.goes++
	values, _ := s.memory.Get(keys)
	if s.short {
		values = values[:len(values)-1]
	}
	return values, s.err
}

// awarded is a ledger on which alice has one awarded and one pending booking.
func awarded(t testing.TB) (l *ledger, pending BookingID) {
	t.Helper()
	l = newLedger()
	l.env.Time = unix(t, "2026-11-01 12:00:00")
	facts := Facts{Kind: earn.Hotel, Price: 100_00, Currency: "EUR", Start: 20000, End: 20001}
	done, pending := NewBookingID("test", "done", "1"), NewBookingID("test", "pending", "1")
	if _, err := l.publish(standard); err != nil {
		t.Fatal(err)
	}
	l.env.Caller = issuer
	if _, err := l.run(encodeAll([]Operation{
		Confirm{done, memberNamed("alice").account, facts},
		Complete{done},
		Confirm{pending, memberNamed("alice").account, facts},
	})); err != nil {
		t.Fatal(err)
	}
	return l, pending
}

// TestReads: what an operation reads is what it conflicts over, so it is part of the promise. An award reads only its
// booking and which rules are in force, and a payment the policy in force, the payer's record and the credits named, never anything of the payee's.
func TestReads(t *testing.T) {
	l, pending := awarded(t)
	alice, bob := memberNamed("alice"), memberNamed("bob")
	credits := l.state.credits(alice.account)
	order := Order{Kind: KindTransfer, To: bob.account, Amount: 1, Nonce: 1, Deadline: l.env.Time}
	refused := alice.order(order, credits)
	refused.Signature[0] ^= 1

	for _, c := range []struct {
		name string
		ops  []Operation
		keys []string
	}{
		{"an award", []Operation{Complete{pending}}, []string{BookingKey(pending), ScheduleKey}},
		{"a confirmation", []Operation{Confirm{Booking: pending}}, []string{BookingKey(pending), ScheduleKey, RulesKey(1)}},
		{"a payment", []Operation{alice.order(order, credits)}, []string{AccountKey(alice.account), ScheduleKey, credits[0].Of(alice.account).Key()}},
		{"a payment refused for its signature", []Operation{refused}, nil},
		{"a payment that names too much", []Operation{alice.order(order, make([]CreditRef, MaxCredits+1))}, nil},
		{"the same thing twice", []Operation{Complete{pending}, Complete{pending}}, []string{BookingKey(pending), ScheduleKey}},
		{"an unreadable operation", []Operation{nil}, nil},
	} {
		s := &spy{memory: l.state}
		if _, err := Apply(l.next(), c.ops, s); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		slices.Sort(s.read)
		slices.Sort(c.keys)
		if !slices.Equal(s.read, c.keys) {
			t.Errorf("%s reads %q, want %q", c.name, s.read, c.keys)
		}
	}
}

// TestReadsOfTheUnauthorized: what is refused for who sends it makes nobody read anything. Members' orders are read in the
// same batch, whoever brings them.
func TestReadsOfTheUnauthorized(t *testing.T) {
	l, pending := limited(t)
	alice := memberNamed("alice")
	next := pending
	next.Booking = BookingID{1}
	bookings := []Operation{next, Complete{pending.Booking}, Cancel{Booking: pending.Booking}}
	freeze := []Operation{SetFrozen{alice.account, true, "test"}}
	rules := []Operation{ProposeRules{Version: 2}, ApproveRules{Version: 2}, PublishRules{Version: 2}, PublishRules{Version: 1}}
	all := slices.Concat(bookings, freeze, rules)
	for name, c := range map[string]struct {
		caller  Caller
		refused []Operation
	}{
		"a partner's issuer": {callerNamed("AircncMSP", RoleIssuer, "eve"), all},
		"a partner's people": {callerNamed("AircncMSP", RoleRules, "eve"), all},
		"nobody":             {Caller{}, all},
		"the issuer":         {issuer, slices.Concat(freeze, rules)},
		"the operator":       {operator, slices.Concat(bookings, rules)},
		"people for rules":   {anna, slices.Concat(bookings, freeze)},
	} {
		s := &spy{memory: l.state}
		env := l.next()
		env.Caller = c.caller
		order := alice.order(Order{Kind: KindTransfer, To: Account{1}, Amount: 1, Nonce: 1, Deadline: env.Time}, nil)
		res, err := Apply(env, append(slices.Clone(c.refused), order), s)
		if err != nil || !slices.Equal(s.read, []string{AccountKey(alice.account), ScheduleKey}) {
			t.Errorf("%s makes peers read %q, %v", name, s.read, err)
		}
		for i, e := range res.Journal.Entries[:len(c.refused)] {
			if e.Code != CodeNotAuthorized {
				t.Errorf("%s: operation %d, %s, is %s %s", name, i, e.Kind, e.Outcome, e.Code)
			}
		}
	}
}

// TestStateErrors: when the state cannot be read or is not what Apply wrote, nothing is said of any operation.
func TestStateErrors(t *testing.T) {
	l, pending := awarded(t)
	broken := errors.New("disk on fire")
	for name, s := range map[string]*spy{
		"an error":         {memory: l.state, err: broken},
		"too few values":   {memory: l.state, short: true},
		"a garbled record": {memory: memory{BookingKey(pending): []byte("garbage")}},
	} {
		res, err := Apply(l.next(), []Operation{Complete{pending}}, s)
		if err == nil || len(res.Writes) != 0 || len(res.Journal.Entries) != 0 {
			t.Errorf("%s: %v, %+v", name, err, res)
		}
		if _, refused := CodeOf(err); refused {
			t.Errorf("%s is answered as a refusal: %v", name, err)
		}
		if s.err != nil && !errors.Is(err, broken) {
			t.Errorf("the state's error is lost: %v", err)
		}
	}

	// A reversal learns its account only from its booking, and reads it then.
	alice := memberNamed("alice").account
	l.state[AccountKey(alice)] = []byte("garbage")
	_, err := Apply(l.next(), []Operation{Cancel{Booking: NewBookingID("test", "done", "1")}}, l.state)
	if err == nil || !strings.Contains(err.Error(), AccountKey(alice)) {
		t.Errorf("a garbled account found late: %v", err)
	}
}

// TestTimes: whatever time a transaction claims, nothing is written that cannot be read.
func TestTimes(t *testing.T) {
	set := limitedSet()
	for i := range set.Tables {
		set.Tables[i].Rows[0].Months = earn.MaxValidMonths
	}
	last := unix(t, "9989-12-31 23:59:59")
	for at, taken := range map[int64]bool{
		0: true, last: true, last + 1: false, unix(t, "9999-12-31 23:59:59") + 1: false, -1: false, math.MinInt64: false, math.MaxInt64: false,
	} {
		l := newLedger()
		l.env.Time, l.env.Caller = min(max(at, 0), last), issuer
		if _, err := l.publish(set); err != nil {
			t.Fatal(err)
		}
		l.env.Time = at
		confirm := Confirm{BookingID{1}, Account{1}, Facts{Kind: earn.Hotel, Price: 100_00, Currency: "EUR", Start: 20_000, End: 20_001}}
		before := len(l.state)
		_, err := l.run(encodeAll([]Operation{confirm, Complete{confirm.Booking}})) // which reads back all that it writes
		if _, refusal := CodeOf(err); (err == nil) != taken || refusal || (len(l.state) > before) != taken {
			t.Errorf("at %d: %v", at, err)
		}
	}
}

// TestOverflow: sums that leave the integers refuse the operation. No batch can bring a state that far, so the credits
// are put there by hand.
func TestOverflow(t *testing.T) {
	l, _ := awarded(t)
	bob, carol := memberNamed("bob"), memberNamed("carol")
	e := month(t, "2028-11")
	first, second, later := CreditRef{e, TxID{1}}, CreditRef{e, TxID{2}}, CreditRef{e + 1, TxID{3}}
	for _, c := range []CreditRef{first, second, later} {
		l.state[c.Of(bob.account).Key()] = EncodeCredit(math.MaxInt64)
	}
	redeem := Order{Kind: KindRedeem, Amount: 1, Nonce: 1, Deadline: l.env.Time}
	for name, refs := range map[string][]CreditRef{
		"in one month":      {first, second},
		"in several months": {first, later},
	} {
		res, err := Apply(l.next(), []Operation{bob.order(redeem, refs)}, l.state)
		if err != nil || res.Journal.Entries[0].Code != CodeAmountOverflow || len(res.Writes) != 0 {
			t.Errorf("too much %s: %+v, %v", name, res, err)
		}
	}

	// So does a debt that no sum can hold.
	done := NewBookingID("test", "done", "1")
	alice := memberNamed("alice").account
	l.state[AccountKey(alice)] = AccountRecord{Debt: math.MaxInt64}.Encode()
	res, err := Apply(l.next(), []Operation{Cancel{Booking: done}, Absorb{Account: carol.account}}, l.state)
	if err != nil || res.Journal.Entries[0].Code != CodeAmountOverflow || res.Journal.Entries[1].Outcome != Duplicate {
		t.Errorf("too much debt: %+v, %v", res, err)
	}
	for _, w := range res.Writes {
		if w.Key != AccountKey(carol.account) {
			t.Errorf("a refused reversal wrote %s", w.Key)
		}
	}
}
