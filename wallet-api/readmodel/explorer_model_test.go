package readmodel

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// told is the ledger as one tells it who simply goes through all blocks; lists are oldest first.
type told struct {
	blocks []wallet.BlockSummary
	txs    []wallet.TransactionSummary
	ops    []wallet.HistoryEntry
	clocks []int64 // after each block
}

func tell(t tester, blocks []wallet.Block) *told {
	t.Helper()
	all := &told{}
	seen := map[string]bool{}
	var supply dollars.Supply
	var clock int64
	for _, b := range blocks {
		sum := wallet.BlockSummary{Number: b.Number, Hash: b.Hash, PreviousHash: b.PreviousHash, DataHash: b.DataHash, Size: uint64(b.Size)}
		for _, tx := range b.Transactions {
			if seen[tx.ID] {
				continue // a copy
			}
			seen[tx.ID] = true
			out := wallet.TransactionSummary{
				ID: tx.ID, Block: b.Number, Index: tx.Index, Time: tx.Time, Valid: tx.Valid, Code: tx.Code, Creator: tx.Creator,
			}
			for i, e := range tx.Journal.Entries {
				if err := supply.Fold(e); err != nil {
					t.Fatal(err)
				}
				out.Operations.Count(e.Outcome)
				e.Explanation = [32]byte{} // not kept
				all.ops = append(all.ops, wallet.HistoryEntry{Block: b.Number, TxID: tx.ID, Index: i, Time: tx.Time, Entry: e})
			}
			all.txs = append(all.txs, out)
			sum.Transactions++
			sum.Operations.Add(out.Operations)
			if tx.Valid {
				if sum.Last = max(sum.Last, tx.Time); sum.Valid == 0 || tx.Time < sum.First {
					sum.First = tx.Time
				}
				sum.Valid++
				clock = max(clock, tx.Time)
			}
		}
		sum.Supply = supply
		all.blocks, all.clocks = append(all.blocks, sum), append(all.clocks, clock)
	}
	return all
}

// supplyAt is the supply at the end of a day; false before the first.
func (a *told) supplyAt(day dollars.Date) (at wallet.SupplyAt, some bool) {
	for i, clock := range a.clocks {
		if clock > 0 && dollars.DateOf(clock) <= day {
			some = true
		}
		if dollars.DateOf(clock) <= day {
			at = wallet.SupplyAt{Height: uint64(i) + 1, Supply: a.blocks[i].Supply}
		}
	}
	return at, some
}

// newest is a list newest first, of some blocks.
func newest[V any](list []V, l wallet.Listing, block func(V) uint64) []V {
	list = slices.DeleteFunc(slices.Clone(list), func(v V) bool { return block(v) < l.From || block(v) > l.To })
	slices.Reverse(list)
	return list
}

// collect is what all pages of a list have together.
func collect[V any](t tester, height int, list func(cursor string) (wallet.Page[V], error)) (all []V) {
	t.Helper()
	for cursor, more := "", true; more; more = cursor != "" {
		page, err := list(cursor)
		if err != nil {
			t.Fatal(err)
		}
		if page.Height != uint64(height) {
			t.Fatal("a page is of height", page.Height, "at", height)
		}
		all, cursor = append(all, page.Items...), page.Next
	}
	return all
}

// compareLedger holds what is told of the ledger itself against the blocks.
func (g *generator) compareLedger(v *Views, blocks []wallet.Block) {
	t := g.rapid
	all := tell(t, blocks)
	l := wallet.Listing{To: ^uint64(0), Limit: g.int("page", 1, 9)}
	if g.int("range", 0, 1) == 1 {
		l.From = uint64(g.int("from", 0, len(blocks)))
		l.To = l.From + uint64(g.int("blocks listed", 0, 3))
	}
	differ := func(what string, want, got any) {
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s of blocks %d to %d: %s", what, l.From, l.To, diff)
		}
	}
	differ("blocks", newest(all.blocks, l, func(b wallet.BlockSummary) uint64 { return b.Number }),
		collect(t, len(blocks), func(cursor string) (wallet.Page[wallet.BlockSummary], error) {
			l.Cursor = cursor
			return v.ListBlocks(ctx, l)
		}))
	differ("transactions", newest(all.txs, l, func(tx wallet.TransactionSummary) uint64 { return tx.Block }),
		collect(t, len(blocks), func(cursor string) (wallet.Page[wallet.TransactionSummary], error) {
			l.Cursor = cursor
			return v.ListTransactions(ctx, l)
		}))
	differ("operations", newest(all.ops, l, func(h wallet.HistoryEntry) uint64 { return h.Block }),
		collect(t, len(blocks), func(cursor string) (wallet.Page[wallet.HistoryEntry], error) {
			l.Cursor = cursor
			return v.ListOperations(ctx, l, nil)
		}))
	g.compareContents(v, all)
	g.compareDays(v, all)
}

// compareContents looks into a block, and into a transaction.
func (g *generator) compareContents(v *Views, all *told) {
	t := g.rapid
	limit := g.int("content page", 1, 9)
	b := rapid.SampledFrom(all.blocks).Draw(t, "block")
	txs := collect(t, len(all.blocks), func(cursor string) (wallet.Page[wallet.TransactionSummary], error) {
		got, page, err := v.BlockContent(ctx, b.Number, cursor, limit)
		if got != b {
			t.Fatalf("block %d is %+v, want %+v", b.Number, got, b)
		}
		return page, err
	})
	inBlock := slices.DeleteFunc(slices.Clone(all.txs), func(tx wallet.TransactionSummary) bool { return tx.Block != b.Number })
	if diff := cmp.Diff(inBlock, txs, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("transactions in block %d: %s", b.Number, diff)
	}
	tx := rapid.SampledFrom(all.txs).Draw(t, "transaction")
	id, err := dollars.ParseTxID(tx.ID)
	if err != nil {
		t.Fatal(err)
	}
	ops := collect(t, len(all.blocks), func(cursor string) (wallet.Page[wallet.HistoryEntry], error) {
		got, page, err := v.TransactionContent(ctx, id, cursor, limit)
		if got != tx {
			t.Fatalf("transaction %s is %+v, want %+v", id, got, tx)
		}
		return page, err
	})
	inTx := slices.DeleteFunc(slices.Clone(all.ops), func(h wallet.HistoryEntry) bool { return h.TxID != tx.ID })
	if diff := cmp.Diff(inTx, ops, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("operations in transaction %s: %s", id, diff)
	}
	height := uint64(len(all.blocks))
	if _, _, err := v.BlockContent(ctx, height, "", limit); !errors.Is(err, wallet.ErrNotFound) {
		t.Fatalf("block %d is there at its height: %v", height, err)
	}
	for name, want := range map[[32]byte]wallet.Found{
		b.Hash: {What: wallet.ThingBlock, ID: strconv.FormatUint(b.Number, 10)}, id: {What: wallet.ThingTransaction, ID: tx.ID},
	} {
		if found, err := v.Find(ctx, wallet.Names{Word: &name}, 1); err != nil || !slices.Contains(found.Found, want) || found.Height != height {
			t.Fatalf("looking for %x: %+v, %v", name, found, err)
		}
	}
}

func (g *generator) compareDays(v *Views, all *told) {
	t := g.rapid
	last := dollars.DateOf(all.clocks[len(all.clocks)-1])
	q := wallet.DayRange{Step: g.int("step", 1, 40), Limit: g.int("points", 1, 30)}
	day := last - dollars.Date(q.Step*(q.Limit-1))
	if g.int("from a day", 0, 1) == 1 {
		day = last - dollars.Date(g.int("days ago", -2, 300))
		from := day
		q.From = &from
	}
	to := last
	if g.int("to a day", 0, 1) == 1 {
		to += dollars.Date(g.int("days more", -20, 2))
		until := to
		if q.To = &until; q.From == nil {
			day = min(to, last) - dollars.Date(q.Step*(q.Limit-1))
		}
	}
	var want []wallet.SupplyPoint
	for ; day <= min(to, last) && len(want) < q.Limit; day += dollars.Date(q.Step) {
		if at, some := all.supplyAt(day); some {
			want = append(want, wallet.SupplyPoint{Day: day, SupplyAt: at})
		}
	}
	got, err := v.SupplyHistory(ctx, q)
	if diff := cmp.Diff(want, got.Points, cmpopts.EquateEmpty()); diff != "" || err != nil || got.Height != uint64(len(all.blocks)) {
		t.Fatalf("supply %+v at height %d: %v %s", q, got.Height, err, diff)
	}
	if more := day <= min(to, last); more != (got.Next != nil) || more && *got.Next != day {
		t.Fatalf("supply %+v goes on with %v, want %s", q, got.Next, day)
	}
}

// compareAccounts holds the list of accounts against their balances, one by one.
func (g *generator) compareAccounts(v *Views) {
	t := g.rapid
	limit := g.int("accounts", 1, 3)
	accounts := collect(t, len(g.chain.blocks), func(after string) (wallet.Page[wallet.Balance], error) {
		if after == "" {
			return v.ListAccounts(ctx, nil, g.chain.time, limit)
		}
		a, err := dollars.ParseAccount(after)
		if err != nil {
			t.Fatal(err)
		}
		return v.ListAccounts(ctx, &a, g.chain.time, limit)
	})
	listed := map[dollars.Account]bool{}
	for i, b := range accounts {
		if i > 0 && bytes.Compare(accounts[i-1].Account[:], b.Account[:]) >= 0 {
			t.Fatalf("%s is listed after %s", b.Account, accounts[i-1].Account)
		}
		listed[b.Account] = true
		if alone, err := v.Balance(ctx, b.Account, g.chain.time); err != nil || cmp.Diff(alone, b) != "" {
			t.Fatalf("%v %s", err, cmp.Diff(alone, b))
		}
	}
	for _, m := range g.members {
		if !listed[m.account] {
			t.Fatalf("%s is not listed", m.account)
		}
	}
}
