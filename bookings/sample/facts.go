package sample

import (
	"fmt"
	"strings"

	"github.com/destinasia/dollars/bookings"
)

// place is an airport, by its IATA code, and the country around it.
type place struct{ airport, country string }

// Where trips begin, and where they lead.
var (
	homes = []place{{"FRA", "DE"}, {"MUC", "DE"}, {"VIE", "AT"}, {"ZRH", "CH"}}
	aways = []place{
		{"LIS", "PT"},
		{"PMI", "ES"},
		{"ATH", "GR"},
		{"BKK", "TH"},
		{"HKT", "TH"},
		{"DPS", "ID"},
		{"SGN", "VN"},
		{"SIN", "SG"},
		{"NRT", "JP"},
	}
)

// What is commoner stands here more than once.
var (
	cabins   = []string{"economy", "economy", "economy", "economy", "economy", "economy", "economy", "premium", "premium", "business"}
	channels = []string{"web", "web", "web", "web", "web", "app", "app", "app", "agent", "agent"}
	parties  = []int{1, 1, 1, 2, 2, 2, 2, 3, 4, 5}
)

func pick[T any](d dice, from []T) T { return from[d.below(len(from))] }

// describe adds to a confirmation what rules may ask for beyond dates and prices. It throws the
// dice equally often for every booking, and only the dice of facts.
func (m *maker) describe(confirmed *bookings.Data) {
	home, away := pick(m.facts, homes), pick(m.facts, aways)
	cabin, hotel := pick(m.facts, cabins), m.facts.between(1, 3)
	confirmed.Channel, confirmed.Party = pick(m.facts, channels), pick(m.facts, parties)

	for i := range confirmed.Items {
		item := &confirmed.Items[i]
		item.Country = away.country
		switch item.Kind {
		case bookings.Hotel:
			item.Hotel = fmt.Sprintf("%s-%d", strings.ToLower(away.airport), hotel)
		case bookings.Flight:
			from, to := home, away
			if i > 0 { // As in trips.
				from, to = away, home
			}
			item.Cabin, item.Route, item.Country = cabin, from.airport+"-"+to.airport, to.country
		}
	}
}
