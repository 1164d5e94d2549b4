// Package lifecycle administers a running network: it joins nodes to the channel and brings chaincode definitions to
// the state the topology asks for.
//
// Every step looks at the ledger before it acts, so that running it again is harmless and a half-finished run is simply
// continued. Transient refusals (a peer that has not yet heard of the other) are retried within a bound. Starting and
// stopping programs is left to package native.
package lifecycle
