// Package reconciliation compares a booking system's events with what an audit finds on the ledger: what is missing there,
// what is extra, what differs, each with its reason.
//
// # What is compared
//
// The ledger knows a booked item by the hash of its names (dollars.NewBookingID), so items of the file are found on it, and
// items that are in no event of the file are told by that hash, with block and transaction. Of each item:
//
//   - every event of the file has had its effect: the item was confirmed, completed or cancelled on the ledger. In which
//     order does not matter, but for what the ledger made of it: an item that was completed before it was confirmed was
//     refused then, and is missing until it is reported again;
//   - everything that happened to the item on the ledger is in an event of the file;
//   - a confirmation says what the ledger has: kind, price, dates, channel and so on, the day of booking, what was booked
//     with it, and the account of the member, where that is known. The ledger has no members: without Options.Members
//     accounts are not compared, and the Summary says so;
//   - the cause of a cancellation.
//
// Points are not compared: the file has none. That they follow from the facts by the rules in force is for the audit.
//
// An event that comes twice, with the same source and id, counts once, as it does for the service; with other content it
// differs from itself. What no service would take, because it is no event or its facts are impossible, is Invalid, and the
// rest of the file goes on without it.
//
// The decoder here is its own, and shares nothing with the service's: a mistake there would otherwise be made here as well.
// It refuses no event that the service takes.
//
// # Order and memory
//
// Findings come in the order of the file, and then what is extra in the order of the ledger. Memory is about 1 kB for each
// booked item of the file with its events, and a tenth of that for each item that only the ledger has, beside the audit's
// own state. The text of events is not kept.
//
// It leaves to others: where the file, the blocks and the members' accounts come from.
package reconciliation
