package readmodel

import (
	"context"
	"slices"
	"strconv"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// BlockContent is a block, and a page of its transactions in their order.
func (v *Views) BlockContent(_ context.Context, number uint64, cursor string, limit int) (b wallet.BlockSummary, page wallet.Page[wallet.TransactionSummary], err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		if page.Height = p.block; number >= p.block {
			return wallet.ErrNotFound
		}
		if b, err = readBlock(txn, number); err != nil {
			return err
		}
		return fill(&page, cursor, limit, func(after *place, f func(place, wallet.TransactionSummary) error) error {
			prefix := slices.Concat(headersPrefix, encodeNumber(number))
			start := prefix
			if after != nil {
				if after.tx.block != number {
					return errCursor
				}
				start = append(headerKey(after.tx), 0)
			}
			return scanFrom(txn, start, prefix, func(key, value []byte) error {
				at, tx, err := decodeTransaction(key, value)
				if err != nil {
					return err
				}
				return f(at, tx)
			})
		})
	})
	return b, page, err
}

// TransactionContent is a transaction, and a page of its operations in their order.
func (v *Views) TransactionContent(_ context.Context, id dollars.TxID, cursor string, limit int) (tx wallet.TransactionSummary, page wallet.Page[wallet.HistoryEntry], err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		page.Height = p.block
		at, found, err := findTransaction(txn, id)
		if err != nil {
			return err
		}
		if !found || at.block >= p.block {
			return wallet.ErrNotFound
		}
		head, err := readHeader(txn, at)
		if err != nil {
			return err
		}
		tx = head.summary(at)
		return fill(&page, cursor, limit, func(after *place, f func(place, wallet.HistoryEntry) error) error {
			return walkTransaction(txn, at, after, f)
		})
	})
	return tx, page, err
}

// walkTransaction calls f with the entries of a transaction in their order, from after a place.
func walkTransaction(txn *badger.Txn, at txPlace, after *place, f func(place, wallet.HistoryEntry) error) error {
	archive := archive{txn: txn}
	if err := archive.open(at); err != nil {
		return err
	}
	start := entriesPrefix(at)
	if after != nil {
		if after.tx != at {
			return errCursor
		}
		start = entriesKey(at, int(after.index/perGroup))
	}
	return scanFrom(txn, start, entriesPrefix(at), func(key, value []byte) error {
		_, group, entries, err := decodeGroup(key, value)
		for i := range entries {
			at := place{at, group*perGroup + uint32(i)}
			if after != nil && !after.before(at) {
				continue
			}
			if err := f(at, archive.line(at, entries[i])); err != nil {
				return err
			}
		}
		return err
	})
}

// Reward is a reward of the catalogue.
func (v *Views) Reward(_ context.Context, id string) (reward wallet.CatalogueReward, height uint64, err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		height = p.block
		value, err := disk.Get(txn, stateKey(dollars.RewardKey(id)))
		if err != nil {
			return err
		}
		if value == nil {
			return wallet.ErrNotFound
		}
		reward, err = readReward(txn, id, value)
		return err
	})
	return reward, height, err
}

// Record reads ledger state by key; nil where there is none.
func (v *Views) Record(_ context.Context, key string) (value []byte, height uint64, err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		height = p.block
		state := mirrored{txn: txn}
		value, err = state.get(key)
		return err
	})
	return value, height, err
}

// Find tells which of the things that an id may name are there.
func (v *Views) Find(_ context.Context, n wallet.Names, limit int) (result wallet.Search, err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		f := finder{txn: txn, height: p.block}
		f.names(n, limit)
		result = wallet.Search{Height: p.block, Found: f.found}
		return f.err
	})
	return result, err
}

// finder looks for things until something goes wrong.
type finder struct {
	txn    *badger.Txn
	height uint64
	found  []wallet.Found
	err    error
}

func (f *finder) names(n wallet.Names, limit int) {
	if n.Number != nil && *n.Number < f.height {
		f.add(wallet.ThingBlock, strconv.FormatUint(*n.Number, 10))
	}
	if n.Word != nil {
		f.block(*n.Word)
		f.transaction(*n.Word)
		f.order(*n.Word)
		f.state(wallet.ThingBooking, dollars.BookingKey(*n.Word), dollars.BookingID(*n.Word).String())
		f.state(wallet.ThingVoucher, dollars.VoucherKey(*n.Word), dollars.WordText(*n.Word))
		f.state(wallet.ThingAdjustment, dollars.AdjustmentKey(*n.Word), dollars.TxID(*n.Word).String())
	}
	if n.Trip != nil {
		f.bookings(*n.Trip, limit)
	}
	if n.Account != nil && f.get(accountKey(*n.Account)) != nil {
		f.add(wallet.ThingAccount, n.Account.String())
	}
	if n.Hold != nil {
		f.state(wallet.ThingHold, dollars.HoldKey(*n.Hold), holdText(*n.Hold))
	}
	if n.Reward != "" {
		f.state(wallet.ThingReward, dollars.RewardKey(n.Reward), n.Reward)
	}
}

func holdText(id dollars.HoldID) string { return id.Account.String() + "/" + id.Order.String() }

func (f *finder) add(what wallet.Thing, id string) {
	f.found = append(f.found, wallet.Found{What: what, ID: id})
}

// get reads a key; nil where there is none, or something went wrong.
func (f *finder) get(key []byte) (value []byte) {
	if f.err == nil {
		value, f.err = disk.Get(f.txn, key)
	}
	return value
}

func (f *finder) state(what wallet.Thing, key, id string) {
	if f.get(stateKey(key)) != nil {
		f.add(what, id)
	}
}

func (f *finder) block(hash [32]byte) {
	value := f.get(hashKey(hash))
	if value == nil {
		return
	}
	number, err := decodeNumber(value)
	if f.err = err; err == nil && number < f.height {
		f.add(wallet.ThingBlock, strconv.FormatUint(number, 10))
	}
}

func (f *finder) transaction(id dollars.TxID) {
	if f.err != nil {
		return
	}
	at, found, err := findTransaction(f.txn, id)
	if f.err = err; found && at.block < f.height {
		f.add(wallet.ThingTransaction, id.String())
	}
}

// order finds an order that was applied, and the hold that it made.
func (f *finder) order(id dollars.OrderID) {
	if f.err != nil {
		return
	}
	at, found, err := findOrder(f.txn, id)
	if f.err = err; !found || at.tx.block >= f.height {
		return
	}
	f.add(wallet.ThingOrder, id.String())
	archive := archive{txn: f.txn}
	made, err := archive.entry(at)
	if f.err = err; err == nil && made.Entry.Kind == dollars.KindHold {
		f.add(wallet.ThingHold, holdText(dollars.HoldID{Account: made.Entry.Account, Order: id}))
	}
}

// bookings finds the items of a booking.
func (f *finder) bookings(id dollars.TripID, limit int) {
	if f.err != nil {
		return
	}
	n := 0
	f.err = scan(f.txn, stateKey(dollars.TripPrefix(id)), func(key, _ []byte) error {
		if n++; n > limit {
			return errStop
		}
		f.add(wallet.ThingBooking, dollars.ParseStateKey(string(key[1:])).Booking.String())
		return nil
	})
}
