package dollars

func isReason(s string) bool { return s != "" && isFactCode(s) }

// household.go
func (b *batch) contribute(o SignedOrder, p *purse, e *Entry) error { return malformed("operation") }
func (b *batch) form(household Account, p *purse, e *Entry) error   { return malformed("operation") }
func (b *batch) invite(o SignedOrder, e *Entry) error               { return malformed("operation") }
func (b *batch) join(o SignedOrder, p *purse, e *Entry) error       { return malformed("operation") }
func (b *batch) leave(o SignedOrder, p *purse, e *Entry) error      { return malformed("operation") }

// keys.go, recovery.go
// signedFor tells who signed, where that is not the account's own key, or refuses.
func (b *batch) signedFor(p *purse, signer Account) (by Account, err error) {
	if signer != p.account {
		return Account{}, notSigned()
	}
	return Account{}, nil
}
func (b *batch) changeKeys(o SignedOrder, p *purse, e *Entry) error { return malformed("operation") }
func (b *batch) object(o SignedOrder, e *Entry) error               { return malformed("operation") }
func (b *batch) recovery(o Recovery) (Entry, error) {
	return Entry{Kind: o.Step}, malformed("operation")
}

// policy.go
// limit refuses what the policy in force, or the terms of a household, do not let an account send.
func (b *batch) limit(o SignedOrder, p *purse, by Account) error { return nil }

// note remembers what is given onward, where the policy recalls.
func (b *batch) note(p *purse, to Account, given Buckets) error { return nil }

// adjustment.go
func (b *batch) proposeAdjustment(o ProposeAdjustment) (Entry, error) {
	return Entry{Kind: o.Kind()}, malformed("operation")
}
func (b *batch) approveAdjustment(o ApproveAdjustment) (Entry, error) {
	return Entry{Kind: o.Kind()}, malformed("operation")
}
