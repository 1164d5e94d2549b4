// Package earn turns a booked item into points by a rule set of integers.
//
// It is pure: no clock, no I/O, no floats; prices and points are integer cents, rates are basis points (1/10,000),
// products are 128 bits wide and every item is floored on its own. A rule set has a number, the version, and a
// booking keeps the version that was in force when it was confirmed.
//
// It knows nothing of accounts, bookings or the ledger; dollars stores rule sets and applies them.
package earn
