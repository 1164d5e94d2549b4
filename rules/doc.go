// Package rules is the room of those who write earning rules: sheet reads and writes the files they edit. Finding rows
// that cannot work and trying a draft on past bookings belong here, too. It holds nothing itself.
//
// Everything below it is pure: it knows no network and no ledger, only rule sets and what is handed to it.
package rules
