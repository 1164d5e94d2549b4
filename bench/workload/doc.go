// Package workload makes what the benchmark sends: the booking events and the signed orders of its rounds, and the rule
// sets that events are tried under.
//
// What it guarantees:
//
//   - The same on every machine and in every run: members, their keys, who pays whom and how much come from fixed seeds.
//     So the keys are no secrets, and belong on the benchmark's own network only.
//   - Everything is valid. Bookings are confirmed before they are completed, members have what they spend, no limit of the
//     standard rules bites, and nonces follow each other whatever was sent of a round.
//   - Orders between distinct accounts come in an order in which those that follow each other share no account, until all
//     members had their turn.
//   - The events of an award round differ from another round's in the names of bookings only. Rounds under different rules so
//     differ in the rules alone.
//
// It leaves to package load how things are sent, and to the command line which network takes them.
package workload
