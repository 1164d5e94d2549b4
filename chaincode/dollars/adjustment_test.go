package dollars

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawAdjustment(t *rapid.T) Adjustment {
	return Adjustment{
		Account: drawAccount(t), Amount: Amount(rapid.Int64Min(1).Draw(t, "amount")), Burn: rapid.Bool().Draw(t, "burn"),
		Months: rapid.Uint32().Draw(t, "months"), Reason: drawReason(t),
	}
}

func TestAdjustmentsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := AdjustmentRecord{
			Adjustment: drawAdjustment(t), Proposer: CertificateID(drawBytes(t, 32, "proposer")),
			Applied: rapid.Int64Min(0).Draw(t, "applied"),
		}
		if got, err := DecodeAdjustmentRecord(rec.Encode()); err != nil || got != rec {
			t.Fatalf("%+v reads back as %+v, %v", rec, got, err)
		}
		sum := AdjustedRecord{drawAmount(t)}
		if got, err := DecodeAdjustedRecord(sum.Encode()); err != nil || got != sum {
			t.Fatalf("%+v reads back as %+v, %v", sum, got, err)
		}
		propose := ProposeAdjustment{[32]byte(drawBytes(t, 32, "id")), rec.Adjustment}
		if got, err := DecodeOperation(EncodeOperation(propose)); err != nil || got != propose {
			t.Fatalf("%+v reads back as %+v, %v", propose, got, err)
		}
		approve := ApproveAdjustment{propose.ID, drawCredits(t)}
		got, err := DecodeOperation(EncodeOperation(approve))
		if back, ok := got.(ApproveAdjustment); err != nil || !ok || back.ID != approve.ID || !slices.Equal(back.Credits, approve.Credits) {
			t.Fatalf("%+v reads back as %+v, %v", approve, got, err)
		}
		key := ParseStateKey(AdjustmentKey(propose.ID))
		if key != (StateKey{Kind: StateAdjustment, Hash: propose.ID}) {
			t.Fatalf("%s is taken apart as %+v", AdjustmentKey(propose.ID), key)
		}
	})
}

func TestAdjustmentDecodersRefuse(t *testing.T) {
	// record is one of an account, with those bytes from the amount on.
	record := func(b ...byte) error {
		_, err := DecodeAdjustmentRecord(slices.Concat([]byte{1}, make([]byte, 20), b))
		return err
	}
	tail := append(make([]byte, 32), 0) // proposer, applied
	sum := func(b ...byte) error { _, err := DecodeAdjustedRecord(b); return err }
	long := append([]byte{1, 0, 1, MaxFactCode + 1}, strings.Repeat("x", MaxFactCode+1)...)
	for name, err := range map[string]error{
		"an adjustment of nothing":                 record(append([]byte{0, 0, 1, 1, 'r'}, tail...)...),
		"one that neither burns nor grants":        record(append([]byte{1, 2, 1, 1, 'r'}, tail...)...),
		"an amount in more bytes than it needs":    record(append([]byte{0x81, 0, 0, 1, 1, 'r'}, tail...)...),
		"an amount below zero":                     record(append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 1, 1, 'r'}, tail...)...),
		"months that no field holds":               record(append([]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 1, 'r'}, tail...)...),
		"a reason longer than any":                 record(append(long, tail...)...),
		"an adjustment that ends early":            record(append([]byte{1, 0, 1, 1, 'r'}, tail[1:]...)...),
		"an adjustment with something after":       record(append([]byte{1, 0, 1, 1, 'r', 0}, tail...)...),
		"an adjustment of another version":         func() error { _, err := DecodeAdjustmentRecord([]byte{2}); return err }(),
		"a sum of another version":                 sum(2, 1),
		"a sum with something after":               sum(1, 1, 0),
		"a sum in more bytes than it needs":        sum(1, 0x81, 0),
		"no sum":                                   sum(),
		"a proposal whose reason is not all there": func() error { _, err := DecodeOperation([]byte{byte(KindProposeAdjustment), 1}); return err }(),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	if err := record(append([]byte{1, 0, 1, 1, 'r'}, tail...)...); err != nil {
		t.Errorf("an adjustment itself: %v", err)
	}
	for name, key := range map[string]string{
		"an id in upper case":    "j/" + strings.ToUpper(AdjustmentKey([32]byte{0xab})[2:]),
		"an id a byte short":     AdjustmentKey([32]byte{1})[:64],
		"an id with more":        AdjustmentKey([32]byte{1}) + "00",
		"the sum of a day":       AdjustedKey(20_000),
		"a payee":                PayeeKey(Payee{Account{1}, Account{2}}),
		"the prefix of all ids":  adjustmentPrefix,
		"the prefix of all days": adjustedPrefix,
	} {
		if got := ParseStateKey(key); got.Kind != StateOther {
			t.Errorf("%s: %s is taken for kind %d", name, key, got.Kind)
		}
	}
}

func FuzzDecodeAdjustment(f *testing.F) {
	grant := Adjustment{Account: Account{1}, Amount: 5_00, Months: 12, Reason: "goodwill"}
	correction := Adjustment{Account: Account{1}, Amount: 5_00, Burn: true, Reason: "wrong-price"}
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeAdjustmentRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, AdjustmentRecord{grant, CertificateID{1}, 0}.Encode(), AdjustmentRecord{correction, CertificateID{1}, 1_793_534_400}.Encode())
}

// TestAdjustedAtTheBeginning: a transaction may say it is of 1970-01-01 00:00:00, which is no time to stand for "not yet".
func TestAdjustedAtTheBeginning(t *testing.T) {
	l := newLedger()
	set := standard
	policy := *set.Policy
	policy.AdjustmentDayMost = 100_00
	set.Policy = &policy
	if _, err := l.publish(set); err != nil {
		t.Fatal(err)
	}
	id, alice := [32]byte{1}, memberNamed("alice").account
	want := []Outcome{Applied, Applied, Duplicate}
	for i, step := range []struct {
		by Caller
		op Operation
	}{
		{operator, ProposeAdjustment{id, Adjustment{Account: alice, Amount: 1_00, Months: 1, Reason: "goodwill"}}},
		{callerNamed("AircncMSP", RoleOperator, "otto"), ApproveAdjustment{ID: id}},
		{callerNamed("AircncMSP", RoleOperator, "otto"), ApproveAdjustment{ID: id}},
	} {
		l.env.Caller = step.by
		res, err := l.run(encodeAll([]Operation{step.op}))
		if err != nil {
			t.Fatal(err)
		}
		if e := res.Journal.Entries[0]; e.Outcome != want[i] {
			t.Errorf("%s is %s %s, want %s", e.Kind, e.Outcome, e.Code, want[i])
		}
	}
	if l.supply.Adjusted != 1_00 {
		t.Errorf("%s were granted", l.supply.Adjusted)
	}
}
