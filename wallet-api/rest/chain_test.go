package rest

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// made is a block with a header; beside these transactions it has one of the channel.
func made(number uint64, txs ...wallet.Transaction) wallet.Block {
	hash := func(n uint64) (h [32]byte) {
		binary.BigEndian.PutUint64(h[:], n+1)
		return h
	}
	return wallet.Block{
		Number: number, Hash: hash(number), PreviousHash: hash(number - 1), DataHash: [32]byte{7}, Size: len(txs) + 1, Transactions: txs,
	}
}

// paged is a page of a list, with the number of items before the next one as cursor.
func paged[V any](list []V, height int, cursor string, limit int) (page wallet.Page[V], err error) {
	page.Height = uint64(height)
	skip := 0
	if cursor != "" {
		if skip, err = strconv.Atoi(cursor); err != nil {
			return page, &wallet.Error{Code: wallet.CodeCursorInvalid, Detail: "not a cursor of this list", Field: "/cursor"}
		}
	}
	list = list[min(skip, len(list)):]
	if len(list) > limit {
		list, page.Next = list[:limit], strconv.Itoa(skip+limit)
	}
	page.Items = list
	return page, nil
}

// summaries are all blocks.
func (v views) summaries() (list []wallet.BlockSummary) {
	var supply dollars.Supply
	for _, b := range v.chain {
		out := wallet.BlockSummary{
			Number: b.Number, Hash: b.Hash, PreviousHash: b.PreviousHash, DataHash: b.DataHash, Size: uint64(b.Size), Transactions: uint64(len(b.Transactions)),
		}
		for i := range b.Transactions {
			tx := &b.Transactions[i]
			out.Operations.Add(transactionSummary(b.Number, tx).Operations)
			if tx.Valid {
				out.Valid++
				out.First, out.Last = tx.Time, tx.Time
			}
			for _, e := range tx.Journal.Entries {
				if err := supply.Fold(e); err != nil {
					panic(err)
				}
			}
		}
		out.Supply = supply
		list = append(list, out)
	}
	return list
}

func transactionSummary(block uint64, tx *wallet.Transaction) wallet.TransactionSummary {
	out := wallet.TransactionSummary{
		ID: tx.ID, Block: block, Index: tx.Index, Time: tx.Time, Valid: tx.Valid, Code: tx.Code, Creator: tx.Creator,
	}
	for _, e := range tx.Journal.Entries {
		out.Operations.Count(e.Outcome)
	}
	return out
}

func operations(block uint64, tx *wallet.Transaction) (list []wallet.HistoryEntry) {
	for i, e := range tx.Journal.Entries {
		list = append(list, wallet.HistoryEntry{Block: block, TxID: tx.ID, Index: i, Time: tx.Time, Entry: e})
	}
	return list
}

func (v views) ListBlocks(_ context.Context, l wallet.Listing) (wallet.Page[wallet.BlockSummary], error) {
	list := slices.DeleteFunc(v.summaries(), func(b wallet.BlockSummary) bool { return b.Number < l.From || b.Number > l.To })
	slices.Reverse(list)
	return paged(list, len(v.chain), l.Cursor, l.Limit)
}

func (v views) ListTransactions(_ context.Context, l wallet.Listing) (wallet.Page[wallet.TransactionSummary], error) {
	var list []wallet.TransactionSummary
	for _, b := range slices.Backward(v.chain) {
		for i := range b.Transactions {
			if b.Number >= l.From && b.Number <= l.To {
				list = append(list, transactionSummary(b.Number, &b.Transactions[i]))
			}
		}
	}
	return paged(list, len(v.chain), l.Cursor, l.Limit)
}

func (v views) ListOperations(_ context.Context, l wallet.Listing, a *dollars.Account) (wallet.Page[wallet.HistoryEntry], error) {
	var list []wallet.HistoryEntry
	for _, b := range slices.Backward(v.chain) {
		for i := range b.Transactions {
			for _, h := range slices.Backward(operations(b.Number, &b.Transactions[i])) {
				concerns := a == nil || h.Entry.Account == *a || h.Entry.Other == *a
				if b.Number >= l.From && b.Number <= l.To && concerns {
					list = append(list, h)
				}
			}
		}
	}
	return paged(list, len(v.chain), l.Cursor, l.Limit)
}

func (v views) ListAccounts(ctx context.Context, after *dollars.Account, now int64, limit int) (page wallet.Page[wallet.Balance], err error) {
	page.Height = uint64(len(v.chain))
	var accounts []dollars.Account
	next, err := v.sweep(after, limit, func(h wallet.Holding) bool { accounts = append(accounts, h.Account); return true })
	if next != nil {
		page.Next = next.String()
	}
	for _, a := range accounts {
		b, err := v.Balance(ctx, a, now)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, b)
	}
	return page, err
}

// SupplyHistory knows one day, on which everything happens.
func (v views) SupplyHistory(_ context.Context, q wallet.DayRange) (wallet.SupplyHistory, error) {
	all := v.summaries()
	last := all[len(all)-1]
	h := wallet.SupplyHistory{Height: uint64(len(all))}
	day := dollars.DateOf(last.Last)
	if (q.From == nil || *q.From <= day) && (q.To == nil || *q.To >= day) {
		h.Points = []wallet.SupplyPoint{{Day: day, SupplyAt: wallet.SupplyAt{Height: h.Height, Supply: last.Supply}}}
		next := day + 1
		h.Next = &next
	}
	return h, nil
}

func (v views) BlockContent(_ context.Context, number uint64, cursor string, limit int) (b wallet.BlockSummary, page wallet.Page[wallet.TransactionSummary], err error) {
	if number >= uint64(len(v.chain)) {
		return b, page, wallet.ErrNotFound
	}
	var list []wallet.TransactionSummary
	for i := range v.chain[number].Transactions {
		list = append(list, transactionSummary(number, &v.chain[number].Transactions[i]))
	}
	page, err = paged(list, len(v.chain), cursor, limit)
	return v.summaries()[number], page, err
}

func (v views) TransactionContent(_ context.Context, id dollars.TxID, cursor string, limit int) (tx wallet.TransactionSummary, page wallet.Page[wallet.HistoryEntry], err error) {
	for _, b := range v.chain {
		for i := range b.Transactions {
			if b.Transactions[i].ID == id.String() {
				page, err = paged(operations(b.Number, &b.Transactions[i]), len(v.chain), cursor, limit)
				return transactionSummary(b.Number, &b.Transactions[i]), page, err
			}
		}
	}
	return tx, page, wallet.ErrNotFound
}

func (v views) Reward(ctx context.Context, id string) (wallet.CatalogueReward, uint64, error) {
	list, err := v.Rewards(ctx, "", 1000)
	i, found := slices.BinarySearchFunc(list, id, func(r wallet.CatalogueReward, id string) int { return cmp.Compare(r.ID, id) })
	if err != nil || !found {
		return wallet.CatalogueReward{}, 0, cmp.Or(err, wallet.ErrNotFound)
	}
	return list[i], uint64(len(v.chain)), nil
}

func (v views) Record(_ context.Context, key string) ([]byte, uint64, error) {
	return v.state[key], uint64(len(v.chain)), nil
}

func (v views) Find(_ context.Context, n wallet.Names, _ int) (wallet.Search, error) {
	s := wallet.Search{Height: uint64(len(v.chain))}
	add := func(is bool, what wallet.Thing, id string) {
		if is {
			s.Found = append(s.Found, wallet.Found{What: what, ID: id})
		}
	}
	if n.Number != nil {
		add(*n.Number < s.Height, wallet.ThingBlock, strconv.FormatUint(*n.Number, 10))
	}
	if n.Word != nil {
		word := *n.Word
		for _, b := range v.chain {
			add(b.Hash == word, wallet.ThingBlock, strconv.FormatUint(b.Number, 10))
			for _, tx := range b.Transactions {
				add(tx.ID == dollars.TxID(word).String(), wallet.ThingTransaction, tx.ID)
			}
		}
		at, isOrder := v.orders[word]
		add(isOrder, wallet.ThingOrder, dollars.OrderID(word).String())
		add(at.Entry.Kind == dollars.KindHold, wallet.ThingHold, at.Entry.Account.String()+"/"+dollars.OrderID(word).String())
		add(v.state[dollars.BookingKey(word)] != nil, wallet.ThingBooking, dollars.BookingID(word).String())
		add(v.state[dollars.VoucherKey(word)] != nil, wallet.ThingVoucher, dollars.WordText(word))
		add(v.state[dollars.AdjustmentKey(word)] != nil, wallet.ThingAdjustment, dollars.TxID(word).String())
	}
	if n.Trip != nil {
		for key := range v.state {
			add(strings.HasPrefix(key, dollars.TripPrefix(*n.Trip)), wallet.ThingBooking, dollars.ParseStateKey(key).Booking.String())
		}
	}
	if n.Account != nil {
		add(len(v.credits(*n.Account)) > 0 || v.state[dollars.AccountKey(*n.Account)] != nil, wallet.ThingAccount, n.Account.String())
	}
	if n.Hold != nil {
		add(v.state[dollars.HoldKey(*n.Hold)] != nil, wallet.ThingHold, n.Hold.Account.String()+"/"+n.Hold.Order.String())
	}
	add(n.Reward != "" && v.state[dollars.RewardKey(n.Reward)] != nil, wallet.ThingReward, n.Reward)
	return s, nil
}
