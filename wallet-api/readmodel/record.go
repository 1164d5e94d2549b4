package readmodel

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/dgraph-io/badger/v4"
)

// Keys: a letter for what is there, then its name. A place is a block, a transaction's index in it and, for entries, an
// operation's index in that.
//
//	p                      progress, and the supply with it
//	s state key            the state's value
//	b account              balance
//	h account place        entry; places are inverted, so that the newest comes first
//	o order                the key of its entry in the spender's history
//	d account place        hold, by the place of its entry: its order
//	u account place        the same of those that are open
//	e end account order    nothing; open holds by when they end
//	v account place        voucher, by the place of its claim: the hash of its code
//	x transaction id       place
//	t place                header
//	r place                results
var progressKey = []byte("p")

func stateKey(key string) []byte             { return append([]byte("s"), key...) }
func balanceKey(a dollars.Account) []byte    { return append([]byte("b"), a[:]...) }
func historyPrefix(a dollars.Account) []byte { return append([]byte("h"), a[:]...) }
func orderKey(id dollars.OrderID) []byte     { return append([]byte("o"), id[:]...) }
func transactionKey(id string) []byte        { return append([]byte("x"), id...) }
func headerKey(at txPlace) []byte            { return append([]byte("t"), at.encode()...) }
func resultsKey(at txPlace) []byte           { return append([]byte("r"), at.encode()...) }

// The lists that an account has beside its history.
const (
	holdsOf     byte = 'd'
	openHoldsOf byte = 'u'
	vouchersOf  byte = 'v'
	holdEnds    byte = 'e' // of all accounts
)

func listPrefix(list byte, a dollars.Account) []byte { return append([]byte{list}, a[:]...) }

func listKey(list byte, a dollars.Account, at txPlace, index int) []byte {
	return appendPlace(listPrefix(list, a), at, index)
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

func historyKey(a dollars.Account, at txPlace, index int) []byte {
	return appendPlace(historyPrefix(a), at, index)
}

func appendPlace(b []byte, at txPlace, index int) []byte {
	b = binary.BigEndian.AppendUint64(b, ^at.block)
	b = binary.BigEndian.AppendUint32(b, ^at.index)
	return binary.BigEndian.AppendUint32(b, ^uint32(index))
}

const placeSize = 8 + 4 + 4

// decodePlace reads the end of a history key.
func decodePlace(b []byte) (txPlace, int) {
	at := txPlace{^binary.BigEndian.Uint64(b), ^binary.BigEndian.Uint32(b[8:])}
	return at, int(^binary.BigEndian.Uint32(b[12:]))
}

var errDamaged = errors.New("a record is damaged; stop the service, remove the read model's folder and start again: it is folded anew from the chain")

const recordVersion = 1

// txPlace is where a transaction is on the chain.
type txPlace struct {
	block uint64
	index uint32
}

func (p txPlace) encode() []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, p.block), p.index)
}

func findTransaction(txn *badger.Txn, id string) (at txPlace, found bool, err error) {
	value, err := disk.Get(txn, transactionKey(id))
	if err != nil || value == nil {
		return txPlace{}, false, err
	}
	if len(value) != 12 {
		return txPlace{}, false, errDamaged
	}
	return txPlace{binary.BigEndian.Uint64(value), binary.BigEndian.Uint32(value[8:])}, true, nil
}

// header is what is kept of a transaction beside its results.
type header struct {
	id    string
	time  int64
	valid bool
	code  string
}

func (h header) encode() []byte {
	b := []byte{recordVersion, 0}
	if h.valid {
		b[1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(h.time))
	return disk.AppendBytes(disk.AppendBytes(b, h.id), h.code)
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
	version, valid := r.Byte(), r.Byte()
	var unix [8]byte
	r.Fixed(unix[:])
	h := header{
		valid: valid == 1, time: int64(binary.BigEndian.Uint64(unix[:])), id: string(r.Bytes()), code: string(r.Bytes()),
	}
	if !r.End() || version != recordVersion || valid > 1 {
		return header{}, errDamaged
	}
	return h, nil
}

// Entries are kept as the ledger writes them: a journal of one.
func encodeEntry(e dollars.Entry) []byte {
	return dollars.Journal{Entries: []dollars.Entry{e}}.Encode()
}

func decodeEntry(value []byte) (dollars.Entry, error) {
	j, err := dollars.DecodeJournal(value)
	if err != nil || len(j.Entries) != 1 {
		return dollars.Entry{}, errDamaged
	}
	return j.Entries[0], nil
}

// Results are kept as a journal of only what wallet.ResultOf takes from its entries.
func encodeResults(j dollars.Journal) []byte {
	entries := make([]dollars.Entry, len(j.Entries))
	for i, e := range j.Entries {
		entries[i] = dollars.Entry{Kind: e.Kind, Outcome: e.Outcome, Code: e.Code, Amount: e.Amount, After: e.After}
	}
	return dollars.Journal{Entries: entries}.Encode()
}

func decodeResults(value []byte) ([]wallet.Result, error) {
	j, err := dollars.DecodeJournal(value)
	if err != nil {
		return nil, errDamaged
	}
	results := make([]wallet.Result, len(j.Entries))
	for i, e := range j.Entries {
		results[i] = wallet.ResultOf(e)
	}
	return results, nil
}

// progress is how far the views have come: the blocks that are whole, the steps done of the next one, and the supply
// after them.
type progress struct {
	block  uint64
	steps  uint64
	supply dollars.Supply
}

// sums are the supply's fields in the order they are written.
func sums(s *dollars.Supply) []*dollars.Amount {
	return []*dollars.Amount{
		&s.Minted, &s.Adjusted, &s.Reversed, &s.Redeemed, &s.Expired, &s.WrittenOff, &s.Held, &s.Pending, &s.Debt, &s.Forgiven,
	}
}

func (p progress) encode() []byte {
	b := binary.AppendUvarint([]byte{recordVersion}, p.block)
	b = binary.AppendUvarint(b, p.steps)
	for _, a := range sums(&p.supply) {
		b = binary.AppendUvarint(b, uint64(*a))
	}
	b = binary.AppendUvarint(b, uint64(len(p.supply.Bookings)))
	for _, n := range p.supply.Bookings {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
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
	version := r.Byte()
	p := progress{block: r.Uint(math.MaxUint64), steps: r.Uint(math.MaxUint64)}
	for _, a := range sums(&p.supply) {
		*a = dollars.Amount(r.Uint(math.MaxInt64))
	}
	states := r.Count(1)
	for i := range p.supply.Bookings {
		p.supply.Bookings[i] = int64(r.Uint(math.MaxInt64))
	}
	if !r.End() || version != recordVersion || states != len(p.supply.Bookings) {
		return progress{}, errDamaged
	}
	return p, nil
}
