package earn

import (
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
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
	Values  []string `json:"values,omitempty"` // of a String; none where they are open
}

// Variables is all of them.
var Variables = []Variable{
	{Name: "kind", Type: String, Meaning: "what was booked", Values: []string{"hotel", "car", "flight"}},
	{Name: "price", Type: Int, Meaning: "price in cents", Min: 0, Max: 1<<63 - 1},
	{Name: "currency", Type: String, Meaning: "currency of the price, such as EUR"},
	{Name: "nights", Type: Int, Meaning: "nights of a hotel stay; 0 for anything else", Min: 0, Max: maxDays},
	{Name: "days", Type: Int, Meaning: "days from the first to the last, both counted", Min: 1, Max: maxDays + 1},
	{Name: "cabin", Type: String, Meaning: "cabin of a flight, such as economy, premium, business or first"},
	{Name: "route", Type: String, Meaning: "route of a flight, such as FRA-LIS"},
	{Name: "origin", Type: String, Meaning: "where the route begins, such as FRA"},
	{Name: "destination", Type: String, Meaning: "where the route ends, such as LIS"},
	{Name: "country", Type: String, Meaning: "country of the destination, such as PT"},
	{Name: "hotel", Type: String, Meaning: "code of the hotel"},
	{Name: "channel", Type: String, Meaning: "where it was booked, such as app or web"},
	{Name: "lead", Type: Int, Meaning: "days from the booking to the first day", Min: 0, Max: maxDays},
	{Name: "party", Type: Int, Meaning: "number of travellers; 0 where the booking does not say", Min: 0, Max: 1<<63 - 1},
	{Name: "month", Type: Int, Meaning: "month of the first day, 1 to 12", Min: 1, Max: 12},
	{Name: "tier", Type: String, Meaning: "tier of the member; \"\" below the lowest"},
	{Name: "trip.hotels", Type: Int, Meaning: "hotel stays in the same booking", Min: 0, Max: 1<<32 - 1},
	{Name: "trip.cars", Type: Int, Meaning: "cars in the same booking", Min: 0, Max: 1<<32 - 1},
	{Name: "trip.flights", Type: Int, Meaning: "flights in the same booking", Min: 0, Max: 1<<32 - 1},
	{Name: "trip.nights", Type: Int, Meaning: "nights of the longest hotel stay in the same booking", Min: 0, Max: 1<<32 - 1},
}

// maxDays is between the lowest and the highest day there is.
const maxDays = 1<<32 - 1

// value is what the item says for a variable.
func value(name string, it *Item) ref.Val {
	switch name {
	case "kind":
		return types.String(it.Kind.String())
	case "price":
		return types.Int(it.Price)
	case "currency":
		return types.String(it.Currency)
	case "nights":
		if it.Kind != Hotel {
			return types.Int(0)
		}
		return types.Int(int64(it.End) - int64(it.Start))
	case "days":
		return types.Int(int64(it.End) - int64(it.Start) + 1)
	case "cabin":
		return types.String(it.Cabin)
	case "route":
		return types.String(it.Route)
	case "origin":
		origin, _, ok := strings.Cut(it.Route, "-")
		if !ok {
			return types.String("")
		}
		return types.String(origin)
	case "destination":
		return types.String(it.Route[strings.LastIndexByte(it.Route, '-')+1:])
	case "country":
		return types.String(it.Country)
	case "hotel":
		return types.String(it.Hotel)
	case "channel":
		return types.String(it.Channel)
	case "lead":
		return types.Int(max(0, int64(it.Start)-int64(it.Booked)))
	case "party":
		return types.Int(it.Party)
	case "month":
		return types.Int(time.Unix(int64(it.Start)*86_400, 0).UTC().Month())
	case "tier":
		return types.String(it.Tier)
	case "trip.hotels":
		return types.Int(it.Trip.Hotels)
	case "trip.cars":
		return types.Int(it.Trip.Cars)
	case "trip.flights":
		return types.Int(it.Trip.Flights)
	case "trip.nights":
		return types.Int(it.Trip.Nights)
	}
	return nil
}

// variables is a set of Variables, a bit each.
type variables uint32

func (v variables) has(name string) bool { return v&(1<<variableIndex[name]) != 0 }

const varTier = "tier"

var variableIndex = func() map[string]int {
	m := make(map[string]int, len(Variables))
	for i, v := range Variables {
		m[v.Name] = i
	}
	return m
}()
