package hotels_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/bookings/hotels"
)

// published is where the file is, if it is: in the directory "shared" beside the repository.
const published = "../../../shared/data/hotel-booking-demand/hotels.csv.gz"

// totals are what the file comes to, in cents where it is money.
type totals struct {
	Bookings, Completed, Cancelled, NoShows int
	Negative, Nothing                       int // Completed bookings with these prices.
	Awarded                                 int64

	Hotels, Channels   map[string]int // Bookings by the codes of events.
	Nobody, Travellers int            // Bookings that count nobody; travellers of all others.
}

// known is what the file is known to hold, from its description and its data.
var known = totals{
	Bookings: 119_390, Completed: 75_166, Cancelled: 43_017, NoShows: 1_207,
	Negative: 1, Nothing: 1_746, Awarded: 129_972_280,
	Hotels:   map[string]int{"resort": 40_060, "city": 79_330},
	Channels: map[string]int{"agent": 97_870, "direct": 14_645, "corporate": 6_677, "gds": 193, "": 5},
	Nobody:   180, Travellers: 234_988,
}

func openPublished(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Open(published)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the published file is not at %s", published)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// TestPublishedTotals computes the totals straight from the file, with nothing of the package.
func TestPublishedTotals(t *testing.T) {
	unzipped, err := gzip.NewReader(openPublished(t))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range records[0] {
		at[name] = i
	}
	number := func(record []string, name string) *big.Rat {
		r, ok := new(big.Rat).SetString(record[at[name]])
		if !ok {
			t.Fatalf("%s: %q", name, record[at[name]])
		}
		return r
	}
	hotel := map[string]string{"Resort Hotel": "resort", "City Hotel": "city"}
	channel := map[string]string{"TA/TO": "agent", "Direct": "direct", "Corporate": "corporate", "GDS": "gds", "Undefined": ""}
	got := totals{Hotels: map[string]int{}, Channels: map[string]int{}}
	for _, record := range records[1:] {
		got.Bookings++
		got.Hotels[hotel[record[at["hotel"]]]]++
		got.Channels[channel[record[at["distribution_channel"]]]]++
		party := number(record, "adults")
		party.Add(party, number(record, "babies"))
		if record[at["children"]] != "NA" {
			party.Add(party, number(record, "children"))
		}
		if party.Sign() == 0 {
			got.Nobody++
		}
		got.Travellers += int(party.Num().Int64())
		switch record[at["reservation_status"]] {
		case "Canceled":
			got.Cancelled++
			continue
		case "No-Show":
			got.NoShows++
			continue
		case "Check-Out":
			got.Completed++
		}
		nights := new(big.Rat).Add(number(record, "stays_in_weekend_nights"), number(record, "stays_in_week_nights"))
		cents := new(big.Rat).Mul(number(record, "adr"), nights)
		cents.Mul(cents, big.NewRat(100, 1))
		switch cents.Sign() {
		case -1:
			got.Negative++
		case 0:
			got.Nothing++
		default:
			points := cents.Mul(cents, big.NewRat(500, 10_000))
			got.Awarded += new(big.Int).Quo(points.Num(), points.Denom()).Int64()
		}
	}
	if diff := cmp.Diff(known, got); diff != "" {
		t.Error(diff)
	}
}

func TestPublishedEvents(t *testing.T) {
	file, err := hotels.Read(openPublished(t), hotels.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	checkEvents(t, file)
	price := make(map[string]bookings.Cents)
	got := totals{Hotels: map[string]int{}, Channels: map[string]int{}}
	for event := range file.Events() {
		switch event.Type {
		case bookings.Confirmed:
			got.Bookings++
			price[event.Data.Booking] = event.Data.Items[0].Price.Amount
			got.Hotels[event.Data.Items[0].Hotel]++
			got.Channels[event.Data.Channel]++
			got.Travellers += event.Data.Party
			if event.Data.Party == 0 {
				got.Nobody++
			}
		case bookings.Cancelled:
			if event.Data.Reason == "no-show" {
				got.NoShows++
			} else {
				got.Cancelled++
			}
		case bookings.Completed:
			got.Completed++
			switch cents := price[event.Data.Booking]; {
			case cents < 0:
				got.Negative++
			case cents == 0:
				got.Nothing++
			default:
				got.Awarded += int64(cents) * 500 / 10_000
			}
		}
	}
	if diff := cmp.Diff(known, got); diff != "" {
		t.Error(diff)
	}
	t.Logf("%d events of %d members", file.Len(), len(file.Members()))
}

func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile(published)
	if err != nil {
		b.Skipf("the published file is not at %s", published)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hotels.Read(bytes.NewReader(data), hotels.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
