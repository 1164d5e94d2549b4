// Package driver loads the baseline contract as hard as it honestly can be loaded: one transaction for each operation,
// through Fabric's gateway, in a closed loop of many connections.
//
// It is as kind to the baseline as a client can be: everything is signed by one identity, which peers keep verified,
// all organisations are asked for endorsements at once, and commits are learned from one stream of blocks instead of
// being asked for one by one. What a block holds as invalid is tried again, and counted; so is what endorsers saw
// differently. To spread the operations over both organisations' gateways, or over more connections, did not pay.
//
// Everything it waits for has a bound. Which operations to run, and what to make of the figures, is left to the benchmark.
package driver
