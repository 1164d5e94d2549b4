package dollars

import "encoding/hex"

// Adjustment is what an operator grants to an account, or burns in it.
type Adjustment struct {
	Account Account
	Amount  Amount
	Burn    bool   // a correction; what the account has too little of becomes debt
	Months  uint32 // that granted points are valid after the month of their approval
	Reason  string // a code
}

// AdjustmentRecord is what the ledger keeps of an adjustment.
type AdjustmentRecord struct {
	Adjustment
	Proposer CertificateID
	Applied  int64 // Unix seconds; 0 before
}

func appendAdjustment(b []byte, a Adjustment) []byte {
	b = append(appendAmount(append(b, a.Account[:]...), a.Amount), boolByte(a.Burn))
	return appendBytes(appendUint(b, uint64(a.Months)), []byte(a.Reason))
}

func (r *reader) adjustment() (a Adjustment) {
	r.fixed(a.Account[:])
	a.Amount, a.Burn = r.amount(), r.bool()
	a.Months = uint32(r.uintMax(1<<32 - 1))
	a.Reason = string(r.bytes(MaxFactCode))
	return a
}

// Encode writes the record.
func (r AdjustmentRecord) Encode() []byte {
	b := appendAdjustment([]byte{recordVersion}, r.Adjustment)
	return appendUint(append(b, r.Proposer[:]...), uint64(r.Applied))
}

// DecodeAdjustmentRecord reads what Encode wrote.
func DecodeAdjustmentRecord(data []byte) (AdjustmentRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := AdjustmentRecord{Adjustment: r.adjustment()}
	r.fixed(rec.Proposer[:])
	rec.Applied = int64(r.uintMax(1<<63 - 1))
	if !r.end() || version != recordVersion || rec.Amount == 0 {
		return AdjustmentRecord{}, malformed("adjustment record")
	}
	return rec, nil
}

// AdjustmentKey is the state key of the adjustment's record.
func AdjustmentKey(id [32]byte) string { return adjustmentPrefix + hex.EncodeToString(id[:]) }

// AdjustedKey is the state key of how much was adjusted on a day (UTC).
func AdjustedKey(day Date) string { return adjustedPrefix + day.String() }

// AdjustedRecord is how much was adjusted on a day, granted and burned together.
type AdjustedRecord struct{ Amount Amount }

// Encode writes the record.
func (r AdjustedRecord) Encode() []byte { return appendAmount([]byte{recordVersion}, r.Amount) }

// DecodeAdjustedRecord reads what Encode wrote.
func DecodeAdjustedRecord(data []byte) (AdjustedRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := AdjustedRecord{r.amount()}
	if !r.end() || version != recordVersion {
		return AdjustedRecord{}, malformed("sum of adjustments")
	}
	return rec, nil
}
