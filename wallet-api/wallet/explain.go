package wallet

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// ExplainRequest asks why booked items earn what they earn.
type ExplainRequest struct {
	Source, Booking string           // as the booking system names them
	Item            string           // "" for all items of the booking
	Account         *dollars.Account // whose items alone may be seen; nil for everybody's
}

// ExplainedItem is why a booked item earns what it earns.
type ExplainedItem struct {
	ID        dollars.BookingID
	Kind      earn.Kind
	State     dollars.BookingState
	Tier      string         // of the member when it was confirmed
	Points    dollars.Amount // promised, or minted
	Confirmed int64          // Unix seconds
	Version   uint32         // of the rules in force then
	Why       earn.Explanation
}

// maxExplained bounds the items of one answer: a booking reported in one event has half as many at most.
const maxExplained = 2 * MaxItems

// Explain works out again from the ledger why the items of a booking earn what they earn. What was cancelled before it
// was confirmed never had an explanation and is left out; a booking of which nothing is left is a refusal with not_found.
func (s *Service) Explain(ctx context.Context, r ExplainRequest) ([]ExplainedItem, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	items, err := s.booked(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, &Error{Code: CodeNotFound, Detail: "no such booking is confirmed on the ledger; check source, booking and item, which count to the letter, and whether the confirmation's event was applied"}
	}
	out := make([]ExplainedItem, 0, len(items))
	var v rulesVersion // mostly the same for all of them
	for _, item := range items {
		rec := item.Record
		if v.Version != rec.Version {
			if v, err = s.compiled(rec.Version); err != nil {
				return nil, fmt.Errorf("explain booked item %s: %w", item.ID, err)
			}
		}
		points, err := rec.Points()
		if err != nil {
			return nil, fmt.Errorf("explain booked item %s: %w", item.ID, err)
		}
		out = append(out, ExplainedItem{
			ID: item.ID, Kind: rec.Facts.Kind, State: rec.State, Tier: rec.Tier, Points: points, Confirmed: rec.Time,
			Version: rec.Version, Why: v.rules.Explain(rec.Item(), rec.EarnParts()),
		})
	}
	return out, nil
}

func (r ExplainRequest) check() error {
	for _, f := range []struct{ field, value string }{{"/source", r.Source}, {"/booking", r.Booking}} {
		if err := checkName(f.field, f.value); err != nil {
			return err
		}
	}
	if r.Item == "" {
		return nil
	}
	return checkName("/item", r.Item)
}

// asks tells whether a booked item is among those to be explained. What the caller may not see must not count for
// anything either, or the answer would tell that it is there.
func (r ExplainRequest) asks(rec dollars.BookingRecord) bool {
	confirmed := rec.State != dollars.BookingNone && rec.State != dollars.BookingNoted
	return confirmed && (r.Account == nil || rec.Account == *r.Account)
}

// booked finds the items that are to be explained.
func (s *Service) booked(ctx context.Context, r ExplainRequest) ([]BookedItem, error) {
	if r.Item != "" {
		id := dollars.NewBookingID(r.Source, r.Booking, r.Item)
		rec, err := read(s.Views, dollars.BookingKey(id), dollars.DecodeBookingRecord)
		if err != nil || !r.asks(rec) {
			return nil, err
		}
		return []BookedItem{{id, rec}}, nil
	}
	items, err := s.Views.Bookings(ctx, dollars.NewTripID(r.Source, r.Booking), r.asks, maxExplained+1)
	if err != nil {
		return nil, fmt.Errorf("read booking: %w", err)
	}
	if len(items) > maxExplained {
		return nil, &Error{Code: CodeItemInvalid, Detail: fmt.Sprintf("more than %d items of the booking are confirmed, too many to explain at once; ask for one of them", maxExplained), Field: "/item"}
	}
	return items, nil
}
