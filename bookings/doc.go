// Package bookings is what a booking system says: a booking was confirmed, completed or
// cancelled, as a CloudEvent that Destinasia Dollars accepts on POST /v1/booking-events.
//
// It is the sender's side. Packages hotels (a published file, replayed) and sample (generated)
// make events of it, and the command line sends them. The receiver has a decoder of its own and
// shares no code with this package, so a mistake here cannot hide one there.
//
// An [Event] is written faithfully: a negative price in the source is a negative price in the
// event. Judging events is left to the receiver. It tells what a trip is and costs, for earning
// rules to ask about, and of people only the member's number and how many travel.
//
// The package also holds what made-up events share: who the members are ([MemberID] names them and
// [Crowd] says how unevenly they travel), and what they book ([Trips] and what goes with them).
package bookings
