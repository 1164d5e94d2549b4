package wallet

import (
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Month is a calendar month in UTC, counted as dollars.Expiry counts them.
type Month dollars.Expiry

// MonthOf is the month of a time in Unix seconds.
func MonthOf(unix int64) Month { return Month(dollars.ExpiryAfter(unix, 0)) }

// ParseMonth reads "2026-11".
func ParseMonth(s string) (Month, error) {
	m, err := dollars.ParseExpiry(s)
	return Month(m), err
}

// String writes the month as ParseMonth reads it.
func (m Month) String() string { return dollars.Expiry(m).String() }

// MarshalText writes the month as String does.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Start is the month's first second, in Unix seconds; that of the next month is the first after its end.
func (m Month) Start() int64 {
	return time.Date(int(m/12), time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC).Unix()
}

// LastDay is the month's last day, which is the last on which points with this expiry are valid.
func (m Month) LastDay() dollars.Date { return dollars.DateOf((m + 1).Start() - 1) }
