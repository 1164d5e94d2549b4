// Package client is the Go client of the wallet service's REST API, for the command line and tests.
//
// Types and requests are generated from the service's OpenAPI document (internal/api); this package adds what a caller
// would otherwise write again each time: a refusal is an [*Error] with the service's code, what may be repeated is
// repeated while the service is overloaded or not there, and connections are used again.
//
// It guarantees that a request is only ever sent again when that cannot make anything happen twice: reading, reporting
// booking events (named by their source and id), what merchants take (named by its reference), and other changes under an
// Idempotency-Key, which it makes up where the caller gives none.
//
// It leaves keys and signing to the caller.
package client
