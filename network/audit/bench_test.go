package audit

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// rich is a chain on which Alice has a million, in a credit.
func rich(t testing.TB, w *world) (*chain, dollars.CreditRef) {
	t.Helper()
	c := newChain(w)
	c.order([]byte{0}, c.envelope(t, definition(w, "DestinasiaMSP", "AircncMSP")))
	hash := earn.HashOf(spring)
	for _, r := range []request{
		{creator: w.planner, ops: []dollars.Operation{dollars.ProposeRules{Version: 1, Set: spring}}},
		{creator: w.controller, ops: []dollars.Operation{dollars.ApproveRules{Version: 1, Hash: hash}}},
		{creator: w.planner, ops: []dollars.Operation{dollars.PublishRules{Version: 1, Hash: hash}}},
		{creator: w.issuer, ops: []dollars.Operation{book(1, 1_000_000_00), dollars.Complete{Booking: dollars.BookingID{1}}}},
	} {
		c.order([]byte{0}, c.envelope(t, r))
	}
	return c, creditOf(t, c)
}

// spendMuch adds blocks of transactions of orders, each a redemption: what it costs a state is one record.
func spendMuch(t testing.TB, c *chain, credit dollars.CreditRef, blocks, transactions, orders int) {
	t.Helper()
	nonce := uint64(0)
	for range blocks {
		var envelopes [][]byte
		before := c.state
		for n := range transactions {
			var ops []dollars.Operation
			for range orders {
				nonce++
				o := dollars.Order{Kind: dollars.KindRedeem, Amount: 1, Nonce: nonce}
				if nonce == 1 {
					ops = append(ops, spend(o, credit))
				} else {
					ops = append(ops, spend(o))
				}
			}
			r := request{creator: c.w.issuer, ops: ops, nonce: fmt.Sprint("redemption ", nonce)}
			if n > 0 {
				// One after the other in a block they would conflict: they are endorsed on what never was, and marked so.
				r.reads = before
			}
			envelopes = append(envelopes, c.envelope(t, r))
		}
		codes := make([]byte, transactions)
		for i := range codes[1:] {
			codes[i+1] = conflict
		}
		c.order(codes, envelopes...)
	}
}

// BenchmarkOrders audits signed orders, the dearest operations: each takes a recovery of its signer.
func BenchmarkOrders(b *testing.B) {
	for _, size := range []struct{ blocks, orders int }{{10, 500}, {500, 1}} {
		b.Run(fmt.Sprintf("%d in a transaction", size.orders), func(b *testing.B) {
			w := newWorld(b)
			c, credit := rich(b, w)
			spendMuch(b, c, credit, size.blocks, 1, size.orders)
			orders := size.blocks * size.orders
			b.ResetTimer()
			used := processor(b)
			for b.Loop() {
				if r, err := w.audit(c.blocks); err != nil || r.Operations != orders+5 {
					b.Fatal(r.Operations, err)
				}
			}
			b.ReportMetric(float64(orders*b.N)/b.Elapsed().Seconds(), "orders/s")
			b.ReportMetric(float64((processor(b)-used).Microseconds())/float64(orders*b.N), "cpu-us/order") // whatever else the machine does
		})
	}
}

// processor is how much time of processors the process has had.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// heap is how much memory is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first has found to have a finalizer
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryGrowsWithTheStateOnly: of a transaction that leaves the state as large as it was, an audit keeps the hash of its
// id. A transaction of this test has some 3,600 bytes; a few blocks are under way at any time.
func TestMemoryGrowsWithTheStateOnly(t *testing.T) {
	const ids = 1 << 19
	before := heap()
	seen := &txIDs{}
	for i := range ids {
		seen.add(fmt.Sprintf("%064x", i))
	}
	each := float64(heap()-before) / ids
	t.Logf("%d ids take %.0f bytes each", ids, each)
	if each > 50 || seen.count != ids || !seen.has(fmt.Sprintf("%064x", ids-1)) {
		t.Errorf("the id of a transaction takes %.0f bytes", each)
	}
	runtime.KeepAlive(seen)

	const blocks, transactions = 40, 20
	w := newWorld(t)
	c, credit := rich(t, w)
	spendMuch(t, c, credit, blocks, transactions, 1)
	bytes := 0
	for _, b := range c.blocks {
		bytes += len(b)
	}
	var early, late int64
	var a *Auditor
	var err error
	a, err = New(Options{Roots: w.roots, Chaincode: "dsd", Progress: func(r Report) {
		switch r.Height {
		case 10: // the state is what it will be, and so are the tables of lists of ids
			for first := range 256 {
				a.seen.find([sha256.Size]byte{byte(first)})
			}
			early = heap()
		case blocks:
			late = heap()
		}
	}})
	if err == nil {
		err = a.Run(t.Context(), &blocksOf{blocks: c.blocks})
	}
	if err != nil {
		t.Fatal(err)
	}
	grown := float64(late-early) / ((blocks - 10) * transactions)
	t.Logf("of transactions of %d bytes, %.0f bytes each are kept", bytes/(blocks*transactions), grown)
	if grown > 1000 {
		t.Errorf("with every transaction the audit grows by %.0f bytes: it holds on to blocks", grown)
	}
	runtime.KeepAlive(a)
}
