// Package simulate tries a rule set on bookings that really were, and compares it with another one: what a draft would
// have cost, by which of its rows, who would have got more and who less, and what would have been refused.
//
// A History is filled with the booking records of a ledger's state; Compare replays it once for each rule set, at the
// same time; the Report is plain data, and as terminal tables, CSV and an SVG chart.
//
// # How history is replayed
//
// By dollars.Apply, on a state in memory: the rule set is proposed, approved and published there, and then every item is
// confirmed, completed and cancelled, so that caps, budgets, tiers and seasons count as they do on a ledger, and there is
// no second rulebook. The days are those of the bookings, not those on which a ledger heard of them:
//
//   - An item is confirmed on the day it was booked, or where that was not said, on the day of its record.
//   - It is completed on its last day if the ledger awarded it, but not before it was booked.
//   - A cancelled one is cancelled the day before its first day, but not before it was booked. When it really was is
//     not on the ledger.
//   - A reversed one is completed, and cancelled the day after.
//   - A pending one stays pending.
//
// Every batch is at noon UTC, has one kind of event, and a day has its confirmations, then its completions, then its
// cancellations. Items of a day are in the order in which the ledger heard of them. Nobody spends a point, and both rule
// sets start with full budgets and with members that have earned nothing.
//
// # Guarantees
//
//   - The same history, rule sets and options give the same report, byte for byte, in whatever order items were added.
//   - What is counted in several ways adds up to the same: rows and months to what was minted, groups to what stands.
//   - Sums are checked; one that leaves the integers is an error.
//
// What differs from a ledger: a budget is given out to its last cent, where the lanes of a ledger may leave a little of
// it over (dollars.Lanes); and a season by booking in a time zone 12 hours or more from UTC begins and ends a day off.
//
// It leaves to others to read the state from a peer and the rule sets from files or the ledger, and to print tables.
package simulate
