package readmodel

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Fold adds a block to the views. A block folded before changes nothing; one that is not the next is refused.
func (v *Views) Fold(ctx context.Context, b wallet.Block) error {
	v.folding.Lock()
	defer v.folding.Unlock()
	f := &fold{
		db: v.db, txn: v.db.NewTransaction(true), recent: &v.recent,
		accounts: map[dollars.Account]account{}, histories: map[dollars.Account]lines{},
	}
	defer func() { f.txn.Discard() }()
	var err error
	if f.done, err = readProgress(f.txn); err != nil {
		return fmt.Errorf("read model: %w", err)
	}
	switch {
	case b.Number < f.done.block:
		return nil
	case b.Number > f.done.block:
		return fmt.Errorf("read model: block %d was given, but %d is the next to fold; nothing was changed", b.Number, f.done.block)
	}
	if err := f.block(ctx, b); err != nil {
		v.recent = recent{} // what was committed is unknown if it was the commit that failed
		return fmt.Errorf("read model: fold block %d: %w", b.Number, err)
	}
	return nil
}

// fold is one block on its way into the views: a sequence of steps, each of which is whole. Commits come between
// steps and carry the number of steps done, so that a Fold after a crash can leave those out.
type fold struct {
	db   *disk.DB
	txn  *badger.Txn
	done progress // with what the open transaction holds
	step uint64   // the next step's place in the block

	summary wallet.BlockSummary // of the block, as far as it was looked at

	// What the open transaction will hold of accounts when it is committed: many steps concern the same ones.
	accounts  map[dollars.Account]account
	histories map[dollars.Account]lines
	recent    *recent

	size, count int64 // of the open transaction, as Badger reckons

	// Of the current step, which may have to wait for the next transaction.
	writes  []write
	supply  dollars.Supply
	touched []touched
	lines   []dollars.Account // whose history the step adds to
	line    place             // what it adds
}

type write struct{ key, value []byte } // a nil value deletes

func (f *fold) block(ctx context.Context, b wallet.Block) error {
	f.summary = wallet.BlockSummary{
		Number: b.Number, Hash: b.Hash, PreviousHash: b.PreviousHash, DataHash: b.DataHash, Size: uint64(b.Size),
	}
	for _, tx := range b.Transactions {
		if err := f.transaction(ctx, txPlace{b.Number, uint32(tx.Index)}, tx); err != nil {
			return fmt.Errorf("transaction %s: %w", tx.ID, err)
		}
		// Better here than in the middle of the next one.
		if f.count > f.db.MaxBatchCount()/2 || f.size > f.db.MaxBatchSize()/2 {
			if err := f.part(ctx); err != nil {
				return err
			}
		}
	}
	if err := f.do(ctx, f.seal); err != nil {
		return err
	}
	f.done.block, f.done.steps, f.done.clock = b.Number+1, 0, f.clock()
	return f.commit()
}

func (f *fold) transaction(ctx context.Context, at txPlace, tx wallet.Transaction) error {
	id, err := dollars.ParseTxID(tx.ID)
	if err != nil {
		return err
	}
	first, seen, err := findTransaction(f.txn, id)
	if err != nil {
		return err
	}
	if seen && first != at {
		if tx.Valid {
			return fmt.Errorf("its id was seen before, in block %d; a peer would have called it invalid", first.block)
		}
		return nil // a copy (DUPLICATE_TXID): what became of the first stands
	}
	var entries []dollars.Entry
	if tx.Valid {
		entries = tx.Journal.Entries
	}
	h := header{id: id, time: tx.Time, valid: tx.Valid, code: tx.Code, creator: tx.Creator}
	for i := range entries {
		h.operations.Count(entries[i].Outcome)
	}
	countTransaction(&f.summary, h)
	// Entries before the head, which tells that there are any; and that before histories, which look into it.
	for i := 0; i < len(entries); i += perGroup {
		group := entries[i:min(i+perGroup, len(entries))]
		if err := f.do(ctx, func() error { return f.group(at, i/perGroup, group) }); err != nil {
			return err
		}
	}
	if err := f.do(ctx, func() error { return f.head(at, h) }); err != nil || !tx.Valid {
		return err
	}
	for i := range entries {
		if err := f.do(ctx, func() error { return f.entry(place{at, uint32(i)}, &entries[i]) }); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	for _, w := range tx.Writes {
		if err := f.do(ctx, func() error { return f.mirror(w) }); err != nil {
			return fmt.Errorf("key %s: %w", w.Key, err)
		}
	}
	return nil
}

// do runs a step, unless it was done before a crash, and puts what it writes into the open transaction, or into a new one
// where it does not fit.
func (f *fold) do(ctx context.Context, step func() error) error {
	if f.step++; f.step <= f.done.steps {
		return nil
	}
	f.writes, f.touched, f.lines, f.supply = f.writes[:0], f.touched[:0], f.lines[:0], f.done.supply
	if err := step(); err != nil {
		return err
	}
	size, count := f.room()
	full := f.size+size+progressSize >= f.db.MaxBatchSize() || f.count+count+1 >= f.db.MaxBatchCount()
	if full && f.count > 0 {
		if err := f.part(ctx); err != nil {
			return err
		}
		size, count = f.room()
	}
	for _, w := range f.writes {
		if err := f.put(w); err != nil {
			return err
		}
	}
	for _, t := range f.touched {
		f.accounts[t.id] = t.account
	}
	for _, a := range f.lines {
		f.histories[a] = append(f.histories[a], f.line)
	}
	f.size, f.count = f.size+size, f.count+count
	f.done.steps, f.done.supply = f.step, f.supply
	return nil
}

// room is what the step adds to the open transaction, as Badger reckons, at most.
func (f *fold) room() (size, count int64) {
	for _, w := range f.writes {
		size += int64(len(w.key)+len(w.value)) + perWrite
	}
	count = int64(len(f.writes))
	for _, t := range f.touched {
		size += int64(t.maxSize())
		if before, changed := f.accounts[t.id]; changed {
			size -= int64(before.maxSize())
		} else {
			size += accountSize + perWrite
			count++
		}
	}
	for _, a := range f.lines {
		size += lineSize
		if len(f.histories[a]) == 0 {
			size += accountSize + placeSize + perWrite
			count++
		}
	}
	return size, count
}

func (f *fold) put(w write) error {
	if w.value == nil {
		return f.txn.Delete(w.key)
	}
	return f.txn.Set(w.key, w.value)
}

// What Badger reckons for a write beside key and value, at most; for the record of the progress; and for keys.
const (
	perWrite     = 32
	progressSize = 512
	accountSize  = 1 + 20 // a key with an account
)

// part commits in the middle of a block, where folding may also be interrupted.
func (f *fold) part(ctx context.Context) error {
	if err := f.commit(); err != nil {
		return err
	}
	return ctx.Err()
}

func (f *fold) commit() error {
	for a, own := range f.accounts {
		if err := f.txn.Set(accountKey(a), own.encode()); err != nil {
			return err
		}
	}
	for a, l := range f.histories {
		if err := f.txn.Set(historyKey(a, l[0]), l.encode()); err != nil {
			return err
		}
	}
	if err := f.txn.Set(progressKey, f.done.encode()); err != nil {
		return err
	}
	if err := f.db.Commit(f.txn); err != nil {
		return err
	}
	for a, own := range f.accounts {
		f.recent.set(a, own)
	}
	f.txn = f.db.NewTransaction(true)
	f.size, f.count = 0, 0
	clear(f.accounts)
	clear(f.histories)
	return nil
}

func (f *fold) set(key, value []byte) { f.writes = append(f.writes, write{key, value}) }

// head records the transaction itself.
func (f *fold) head(at txPlace, h header) error {
	f.set(transactionKey(h.id), at.encode())
	f.set(headerKey(at), h.encode())
	return nil
}

// group records what became of some of its operations.
func (f *fold) group(at txPlace, number int, entries []dollars.Entry) error {
	f.set(entriesKey(at, number), encodeEntries(entries))
	return nil
}
