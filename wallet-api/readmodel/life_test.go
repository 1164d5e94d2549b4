package readmodel

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// These tests fold entries that are made by hand: what the ledger writes for each kind is the ledger's to test.

var (
	alice  = dollars.Account{0xa1}
	bob    = dollars.Account{0xb0}
	carol  = dollars.Account{0xca}
	shop   = dollars.Account{0x50}
	family = dollars.Account{0xfa}
)

const (
	may  dollars.Expiry = 2028*12 + 4
	june                = may + 1
)

func points(e dollars.Expiry, a dollars.Amount) dollars.Buckets {
	return dollars.Buckets{{Expiry: e, Amount: a}}
}

// folded folds one block for each list of entries.
func folded(t *testing.T, v *Views, first uint64, blocks ...[]dollars.Entry) {
	t.Helper()
	for i, entries := range blocks {
		foldEntries(t, v, first+uint64(i), entries)
	}
}

func foldEntries(t *testing.T, v *Views, block uint64, entries []dollars.Entry, writes ...dollars.Write) {
	t.Helper()
	for i := range entries {
		entries[i].Outcome = dollars.Applied
	}
	foldAll(t, v, made(block, wallet.Transaction{
		ID: txID(block + 1000).String(), Time: int64(block) * 60, Valid: true, Journal: dollars.Journal{Entries: entries}, Writes: writes,
	}))
}

// earned gives an account points.
func earned(a dollars.Account, n byte, b dollars.Buckets) dollars.Entry {
	total, _ := b.Total()
	return dollars.Entry{Kind: dollars.KindComplete, Ref: [32]byte{n}, Account: a, Amount: total, Moved: b, After: dollars.BookingAwarded}
}

// has is what the view has of an account, in words.
func has(t *testing.T, v *Views, a dollars.Account) string {
	t.Helper()
	var s string
	err := v.Past(ctx, a, func(h wallet.Holding, _ iter.Seq[wallet.HistoryEntry]) error {
		for _, b := range h.Buckets {
			s += fmt.Sprintf("%s:%d ", b.Expiry, b.Amount)
		}
		s += fmt.Sprintf("held %d debt %d", h.Held, h.Debt)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// past is the kinds in an account's history, newest first.
func past(t *testing.T, v *Views, a dollars.Account) string {
	t.Helper()
	var kinds []string
	err := v.Past(ctx, a, func(_ wallet.Holding, history iter.Seq[wallet.HistoryEntry]) error {
		for h := range history {
			kinds = append(kinds, h.Entry.Kind.String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(kinds, " ")
}

func TestEveryKindIsFolded(t *testing.T) {
	v := opened(t, t.TempDir())
	folded(t, v, 0, []dollars.Entry{
		earned(alice, 1, dollars.Buckets{{Expiry: may, Amount: 100}, {Expiry: june, Amount: 50}}),
		earned(bob, 2, points(may, 100)),
	}, []dollars.Entry{
		{Kind: dollars.KindHold, Ref: [32]byte{3}, Account: alice, Other: shop, Amount: 120, Moved: dollars.Buckets{{Expiry: may, Amount: 100}, {Expiry: june, Amount: 20}}},
		{Kind: dollars.KindCapture, Ref: [32]byte{3}, Account: alice, Other: shop, Amount: 60, Moved: points(may, 60)},
		{Kind: dollars.KindRelease, Ref: [32]byte{3}, Account: alice, Amount: 60, Moved: points(june, 20), Expired: points(may, 40)},
	})
	if got := has(t, v, alice); got != "2028-06:50 held 0 debt 0" {
		t.Errorf("after a hold: %s", got)
	}
	folded(t, v, 2, []dollars.Entry{
		{Kind: dollars.KindClaim, Ref: [32]byte{4}, Account: alice, Amount: 10, Moved: points(june, 10), Name: "lounge", Link: [32]byte{9}},
		{Kind: dollars.KindUse, Ref: [32]byte{9}, Account: alice, Other: shop, Name: "lounge"},
		{Kind: dollars.KindForm, Ref: [32]byte{5}, Account: alice, Other: family},
		{Kind: dollars.KindInvite, Ref: [32]byte{6}, Account: alice, Other: bob, Amount: 50},
		{Kind: dollars.KindJoin, Ref: [32]byte{7}, Account: bob, Other: family, Amount: 50},
		{Kind: dollars.KindContribute, Ref: [32]byte{8}, Account: bob, Other: family, Amount: 60, Moved: points(may, 60)},
		{Kind: dollars.KindTransfer, Ref: [32]byte{10}, Account: family, Other: carol, By: alice, Amount: 25, Moved: points(may, 25)},
		{Kind: dollars.KindRedeem, Ref: [32]byte{11}, Account: alice, By: bob, Amount: 1, Moved: points(june, 1)}, // bob is also a key of alice's
	}, []dollars.Entry{
		{Kind: dollars.KindLeave, Ref: [32]byte{12}, Account: family, Other: bob, By: bob, Amount: 35, Moved: points(may, 35)},
	}, []dollars.Entry{
		{Kind: dollars.KindRedeem, Ref: [32]byte{13}, Account: family, By: bob, Amount: 0}, // he is a member no more
		{Kind: dollars.KindLeave, Ref: [32]byte{18}, Account: family, Other: alice, By: alice},
		{Kind: dollars.KindRedeem, Ref: [32]byte{19}, Account: family, By: alice, Amount: 0}, // the account is hers, and has its own history
	})
	for a, want := range map[dollars.Account]string{
		alice: "2028-06:39 held 0 debt 0", bob: "2028-05:75 held 0 debt 0", carol: "2028-05:25 held 0 debt 0", family: "held 0 debt 0",
	} {
		if got := has(t, v, a); got != want {
			t.Errorf("%x has %s, want %s", a[0], got, want)
		}
	}
	folded(t, v, 5, []dollars.Entry{
		{Kind: dollars.KindProposeAdjustment, Ref: [32]byte{14}, Account: carol, Amount: 7, Name: "goodwill"},
		{Kind: dollars.KindApproveAdjustment, Ref: [32]byte{14}, Account: carol, Amount: 7, Name: "goodwill", Moved: points(june, 7)},
		{Kind: dollars.KindApproveAdjustment, Ref: [32]byte{15}, Account: bob, Amount: 80, Burn: true, Moved: points(may, 75), Debt: 5},
		{Kind: dollars.KindCancel, Ref: [32]byte{1}, Account: alice, Amount: 150, Before: dollars.BookingAwarded, After: dollars.BookingReversed, Moved: points(june, 39), Forgiven: 86, Recalled: []dollars.Recalled{{Account: carol, Moved: points(may, 25)}}},
		{Kind: dollars.KindProposeRecovery, Account: carol, Other: shop},
		{Kind: dollars.KindRecover, Account: carol, Other: shop},
		{Kind: dollars.KindChangeKeys, Ref: [32]byte{16}, Account: carol, Other: shop},
		{Kind: dollars.KindSetReward, Ref: [32]byte{17}, Name: "lounge", Amount: 10},
	}, []dollars.Entry{
		earned(bob, 3, points(june, 10)),
		{Kind: dollars.KindAbsorb, Account: bob, Repaid: points(june, 5)},
		{Kind: dollars.KindAbsorb, Account: bob},
		{Kind: dollars.KindExpire, Account: carol, Expired: points(june, 7)},
	})
	for a, want := range map[dollars.Account]string{alice: "held 0 debt 0", bob: "2028-06:5 held 0 debt 0", carol: "held 0 debt 0"} {
		if got := has(t, v, a); got != want {
			t.Errorf("%x has %s, want %s", a[0], got, want)
		}
	}
	for a, want := range map[dollars.Account]string{
		alice:  "cancel leave redeem transfer invite form use claim release capture hold complete",
		bob:    "absorb complete approve-adjustment leave contribute join invite complete",
		carol:  "expire change-keys recover propose-recovery cancel approve-adjustment transfer",
		family: "redeem leave redeem leave transfer contribute join invite form",
		shop:   "use capture",
	} {
		if got := past(t, v, a); got != want {
			t.Errorf("history of %x: %s, want %s", a[0], got, want)
		}
	}
	at, err := v.Supply(ctx)
	want := dollars.Supply{Minted: 260, Adjusted: 7, Reversed: 69, Redeemed: 71, Expired: 47, WrittenOff: 75, Forgiven: 86}
	want.Bookings[dollars.BookingAwarded], want.Bookings[dollars.BookingReversed] = 2, 1
	if diff := cmp.Diff(want, at.Supply); diff != "" || err != nil || want.Outstanding() != 5 {
		t.Errorf("%v %s", err, diff)
	}
	for n, indexed := range map[byte]bool{3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 10: true, 12: true, 16: true, 9: false, 14: false, 1: false} {
		if o, err := v.Order(ctx, dollars.OrderID{n}); (err == nil) != indexed || (indexed && o.Entry.Ref != [32]byte{n}) || (err != nil && !errors.Is(err, wallet.ErrNotFound)) {
			t.Errorf("order %d: %+v, %v", n, o, err)
		}
	}
}

// holdWrite is a hold's record as the ledger writes it.
func holdWrite(id dollars.HoldID, until int64, left dollars.Buckets) dollars.Write {
	rec := dollars.HoldRecord{Merchant: shop, Until: until, Buckets: left, Released: len(left) == 0}
	return dollars.Write{Key: dollars.HoldKey(id), Value: rec.Encode()}
}

func TestHolds(t *testing.T) {
	v := opened(t, t.TempDir())
	id := func(n byte) dollars.HoldID { return dollars.HoldID{Account: alice, Order: dollars.OrderID{n}} }
	foldEntries(t, v, 0, []dollars.Entry{earned(alice, 1, points(may, 100))},
		dollars.Write{Key: dollars.Credit{Account: alice, Expiry: may}.Key(), Value: dollars.EncodeCredit(100)},
		dollars.Write{Key: dollars.BookingKey([32]byte{1}), Value: dollars.BookingRecord{State: dollars.BookingAwarded, Account: alice}.Encode()})
	hold := func(n byte) dollars.Entry {
		return dollars.Entry{Kind: dollars.KindHold, Ref: [32]byte{n}, Account: alice, Other: shop, Amount: 10, Moved: points(may, 10)}
	}
	spent := dollars.Write{Key: dollars.Credit{Account: alice, Expiry: may}.Key()}
	foldEntries(t, v, 1, []dollars.Entry{hold(9), hold(2), hold(5)}, spent,
		dollars.Write{Key: dollars.AccountKey(alice), Value: dollars.AccountRecord{Buckets: points(may, 70)}.Encode()},
		holdWrite(id(9), 500, points(may, 10)), holdWrite(id(2), 300, points(may, 10)), holdWrite(id(5), 400, points(may, 10)))
	if err := v.Check(ctx); err != nil {
		t.Fatal(err)
	}
	list := func(open bool) (s string) {
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, err := v.Holds(ctx, alice, open, cursor, 2)
			if err != nil || len(page) > 2 {
				t.Fatal(page, err)
			}
			for _, h := range page {
				s += fmt.Sprintf("%d:%d ", h.ID.Order[0], h.Record.Until)
				if h.Made.Block != 1 || h.Made.Entry.Amount != 10 || h.Made.Entry.Ref != h.ID.Order {
					t.Errorf("%+v", h)
				}
			}
			cursor = next
		}
		return s
	}
	past := func(now int64, limit int) (s string) {
		ids, err := v.HoldsPast(ctx, now, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			s += fmt.Sprint(id.Order[0], " ")
		}
		return s
	}
	if all, open := list(false), list(true); all != "5:400 2:300 9:500 " || open != all {
		t.Error(all, open)
	}
	if got := []string{past(299, 9), past(300, 9), past(1000, 9), past(1000, 2)}; !slices.Equal(got, []string{"", "2 ", "2 5 9 ", "2 5 "}) {
		t.Error(got)
	}
	foldEntries(t, v, 2, []dollars.Entry{
		{Kind: dollars.KindCapture, Ref: [32]byte{9}, Account: alice, Other: shop, Amount: 4, Moved: points(may, 4)},
		{Kind: dollars.KindCapture, Ref: [32]byte{5}, Account: alice, Other: shop, Amount: 10, Moved: points(may, 10)},
	}, holdWrite(id(9), 500, points(may, 6)), holdWrite(id(5), 400, nil))
	if all, open := list(false), list(true); all != "5:400 2:300 9:500 " || open != "2:300 9:500 " || past(1000, 9) != "2 9 " {
		t.Error(all, open, past(1000, 9))
	}
	if b, err := v.Balance(ctx, alice, 0); err != nil || b.Held != 16 || b.Available() != 70 {
		t.Errorf("%+v, %v", b, err)
	}
	if err := v.Check(ctx); err != nil {
		t.Error(err)
	}
	// A hold that no entry tells of is no hold of this ledger.
	bad := made(3, wallet.Transaction{ID: txID(7).String(), Valid: true, Writes: []dollars.Write{holdWrite(id(77), 1, points(may, 1))}})
	if err := v.Fold(ctx, bad); err == nil {
		t.Error("a hold out of nothing was folded")
	}
}

func TestVouchersAndRewards(t *testing.T) {
	v := opened(t, t.TempDir())
	entries := []dollars.Entry{earned(alice, 1, points(may, 100))}
	var writes []dollars.Write
	for n := range byte(3) {
		entries = append(entries, dollars.Entry{Kind: dollars.KindClaim, Ref: [32]byte{10 + n}, Account: alice, Amount: 5, Moved: points(may, 5), Name: "lounge", Link: [32]byte{20 + n}})
		rec := dollars.VoucherRecord{Account: alice, Reward: "lounge", Until: 1000}
		if n == 1 {
			rec.Used = 77
		}
		writes = append(writes, dollars.Write{Key: dollars.VoucherKey([32]byte{20 + n}), Value: rec.Encode()})
	}
	for id, stock := range map[string]dollars.Amount{"a": 0, "lounge": 100, "m": 30} {
		rec := dollars.RewardRecord{Reward: dollars.Reward{Price: 5, Stock: stock, Until: 1000}}
		writes = append(writes, dollars.Write{Key: dollars.RewardKey(id), Value: rec.Encode()})
	}
	pot := dollars.BudgetRecord{Total: 100, Left: 60}
	writes = append(writes,
		dollars.Write{Key: dollars.BudgetKey("@lounge"), Value: pot.Encode()},
		dollars.Write{Key: dollars.ShareKey("@lounge", 7), Value: dollars.EncodeShare(37)},
		dollars.Write{Key: dollars.ShareKey("lounge", 1), Value: dollars.EncodeShare(1000)}) // of a row of rules
	foldEntries(t, v, 0, entries, writes...)
	page, next, err := v.Vouchers(ctx, alice, "", 2)
	if err != nil || next == "" || len(page) != 2 || page[0].CodeHash != [32]byte{22} || page[1].Record.Used != 77 || page[1].Claimed.Entry.Name != "lounge" {
		t.Fatalf("%+v, %v", page, err)
	}
	if page, next, err = v.Vouchers(ctx, alice, next, 2); err != nil || next != "" || len(page) != 1 || page[0].CodeHash != [32]byte{20} {
		t.Errorf("%+v, %v", page, err)
	}
	rewards, err := v.Rewards(ctx, "", 2)
	if err != nil || len(rewards) != 2 || rewards[0].ID != "a" || rewards[1].ID != "lounge" || rewards[1].Left != 97 || rewards[1].Price != 5 {
		t.Errorf("%+v, %v", rewards, err)
	}
	if rewards, err = v.Rewards(ctx, "lounge", 2); err != nil || len(rewards) != 1 || rewards[0].ID != "m" {
		t.Errorf("%+v, %v", rewards, err)
	}
}

func TestSweepsLookAtSoManyAccounts(t *testing.T) {
	v := opened(t, t.TempDir())
	var entries []dollars.Entry
	var expired, expiring []dollars.Account
	for n := range byte(50) {
		a, e := dollars.Account{n, 1}, june
		switch {
		case n%10 == 9:
			e, expired = may-1, append(expired, a)
		case n%10 == 4:
			e, expiring = may, append(expiring, a)
		}
		entries = append(entries, earned(a, n, points(e, dollars.Amount(n)+1)))
	}
	folded(t, v, 0, entries)
	now := wallet.Month(may).Start()
	for _, looked := range []int{1, 7, 50, 1000} {
		for _, limit := range []int{1, 2, 100} {
			v.maxLooked = looked
			var gotExpired, gotExpiring []dollars.Account
			for after, more := (*dollars.Account)(nil), true; more; more = after != nil {
				page, next, err := v.Expired(ctx, after, now, limit)
				if err != nil || len(page) > limit {
					t.Fatal(page, err)
				}
				gotExpired, after = append(gotExpired, page...), next
			}
			for after, more := (*dollars.Account)(nil), true; more; more = after != nil {
				page, next, err := v.Expiring(ctx, after, []dollars.Expiry{may, may + 7}, limit)
				if err != nil || len(page) > limit {
					t.Fatal(page, err)
				}
				for _, h := range page {
					gotExpiring = append(gotExpiring, h.Account)
				}
				after = next
			}
			if diff := cmp.Diff(expired, gotExpired) + cmp.Diff(expiring, gotExpiring, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("looking at %d, at most %d: %s", looked, limit, diff)
			}
		}
	}
}
