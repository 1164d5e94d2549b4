package readmodel

import (
	"context"
	"encoding/base64"
	"errors"
	"iter"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// A cursor is the place of the last entry of a page, so that a page stays the same while newer entries come.
var cursorText = base64.RawURLEncoding.Strict()

// page calls f with what a list holds, newest first, from after the cursor, and tells the cursor of the next page. What
// f gets is good for the call only.
func page(txn *badger.Txn, prefix []byte, cursor string, limit int, f func(place, value []byte) error) (next string, err error) {
	start := prefix
	if cursor != "" {
		at, err := cursorText.DecodeString(cursor)
		if err != nil || len(at) != placeSize {
			return "", &wallet.Error{Code: wallet.CodeCursorInvalid, Detail: "this is not a cursor of this list; leave it out to start at the newest entry"}
		}
		start = slices.Concat(prefix, at, []byte{0}) // the first key after the cursor's
	}
	var last []byte
	n := 0
	err = scanFrom(txn, start, prefix, func(key, value []byte) error {
		if n >= limit {
			next = cursorText.EncodeToString(last)
			return errStop
		}
		n++
		last = append(last[:0], key[len(key)-placeSize:]...)
		return f(last, value)
	})
	return next, err
}

// History of an account, newest first. What changed nothing of the account's is not in it.
func (v *Views) History(_ context.Context, a dollars.Account, cursor string, limit int) (list []wallet.HistoryEntry, next string, err error) {
	err = v.view(func(txn *badger.Txn) (err error) {
		heads := headers{txn: txn}
		next, err = page(txn, historyPrefix(a), cursor, limit, func(place, value []byte) error {
			entry, err := heads.entry(place, value)
			list = append(list, entry)
			return err
		})
		return err
	})
	return list, next, err
}

// Past lets look at what an account has together with its history, both as one commit left them.
func (v *Views) Past(ctx context.Context, a dollars.Account, look func(wallet.Holding, iter.Seq[wallet.HistoryEntry]) error) error {
	var looked error
	err := v.view(func(txn *badger.Txn) error {
		own, err := readBalance(txn, a)
		if err != nil {
			return err
		}
		var unread error
		heads := headers{txn: txn}
		looked = look(own.holding(a), func(yield func(wallet.HistoryEntry) bool) {
			unread = scan(txn, historyPrefix(a), func(key, value []byte) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				entry, err := heads.entry(key[len(key)-placeSize:], value)
				if err == nil && !yield(entry) {
					return errStop
				}
				return err
			})
		})
		return unread
	})
	if err != nil {
		return err
	}
	return looked
}

// headers reads transactions' headers; neighbours in a history are often of one transaction.
type headers struct {
	txn  *badger.Txn
	tx   txPlace
	head *header
}

func (h *headers) of(tx txPlace) (header, error) {
	if h.head == nil || h.tx != tx {
		head, err := readHeader(h.txn, tx)
		if err != nil {
			return header{}, err
		}
		h.tx, h.head = tx, &head
	}
	return *h.head, nil
}

func (h *headers) entry(place, value []byte) (wallet.HistoryEntry, error) {
	tx, index := decodePlace(place)
	head, err := h.of(tx)
	if err != nil {
		return wallet.HistoryEntry{}, err
	}
	e, err := decodeEntry(value)
	return wallet.HistoryEntry{Block: tx.block, TxID: head.id, Index: index, Time: head.time, Entry: e}, err
}

// made is an entry of the account's own history as where an order was applied.
func (h *headers) made(a dollars.Account, place []byte) (wallet.OrderAt, error) {
	value, err := disk.Get(h.txn, append(historyPrefix(a), place...))
	if err != nil {
		return wallet.OrderAt{}, err
	}
	e, err := h.entry(place, value)
	return wallet.OrderAt{TxID: e.TxID, Block: e.Block, Time: e.Time, Entry: e.Entry}, err
}

// Order is where an order was applied.
func (v *Views) Order(_ context.Context, id dollars.OrderID) (at wallet.OrderAt, err error) {
	err = v.view(func(txn *badger.Txn) error {
		key, err := disk.Get(txn, orderKey(id))
		if err != nil {
			return err
		}
		if len(key) != 1+20+placeSize {
			return wallet.ErrNotFound
		}
		heads := headers{txn: txn}
		at, err = heads.made(dollars.Account(key[1:21]), key[len(key)-placeSize:])
		return err
	})
	return at, err
}

// Transaction is what became of a transaction of this chaincode: of the first with this id, if a copy came later.
func (v *Views) Transaction(_ context.Context, txID string) (at wallet.TransactionAt, err error) {
	err = v.view(func(txn *badger.Txn) error {
		tx, found, err := findTransaction(txn, txID)
		if err != nil {
			return err
		}
		if !found {
			return wallet.ErrNotFound
		}
		head, err := readHeader(txn, tx)
		if err != nil {
			return err
		}
		at = wallet.TransactionAt{Block: tx.block, Valid: head.valid, Code: head.code}
		if !head.valid {
			return nil
		}
		value, err := disk.Get(txn, resultsKey(tx))
		if err != nil {
			return err
		}
		at.Results, err = decodeResults(value)
		return err
	})
	return at, err
}

// errStop ends a scan early; it is no error.
var errStop = errors.New("stop")

// scan calls f with all keys of a prefix in their order; what it gets is good for the call only.
func scan(txn *badger.Txn, prefix []byte, f func(key, value []byte) error) error {
	return scanFrom(txn, prefix, prefix, f)
}

func scanFrom(txn *badger.Txn, start, prefix []byte, f func(key, value []byte) error) error {
	o := badger.DefaultIteratorOptions
	o.Prefix = prefix
	o.PrefetchValues = false // values lie beside the keys
	it := txn.NewIterator(o)
	defer it.Close()
	for it.Seek(start); it.Valid(); it.Next() {
		item := it.Item()
		err := item.Value(func(value []byte) error { return f(item.Key(), value) })
		if err == errStop {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
