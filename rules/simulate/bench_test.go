package simulate

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

var benchItems = flag.Int("items", 100_000, "items of the benchmark's history")

// busyHistory is two years of bookings as a big agency may have them: 4 in 10 cancelled, 2 in 100 reversed.
func busyHistory(tb testing.TB, items, members int) *History {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var h History
	countries := []string{"PT", "ES", "FR", "IT", "DE", "GB", "GR", "TR", "US", "TH"}
	cabins := []string{"economy", "economy", "economy", "premium", "business"}
	begin := 17_000
	for h.Len() < items {
		booking := fmt.Sprint("b", h.Len())
		var member dollars.Account
		member[0], member[1], member[2] = 1, byte(h.Len()%members), byte(h.Len()%members>>8)
		booked := begin + r.IntN(730)
		start := booked + r.IntN(200)
		state := dollars.BookingAwarded
		switch n := r.IntN(100); {
		case n < 40:
			state = dollars.BookingCancelled
		case n < 42:
			state = dollars.BookingReversed
		case start > begin+730:
			state = dollars.BookingPending
		}
		nights := 1 + r.IntN(10)
		country := countries[r.IntN(len(countries))]
		for i := range 1 + r.IntN(3) {
			f := dollars.Facts{
				Kind: earn.Kind(i + 1), Price: dollars.Amount(5_000 + r.IntN(200_000)), Currency: "EUR",
				Start: dollars.Date(start), End: dollars.Date(start + nights), Booked: dollars.Date(booked),
				Country: country, Channel: "app", Party: uint32(1 + r.IntN(4)), Trip: earn.Trip{Hotels: 1, Nights: uint32(nights)},
			}
			switch f.Kind {
			case earn.Hotel:
				f.Hotel = fmt.Sprint("H", r.IntN(5_000))
			case earn.Flight:
				f.Route, f.Cabin = "FRA-"+country, cabins[r.IntN(len(cabins))]
			}
			add(tb, &h, booking, fmt.Sprint(i), dollars.BookingRecord{
				State: state, Account: member, Facts: f, Time: int64(booked) * secondsPerDay,
			})
		}
	}
	return &h
}

// busyRules are 50 rows with everything a row can have.
func busyRules() earn.RuleSet {
	set := standard()
	set.Name = "busy"
	set.Tiers = []earn.Level{{Tier: "silver", Points: 200_00}, {Tier: "gold", Points: 1_000_00, Nights: 50}}
	extra := earn.Table{Name: "promotions", Hit: earn.Collect}
	for i := range 44 {
		row := earn.Row{ID: fmt.Sprintf("promotion-%d", i), BasisPoints: uint32(10 + i), Months: 12}
		switch i % 6 {
		case 0:
			row.When = fmt.Sprintf(`nights >= %d && country in ["PT", "ES", "FR"]`, 1+i%7)
		case 1:
			row.When, row.CapMember = fmt.Sprintf(`lead > %d && channel == "app"`, 10*i), 50_00
		case 2:
			row.When, row.CapBooking = fmt.Sprintf(`party > 2 && price > %d`, 1000*i), 20_00
		case 3:
			row.When, row.Budget = `cabin == "business" || trip.nights >= 7`, 100_000_00
		case 4:
			row.Kinds, row.CapItem = []earn.Kind{earn.Hotel}, 10_00
			row.Season = &earn.Season{By: earn.ByArrival, From: "2017-06-01", Until: "2017-08-31"}
		case 5:
			row.When = `tier == "gold" && month in [6, 7, 8]`
		}
		extra.Rows = append(extra.Rows, row)
	}
	set.Tables = append(set.Tables, extra)
	set.Tables[0].Rows = append([]earn.Row{
		{ID: "long", Priority: 1, Kinds: []earn.Kind{earn.Hotel}, When: "nights >= 7", BasisPoints: 700, Months: 24},
		{ID: "early", Priority: 2, When: "lead >= 180", BasisPoints: 600, Months: 24},
		{ID: "gold", Priority: 3, When: `tier == "gold"`, BasisPoints: 800, Months: 36},
	}, set.Tables[0].Rows...)
	return set
}

func BenchmarkCompare(b *testing.B) {
	h := busyHistory(b, *benchItems, 20_000)
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most := uint64(0)
	for b.Loop() {
		_, err := Compare(context.Background(), h, standard(), busyRules(), Options{Progress: func(done, _ int) {
			if done/5_000%20 == 0 {
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(h.Len()*b.N)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(before.HeapAlloc)/1e6, "MB-history")
	b.ReportMetric(float64(most)/1e6, "MB-heap")
}
