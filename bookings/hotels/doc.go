// Package hotels turns the published hotel booking demand file into booking events, in the order
// they happened.
//
// The file (Antonio, Almeida, Nunes: Hotel booking demand datasets, Data in Brief 22, 2019,
// https://doi.org/10.1016/j.dib.2018.11.126, with its dates rewritten to ISO 8601) holds 119,390
// bookings of two hotels, and no key of any kind. The mapping below invents what is missing. It is
// stable: the same file gives the same events, today and after any change of this program, because
// a ledger that has seen them knows them by their ids. Only the members depend on a seed.
//
// # Mapping
//
// Each row is one booking with one item "1" of kind hotel and two events:
//
//	source     urn:destinasia:replay:hotel-booking-demand
//	booking    "h" and the first 32 hex digits of SHA-256(line LF ordinal), where line is the text of
//	           the row without its line end and ordinal counts the rows equal to it so far, from 1.
//	           31,994 rows repeat an earlier one; each is a booking of its own.
//	event id   booking/confirmed, then booking/completed or booking/cancelled
//	member     drawn from a bookings.Crowd of 20,000, or of its 1,000 most frequent if
//	           is_repeated_guest is 1, by the first 8 bytes of SHA-256(seed booking), where seed is
//	           8 bytes, big endian, and booking the 16 bytes behind its 32 digits
//	start      the arrival
//	end        the arrival and all nights, weekend and week. Zero nights end where they start.
//	price      adr times all nights in EUR, exact: adr has at most two decimals. What the file says
//	           is sent, the one negative rate and the many zeros included.
//	hotel      "resort" or "city", by the column hotel
//	country    "PT": both hotels are in Portugal
//	channel    distribution_channel as "direct", "corporate", "agent" (TA/TO) or "gds"; Undefined is
//	           left out
//	party      adults, children (NA is none) and babies; left out where nobody is counted
//
// The column country is not used, on purpose. It says where the guests come from, which is about
// the person, while an event's country is where the journey leads.
//
// Confirmed happens on the day of arrival less lead_time. Then, on reservation_status_date,
// completed (Check-Out) or cancelled (Canceled: reason "cancellation"; No-Show: reason "no-show").
// The file has no time of day; a hash chooses one: bookings before 23:00, check-outs from 07:00 to
// noon, cancellations from 08:00 to 22:00, no-shows from 23:00. If both events of a booking are on
// one day, the second is in what is left of the day after the first. Events at the same second are
// in the order of the file.
//
// # Guarantees
//
// [Read] is strict: the header must be the published one, and a row must have 32 columns of which
// those used here make sense, or the error names line and column. Columns that are not used are
// taken as they are. Memory is about 60 bytes per row.
//
// What a negative or a zero price is worth is left to the receiver of the events.
package hotels
