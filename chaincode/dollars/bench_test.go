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
		ops[i] = from.order(Order{Kind: KindTransfer, To: to.account, Amount: 1_00, Nonce: 1, Deadline: l.env.Time}, []CreditRef{credit})
	}
	benchmarkApply(b, l, ops)
}

// BenchmarkBookings applies a batch that confirms and completes 500 bookings, by the standard rules and by a table as
// large as business staff would keep, with everything that rows can have.
func BenchmarkBookings(b *testing.B) {
	for name, set := range map[string]earn.RuleSet{"standard": standard, "50 rows": largeSet()} {
		b.Run(name, func(b *testing.B) {
			l, _ := awarded(b)
			if _, err := l.publish(set); err != nil {
				b.Fatal(err)
			}
			var ops []Operation
			for i := range benchSize {
				o := Confirm{
					NewBookingID("bench", fmt.Sprint(i/2), fmt.Sprint(i)), memberNamed(fmt.Sprintf("payer %d", i)).account,
					Facts{
						Kind: earn.Hotel + earn.Kind(i%3), Price: Amount(214_84 + i), Currency: "EUR", Start: 20_800, End: 20_800 + Date(i%12),
						Booked: 20_700, Cabin: "business", Route: "FRA-LIS", Country: "PT", Hotel: "lis-7", Channel: "app", Party: 2,
						Trip: earn.Trip{Hotels: 1, Flights: 1, Nights: uint32(i % 12)},
					},
				}
				ops = append(ops, o, Complete{o.Booking})
			}
			benchmarkApply(b, l, ops)
		})
	}
}

// largeSet has 50 rows in four tables: seasons, conditions on item, trip and tier, a budget, and a cap for members.
func largeSet() earn.RuleSet {
	r := earn.RuleSet{
		Name: "large", Currency: "EUR",
		Tiers: []earn.Level{{Tier: "silver", Points: 500_00, Nights: 10}, {Tier: "gold", Points: 2_000_00, Nights: 40}},
	}
	base, routes := earn.Table{Name: "base", Hit: earn.First}, earn.Table{Name: "routes", Hit: earn.First}
	for i := range earn.Kind(3) {
		k := earn.Hotel + i
		for _, level := range r.Tiers {
			base.Rows = append(base.Rows, earn.Row{
				ID: k.String() + "-" + level.Tier, Kinds: []earn.Kind{k}, When: fmt.Sprintf("tier == %q", level.Tier), BasisPoints: 800, Months: 36,
			})
		}
		base.Rows = append(base.Rows, earn.Row{ID: k.String(), Kinds: []earn.Kind{k}, Priority: -1, BasisPoints: 400, Months: 24})
	}
	for i := range 20 {
		routes.Rows = append(routes.Rows, earn.Row{
			ID: fmt.Sprintf("route-%d", i), Kinds: []earn.Kind{earn.Flight}, Months: 12, BasisPoints: 100,
			When: fmt.Sprintf(`destination == "X%02d" && cabin in ["business", "first"]`, i),
		})
	}
	seasons := earn.Table{Name: "seasons", Hit: earn.Collect}
	for i := range 12 {
		from := Date(20_790 + 30*i)
		seasons.Rows = append(seasons.Rows, earn.Row{
			ID: fmt.Sprintf("month-%d", i), Season: &earn.Season{By: earn.ByArrival, From: from.String(), Until: (from + 29).String()},
			When: "lead >= 30 && country in [\"PT\", \"ES\", \"IT\"]", BasisPoints: 50, CapItem: 20_00, Months: 6,
		})
	}
	extras := earn.Table{Name: "extras", Hit: earn.Collect}
	for i := range 7 {
		extras.Rows = append(extras.Rows, earn.Row{
			ID: fmt.Sprintf("hotel-%d", i), Kinds: []earn.Kind{earn.Hotel}, When: fmt.Sprintf(`hotel == "lis-%d" && channel == "app"`, i), Fixed: 1_00, Months: 12,
		})
	}
	extras.Rows = append(
		extras.Rows,
		earn.Row{ID: "long-stay", Kinds: []earn.Kind{earn.Flight}, When: "trip.hotels > 0 && trip.nights >= 7", BasisPoints: 200, Budget: 1_000_000_00, Months: 12},
		earn.Row{ID: "app", When: `channel == "app"`, Fixed: 50, CapMember: 10_00, Months: 12},
	)
	r.Tables = []earn.Table{base, routes, seasons, extras}
	return r
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
