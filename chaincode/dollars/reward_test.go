package dollars

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestShopRecords: any record of a reward or a voucher that Apply may write reads back as itself, and has no second
// spelling.
func TestShopRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reward := RewardRecord{drawReward(t)}
		reward.Price = max(1, reward.Price)
		if got, err := DecodeRewardRecord(reward.Encode()); err != nil || got != reward {
			t.Fatalf("%+v reads back as %+v, %v", reward, got, err)
		}
		voucher := VoucherRecord{
			Account: drawAccount(t), Reward: drawReason(t), Until: rapid.Int64Min(0).Draw(t, "until"), Merchant: drawAccount(t),
			Used: rapid.Int64Min(0).Draw(t, "used"),
		}
		voucher.Account[0] = 1
		if voucher.Used != 0 {
			voucher.Reference = [32]byte(drawBytes(t, 32, "reference"))
		}
		if got, err := DecodeVoucherRecord(voucher.Encode()); err != nil || !reflect.DeepEqual(got, voucher) {
			t.Fatalf("%+v reads back as %+v, %v", voucher, got, err)
		}
	})
	nobody := make([]byte, 20)
	reward := func(b ...byte) error { _, err := DecodeRewardRecord(b); return err }
	voucher := func(version byte, account byte, b ...byte) error {
		_, err := DecodeVoucherRecord(slices.Concat([]byte{version, account}, nobody[1:], b))
		return err
	}
	end := func(used byte, reference ...byte) []byte {
		return slices.Concat([]byte{1, 'm', 1}, nobody, []byte{used}, reference, make([]byte, 32-len(reference)))
	}
	for name, err := range map[string]error{
		"a reward without bytes":       reward(),
		"a reward of another version":  reward(slices.Concat([]byte{2, 1, 0, 0, 1, 1}, nobody)...),
		"a reward for nothing":         reward(slices.Concat([]byte{1, 0, 0, 0, 1, 1}, nobody)...),
		"a stock of 0 in two bytes":    reward(slices.Concat([]byte{1, 1, 0x80, 0, 0, 1, 1}, nobody)...),
		"a reward of half a merchant":  reward(slices.Concat([]byte{1, 1, 0, 0, 1, 1}, nobody[1:])...),
		"a reward and more":            reward(slices.Concat([]byte{1, 1, 0, 0, 1, 1}, nobody, []byte{0})...),
		"a voucher of another version": voucher(2, 1, end(0)...),
		"a voucher of nobody":          voucher(1, 0, end(0)...),
		"a voucher of a long reward":   voucher(1, 1, slices.Concat([]byte{MaxRewardID + 1}, make([]byte, 99))...),
		"a reference of no use":        voucher(1, 1, end(0, 1)...),
		"a voucher and more":           voucher(1, 1, append(end(0), 0)...),
		"a voucher that ends early":    voucher(1, 1, end(0)[:54]...),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	for name, err := range map[string]error{
		"a reward": reward(slices.Concat([]byte{1, 1, 0, 0, 1, 1}, nobody)...), "a voucher": voucher(1, 1, end(0)...), "a used one": voucher(1, 1, end(1, 1)...),
	} {
		if err != nil {
			t.Errorf("%s itself: %v", name, err)
		}
	}
}

// offering is a ledger with a reward for 0.01, of which there are so many; 0 is without end.
func offering(t testing.TB, stock Amount) *ledger {
	t.Helper()
	l, _ := awarded(t)
	by := l.env.Caller
	l.env.Caller = shop
	l.applied(t, SetReward{"mug", Reward{Price: 1, Stock: stock, Until: l.env.Time + secondsPerDay, Days: 1}})
	l.env.Caller = by
	return l
}

// claiming is the n-th claim of the reward; each makes a voucher of its own.
func claiming(l *ledger, by member, n int) SignedOrder {
	o := Order{Kind: KindClaim, Amount: 1, Ref: RewardID("mug"), Nonce: uint64(n), Deadline: l.env.Time}
	binary.BigEndian.PutUint32(o.Reference[:], uint32(n))
	return by.order(o, l.state.credits(by.account))
}

// TestReadsOfClaims: a claim reads its account, the reward, and that the code is new; a stock only where there is one, and
// of it the share of its lane alone while that lasts. So claims of one reward meet nowhere.
func TestReadsOfClaims(t *testing.T) {
	alice := memberNamed("alice")
	for name, c := range map[string]struct {
		stock  Amount
		lanes  []uint8
		claims int // in each lane, before
		stocks [][]string
	}{
		"a reward without end": {0, []uint8{1, 2}, 0, [][]string{nil, nil}},
		"a stock at first":     {1000, []uint8{1}, 0, [][]string{{BudgetKey("@mug"), ShareKey("@mug", 1)}}},
		"a stock":              {1000, []uint8{1, 2}, 1, [][]string{{ShareKey("@mug", 1)}, {ShareKey("@mug", 2)}}},
	} {
		l := offering(t, c.stock)
		n := 0
		for range c.claims {
			for _, l.env.Lane = range c.lanes {
				n++
				l.applied(t, claiming(l, alice, n))
			}
		}
		n++
		for i, lane := range c.lanes {
			s := &spy{memory: l.state}
			env := l.next()
			env.Lane = lane
			o := claiming(l, alice, n)
			res, err := Apply(env, []Operation{o}, s)
			if err != nil || res.Journal.Entries[0].Outcome != Applied {
				t.Fatalf("%s: %+v, %v", name, res.Journal, err)
			}
			want := append([]string{AccountKey(alice.account), ScheduleKey, RewardKey("mug"), VoucherKey(o.Reference)}, c.stocks[i]...)
			for _, ref := range o.Credits {
				want = append(want, ref.Of(alice.account).Key())
			}
			slices.Sort(s.read)
			slices.Sort(want)
			if !slices.Equal(s.read, want) {
				t.Errorf("%s, lane %d: a claim reads %q, want %q", name, lane, s.read, want)
			}
			for _, w := range res.Writes {
				if k := ParseStateKey(w.Key); k.Kind == StateReward || k.Kind == StateShare && k.Lane != lane {
					t.Errorf("%s: a claim in lane %d writes %s", name, lane, w.Key)
				}
			}
		}
	}
}

// TestClaimsSeldomMeet: 100 batches of ten claims of one reward, of which a block takes as many as do not meet: how many
// blocks that is, where 20 could take all.
func TestClaimsSeldomMeet(t *testing.T) {
	for stock, want := range map[Amount]int{0: 20, 100_000: 23, 2_000: 23, 1_200: 28} {
		l := offering(t, stock)
		var batches [][]Operation
		for n := range 100 {
			// Everybody has enough, and no two batches are by the same members.
			var ops []Operation
			for i := range 10 {
				m := memberNamed(string(rune('a'+n%26)) + string(rune('a'+n/26)) + string(rune('a'+i)))
				l.state[AccountKey(m.account)] = AccountRecord{Buckets: Buckets{{month(t, "2028-11"), 1}}}.Encode()
				o := Order{Kind: KindClaim, Amount: 1, Ref: RewardID("mug"), Nonce: 1, Deadline: l.env.Time}
				binary.BigEndian.PutUint32(o.Reference[:], uint32(10*n+i+1))
				ops = append(ops, m.order(o, nil))
			}
			batches = append(batches, ops)
		}
		if got := l.blocksFor(t, batches); got != want {
			t.Errorf("a stock of %d takes %d blocks, not %d", stock, got, want)
		}
	}
}

// TestStockIsClaimedToTheLast: whatever lanes claims come in, no more are applied than there are pieces; and one after the
// other in all lanes they get the last.
func TestStockIsClaimedToTheLast(t *testing.T) {
	alice, one := memberNamed("alice"), offering(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		l := one.clone()
		stock := rapid.IntRange(1, 60).Draw(t, "stock")
		rec, err := DecodeRewardRecord(l.state[RewardKey("mug")])
		if err != nil {
			t.Fatal(err)
		}
		l.env.Caller, rec.Stock = shop, Amount(stock)
		l.mustRun(t, []Operation{SetReward{"mug", rec.Reward}})
		got, n := 0, 0
		claim := func() {
			n++
			if l.mustRun(t, []Operation{claiming(l, alice, n)})[0].Outcome == Applied {
				got++
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "claims") {
			l.env.Lane = uint8(rapid.IntRange(0, Lanes-1).Draw(t, "lane"))
			claim()
		}
		for l.env.Lane = range uint8(Lanes) {
			for range stock + 1 {
				claim()
			}
		}
		if got != stock {
			t.Fatalf("%d of %d pieces were claimed", got, stock)
		}
	})
}

// TestClaimOfNoText: an order may name any 32 bytes as its reward. No peer is asked for a key that is not text, which would
// fail the whole batch and everybody else's order in it.
func TestClaimOfNoText(t *testing.T) {
	l := offering(t, 0)
	l.env.Caller = shop
	alice := memberNamed("alice")
	for _, ref := range [][32]byte{{}, {0xff}, {'m', 'u', 'g', 0, 'x'}, {'m', 'u', 'g', '/'}, {'M', 'u', 'g'}, {'@', 'm', 'u', 'g'}} {
		o := Order{Kind: KindClaim, Amount: 1, Ref: ref, Reference: [32]byte{1}, Nonce: 1, Deadline: l.env.Time}
		s := &spy{memory: l.state}
		res, err := Apply(l.next(), []Operation{alice.order(o, l.state.credits(alice.account)), SetReward{ID: string(ref[:])}}, s)
		if e := res.Journal.Entries; err != nil || e[0].Code != CodeRewardUnknown || e[1].Code != CodeRewardInvalid {
			t.Errorf("%q is claimed: %+v, %v", ref, res.Journal, err)
		}
		for _, key := range s.read {
			if !utf8.ValidString(key) || ParseStateKey(key).Kind == StateReward {
				t.Errorf("for %q %q is read", ref, key)
			}
		}
	}
}
