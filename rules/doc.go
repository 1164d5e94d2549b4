// Package rules is the room of those who write earning rules: sheet reads and writes the files they edit, lint finds
// what cannot be meant, simulate tries a draft on past bookings. It holds nothing itself.
//
// Everything below it is pure: it knows no network and no ledger, only rule sets and what is handed to it. That a rule
// set compiles is chaincode/earn's to say; who may change rules is the contract's.
package rules
