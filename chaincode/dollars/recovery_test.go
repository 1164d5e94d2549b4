package dollars

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawRecovery(t *rapid.T) RecoveryRecord {
	return RecoveryRecord{
		Key:      Account(append(drawBytes(t, 19, "key"), 1)), // never the zero address
		Proposer: rapid.StringN(0, 40, 255).Draw(t, "proposer"),
		Approved: rapid.Int64Min(0).Draw(t, "approved"), Completable: rapid.Int64Min(0).Draw(t, "completable"),
	}
}

// drawMemberRecord draws the record of an account with everything that few accounts have.
func drawMemberRecord(t *rapid.T) AccountRecord {
	rec := AccountRecord{Debt: drawAmount(t), Buckets: drawBuckets(t)}
	for range rapid.IntRange(0, MaxKeys).Draw(t, "keys") {
		rec.Keys = append(rec.Keys, drawAccount(t))
	}
	if rapid.Bool().Draw(t, "in a household") {
		rec.Household = Account(append(drawBytes(t, 19, "household"), 1))
	}
	if rapid.Bool().Draw(t, "a household") {
		rec.Pool = &Pool{}
		for range rapid.IntRange(1, MaxHousehold).Draw(t, "members") {
			rec.Pool.Members = append(rec.Pool.Members, Pooled{
				Account: drawAccount(t), Joined: rapid.Bool().Draw(t, "joined"), DayLimit: drawAmount(t),
				Day: Spent{Date(rapid.Int32Min(0).Draw(t, "day")), drawAmount(t)}, Share: drawBuckets(t),
			})
		}
	}
	return rec
}

// TestMemberRecordsRoundTrip: what households, keys and recoveries put on the ledger reads back as itself.
func TestMemberRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account := drawMemberRecord(t)
		if got, err := DecodeAccountRecord(account.Encode()); err != nil || !reflect.DeepEqual(got, account) {
			t.Fatalf("%+v reads back as %+v, %v", account, got, err)
		}
		recovery := drawRecovery(t)
		if got, err := DecodeRecoveryRecord(recovery.Encode()); err != nil || got != recovery {
			t.Fatalf("%+v reads back as %+v, %v", recovery, got, err)
		}
		op := Recovery{
			Step:    rapid.SampledFrom([]Kind{KindProposeRecovery, KindApproveRecovery, KindRecover}).Draw(t, "step"),
			Account: drawAccount(t), Key: drawAccount(t),
		}
		if got, err := DecodeOperation(EncodeOperation(op)); err != nil || got != Operation(op) {
			t.Fatalf("%+v reads back as %+v, %v", op, got, err)
		}
		key := StateKey{Kind: StateRecovery, Account: op.Account}
		if got := ParseStateKey(RecoveryKey(op.Account)); got != key {
			t.Fatalf("the key is taken apart as %+v, want %+v", got, key)
		}
	})
}

// TestMemberDecodersRefuse shows the second spellings that their encoding could have, and has not.
func TestMemberDecodersRefuse(t *testing.T) {
	account := func(bits byte, rest ...[]byte) error {
		_, err := DecodeAccountRecord(append([]byte{recordVersion, bits, 0, 0, 0, 0}, slices.Concat(rest...)...))
		return err
	}
	recovery := func(parts ...[]byte) error { _, err := DecodeRecoveryRecord(slices.Concat(parts...)); return err }
	a := memberNamed("alice").account
	head := slices.Concat([]byte{1}, a[:])
	for name, err := range map[string]error{
		"keys of none":                     account(hasKeys, []byte{0}),
		"more keys than bytes":             account(hasKeys, []byte{2}, a[:]),
		"a household of the zero address":  account(hasHousehold, make([]byte, 20)),
		"half a household's address":       account(hasHousehold, a[:10]),
		"a household of nobody":            account(hasPool, []byte{0}),
		"a household of two that has one":  account(hasPool, []byte{2}, a[:], []byte{1, 0, 0, 0, 0}),
		"a member who joined twice":        account(hasPool, head, []byte{2, 0, 0, 0, 0}),
		"a share of nothing":               account(hasPool, head, []byte{1, 0, 0, 0, 1, 5, 0}),
		"shares out of order":              account(hasPool, head, []byte{1, 0, 0, 0, 2, 5, 1, 4, 1}),
		"a limit in two bytes":             account(hasPool, head, []byte{1, 0x80, 0, 0, 0, 0}),
		"a household and something after":  account(hasPool, head, []byte{1, 0, 0, 0, 0, 0}),
		"a recovery by the zero address":   recovery([]byte{recordVersion}, make([]byte, 20), []byte{1, 'A', 0, 0}),
		"a recovery of another version":    recovery([]byte{2}, a[:], []byte{1, 'A', 0, 0}),
		"a recovery with something after":  recovery([]byte{recordVersion}, a[:], []byte{1, 'A', 0, 0, 0}),
		"a recovery that ends early":       recovery([]byte{recordVersion}, a[:], []byte{1, 'A', 0}),
		"a recovery approved in two bytes": recovery([]byte{recordVersion}, a[:], []byte{1, 'A', 0x80, 0, 0}),
		"no recovery":                      recovery(nil),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	for name, err := range map[string]error{
		"a key":        account(hasKeys, head),
		"a household":  account(hasPool, head, []byte{1, 0, 0, 0, 0}),
		"a membership": account(hasHousehold, a[:]),
		"a recovery":   recovery([]byte{recordVersion}, a[:], []byte{1, 'A', 0, 0}),
	} {
		if err != nil {
			t.Errorf("%s itself: %v", name, err)
		}
	}
}

func FuzzDecodeRecovery(f *testing.F) {
	fuzzDecoder(f, func(data []byte) ([]byte, error) {
		rec, err := DecodeRecoveryRecord(data)
		if err != nil {
			return nil, err
		}
		return rec.Encode(), nil
	}, RecoveryRecord{Key: Account{1}, Proposer: "AircncMSP"}.Encode(), RecoveryRecord{Key: Account{1}, Approved: 1_793_534_400, Completable: 1_793_793_600}.Encode())
}

// pooled is a ledger with a household of alice, bob and carl, of whom carl signs with his tablet only.
func pooled(t *testing.T) (l *ledger, household Account) {
	t.Helper()
	l, _ = awarded(t)
	alice, bob, carl := memberNamed("alice"), memberNamed("bob"), memberNamed("carl")
	order := func(m member, o Order) SignedOrder {
		o.Deadline = l.env.Time
		return m.order(o, l.state.credits(m.account))
	}
	form := order(alice, Order{Kind: KindForm, Nonce: 1})
	household = NewHousehold(form.ID(l.env.Currency, testChannel, testChaincode))
	res, err := l.run(encodeAll([]Operation{
		form,
		order(alice, Order{Kind: KindInvite, To: household, Other: bob.account, Amount: 1, Nonce: 2}),
		order(alice, Order{Kind: KindInvite, To: household, Other: carl.account, Amount: 1, Nonce: 3}),
		order(alice, Order{Kind: KindInvite, To: household, Other: memberNamed("dora").account, Amount: 1, Nonce: 4}),
		order(bob, Order{Kind: KindJoin, To: household, Amount: 1, Nonce: 1}),
		order(carl, Order{Kind: KindJoin, To: household, Amount: 1, Nonce: 1}),
		order(carl, Order{Kind: KindChangeKeys, To: memberNamed("tablet").account, Other: carl.account, Nonce: 2}),
		order(alice, Order{Kind: KindContribute, To: household, Amount: 3_00, Nonce: 5}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range res.Journal.Entries {
		if e.Outcome != Applied {
			t.Fatalf("%s: %s", e.Kind, e.Code)
		}
	}
	return l, household
}

// TestReadsOfHouseholds: orders of a household read whose key signed, and all members only where that is not the key that
// their address is of, and then at once; the others read the accounts they name.
func TestReadsOfHouseholds(t *testing.T) {
	l, household := pooled(t)
	l.env.Caller = operator
	names := map[string]string{"smiths": AccountKey(household), "rules": ScheduleKey}
	for _, name := range []string{"alice", "bob", "carl", "dora"} {
		names[name], names[name+"'s recovery"] = AccountKey(memberNamed(name).account), RecoveryKey(memberNamed(name).account)
	}
	a := func(name string) Account { return memberNamed(name).account }
	signed := func(by string, o Order) Operation {
		o.Deadline = l.env.Time
		if o.From.IsZero() {
			o.From = a(by)
		}
		return SignedOrder{Order: o, Signature: memberNamed(by).sign(o, testChannel)}
	}
	redeem := Order{Kind: KindRedeem, From: household, Amount: 1, Nonce: 1}
	formed := signed("dora", Order{Kind: KindForm, Nonce: 1}).(SignedOrder)
	names["the new one"] = AccountKey(NewHousehold(formed.ID(l.env.Currency, testChannel, testChaincode)))
	for _, c := range []struct {
		name  string
		op    Operation
		reads []string
		goes  int
		code  Code
	}{
		{"the head spends", signed("alice", redeem), []string{"smiths", "rules", "alice"}, 2, ""},
		{"a member spends", signed("bob", redeem), []string{"smiths", "rules", "bob"}, 2, ""},
		{"a member spends with another key", signed("tablet", redeem), []string{"smiths", "rules", "alice", "bob", "carl"}, 2, ""},
		{"a key that signs no more", signed("carl", redeem), []string{"smiths", "rules", "carl", "alice", "bob"}, 3, CodeSignatureInvalid},
		{"who is only invited", signed("dora", redeem), []string{"smiths", "rules", "alice", "bob", "carl"}, 2, CodeSignatureInvalid},
		{"form", formed, []string{"dora", "the new one"}, 1, ""},
		{"invite", signed("alice", Order{Kind: KindInvite, To: household, Other: a("dora"), Nonce: 6}), []string{"alice", "smiths"}, 1, ""},
		{"join", signed("dora", Order{Kind: KindJoin, To: household, Amount: 1, Nonce: 1}), []string{"dora", "smiths"}, 1, ""},
		{"contribute", signed("alice", Order{Kind: KindContribute, To: household, Amount: 1, Nonce: 6}), []string{"alice", "smiths", "rules"}, 1, ""},
		{"leave", signed("bob", Order{Kind: KindLeave, To: household, Other: a("bob"), Nonce: 2}), []string{"bob", "smiths"}, 1, ""},
		{"put out", signed("alice", Order{Kind: KindLeave, To: household, Other: a("bob"), Nonce: 6}), []string{"alice", "bob", "smiths"}, 1, ""},
		{"change keys", signed("bob", Order{Kind: KindChangeKeys, To: a("phone"), Nonce: 2}), []string{"bob"}, 1, ""},
		{"object", signed("bob", Order{Kind: KindObject, To: a("phone"), Nonce: 2}), []string{"bob", "bob's recovery"}, 1, CodeRecoveryUnknown},
		{"propose", Recovery{KindProposeRecovery, a("bob"), a("phone")}, []string{"bob", "bob's recovery", "rules"}, 1, ""},
		{"recover", Recovery{KindRecover, a("bob"), a("phone")}, []string{"bob", "bob's recovery", "rules"}, 1, CodeRecoveryUnknown},
	} {
		s := &spy{memory: l.state}
		res, err := Apply(l.next(), []Operation{c.op}, s)
		if err != nil || res.Journal.Entries[0].Code != c.code {
			t.Errorf("%s: %+v, %v", c.name, res.Journal.Entries, err)
		}
		var want []string
		for _, name := range c.reads {
			want = append(want, names[name])
		}
		slices.Sort(s.read)
		slices.Sort(want)
		if !slices.Equal(s.read, want) || s.goes != c.goes {
			t.Errorf("%s reads %q in %d goes, want %q in %d", c.name, s.read, s.goes, want, c.goes)
		}
	}
}

// TestReadsOfUnauthorizedRecoveries: who is no operator makes nobody read anything.
func TestReadsOfUnauthorizedRecoveries(t *testing.T) {
	l, _ := pooled(t)
	alice, phone := memberNamed("alice").account, memberNamed("phone").account
	for _, caller := range []Caller{{}, issuer, anna, callerNamed("AircncMSP", RoleIssuer, "eve")} {
		l.env.Caller = caller
		s := &spy{memory: l.state}
		res, err := Apply(l.next(), []Operation{
			Recovery{KindProposeRecovery, alice, phone}, Recovery{KindApproveRecovery, alice, phone},
		}, s)
		if err != nil || len(s.read) > 0 {
			t.Errorf("%s makes peers read %q, %v", caller.Role, s.read, err)
		}
		for _, e := range res.Journal.Entries {
			if e.Code != CodeNotAuthorized {
				t.Errorf("%s: %s is %s %s", caller.Role, e.Kind, e.Outcome, e.Code)
			}
		}
	}
}

// TestRefusedHouseholds: what is refused in the middle of a batch has changed nothing, though pools are shared by pointer.
func TestRefusedHouseholds(t *testing.T) {
	l, household := pooled(t)
	before := slices.Clone(l.state[AccountKey(household)])
	bob := memberNamed("bob")
	redeem := func(amount Amount) SignedOrder {
		o := Order{Kind: KindClaim, From: household, Amount: amount, Reference: [32]byte{1}, Nonce: 1, Deadline: l.env.Time} // of no such reward
		return SignedOrder{Order: o, Signature: bob.sign(o, testChannel)}
	}
	res, err := l.run(encodeAll([]Operation{redeem(1), redeem(1), redeem(2)}))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Code{CodeRewardUnknown, CodeRewardUnknown, CodeHouseholdLimit} {
		if got := res.Journal.Entries[i].Code; got != want {
			t.Errorf("order %d: %q, want %q", i, got, want)
		}
	}
	if !slices.Equal(l.state[AccountKey(household)], before) || len(res.Writes) > 0 {
		t.Errorf("refused orders wrote %+v", res.Writes)
	}
}
