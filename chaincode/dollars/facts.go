package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// Facts are what a booked item earns by. They go onto the ledger in the operation, so that anyone can recompute the
// points; they are codes and numbers, and none of them is meant to say who travels. See docs/decisions/015.
type Facts struct {
	Kind     earn.Kind
	Price    Amount // cents of Currency
	Currency string // ISO 4217
	Start    Date   // first day: check-in, pick-up, departure
	End      Date   // last day; not before Start

	// What follows is "" or 0 where the booking system did not say.
	Booked  Date   // day it was booked
	Cabin   string // a code, like the next four
	Route   string // "FRA-LIS"
	Country string // ISO 3166-1 alpha-2, of the destination
	Hotel   string
	Channel string
	Party   uint32 // travellers
	Trip    earn.Trip
}

// Bounds of facts.
const (
	MaxFactCode = 24 // bytes
	MaxParty    = 1_000
	maxDate     = 1<<31 - 1
	maxTrip     = 1<<16 - 1 // items of a kind, or nights
)

// codes are the facts that are codes, in the order they are written.
func (f *Facts) codes() [5]*string {
	return [...]*string{&f.Cabin, &f.Route, &f.Country, &f.Hotel, &f.Channel}
}

// numbers are the optional facts that are numbers, in the order they are written, with their bounds.
func (f *Facts) numbers() [5]boundedNumber {
	t := &f.Trip
	return [...]boundedNumber{
		{&f.Party, MaxParty}, {&t.Hotels, maxTrip}, {&t.Cars, maxTrip}, {&t.Flights, maxTrip}, {&t.Nights, maxTrip},
	}
}

type boundedNumber struct {
	value *uint32
	max   uint32
}

// Check says what is wrong with the facts, or nil.
func (f Facts) Check() error {
	switch {
	case !f.Kind.Valid():
		return refuse(CodeKindUnknown, fmt.Sprintf("unknown kind of item %d", f.Kind))
	case f.Price < 0:
		return refuse(CodeAmountNegative, "the price is negative")
	case f.Price > MaxPrice:
		return refuse(CodeAmountTooLarge, fmt.Sprintf("the price is more than %s", MaxPrice))
	case len(f.Currency) != 3:
		return refuse(CodeCurrencyUnknown, "the currency is not an ISO 4217 code")
	case f.Start < 0 || f.End < f.Start:
		return refuse(CodeDateInvalid, "the item ends before it starts")
	case f.Booked < 0:
		return refuse(CodeDateInvalid, "the item was booked before 1970")
	}
	for _, code := range f.codes() {
		if *code != "" && !isFactCode(*code) {
			return refuse(CodeFactInvalid, fmt.Sprintf("%q is not a code: up to %d letters, digits, and . _ / -", clip(*code), MaxFactCode))
		}
	}
	for _, n := range f.numbers() {
		if *n.value > n.max {
			return refuse(CodeFactInvalid, fmt.Sprintf("%d travellers, items or nights are more than %d", *n.value, n.max))
		}
	}
	return nil
}

// isFactCode keeps free text off the ledger. What it lets through could still spell a name: whoever connects a booking
// system sees to it that codes are codes.
func isFactCode(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '-' || c > '9') && c != '_' { // '-', '.', '/' and the digits are neighbours
			return false
		}
	}
	return len(s) <= MaxFactCode
}

// CheckReason refuses what does not say why, or says it in free text. Who sends a reason has it checked first: what the
// ledger refuses stays in its blocks all the same.
func CheckReason(s string) error {
	if s == "" || !isFactCode(s) {
		return refuse(CodeReasonInvalid, fmt.Sprintf("say why, by a code: up to %d letters, digits, and . _ / -", MaxFactCode))
	}
	return nil
}

// same tells whether an item is reported again as it was before. When the booking was made and what else it holds is
// told by the report that came first.
func (f Facts) same(other Facts) bool {
	f.Booked, f.Trip = other.Booked, other.Trip
	return f == other
}

// Item is what rules see of the facts of an item confirmed at a time (Unix seconds); the member's tier is left open.
func (f Facts) Item(unix int64) earn.Item {
	booked := f.Booked
	if booked == 0 {
		booked = DateOf(unix)
	}
	return earn.Item{
		Kind: f.Kind, Price: int64(f.Price), Currency: f.Currency,
		Start: int32(f.Start), End: int32(f.End), Booked: int32(booked),
		Cabin: f.Cabin, Route: f.Route, Country: f.Country, Hotel: f.Hotel, Channel: f.Channel,
		Party: int64(f.Party), Trip: f.Trip, Time: unix,
	}
}

// nights are those of a hotel stay.
func (f Facts) nights() uint64 {
	if f.Kind != earn.Hotel {
		return 0
	}
	return uint64(f.End - f.Start)
}

func appendFacts(b []byte, f Facts) []byte {
	b = append(b, byte(f.Kind))
	b = appendAmount(b, f.Price)
	b = appendBytes(b, []byte(f.Currency))
	b = appendUint(b, uint64(f.Start))
	b = appendUint(b, uint64(f.End))
	var present uint64
	bit := uint64(1)
	if f.Booked != 0 {
		present |= bit
	}
	for _, code := range f.codes() {
		if bit <<= 1; *code != "" {
			present |= bit
		}
	}
	for _, n := range f.numbers() {
		if bit <<= 1; *n.value != 0 {
			present |= bit
		}
	}
	b = appendUint(b, present)
	if f.Booked != 0 {
		b = appendUint(b, uint64(f.Booked))
	}
	for _, code := range f.codes() {
		if *code != "" {
			b = appendBytes(b, []byte(*code))
		}
	}
	for _, n := range f.numbers() {
		if *n.value != 0 {
			b = appendUint(b, uint64(*n.value))
		}
	}
	return b
}

func (r *reader) facts() Facts {
	f := Facts{
		Kind:     earn.Kind(r.byte()),
		Price:    r.amount(),
		Currency: string(r.bytes(8)),
		Start:    Date(r.uintMax(maxDate)),
		End:      Date(r.uintMax(maxDate)),
	}
	present := r.uintMax(1<<11 - 1)
	next := func() (yes bool) {
		yes, present = present&1 != 0, present>>1
		return yes
	}
	// A fact written though empty is a second spelling of the same facts.
	if next() {
		f.Booked = Date(r.uintMax(maxDate))
		r.bad = r.bad || f.Booked == 0
	}
	for _, code := range f.codes() {
		if next() {
			*code = string(r.bytes(64)) // longer ones are refused by Check, with their name
			r.bad = r.bad || *code == ""
		}
	}
	for _, n := range f.numbers() {
		if next() {
			*n.value = uint32(r.uintMax(1<<32 - 1))
			r.bad = r.bad || *n.value == 0
		}
	}
	return f
}
