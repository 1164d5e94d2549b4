package dollars

import (
	"reflect"
	"slices"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

func drawGiven(t *rapid.T) (list []Given) {
	for range rapid.IntRange(0, 4).Draw(t, "gifts") {
		list = append(list, Given{drawAccount(t), drawExpiry(t), drawAmount(t), Date(rapid.Int32Min(0).Draw(t, "day"))})
	}
	return list
}

func TestGivenRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := AccountRecord{
			Frozen: drawReason(t), Day: Spent{Date(rapid.Int32Min(0).Draw(t, "day")), drawAmount(t)}, Given: drawGiven(t),
		}
		if got, err := DecodeAccountRecord(rec.Encode()); err != nil || !reflect.DeepEqual(got, rec) {
			t.Fatalf("%+v reads back as %+v, %v", rec, got, err)
		}
	})
	account := func(bits byte, b ...byte) error {
		_, err := DecodeAccountRecord(slices.Concat([]byte{1, bits, 0, 0, 0, 0}, b))
		return err
	}
	gift := append(make([]byte, 20), 1, 1, 1)
	for name, err := range map[string]error{
		"a day on which nothing went out":       account(hasDay, 0, 0),
		"gifts of which there are none":         account(hasGiven, 0),
		"a gift that ends early":                account(hasGiven, append([]byte{1}, gift[1:]...)...),
		"more gifts than there are":             account(hasGiven, append([]byte{2}, gift...)...),
		"a gift with something after":           account(hasGiven, append(append([]byte{1}, gift...), 0)...),
		"a gift in more bytes than it needs":    account(hasGiven, append([]byte{1}, append(make([]byte, 20), 1, 0x81, 0, 1)...)...),
		"a field that accounts do not have":     account(1 << 6),
		"a reason of nothing":                   account(hasFrozen, 0),
		"a reason longer than the record":       account(hasFrozen, 2, 'r'),
		"a gift, and the count in two bytes":    account(hasGiven, append([]byte{0x81, 0}, gift...)...),
		"a gift on a day that no date can hold": account(hasGiven, append([]byte{1}, append(make([]byte, 20), 1, 1, 0x80, 0x80, 0x80, 0x80, 8)...)...),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	if err := account(hasGiven, append([]byte{1}, gift...)...); err != nil {
		t.Errorf("a gift itself: %v", err)
	}
}

// TestPoliciesRoundTrip: what holds for accounts lies in the schedule as the rule set has it.
func TestPoliciesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := earn.Policy{
			Reversal:   rapid.SampledFrom(reversals[:]).Draw(t, "reversal"),
			RecallDays: rapid.Uint32().Draw(t, "days"),
		}
		for _, n := range policyNumbers(&p) {
			*n = rapid.Int64Min(0).Draw(t, "number")
		}
		want := Schedule{{Version: 1, Policy: p}}
		if got, err := DecodeSchedule(want.Encode()); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%+v reads back as %+v, %v", want, got, err)
		}
	})
	encoded := appendPolicy(nil, earn.Policy{Reversal: earn.ReversalRecall})
	for name, first := range map[string]byte{"a mode that nobody knows": byte(len(reversals)), "one that never will be": 0xff} {
		r := reader{buf: append([]byte{first}, encoded[1:]...)}
		if r.policy(); r.end() {
			t.Errorf("%s is read", name)
		}
	}
}

// TestRecalledRoundTrips: the entries of reversals and corrections.
func TestRecalledRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Entry{
			Kind: KindCancel, Outcome: Applied, Account: drawAccount(t), Amount: drawAmount(t), Forgiven: drawAmount(t),
			Name: drawReason(t), Burn: rapid.Bool().Draw(t, "burn"), By: drawAccount(t),
		}
		for range rapid.IntRange(0, 3).Draw(t, "recalled") {
			e.Recalled = append(e.Recalled, Recalled{drawAccount(t), drawBuckets(t)})
		}
		got, err := DecodeJournal(Journal{[]Entry{e}}.Encode())
		if err != nil || len(got.Entries) != 1 || !reflect.DeepEqual(got.Entries[0], e) {
			t.Fatalf("%+v reads back as %+v, %v", e, got, err)
		}
	})
	journal := func(b ...byte) error {
		_, err := DecodeJournal(append([]byte{journalVersion, 1, byte(KindCancel), byte(Applied)}, b...))
		return err
	}
	bits := func(n uint64, b ...byte) []byte { return append(appendUint(nil, n), b...) }
	for name, b := range map[string][]byte{
		"nothing forgiven":          bits(hasForgiven, 0),
		"a name of no letters":      bits(hasName, 0),
		"recalled from nobody":      bits(hasRecalled, 0),
		"recalled from too many":    bits(hasRecalled, append([]byte{2}, make([]byte, 21)...)...),
		"a bucket of nothing taken": bits(hasRecalled, append(append([]byte{1}, make([]byte, 20)...), 1, 5, 0)...),
		"signed by nobody":          bits(hasBy, make([]byte, 20)...),
	} {
		if err := journal(b...); codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	if err := journal(bits(hasBurn)...); err != nil {
		t.Errorf("a correction itself: %v", err)
	}
}

// TestManyGifts: an account's record remembers the latest of its gifts, and those of the policy's days only.
func TestManyGifts(t *testing.T) {
	b := &batch{env: Env{Time: 20_000 * secondsPerDay}}
	b.rules.schedule = Schedule{{Version: 1, Policy: earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 7}}}
	p := &purse{}
	give := func(to byte, e Expiry) {
		t.Helper()
		if err := b.note(p, Account{to}, Buckets{{e, 5}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range byte(MaxGiven) {
		give(i, 1)
	}
	full := slices.Clone(p.rec.Given)
	give(9, 1) // the same gift once more
	if len(p.rec.Given) != MaxGiven || p.rec.Given[9].Amount != 10 {
		t.Errorf("%d gifts, the tenth %+v", len(p.rec.Given), p.rec.Given[9])
	}
	if full[9].Amount != 5 {
		t.Error("noting a gift changed the record that it was noted on top of")
	}
	give(9, 2) // of another month
	if len(p.rec.Given) != MaxGiven || p.rec.Given[0].To != (Account{1}) || p.rec.Given[MaxGiven-1] != (Given{Account{9}, 2, 5, 20_000}) {
		t.Errorf("after one gift too many the first is to %s, the last %+v", p.rec.Given[0].To, p.rec.Given[MaxGiven-1])
	}
	b.env.Time += 7 * secondsPerDay
	give(9, 1)
	if len(p.rec.Given) != MaxGiven {
		t.Errorf("after 7 days %d gifts are left", len(p.rec.Given))
	}
	b.env.Time += secondsPerDay
	give(9, 1)
	if want := []Given{{Account{9}, 1, 5, 20_007}, {Account{9}, 1, 5, 20_008}}; !slices.Equal(p.rec.Given, want) {
		t.Errorf("after 8 days there are left %+v", p.rec.Given)
	}
	b.rules.schedule[0].Policy = earn.Policy{}
	if give(9, 1); p.rec.Given != nil {
		t.Errorf("without recall %d gifts are kept", len(p.rec.Given))
	}
}

// TestNamedToRecall: what all accounts together are named with is bounded like any operation's credits.
func TestNamedToRecall(t *testing.T) {
	named := func(counts ...int) (list []NamedCredits) {
		for _, n := range counts {
			list = append(list, NamedCredits{Credits: make([]CreditRef, n)})
		}
		return list
	}
	b := &batch{}
	for _, list := range [][]NamedCredits{named(MaxCredits + 1), named(MaxCredits/2, MaxCredits/2+1), named(make([]int, MaxRecalled+1)...)} {
		if _, err := b.recipients(nil, nil, 0, list); codeOf(err) != CodeTooManyCredits {
			t.Errorf("%d accounts: %v, want too_many_credits", len(list), err)
		}
	}
	for _, list := range [][]NamedCredits{named(MaxCredits), named(MaxCredits/2, MaxCredits/2), named(make([]int, MaxRecalled)...)} {
		if _, err := b.recipients(nil, nil, 0, list); err != nil {
			t.Errorf("%d accounts: %v", len(list), err)
		}
	}
}
