// Package bulk fills a ledger with accounts, to see what it is like to work on a large one. It acts as the issuer, through
// the contract, in large transactions, and needs no wallet service; one that runs folds what is loaded.
//
// Each account has one booking, confirmed and completed, and so one credit. Accounts and bookings follow from their number
// alone: loading a range again changes nothing. They belong to nobody, as no key leads to such an address.
package bulk
