package reconciliation

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unique"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// event is a CloudEvent of a booking system.
type event struct {
	ID     string          `json:"id"`
	Source string          `json:"source"`
	Type   string          `json:"type"`
	Time   string          `json:"time"`
	Data   json.RawMessage `json:"data"`
}

// data is what an event says. Its reason is text for people, which goes nowhere.
type data struct {
	Booking string     `json:"booking"`
	Member  string     `json:"member"`
	Channel string     `json:"channel"`
	Party   uint32     `json:"party"`
	Items   []itemData `json:"items"`
	Reason  string     `json:"reason"`
	Cause   string     `json:"cause"`
}

type itemData struct {
	Item  string `json:"item"`
	Kind  string `json:"kind"`
	Price struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	} `json:"price"`
	Start   string `json:"start"`
	End     string `json:"end"`
	Cabin   string `json:"cabin"`
	Route   string `json:"route"`
	Country string `json:"country"`
	Hotel   string `json:"hotel"`
}

// The types of event, and what of an operation each becomes.
var kindsByType = map[string]dollars.Kind{
	"com.destinasia.booking.confirmed.v1": dollars.KindConfirm,
	"com.destinasia.booking.completed.v1": dollars.KindComplete,
	"com.destinasia.booking.cancelled.v1": dollars.KindCancel,
}

// statement is what an event says in the ledger's terms.
type statement struct {
	source, booking string
	kind            dollars.Kind
	member, cause   string
	items           []stated
	id, digest      digest // of source and id, and of what it says but for when
}

type stated struct {
	name  string
	facts dollars.Facts // of a confirmation
}

type digest [16]byte

func digestOf(v any) digest {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers can be written
	}
	sum := sha256.Sum256(text)
	return digest(sum[:])
}

// decode reads an event, or says why no service would take it.
func decode(raw []byte) (s statement, err error) {
	var e event
	var d data
	if err := json.Unmarshal(raw, &e); err != nil {
		return s, fmt.Errorf("it is no event: %w", err)
	}
	kind, known := kindsByType[e.Type]
	switch {
	case e.ID == "" || e.Source == "":
		return s, errors.New("it is no event: id and source name one")
	case !known:
		return s, fmt.Errorf("its type %q is none that is known", clip(e.Type))
	}
	strict := json.NewDecoder(bytes.NewReader(e.Data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&d); err != nil {
		return s, fmt.Errorf("its data is not that of an event: %w", err)
	}
	s = statement{
		source: e.Source, booking: d.Booking, kind: kind, member: d.Member, cause: d.Cause,
		id: digestOf([]string{e.Source, e.ID}),
	}
	d.Reason = ""
	s.digest = digestOf(struct {
		Type string
		data
	}{e.Type, d})
	var booked dollars.Date
	if e.Time != "" {
		at, err := time.Parse(time.RFC3339, e.Time)
		if err != nil || at.Unix() < 0 {
			return s, fmt.Errorf("its time %q is none since 1970 as in RFC 3339", clip(e.Time))
		}
		booked = dollars.DateOf(at.Unix())
	}
	return s, s.take(d, booked)
}

// take reads an event's items.
func (s *statement) take(d data, booked dollars.Date) error {
	switch {
	case d.Booking == "":
		return errors.New("it names no booking")
	case len(d.Items) == 0:
		return errors.New("it has no items")
	case s.kind == dollars.KindConfirm && d.Member == "":
		return errors.New("it names no member")
	}
	var trip earn.Trip
	seen := map[string]bool{}
	for i, item := range d.Items {
		if item.Item == "" || seen[item.Item] {
			return fmt.Errorf("item %d has no name, or that of another", i+1)
		}
		seen[item.Item] = true
		one := stated{name: item.Item}
		if s.kind == dollars.KindConfirm {
			f, err := item.facts()
			if err != nil {
				return fmt.Errorf("item %d: %w", i+1, err)
			}
			f.Channel, f.Party, f.Booked = d.Channel, d.Party, booked
			for _, code := range []*string{&f.Currency, &f.Cabin, &f.Route, &f.Country, &f.Hotel, &f.Channel} {
				*code = unique.Make(*code).Value() // there are few, and many items that have them
			}
			count(&trip, f)
			one.facts = f
		}
		s.items = append(s.items, one)
	}
	for i := range s.items {
		f := &s.items[i].facts
		if f.Trip = trip; s.kind == dollars.KindConfirm {
			if err := f.Check(); err != nil {
				return fmt.Errorf("item %d: %w", i+1, err)
			}
		}
	}
	return nil
}

// facts are what the ledger keeps of the item by itself.
func (item itemData) facts() (f dollars.Facts, err error) {
	if f.Kind, err = earn.ParseKind(item.Kind); err != nil {
		return f, err
	}
	if f.Price, err = dollars.ParseAmount(item.Price.Amount); err != nil {
		return f, err
	}
	if f.Start, err = dollars.ParseDate(item.Start); err != nil {
		return f, err
	}
	if f.End, err = dollars.ParseDate(item.End); err != nil {
		return f, err
	}
	f.Currency, f.Cabin, f.Route, f.Country, f.Hotel = item.Price.Currency, item.Cabin, item.Route, item.Country, item.Hotel
	return f, nil
}

// count adds an item to what is booked together.
func count(trip *earn.Trip, f dollars.Facts) {
	switch f.Kind {
	case earn.Hotel:
		trip.Hotels++
		if f.End > f.Start {
			trip.Nights = max(trip.Nights, uint32(f.End-f.Start))
		}
	case earn.Car:
		trip.Cars++
	case earn.Flight:
		trip.Flights++
	}
}

// clip keeps what a file says from filling the screen.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
