// Package load sends requests to the wallet service over many connections at once, and measures how long each takes.
//
// What it guarantees:
//
//   - Connections are closed loops: each sends its next request when the one before is answered. Or, where a rate is
//     given, requests have a time each, and what they take counts from then: a service that falls behind cannot hide it
//     by keeping the sender from sending.
//   - An order is answered when it is applied. Until then the very same request is sent again: after a refusal (429 or
//     503) when the service says, after a wait that was over at once. It counts once however often it is sent.
//   - Everything has a bound, and the first request that fails ends the run with what the service said.
//
// It leaves to others what is sent, and what comes of the figures.
package load
