package sample

import (
	"fmt"
	"strings"

	"github.com/destinasia/dollars/bookings"
)

func pick[T any](d dice, from []T) T { return from[d.below(len(from))] }

// describe adds to a confirmation what rules may ask for beyond dates and prices. It throws the
// dice equally often for every booking, and only the dice of facts.
func (m *maker) describe(confirmed *bookings.Data) {
	home, away := pick(m.facts, bookings.Homes), pick(m.facts, bookings.Aways)
	cabin, hotel := pick(m.facts, bookings.Cabins), m.facts.between(1, 3)
	confirmed.Channel, confirmed.Party = pick(m.facts, bookings.Channels), pick(m.facts, bookings.Parties)

	for i := range confirmed.Items {
		item := &confirmed.Items[i]
		item.Country = away.Country
		switch item.Kind {
		case bookings.Hotel:
			item.Hotel = fmt.Sprintf("%s-%d", strings.ToLower(away.Airport), hotel)
		case bookings.Flight:
			from, to := home, away
			if i > 0 { // As in trips.
				from, to = away, home
			}
			item.Cabin, item.Route, item.Country = cabin, from.Airport+"-"+to.Airport, to.Country
		}
	}
}
