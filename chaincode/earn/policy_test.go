package earn

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEncodingWithoutPolicyStays pins bytes that are on ledgers since before there were policies, and those with one.
func TestEncodingWithoutPolicyStays(t *testing.T) {
	const before = `{"name":"x","currency":"EUR","tables":[{"name":"t","hit":"first","rows":[{"id":"a","fixed":"0.10","months":1}]}],"tiers":[{"tier":"gold","nights":5}]`
	r := RuleSet{
		Name: "x", Currency: "EUR", Tiers: []Level{{Tier: "gold", Nights: 5}},
		Tables: []Table{{Name: "t", Hit: First, Rows: []Row{{ID: "a", Fixed: 10, Months: 1}}}},
	}
	if got := string(r.Encode()); got != before+"}" {
		t.Errorf("without a policy it is\n%s\nwant\n%s", got, before+"}")
	}
	r.Policy = &Policy{
		Reversal: ReversalRecall, RecallDays: 30, OrderMost: 500_00, DayMost: 1_000_00,
		CoolingSeconds: 86_400, CoolingMost: 50_00, RecoverySeconds: 259_200, AdjustmentDayMost: 5_000_00,
	}
	const policy = `,"policy":{"reversal":"recall","recallDays":30,"orderMost":"500.00","dayMost":"1000.00",` +
		`"coolingSeconds":86400,"coolingMost":"50.00","recoverySeconds":259200,"adjustmentDayMost":"5000.00"}}`
	if got := string(r.Encode()); got != before+policy {
		t.Errorf("with a policy it is\n%s\nwant\n%s", got, before+policy)
	}
}

// TestPolicyIsKept checks that a policy survives the ledger, is part of the hash, and changes nothing of what items earn.
func TestPolicyIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, other := drawRuleSet(t), drawRuleSet(t).Policy
		e, err := Compile(r)
		if err != nil {
			t.Fatal(err)
		}
		encoded := r.Encode()
		accepted, err := Accept(encoded)
		if err != nil || !bytes.Equal(accepted.RuleSet().Encode(), encoded) || !reflect.DeepEqual(accepted.RuleSet().Policy, r.Policy) {
			t.Fatalf("%s reads back with policy %+v, %v", encoded, accepted.RuleSet().Policy, err)
		}
		changed := r
		changed.Policy = other
		without, err := Compile(changed)
		if err != nil {
			t.Fatal(err)
		}
		if same := reflect.DeepEqual(r.Policy, other); same != (without.Hash() == e.Hash()) {
			t.Fatalf("policies %+v and %+v: hashes %s and %s", r.Policy, other, e.Hash(), without.Hash())
		}
		item := drawItem(t)
		room := func(_ Limit, _ *Row, want int64) (int64, error) { return want, nil }
		one, errOne := e.Evaluate(item, room)
		two, errTwo := without.Evaluate(item, room)
		if !reflect.DeepEqual(one, two) || (errOne == nil) != (errTwo == nil) {
			t.Fatalf("another policy makes %+v, %v out of %+v, %v", two, errTwo, one, errOne)
		}
	})
}

// TestCompiledPolicyIsACopy checks that nobody changes what was compiled.
func TestCompiledPolicyIsACopy(t *testing.T) {
	r := Standard()
	e, err := Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy.OrderMost = 1
	if got := e.RuleSet().Policy.OrderMost; got == 1 {
		t.Error("the evaluator's policy changed with that of the rule set it was compiled from")
	}
}

func TestPolicyInWords(t *testing.T) {
	for _, c := range []struct {
		policy *Policy
		want   string
	}{
		{nil, `What has to be taken back of an award and the account no longer has is owed, and later awards repay it.
Orders may move any number of points.
The recovery of an account takes 3 days from its approval, in which any old key can object.
No adjustments can be made.`},
		{&Policy{
			Reversal: ReversalRecall, RecallDays: 30, OrderMost: 500_00, DayMost: 1_000_00,
			CoolingSeconds: 90_000, CoolingMost: 50_00, RecoverySeconds: 90, AdjustmentDayMost: 5_000_00,
		}, `What has to be taken back of an award and the account no longer has is taken from those to whom the account gave points in the last 30 days, as far as they still have them; the rest is owed, and later awards repay it.
One order moves at most 500.00 points.
All orders of an account in one day (UTC) move at most 1000.00 points.
For 25 hours after the first transfer from one account to another, that account can send the other at most 50.00 points, in all.
The recovery of an account takes 90 seconds from its approval, in which any old key can object.
All adjustments of one day (UTC), granted and corrected, are at most 5000.00 points together.`},
		{&Policy{Reversal: ReversalWriteOff, DayMost: 1, RecoverySeconds: 60}, `What has to be taken back of an award and the account no longer has is forgiven.
All orders of an account in one day (UTC) move at most 0.01 points.
The recovery of an account takes 1 minute from its approval, in which any old key can object.
No adjustments can be made.`},
	} {
		if got := strings.Join(c.policy.Sentences(), "\n"); got != c.want {
			t.Errorf("%+v says\n%s\nwant\n%s", c.policy, got, c.want)
		}
	}
}
