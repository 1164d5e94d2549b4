package dollars

import "fmt"

// first: what can be done once is done for the first time: an order's nonce, an award, a capture, a voucher's use, an
// adjustment.
func (l *ledger) first(ops []Operation, j Journal) error {
	for i, e := range j.Entries {
		if e.Outcome != Applied {
			continue
		}
		what := fmt.Sprintf("%s %x", e.Kind, e.Ref)
		switch o := ops[i].(type) {
		case SignedOrder:
			if o.Order.Kind == KindCapture {
				what += fmt.Sprintf(" %x", o.Reference)
			}
			if !o.ByMerchant() {
				what = fmt.Sprintf("%s %d", o.From, o.Nonce)
			}
		case Confirm, Complete, Cancel, ProposeAdjustment, ApproveAdjustment:
		default:
			continue
		}
		if l.once[what] {
			return fmt.Errorf("operation %d is done for the second time: %s", i, what)
		}
		l.once[what] = true
	}
	return nil
}
