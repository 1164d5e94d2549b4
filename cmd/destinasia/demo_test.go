package main

import (
	"strings"
	"testing"

	"github.com/destinasia/dollars/bookings/sample"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// asTheSampleSays is a demonstration in which everything went well.
func asTheSampleSays() *demonstration {
	s := sample.New(sample.Options{Bookings: 60})
	t := s.Tally
	d := &demonstration{sample: s, counts: feedCounts{
		Events: len(s.Messages), Accepted: t.Accepted, Applied: t.Accepted, Duplicate: t.Duplicates,
		Refused: map[string]int{"malformed": t.Refused},
	}}
	d.before = client.AssetSupply{Minted: 1_00, Bookings: client.BookingCounts{Awarded: 1}} // Of an earlier demo.
	d.fed = client.AssetSupply{
		Minted: 1_00 + dollars.Amount(t.Minted()), Reversed: dollars.Amount(t.Reversed.Points), Pending: dollars.Amount(t.Pending.Points),
		Bookings: client.BookingCounts{
			Pending: int64(t.Pending.Items), Awarded: 1 + int64(t.Awarded.Items),
			Cancelled: int64(t.Cancelled.Items), Reversed: int64(t.Reversed.Items),
		},
	}
	d.after = d.fed
	return d
}

func (d *demonstration) allWrong() string {
	return strings.Join(append(append(d.checkAnswers(), d.checkChanges()...), d.checkOrders()...), "; ")
}

func TestDemoFindsNothingWrong(t *testing.T) {
	for name, change := range map[string]func(*demonstration){
		"first time": func(*demonstration) {},
		"some of the reversed points had been spent": func(d *demonstration) { d.fed.Reversed--; d.fed.Debt++ },
		"the sample had been sent before": func(d *demonstration) {
			d.counts.Accepted, d.counts.Applied, d.fed = 0, 0, d.before
		},
		"part of the sample had been sent before": func(d *demonstration) { d.counts.Accepted, d.fed.Minted = 5, 2_00 },
		"an order": func(d *demonstration) {
			d.orders = []demoOrder{{Order: client.Order{Kind: client.OrderRedemption, Amount: 7, Status: client.StateApplied}}}
			d.after.Redeemed = 7
		},
	} {
		d := asTheSampleSays()
		if change(d); d.allWrong() != "" {
			t.Errorf("%s: %s", name, d.allWrong())
		}
	}
}

func TestDemoFindsWhatIsWrong(t *testing.T) {
	for want, change := range map[string]func(*demonstration){
		"good ones":                         func(d *demonstration) { d.counts.Events-- },
		"are faulty":                        func(d *demonstration) { d.counts.Refused["malformed"]--; d.counts.Events-- },
		"the ledger rejected 1":             func(d *demonstration) { d.counts.Rejected = map[string]int{"balance": 1} },
		"points minted":                     func(d *demonstration) { d.fed.Minted++ },
		"points reversed":                   func(d *demonstration) { d.fed.Reversed-- },
		"items cancelled":                   func(d *demonstration) { d.fed.Bookings.Cancelled-- },
		"points pending: the ledger has":    func(d *demonstration) { d.counts.Accepted = 0 }, // but everything changed
		"the transfer is not on the ledger": func(d *demonstration) { d.orders = []demoOrder{{Order: client.Order{Kind: client.OrderTransfer}}} },
		"the ledger has 0.05 more":          func(d *demonstration) { d.after.Redeemed = 5 },
	} {
		d := asTheSampleSays()
		if change(d); !strings.Contains(d.allWrong(), want) {
			t.Errorf("%s: found %q", want, d.allWrong())
		}
	}
}

func TestDifferences(t *testing.T) {
	supply := client.AssetSupply{Minted: 3, Outstanding: 3, Bookings: client.BookingCounts{Awarded: 2}}
	state := ledgerSums{Organisation: "aircnc", Outstanding: 3, Awarded: 3, Bookings: stateCounts{Awarded: 2}}
	if got := differences(state, supply); len(got) != 0 {
		t.Errorf("%v", got)
	}
	state.Outstanding, state.Held, state.Bookings.Noted = 2, 1, 1
	if got := differences(state, supply); len(got) != 3 {
		t.Errorf("%v", got)
	}
}
