package readmodel

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"iter"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// A cursor is the place of the last entry of a page, so that a page stays the same while newer entries come.
var cursorText = base64.RawURLEncoding.Strict()

var errCursor = &wallet.Error{Code: wallet.CodeCursorInvalid, Detail: "this is not a cursor of this list; leave it out to start at the beginning", Field: "/cursor"}

func parseCursor(cursor string) (place, error) {
	b, err := cursorText.DecodeString(cursor)
	if err != nil || len(b) != placeSize {
		return place{}, errCursor
	}
	return decodePlace(b)
}

// page calls f with what a walk finds, until there is more than fits the page, and tells the cursor of the next one. The
// walk begins after a place, nil the newest.
func page[V any](cursor string, limit int, walk func(after *place, f func(place, V) error) error, f func(place, V) error) (next string, err error) {
	var after *place
	if cursor != "" {
		at, err := parseCursor(cursor)
		if err != nil {
			return "", err
		}
		after = &at
	}
	n := 0
	var last place
	err = walk(after, func(at place, v V) error {
		if n >= limit {
			next = cursorText.EncodeToString(last.encode())
			return errStop
		}
		n++
		last = at
		return f(at, v)
	})
	return next, err
}

// walkList calls f with what one of the lists of an account holds, newest first, from after a place. What f gets is good
// for the call only.
func walkList(txn *badger.Txn, list byte, a dollars.Account, after *place, f func(place, []byte) error) error {
	start := listPrefix(list, a)
	if after != nil {
		start = append(listKey(list, a, *after), 0) // the first key after it
	}
	return scanFrom(txn, start, listPrefix(list, a), func(key, value []byte) error {
		at, err := decodePlace(key)
		if err != nil {
			return err
		}
		return f(at, value)
	})
}

// walkHistory calls f with the entries in an account's history, newest first, from after a place.
func walkHistory(txn *badger.Txn, a dollars.Account, after *place, f func(place, wallet.HistoryEntry) error) error {
	start := historyPrefix(a)
	if after != nil {
		start = historyKey(a, *after) // of the lines that it is in, or else of older ones, as the key is that of the oldest
	}
	archive := archive{txn: txn}
	return scanFrom(txn, start, historyPrefix(a), func(key, value []byte) error {
		oldest, err := decodePlace(key)
		if err != nil {
			return err
		}
		return walkLines(oldest.tx.block, value, func(at place) error {
			if after != nil && !at.before(*after) {
				return nil
			}
			entry, err := archive.entry(at)
			if err != nil {
				return err
			}
			return f(at, entry)
		})
	})
}

// History of an account, newest first. What changed nothing of the account's is not in it.
func (v *Views) History(_ context.Context, a dollars.Account, cursor string, limit int) (list []wallet.HistoryEntry, next string, err error) {
	err = v.view(func(txn *badger.Txn) (err error) {
		walk := func(after *place, f func(place, wallet.HistoryEntry) error) error {
			return walkHistory(txn, a, after, f)
		}
		next, err = page(cursor, limit, walk, func(_ place, entry wallet.HistoryEntry) error {
			list = append(list, entry)
			return nil
		})
		return err
	})
	return list, next, err
}

// Past lets look at what an account has together with its history, both as one commit left them.
func (v *Views) Past(ctx context.Context, a dollars.Account, look func(wallet.Holding, iter.Seq[wallet.HistoryEntry]) error) error {
	var looked error
	err := v.view(func(txn *badger.Txn) error {
		own, err := readAccount(txn, a)
		if err != nil {
			return err
		}
		var unread error
		looked = look(own.holding(a), func(yield func(wallet.HistoryEntry) bool) {
			unread = walkHistory(txn, a, nil, func(_ place, entry wallet.HistoryEntry) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if !yield(entry) {
					return errStop
				}
				return nil
			})
		})
		return unread
	})
	if err != nil {
		return err
	}
	return looked
}

// archive reads entries by their places. Neighbours in a history are often of one transaction, so it keeps what it read last.
type archive struct {
	txn   *badger.Txn
	tx    txPlace
	head  *header
	group []byte // of the entries
	key   []byte // of the group
}

func (r *archive) entry(at place) (wallet.HistoryEntry, error) {
	if err := r.open(at.tx); err != nil {
		return wallet.HistoryEntry{}, err
	}
	if key := entriesKey(at.tx, int(at.index/perGroup)); !bytes.Equal(key, r.key) {
		group, err := disk.Get(r.txn, key)
		if err != nil {
			return wallet.HistoryEntry{}, err
		}
		r.key, r.group = key, group
	}
	e, err := entryOf(r.group, at.index%perGroup)
	return r.line(at, e), err
}

// open reads the header of a transaction.
func (r *archive) open(tx txPlace) error {
	if r.head != nil && r.tx == tx {
		return nil
	}
	head, err := readHeader(r.txn, tx)
	if err == nil {
		r.tx, r.head = tx, &head
	}
	return err
}

// line is an entry of the transaction that is open, as a line of a history.
func (r *archive) line(at place, e dollars.Entry) wallet.HistoryEntry {
	return wallet.HistoryEntry{Block: at.tx.block, TxID: r.head.id.String(), Index: int(at.index), Time: r.head.time, Entry: e}
}

// made is an entry as where an order was applied.
func (r *archive) made(at place) (wallet.OrderAt, error) {
	e, err := r.entry(at)
	return wallet.OrderAt{TxID: e.TxID, Block: e.Block, Time: e.Time, Entry: e.Entry}, err
}

// findOrder is the place of the entry of an order that was applied.
func findOrder(txn *badger.Txn, id dollars.OrderID) (at place, found bool, err error) {
	value, err := disk.Get(txn, orderKey(id))
	if err != nil || value == nil {
		return place{}, false, err
	}
	at, err = decodePlace(value)
	return at, err == nil, err
}

// Order is where an order was applied.
func (v *Views) Order(_ context.Context, id dollars.OrderID) (at wallet.OrderAt, err error) {
	err = v.view(func(txn *badger.Txn) error {
		where, found, err := findOrder(txn, id)
		if err != nil {
			return err
		}
		if !found {
			return wallet.ErrNotFound
		}
		archive := archive{txn: txn}
		at, err = archive.made(where)
		return err
	})
	return at, err
}

// Transaction is what became of a transaction of this chaincode: of the first with this id, if a copy came later.
func (v *Views) Transaction(_ context.Context, txID string) (at wallet.TransactionAt, err error) {
	id, err := dollars.ParseTxID(txID)
	if err != nil {
		return wallet.TransactionAt{}, wallet.ErrNotFound
	}
	err = v.view(func(txn *badger.Txn) error {
		tx, found, err := findTransaction(txn, id)
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
		at.Results = []wallet.Result{}
		return scan(txn, entriesPrefix(tx), func(_, group []byte) error {
			entries, err := decodeEntries(group)
			for i := range entries {
				at.Results = append(at.Results, wallet.ResultOf(entries[i]))
			}
			return err
		})
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
	return iterate(txn, o, start, f)
}

func iterate(txn *badger.Txn, o badger.IteratorOptions, start []byte, f func(key, value []byte) error) error {
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
