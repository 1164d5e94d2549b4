package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/bench/load"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/test/bench/baseline/driver"
)

const (
	benchReaders = 64

	// benchWritesPerSecond is at what rate orders are written while there are reads: what the baseline can do, too.
	benchWritesPerSecond = 100

	// benchReadsPerSecond is more than can be read.
	benchReadsPerSecond = 100_000

	benchPage           = 50                       // entries of a page of history
	benchPagesPerSecond = 10                       // that a history has at least, for each second of a round
	benchMostPages      = benchEntries / benchPage // that are read

	// A prime, so that what is read jumps about.
	benchStride = 7_919
)

// balance: balances of all members are read while orders are written.
func (b *benchRun) balance() benchWorkload {
	many := b.orders.Many
	read := func(i int) load.Request {
		if b.accounts > 0 {
			return b.reading(i, "/v1/accounts/"+b.loaded(i).String())
		}
		return b.reading(i, "/v1/members/"+many[i*benchStride%len(many)].ID+"/balance")
	}
	return benchWorkload{name: "balance", unit: "reads", reads: true, variants: []benchVariant{
		{name: variantBaseline, ready: func(ctx context.Context, _ string) (benchRound, error) {
			return b.baseline.readBalances, b.baseline.endow(ctx)
		}},
		b.readVariant(read, b.orders.Transfer),
	}}
}

// history: pages of a long history are read, all over it, while it becomes longer. The baseline has no histories.
func (b *benchRun) history() benchWorkload {
	var pages []string
	read := func(i int) load.Request { return b.reading(i, pages[i*benchStride%len(pages)]) }
	return benchWorkload{
		name: "history", unit: "pages", reads: true, variants: []benchVariant{b.readVariant(read, b.orders.HotTo)},
		prepare: func(ctx context.Context) (err error) {
			least := b.seconds * benchPagesPerSecond
			if pages, err = b.pages(ctx); err != nil || len(pages) >= least {
				return err
			}
			signed, err := b.sign("history to read", least*benchPage, b.orders.HotTo)
			if err == nil {
				_, err = b.send(ctx, "history to read", signed, load.Options{Connections: b.connections()})
			}
			if err == nil {
				pages, err = b.pages(ctx)
			}
			return err
		},
	}
}

// pages are where the pages of the hot receiver's history are, from the newest on.
func (b *benchRun) pages(ctx context.Context) (paths []string, err error) {
	members, err := connect(b.network, roleMember, feedPatience)
	if err != nil {
		return nil, err
	}
	id := b.orders.Receiver.ID
	for cursor := ""; len(paths) < benchMostPages; {
		page, err := members.History(ctx, id, cursor, benchPage)
		if err != nil {
			return nil, err
		}
		path := fmt.Sprintf("/v1/members/%s/history?limit=%d", id, benchPage)
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		paths = append(paths, path)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return paths, nil
}

// reading is the i-th request of readers. Two clients read, and another writes: the service bounds what each may ask for.
func (b *benchRun) reading(i int, path string) load.Request {
	return load.Request{Path: path, Token: b.keys[[]string{roleAuditor, roleOperator}[i%2]]}
}

// readVariant reads as fast as is answered, while payments are written at a steady rate.
func (b *benchRun) readVariant(read func(i int) load.Request, payment func(i int) workload.Payment) benchVariant {
	ready := func(_ context.Context, id string) (benchRound, error) {
		signed, err := b.sign(id, b.seconds*benchWritesPerSecond, payment)
		return func(ctx context.Context) (benchOutcome, error) { return b.readWhileWriting(ctx, id, read, signed) }, err
	}
	return benchVariant{name: variantDollars, ready: ready}
}

func (b *benchRun) readWhileWriting(ctx context.Context, id string, read func(i int) load.Request, signed workload.Signed) (o benchOutcome, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		_, err := b.send(ctx, id+", writing", signed, load.Options{Connections: b.connections(), Rate: benchWritesPerSecond})
		return err
	})
	group.Go(func() error {
		r, err := load.Run(ctx, b.address(), load.Options{Connections: benchReaders, Last: b.lasts()}, b.seconds*benchReadsPerSecond, read)
		o = outcomeOf(r)
		return err
	})
	return o, group.Wait()
}

// readBalances reads the baseline's balances while its transfers are written at the same rate.
func (b *benchBaseline) readBalances(ctx context.Context) (o benchOutcome, err error) {
	begun, many := time.Now(), b.accounts()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		_, err := b.driver.Run(ctx, benchReaders, b.lasts(), func(i int) driver.Op {
			time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / benchWritesPerSecond)))
			return operation(b.Transfer(i))
		})
		return err
	})
	group.Go(func() error {
		r, err := b.reader.Read(ctx, benchReaders, b.lasts(), func(i int) string { return many[i*benchStride%len(many)] })
		o = benchOutcome{done: r.Committed, seconds: r.Seconds, took: r.Took}
		return err
	})
	return o, group.Wait()
}
