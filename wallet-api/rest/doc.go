// Package rest is the REST API: it turns HTTP into use cases of package wallet, and what they answer into HTTP.
//
// openapi.yaml was written first; routes and types are generated from it (go generate), and the document is served at
// /v1/openapi.yaml with its page at /docs. The only importer of gin.
//
// It guarantees that nobody reaches a use case without a role the table in access.go names for the route, that a
// member's token reaches only what is theirs, that requests are read strictly and within bounds, and that every refusal
// is a problem (RFC 9457) whose code problem.go maps to a status. What is not mapped is a bare 500; its detail is
// only in the log. The log names clients and routes, never members, and has no voucher's code.
//
// Requests are decoded by hand (json.go), for two reasons. encoding/json takes field names in any case and fields
// given twice, and cannot say where an unknown field was; and events arrive in thousands per second, of which one takes
// 2 us to read so and 7 us with the CloudEvents SDK, which is the tests' oracle instead (BenchmarkReadEvents).
//
// Nor is anything done for a request that there is no room for: it is refused at once, before it is read (gate.go). How
// many connections, requests, waits for commits and lines in the log there may be is bounded, and each class of requests
// has its share.
//
// It leaves to wallet: what a request means, whether it may be, and making it durable.
package rest

//go:generate go tool -modfile=oapi-codegen.mod oapi-codegen -config oapi-codegen.yaml openapi.yaml
