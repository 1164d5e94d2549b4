package simulate

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// state is a ledger's state in memory, of which only what a replay reads again is kept.
type state struct{ values store }

func newState() *state { return &state{values: newStore()} }

// Get makes state a dollars.State.
func (s *state) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s.values.get(key)
	}
	return values, nil
}

// write applies the writes of a batch. Credits are read only by who spends, which nobody does here.
func (s *state) write(writes []dollars.Write) {
	for _, w := range writes {
		switch {
		case w.Key[0] == 'c': // Taking the keys of a million bookings apart would take as long as applying them.
		case w.Value == nil:
			s.values.remove(w.Key)
		default:
			s.values.put(w.Key, w.Value)
		}
	}
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
