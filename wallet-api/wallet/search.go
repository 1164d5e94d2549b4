package wallet

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Thing is what an id may name.
type Thing string

// The things. The last three are the service's own; the others are on the ledger.
const (
	ThingBlock       Thing = "block"
	ThingTransaction Thing = "transaction"
	ThingOrder       Thing = "order"
	ThingBooking     Thing = "booking"
	ThingHold        Thing = "hold"
	ThingVoucher     Thing = "voucher"
	ThingReward      Thing = "reward"
	ThingAdjustment  Thing = "adjustment"
	ThingAccount     Thing = "account"
	ThingMember      Thing = "member"
	ThingEvent       Thing = "event"
	ThingChange      Thing = "change"
)

// Found is something that an id names, and its id as it is written elsewhere.
type Found struct {
	What Thing
	ID   string
}

// Search is all that an id names, true at Height.
type Search struct {
	Height uint64
	Found  []Found
}

// Names are what an id may mean, by how it is written; what it cannot be is nil.
type Names struct {
	Number  *uint64         // of a block
	Word    *[32]byte       // a block's hash, a transaction, an order, a booked item, a voucher's code hash, an adjustment
	Trip    *dollars.TripID // a booking with everything in it
	Account *dollars.Account
	Hold    *dollars.HoldID
	Reward  string // "" for none
}

// maxSearched is how many bytes an id may have that is searched for: no id is half as long.
const maxSearched = 256

// Search tells what an id names: everything that is written so. Letters may be of either case, and 0x may be left out. An id of
// nothing is not_found.
func (s *Service) Search(ctx context.Context, id string) (Search, error) {
	if id == "" || len(id) > maxSearched {
		return Search{}, &Error{Code: CodeMalformed, Detail: fmt.Sprintf("an id has 1 to %d bytes", maxSearched), Field: "/id"}
	}
	n := namesOf(id)
	result, err := s.Views.Find(ctx, n, MaxPage)
	if err != nil {
		return Search{}, err
	}
	if n.Word != nil {
		if err := s.findWork(ctx, WorkID(*n.Word), &result); err != nil {
			return Search{}, err
		}
	}
	if err := s.findMember(ctx, id, &result); err != nil {
		return Search{}, err
	}
	if len(result.Found) == 0 {
		return Search{}, &Error{Code: CodeNotFound, Detail: fmt.Sprintf("at height %d there is nothing with this id, looked for as %s", result.Height, n.tried()), Field: "/id"}
	}
	return result, nil
}

// SearchBooking tells which booked items the names of a booking system stand for: one, or all of a booking where item is "".
func (s *Service) SearchBooking(ctx context.Context, source, booking, item string) (Search, error) {
	if err := (ExplainRequest{Source: source, Booking: booking, Item: item}).check(); err != nil {
		return Search{}, err
	}
	var n Names
	if item == "" {
		trip := dollars.NewTripID(source, booking)
		n.Trip = &trip
	} else {
		id := [32]byte(dollars.NewBookingID(source, booking, item))
		n.Word = &id
	}
	result, err := s.Views.Find(ctx, n, MaxPage)
	if err == nil && len(result.Found) == 0 {
		err = &Error{Code: CodeNotFound, Detail: fmt.Sprintf("at height %d the ledger has no such booking; check source, booking and item, which count to the letter", result.Height)}
	}
	return result, err
}

// namesOf reads an id in every way it can be read.
func namesOf(id string) (n Names) {
	if number, err := strconv.ParseUint(id, 10, 64); err == nil {
		n.Number = &number
	}
	if account, order, isHold := strings.Cut(id, "/"); isHold {
		a, okA := hexOf(account, len(dollars.Account{}))
		o, okO := hexOf(order, len(dollars.OrderID{}))
		if okA && okO {
			n.Hold = &dollars.HoldID{Account: dollars.Account(a), Order: dollars.OrderID(o)}
		}
		return n
	}
	if raw, ok := hexOf(id, len(dollars.TripID{})); ok {
		trip := dollars.TripID(raw)
		n.Trip = &trip
	}
	if raw, ok := hexOf(id, len(dollars.Account{})); ok {
		a := dollars.Account(raw)
		n.Account = &a
	}
	if raw, ok := hexOf(id, 32); ok {
		word := [32]byte(raw)
		n.Word = &word
	}
	if dollars.ParseStateKey(dollars.RewardKey(id)).Kind == dollars.StateReward {
		n.Reward = id
	}
	return n
}

// hexOf reads so many bytes in hex, with or without 0x.
func hexOf(s string, size int) ([]byte, bool) {
	raw, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	return raw, err == nil && len(raw) == size
}

// tried says what was looked for.
func (n Names) tried() string {
	tried := []string{string(ThingMember)}
	for _, way := range []struct {
		is   bool
		what string
	}{
		{n.Number != nil, "number of a block"},
		{n.Word != nil, "hash of a block, transaction, order, hold, booked item, voucher, adjustment, event, change"},
		{n.Trip != nil, "booking"},
		{n.Account != nil, "account"},
		{n.Hold != nil, "hold"},
		{n.Reward != "", "reward"},
	} {
		if way.is {
			tried = append(tried, way.what)
		}
	}
	return strings.Join(tried, ", ")
}

// findWork adds work of this id that was accepted here: orders are found on the ledger, once they are there.
func (s *Service) findWork(ctx context.Context, id WorkID, result *Search) error {
	st, err := s.Intake.Status(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up accepted work: %w", err)
	}
	found := Found{What: ThingEvent, ID: id.String()}
	switch {
	case st.Work.Class == ClassAdmin, st.Work.Class == ClassOrder && !OwnedByAccount(st.Work.Owner):
		found.What = ThingChange
	case st.Work.Class == ClassOrder:
		found = Found{What: ThingOrder, ID: dollars.OrderID(id).String()}
		for _, f := range result.Found {
			if f == found {
				return nil
			}
		}
	}
	result.Found = append(result.Found, found)
	return nil
}

func (s *Service) findMember(ctx context.Context, id string, result *Search) error {
	memberID, err := ParseMemberID(id)
	if err != nil {
		return nil // it is no member's
	}
	_, err = s.Directory.Member(ctx, memberID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up member: %w", err)
	}
	result.Found = append(result.Found, Found{What: ThingMember, ID: string(memberID)})
	return nil
}
