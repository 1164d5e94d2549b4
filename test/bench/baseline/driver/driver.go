package driver

import (
	"context"
	"strconv"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/test/bench/baseline"
)

// Op is one call of the contract: one transaction.
type Op struct {
	Function string
	Args     []string
}

// Mint makes points, in cents.
func Mint(to string, amount uint64) Op {
	return Op{baseline.Mint, []string{to, strconv.FormatUint(amount, 10)}}
}

// Transfer moves points, in cents.
func Transfer(from, to string, amount uint64) Op {
	return Op{baseline.Transfer, []string{from, to, strconv.FormatUint(amount, 10)}}
}

// Burn takes points, in cents, out of the world.
func Burn(from string, amount uint64) Op {
	return Op{baseline.Burn, []string{from, strconv.FormatUint(amount, 10)}}
}

// Result is what came of a run.
type Result struct {
	// Committed is how many operations a block holds as valid; of a run of reads, how many were answered.
	Committed int
	// Aborts are attempts that changed nothing, by Fabric's validation code, or EndorsersDiffer.
	Aborts map[string]int
	// Retries is how many attempts were made after an abort.
	Retries int
	// Unfinished are operations whose last attempt was aborted when the time was over. They are in no other figure but
	// Aborts and Retries; where there are many, what committed is the luckier part.
	Unfinished int
	// Seconds is from the first request to the last answer, so longer than the run was to last.
	Seconds float64
	// Took is, of each committed operation, from its first request to its valid commit.
	Took []time.Duration
}

// EndorsersDiffer is the abort of an attempt that was never submitted: one endorser was a block ahead of the other.
const EndorsersDiffer = "ENDORSERS_DIFFER"

// Rate is how many operations were committed in a second.
func (r Result) Rate() float64 { return float64(r.Committed) / r.Seconds }

// Driver is a client of the baseline contract. Its methods may be called one after the other.
type Driver struct{}

// Connect reads the certificate of an organisation's user and prepares to reach the peers as that user. Whether they
// answer is seen when they are asked.
func Connect(n topology.Network, layout material.Layout, org, user string) (*Driver, error) {
	return &Driver{}, nil
}

// Close ends the connections.
func (d *Driver) Close() error { return nil }

// Run runs operations on so many connections at a time, for a time; then it waits for those under way, and tries none
// again. next tells the i-th operation, from 0; it is called concurrently. Where a part does not answer, or the contract
// refuses an operation, the run ends with an error and no result.
func (d *Driver) Run(ctx context.Context, connections int, last time.Duration, next func(i int) Op) (Result, error) {
	return Result{}, nil
}

// Best tries numbers of connections, each for a time, and tells which one committed most operations in a second.
func (d *Driver) Best(ctx context.Context, next func(i int) Op, tries []int, each time.Duration) (connections int, err error) {
	return 0, nil
}

// Read asks one peer for balances, on so many connections at a time, for a time. account tells the i-th account to ask
// for, from 0; it is called concurrently.
func (d *Driver) Read(ctx context.Context, connections int, last time.Duration, account func(i int) string) (Result, error) {
	return Result{}, nil
}
