package audit

import (
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// BenchmarkOrders audits signed transfers, the dearest operations: each takes a recovery of its signer.
func BenchmarkOrders(b *testing.B) {
	const transactions, orders = 10, 500
	w := newWorld(b)
	c := newChain(w)
	c.order([]byte{0}, c.envelope(b, definition(w, "DestinasiaMSP", "AircncMSP")))
	hash := earn.HashOf(spring)
	c.order([]byte{0}, c.envelope(b, request{creator: w.planner, ops: []dollars.Operation{dollars.ProposeRules{Version: 1, Set: spring}}}))
	c.order([]byte{0}, c.envelope(b, request{creator: w.controller, ops: []dollars.Operation{dollars.ApproveRules{Version: 1, Hash: hash}}}))
	c.order([]byte{0}, c.envelope(b, request{creator: w.planner, ops: []dollars.Operation{dollars.PublishRules{Version: 1, Hash: hash}}}))
	c.order([]byte{0}, c.envelope(b, request{creator: w.issuer, ops: []dollars.Operation{
		book(1, 1_000_000_00), dollars.Complete{Booking: dollars.BookingID{1}},
	}}))
	credit := creditOf(b, c)
	for n := range uint64(transactions) {
		var ops []dollars.Operation
		for i := range uint64(orders) {
			o := dollars.Order{Kind: dollars.KindTransfer, To: dollars.Account{1, byte(i)}, Amount: 1, Nonce: n*orders + i + 1}
			if o.Nonce == 1 {
				ops = append(ops, spend(o, credit))
			} else {
				ops = append(ops, spend(o))
			}
		}
		c.order([]byte{0}, c.envelope(b, request{creator: w.issuer, ops: ops}))
	}
	b.ResetTimer()
	for b.Loop() {
		r, err := w.audit(c.blocks)
		if err != nil || r.Operations != transactions*orders+5 {
			b.Fatal(r.Operations, err)
		}
	}
	b.ReportMetric(transactions*orders*float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
