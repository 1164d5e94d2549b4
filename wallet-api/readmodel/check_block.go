package readmodel

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// checkBlocks recomputes from headers and entries what is told of each block, the supply after it included.
func checkBlocks(ctx context.Context, txn *badger.Txn, p progress) error {
	c := retold{txn: txn, days: map[dollars.Date]uint64{}}
	for c.next.Number = range p.block {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.block(); err != nil {
			return fmt.Errorf("block %d: %w", c.next.Number, err)
		}
	}
	if c.next.Supply != p.supply || c.clock != p.clock {
		return fmt.Errorf("after all blocks the supply is %+v and the time %d, but %+v and %d by the entries", p.supply, p.clock, c.next.Supply, c.clock)
	}
	return c.indexes(p.block)
}

// retold is the blocks as they are told by what is in them.
type retold struct {
	txn   *badger.Txn
	next  wallet.BlockSummary
	clock int64
	days  map[dollars.Date]uint64 // the block with which each began
}

func (c *retold) block() error {
	told, err := readBlock(c.txn, c.next.Number)
	if err != nil {
		return err
	}
	// Only whoever reads the chain can tell these; that they are linked can be seen.
	if previous := c.next.Hash; c.next.Number > 0 && told.PreviousHash != previous {
		return fmt.Errorf("it follows %x, but the block before it is %x", told.PreviousHash, previous)
	}
	c.next = wallet.BlockSummary{
		Number: told.Number, Hash: told.Hash, PreviousHash: told.PreviousHash, DataHash: told.DataHash, Size: told.Size, Supply: c.next.Supply,
	}
	err = scan(c.txn, append([]byte("t"), encodeNumber(told.Number)...), func(key, value []byte) error {
		at, _, err := decodeTxPlace(key[1:], 0)
		if err != nil {
			return err
		}
		return c.transaction(at, value)
	})
	if err != nil {
		return err
	}
	if told != c.next {
		return fmt.Errorf("it is %+v in the view, and %+v by what is in it", told, c.next)
	}
	if day := dollars.DateOf(c.next.Last); c.next.Last > c.clock {
		if c.clock == 0 || day > dollars.DateOf(c.clock) {
			c.days[day] = told.Number
		}
		c.clock = c.next.Last
	}
	return nil
}

func (c *retold) transaction(at txPlace, value []byte) error {
	told, err := decodeHeader(value)
	if err != nil {
		return err
	}
	h := told
	h.operations = wallet.OperationCounts{}
	err = scan(c.txn, entriesPrefix(at), func(_, group []byte) error {
		entries, err := decodeEntries(group)
		for i := range entries {
			h.operations.Count(entries[i].Outcome)
			if err == nil {
				err = c.next.Supply.Fold(entries[i])
			}
		}
		return err
	})
	if err == nil && h != told {
		err = fmt.Errorf("transaction %s has the operations %+v in the view, and %+v of them are there", h.id, told.operations, h.operations)
	}
	countTransaction(&c.next, h)
	return err
}

// indexes compares by which blocks are found: their hashes, and days.
func (c *retold) indexes(blocks uint64) error {
	for number := range blocks {
		b, err := readBlock(c.txn, number)
		if err != nil {
			return err
		}
		value, err := disk.Get(c.txn, hashKey(b.Hash))
		if err != nil {
			return err
		}
		if found, err := decodeNumber(value); err != nil || found != number {
			return fmt.Errorf("the hash of block %d leads to block %d", number, found)
		}
	}
	listed := 0
	err := scan(c.txn, dayPrefix, func(key, value []byte) error {
		day, first, err := decodeDay(key, value)
		if want, began := c.days[day]; err == nil && (!began || first != want) {
			err = fmt.Errorf("%s begins with block %d in the view, and with %d by the blocks", day, first, want)
		}
		listed++
		return err
	})
	if err == nil && listed != len(c.days) {
		err = fmt.Errorf("%d days are listed, but there are %d by the blocks", listed, len(c.days))
	}
	return err
}
