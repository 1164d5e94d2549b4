package sample

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/destinasia/dollars/bookings"
)

// Source is the source of all events of a sample.
const Source = "urn:destinasia:sample"

// Options of New.
type Options struct {
	Seed     uint64
	Bookings int // Good bookings; zero means 2,000.
	Members  int // Members to spread them over; zero means 200.
}

// Sample is a sequence of messages and what should come of it.
type Sample struct {
	Messages []Message // In the order in which they are sent.
	Members  []string  // Who books, refused messages included, the most frequent traveller first.
	Tally    Tally
}

// Message is the body of one request with an event, as application/cloudevents+json.
type Message struct {
	Body    []byte
	Want    Expectation
	Booking string // Messages of one booking must be sent in their order.
	Fault   Fault  // Why it must be refused, if it must.
}

// Expectation is what should become of a message.
type Expectation int

// The expectations.
const (
	Accepted  Expectation = iota // Counts.
	Duplicate                    // Repeats an earlier message, and counts no second time.
	Refused                      // Changes nothing.
)

func (e Expectation) String() string {
	return [...]string{"accepted", "duplicate", "refused"}[e]
}

// Tally is what a ledger that began empty holds after the messages.
type Tally struct {
	Accepted, Duplicates, Refused int // Messages.

	// Items, by the state they end in, with the points each would earn or has earned.
	Pending, Awarded, Cancelled, Reversed Sum
}

// Sum is a number of items and their points, in cents of a Destinasia Dollar.
type Sum struct {
	Items  int
	Points bookings.Cents
}

// Minted is all points ever awarded, those reversed later included.
func (t Tally) Minted() bookings.Cents { return t.Awarded.Points + t.Reversed.Points }

// New makes a sample.
func New(options Options) *Sample {
	count, members := cmp.Or(options.Bookings, 2000), cmp.Or(options.Members, 200)
	m := maker{
		dice:    newDice(options.Seed, eventDice),
		facts:   newDice(options.Seed, factDice),
		seed:    options.Seed,
		crowd:   bookings.NewCrowd(members),
		members: make(map[int]bool),
	}
	for range count {
		m.booking()
	}
	for i := range max(len(Faults), count/40) {
		m.spoiled(Faults[i%len(Faults)])
	}
	return m.sample()
}

// maker makes bookings one after the other. Their messages come to lie in order of time only at
// the end.
type maker struct {
	dice
	facts   dice // Apart, so that telling more of bookings moves neither prices nor outcomes.
	seed    uint64
	crowd   bookings.Crowd
	members map[int]bool // The numbers of those who book.
	booked  int
	timed   []timed
	tally   Tally
}

type timed struct {
	at time.Time
	Message
}

func (m *maker) sample() *Sample {
	// Messages of the same second stay in the order in which they were made.
	slices.SortStableFunc(m.timed, func(a, b timed) int { return a.at.Compare(b.at) })
	s := &Sample{Tally: m.tally}
	for _, t := range m.timed {
		s.Messages = append(s.Messages, t.Message)
		switch t.Want {
		case Accepted:
			s.Tally.Accepted++
		case Duplicate:
			s.Tally.Duplicates++
		case Refused:
			s.Tally.Refused++
		}
	}
	var numbers []int
	for n := range m.members {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		s.Members = append(s.Members, bookings.MemberID(n))
	}
	return s
}

// confirmation is the first event of a new booking, by any member.
func (m *maker) confirmation(booked bookings.Date, items []bookings.Item) bookings.Event {
	m.booked++
	member := m.crowd.Pick(m.Uint64())
	m.members[member] = true
	booking := fmt.Sprintf("s%016x-%06d", m.seed, m.booked)
	e := bookings.Event{
		Source: Source,
		ID:     booking + "/confirmed",
		Type:   bookings.Confirmed,
		Time:   m.during(booked),
		Data:   bookings.Data{Booking: booking, Member: bookings.MemberID(member), Items: items},
	}
	m.describe(&e.Data)
	return e
}

// later is an event after the confirmation that concerns some of its items. Step tells it from
// others of its booking.
func (m *maker) later(confirmed bookings.Event, typ, step string, on bookings.Date, items []bookings.Item) bookings.Event {
	e := bookings.Event{
		Source: Source,
		ID:     confirmed.Data.Booking + "/" + step,
		Type:   typ,
		Time:   m.during(on),
		Data:   bookings.Data{Booking: confirmed.Data.Booking},
	}
	for _, item := range items {
		e.Data.Items = append(e.Data.Items, bookings.Item{Item: item.Item})
	}
	return e
}

// send adds a good event, and now and then its copy.
func (m *maker) send(e bookings.Event) {
	message := Message{Body: body(e), Want: Accepted, Booking: e.Data.Booking}
	m.timed = append(m.timed, timed{e.Time, message})
	if m.below(25) == 0 {
		message.Want = Duplicate
		after := time.Duration(m.between(1, 72*3600)) * time.Second
		m.timed = append(m.timed, timed{e.Time.Add(after), message})
	}
}

// body is the event as JSON. That cannot fail: an event has nothing JSON does not know.
func body(e bookings.Event) []byte {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return text
}
