package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/bulk"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// benchEntries is how long the receiver's history becomes where accounts are loaded, but no longer than there are accounts.
const benchEntries = 100_000

// grow loads accounts onto the ledger, and starts the network again: once with views to be folded anew, as a new replica's
// are, and once as it is.
func (a *app) grow(ctx context.Context, n *native.Network, accounts int) (_ *native.Network, g *bench.Growth, err error) {
	before, err := diskOf(n)
	if err != nil {
		return n, nil, err
	}
	g = &bench.Growth{Accounts: accounts, Entries: min(accounts, benchEntries), Disk: map[string]float64{}}
	loaded, err := a.load(ctx, n, "accounts", bulk.Options{Accounts: accounts})
	if err != nil {
		return n, nil, err
	}
	g.Loaded = loaded.PerSecond()
	hot, err := workload.NewMembers(0)
	if err != nil {
		return n, nil, err
	}
	entries, err := a.load(ctx, n, "entries of one history", bulk.Options{Accounts: g.Entries, Payee: hot.Receiver.Account})
	if err != nil {
		return n, nil, err
	}
	g.Operations = loaded.Operations + entries.Operations
	n, took, err := a.restart(ctx, filepath.Join(n.Dir.Data(topology.Wallet), viewsFolder))
	if err != nil {
		return n, nil, err
	}
	g.Rebuilt = float64(g.Operations) / took.Seconds()
	if n, took, err = a.restart(ctx, ""); err != nil {
		return n, nil, err
	}
	g.Up = took.Seconds()
	after, err := diskOf(n)
	for what, bytes := range after {
		g.Disk[what] = float64(bytes-before[what]) / float64(g.Operations)
	}
	return n, g, err
}

// loaded is the i-th of the accounts that were loaded, all over them.
func (b *benchRun) loaded(i int) dollars.Account { return bulk.Account(i * benchStride % b.accounts) }

// load loads bookings, and shows the progress.
func (a *app) load(ctx context.Context, n *native.Network, what string, o bulk.Options) (bulk.Result, error) {
	name, err := ledgerOf(n)
	if err != nil {
		return bulk.Result{}, err
	}
	m := &meter{what: "loading " + what, total: o.Accounts}
	defer m.show(a.errs)()
	o.Progress = func(loaded int) { m.settled.Store(int64(loaded)) }
	return bulk.Load(ctx, n.Topology, n.Dir.Material(), name.chaincode, o)
}

// restart stops the network, removes a folder if one is named, starts the network, and tells how long that took.
func (a *app) restart(ctx context.Context, without string) (*native.Network, time.Duration, error) {
	progress := newStages(a.errs)
	_, err := native.Down(a.dir, progress)
	progress.End()
	if err == nil && without != "" {
		err = os.RemoveAll(without)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("stop the network to start it again: %w", err)
	}
	begun := time.Now()
	n, err := a.up(ctx)
	return n, time.Since(begun), err
}
