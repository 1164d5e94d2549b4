package bookings

import (
	"encoding/json"
	"fmt"
	"time"
)

// The types of event a booking system reports.
const (
	Confirmed = "com.destinasia.booking.confirmed.v1"
	Completed = "com.destinasia.booking.completed.v1"
	Cancelled = "com.destinasia.booking.cancelled.v1"
)

// The kinds of item a booking may hold.
const (
	Flight = "flight"
	Hotel  = "hotel"
	Car    = "car"
)

// Event is one report of a booking system. Source and ID together name it: a repetition with the
// same pair is the same event.
type Event struct {
	Source string
	ID     string
	Type   string
	Time   time.Time
	Data   Data
}

// Data is what happened to which booking. Member, Channel and Party belong to Confirmed only and
// Reason and Cause to Cancelled only; all of them but Member may be left out.
type Data struct {
	Booking string `json:"booking"`
	Member  string `json:"member,omitempty"`
	Channel string `json:"channel,omitempty"` // How it was booked, a code of the booking system.
	Party   int    `json:"party,omitempty"`   // How many travel.
	Items   []Item `json:"items"`
	Reason  string `json:"reason,omitempty"`
	Cause   string `json:"cause,omitempty"` // A code: refund, fraud.
}

// Item is one thing booked. All fields belong to Confirmed; Completed and Cancelled name the item
// and leave the rest zero.
//
// Cabin to Hotel may be left out: they are what earning rules can ask for beyond the price. Like
// Channel they are codes, of 1 to 24 bytes of [A-Za-z0-9._/-], and never say who travels: events
// end up on a ledger that forgets nothing.
type Item struct {
	Item    string `json:"item"`
	Kind    string `json:"kind,omitempty"`
	Price   Price  `json:"price,omitzero"`
	Start   Date   `json:"start,omitzero"`
	End     Date   `json:"end,omitzero"`
	Cabin   string `json:"cabin,omitempty"`   // A code of the booking system.
	Route   string `json:"route,omitempty"`   // IATA codes from and to, for example FRA-LIS.
	Country string `json:"country,omitempty"` // Where it is or leads to, ISO 3166-1 alpha-2.
	Hotel   string `json:"hotel,omitempty"`   // A code of the booking system.
}

// Price is an amount of money and its ISO 4217 currency.
type Price struct {
	Amount   Cents  `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON writes the event as a CloudEvents 1.0 object in structured mode
// (application/cloudevents+json). The same event gives the same bytes.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SpecVersion     string `json:"specversion"`
		ID              string `json:"id"`
		Source          string `json:"source"`
		Type            string `json:"type"`
		Time            string `json:"time"`
		DataContentType string `json:"datacontenttype"`
		Data            Data   `json:"data"`
	}{"1.0", e.ID, e.Source, e.Type, e.Time.UTC().Format(time.RFC3339), "application/json", e.Data})
}

// Cents is an amount in hundredths of its currency. Its text is a decimal with two places.
type Cents int64

func (c Cents) String() string {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// MarshalText makes JSON carry the amount as a string, because JavaScript reads numbers as floats.
func (c Cents) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Date is a day of the calendar, counted from 1970-01-01. The zero Date is left out of JSON: no
// booking starts or ends that day.
type Date int32

const day = 24 * 60 * 60

// DateOf is the day of t in UTC.
func DateOf(t time.Time) Date {
	s := t.Unix()
	d := s / day
	if s%day < 0 {
		d-- // Division rounds towards zero, days before 1970 must round down.
	}
	return Date(d)
}

// At is the moment sinceMidnight (UTC) on the day.
func (d Date) At(sinceMidnight time.Duration) time.Time {
	return time.Unix(int64(d)*day, 0).UTC().Add(sinceMidnight)
}

func (d Date) String() string { return d.At(0).Format(time.DateOnly) }

// MarshalText writes the day as in ISO 8601, for example 2015-07-01.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
