package dollars

import (
	"encoding/hex"
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

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
	rec.Applied = r.int64()
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

// proposeAdjustment keeps what is asked for until another certificate approves it.
func (b *batch) proposeAdjustment(o ProposeAdjustment) (Entry, error) {
	e := Entry{Kind: o.Kind(), Ref: o.ID}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if err := o.Check(); err != nil {
		return e, err
	}
	o.describe(&e)
	slot := b.adjustments[o.ID]
	switch {
	case slot.found && slot.rec.Adjustment != o.Adjustment:
		return e, refuse(CodeAdjustmentConflict, "this id was proposed before for something else; nothing was proposed: choose another id")
	case slot.found:
		e.Outcome = Duplicate
		return e, nil
	}
	slot.put(AdjustmentRecord{Adjustment: o.Adjustment, Proposer: b.env.Caller.ID})
	return e, nil
}

// Check refuses what cannot be an adjustment.
func (a Adjustment) Check() error {
	switch {
	case a.Account.IsZero():
		return refuse(CodeAdjustmentInvalid, "the zero address has no points")
	case a.Amount < 1 || a.Amount > MaxAmount:
		return refuse(CodeAdjustmentInvalid, fmt.Sprintf("the amount is not between 0.01 and %s", MaxAmount))
	case a.Burn && a.Months != 0:
		return refuse(CodeAdjustmentInvalid, "points that are burned are valid for no months")
	case !a.Burn && (a.Months < 1 || a.Months > earn.MaxValidMonths):
		return refuse(CodeAdjustmentInvalid, fmt.Sprintf("points are granted for 1 to %d months", earn.MaxValidMonths))
	}
	return CheckReason(a.Reason)
}

// describe says in an entry what the adjustment is.
func (a Adjustment) describe(e *Entry) {
	e.Outcome, e.Account, e.Amount, e.Name, e.Burn = Applied, a.Account, a.Amount, a.Reason, a.Burn
}

// approveAdjustment makes what was proposed.
func (b *batch) approveAdjustment(o ApproveAdjustment) (Entry, error) {
	e := Entry{Kind: o.Kind(), Ref: o.ID}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	slot := b.adjustments[o.ID]
	rec := slot.rec
	switch {
	case !slot.found:
		return e, refuse(CodeAdjustmentUnknown, "no adjustment with this id was proposed; propose it first, then approve it")
	case rec.Applied != 0:
		rec.describe(&e)
		e.Outcome = Duplicate
		return e, nil
	case rec.Proposer == b.env.Caller.ID:
		return e, refuse(CodeOwnApproval, "who proposed an adjustment cannot approve it; that takes another certificate")
	}
	day := b.adjusted[DateOf(b.env.Time)]
	sum, err := day.rec.Amount.Plus(rec.Amount)
	if err != nil {
		return e, err
	}
	if most := Amount(b.policy().AdjustmentDayMost); sum > most {
		return e, refuse(CodeAdjustmentLimit, fmt.Sprintf("all adjustments of this day (UTC) would be %s, and may be %s", sum, most))
	}
	rec.describe(&e)
	if rec.Burn {
		err = b.correct(rec.Adjustment, o.Credits, &e)
	} else {
		e.Moved = Buckets{{ExpiryAfter(b.env.Time, rec.Months), rec.Amount}}
		err = b.credit(rec.Account, e.Moved)
	}
	if err != nil {
		return e, err
	}
	rec.Applied = max(b.env.Time, 1) // 0 would be: not yet
	slot.put(rec)
	day.put(AdjustedRecord{sum})
	return e, nil
}

// correct burns an adjustment's points, earliest first; what the account has too little of it owes.
func (b *batch) correct(a Adjustment, refs []CreditRef, e *Entry) error {
	p, err := b.open(a.Account, refs)
	if err != nil {
		return err
	}
	e.Moved = p.rec.Buckets.take(a.Amount)
	taken, err := e.Moved.Total()
	if err != nil {
		return err
	}
	e.Debt = a.Amount - taken
	if p.rec.Debt, err = p.rec.Debt.Plus(e.Debt); err != nil {
		return err
	}
	b.close(p, e)
	return nil
}
