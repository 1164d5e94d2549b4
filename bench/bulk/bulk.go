package bulk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/staff"
	"github.com/destinasia/dollars/network/topology"
	"golang.org/x/sync/errgroup"
)

// Options say what to load.
type Options struct {
	// First is the number of the first account, and Accounts how many there are from it.
	First, Accounts int
	// Payee, if not zero, gets all the bookings: one account with a long history instead of many with short ones.
	Payee dollars.Account
	// Batch is how many bookings one transaction confirms and completes, 1,000 if zero; InFlight how many are under way at
	// once, 6 if zero.
	Batch, InFlight int
	// ClockOffset is how far ahead of the machine's clock transactions are dated.
	ClockOffset time.Duration
	// Progress, if not nil, hears of every committed transaction how many accounts are loaded; never concurrently.
	Progress func(loaded int)
}

// maxBatch is how many bookings, at two operations each, the contract takes in one transaction.
const maxBatch = dollars.MaxOperations / 2

func (o Options) check() error {
	switch {
	case o.First < 0 || o.Accounts < 0:
		return fmt.Errorf("bulk: %d accounts from number %d on are none that could be loaded", o.Accounts, o.First)
	case o.Batch < 1 || o.Batch > maxBatch:
		return fmt.Errorf("bulk: a transaction of %d bookings is not within 1 to %d", o.Batch, maxBatch)
	case o.InFlight < 1:
		return fmt.Errorf("bulk: %d transactions under way are not enough", o.InFlight)
	}
	return nil
}

// Result is what was loaded.
type Result struct {
	Accounts   int
	Operations int
	Took       time.Duration
}

// PerSecond is the rate in accounts.
func (r Result) PerSecond() float64 { return float64(r.Accounts) / r.Took.Seconds() }

// Account is the address of an account by its number: spread like addresses of keys are.
func Account(number int) dollars.Account {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("bulk account "), uint64(number)))
	return dollars.Account(sum[:20])
}

// price earns some points under the standard rules, so that every account gets a credit.
const price = dollars.Amount(200_00)

// Load puts accounts on the ledger of a running network. On an error it tells how many were loaded before.
func Load(ctx context.Context, n topology.Network, layout material.Layout, chaincode string, o Options) (_ Result, err error) {
	currency, ok := dollars.CurrencyOf(chaincode)
	if !ok {
		return Result{}, fmt.Errorf("bulk: this program knows no currency of a chaincode named %q", chaincode)
	}
	org, err := issuerOf(n, currency.IssuerMSP)
	if err != nil {
		return Result{}, err
	}
	issuer, err := staff.Connect(n, layout, org, dollars.RoleIssuer, staff.Options{ClockOffset: o.ClockOffset})
	if err != nil {
		return Result{}, fmt.Errorf("bulk: %w", err)
	}
	defer func() { err = errors.Join(err, issuer.Close()) }()
	return load(ctx, func(ctx context.Context, ops ...dollars.Operation) (staff.Applied, error) {
		return issuer.Apply(ctx, chaincode, ops...)
	}, o)
}

func issuerOf(n topology.Network, msp string) (string, error) {
	for _, org := range n.Members() {
		if org.MSPID == msp {
			return org.Name, nil
		}
	}
	return "", fmt.Errorf("bulk: the issuer %s is not in the network", msp)
}

type apply func(ctx context.Context, ops ...dollars.Operation) (staff.Applied, error)

func load(ctx context.Context, apply apply, o Options) (r Result, err error) {
	o.Batch, o.InFlight = cmp.Or(o.Batch, 1000), cmp.Or(o.InFlight, 6)
	if err := o.check(); err != nil {
		return Result{}, err
	}
	begun := time.Now()
	var mu sync.Mutex
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(o.InFlight)
	for done := 0; done < o.Accounts && within.Err() == nil; done += o.Batch {
		first, count := o.First+done, min(o.Batch, o.Accounts-done)
		group.Go(func() error {
			ops := bookings(o, first, count)
			applied, err := apply(within, ops...)
			if err == nil {
				err = refused(applied.Journal)
			}
			if err != nil {
				return fmt.Errorf("bulk: accounts %d to %d: %w", first, first+count-1, err)
			}
			mu.Lock()
			defer mu.Unlock()
			r.Accounts += count
			r.Operations += len(ops)
			if o.Progress != nil {
				o.Progress(r.Accounts)
			}
			return nil
		})
	}
	err = group.Wait()
	r.Took = time.Since(begun)
	if err == nil {
		err = ctx.Err()
	}
	return r, err
}

// bookings confirms and completes a booking for each account.
func bookings(o Options, first, count int) []dollars.Operation {
	ops := make([]dollars.Operation, 0, 2*count)
	facts := dollars.Facts{Kind: earn.Hotel, Price: price, Currency: "EUR", Start: firstDay, End: firstDay + 1}
	for number := first; number < first+count; number++ {
		account := o.Payee
		source := "urn:destinasia:bulk:" + account.String()
		if account.IsZero() {
			account, source = Account(number), "urn:destinasia:bulk"
		}
		id := dollars.NewBookingID(source, strconv.Itoa(number), "1")
		ops = append(ops, dollars.Confirm{Booking: id, Account: account, Facts: facts}, dollars.Complete{Booking: id})
	}
	return ops
}

// firstDay is some day; rules in force say nothing of it.
const firstDay = dollars.Date(20_454)

// refused finds an operation that the ledger did not apply, now or when it was loaded before.
func refused(j dollars.Journal) error {
	for i := range j.Entries {
		if e := &j.Entries[i]; e.Outcome == dollars.Rejected {
			return fmt.Errorf("the ledger refused to %s a booking: %s", e.Kind, e.Code)
		}
	}
	return nil
}
