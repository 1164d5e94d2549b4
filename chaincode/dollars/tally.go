package dollars

import "strings"

// Tally is what a state adds up to, record by record. Together with a Supply folded from journals it closes the
// books: Outstanding, Held, Debt, Pending and Bookings must be the same, and Awarded must be what was minted.
type Tally struct {
	Outstanding Amount `json:"outstanding"` // buckets of accounts, and credits
	Held        Amount `json:"held"`        // what is left of holds
	Debt        Amount `json:"debt"`
	Pending     Amount `json:"pending"` // points of pending bookings
	Awarded     Amount `json:"awarded"` // points of awarded and of reversed bookings

	Bookings [BookingNoted + 1]int64 `json:"bookings"` // by state
	Accounts int64                   `json:"accounts"` // account records
	Credits  int64                   `json:"credits"`
}

// TallyRange is the range of state keys, the end excluded, that holds everything a Tally counts.
func TallyRange() (start, end string) { return accountPrefix, "i" }

// BookingRange is the range of state keys, the end excluded, that holds all booking records.
func BookingRange() (start, end string) { return bookingPrefix, "b0" }

// Add counts one key of the state. It fails where the value is not what Apply writes under such a key.
func (t *Tally) Add(key string, value []byte) error {
	switch ParseStateKey(key).Kind {
	case StateAccount:
		rec, err := DecodeAccountRecord(value)
		if err != nil {
			return err
		}
		held, err := rec.Buckets.Total()
		if err != nil {
			return err
		}
		t.Accounts++
		return t.sum(&t.Outstanding, held, t.sum(&t.Debt, rec.Debt, nil))
	case StateCredit:
		amount, err := DecodeCredit(value)
		t.Credits++
		return t.sum(&t.Outstanding, amount, err)
	case StateBooking:
		rec, err := DecodeBookingRecord(value)
		if err != nil {
			return err
		}
		points, err := rec.Points()
		t.Bookings[rec.State]++
		switch rec.State {
		case BookingPending:
			return t.sum(&t.Pending, points, err)
		case BookingAwarded, BookingReversed:
			return t.sum(&t.Awarded, points, err)
		}
		return err
	case StateHold:
		rec, err := DecodeHoldRecord(value)
		if err != nil {
			return err
		}
		left, err := rec.Buckets.Total()
		return t.sum(&t.Held, left, err)
	case StateEarning:
		return nil // lies between what counts
	}
	if strings.HasPrefix(key, adjustedPrefix) {
		return nil
	}
	return malformed("state key")
}

func (t *Tally) sum(to *Amount, a Amount, err error) error {
	if err == nil {
		*to, err = to.Plus(a)
	}
	return err
}

// Merge adds what another part of the state adds up to.
func (t *Tally) Merge(part Tally) error {
	err := t.sum(&t.Outstanding, part.Outstanding, nil)
	err = t.sum(&t.Held, part.Held, err)
	err = t.sum(&t.Debt, part.Debt, err)
	err = t.sum(&t.Pending, part.Pending, err)
	err = t.sum(&t.Awarded, part.Awarded, err)
	for i := range t.Bookings {
		t.Bookings[i] += part.Bookings[i]
	}
	t.Accounts += part.Accounts
	t.Credits += part.Credits
	return err
}
