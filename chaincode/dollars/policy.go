package dollars

import "github.com/destinasia/dollars/chaincode/earn"

// What holds for accounts is part of the rule set in force, and lies in the schedule beside it: orders read that, and need
// no rule set.

func appendPolicy(b []byte, p earn.Policy) []byte {
	b = append(b, reversalByte(p.Reversal))
	b = appendUint(b, uint64(p.RecallDays))
	for _, n := range policyNumbers(&p) {
		b = appendUint(b, uint64(*n))
	}
	return b
}

func (r *reader) policy() (p earn.Policy) {
	mode := r.byte()
	r.bad = r.bad || int(mode) >= len(reversals)
	if !r.bad {
		p.Reversal = reversals[mode]
	}
	p.RecallDays = uint32(r.uintMax(1<<32 - 1))
	for _, n := range policyNumbers(&p) {
		*n = int64(r.uintMax(1<<63 - 1))
	}
	return p
}

// reversals are the modes by their number on the ledger. Debt comes with and without its name, as it is written in rule
// sets.
var reversals = [...]earn.Reversal{"", earn.ReversalDebt, earn.ReversalWriteOff, earn.ReversalRecall}

func reversalByte(mode earn.Reversal) byte {
	for i, m := range reversals {
		if m == mode {
			return byte(i)
		}
	}
	return 0
}

// policyNumbers are the policy's numbers in the order they are written.
func policyNumbers(p *earn.Policy) [6]*int64 {
	return [...]*int64{
		(*int64)(&p.OrderMost), (*int64)(&p.DayMost), &p.CoolingSeconds, (*int64)(&p.CoolingMost),
		&p.RecoverySeconds, (*int64)(&p.AdjustmentDayMost),
	}
}

// policy is what holds now. Where no rules are in force nothing is limited, and nothing may be adjusted.
func (b *batch) policy() earn.Policy { return b.rules.schedule.At(b.env.Time).Policy }

// Given is what an account gave onward in one transfer or contribution, kept for as long as it may be recalled.
type Given struct {
	To     Account
	Expiry Expiry
	Amount Amount
	Day    Date
}

// MaxGiven is how many of them an account's record keeps; beyond that the oldest are forgotten.
const MaxGiven = 64

func appendGiven(b []byte, list []Given) []byte {
	b = appendUint(b, uint64(len(list)))
	for _, g := range list {
		b = appendUint(append(b, g.To[:]...), uint64(g.Expiry))
		b = appendUint(appendAmount(b, g.Amount), uint64(g.Day))
	}
	return b
}

func (r *reader) given() (list []Given) {
	for range r.count(23) {
		var g Given
		r.fixed(g.To[:])
		g.Expiry, g.Amount = Expiry(r.uintMax(uint64(maxExpiry))), r.amount()
		g.Day = Date(r.uintMax(1<<31 - 1))
		list = append(list, g)
	}
	r.bad = r.bad || len(list) == 0
	return list
}

// PayeeRecord is what the ledger keeps of one account's first transfers to another, where the policy wants them small.
type PayeeRecord struct {
	First int64  // Unix seconds
	Sent  Amount // while it cools off
}

// Encode writes the record.
func (r PayeeRecord) Encode() []byte {
	return appendAmount(appendUint([]byte{recordVersion}, uint64(r.First)), r.Sent)
}

// DecodePayeeRecord reads what Encode wrote.
func DecodePayeeRecord(data []byte) (PayeeRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := PayeeRecord{int64(r.uintMax(1<<63 - 1)), r.amount()}
	if !r.end() || version != recordVersion {
		return PayeeRecord{}, malformed("payee record")
	}
	return rec, nil
}

// Payee is a pair of accounts, of which the first has sent to the second.
type Payee struct{ From, To Account }

// PayeeKey is the state key of the payee's record.
func PayeeKey(p Payee) string { return payeePrefix + p.From.hex() + "/" + p.To.hex() }
