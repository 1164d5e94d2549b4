// Package sample makes up a year of bookings, the good and the bad, and says exactly what should
// come of them.
//
// The same [Options] give the same bytes, on every machine and with every version of Go: all
// chance comes from PCG (math/rand/v2) and is used by integer methods of this package. Another
// seed gives other bookings with other ids, so samples of several seeds can meet on one ledger.
// A sample that is sent again changes nothing.
//
// # Bookings
//
// A trip has one to four items (flights out and back, a hotel, a car), is booked in 2024, and
// belongs to one member of a bookings.Crowd. Each booking draws what becomes of it:
//
//	55 %  completed: each item on its last day, those of one day in one event
//	10 %  one item is cancelled before the trip, the others are completed
//	10 %  cancelled before the trip
//	 3 %  cancelled on its first day as a no-show
//	 5 %  completed, then refunded within two weeks: half of them altogether, half one item
//	17 %  pending: the trip is in 2025 and nothing more is heard of it
//
// One car in twenty comes free with the trip; its price is zero and it earns nothing.
//
// For rules to ask about, a confirmation tells more. None of it has a part in prices or in what
// becomes of the booking:
//
//	cabin    of flights: economy 70 %, premium 20 %, business 10 %, the same there and back
//	route    of flights: from one of four airports to one of nine, and back
//	country  of the flight's arrival, or of the place where the hotel or the car is
//	hotel    one of three at each of the nine, such as "lis-2"
//	channel  web 50 %, app 30 %, agent 20 %
//	party    one to five, two most often
//
// Two trips in seven hold flights and a hotel, and four in seven of those stay for 7 nights or more,
// so a rule about the whole trip finds some.
//
// # Faults
//
// One event in 25 is sent twice, the copy some hours or days later with the same bytes. For each
// 40 bookings, and for each of [Faults] at least once, there is a message more that must be
// refused. It spoils a confirmation, each fault in turn, under a booking id of its own, so that a
// fault that slips through shows in the totals and nowhere else.
//
// # Tally
//
// [Tally] is computed along with the messages, by the rule set a new ledger starts with (hotel
// 500, car 300, flight 200 basis points of the price, rounded down for each item), and without
// its code. It holds if the messages of a booking arrive in their order, and nobody spends points
// before the last message is through: what was spent cannot be clawed back.
package sample
