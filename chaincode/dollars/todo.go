package dollars

func isReason(s string) bool { return s != "" && isFactCode(s) }

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
