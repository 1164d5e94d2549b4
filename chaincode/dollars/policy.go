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
		*n = r.int64()
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
