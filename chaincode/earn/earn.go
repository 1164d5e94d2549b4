package earn

import (
	"errors"
	"fmt"
	"math/bits"
)

// Rules is one numbered rule set.
type Rules struct {
	Version  uint32
	Currency string // ISO 4217 code of the prices it applies to

	// Basis points of the price, in cents of the asset per cent of the currency.
	HotelBasisPoints  uint32
	CarBasisPoints    uint32
	FlightBasisPoints uint32

	// ValidMonths is for how many months after the award's month the points stay valid.
	ValidMonths uint32
}

// Standard is the first rule set: hotel 5 %, car 3 %, flight 2 % of the price in EUR, points valid for 24 months.
func Standard() Rules {
	return Rules{
		Version: 1, Currency: "EUR",
		HotelBasisPoints: 500, CarBasisPoints: 300, FlightBasisPoints: 200,
		ValidMonths: 24,
	}
}

// Check says what is wrong with the rule set, or nil.
func (r Rules) Check() error {
	if r.Version == 0 {
		return errors.New("a rule set's version starts at 1")
	}
	if len(r.Currency) != 3 {
		return fmt.Errorf("currency %q is not an ISO 4217 code", r.Currency)
	}
	for _, c := range r.Currency {
		if c < 'A' || c > 'Z' {
			return fmt.Errorf("currency %q is not an ISO 4217 code", r.Currency)
		}
	}
	for k := Hotel; k.Valid(); k++ {
		if bp := r.basisPoints(k); bp > MaxBasisPoints {
			return fmt.Errorf("%s: %d basis points is more than %d", k, bp, MaxBasisPoints)
		}
	}
	if r.ValidMonths == 0 || r.ValidMonths > MaxValidMonths {
		return fmt.Errorf("points valid for %d months: must be 1 to %d", r.ValidMonths, MaxValidMonths)
	}
	return nil
}

func (r Rules) basisPoints(k Kind) uint32 {
	switch k {
	case Hotel:
		return r.HotelBasisPoints
	case Car:
		return r.CarBasisPoints
	case Flight:
		return r.FlightBasisPoints
	}
	return 0
}

// Points is what an item of that price earns, both in cents: price × basis points / 10,000, rounded down. The rule
// set must have passed Check, so the result is at most the price.
func (r Rules) Points(k Kind, price int64) (int64, error) {
	if !k.Valid() {
		return 0, fmt.Errorf("unknown kind of item %d", k)
	}
	if price < 0 {
		return 0, fmt.Errorf("price %d is negative", price)
	}
	hi, lo := bits.Mul64(uint64(price), uint64(r.basisPoints(k)))
	// hi < 10,000 because the rate is at most 10,000 and the price below 2^63, so Div64 cannot panic.
	q, _ := bits.Div64(hi, lo, 10_000)
	return int64(q), nil
}
