package readmodel

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Keys: a letter for what is there, then its name. The place of a transaction is a block and its index in it, that of an
// entry also an operation's index in the transaction.
//
//	p                      progress, and the supply with it
//	a account              balance, and from the state its record and its first credits
//	s state key            the state's value, of all other keys
//	h account place        lines: the entries of one block, by the place of the oldest; newest first
//	o order                the place of its entry
//	d account place        hold, by the place of its entry: its order
//	u account place        the same of those that are open
//	e end account order    nothing; open holds by when they end
//	v account place        voucher, by the place of its claim: the hash of its code
//	x transaction id       the transaction's place
//	t place                header
//	j place group          its entries, so many in a group
//	b number               block: its header, what is in it, the supply after it
//	n hash                 number of the block with this header
//	y day                  number of the block with which a day began, of days on which there was one
//
// Places of entries are inverted, so that the newest comes first.
var (
	progressKey   = []byte("p")
	accountPrefix = []byte("a")
)

func stateKey(key string) []byte             { return append([]byte("s"), key...) }
func accountKey(a dollars.Account) []byte    { return slices.Concat(accountPrefix, a[:]) }
func historyPrefix(a dollars.Account) []byte { return append([]byte("h"), a[:]...) }
func orderKey(id dollars.OrderID) []byte     { return append([]byte("o"), id[:]...) }
func transactionKey(id dollars.TxID) []byte  { return append([]byte("x"), id[:]...) }
func headerKey(at txPlace) []byte            { return append([]byte("t"), at.encode()...) }
func entriesPrefix(at txPlace) []byte        { return append([]byte("j"), at.encode()...) }
func entriesKey(at txPlace, group int) []byte {
	return binary.BigEndian.AppendUint32(entriesPrefix(at), uint32(group))
}

// The lists that an account has beside its history.
const (
	holdsOf     byte = 'd'
	openHoldsOf byte = 'u'
	vouchersOf  byte = 'v'
	holdEnds    byte = 'e' // of all accounts
)

func listPrefix(list byte, a dollars.Account) []byte { return append([]byte{list}, a[:]...) }

func listKey(list byte, a dollars.Account, at place) []byte {
	return append(listPrefix(list, a), at.encode()...)
}

func holdEndKey(until int64, id dollars.HoldID) []byte {
	b := binary.BigEndian.AppendUint64([]byte{holdEnds}, uint64(until))
	return append(append(b, id.Account[:]...), id.Order[:]...)
}

func decodeHoldEnd(key []byte) (until int64, id dollars.HoldID, err error) {
	if len(key) != 1+8+len(id.Account)+len(id.Order) {
		return 0, id, errDamaged
	}
	account, order := key[9:9+len(id.Account)], key[9+len(id.Account):]
	return int64(binary.BigEndian.Uint64(key[1:])), dollars.HoldID{Account: dollars.Account(account), Order: dollars.OrderID(order)}, nil
}

func historyKey(a dollars.Account, oldest place) []byte {
	return append(historyPrefix(a), oldest.encode()...)
}

var errDamaged = errors.New("a record is damaged; stop the service, remove the read model's folder and start again: it is folded anew from the chain")

// form is that of all keys and records. Whoever changes one of them raises it: a store of another form is emptied when
// it is opened, and folded anew.
const form = 4

// txPlace is where a transaction is on the chain.
type txPlace struct {
	block uint64
	index uint32
}

func (p txPlace) encode() []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(make([]byte, 0, 16), p.block), p.index)
}

// place is where an entry is on the chain.
type place struct {
	tx    txPlace
	index uint32 // of the operation
}

const placeSize = 8 + 4 + 4

func (p place) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, placeSize), ^p.tx.block)
	b = binary.BigEndian.AppendUint32(b, ^p.tx.index)
	return binary.BigEndian.AppendUint32(b, ^p.index)
}

// decodePlace reads what encode wrote, or the end of a key with it.
func decodePlace(b []byte) (place, error) {
	if len(b) < placeSize {
		return place{}, errDamaged
	}
	b = b[len(b)-placeSize:]
	return place{
		tx:    txPlace{^binary.BigEndian.Uint64(b), ^binary.BigEndian.Uint32(b[8:])},
		index: ^binary.BigEndian.Uint32(b[12:]),
	}, nil
}

func (p place) before(q place) bool { return p.compare(q) < 0 }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.tx.block, q.tx.block), cmp.Compare(p.tx.index, q.tx.index), cmp.Compare(p.index, q.index))
}

// lines are the places of entries of one block in an account's history, oldest first. Written they have the newest first.
type lines []place

func (l lines) encode() []byte {
	b := make([]byte, 0, 4*len(l))
	for _, at := range slices.Backward(l) {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(at.tx.index)), uint64(at.index))
	}
	return b
}

// lineSize is what a line takes, at most.
const lineSize = 2 * binary.MaxVarintLen32

// walkLines calls f with what encode wrote, newest first.
func walkLines(block uint64, value []byte, f func(place) error) error {
	for r := disk.NewReader(value); r.More(); {
		tx, index := uint32(r.Uint(math.MaxUint32)), uint32(r.Uint(math.MaxUint32))
		if r.Failed() {
			return errDamaged
		}
		if err := f(place{txPlace{block, tx}, index}); err != nil {
			return err
		}
	}
	return nil
}

func findTransaction(txn *badger.Txn, id dollars.TxID) (at txPlace, found bool, err error) {
	value, err := disk.Get(txn, transactionKey(id))
	if err != nil || value == nil {
		return txPlace{}, false, err
	}
	if len(value) != 12 {
		return txPlace{}, false, errDamaged
	}
	return txPlace{binary.BigEndian.Uint64(value), binary.BigEndian.Uint32(value[8:])}, true, nil
}

// header is what is kept of a transaction beside its entries.
type header struct {
	id         dollars.TxID
	time       int64
	valid      bool
	operations wallet.OperationCounts
	creator    string
	code       string
}

func (h header) encode() []byte {
	b := []byte{0}
	if h.valid {
		b[0] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(h.time))
	b = append(b, h.id[:]...)
	b = disk.AppendBytes(appendCounts(b, h.operations), h.creator)
	return append(b, h.code...)
}

func appendCounts(b []byte, c wallet.OperationCounts) []byte {
	for _, n := range [...]uint64{c.Applied, c.Duplicate, c.Rejected} {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

func readCounts(r *disk.Reader) (c wallet.OperationCounts) {
	for _, to := range [...]*uint64{&c.Applied, &c.Duplicate, &c.Rejected} {
		*to = r.Uint(math.MaxUint32)
	}
	return c
}

func readHeader(txn *badger.Txn, at txPlace) (header, error) {
	value, err := disk.Get(txn, headerKey(at))
	if err != nil {
		return header{}, err
	}
	return decodeHeader(value)
}

func decodeHeader(value []byte) (header, error) {
	r := disk.NewReader(value)
	valid := r.Byte()
	var unix [8]byte
	r.Fixed(unix[:])
	h := header{valid: valid == 1, time: int64(binary.BigEndian.Uint64(unix[:]))}
	r.Fixed(h.id[:])
	h.operations = readCounts(r)
	h.creator = string(r.Bytes())
	h.code = string(r.Rest())
	if !r.End() || valid > 1 {
		return header{}, errDamaged
	}
	return h, nil
}

// perGroup is how many entries lie together. Finding one means to skip those before it.
const perGroup = 128

// encodeEntries writes a group: each entry as the ledger writes it, a journal of one, with its length before it.
func encodeEntries(group []dollars.Entry) []byte {
	b := make([]byte, 0, 128*len(group))
	for i := range group {
		e := group[i]
		e.Explanation = [32]byte{} // The ledger keeps it for those who do not believe us, and the mirror holds what it is of.
		b = disk.AppendBytes(b, dollars.Journal{Entries: []dollars.Entry{e}}.Encode())
	}
	return b
}

// entryOf reads one entry of a group.
func entryOf(group []byte, index uint32) (dollars.Entry, error) {
	r := disk.NewReader(group)
	for range index {
		r.Bytes()
	}
	return decodeEntry(r.Bytes())
}

// decodeEntries reads a group.
func decodeEntries(group []byte) (entries []dollars.Entry, err error) {
	for r := disk.NewReader(group); r.More(); {
		e, err := decodeEntry(r.Bytes())
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func decodeEntry(value []byte) (dollars.Entry, error) {
	j, err := dollars.DecodeJournal(value)
	if err != nil || len(j.Entries) != 1 {
		return dollars.Entry{}, errDamaged
	}
	return j.Entries[0], nil
}
