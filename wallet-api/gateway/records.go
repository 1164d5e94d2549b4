package gateway

import "github.com/destinasia/dollars/chaincode/dollars"

// records is what the views know of the ledger that matters to which work may go together.
type records struct {
	// booking finds a booked item's record, its state dollars.BookingNone where there is none. It is asked only about
	// bookings that are in no batch in flight, so the views know as much of them as the service does.
	booking func(dollars.BookingID) (dollars.BookingRecord, error)

	// members tells that rules in force or to come look at what members earned: then bookings write it down.
	members bool
}

// reversal is what a cancellation of an awarded booking takes back, and from whom.
type reversal struct {
	account dollars.Account
	points  dollars.Amount
}

// behind is what an item touches beside what its operations name: records of the accounts behind its bookings. Where a
// booking is confirmed in the same batch the views do not know it yet, and the confirmation wants the same.
func (r records) behind(it *item) (keys []key, reversals map[dollars.BookingID]reversal, err error) {
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
			awarded := rec.State == dollars.BookingAwarded
			if rec.TouchesMember() && (awarded || rec.State == dollars.BookingPending) {
				keys = append(keys, earningKey(rec.Account))
			}
			points, err := rec.Points()
			if err != nil {
				return nil, nil, err
			}
			if !awarded || points == 0 {
				continue
			}
			keys = append(keys, accountKey(rec.Account))
			if reversals == nil {
				reversals = map[dollars.BookingID]reversal{}
			}
			reversals[o.Booking] = reversal{rec.Account, points}
		}
	}
	return keys, reversals, nil
}
