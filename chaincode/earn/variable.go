package earn

import (
	"math"
	"math/bits"
	"strings"
	"time"
)

// Type is the type of a variable.
type Type string

// The types.
const (
	Int    Type = "int"
	String Type = "string"
)

// Variable is something a condition may ask of an item.
type Variable struct {
	Name    string   `json:"name"`
	Type    Type     `json:"type"`
	Meaning string   `json:"meaning"`
	Min     int64    `json:"min,omitempty"`    // of an Int
	Max     int64    `json:"max,omitempty"`    // of an Int
	Values  []string `json:"values,omitempty"` // of a String; none where any text is possible

	noun   string            // what members call it
	plural bool              // the noun is
	number func(*Item) int64 // of an Int
	text   func(*Item) string
}

const maxDays = math.MaxUint32 // between the first and the last day that an Item can name

// Variables is everything a condition may ask. Read only.
var Variables = []Variable{
	{
		Name: "kind", Type: String, Meaning: "what was booked", Values: kindNames[Hotel:],
		noun: "it",
		text: func(i *Item) string { return i.Kind.String() },
	},
	{
		Name: "price", Type: Int, Max: math.MaxInt64, Meaning: "price in cents",
		noun:   "the price",
		number: func(i *Item) int64 { return i.Price },
	},
	{
		Name: "currency", Type: String, Meaning: "currency of the price, such as EUR",
		noun: "the currency",
		text: func(i *Item) string { return i.Currency },
	},
	{
		Name: "nights", Type: Int, Max: maxDays, Meaning: "nights of a hotel stay; 0 for other items",
		noun: "the nights of the stay", plural: true,
		number: nights,
	},
	{
		Name: "days", Type: Int, Min: 1, Max: maxDays + 1, Meaning: "days from the first to the last, both counted",
		noun: "the days from the first to the last", plural: true,
		number: func(i *Item) int64 { return int64(i.End) - int64(i.Start) + 1 },
	},
	{
		Name: "cabin", Type: String, Meaning: "cabin of a flight, such as economy, premium, business or first",
		noun: "the cabin",
		text: func(i *Item) string { return i.Cabin },
	},
	{
		Name: "route", Type: String, Meaning: "route of a flight, such as FRA-LIS",
		noun: "the route",
		text: func(i *Item) string { return i.Route },
	},
	{
		Name: "origin", Type: String, Meaning: "what the route says before its first hyphen, such as FRA",
		noun: "the origin",
		text: origin,
	},
	{
		Name: "destination", Type: String, Meaning: "what the route says after its last hyphen, such as LIS",
		noun: "the destination",
		text: destination,
	},
	{
		Name: "country", Type: String, Meaning: "country of the destination, such as PT",
		noun: "the country",
		text: func(i *Item) string { return i.Country },
	},
	{
		Name: "hotel", Type: String, Meaning: "code of the hotel",
		noun: "the hotel",
		text: func(i *Item) string { return i.Hotel },
	},
	{
		Name: "channel", Type: String, Meaning: "where it was booked, such as app or web",
		noun: "the booking channel",
		text: func(i *Item) string { return i.Channel },
	},
	{
		Name: "lead", Type: Int, Max: maxDays, Meaning: "days from the booking to the first day",
		noun: "the days from the booking to the first day", plural: true,
		number: func(i *Item) int64 { return max(0, int64(i.Start)-int64(i.Booked)) },
	},
	{
		Name: "party", Type: Int, Max: math.MaxInt64, Meaning: "number of travellers; 0 where the booking does not say",
		noun:   "the number of travellers",
		number: func(i *Item) int64 { return i.Party },
	},
	{
		Name: "month", Type: Int, Min: 1, Max: 12, Meaning: "month of the first day",
		noun:   "the month of the first day",
		number: month,
	},
	{
		Name: "tier", Type: String, Meaning: "tier of the member; \"\" below the lowest",
		noun: "the tier",
		text: func(i *Item) string { return i.Tier },
	},
	{
		Name: "trip.hotels", Type: Int, Max: math.MaxUint32, Meaning: "hotel stays in the same booking",
		noun:   "the number of hotel stays in the booking",
		number: func(i *Item) int64 { return int64(i.Trip.Hotels) },
	},
	{
		Name: "trip.cars", Type: Int, Max: math.MaxUint32, Meaning: "cars in the same booking",
		noun:   "the number of cars in the booking",
		number: func(i *Item) int64 { return int64(i.Trip.Cars) },
	},
	{
		Name: "trip.flights", Type: Int, Max: math.MaxUint32, Meaning: "flights in the same booking",
		noun:   "the number of flights in the booking",
		number: func(i *Item) int64 { return int64(i.Trip.Flights) },
	},
	{
		Name: "trip.nights", Type: Int, Max: math.MaxUint32, Meaning: "nights of the longest hotel stay in the same booking",
		noun: "the nights of the longest hotel stay in the booking", plural: true,
		number: func(i *Item) int64 { return int64(i.Trip.Nights) },
	},
}

func nights(i *Item) int64 {
	if i.Kind != Hotel {
		return 0
	}
	return int64(i.End) - int64(i.Start)
}

func origin(i *Item) string {
	from, _, ok := strings.Cut(i.Route, "-")
	if !ok {
		return "" // Not a route, so it has no halves.
	}
	return from
}

func destination(i *Item) string {
	hyphen := strings.LastIndexByte(i.Route, '-')
	if hyphen < 0 {
		return ""
	}
	return i.Route[hyphen+1:]
}

func month(i *Item) int64 { return int64(time.Unix(int64(i.Start)*86_400, 0).UTC().Month()) }

// variableIndex is where in Variables a name is.
var variableIndex = func() map[string]int {
	m := make(map[string]int, len(Variables))
	for i, v := range Variables {
		m[v.Name] = i
	}
	return m
}()

// variableSet is a set of Variables, a bit each.
type variableSet uint32

func (s variableSet) has(name string) bool { return s&(1<<variableIndex[name]) != 0 }

// values is what an item says, at the places of Variables; each of them is either a number or a text.
type values struct {
	numbers [32]int64
	texts   [32]string
}

// read takes the wanted variables from the item.
func (v *values) read(item *Item, wanted variableSet) {
	for ; wanted != 0; wanted &= wanted - 1 {
		i := bits.TrailingZeros32(uint32(wanted))
		if variable := &Variables[i]; variable.number != nil {
			v.numbers[i] = variable.number(item)
		} else {
			v.texts[i] = variable.text(item)
		}
	}
}
