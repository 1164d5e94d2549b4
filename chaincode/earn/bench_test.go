package earn

import (
	"fmt"
	"testing"
)

// promotions is a rule set as a marketing department might have it: n rows in two tables, with all kinds of conditions.
func promotions(n int) RuleSet {
	r := Standard()
	countries := []string{"PT", "ES", "FR", "IT", "GR", "VN", "TH", "JP", "US", "MX"}
	airports := []string{"LIS", "MAD", "CDG", "FCO", "ATH", "SGN", "BKK", "HND", "JFK", "CUN"}
	campaign := Table{Name: "campaign", Hit: Collect, Rounding: HalfUp}
	for i := range n - len(r.Tables[0].Rows) {
		row := Row{ID: fmt.Sprintf("promotion-%d", i), BasisPoints: uint32(50 + i%200), Months: 12}
		country := countries[i%len(countries)]
		switch i % 8 {
		case 0:
			row.Kinds, row.When = []Kind{Hotel}, fmt.Sprintf(`nights >= %d && country == %q`, 3+i%12, country)
		case 1:
			row.Kinds, row.When = []Kind{Flight}, fmt.Sprintf(`cabin in ["business", "first"] && country == %q && party > %d`, country, i%4)
		case 2:
			row.Kinds, row.When = []Kind{Flight}, fmt.Sprintf(`trip.nights >= %d && destination == %q`, 5+i%7, airports[i%len(airports)])
			row.Season = &Season{By: ByArrival, From: "2027-01-01", Until: "2027-03-31"}
		case 3:
			row.When = fmt.Sprintf(`tier == "gold" && country == %q && price >= %d`, country, 10_000*(1+i%9))
		case 4:
			row.When = fmt.Sprintf(`channel == "app" && lead > %d && party != 2`, 10*(1+i%9))
		case 5:
			row.Kinds, row.When = []Kind{Car}, fmt.Sprintf(`days >= %d || country in [%q, "DE"]`, 2+i%9, country)
		case 6:
			row.Kinds, row.When = []Kind{Hotel}, fmt.Sprintf(`hotel.startsWith("HTL-%d") && month in [1, 2, 11, 12]`, i%40)
		case 7:
			row.Kinds, row.When = []Kind{Hotel}, fmt.Sprintf(`price > nights * %d && trip.flights > 0`, 10_000*(1+i%9))
		}
		campaign.Rows = append(campaign.Rows, row)
	}
	if len(campaign.Rows) > 0 {
		r.Tables = append(r.Tables, campaign)
	}
	r.Tiers = []Level{{Tier: "silver", Points: 500_00}, {Tier: "gold", Points: 2_000_00, Nights: 30}}
	return r
}

// trip is a journey of two: a week in a hotel in Lisbon, with a flight.
func trip() []Item {
	hotel := Item{
		Kind: Hotel, Price: 214_84, Currency: "EUR", Start: 20_850, End: 20_857, Booked: 20_800, Country: "PT",
		Hotel: "HTL-0042", Channel: "app", Party: 2, Trip: Trip{Hotels: 1, Flights: 1, Nights: 7}, Tier: "gold", Time: 1_797_120_000,
	}
	flight := hotel
	flight.Kind, flight.Hotel, flight.End, flight.Cabin, flight.Route = Flight, "", flight.Start, "business", "FRA-LIS"
	return []Item{hotel, flight}
}

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{3, 50, 1_000} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			e, err := Compile(promotions(n))
			if err != nil {
				b.Fatal(err)
			}
			items := trip()
			matched, i := 0, 0
			b.ReportAllocs()
			for ; b.Loop(); i++ {
				parts, err := e.Evaluate(items[i%len(items)], nil)
				if err != nil {
					b.Fatal(err)
				}
				matched += len(parts)
			}
			b.ReportMetric(float64(matched)/float64(i), "parts/op")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{3, 50, 1_000} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			r := promotions(n)
			for b.Loop() {
				if _, err := Compile(r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/row")
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	encoded := promotions(50).Encode()
	for b.Loop() {
		if _, err := Load(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	e, err := Compile(promotions(50))
	if err != nil {
		b.Fatal(err)
	}
	item := trip()[0]
	parts, err := e.Evaluate(item, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if x := e.Explain(item, parts); len(x.Sentences(Awarded)) < 2 {
			b.Fatal("nothing is explained")
		}
	}
}
