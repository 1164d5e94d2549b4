package sample

import (
	"fmt"
	"strconv"
	"time"

	"github.com/destinasia/dollars/bookings"
)

// All bookings are made in 2024, and only the trips of pending ones lead beyond it.
var (
	newYear = bookings.DateOf(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	yearEnd = bookings.DateOf(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))
)

// basisPoints is what a new ledger pays for a price.
var basisPoints = map[string]bookings.Cents{bookings.Hotel: 500, bookings.Car: 300, bookings.Flight: 200}

func points(item bookings.Item) bookings.Cents {
	return item.Price.Amount * basisPoints[item.Kind] / 10_000
}

// add counts items that end in the state of the sum.
func (s *Sum) add(items ...bookings.Item) {
	for _, item := range items {
		s.Items++
		s.Points += points(item)
	}
}

// booking makes a booking and everything that is heard of it. The shares are those of doc.go.
func (m *maker) booking() {
	fate := m.below(100)
	pending := fate >= 83

	lead, nights := m.between(2, 90), m.between(1, 14)
	booked := newYear + bookings.Date(m.between(0, 240)) // With the longest trip and refund, still 2024.
	if pending {
		booked = yearEnd - bookings.Date(m.between(1, lead-1)) // So that the trip starts after the year's end.
	}
	first := booked + bookings.Date(lead)
	items := m.trip(first, nights)
	confirmed := m.confirmation(booked, items)
	m.send(confirmed)

	switch {
	case fate < 55:
		m.complete(confirmed, items)
		m.tally.Awarded.add(items...)
	case fate < 65:
		dropped, kept := m.takeOne(items)
		m.cancel(confirmed, "cancellation", m.before(booked, first), dropped)
		m.tally.Cancelled.add(dropped...)
		m.complete(confirmed, kept)
		m.tally.Awarded.add(kept...)
	case fate < 75:
		m.cancel(confirmed, "cancellation", m.before(booked, first), items)
		m.tally.Cancelled.add(items...)
	case fate < 78:
		m.cancel(confirmed, "no-show", first, items)
		m.tally.Cancelled.add(items...)
	case !pending:
		m.complete(confirmed, items)
		refunded, kept := items, []bookings.Item(nil)
		if m.below(2) == 0 {
			refunded, kept = m.takeOne(items)
		}
		last := first + bookings.Date(nights)
		m.cancel(confirmed, "refund", last+bookings.Date(m.between(1, 14)), refunded)
		m.tally.Reversed.add(refunded...)
		m.tally.Awarded.add(kept...)
	default:
		m.tally.Pending.add(items...)
	}
}

// before is a day after the booking and before the trip.
func (m *maker) before(booked, first bookings.Date) bookings.Date {
	return booked + bookings.Date(m.between(1, int(first-booked)-1))
}

// takeOne splits items into one of them and the rest.
func (m *maker) takeOne(items []bookings.Item) (one, rest []bookings.Item) {
	chosen := m.below(len(items))
	for i, item := range items {
		if i == chosen {
			one = append(one, item)
		} else {
			rest = append(rest, item)
		}
	}
	return one, rest
}

// complete reports the items on their last days, which come in any order.
func (m *maker) complete(confirmed bookings.Event, items []bookings.Item) {
	var days []bookings.Date
	ending := make(map[bookings.Date][]bookings.Item)
	for _, item := range items {
		if ending[item.End] == nil {
			days = append(days, item.End)
		}
		ending[item.End] = append(ending[item.End], item)
	}
	for i, day := range days {
		m.send(m.later(confirmed, bookings.Completed, fmt.Sprintf("completed/%d", i+1), day, ending[day]))
	}
}

func (m *maker) cancel(confirmed bookings.Event, reason string, on bookings.Date, items []bookings.Item) {
	e := m.later(confirmed, bookings.Cancelled, "cancelled", on, items)
	e.Data.Reason = reason
	m.send(e)
}

// trip makes the items of a trip from the first day for a number of nights.
func (m *maker) trip(first bookings.Date, nights int) []bookings.Item {
	var items []bookings.Item
	last := first + bookings.Date(nights)
	for i, kind := range bookings.Trips[m.below(len(bookings.Trips))] {
		item := bookings.Item{Item: strconv.Itoa(i + 1), Kind: kind, Start: first, End: last}
		var cents int
		switch kind {
		case bookings.Flight:
			cents = m.between(29_00, 650_00)
			if i == 0 {
				item.End = first
			} else {
				item.Start = last
			}
		case bookings.Hotel:
			cents = nights * m.between(45_00, 240_00)
		case bookings.Car:
			cents = nights * m.between(19_00, 85_00)
			if m.below(20) == 0 {
				cents = 0
			}
		}
		item.Price = bookings.Price{Amount: bookings.Cents(cents), Currency: "EUR"}
		items = append(items, item)
	}
	return items
}
