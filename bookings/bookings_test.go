package bookings_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/destinasia/dollars/bookings"
)

func TestEventJSON(t *testing.T) {
	july := bookings.DateOf(time.Date(2015, 7, 1, 0, 0, 0, 0, time.UTC))
	at := time.Date(2015, 6, 30, 23, 30, 0, 0, time.FixedZone("", -3600))
	tests := []struct {
		name  string
		event bookings.Event
		want  string
	}{
		{
			"confirmed",
			bookings.Event{Source: "urn:x", ID: "b1/confirmed", Type: bookings.Confirmed, Time: at, Data: bookings.Data{
				Booking: "b1", Member: "m000001", Items: []bookings.Item{{
					Item: "1", Kind: bookings.Hotel, Price: bookings.Price{Amount: 21484, Currency: "EUR"}, Start: july, End: july + 2,
				}},
			}},
			`{"specversion":"1.0","id":"b1/confirmed","source":"urn:x","type":"com.destinasia.booking.confirmed.v1",` +
				`"time":"2015-07-01T00:30:00Z","datacontenttype":"application/json","data":{"booking":"b1","member":"m000001",` +
				`"items":[{"item":"1","kind":"hotel","price":{"amount":"214.84","currency":"EUR"},"start":"2015-07-01","end":"2015-07-03"}]}}`,
		},
		{
			"a price of nothing is still a price",
			bookings.Event{Source: "urn:x", ID: "b1/confirmed", Type: bookings.Confirmed, Time: at, Data: bookings.Data{
				Booking: "b1", Member: "m000001", Items: []bookings.Item{{
					Item: "1", Kind: bookings.Hotel, Price: bookings.Price{Currency: "EUR"}, Start: july, End: july,
				}},
			}},
			`{"specversion":"1.0","id":"b1/confirmed","source":"urn:x","type":"com.destinasia.booking.confirmed.v1",` +
				`"time":"2015-07-01T00:30:00Z","datacontenttype":"application/json","data":{"booking":"b1","member":"m000001",` +
				`"items":[{"item":"1","kind":"hotel","price":{"amount":"0.00","currency":"EUR"},"start":"2015-07-01","end":"2015-07-01"}]}}`,
		},
		{
			"all that rules may ask for",
			bookings.Event{Source: "urn:x", ID: "b1/confirmed", Type: bookings.Confirmed, Time: at, Data: bookings.Data{
				Booking: "b1", Member: "m000001", Channel: "web", Party: 2, Items: []bookings.Item{{
					Item: "1", Kind: bookings.Flight, Price: bookings.Price{Amount: 9900, Currency: "EUR"}, Start: july, End: july,
					Cabin: "economy", Route: "FRA-LIS", Country: "PT",
				}, {
					Item: "2", Kind: bookings.Hotel, Price: bookings.Price{Amount: 21484, Currency: "EUR"}, Start: july, End: july + 2,
					Country: "PT", Hotel: "resort",
				}},
			}},
			`{"specversion":"1.0","id":"b1/confirmed","source":"urn:x","type":"com.destinasia.booking.confirmed.v1",` +
				`"time":"2015-07-01T00:30:00Z","datacontenttype":"application/json","data":{"booking":"b1","member":"m000001",` +
				`"channel":"web","party":2,"items":[` +
				`{"item":"1","kind":"flight","price":{"amount":"99.00","currency":"EUR"},"start":"2015-07-01","end":"2015-07-01",` +
				`"cabin":"economy","route":"FRA-LIS","country":"PT"},` +
				`{"item":"2","kind":"hotel","price":{"amount":"214.84","currency":"EUR"},"start":"2015-07-01","end":"2015-07-03",` +
				`"country":"PT","hotel":"resort"}]}}`,
		},
		{
			"cancelled",
			bookings.Event{Source: "urn:x", ID: "b1/cancelled", Type: bookings.Cancelled, Time: at, Data: bookings.Data{
				Booking: "b1", Items: []bookings.Item{{Item: "1"}}, Reason: "no-show",
			}},
			`{"specversion":"1.0","id":"b1/cancelled","source":"urn:x","type":"com.destinasia.booking.cancelled.v1",` +
				`"time":"2015-07-01T00:30:00Z","datacontenttype":"application/json","data":{"booking":"b1","items":[{"item":"1"}],"reason":"no-show"}}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCents(t *testing.T) {
	for cents, want := range map[bookings.Cents]string{
		0: "0.00", 5: "0.05", -638: "-6.38", -1: "-0.01", 21484: "214.84", 100: "1.00",
		math.MinInt64: "-92233720368547758.08", math.MaxInt64: "92233720368547758.07",
	} {
		if got := cents.String(); got != want {
			t.Errorf("%d cents: got %s, want %s", int64(cents), got, want)
		}
	}
}

func TestDateIsTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, "seconds"), 0).UTC()
		date := bookings.DateOf(moment)
		if got, want := date.String(), moment.Format(time.DateOnly); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if since := moment.Sub(date.At(0)); since < 0 || since >= 24*time.Hour {
			t.Fatalf("%s is %s after its midnight", moment, since)
		}
	})
}

func TestCrowdPicksItsMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 3000).Draw(t, "size")
		crowd := bookings.NewCrowd(size)
		if first, last := crowd.Pick(0), crowd.Pick(math.MaxUint64); first != 1 || last != size {
			t.Fatalf("the ends of the draw are members %d and %d of %d", first, last, size)
		}
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b")
		if a <= b && crowd.Pick(a) > crowd.Pick(b) {
			t.Fatal("a greater draw picked a smaller number")
		}
	})
}

func TestCrowdIsSkewed(t *testing.T) {
	crowd := bookings.NewCrowd(20_000)
	const draws = 1_000_000
	counts := make([]int, 20_001)
	for i := range uint64(draws) {
		counts[crowd.Pick(i*(math.MaxUint64/draws))]++
	}
	// Even draws give each member its weight: 1/(n+100) of the sum, which is about 5.3.
	for n, want := range map[int]int{1: 1868, 100: 943, 1000: 171, 20_000: 9} {
		if got := counts[n]; got < want-2 || got > want+2 {
			t.Errorf("member %d was drawn %d times of a million, want about %d", n, got, want)
		}
	}
}
