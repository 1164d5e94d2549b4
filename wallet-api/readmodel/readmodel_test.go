package readmodel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func TestFoldRefusesGapsAndIgnoresRepeats(t *testing.T) {
	c := newChain(t)
	c.add(c.apply(dollars.RoleIssuer, confirm(1, newMember(t, 1).account, 500)))
	c.add()
	v := opened(t, t.TempDir())
	if err := v.Fold(ctx, c.blocks[1]); err == nil {
		t.Fatal("a gap was folded")
	}
	foldAll(t, v, c.blocks...)
	before, _ := v.Supply(ctx)
	foldAll(t, v, c.blocks...)
	after, err := v.Supply(ctx)
	if err != nil || before != after || after.Height != 3 || after.Supply.Pending != 500 {
		t.Fatalf("supply was %+v, then %+v, %v", before, after, err)
	}
	if err := v.Check(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestAccountsLife(t *testing.T) {
	alice, bob := newMember(t, 1), newMember(t, 2)
	c := newChain(t)
	v := opened(t, t.TempDir())
	c.add(c.apply(dollars.RoleIssuer, confirm(1, alice.account, 1000), confirm(2, alice.account, 300), confirm(3, bob.account, 0)))
	c.add(c.apply(dollars.RoleIssuer, dollars.Complete{Booking: bookingID(1)}))
	foldAll(t, v, c.blocks...)

	refs, err := v.Credits(ctx, alice.account, 400, 256)
	if err != nil || len(refs) != 1 {
		t.Fatalf("credits %v, %v", refs, err)
	}
	send, sent := alice.order(t, dollars.Order{Kind: dollars.KindTransfer, To: bob.account, Amount: 400, Deadline: c.time + 60}, refs)
	c.add(c.apply("", send), c.apply(dollars.RoleOperator, dollars.SetFrozen{Account: alice.account, Frozen: true, Reason: "test"}))
	c.add(c.apply(dollars.RoleIssuer, dollars.Cancel{Booking: bookingID(1)}, dollars.Complete{Booking: bookingID(9)}))
	foldAll(t, v, c.blocks[3:]...)

	b, err := v.Balance(ctx, alice.account, c.time)
	want := wallet.Balance{Account: alice.account, Height: 5, Pending: 300, Debt: 400, Frozen: "test", NextNonce: 2, SpentToday: 400}
	if diff := cmp.Diff(want, b); diff != "" || err != nil {
		t.Errorf("alice: %v\n%s", err, diff)
	}
	b, _ = v.Balance(ctx, bob.account, c.time)
	if b.Available() != 400 || b.NextNonce != 1 {
		t.Errorf("bob: %+v", b)
	}
	if b, _ = v.Balance(ctx, bob.account, c.time+3*366*24*3600); b.Available() != 0 {
		t.Errorf("bob in three years: %+v", b)
	}
	if o, err := v.Order(ctx, dollars.OrderID(sent)); err != nil || o.Block != 3 || o.TxID != c.blocks[3].Transactions[0].ID || o.Entry.Amount != 400 {
		t.Errorf("order: %+v, %v", o, err)
	}
	if _, err := v.Order(ctx, dollars.OrderID{1}); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("unknown order: %v", err)
	}
	tx, err := v.Transaction(ctx, c.blocks[4].Transactions[0].ID)
	wantTx := wallet.TransactionAt{Block: 4, Valid: true, Code: "VALID", Results: []wallet.Result{
		{Kind: dollars.KindCancel, Outcome: dollars.Applied, Amount: 1000, State: dollars.BookingReversed},
		{Kind: dollars.KindComplete, Outcome: dollars.Rejected, Code: dollars.CodeBookingUnknown},
	}}
	if diff := cmp.Diff(wantTx, tx); diff != "" || err != nil {
		t.Errorf("transaction: %v\n%s", err, diff)
	}
	if err := v.Check(ctx); err != nil {
		t.Error(err)
	}
	kinds := func(a dollars.Account) (s string) {
		list, _, err := v.History(ctx, a, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range list {
			s += h.Entry.Kind.String() + " "
		}
		return s
	}
	if got := kinds(alice.account); got != "cancel freeze transfer complete confirm confirm " {
		t.Errorf("alice's history: %s", got)
	}
	if got := kinds(bob.account); got != "transfer confirm " {
		t.Errorf("bob's history: %s", got)
	}
}

func TestInvalidTransactionsAndCopies(t *testing.T) {
	alice := newMember(t, 1)
	c := newChain(t)
	lost := wallet.Transaction{ID: txID(77).String(), Code: "MVCC_READ_CONFLICT", Time: c.time}
	good := c.apply(dollars.RoleIssuer, confirm(1, alice.account, 100))
	c.add(lost, good)
	c.add(wallet.Transaction{ID: good.ID, Code: "DUPLICATE_TXID"}, wallet.Transaction{ID: lost.ID, Code: "DUPLICATE_TXID"})
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	if tx, err := v.Transaction(ctx, lost.ID); err != nil || tx.Valid || tx.Code != "MVCC_READ_CONFLICT" || tx.Block != 1 || tx.Results != nil {
		t.Errorf("invalid: %+v, %v", tx, err)
	}
	if tx, err := v.Transaction(ctx, good.ID); err != nil || !tx.Valid || tx.Block != 1 || len(tx.Results) != 1 {
		t.Errorf("copied: %+v, %v", tx, err)
	}
	if _, err := v.Transaction(ctx, "none"); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if err := v.Check(ctx); err != nil {
		t.Error(err)
	}
}

func TestHistoryPagesStandStill(t *testing.T) {
	alice := newMember(t, 1)
	c := newChain(t)
	v := opened(t, t.TempDir())
	n := 0
	add := func(count int) {
		ops := make([]dollars.Operation, count)
		for i := range ops {
			n++
			ops[i] = confirm(n, alice.account, dollars.Amount(n))
		}
		c.add(c.apply(dollars.RoleIssuer, ops...))
		foldAll(t, v, c.blocks[len(c.blocks)-1])
	}
	foldAll(t, v, c.blocks...)
	add(7)
	add(4)
	var seen []dollars.Amount
	cursor := ""
	for {
		page, next, err := v.History(ctx, alice.account, cursor, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page {
			seen = append(seen, h.Entry.Amount)
		}
		if cursor = next; cursor == "" {
			break
		}
		add(1) // newer entries do not shift the page that comes next
	}
	if fmt.Sprint(seen) != "[0.11 0.10 0.09 0.08 0.07 0.06 0.05 0.04 0.03 0.02 0.01]" {
		t.Error(seen)
	}
	var refusal *wallet.Error
	for _, bad := range []string{"x", "AAAA", "=", "AAAAAAAAAAAAAAAAAAAAAB"} {
		if _, _, err := v.History(ctx, alice.account, bad, 3); !errors.As(err, &refusal) || refusal.Code != wallet.CodeCursorInvalid {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
}

func TestCreditsCoverTheOrder(t *testing.T) {
	alice := newMember(t, 1)
	c := newChain(t)
	v := opened(t, t.TempDir())
	// 40 credits of 10, in 40 transactions; the first five are a month older and will have expired.
	for i := range 40 {
		c.add(c.apply(dollars.RoleIssuer, confirm(i, alice.account, 10), dollars.Complete{Booking: bookingID(i)}))
		if i == 4 {
			c.time += 31 * 24 * 3600
		}
	}
	foldAll(t, v, c.blocks...)
	expired := time.Unix(c.time, 0).AddDate(2, 0, 0) // in the second credits' last month
	for _, test := range []struct {
		amount dollars.Amount
		now    time.Time
		limit  int
		want   int
	}{
		{50, time.Unix(c.time, 0), 256, 5 + beyond},
		{50, expired, 256, 5 + 5 + beyond},
		{50, expired, 7, 7},
		{1000, time.Unix(c.time, 0), 256, 40},
		{0, time.Unix(c.time, 0), 256, beyond},
	} {
		v.now = func() time.Time { return test.now }
		refs, err := v.Credits(ctx, alice.account, test.amount, test.limit)
		if err != nil || len(refs) != test.want {
			t.Errorf("%d at %s, at most %d: %d credits, want %d, %v", test.amount, test.now, test.limit, len(refs), test.want, err)
		}
		if !slices.IsSortedFunc(refs, compareCredits) {
			t.Errorf("%d at %s, at most %d: credits come in disorder", test.amount, test.now, test.limit)
		}
	}
}

// Check is only worth something if it finds what is wrong.
func TestCheckFindsDifferences(t *testing.T) {
	alice := newMember(t, 1)
	c := newChain(t)
	c.add(c.apply(dollars.RoleIssuer, confirm(1, alice.account, 10), dollars.Complete{Booking: bookingID(1)}, confirm(2, alice.account, 20)))
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	p := progress{}
	if err := v.view(func(txn *badger.Txn) (err error) {
		p, err = readProgress(txn)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	minted := p
	minted.supply.Minted++
	part := p
	part.steps = 1
	held := p
	held.supply.Held++
	granted := p
	granted.supply.Adjusted++
	forgotten := p
	forgotten.supply.Minted, forgotten.supply.WrittenOff = p.supply.Minted+1, 1
	stranger := dollars.AccountRecord{Debt: 1}
	housed := dollars.AccountRecord{Household: dollars.Account{8}}
	hold := dollars.HoldRecord{Until: 5, Buckets: dollars.Buckets{{Expiry: 24_000, Amount: 1}}}
	// altered is an account in which something is different.
	altered := func(id dollars.Account, change func(*account)) write {
		var own account
		if err := v.view(func(txn *badger.Txn) (err error) {
			own, err = readAccount(txn, id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		own = own.copied()
		change(&own)
		return write{accountKey(id), own.encode()}
	}
	nobody := dollars.Account{9}
	for name, w := range map[string]write{
		"a credit is gone":            altered(alice.account, func(a *account) { a.credits = nil }),
		"a credit is larger":          altered(alice.account, func(a *account) { a.credits[0].value = dollars.EncodeCredit(11) }),
		"a further credit is counted": altered(alice.account, func(a *account) { a.further++ }),
		"a credit nobody was told of": {stateKey(dollars.Credit{Account: nobody, Expiry: 24_000}.Key()), dollars.EncodeCredit(1)},
		"a booking is gone":           {stateKey(dollars.BookingKey(bookingID(2))), nil},
		"a debt nobody was told of":   altered(nobody, func(a *account) { a.record = stranger.Encode() }),
		"a balance is gone":           {accountKey(alice.account), nil},
		"a balance of nothing":        altered(nobody, func(a *account) { a.pending = 1 }),
		"a member of no household":    altered(nobody, func(a *account) { a.record = housed.Encode() }),
		"a hold nobody was told of":   {stateKey(dollars.HoldKey(dollars.HoldID{Account: alice.account})), hold.Encode()},
		"a hold that ends is none":    {holdEndKey(5, dollars.HoldID{Account: alice.account}), []byte{}},
		"more is held":                {progressKey, held.encode()},
		"more is granted":             {progressKey, granted.encode()},
		"more is written off":         {progressKey, forgotten.encode()},
		"the supply is larger":        {progressKey, minted.encode()},
		"a block is folded in part":   {progressKey, part.encode()},
		"a record cannot be read":     altered(alice.account, func(a *account) { a.record = []byte{99} }),
	} {
		before := replaced(t, v, w.key, w.value)
		if v.Check(ctx) == nil {
			t.Errorf("%s, and Check did not find it", name)
		}
		replaced(t, v, w.key, before)
		if err := v.Check(ctx); err != nil {
			t.Fatalf("%s, but no more: %v", name, err)
		}
	}
}

func TestViewsOfAnotherFormAreFoldedAnew(t *testing.T) {
	alice := newMember(t, 1)
	c := newChain(t)
	c.add(c.apply(dollars.RoleIssuer, confirm(1, alice.account, 500)))
	dir := t.TempDir()
	v := opened(t, dir)
	foldAll(t, v, c.blocks...)
	err := v.db.Update(func(txn *badger.Txn) error {
		written, err := disk.Get(txn, progressKey)
		if err != nil {
			return err
		}
		written[0]--
		return txn.Set(progressKey, written)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v = opened(t, dir)
	if height, err := v.Height(ctx); height != 0 || err != nil {
		t.Fatalf("height %d, %v", height, err)
	}
	if list, _, err := v.History(ctx, alice.account, "", 9); len(list) != 0 || err != nil {
		t.Errorf("an empty store has %v, %v", list, err)
	}
	foldAll(t, v, c.blocks...)
	if err := v.Check(ctx); err != nil {
		t.Error(err)
	}
}

// What a block adds to a history lies together, and pages may end in the middle of it.
func TestPagesEndAnywhere(t *testing.T) {
	v := opened(t, t.TempDir())
	var want []int
	for block := range uint64(3) {
		var entries []dollars.Entry
		for n := range perGroup + 7 {
			entries = append(entries, earned(alice, byte(n), points(may, dollars.Amount(len(want)+1))))
			want = append(want, n)
		}
		foldEntries(t, v, block, entries)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 50, perGroup, 1000} {
		var got []int
		for cursor, more := "", true; more; more = cursor != "" {
			page, next, err := v.History(ctx, alice, cursor, limit)
			if err != nil || len(page) > limit {
				t.Fatal(len(page), err)
			}
			for _, h := range page {
				if got = append(got, h.Index); h.Entry.Amount != dollars.Amount(len(want)-len(got)+1) {
					t.Fatalf("entry %d of block %d has amount %d", h.Index, h.Block, h.Entry.Amount)
				}
			}
			cursor = next
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %d entries, want %d", limit, len(got), len(want))
		}
	}
}

// Whoever sees a transaction sees all that became of it, wherever folding is interrupted.
func TestATransactionIsSeenWholeOrNotAtAll(t *testing.T) {
	v, err := open(t.TempDir(), 128<<10, Options{}) // the groups of one such transaction do not fit one of the store's
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var entries []dollars.Entry
	for n := range 300 {
		e := earned(alice, byte(n), points(may, 1))
		e.Outcome = dollars.Applied
		entries = append(entries, e)
	}
	b := made(0, wallet.Transaction{ID: txID(1).String(), Valid: true, Journal: dollars.Journal{Entries: entries}})
	interruptions := 0
	for err := error(context.Canceled); err != nil; interruptions++ {
		if err = v.Fold(&interrupted{ctx, 0}, b); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		at, unseen := v.Transaction(ctx, txID(1).String())
		if unseen == nil && len(at.Results) != len(entries) {
			t.Errorf("valid, with %d of %d results", len(at.Results), len(entries))
		}
	}
	if interruptions < 2 {
		t.Error("folding was not interrupted")
	}
}
