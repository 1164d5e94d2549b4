package readmodel

import (
	"encoding/binary"
	"math"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

var dayPrefix = []byte("y")

func blockKey(number uint64) []byte { return binary.BigEndian.AppendUint64([]byte("b"), number) }
func hashKey(hash [32]byte) []byte  { return append([]byte("n"), hash[:]...) }
func dayKey(d dollars.Date) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(nil), dayPrefix...), uint32(d))
}

func encodeNumber(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func decodeNumber(value []byte) (uint64, error) {
	if len(value) != 8 {
		return 0, errDamaged
	}
	return binary.BigEndian.Uint64(value), nil
}

// encodeBlock writes what is kept of a block but for its number, which is in the key.
func encodeBlock(b wallet.BlockSummary) []byte {
	out := make([]byte, 0, 256)
	for _, hash := range [...][32]byte{b.Hash, b.PreviousHash, b.DataHash} {
		out = append(out, hash[:]...)
	}
	for _, n := range [...]uint64{b.Size, b.Transactions, b.Valid, uint64(b.First), uint64(b.Last)} {
		out = binary.AppendUvarint(out, n)
	}
	return appendSupply(appendCounts(out, b.Operations), &b.Supply)
}

func decodeBlock(number uint64, value []byte) (wallet.BlockSummary, error) {
	b := wallet.BlockSummary{Number: number}
	r := disk.NewReader(value)
	for _, hash := range [...]*[32]byte{&b.Hash, &b.PreviousHash, &b.DataHash} {
		r.Fixed(hash[:])
	}
	for _, to := range [...]*uint64{&b.Size, &b.Transactions, &b.Valid} {
		*to = r.Uint(math.MaxUint32)
	}
	b.First, b.Last = int64(r.Uint(math.MaxInt64)), int64(r.Uint(math.MaxInt64))
	b.Operations = readCounts(r)
	b.Supply = readSupply(r)
	if !r.End() {
		return wallet.BlockSummary{}, errDamaged
	}
	return b, nil
}

func readBlock(txn *badger.Txn, number uint64) (wallet.BlockSummary, error) {
	value, err := disk.Get(txn, blockKey(number))
	if err != nil {
		return wallet.BlockSummary{}, err
	}
	return decodeBlock(number, value)
}

// countTransaction adds a transaction to what is told of its block.
func countTransaction(b *wallet.BlockSummary, h header) {
	b.Transactions++
	b.Operations.Add(h.operations)
	if !h.valid {
		return // its time may be anything
	}
	b.Valid++
	if b.Last = max(b.Last, h.time); b.First == 0 || h.time < b.First {
		b.First = max(0, h.time)
	}
}

// seal records the block itself, once everything in it is folded: what lists show of it is written once, and they need not
// look into it.
func (f *fold) seal() error {
	f.summary.Supply = f.supply
	f.set(blockKey(f.summary.Number), encodeBlock(f.summary))
	f.set(hashKey(f.summary.Hash), encodeNumber(f.summary.Number))
	now, before := f.clock(), f.done.clock
	if before == 0 && now > 0 || dollars.DateOf(now) > dollars.DateOf(before) {
		f.set(dayKey(dollars.DateOf(now)), encodeNumber(f.summary.Number))
	}
	return nil
}

// clock is the ledger's clock after the block.
func (f *fold) clock() int64 { return max(f.done.clock, f.summary.Last) }
