package sample

import (
	"bytes"

	"github.com/destinasia/dollars/bookings"
)

// Fault is what is wrong with a message that must be refused.
type Fault string

// The faults.
const (
	BrokenJSON      Fault = "broken JSON"
	UnknownType     Fault = "unknown type"
	MissingField    Fault = "missing field"
	UnknownCurrency Fault = "unknown currency"
	NegativePrice   Fault = "negative price"
	AbsurdPrice     Fault = "absurd price"
	TooManyDecimals Fault = "too many decimals"
	EndBeforeStart  Fault = "end before start"
)

// Faults are all faults, in the order in which they take turns.
var Faults = []Fault{
	BrokenJSON, UnknownType, MissingField, UnknownCurrency,
	NegativePrice, AbsurdPrice, TooManyDecimals, EndBeforeStart,
}

// spoiled adds a message with a fault, which would otherwise be a good confirmation.
func (m *maker) spoiled(fault Fault) {
	booked := newYear + bookings.Date(m.between(0, 240))
	items := m.trip(booked+bookings.Date(m.between(2, 90)), m.between(1, 14))
	item := &items[0]
	item.Price.Amount += 1_00 // So that the price is not zero and has a negative.
	e := m.confirmation(booked, items)

	amount := item.Price.Amount.String()
	switch fault {
	case UnknownType:
		e.Type = "com.destinasia.booking.dreamt.v1"
	case MissingField:
		e.Data.Member = ""
	case UnknownCurrency:
		item.Price.Currency = "DUC"
	case NegativePrice:
		item.Price.Amount = -item.Price.Amount
	case EndBeforeStart:
		item.End = item.Start - 1
	}
	text := body(e)
	switch fault { // What an event cannot even say.
	case BrokenJSON:
		text = text[:len(text)-m.between(1, len(text)/2)]
	case AbsurdPrice:
		text = bytes.Replace(text, []byte(`"`+amount+`"`), []byte(`"1000000000000000000.00"`), 1)
	case TooManyDecimals:
		text = bytes.Replace(text, []byte(`"`+amount+`"`), []byte(`"`+amount+`5"`), 1)
	}
	m.timed = append(m.timed, timed{e.Time, Message{Body: text, Want: Refused, Booking: e.Data.Booking, Fault: fault}})
}
