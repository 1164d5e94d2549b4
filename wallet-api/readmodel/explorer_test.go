package readmodel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
	"github.com/google/go-cmp/cmp"
)

// everything is a page of the whole ledger.
func everything(limit int) wallet.Listing { return wallet.Listing{To: ^uint64(0), Limit: limit} }

// confirmed are blocks after the rules, each of so many transactions of three confirmations.
func confirmed(t tester, blocks, perBlock int) *chain {
	c := newChain(t)
	n := 0
	for range blocks {
		var txs []wallet.Transaction
		for range perBlock {
			var ops []dollars.Operation
			for range 3 {
				n++
				ops = append(ops, confirm(n, dollars.Account{9, byte(n)}, 100))
			}
			txs = append(txs, c.apply(dollars.RoleIssuer, ops...))
		}
		c.add(txs...)
	}
	return c
}

func TestListsStandStillWhileBlocksCome(t *testing.T) {
	c := confirmed(t, 30, 3)
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks[:10]...)
	at := tell(t, c.blocks[:10])
	// A block comes between any two pages.
	next := 10
	come := func() {
		foldAll(t, v, c.blocks[next])
		next++
	}
	var ops []wallet.HistoryEntry
	for l := everything(17); ; come() {
		page, err := v.ListOperations(ctx, l, nil)
		if err != nil || page.Height != uint64(next) {
			t.Fatal(page.Height, err)
		}
		ops = append(ops, page.Items...)
		if l.Cursor = page.Next; l.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(newest(at.ops, everything(0), func(h wallet.HistoryEntry) uint64 { return h.Block }), ops); diff != "" {
		t.Error(diff)
	}
	if next == 10 {
		t.Error("no block came")
	}
	var numbers []uint64
	for l := everything(4); ; come() {
		page, err := v.ListBlocks(ctx, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Items {
			numbers = append(numbers, b.Number)
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			break
		}
	}
	for i, n := range numbers {
		if n != uint64(len(numbers)-1-i) {
			t.Fatalf("blocks are listed as %v", numbers)
		}
	}
}

func TestAnAccountsOperationsInARangeOfBlocks(t *testing.T) {
	c := newChain(t)
	alice := dollars.Account{7}
	for n := range 6 {
		c.add(c.apply(dollars.RoleIssuer, confirm(2*n, alice, 100), confirm(2*n+1, alice, 100)))
	}
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	for _, test := range []struct {
		from, to uint64
		want     string
	}{
		{0, 99, "6.1 6.0 5.1 5.0 4.1 4.0 3.1 3.0 2.1 2.0 1.1 1.0"},
		{2, 3, "3.1 3.0 2.1 2.0"},
		{6, ^uint64(0), "6.1 6.0"},
		{7, 9, ""},
		{0, 0, ""},
	} {
		var got []string
		for l := (wallet.Listing{From: test.from, To: test.to, Limit: 3}); ; {
			page, err := v.ListOperations(ctx, l, &alice)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range page.Items {
				got = append(got, fmt.Sprintf("%d.%d", h.Block, h.Index))
			}
			if l.Cursor = page.Next; l.Cursor == "" {
				break
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("blocks %d to %d: %v, want %s", test.from, test.to, got, test.want)
		}
	}
}

// Transactions are dated by who creates them, and may be ordered the other way round.
func TestDaysNeverGoBackwards(t *testing.T) {
	c := newChain(t) // at midnight, 2026-03-10
	day := func(n int64, booking int) wallet.Transaction {
		tx := c.apply(dollars.RoleIssuer, confirm(booking, dollars.Account{7}, 100))
		tx.Time += n*24*3600 + int64(booking)
		return tx
	}
	invalid := wallet.Transaction{ID: dollars.TxID{0xff}.String(), Code: "BAD_CREATOR_SIGNATURE", Time: 1 << 60}
	c.add(day(0, 1), day(1, 2)) // block 1 is of both days, and so of the second
	c.add(day(0, 3))            // late, and so of the second too
	c.add(invalid)              // may say anything
	c.add(day(4, 4))            // two days nothing happened
	c.add(day(3, 5))
	v := opened(t, t.TempDir())
	if h, err := v.SupplyHistory(ctx, wallet.DayRange{Step: 1, Limit: 9}); err != nil || len(h.Points) != 0 || h.Next != nil {
		t.Fatalf("before the first block: %+v, %v", h, err)
	}
	foldAll(t, v, c.blocks...)
	if err := v.Check(ctx); err != nil {
		t.Fatal(err)
	}
	date := func(s string) *dollars.Date {
		d, err := dollars.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	for _, test := range []struct {
		name string
		q    wallet.DayRange
		want string
	}{
		{"all", wallet.DayRange{Step: 1, Limit: 9}, "03-10:1:0.00 03-11:4:3.00 03-12:4:3.00 03-13:4:3.00 03-14:6:5.00"},
		{"the last two", wallet.DayRange{Step: 1, Limit: 2}, "03-13:4:3.00 03-14:6:5.00"},
		{"every third, back from the end", wallet.DayRange{Step: 3, Limit: 9}, "03-11:4:3.00 03-14:6:5.00"},
		{"every third, from a day", wallet.DayRange{Step: 3, Limit: 9, From: date("2026-03-08")}, "03-11:4:3.00 03-14:6:5.00"},
		{"one page", wallet.DayRange{Step: 1, Limit: 2, From: date("2026-03-01")}, "03-10:1:0.00 03-11:4:3.00 then 03-12"},
		{"the next page", wallet.DayRange{Step: 1, Limit: 3, From: date("2026-03-12"), To: date("2026-03-31")}, "03-12:4:3.00 03-13:4:3.00 03-14:6:5.00"},
		{"until a day", wallet.DayRange{Step: 1, Limit: 9, To: date("2026-03-11")}, "03-10:1:0.00 03-11:4:3.00"},
		{"before the first", wallet.DayRange{Step: 1, Limit: 9, To: date("2026-03-09")}, ""},
		{"from the start of time", wallet.DayRange{Step: 366, Limit: 9, From: date("1970-01-01")}, ""},
		{"to the end of time", wallet.DayRange{Step: 1, Limit: 1, To: date("9999-12-31")}, "03-14:6:5.00"},
		{"after the last", wallet.DayRange{Step: 1, Limit: 9, From: date("2026-03-15")}, ""},
	} {
		h, err := v.SupplyHistory(ctx, test.q)
		var got []string
		for _, p := range h.Points {
			got = append(got, fmt.Sprintf("%s:%d:%s", p.Day.String()[5:], p.Height, p.Supply.Pending))
		}
		if h.Next != nil {
			got = append(got, "then "+h.Next.String()[5:])
		}
		if text := strings.Join(got, " "); err != nil || text != test.want || h.Height != 6 {
			t.Errorf("%s: %s at height %d, %v; want %s", test.name, text, h.Height, err, test.want)
		}
	}
}

func TestEverythingIsFound(t *testing.T) {
	v := opened(t, t.TempDir())
	hold := dollars.HoldID{Account: alice, Order: dollars.OrderID{9}}
	trip := dollars.TripID{3}
	first, second := dollars.BookingID{3, 31: 1}, dollars.BookingID{3, 31: 2}
	state := func(key string, value []byte) dollars.Write { return dollars.Write{Key: key, Value: value} }
	awarded := dollars.BookingRecord{State: dollars.BookingAwarded, Account: alice}.Encode()
	reward := dollars.RewardRecord{Reward: dollars.Reward{Price: 5, Until: 9, Days: 1}}.Encode()
	foldEntries(t, v, 0, []dollars.Entry{
		earned(alice, 1, points(may, 100)),
		{Kind: dollars.KindHold, Ref: [32]byte{9}, Account: alice, Other: shop, Amount: 10, Moved: points(may, 10)},
		{Kind: dollars.KindRedeem, Ref: [32]byte{8}, Account: alice, Amount: 10, Moved: points(may, 10)},
	}, holdWrite(hold, 500, points(may, 10)), state(dollars.BookingKey(first), awarded), state(dollars.BookingKey(second), awarded),
		state(dollars.VoucherKey([32]byte{9}), dollars.VoucherRecord{Account: alice}.Encode()), state(dollars.RewardKey("42"), reward),
		state(dollars.AdjustmentKey([32]byte{8}), dollars.AdjustmentRecord{}.Encode()))
	word := func(w [32]byte) wallet.Names { return wallet.Names{Word: &w} }
	zero, one, account, nobody := uint64(0), uint64(1), alice, dollars.Account{0xee}
	holdID := alice.String() + "/" + dollars.WordText([32]byte{9})
	for _, test := range []struct {
		n    wallet.Names
		want string
	}{
		{wallet.Names{Number: &zero}, "block 0"},
		{wallet.Names{Number: &one}, ""},
		{word(blockHash(0)), "block 0"},
		{word(txID(1000)), "transaction " + txID(1000).String()},
		{word([32]byte{9}), "order " + dollars.WordText([32]byte{9}) + ", hold " + holdID + ", voucher " + dollars.WordText([32]byte{9})},
		{word([32]byte{8}), "order " + dollars.WordText([32]byte{8}) + ", adjustment " + dollars.TxID{8}.String()},
		{word(first), "booking " + first.String()},
		{word([32]byte{77}), ""},
		{wallet.Names{Trip: &trip}, "booking " + first.String() + ", booking " + second.String()},
		{wallet.Names{Account: &account}, "account " + alice.String()},
		{wallet.Names{Account: &nobody}, ""},
		{wallet.Names{Hold: &hold}, "hold " + holdID},
		{wallet.Names{Number: &zero, Reward: "42"}, "block 0, reward 42"},
		{wallet.Names{Reward: "43"}, ""},
	} {
		result, err := v.Find(ctx, test.n, 9)
		var got []string
		for _, f := range result.Found {
			got = append(got, string(f.What)+" "+f.ID)
		}
		if strings.Join(got, ", ") != test.want || err != nil || result.Height != 1 {
			t.Errorf("%+v is %q at height %d, %v; want %q", test.n, got, result.Height, err, test.want)
		}
	}
	if result, err := v.Find(ctx, wallet.Names{Trip: &trip}, 1); err != nil || len(result.Found) != 1 {
		t.Errorf("at most one: %+v, %v", result, err)
	}
	if r, height, err := v.Reward(ctx, "42"); err != nil || r.Price != 5 || height != 1 {
		t.Errorf("the reward is %+v at %d, %v", r, height, err)
	}
	if _, _, err := v.Reward(ctx, "43"); !errors.Is(err, wallet.ErrNotFound) {
		t.Errorf("no reward: %v", err)
	}
	if value, height, err := v.Record(ctx, dollars.BookingKey(first)); err != nil || string(value) != string(awarded) || height != 1 {
		t.Errorf("the record is %x at %d, %v", value, height, err)
	}
	if value, _, err := v.Record(ctx, dollars.BookingKey([32]byte{77})); err != nil || value != nil {
		t.Errorf("no record: %x, %v", value, err)
	}
}

func TestCursorsAreOfTheirList(t *testing.T) {
	c := confirmed(t, 3, 3)
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	_, inBlock, err := v.BlockContent(ctx, 1, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := dollars.ParseTxID(c.blocks[1].Transactions[0].ID)
	_, inTx, err := v.TransactionContent(ctx, id, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := dollars.ParseTxID(c.blocks[2].Transactions[0].ID)
	_, _, err1 := v.BlockContent(ctx, 2, inBlock.Next, 1)
	_, _, err2 := v.TransactionContent(ctx, other, inTx.Next, 1)
	_, err3 := v.ListBlocks(ctx, wallet.Listing{Cursor: "x", Limit: 1})
	_, err4 := v.ListOperations(ctx, wallet.Listing{Cursor: strings.Repeat("_", 200), Limit: 1}, nil)
	for i, err := range []error{err1, err2, err3, err4} {
		var refused *wallet.Error
		if !errors.As(err, &refused) || refused.Code != wallet.CodeCursorInvalid || refused.Field != "/cursor" {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestCheckFindsDifferencesOfBlocks(t *testing.T) {
	c := confirmed(t, 3, 2)
	v := opened(t, t.TempDir())
	foldAll(t, v, c.blocks...)
	block := func(change func(*wallet.BlockSummary)) (key, value []byte) {
		err := v.view(func(txn *badger.Txn) error {
			b, err := readBlock(txn, 1)
			change(&b)
			key, value = blockKey(1), encodeBlock(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return key, value
	}
	type damage struct{ key, value []byte }
	damages := map[string]damage{
		"a hash leads elsewhere":       {hashKey(blockHash(1)), encodeNumber(2)},
		"a hash leads nowhere":         {hashKey(blockHash(1)), nil},
		"a day begins elsewhere":       {dayKey(dollars.DateOf(c.time)), encodeNumber(2)},
		"a day too many":               {dayKey(dollars.DateOf(c.time) + 9), encodeNumber(2)},
		"a transaction is gone":        {headerKey(txPlace{1, 0}), nil},
		"operations are gone":          {entriesKey(txPlace{1, 0}, 0), nil},
		"a block is gone":              {blockKey(1), nil},
		"a transaction counts another": {headerKey(txPlace{1, 0}), header{id: txID(4), time: c.time, valid: true, code: "VALID"}.encode()},
	}
	for name, change := range map[string]func(*wallet.BlockSummary){
		"another supply":     func(b *wallet.BlockSummary) { b.Supply.Pending++ },
		"more transactions":  func(b *wallet.BlockSummary) { b.Transactions++ },
		"fewer are valid":    func(b *wallet.BlockSummary) { b.Valid-- },
		"more operations":    func(b *wallet.BlockSummary) { b.Operations.Applied++ },
		"another time":       func(b *wallet.BlockSummary) { b.Last++ },
		"it follows another": func(b *wallet.BlockSummary) { b.PreviousHash[0]++ },
		"another hash":       func(b *wallet.BlockSummary) { b.Hash[0]++ },
	} {
		key, value := block(change)
		damages[name] = damage{key, value}
	}
	for name, d := range damages {
		before := replaced(t, v, d.key, d.value)
		if v.Check(ctx) == nil {
			t.Errorf("%s, and Check did not find it", name)
		}
		replaced(t, v, d.key, before)
		if err := v.Check(ctx); err != nil {
			t.Fatalf("%s, but no more: %v", name, err)
		}
	}
}

// replaced writes a value, nil for none, and returns what was there.
func replaced(t *testing.T, v *Views, key, value []byte) (before []byte) {
	t.Helper()
	err := v.db.Update(func(txn *badger.Txn) (err error) {
		if before, err = disk.Get(txn, key); err != nil {
			return err
		}
		if value == nil {
			return txn.Delete(key)
		}
		return txn.Set(key, value)
	})
	if err != nil {
		t.Fatal(err)
	}
	return before
}
