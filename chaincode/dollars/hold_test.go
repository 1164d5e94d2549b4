package dollars

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// shop is the merchant of most tests, by its certificate.
var shop = callerNamed("DestinasiaMSP", RoleMerchant, "shop")

// setAside is a ledger on which alice, who had 2.00, holds 1.00 for bob; and the hold's order.
func setAside(t testing.TB) (*ledger, OrderID) {
	t.Helper()
	l, _ := awarded(t)
	alice := memberNamed("alice")
	o := alice.order(Order{
		Kind: KindHold, To: memberNamed("bob").account, Amount: 1_00, Until: l.env.Time + secondsPerDay, Nonce: 1, Deadline: l.env.Time,
	}, l.state.credits(alice.account))
	l.applied(t, o)
	return l, o.ID(l.env.Currency, testChannel, testChaincode)
}

// applied runs operations that must all be applied.
func (l *ledger) applied(t testing.TB, ops ...Operation) []Entry {
	t.Helper()
	res, err := l.run(encodeAll(ops))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range res.Journal.Entries {
		if e.Outcome != Applied {
			t.Fatalf("operation %d, %s: %s %s", i, e.Kind, e.Outcome, e.Code)
		}
	}
	return res.Journal.Entries
}

// capturing takes an amount of alice's hold for bob.
func capturing(l *ledger, id OrderID, amount Amount, reference int) SignedOrder {
	o := Order{Kind: KindCapture, To: memberNamed("alice").account, Amount: amount, Ref: id, Deadline: l.env.Time}
	binary.BigEndian.PutUint32(o.Reference[:], uint32(reference))
	return memberNamed("bob").order(o, nil)
}

// TestHoldRecord: any record that Apply may write reads back as itself, and has no second spelling.
func TestHoldRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := HoldRecord{
			Merchant: drawAccount(t), Until: rapid.Int64Min(1).Draw(t, "until"), Buckets: drawBuckets(t),
			Captures: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Captured {
				return Captured{[32]byte(drawBytes(t, 32, "reference")), drawAmount(t)}
			}), 1, 3).Draw(t, "captures"),
		}
		rec.Released = len(rec.Buckets) == 0
		if rapid.Bool().Draw(t, "of a household") {
			rec.Member = Account(append([]byte{1}, drawBytes(t, 19, "member")...))
		}
		if got, err := DecodeHoldRecord(rec.Encode()); err != nil || !reflect.DeepEqual(got, rec) {
			t.Fatalf("%+v reads back as %+v, %v", rec, got, err)
		}
	})
	hold := func(b ...byte) error {
		_, err := DecodeHoldRecord(slices.Concat([]byte{1}, make([]byte, 20), b))
		return err
	}
	for name, err := range map[string]error{
		"no end":                 hold(0, 0, 0, 0),
		"an end in two bytes":    hold(0x81, 0, 0, 0, 0),
		"a bit too many":         hold(1, 0, 4, 0),
		"no member":              hold(append([]byte{1, 0, 2}, make([]byte, 21)...)...),
		"parts of nobody":        hold(1, 0, 4, 0, 0),
		"a part of nothing":      hold(append(append([]byte{1, 0, 4, 1}, make([]byte, 20)...), 0, 0)...),
		"released by halves":     hold(1, 1, 9, 1, 1, 0),
		"a bucket of nothing":    hold(1, 1, 9, 0, 0, 0),
		"more captures than are": hold(1, 0, 0, 1),
		"something after":        hold(1, 0, 0, 0, 0),
		"nothing":                func() error { _, err := DecodeHoldRecord(nil); return err }(),
		"another version": func() error {
			_, err := DecodeHoldRecord(append([]byte{2}, HoldRecord{Until: 1}.Encode()[1:]...))
			return err
		}(),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("a hold with %s: %v, want malformed", name, err)
		}
	}
	for name, err := range map[string]error{"the plainest": hold(1, 0, 0, 0), "an open": hold(1, 1, 9, 1, 0, 0)} {
		if err != nil {
			t.Errorf("%s hold: %v", name, err)
		}
	}
}

// TestCaptures: a hold is captured in so many parts and no more, each once; the rest can only be released.
func TestCaptures(t *testing.T) {
	l, id := setAside(t)
	for i := range MaxCaptures {
		l.applied(t, capturing(l, id, 1, i+1))
	}
	res, err := l.run(encodeAll([]Operation{capturing(l, id, 1, MaxCaptures+1), capturing(l, id, 1, MaxCaptures)}))
	if err != nil {
		t.Fatal(err)
	}
	if e := res.Journal.Entries; e[0].Code != CodeHoldCaptures || e[1].Outcome != Duplicate {
		t.Errorf("a part too many is %s %s, and the last once more %s", e[0].Outcome, e[0].Code, e[1].Outcome)
	}
	release := memberNamed("bob").order(Order{Kind: KindRelease, To: memberNamed("alice").account, Ref: id, Deadline: l.env.Time}, nil)
	if e := l.applied(t, release)[0]; e.Amount != 1_00-MaxCaptures {
		t.Errorf("%s are released", e.Amount)
	}
}

// TestHoldAgainstModel: a hold is an amount, an end and what was taken by which reference, whatever comes in which order.
func TestHoldAgainstModel(t *testing.T) {
	start, id := setAside(t)
	end := start.env.Time + secondsPerDay
	alice := memberNamed("alice").account
	rapid.Check(t, func(t *rapid.T) {
		l := start.clone()
		left, taken := Amount(1_00), map[int]Amount{}
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			l.env.Time = rapid.SampledFrom([]int64{l.env.Time, l.env.Time, end - 1, end}).Draw(t, "time")
			var ops []Operation
			var want []Outcome
			for range rapid.IntRange(1, 4).Draw(t, "operations") {
				if rapid.IntRange(0, 5).Draw(t, "releases") == 5 {
					ops = append(ops, SignedOrder{Order: Order{Kind: KindRelease, To: alice, Ref: id}})
					switch {
					case left == 0:
						want = append(want, Duplicate)
					case l.env.Time < end:
						want = append(want, Rejected)
					default:
						left, want = 0, append(want, Applied)
					}
					continue
				}
				amount := Amount(rapid.SampledFrom([]int{1, 10, 40, 60, 100, 101}).Draw(t, "amount"))
				reference := rapid.IntRange(1, 5).Draw(t, "reference")
				ops = append(ops, capturing(l, id, amount, reference))
				before, known := taken[reference]
				switch {
				case known && before == amount:
					want = append(want, Duplicate)
				case known || amount > left || l.env.Time >= end:
					want = append(want, Rejected)
				default:
					left, taken[reference], want = left-amount, amount, append(want, Applied)
				}
			}
			for i, e := range l.mustRun(t, ops) {
				if e.Outcome != want[i] {
					t.Fatalf("operation %d, %s, is %s %s; the model says %s", i, e.Kind, e.Outcome, e.Code, want[i])
				}
			}
			if l.supply.Held != left || l.supply.Redeemed != sumOf(taken) {
				t.Fatalf("%s are held and %s redeemed; the model says %s and %s", l.supply.Held, l.supply.Redeemed, left, sumOf(taken))
			}
		}
	})
}

func sumOf(taken map[int]Amount) (total Amount) {
	for _, a := range taken {
		total += a
	}
	return total
}

// TestReadsOfMerchants: a merchant's order reads what it is about, and of the merchant whether its key may sign; never the
// account whose points they are, so that it can spend meanwhile. An unsigned one of nobody reads nothing but to release.
func TestReadsOfMerchants(t *testing.T) {
	l, id := setAside(t)
	alice, bob := memberNamed("alice").account, memberNamed("bob").account
	hold := HoldKey(HoldID{alice, id})
	release := Order{Kind: KindRelease, To: alice, Ref: id, Deadline: l.env.Time}
	capture := capturing(l, id, 1, 1)
	many := capture
	many.Credits = make([]CreditRef, MaxCredits+1)
	few := capture
	few.Credits = []CreditRef{{24_346, TxID{1}}}
	unsigned := capture
	unsigned.From = Account{}
	code := [32]byte{7}
	use := Order{Kind: KindUse, Ref: code, Reference: [32]byte{1}, Deadline: l.env.Time}
	for name, c := range map[string]struct {
		op   SignedOrder
		by   Caller
		keys []string
	}{
		"a capture":                        {capture, issuer, []string{AccountKey(bob), hold}},
		"a capture that names credits":     {few, issuer, []string{AccountKey(bob), hold}},
		"a capture that names too many":    {many, issuer, nil},
		"a capture of nobody":              {unsigned, issuer, nil},
		"a capture by a certificate":       {unsigned, shop, []string{hold}},
		"a release":                        {memberNamed("bob").order(release, nil), issuer, []string{AccountKey(bob), hold}},
		"a release at its end":             {SignedOrder{Order: release}, Caller{}, []string{hold}},
		"the use of a voucher":             {memberNamed("bob").order(use, nil), issuer, []string{AccountKey(bob), VoucherKey(CodeHash(code))}},
		"the use of one by a certificate":  {SignedOrder{Order: use}, shop, []string{VoucherKey(CodeHash(code))}},
		"the use of one by no certificate": {SignedOrder{Order: use}, operator, nil},
	} {
		s := &spy{memory: l.state}
		env := l.next()
		env.Caller = c.by
		if _, err := Apply(env, []Operation{c.op}, s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		slices.Sort(s.read)
		if !slices.Equal(s.read, c.keys) {
			t.Errorf("%s reads %q, want %q", name, s.read, c.keys)
		}
	}
}
