package export

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// month is what an account has that expires in a month.
type month struct {
	expiry       dollars.Expiry
	points, held dollars.Amount
}

// holding is everything an account has.
type holding struct {
	account       dollars.Account
	months        []month // ascending
	points, held  dollars.Amount
	pending, debt dollars.Amount
	frozen        string          // the reason
	household     dollars.Account // of which it is a member
	members       int             // of a household, the invited included
}

// holdingsOf takes a state's records together, in ascending order of accounts.
func holdingsOf(state iter.Seq2[string, []byte]) ([]*holding, error) {
	c := collector{}
	for key, value := range state {
		if err := c.add(dollars.ParseStateKey(key), value); err != nil {
			return nil, fmt.Errorf("key %s: %w", key, err)
		}
	}
	return slices.SortedFunc(maps.Values(c), func(a, b *holding) int { return bytes.Compare(a.account[:], b.account[:]) }), nil
}

type collector map[dollars.Account]*holding

func (c collector) of(a dollars.Account) *holding {
	h := c[a]
	if h == nil {
		h = &holding{account: a}
		c[a] = h
	}
	return h
}

func (c collector) add(key dollars.StateKey, value []byte) error {
	switch key.Kind {
	case dollars.StateAccount:
		rec, err := dollars.DecodeAccountRecord(value)
		if err != nil {
			return err
		}
		h := c.of(key.Account)
		h.debt, h.frozen, h.household = rec.Debt, rec.Frozen, rec.Household
		if rec.Pool != nil {
			h.members = len(rec.Pool.Members)
		}
		return h.give(rec.Buckets...)
	case dollars.StateCredit:
		amount, err := dollars.DecodeCredit(value)
		if err != nil {
			return err
		}
		return c.of(key.Credit.Account).give(dollars.Bucket{Expiry: key.Credit.Expiry, Amount: amount})
	case dollars.StateHold:
		rec, err := dollars.DecodeHoldRecord(value)
		if err != nil || len(rec.Buckets) == 0 {
			return err
		}
		return c.of(key.Hold.Account).hold(rec.Buckets)
	case dollars.StateBooking:
		rec, err := dollars.DecodeBookingRecord(value)
		if err != nil || rec.State != dollars.BookingPending {
			return err
		}
		points, err := rec.Points()
		if err != nil {
			return err
		}
		h := c.of(rec.Account)
		h.pending, err = h.pending.Plus(points)
		return err
	}
	return nil // what else there is holds no points
}

// in is the month of an expiry.
func (h *holding) in(e dollars.Expiry) *month {
	i, found := slices.BinarySearchFunc(h.months, e, func(m month, e dollars.Expiry) int { return cmp.Compare(m.expiry, e) })
	if !found {
		h.months = slices.Insert(h.months, i, month{expiry: e})
	}
	return &h.months[i]
}

func (h *holding) give(points ...dollars.Bucket) (err error) {
	for _, x := range points {
		m := h.in(x.Expiry)
		if h.points, err = h.points.Plus(x.Amount); err != nil {
			return err
		}
		m.points += x.Amount // not more than their sum
	}
	return nil
}

func (h *holding) hold(points dollars.Buckets) (err error) {
	for _, x := range points {
		m := h.in(x.Expiry)
		if h.held, err = h.held.Plus(x.Amount); err != nil {
			return err
		}
		m.held += x.Amount
	}
	return nil
}
