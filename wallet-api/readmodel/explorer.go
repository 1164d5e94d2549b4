package readmodel

import (
	"context"
	"encoding/binary"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

var (
	headersPrefix = []byte("t")
	groupsPrefix  = []byte("j")
)

// walkBack calls f with a part of the ledger, newest first, from before a place.
type walkBack[V any] func(txn *badger.Txn, below place, f func(place, V) error) error

// listed is a page of what a walk finds in blocks that are whole. A block comes on top of such a list, so that what is behind a
// place stays there.
func listed[V any](v *Views, l wallet.Listing, walk walkBack[V]) (page wallet.Page[V], err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		page.Height = p.block
		below := place{tx: txPlace{block: p.block}}
		if l.To < p.block {
			below.tx.block = l.To + 1
		}
		return fill(&page, l.Cursor, l.Limit, func(after *place, f func(place, V) error) error {
			if after != nil && after.before(below) {
				below = *after
			}
			return walk(txn, below, func(at place, found V) error {
				if at.tx.block < l.From {
					return errStop
				}
				return f(at, found)
			})
		})
	})
	return page, err
}

// fill puts what a walk finds into a page.
func fill[V any](p *wallet.Page[V], cursor string, limit int, walk func(after *place, f func(place, V) error) error) (err error) {
	p.Next, err = page(cursor, limit, walk, func(_ place, found V) error {
		p.Items = append(p.Items, found)
		return nil
	})
	return err
}

// ListBlocks lists blocks, newest first. A cursor is the place of the block's first transaction.
func (v *Views) ListBlocks(_ context.Context, l wallet.Listing) (wallet.Page[wallet.BlockSummary], error) {
	return listed(v, l, func(txn *badger.Txn, below place, f func(place, wallet.BlockSummary) error) error {
		for number := below.tx.block; number > 0; number-- {
			b, err := readBlock(txn, number-1)
			if err == nil {
				err = f(place{tx: txPlace{block: b.Number}}, b)
			}
			if err == errStop {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ListTransactions lists transactions, newest first. A cursor is the place of the transaction's first operation.
func (v *Views) ListTransactions(_ context.Context, l wallet.Listing) (wallet.Page[wallet.TransactionSummary], error) {
	return listed(v, l, func(txn *badger.Txn, below place, f func(place, wallet.TransactionSummary) error) error {
		return scanBack(txn, headerKey(below.tx), headersPrefix, func(key, value []byte) error {
			at, tx, err := decodeTransaction(key, value)
			if err != nil || !at.before(below) {
				return err
			}
			return f(at, tx)
		})
	})
}

func decodeTransaction(key, value []byte) (at place, tx wallet.TransactionSummary, err error) {
	if at.tx, _, err = decodeTxPlace(key[1:], 0); err != nil {
		return at, tx, err
	}
	h, err := decodeHeader(value)
	return at, h.summary(at.tx), err
}

func (h header) summary(at txPlace) wallet.TransactionSummary {
	return wallet.TransactionSummary{
		ID: h.id.String(), Block: at.block, Index: int(at.index), Time: h.time, Valid: h.valid, Code: h.code,
		Creator: h.creator, Operations: h.operations,
	}
}

// decodeTxPlace reads the place of a transaction, and behind it what more there is, so many bytes.
func decodeTxPlace(b []byte, more int) (at txPlace, rest []byte, err error) {
	if len(b) != 12+more {
		return txPlace{}, nil, errDamaged
	}
	return txPlace{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])}, b[12:], nil
}

// ListOperations lists operations, newest first: of all, or those in an account's history.
func (v *Views) ListOperations(_ context.Context, l wallet.Listing, a *dollars.Account) (wallet.Page[wallet.HistoryEntry], error) {
	if a == nil {
		return listed(v, l, walkOperations)
	}
	return listed(v, l, func(txn *badger.Txn, below place, f func(place, wallet.HistoryEntry) error) error {
		return walkHistory(txn, *a, &below, f)
	})
}

// walkOperations goes through the groups that entries lie in, and each of them backwards.
func walkOperations(txn *badger.Txn, below place, f func(place, wallet.HistoryEntry) error) error {
	archive := archive{txn: txn}
	return scanBack(txn, entriesKey(below.tx, int(below.index/perGroup)), groupsPrefix, func(key, value []byte) error {
		tx, group, entries, err := decodeGroup(key, value)
		if err == nil {
			err = archive.open(tx)
		}
		if err != nil {
			return err
		}
		for i := len(entries) - 1; i >= 0; i-- {
			at := place{tx, group*perGroup + uint32(i)}
			if !at.before(below) {
				continue
			}
			if err := f(at, archive.line(at, entries[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

func decodeGroup(key, value []byte) (tx txPlace, group uint32, entries []dollars.Entry, err error) {
	tx, rest, err := decodeTxPlace(key[1:], 4)
	if err != nil {
		return tx, 0, nil, err
	}
	entries, err = decodeEntries(value)
	return tx, binary.BigEndian.Uint32(rest), entries, err
}

// ListAccounts lists what accounts have, in the order of their addresses.
func (v *Views) ListAccounts(_ context.Context, after *dollars.Account, now int64, limit int) (page wallet.Page[wallet.Balance], err error) {
	start := accountPrefix
	if after != nil {
		start = append(accountKey(*after), 0)
	}
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		page.Height = p.block
		return scanFrom(txn, start, accountPrefix, func(key, value []byte) error {
			if n := len(page.Items); n >= limit {
				page.Next = page.Items[n-1].Account.String()
				return errStop
			}
			own, err := decodeAccount(value)
			if err != nil {
				return err
			}
			b, err := own.shown(dollars.Account(key[1:]), p.block, now)
			page.Items = append(page.Items, b)
			return err
		})
	})
	return page, err
}

// SupplyHistory is the supply at the ends of days. The end of one is where a later one begins.
func (v *Views) SupplyHistory(_ context.Context, q wallet.DayRange) (h wallet.SupplyHistory, err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		h.Height = p.block
		from, to, some, err := daysOf(txn, p, q)
		if err != nil || !some {
			return err
		}
		point := func(day dollars.Date, blocks uint64) error {
			supply, err := supplyAfter(txn, blocks)
			h.Points = append(h.Points, wallet.SupplyPoint{Day: day, SupplyAt: wallet.SupplyAt{Height: blocks, Supply: supply}})
			return err
		}
		day := from
		more := func() bool { return day <= to && len(h.Points) < q.Limit }
		err = scanFrom(txn, dayKey(from+1), dayPrefix, func(key, value []byte) error {
			later, first, err := decodeDay(key, value)
			for ; err == nil && day < later && more(); day += dollars.Date(q.Step) {
				err = point(day, first)
			}
			if err == nil && !more() {
				err = errStop
			}
			return err
		})
		for ; err == nil && more(); day += dollars.Date(q.Step) {
			err = point(day, p.block)
		}
		if day <= to {
			h.Next = &day
		}
		return err
	})
	return h, err
}

// daysOf are the days from which and to which there are points.
func daysOf(txn *badger.Txn, p progress, q wallet.DayRange) (from, to dollars.Date, some bool, err error) {
	to = dollars.DateOf(p.clock)
	if q.To != nil {
		to = min(to, *q.To)
	}
	step := dollars.Date(q.Step)
	var first dollars.Date
	err = scan(txn, dayPrefix, func(key, value []byte) (err error) {
		first, _, err = decodeDay(key, value)
		if some = err == nil; some {
			err = errStop
		}
		return err
	})
	if q.From != nil {
		from = *q.From
	} else {
		from = to - step*min(dollars.Date(q.Limit-1), max(0, to-first)/step)
	}
	if from < first {
		from += (first - from + step - 1) / step * step
	}
	return from, to, some && from <= to, err
}

func decodeDay(key, value []byte) (day dollars.Date, first uint64, err error) {
	if len(key) != 5 {
		return 0, 0, errDamaged
	}
	first, err = decodeNumber(value)
	return dollars.Date(binary.BigEndian.Uint32(key[1:])), first, err
}

// scanBack calls f with the keys of a prefix that are not above start, the last of them first.
func scanBack(txn *badger.Txn, start, prefix []byte, f func(key, value []byte) error) error {
	o := badger.DefaultIteratorOptions
	o.Prefix = prefix
	o.PrefetchValues = false
	o.Reverse = true
	return iterate(txn, o, start, f)
}
