// Package fault holds the test of real faults: processes that are killed or stopped, links that are slow or cut, disks that
// are full, a certificate that has expired, one after the other on a real network under load. After each, what clients were
// told is held against the ledger as the audit derives it (package history). What is injected is a table, in faults_test.go.
//
// As part of all tests a few of the faults are tried, on the topology that is made to survive them. The whole table, also
// with orderers that need not be trusted, is
//
//	go test ./test/fault -v -full -times 3 -timeout 2h [-report faults.json]
//
// It ends with a table of what was injected, acknowledged, lost and doubled, and of the seconds to recover.
package fault
