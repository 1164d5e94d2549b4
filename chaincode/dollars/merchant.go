package dollars

import "fmt"

// A merchant has an account, whose key signs captures, releases and uses; or it is the issuer's own shop, whose certificate
// counts instead of a signature. A hold or voucher says which: it names the account, or none.

// byMerchant does an order that a merchant gives.
func (b *batch) byMerchant(o SignedOrder, check orderCheck) (Entry, error) {
	e := Entry{Kind: o.Kind(), Ref: o.Ref}
	if o.Order.Kind == KindUse {
		e.Ref = CodeHash(o.Ref) // as the voucher is known by
	}
	if err := b.authorize(o); err != nil {
		return e, err
	}
	if check.err != nil {
		return e, check.err
	}
	if len(o.Credits) > MaxCredits { // fewer are passed over: a merchant's own points are not touched
		return e, refuse(CodeTooManyCredits, fmt.Sprintf("%d credits named; at most %d", len(o.Credits), MaxCredits))
	}
	if FormOf(o.Order.Kind).Has(FieldReference) && o.Reference == [32]byte{} {
		return e, refuse(CodeMalformed, "the order has no reference, without which it could count twice")
	}
	if !o.From.IsZero() {
		rec := b.accounts[o.From].rec
		if !rec.signs(o.From, check.signer) {
			return e, notSigned()
		}
		if rec.Frozen != "" {
			return e, refuse(CodeAccountFrozen, "the merchant's account is frozen; it can receive but not act")
		}
	}
	switch o.Order.Kind {
	case KindCapture:
		return b.capture(o, e)
	case KindRelease:
		return b.release(o, e)
	}
	return b.use(o, e)
}

func notMerchant() error {
	return refuse(CodeNotMerchant, "this is for another merchant: for the account that the hold or the reward names, or, where that is none, for a certificate with role=merchant")
}
