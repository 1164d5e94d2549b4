package sample_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/bookings/sample"
)

var (
	code    = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,24}$`)
	route   = regexp.MustCompile(`^([A-Z]{3})-([A-Z]{3})$`)
	country = regexp.MustCompile(`^[A-Z]{2}$`)
)

func TestConfirmationsTellWhatRulesMayAskFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, message := range sample.New(drawOptions(t)).Messages {
			var e event
			if json.Unmarshal(message.Body, &e) != nil {
				continue // Broken on purpose.
			}
			if strings.HasSuffix(e.ID, "/confirmed") {
				checkTrip(t, e)
				continue
			}
			bare := event{}.Data
			bare.Booking, bare.Reason = e.Data.Booking, e.Data.Reason
			for _, i := range e.Data.Items {
				bare.Items = append(bare.Items, item{Item: i.Item})
			}
			if diff := cmp.Diff(bare, e.Data); diff != "" {
				t.Fatalf("%s tells more than which items: %s", e.ID, diff)
			}
		}
	})
}

// checkTrip checks that a confirmation tells all there is to tell of its kinds, and of one journey.
func checkTrip(t *rapid.T, e event) {
	if !code.MatchString(e.Data.Channel) || e.Data.Party < 1 || e.Data.Party > 5 {
		t.Fatalf("%s: %d travellers by channel %q", e.ID, e.Data.Party, e.Data.Channel)
	}
	abroad, out := "", ""
	for i, item := range e.Data.Items {
		wantHotel, wantFlight := item.Kind == bookings.Hotel, item.Kind == bookings.Flight
		if !country.MatchString(item.Country) || code.MatchString(item.Hotel) != wantHotel ||
			code.MatchString(item.Cabin) != wantFlight || route.MatchString(item.Route) != wantFlight {
			t.Fatalf("%s: %+v", e.ID, item)
		}
		ways := route.FindStringSubmatch(item.Route)
		if wantFlight && i > 0 {
			if item.Route = ways[2] + "-" + ways[1]; item.Route != out || item.Country == abroad {
				t.Fatalf("%s flies %s and home from %s to %s", e.ID, out, item.Route, item.Country)
			}
			continue
		}
		if i == 0 {
			abroad, out = item.Country, item.Route
		}
		if item.Country != abroad || wantHotel && out != "" && !strings.HasPrefix(item.Hotel, strings.ToLower(out[4:])+"-") {
			t.Fatalf("%s flies %s to %s, and has %+v", e.ID, out, abroad, item)
		}
	}
}

// The shares of what is told that doc.go promises, of a sample large enough to show them.
func TestSharesOfFacts(t *testing.T) {
	const count = 20_000
	counts := map[string]int{}
	flights, persons, longStays := 0, 0, 0
	for _, message := range sample.New(sample.Options{Seed: 7, Bookings: count, Members: 1000}).Messages {
		var e event
		if message.Want != sample.Accepted || json.Unmarshal(message.Body, &e) != nil || e.Type != bookings.Confirmed {
			continue
		}
		counts[e.Data.Channel]++
		persons += e.Data.Party
		flown, nights := false, 0
		for _, item := range e.Data.Items {
			switch item.Kind {
			case bookings.Flight:
				flights++
				counts[item.Cabin]++
				flown = true
			case bookings.Hotel:
				nights = nightsBetween(t, item.Start, item.End)
			}
		}
		if flown && nights >= 7 {
			longStays++
		}
	}
	share := func(name string, part, whole int, want float64) {
		t.Helper()
		if got := float64(part) / float64(whole); got < want*0.93 || got > want*1.07 {
			t.Errorf("%s: a share of %.3f, want about %.3f", name, got, want)
		}
	}
	share("economy", counts["economy"], flights, 0.70)
	share("premium", counts["premium"], flights, 0.20)
	share("business", counts["business"], flights, 0.10)
	share("web", counts["web"], count, 0.50)
	share("app", counts["app"], count, 0.30)
	share("agent", counts["agent"], count, 0.20)
	share("persons of a booking", persons, count, 2.3)
	share("flights and a hotel of 7 nights or more", longStays, count, 2.0/7*8/14)
}

func nightsBetween(t *testing.T, start, end string) int {
	t.Helper()
	from, err := time.Parse(time.DateOnly, start)
	if err != nil {
		t.Fatal(err)
	}
	to, err := time.Parse(time.DateOnly, end)
	if err != nil {
		t.Fatal(err)
	}
	return int(to.Sub(from).Hours() / 24)
}
