// Package load holds the test of a rush: far more is offered to the wallet service of a real network than it can take. It
// runs for under a minute in CI's size, and with -full in that of docs/decisions/025-admission.md:
//
//	go test ./test/load -v -full -timeout 20m
//
// Machines are noisy, and network, service and load share this one: what is asserted are ratios within one run, bounds,
// and that nothing which was accepted is lost. The figures themselves are printed.
package load
