package dollars

import "encoding/hex"

// A hold takes points out of an account before the purchase is sure, so that nobody can spend them twice. They keep their
// expiry: what is captured is burned, and what is released goes back as it was.

// HoldID names a hold: the account, and the order that made it.
type HoldID struct {
	Account Account
	Order   OrderID
}

// HoldRecord is what the ledger keeps of a hold, also when nothing is left of it.
type HoldRecord struct {
	Merchant Account // who may capture; zero: whoever has a merchant's certificate
	Until    int64   // Unix seconds, from which on it cannot be captured and anyone may release it
	Buckets  Buckets // what is left
	Released bool
	Captures []Captured
}

// Captured is a part of a hold that a merchant took.
type Captured struct {
	Reference [32]byte // the merchant's
	Amount    Amount
}

// MaxCaptures is in how many parts a hold may be captured.
const MaxCaptures = 32

// Encode writes the record.
func (r HoldRecord) Encode() []byte {
	b := append([]byte{recordVersion}, r.Merchant[:]...)
	b = appendUint(b, uint64(r.Until))
	b = append(appendBuckets(b, r.Buckets), boolByte(r.Released))
	b = appendUint(b, uint64(len(r.Captures)))
	for _, c := range r.Captures {
		b = appendAmount(append(b, c.Reference[:]...), c.Amount)
	}
	return b
}

// DecodeHoldRecord reads what Encode wrote.
func DecodeHoldRecord(data []byte) (HoldRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	var rec HoldRecord
	r.fixed(rec.Merchant[:])
	rec.Until = int64(r.uintMax(1<<63 - 1))
	rec.Buckets = r.buckets()
	rec.Released = r.bool()
	for range r.count(33) {
		var c Captured
		r.fixed(c.Reference[:])
		c.Amount = r.amount()
		rec.Captures = append(rec.Captures, c)
	}
	if !r.end() || version != recordVersion || rec.Until == 0 {
		return HoldRecord{}, malformed("hold record")
	}
	return rec, nil
}

// HoldPrefix is what the keys of all of an account's holds start with.
func HoldPrefix(a Account) string { return holdPrefix + a.hex() + "/" }

// HoldKey is the state key of the hold's record.
func HoldKey(id HoldID) string { return HoldPrefix(id.Account) + hex.EncodeToString(id.Order[:]) }
