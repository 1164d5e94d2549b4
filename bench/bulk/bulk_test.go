package bulk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/staff"
)

// ledger remembers what it was asked to apply.
type ledger struct {
	mu      sync.Mutex
	batches [][]dollars.Operation
	most    int // operations it takes before it fails; 0 never does
	answer  dollars.Outcome
}

var errFull = errors.New("no more")

func (l *ledger) apply(_ context.Context, ops ...dollars.Operation) (staff.Applied, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most > 0 && len(l.batches) >= l.most {
		return staff.Applied{}, errFull
	}
	l.batches = append(l.batches, ops)
	var a staff.Applied
	for _, op := range ops {
		a.Journal.Entries = append(a.Journal.Entries, dollars.Entry{Kind: op.Kind(), Outcome: l.answer, Code: dollars.CodeRulesMissing})
	}
	return a, nil
}

func TestEachAccountIsConfirmedAndCompletedOnce(t *testing.T) {
	l := &ledger{answer: dollars.Applied}
	var told []int
	r, err := load(t.Context(), l.apply, Options{First: 5, Accounts: 25, Batch: 10, InFlight: 3, Progress: func(n int) { told = append(told, n) }})
	if err != nil || r.Accounts != 25 || r.Operations != 50 || len(l.batches) != 3 {
		t.Fatalf("%+v, %d transactions, %v", r, len(l.batches), err)
	}
	accounts, bookings := map[dollars.Account]int{}, map[dollars.BookingID]int{}
	for _, ops := range l.batches {
		for _, op := range ops {
			switch o := op.(type) {
			case dollars.Confirm:
				accounts[o.Account]++
				bookings[o.Booking]++
				if err := o.Facts.Check(); err != nil {
					t.Error(err)
				}
			case dollars.Complete:
				if bookings[o.Booking]++; bookings[o.Booking] != 2 {
					t.Errorf("booking %s is completed before it is confirmed", o.Booking)
				}
			}
		}
	}
	if len(accounts) != 25 || len(bookings) != 25 {
		t.Errorf("%d accounts with %d bookings", len(accounts), len(bookings))
	}
	for n := 5; n < 30; n++ {
		if accounts[Account(n)] != 1 {
			t.Errorf("account %d was loaded %d times", n, accounts[Account(n)])
		}
	}
	if !slices.IsSorted(told) || len(told) != 3 || told[2] != 25 {
		t.Errorf("told %v", told)
	}
}

func TestOnePayeeGetsAll(t *testing.T) {
	l := &ledger{answer: dollars.Duplicate} // loaded before, which is as good
	payee := dollars.Account{7}
	if _, err := load(t.Context(), l.apply, Options{Accounts: 3, Payee: payee}); err != nil {
		t.Fatal(err)
	}
	for _, op := range l.batches[0] {
		if o, ok := op.(dollars.Confirm); ok && o.Account != payee {
			t.Errorf("%s got points", o.Account)
		}
	}
}

func TestWhatWentWrongEndsTheLoad(t *testing.T) {
	l := &ledger{answer: dollars.Applied, most: 2}
	if r, err := load(t.Context(), l.apply, Options{Accounts: 1000, Batch: 10, InFlight: 1}); !errors.Is(err, errFull) || r.Accounts != 20 || len(l.batches) != 2 {
		t.Errorf("%+v after %d transactions, %v", r, len(l.batches), err)
	}
	l = &ledger{answer: dollars.Rejected}
	if _, err := load(t.Context(), l.apply, Options{Accounts: 10}); err == nil || !strings.Contains(err.Error(), string(dollars.CodeRulesMissing)) {
		t.Errorf("refused, and %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := load(ended, l.apply, Options{Accounts: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended, and %v", err)
	}
	for _, o := range []Options{{Accounts: -1}, {First: -1}, {Batch: maxBatch + 1}, {Batch: -1}, {InFlight: -1}} {
		if _, err := load(t.Context(), l.apply, o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
