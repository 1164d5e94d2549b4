package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/audit"
)

// auditedLedger says which ledger to audit for something else than a verdict on it, and how far.
type auditedLedger struct {
	blocks, roots string
	height        uint64     // 0 for all
	time          *time.Time // nil for now
}

func (l *auditedLedger) flags(a *app, command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&l.blocks, "blocks", "", "directory of block files, as the command audit export blocks writes them, instead of the network")
	a.peerFlag(command)
	flags.StringVar(&l.roots, "roots", "", "directory of what to trust (default the network's own material)")
	flags.Func("height", "only the first blocks, by their `NUMBER`, from 1 on (default all)", func(text string) (err error) {
		l.height, err = parseHeight(text)
		return err
	})
	flags.Func("time", "only as many blocks as there were at a `TIME`, such as 2030-01-31T23:59:59Z", func(text string) error {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return errors.New("it is not a time as in RFC 3339, such as 2030-01-31T23:59:59Z")
		}
		l.time = &at
		return nil
	})
	exclusive(command, "height", "time")
}

// parseHeight takes no 0 for all: a script whose variable is empty would get what it did not ask for.
func parseHeight(text string) (uint64, error) {
	height, err := strconv.ParseUint(text, 10, 63)
	if err != nil || height == 0 {
		return 0, errors.New("it is a number of blocks, from 1 on (1 is the genesis block alone); leave the flag out for all")
	}
	return height, nil
}

// aboutHeight is what the help of commands with these flags says of them.
const aboutHeight = `Everything is derived by an audit of the blocks, so what is printed is proven; if the audit finds anything wrong, it is
told, with exit code 1, and nothing else is. --height N looks at the first N blocks. --time looks at the longest run of
blocks from the first on in which no transaction that changed the ledger is dated later: blocks have no time of their
own. It is found by an audit too, so with --time the ledger is audited twice.`

// open opens the ledger as far as it is to be looked at.
func (l auditedLedger) open(ctx context.Context, a *app) (trustRoots, auditSource, error) {
	trusted, err := a.auditRoots(l.roots)
	if err != nil {
		return trusted, auditSource{}, err
	}
	if l.time != nil {
		if l.height, err = l.heightAt(ctx, a, trusted); err != nil {
			return trusted, auditSource{}, err
		}
	}
	from, err := a.auditSource(ctx, l.blocks)
	switch {
	case err != nil:
		return trusted, from, err
	case l.height > uint64(from.height):
		from.close()
		return trusted, from, fmt.Errorf("there are %d blocks, and not %d", from.height, l.height)
	case l.height > 0:
		from.Fetcher, from.height = audit.First(from.Fetcher, l.height), int(l.height)
	}
	return trusted, from, nil
}

func (l auditedLedger) heightAt(ctx context.Context, a *app, trusted trustRoots) (uint64, error) {
	from, err := a.auditSource(ctx, l.blocks)
	if err != nil {
		return 0, err
	}
	defer from.close()
	o, stop := a.auditOptions(trusted, from)
	defer stop()
	return audit.HeightAt(ctx, from, o, l.time.Unix())
}

// auditOptions are those of an audit that shows how far it has come until stop is called.
func (a *app) auditOptions(trusted trustRoots, from auditSource) (o audit.Options, stop func()) {
	m := &meter{what: "blocks", total: from.height}
	return audit.Options{
		Roots: trusted.Roots, Chaincode: auditedChaincode,
		Progress: func(r audit.Report) {
			m.sent.Store(int64(r.Height))
			m.settled.Store(int64(r.Height))
		},
	}, m.show(a.errs)
}

// What does not happen on a ledger with something wrong in it.
const (
	nothingWritten = "nothing was written"
	nothingTold    = "nothing is told of this ledger"
)

// diverged says of an audit's error that it is about the ledger, where it is, and what was not done.
func diverged(err error, undone string) error {
	if divergenceOf(err) == nil {
		return err
	}
	return fmt.Errorf("first divergence: %w; %s", err, undone)
}
