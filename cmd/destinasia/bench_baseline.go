package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/test/bench/baseline/driver"
)

const (
	baselineEndowment = 1_000_000_00 // cents for each account
	baselineAward     = 100

	// benchBaselineMixed is how many steps of the mix there are, before they begin anew.
	benchBaselineMixed = 50_000
)

// benchContention is how much the operations of a workload get in each other's way, on which it depends how many of them
// are best under way.
type benchContention string

const (
	benchSpread benchContention = "spread"
	benchMixed  benchContention = "mix"
	benchHot    benchContention = "hot"
)

// benchTries are the numbers of operations under way that are tried for the baseline, each for a short time.
var benchTries = map[benchContention][]int{
	benchSpread: {64, 256, 512, 1024},
	benchMixed:  {16, 64, 128, 256},
	benchHot:    {1, 4, 16, 64},
}

// benchBaseline runs the baseline contract on the same network.
type benchBaseline struct {
	benchOptions
	workload.Members
	errs           io.Writer
	driver, reader *driver.Driver // one is used for one thing at a time
	endowed        bool
	best           map[benchContention]int
}

func newBenchBaseline(b *benchRun) (*benchBaseline, error) {
	base := &benchBaseline{benchOptions: b.benchOptions, Members: b.orders.Members, errs: b.errs, best: map[benchContention]int{}}
	var err error
	for _, d := range []**driver.Driver{&base.driver, &base.reader} {
		if *d, err = driver.Connect(b.network.Topology, b.network.Dir.Material(), issuer, "issuer"); err != nil {
			return nil, errors.Join(err, base.close())
		}
	}
	return base, nil
}

func (b *benchBaseline) close() error {
	var errs []error
	for _, d := range []*driver.Driver{b.driver, b.reader} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	return errors.Join(errs...)
}

// endow mints for all accounts, once.
func (b *benchBaseline) endow(ctx context.Context) error {
	if b.endowed {
		return nil
	}
	accounts := b.accounts()
	m := &meter{what: "minting for the baseline", total: len(accounts)}
	defer m.show(b.errs)()
	for minted := 0; minted < len(accounts); m.settled.Store(int64(minted)) {
		// A run is bounded by time alone: what it mints for beyond the last account goes to the first ones again.
		r, err := b.driver.Run(ctx, benchTries[benchSpread][1], time.Second, func(i int) driver.Op {
			return driver.Mint(accounts[(minted+i)%len(accounts)], baselineEndowment)
		})
		if err != nil {
			return fmt.Errorf("mint for the baseline's accounts: %w", err)
		}
		if r.Unfinished == 0 {
			minted += r.Committed
		}
	}
	b.endowed = true
	return nil
}

// accounts are all accounts of the baseline.
func (b *benchBaseline) accounts() []string {
	var all []string
	for _, m := range b.All() {
		all = append(all, m.Account.String())
	}
	return all
}

// payments makes operations of payments.
func payments(of func(i int) workload.Payment) func(i int) driver.Op {
	return func(i int) driver.Op { return operation(of(i)) }
}

func operation(p workload.Payment) driver.Op {
	if p.To == nil {
		return driver.Burn(p.From.Account.String(), uint64(p.Amount))
	}
	return driver.Transfer(p.From.Account.String(), p.To.Account.String(), uint64(p.Amount))
}

// mint awards the i-th item.
func (b *benchBaseline) mint(i int) driver.Op {
	return driver.Mint(b.Many[i%len(b.Many)].Account.String(), baselineAward)
}

// mix is the mix of transfers, redemptions and awards.
func (b *benchBaseline) mix() func(i int) driver.Op {
	steps := b.Mix(benchBaselineMixed)
	return func(i int) driver.Op {
		step := steps[i%len(steps)]
		if step.Turn == workload.TurnAward {
			return driver.Mint(step.To.Account.String(), baselineAward)
		}
		return operation(step.Payment)
	}
}

// baselineVariant is a workload on the baseline, with as many operations under way as are best for it.
func (b *benchRun) baselineVariant(c benchContention, op func(i int) driver.Op) benchVariant {
	ready := func(ctx context.Context, id string) (benchRound, error) {
		if err := b.baseline.endow(ctx); err != nil {
			return nil, err
		}
		if err := b.baseline.find(ctx, c); err != nil {
			return nil, err
		}
		return func(ctx context.Context) (benchOutcome, error) {
			r, err := b.baseline.driver.Run(ctx, b.baseline.best[c], b.lasts(), op)
			if err == nil && r.Committed == 0 {
				err = fmt.Errorf("of the baseline's operations none was committed within %s", b.lasts())
			}
			cost := bench.Cost{Aborted: r.Aborts, Unfinished: r.Unfinished}
			if r.Retries > 0 {
				cost.Retried = map[string]int{"aborted": r.Retries}
			}
			return benchOutcome{done: r.Committed, seconds: r.Seconds, took: r.Took, Cost: cost}, err
		}, nil
	}
	return benchVariant{name: variantBaseline, ready: ready}
}

// find finds the best number of operations under way for a kind of workload, once.
func (b *benchBaseline) find(ctx context.Context, c benchContention) error {
	if b.best[c] != 0 {
		return nil
	}
	op := map[benchContention]func(i int) driver.Op{
		benchSpread: payments(b.Transfer), benchMixed: b.mix(), benchHot: payments(b.HotTo),
	}[c]
	stages := newStages(b.errs)
	stages.Begin(fmt.Sprintf("how many operations the baseline is best at, %s", c))
	defer stages.End()
	best, err := b.driver.Best(ctx, op, benchTries[c], b.tryFor())
	b.best[c] = best
	return err
}

// tryFor is for how long a number of operations under way is tried.
func (o benchOptions) tryFor() time.Duration { return max(time.Second, o.lasts()/5) }
