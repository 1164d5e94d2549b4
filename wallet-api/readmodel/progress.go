package readmodel

import (
	"encoding/binary"
	"math"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/dgraph-io/badger/v4"
)

// progress is how far the views have come: the blocks that are whole, the steps done of the next one, the supply after
// them, and what the ledger's clock says after the blocks.
type progress struct {
	block  uint64
	steps  uint64
	clock  int64 // latest time of a valid transaction, in Unix seconds; 0 before the first
	supply dollars.Supply
}

// sums are the supply's fields in the order they are written.
func sums(s *dollars.Supply) []*dollars.Amount {
	return []*dollars.Amount{
		&s.Minted, &s.Adjusted, &s.Reversed, &s.Redeemed, &s.Expired, &s.WrittenOff, &s.Held, &s.Pending, &s.Debt, &s.Forgiven,
	}
}

func appendSupply(b []byte, s *dollars.Supply) []byte {
	for _, a := range sums(s) {
		b = binary.AppendUvarint(b, uint64(*a))
	}
	b = binary.AppendUvarint(b, uint64(len(s.Bookings)))
	for _, n := range s.Bookings {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

func readSupply(r *disk.Reader) (s dollars.Supply) {
	for _, a := range sums(&s) {
		*a = dollars.Amount(r.Uint(math.MaxInt64))
	}
	if r.Count(1) != len(s.Bookings) {
		r.Fail()
	}
	for i := range s.Bookings {
		s.Bookings[i] = int64(r.Uint(math.MaxInt64))
	}
	return s
}

func (p progress) encode() []byte {
	b := binary.AppendUvarint([]byte{form}, p.block)
	b = binary.AppendUvarint(b, p.steps)
	b = binary.AppendUvarint(b, uint64(p.clock))
	return appendSupply(b, &p.supply)
}

func readProgress(txn *badger.Txn) (progress, error) {
	value, err := disk.Get(txn, progressKey)
	if err != nil || value == nil {
		return progress{}, err
	}
	return decodeProgress(value)
}

func decodeProgress(value []byte) (progress, error) {
	r := disk.NewReader(value)
	written := r.Byte()
	p := progress{block: r.Uint(math.MaxUint64), steps: r.Uint(math.MaxUint64), clock: int64(r.Uint(math.MaxInt64))}
	p.supply = readSupply(r)
	if !r.End() || written != form {
		return progress{}, errDamaged
	}
	return p, nil
}

// whole is the supply after the blocks that are whole.
func (p progress) whole(txn *badger.Txn) (dollars.Supply, error) {
	if p.steps == 0 {
		return p.supply, nil
	}
	return supplyAfter(txn, p.block)
}

// supplyAfter is the supply after so many blocks.
func supplyAfter(txn *badger.Txn, blocks uint64) (dollars.Supply, error) {
	if blocks == 0 {
		return dollars.Supply{}, nil
	}
	rec, err := readBlock(txn, blocks-1)
	return rec.Supply, err
}
