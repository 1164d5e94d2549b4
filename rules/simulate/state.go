package simulate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// state is a ledger's state in memory, of which only what a replay reads again is kept.
type state struct {
	values store

	// purses are the credits of accounts that an award is taken back from at some time, sorted by expiry; those of
	// other accounts nobody reads.
	purses map[dollars.Account][]credit
}

type credit struct {
	dollars.CreditRef
	amount dollars.Amount
}

func newState(p *plan) *state {
	s := &state{values: newStore(), purses: map[dollars.Account][]credit{}}
	for place := range p.items {
		if it := p.item(place); it.state == dollars.BookingReversed {
			s.purses[p.history.accounts[it.account]] = nil
		}
	}
	return s
}

// Get makes state a dollars.State.
func (s *state) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s.values.get(key)
	}
	return values, nil
}

// write applies the writes of a batch.
func (s *state) write(writes []dollars.Write) error {
	for _, w := range writes {
		isCredit, err := s.writeCredit(w)
		switch {
		case err != nil:
			return fmt.Errorf("state under %s: %w", w.Key, err)
		case isCredit:
		case w.Value == nil:
			s.values.remove(w.Key)
		default:
			s.values.put(w.Key, w.Value)
		}
	}
	return nil
}

func (s *state) writeCredit(w dollars.Write) (isCredit bool, err error) {
	if w.Key[0] != 'c' {
		return false, nil // Taking the keys of a million bookings apart would take as long as applying them.
	}
	key := dollars.ParseStateKey(w.Key)
	if key.Kind != dollars.StateCredit {
		return false, nil
	}
	purse, wanted := s.purses[key.Credit.Account]
	if !wanted {
		return true, nil
	}
	if w.Value == nil {
		s.values.remove(w.Key)
		return true, nil
	}
	amount, err := dollars.DecodeCredit(w.Value)
	if err != nil {
		return true, err
	}
	s.values.put(w.Key, w.Value)
	c := credit{dollars.CreditRef{Expiry: key.Credit.Expiry, TxID: key.Credit.TxID}, amount}
	at, _ := slices.BinarySearchFunc(purse, c, func(a, b credit) int {
		return cmp.Or(cmp.Compare(a.Expiry, b.Expiry), slices.Compare(a.TxID[:], b.TxID[:]))
	})
	s.purses[key.Credit.Account] = slices.Insert(purse, at, c)
	return true, nil
}

// take picks the credits that a reversal absorbs, all there are, as the wallet's gateway does: those of the award itself
// must be among them. It picks each only once.
func (s *state) take(a dollars.Account, unix int64) []dollars.CreditRef {
	var refs []dollars.CreditRef
	for _, c := range s.purses[a] {
		if !c.Expiry.Passed(unix) { // It is worth nothing any more.
			refs = append(refs, c.CreditRef)
		}
	}
	s.purses[a] = nil
	return refs
}

// booking is the record of a booked item.
func (s *state) booking(id dollars.BookingID) (dollars.BookingRecord, error) {
	rec, err := dollars.DecodeBookingRecord(s.values.booking(id))
	if err != nil {
		return rec, fmt.Errorf("state under %s: %w", dollars.BookingKey(id), err)
	}
	return rec, nil
}

// forget drops the record of a booked item that nothing more will happen to.
func (s *state) forget(id dollars.BookingID) { s.values.remove(dollars.BookingKey(id)) }

// budgetUsed is how much of a row's budget is promised or minted.
func (s *state) budgetUsed(row string) (dollars.Amount, error) {
	pot, err := dollars.DecodeBudgetRecord(s.values.get(dollars.BudgetKey(row)))
	if err != nil {
		return 0, fmt.Errorf("budget of row %s: %w", row, err)
	}
	var share dollars.Amount
	if value := s.values.get(dollars.ShareKey(row, lane)); value != nil {
		if share, err = dollars.DecodeShare(value); err != nil {
			return 0, fmt.Errorf("share of the budget of row %s: %w", row, err)
		}
	}
	return pot.Total - pot.Left - share, nil
}
