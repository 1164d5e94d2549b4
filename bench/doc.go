// Package bench is what the project's benchmark is made of but for the network it runs on: the workloads' requests, the
// rule sets they are run under, what processes use, and the figures that come of rounds.
//
// What it guarantees:
//
//   - The events of a round are the same trips of the same members in every round, on every machine; only the names of
//     the bookings differ. Rounds under different rules so differ in the rules alone.
//   - Every event is valid, and every booking is confirmed before it is completed.
//   - Rule sets are compared only within a lap, which runs each of them once, one right after the other, and laps
//     alternate in their order: a machine that grows slower, or a ledger that grows larger, favours none.
//
// It leaves to the command line how a network is started, how events are sent and followed, and how figures are printed.
package bench
