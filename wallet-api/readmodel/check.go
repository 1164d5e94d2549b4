package readmodel

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/disk"
	"github.com/dgraph-io/badger/v4"
)

// Check recomputes from the mirror of the state what the views were told by the journals, and from the journals what is told of
// blocks, and tells the first difference. It holds up folding while it looks: some seconds for a million keys.
func (v *Views) Check(ctx context.Context) error {
	v.folding.Lock()
	defer v.folding.Unlock()
	return v.view(func(txn *badger.Txn) error {
		p, err := readProgress(txn)
		if err != nil {
			return err
		}
		if p.steps > 0 {
			return fmt.Errorf("check: block %d is folded in part, because folding was interrupted; fold it again first", p.block)
		}
		s := sum{accounts: map[dollars.Account]*summed{}}
		if err := s.mirror(ctx, txn); err != nil {
			return fmt.Errorf("check: %w", err)
		}
		if err := s.holdEnds(txn); err != nil {
			return fmt.Errorf("check at height %d: %w", p.block, err)
		}
		if err := s.balances(ctx, txn); err != nil {
			return fmt.Errorf("check at height %d: %w", p.block, err)
		}
		if err := s.supply(p.supply); err != nil {
			return fmt.Errorf("check at height %d: %w", p.block, err)
		}
		if err := checkBlocks(ctx, txn, p); err != nil {
			return fmt.Errorf("check at height %d: %w", p.block, err)
		}
		return nil
	})
}

// sum is the balances as the mirror has them, the bookings by state, what operators granted and asked to burn, and the keys
// by which open holds are found when they end.
type sum struct {
	accounts        map[dollars.Account]*summed
	bookings        [dollars.BookingNoted + 1]int64
	granted, burned dollars.Amount
	open            [][]byte
}

type summed struct {
	balance
	further int  // credits with keys of their own
	viewed  bool // and found equal
}

func (s *sum) of(a dollars.Account) *summed {
	if s.accounts[a] == nil {
		s.accounts[a] = &summed{}
	}
	return s.accounts[a]
}

func (s *sum) mirror(ctx context.Context, txn *badger.Txn) error {
	err := scan(txn, stateKey(""), func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := dollars.ParseStateKey(string(key[1:]))
		if k.Kind == dollars.StateCredit {
			s.of(k.Credit.Account).further++
		}
		return s.state(k, value)
	})
	if err != nil {
		return err
	}
	return scan(txn, accountPrefix, func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.kept(dollars.Account(key[1:]), value)
	})
}

// kept adds what of the state lies with an account.
func (s *sum) kept(id dollars.Account, value []byte) error {
	own, err := decodeAccount(value)
	if err != nil {
		return err
	}
	if own.record != nil {
		if err := s.state(dollars.StateKey{Kind: dollars.StateAccount, Account: id}, own.record); err != nil {
			return err
		}
	}
	for _, c := range own.credits {
		if err := s.state(dollars.StateKey{Kind: dollars.StateCredit, Credit: c.Of(id)}, c.value); err != nil {
			return err
		}
	}
	return nil
}

func (s *sum) state(k dollars.StateKey, value []byte) error {
	switch k.Kind {
	case dollars.StateAccount:
		rec, err := dollars.DecodeAccountRecord(value)
		if err != nil {
			return err
		}
		own := s.of(k.Account)
		own.debt, own.household = rec.Debt, rec.Household
		return own.buckets.plus(rec.Buckets)
	case dollars.StateCredit:
		points, err := dollars.DecodeCredit(value)
		if err != nil {
			return err
		}
		return s.of(k.Credit.Account).buckets.plus(dollars.Buckets{{Expiry: k.Credit.Expiry, Amount: points}})
	case dollars.StateBooking:
		return s.booking(value)
	case dollars.StateHold:
		return s.hold(k.Hold, value)
	case dollars.StateAdjustment:
		return s.adjustment(value)
	}
	return nil
}

func (s *sum) booking(value []byte) error {
	rec, err := dollars.DecodeBookingRecord(value)
	if err != nil {
		return err
	}
	s.bookings[rec.State]++
	if rec.State != dollars.BookingPending {
		return nil
	}
	points, err := rec.Points()
	if err != nil {
		return err
	}
	own := s.of(rec.Account)
	own.pending, err = own.pending.Plus(points)
	return err
}

func (s *sum) hold(id dollars.HoldID, value []byte) error {
	rec, err := dollars.DecodeHoldRecord(value)
	if err != nil || !isOpen(rec) {
		return err
	}
	s.open = append(s.open, holdEndKey(rec.Until, id))
	points, err := rec.Buckets.Total()
	if err != nil {
		return err
	}
	own := s.of(id.Account)
	own.held, err = own.held.Plus(points)
	return err
}

func (s *sum) adjustment(value []byte) error {
	rec, err := dollars.DecodeAdjustmentRecord(value)
	switch {
	case err != nil || rec.Applied == 0:
	case rec.Burn:
		s.burned, err = s.burned.Plus(rec.Amount)
	default:
		s.granted, err = s.granted.Plus(rec.Amount)
	}
	return err
}

// holdEnds compares the list by which holds are found when they end.
func (s *sum) holdEnds(txn *badger.Txn) error {
	listed := 0
	if err := scan(txn, []byte{holdEnds}, func(_, _ []byte) error { listed++; return nil }); err != nil {
		return err
	}
	for _, key := range s.open {
		value, err := disk.Get(txn, key)
		if err != nil {
			return err
		}
		if value == nil {
			return fmt.Errorf("an open hold is not in the list of those that end: %x", key[1:])
		}
	}
	if listed != len(s.open) {
		return fmt.Errorf("%d holds are listed to end, but %d are open by the state", listed, len(s.open))
	}
	return nil
}

// balances compares each account's view with its sum.
func (s *sum) balances(ctx context.Context, txn *badger.Txn) error {
	err := scan(txn, accountPrefix, func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		id := dollars.Account(key[1:])
		view, err := decodeAccount(value)
		if err != nil {
			return err
		}
		own := s.of(id)
		own.viewed = true
		if own.further != view.further {
			return fmt.Errorf("%s has %d credits with keys of their own, but the view counts %d", id, own.further, view.further)
		}
		if !own.equal(view.balance) {
			return fmt.Errorf("the balance of %s is %+v in the view and %+v by the state", id, view.balance, own.balance)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, own := range s.accounts {
		if !own.viewed && (own.further != 0 || !own.equal(balance{})) {
			return fmt.Errorf("the balance of %s is nothing in the view and %+v by the state", id, own.balance)
		}
	}
	return nil
}

// supply compares the sums over all accounts and bookings.
func (s *sum) supply(folded dollars.Supply) error {
	var outstanding, held, pending, debt dollars.Amount
	for _, own := range s.accounts {
		total, err := dollars.Buckets(own.buckets).Total()
		if err != nil {
			return err
		}
		for _, add := range []struct {
			to *dollars.Amount
			a  dollars.Amount
		}{{&outstanding, total}, {&held, own.held}, {&pending, own.pending}, {&debt, own.debt}} {
			if *add.to, err = add.to.Plus(add.a); err != nil {
				return err
			}
		}
	}
	switch {
	case outstanding != folded.Outstanding():
		return fmt.Errorf("accounts hold %s, but %s are outstanding by the journals", outstanding, folded.Outstanding())
	case held != folded.Held:
		return fmt.Errorf("open holds have %s, but %s are held by the journals", held, folded.Held)
	case s.granted != folded.Adjusted:
		return fmt.Errorf("adjustments grant %s, but %s by the journals", s.granted, folded.Adjusted)
	case s.burned < folded.WrittenOff: // what accounts had too little of became debt
		return fmt.Errorf("corrections burn at most %s, but %s are written off by the journals", s.burned, folded.WrittenOff)
	case pending != folded.Pending:
		return fmt.Errorf("bookings promise %s, but %s are pending by the journals", pending, folded.Pending)
	case debt != folded.Debt:
		return fmt.Errorf("accounts owe %s, but %s by the journals", debt, folded.Debt)
	case s.bookings != folded.Bookings:
		return fmt.Errorf("bookings by state are %v, but %v by the journals", s.bookings, folded.Bookings)
	}
	return nil
}
