package gateway

import (
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// records is what the views know of the ledger that matters to which work may go together. They are asked only about
// records that are in no batch in flight, so the views know as much of them as the service does.
type records struct {
	state func(key string) ([]byte, error) // nil where there is none

	// members tells that rules in force or to come look at what members earned: then bookings write it down.
	members bool
}

// booking finds a booked item's record, its state dollars.BookingNone where there is none.
func (r records) booking(id dollars.BookingID) (dollars.BookingRecord, error) {
	return record(r, dollars.BookingKey(id), dollars.DecodeBookingRecord)
}

func record[R any](r records, key string, decode func([]byte) (R, error)) (rec R, err error) {
	value, err := r.state(key)
	if err != nil || len(value) == 0 {
		return rec, err
	}
	return decode(value)
}

// taking is what an operation takes out of an account that only a record tells: a cancellation of an awarded booking, or
// an approved correction.
type taking struct {
	account dollars.Account
	points  dollars.Amount
	given   []dollars.Given // by the account, and may be recalled
}

// behind is what an item touches beside what its operations name: records of the accounts behind its bookings and
// adjustments. Where a booking is confirmed in the same batch the views do not know it yet, and the confirmation wants
// the same.
func (r records) behind(it *item) (keys []key, takings map[[32]byte]taking, err error) {
	take := func(id [32]byte, t taking) {
		if takings == nil {
			takings = map[[32]byte]taking{}
		}
		takings[id] = t
		keys = append(keys, accountKey(t.account))
		for _, g := range t.given {
			if k := accountKey(g.To); !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	for _, op := range it.work.Ops {
		switch o := op.(type) {
		case dollars.Confirm:
			if r.members {
				keys = append(keys, earningKey(o.Account))
			}
		case dollars.Complete:
			if !r.members {
				continue
			}
			rec, err := r.booking(o.Booking)
			if err != nil {
				return nil, nil, err
			}
			if rec.State == dollars.BookingPending {
				keys = append(keys, earningKey(rec.Account))
			}
		case dollars.Cancel:
			rec, err := r.booking(o.Booking)
			if err != nil {
				return nil, nil, err
			}
			if rec.TouchesMember() && rec.Live() {
				keys = append(keys, earningKey(rec.Account))
			}
			if t, takes, err := r.reversal(rec); err != nil {
				return nil, nil, err
			} else if takes {
				take(o.Booking, t)
			}
		case dollars.ApproveAdjustment:
			rec, err := record(r, dollars.AdjustmentKey(o.ID), dollars.DecodeAdjustmentRecord)
			if err != nil {
				return nil, nil, err
			}
			switch {
			case rec.Burn && rec.Applied == 0:
				take(o.ID, taking{account: rec.Account, points: rec.Amount})
			case !rec.Account.IsZero(): // the ledger looks at it all the same
				keys = append(keys, accountKey(rec.Account))
			}
		}
	}
	return keys, takings, nil
}

// reversal is what a cancellation of this booking takes back, if anything.
func (r records) reversal(rec dollars.BookingRecord) (t taking, takes bool, err error) {
	if rec.State != dollars.BookingAwarded {
		return taking{}, false, nil
	}
	points, err := rec.Points()
	if err != nil || points == 0 {
		return taking{}, false, err
	}
	account, err := record(r, dollars.AccountKey(rec.Account), dollars.DecodeAccountRecord)
	return taking{rec.Account, points, account.Given}, true, err
}
