package driver

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run runs operations on so many connections at a time, for a time; then it waits for those under way, and tries none
// again. next tells the i-th operation, from 0 on; it is called concurrently. Where a part does not answer, or the contract
// refuses an operation, the run ends with an error.
func (d *Driver) Run(ctx context.Context, connections int, last time.Duration, next func(i int) Op) (result Result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	blocks, err := d.follow(ctx)
	if err != nil {
		cancel()
		return Result{}, err
	}
	defer func() {
		cancel()
		<-blocks.ended
	}()
	return loop(ctx, connections, last, func(ctx context.Context, r *Result, i int, over func() bool) error {
		return d.operate(ctx, r, blocks, next(i), over)
	})
}

// operate has one operation committed, however often that has to be tried before the time is over.
func (d *Driver) operate(ctx context.Context, r *Result, blocks *blocks, op Op, over func() bool) error {
	for begun := time.Now(); ; {
		code, err := d.attempt(ctx, blocks, op)
		switch {
		case err != nil:
			return err
		case code == valid:
			r.Committed++
			r.Took = append(r.Took, time.Since(begun))
			return nil
		}
		r.Aborts[code]++
		if over() {
			r.Unfinished++
			return nil
		}
		r.Retries++
	}
}

// Best tries numbers of connections, each for a time, and tells which one committed most operations in a second.
func (d *Driver) Best(ctx context.Context, next func(i int) Op, tries []int, each time.Duration) (connections int, err error) {
	var best float64
	for _, n := range tries {
		r, err := d.Run(ctx, n, each, next)
		if err != nil {
			return 0, err
		}
		if rate := r.Rate(); rate > best {
			connections, best = n, rate
		}
	}
	if connections == 0 {
		return 0, fmt.Errorf("no operation was committed within %v with any of %v connections", each, tries)
	}
	return connections, nil
}

// loop has each of some connections work on one thing after the other until the time is over.
func loop(ctx context.Context, connections int, last time.Duration,
	work func(ctx context.Context, r *Result, i int, over func() bool) error,
) (Result, error) {
	if connections < 1 || last <= 0 {
		return Result{}, errors.New("a run needs a connection and some time")
	}
	begun := time.Now()
	over := func() bool { return time.Since(begun) >= last }
	var next atomic.Int64
	parts := make([]Result, connections)
	group, ctx := errgroup.WithContext(ctx)
	for c := range connections {
		group.Go(func() error {
			parts[c].Aborts = map[string]int{}
			for !over() {
				if err := work(ctx, &parts[c], int(next.Add(1)-1), over); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	all := Result{Aborts: map[string]int{}, Seconds: time.Since(begun).Seconds()}
	for _, part := range parts {
		all.add(part)
	}
	return all, nil
}
