package readmodel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Options of Views; the zero value is useful.
type Options struct {
	Now    func() time.Time // tells Credits which have expired; time.Now if nil
	Medium disk.Medium      // disk.Machine if nil
	Log    *slog.Logger     // nil discards
}

// Views is the read model. It is safe for concurrent use; reads see one commit each.
type Views struct {
	db        *disk.DB
	now       func() time.Time
	maxLooked int // accounts a sweep looks at in one call

	folding sync.Mutex // one Fold at a time, and none while Check looks
	recent  recent     // of the folding
}

var _ wallet.Views = (*Views)(nil)

// Open opens or creates the read model in a folder. Close it.
func Open(dir string, o Options) (*Views, error) { return open(dir, memTable, o) }

// memTable gives transactions room for about 1,200 transfers, and is as large as memory allows: half as large, folding takes
// a fifth more CPU, which goes into compactions.
const memTable = 6 << 20

func open(dir string, memTable int64, o Options) (*Views, error) {
	db, err := disk.Open(dir, disk.Options{MemTable: memTable, Medium: o.Medium, Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if err := emptyOtherForm(db, dir, o.Log); err != nil {
		return nil, errors.Join(fmt.Errorf("read model: %w", err), db.Close())
	}
	v := &Views{db: db, now: o.Now, maxLooked: maxLooked}
	if v.now == nil {
		v.now = time.Now
	}
	return v, nil
}

// emptyOtherForm removes what another version of this program folded: this one would misread it, and can fold it again.
func emptyOtherForm(db *disk.DB, dir string, log *slog.Logger) error {
	var written []byte
	err := db.View(func(txn *badger.Txn) (err error) {
		written, err = disk.Get(txn, progressKey)
		return err
	})
	if err != nil || len(written) == 0 || written[0] == form {
		return err
	}
	if log != nil {
		log.Info("the views were folded by another version of this program: they are emptied and folded anew from the chain", slog.String("dir", dir))
	}
	return db.DropAll()
}

// Close ends the read model.
func (v *Views) Close() error { return v.db.Close() }

// view reads in one transaction and says whose error it is.
func (v *Views) view(read func(txn *badger.Txn) error) error {
	err := v.db.View(read)
	if err != nil && err != wallet.ErrNotFound {
		return fmt.Errorf("read model: %w", err)
	}
	return err
}

// Height is the number of blocks folded, and so the number of the next one.
func (v *Views) Height(context.Context) (height uint64, err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		height = p.block
		return err
	})
	return height, err
}

// Supply of the asset.
func (v *Views) Supply(context.Context) (at wallet.SupplyAt, err error) {
	err = v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		at.Height = p.block
		at.Supply, err = p.whole(txn)
		return err
	})
	return at, err
}

// Get reads ledger state by key; nil where there is none.
func (v *Views) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	err := v.view(func(txn *badger.Txn) error {
		state := mirrored{txn: txn}
		for i, key := range keys {
			var err error
			if values[i], err = state.get(key); err != nil {
				return err
			}
		}
		return nil
	})
	return values, err
}

// Bookings are the items of a booking that are asked for, in the order of their ids; at most limit.
func (v *Views) Bookings(_ context.Context, id dollars.TripID, asked func(dollars.BookingRecord) bool, limit int) (items []wallet.BookedItem, err error) {
	err = v.view(func(txn *badger.Txn) error {
		return scan(txn, stateKey(dollars.TripPrefix(id)), func(key, value []byte) error {
			if len(items) >= limit {
				return errStop
			}
			rec, err := dollars.DecodeBookingRecord(value)
			if err == nil && asked(rec) {
				items = append(items, wallet.BookedItem{ID: dollars.ParseStateKey(string(key[1:])).Booking, Record: rec})
			}
			return err
		})
	})
	return items, err
}

// Balance of an account at a time in Unix seconds.
func (v *Views) Balance(_ context.Context, a dollars.Account, now int64) (wallet.Balance, error) {
	var b wallet.Balance
	err := v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		own, err := readAccount(txn, a)
		if err != nil {
			return err
		}
		b, err = own.shown(a, p.block, now)
		return err
	})
	return b, err
}

// shown is what the account has, as everybody is told.
func (a *account) shown(id dollars.Account, height uint64, now int64) (wallet.Balance, error) {
	rec, err := a.state()
	if err != nil {
		return wallet.Balance{}, err
	}
	b := wallet.Balance{
		Account: id, Height: height, Pending: a.pending, Held: a.held, Debt: a.debt,
		Frozen: rec.Frozen, Keys: rec.Keys, Household: rec.Household, Pool: rec.Pool, NextNonce: rec.Window.Next(),
	}
	if rec.Day.Day == dollars.DateOf(now) {
		b.SpentToday = rec.Day.Amount
	}
	for _, x := range a.buckets {
		if !x.Expiry.Passed(now) {
			b.Buckets = append(b.Buckets, x)
		}
	}
	return b, nil
}

// beyond is how many credits are absorbed more than an order needs, so that accounts that spend do not gather them.
const beyond = 16

// Credits an order or reversal of this amount should absorb.
func (v *Views) Credits(_ context.Context, a dollars.Account, amount dollars.Amount, limit int) ([]dollars.CreditRef, error) {
	now := v.now().Unix()
	var refs []dollars.CreditRef
	err := v.view(func(txn *badger.Txn) error {
		own, err := readAccount(txn, a)
		if err != nil {
			return err
		}
		rec, err := own.state()
		if err != nil {
			return err
		}
		// Debt is repaid before the order sees a point.
		need, err := amount.Plus(rec.Debt)
		if err != nil {
			return err
		}
		var have dollars.Amount
		for _, x := range rec.Buckets {
			if !x.Expiry.Passed(now) {
				have += x.Amount
			}
		}
		extra := 0
		return walkCredits(txn, a, own, func(ref dollars.CreditRef, value []byte) error {
			if have >= need {
				extra++
			}
			if len(refs) >= limit || extra > beyond {
				return errStop
			}
			points, err := dollars.DecodeCredit(value)
			if err != nil {
				return err
			}
			refs = append(refs, ref)
			if !ref.Expiry.Passed(now) {
				have, err = have.Plus(points)
			}
			return err
		})
	})
	return refs, err
}
