package dollars

import (
	"fmt"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
)

const benchSize = 500

// BenchmarkTransfers applies a batch of 500 signed transfers, each from another member with one credit.
func BenchmarkTransfers(b *testing.B) {
	l, _ := awarded(b)
	ops := make([]Operation, benchSize)
	for i := range ops {
		from, to := memberNamed(fmt.Sprintf("payer %d", i)), memberNamed(fmt.Sprintf("payee %d", i))
		credit := CreditRef{month(b, "2028-11"), txID(2)}
		l.state[credit.Of(from.account).Key()] = EncodeCredit(10_00)
		ops[i] = from.order(Order{To: to.account, Amount: 1_00, Nonce: 1, Deadline: l.env.Time}, []CreditRef{credit})
	}
	benchmarkApply(b, l, ops)
}

// BenchmarkBookings applies a batch that confirms and completes 500 bookings.
func BenchmarkBookings(b *testing.B) {
	l, _ := awarded(b)
	facts := Facts{Kind: earn.Hotel, Price: 214_84, Currency: "EUR", Start: 20000, End: 20001}
	var ops []Operation
	for i := range benchSize {
		id := NewBookingID("bench", fmt.Sprint(i), "1")
		ops = append(ops, Confirm{id, memberNamed(fmt.Sprintf("payer %d", i)).account, facts}, Complete{id})
	}
	benchmarkApply(b, l, ops)
}

func benchmarkApply(b *testing.B, l *ledger, ops []Operation) {
	data := EncodeBatch(0, encodeAll(ops))
	b.ReportAllocs()
	for b.Loop() {
		_, decoded, err := DecodeBatch(data)
		if err != nil {
			b.Fatal(err)
		}
		res, err := Apply(l.next(), decoded, l.state)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range res.Journal.Entries {
			if e.Outcome != Applied {
				b.Fatalf("%s is %s %s", e.Kind, e.Outcome, e.Code)
			}
		}
		_ = res.Journal.Encode()
	}
	b.ReportMetric(float64(len(ops))*float64(b.N)/b.Elapsed().Seconds(), "operations/s")
}
