package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newExpireCommand(a *app) *cobra.Command {
	limit, asJSON := 0, false
	command := &cobra.Command{
		Use:   "expire",
		Short: "Burn the expired points of accounts that nobody touches",
		Long: "Burn the expired points of all accounts, batch by batch. What expired cannot be spent, burned or not: this takes it off\n" +
			"the books. It can be stopped at any moment; run again, it goes on with what is left.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return fmt.Errorf("--limit %d: give a number of accounts, or leave it out for all", limit)
			}
			n, err := a.open()
			if err != nil {
				return err
			}
			operator, err := connect(n, roleOperator, feedPatience)
			if err != nil {
				return err
			}
			ledger, err := ledgerOf(n)
			if err != nil {
				return err
			}
			return a.expire(cmd.Context(), operator, ledger.currency.Asset, limit, asJSON)
		},
	}
	command.Flags().IntVar(&limit, "limit", 0, "stop after so many accounts (default all)")
	jsonFlag(command, &asJSON)
	return command
}

// expireReport is what `expire` tells.
type expireReport struct {
	Accounts int              `json:"accounts"` // in which there was something
	Burned   dollars.Amount   `json:"burned"`   // by all that went on meanwhile
	Complete bool             `json:"complete"` // nothing expired is left
	After    *dollars.Account `json:"after,omitempty"`
}

// expire burns what expired, and tells how much the supply says that was.
func (a *app) expire(ctx context.Context, operator *client.Client, asset string, limit int, asJSON bool) error {
	s := expirySweep{meter: &meter{what: "accounts"}, operator: operator, asset: asset, left: math.MaxInt}
	if limit > 0 {
		s.left = limit
	}
	stop := s.meter.show(a.errs)
	err := s.run(ctx)
	stop()
	if s.report == nil {
		return a.advise(err)
	}
	if printErr := a.printExpiry(*s.report, asJSON); printErr != nil {
		return printErr
	}
	return a.advise(err)
}

func (a *app) printExpiry(r expireReport, asJSON bool) error {
	if asJSON {
		return printJSON(a.out, r)
	}
	stopped := "at the beginning"
	if r.After != nil {
		stopped = "after account " + r.After.String()
	}
	left := "perhaps more: stopped " + stopped + "; what was asked for is done anyway, and the same command goes on"
	if r.Complete {
		left = "nothing that expired"
	}
	fields{
		{"burned", "D$ " + r.Burned.String()},
		{"accounts", fmt.Sprint(r.Accounts)},
		{"left", left},
	}.print(a.out)
	return nil
}

// expirySweep goes over all accounts, page by page, until a pass finds nothing: of an account with very many credits an
// operation burns only a part.
type expirySweep struct {
	meter    *meter // counts an account again in which another pass found more
	operator *client.Client
	asset    string
	left     int           // accounts that it may still have burned
	report   *expireReport // nil before anything was asked for
}

func (s *expirySweep) run(ctx context.Context) error {
	before, err := readSupply(ctx, s.operator, s.asset)
	if err != nil {
		return err
	}
	s.report = &expireReport{}
	for pass := 1; ; pass++ {
		burned := s.report.Burned
		found, err := s.pass(ctx)
		// What was burned by now is told even if it was interrupted.
		reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), commandPatience)
		after, supplyErr := readSupply(reading, s.operator, s.asset)
		cancel()
		if pass == 1 {
			s.report.Accounts = found
		}
		if supplyErr == nil {
			s.report.Burned = after.Expired - before.Expired
		}
		switch err = errors.Join(err, supplyErr); {
		case err != nil:
			return err
		case found == 0:
			s.report.Complete, s.report.After = true, nil
			return nil
		case s.left == 0:
			return nil
		case s.report.Burned == burned:
			return fmt.Errorf("%d accounts have expired points that are not burned yet; see what `destinasia status` says, and run it again", found)
		}
	}
}

// pass goes over the accounts once, and tells in how many there was something.
func (s *expirySweep) pass(ctx context.Context) (found int, err error) {
	before := s.meter.settled.Load()
	for s.report.After = nil; s.left > 0; {
		page, err := s.operator.Expire(ctx, s.report.After, min(s.left, pageSize), client.Change{Wait: orderWait})
		if err != nil {
			return found, fmt.Errorf("burn what expired: %w", err)
		}
		found += page.Accounts
		s.left -= page.Accounts
		guess := int64(found)
		if page.Next != nil {
			guess = guessTotal(found, *page.Next)
		}
		s.meter.about.Store(before + guess)
		s.meter.settled.Store(before + int64(found))
		if page.Next == nil {
			break
		}
		s.report.After = page.Next
	}
	return found, nil
}

// guessTotal guesses how many accounts there will be, from how many were found up to one: addresses are hashes, and so are
// spread evenly.
func guessTotal(found int, upTo dollars.Account) int64 {
	share := float64(binary.BigEndian.Uint64(upTo[:8])) / math.MaxUint64
	return max(int64(found), int64(float64(found)/max(share, 1e-6)))
}
