package workload

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/destinasia/dollars/bookings"
)

// Source is the source of all events of the benchmark.
const Source = "urn:destinasia:bench"

// Travellers is how many members book in an award round; a few of them often and most seldom, as in bookings.Crowd.
const Travellers = 2_000

// Awards are the events of a round, and how many items they confirm or complete: each is an operation on the ledger.
type Awards struct {
	Events     []bookings.Event
	Operations int
}

// Award makes the events of a round: about so many, half of which confirm a booking while the other half complete one.
// Half of the bookings are confirmed before the first is completed, so that no completion waits for a confirmation that
// is still under way. Trips are those that rules.yaml is written for, all in 2025: the service takes no reports of
// what has not happened yet.
func Award(name string, events int) Awards {
	count := max(1, events/2)
	m := maker{
		Rand:  rand.New(rand.NewPCG(0x64657374696e6173, 0x62656e6368)),
		crowd: bookings.NewCrowd(Travellers),
	}
	var r Awards
	confirmed, completed := make([]bookings.Event, count), make([]bookings.Event, count)
	for i := range count {
		confirmed[i], completed[i] = m.booking(fmt.Sprintf("%s-%06d", name, i+1))
		r.Operations += len(confirmed[i].Data.Items) + len(completed[i].Data.Items)
	}
	ahead := count / 2
	r.Events = append(r.Events, confirmed[:ahead]...)
	for i := ahead; i < count; i++ {
		r.Events = append(r.Events, confirmed[i], completed[i-ahead])
	}
	r.Events = append(r.Events, completed[count-ahead:]...)
	return r
}

// maker makes bookings, one after the other.
type maker struct {
	*rand.Rand
	crowd bookings.Crowd
}

func pick[T any](m maker, from []T) T { return from[m.IntN(len(from))] }

// between is a number from low to high, both included.
func (m maker) between(low, high int) int { return low + m.IntN(high-low+1) }

// newYear is the first day on which a trip may begin.
var newYear = bookings.DateOf(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))

func (m maker) booking(id string) (confirmed, completed bookings.Event) {
	home, away := pick(m, bookings.Homes), pick(m, bookings.Aways)
	first, nights := newYear+bookings.Date(m.IntN(350)), m.between(1, 14)
	booked := first - bookings.Date(m.between(1, 200))
	data := bookings.Data{
		Booking: id, Member: bookings.MemberID(m.crowd.Pick(m.Uint64())),
		Channel: pick(m, bookings.Channels), Party: pick(m, bookings.Parties), Items: m.items(home, away, first, nights),
	}
	confirmed = bookings.Event{Source: Source, ID: id + "/confirmed", Type: bookings.Confirmed, Time: booked.At(12 * time.Hour), Data: data}
	completed = bookings.Event{
		Source: Source, ID: id + "/completed", Type: bookings.Completed,
		Time: (first + bookings.Date(nights)).At(18 * time.Hour), Data: bookings.Data{Booking: id},
	}
	for _, item := range data.Items {
		completed.Data.Items = append(completed.Data.Items, bookings.Item{Item: item.Item})
	}
	return confirmed, completed
}

// items are those of a trip from one place to another.
func (m maker) items(home, away bookings.Place, first bookings.Date, nights int) []bookings.Item {
	var items []bookings.Item
	last, cabin, cents := first+bookings.Date(nights), pick(m, bookings.Cabins), 0
	for i, kind := range bookings.Trips[m.IntN(len(bookings.Trips))] {
		item := bookings.Item{Item: strconv.Itoa(i + 1), Kind: kind, Start: first, End: last, Country: away.Country}
		switch {
		case kind == bookings.Flight && i == 0:
			item.End, item.Cabin, item.Route = first, cabin, home.Airport+"-"+away.Airport
			cents = m.between(29_00, 650_00)
		case kind == bookings.Flight:
			item.Start, item.Cabin, item.Route, item.Country = last, cabin, away.Airport+"-"+home.Airport, home.Country
			cents = m.between(29_00, 650_00)
		case kind == bookings.Hotel:
			item.Hotel = fmt.Sprintf("%s-%d", strings.ToLower(away.Airport), m.between(1, 3))
			cents = nights * m.between(45_00, 240_00)
		default:
			cents = nights * m.between(19_00, 85_00)
		}
		item.Price = bookings.Price{Amount: bookings.Cents(cents), Currency: "EUR"}
		items = append(items, item)
	}
	return items
}
