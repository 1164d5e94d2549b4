package dollars

import (
	"fmt"
	"time"
)

// Expiry is the last month in which points are valid, counted from year 0: year × 12 + month − 1, in UTC.
type Expiry uint32

// maxExpiry is December 9999, the last month that six digits can write.
const maxExpiry Expiry = 9999*12 + 11

// maxTime is the last second of 9989: points that are awarded then expire before maxExpiry, however long they are valid.
// What came about later, or before 1970, could be written and not read.
const maxTime = 253_086_768_000 - 1

// ExpiryAfter is the expiry of points awarded at a time (Unix seconds) that stay valid for so many months after
// the month of the award.
func ExpiryAfter(unix int64, months uint32) Expiry { return monthOf(unix) + Expiry(months) }

func monthOf(unix int64) Expiry {
	t := time.Unix(unix, 0).UTC()
	return Expiry(t.Year()*12 + int(t.Month()) - 1)
}

// Passed tells whether points with this expiry are no longer valid at a time (Unix seconds).
func (e Expiry) Passed(unix int64) bool { return e < monthOf(unix) }

// String writes the month as "2028-11".
func (e Expiry) String() string { return fmt.Sprintf("%04d-%02d", e/12, e%12+1) }

// ParseExpiry reads what String writes.
func ParseExpiry(s string) (Expiry, error) {
	if len(s) != 7 || s[4] != '-' {
		return 0, refuse(CodeDateInvalid, fmt.Sprintf("%q is not a month: YYYY-MM", clip(s)))
	}
	return parseMonth(s[:4], s[5:])
}

func parseMonth(year, month string) (Expiry, error) {
	if !digits(year) || !digits(month) {
		return 0, refuse(CodeDateInvalid, "a month is written in digits")
	}
	y, m := Expiry(0), Expiry(0)
	for _, c := range year {
		y = y*10 + Expiry(c-'0')
	}
	for _, c := range month {
		m = m*10 + Expiry(c-'0')
	}
	if m < 1 || m > 12 {
		return 0, refuse(CodeDateInvalid, fmt.Sprintf("there is no month %s", clip(month)))
	}
	return y*12 + m - 1, nil
}

// MarshalText writes the month as String does.
func (e Expiry) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what ParseExpiry reads.
func (e *Expiry) UnmarshalText(text []byte) error {
	v, err := ParseExpiry(string(text))
	if err == nil {
		*e = v
	}
	return err
}

// Date is a calendar day, counted from 1970-01-01.
type Date int32

const secondsPerDay = 24 * 60 * 60

// ParseDate reads "2006-01-02", for years 1970 to 9999.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1970 {
		return 0, refuse(CodeDateInvalid, fmt.Sprintf("%q is not a date: YYYY-MM-DD, from 1970", clip(s)))
	}
	return Date(t.Unix() / secondsPerDay), nil
}

// DateOf is the day, in UTC, of a time in Unix seconds since 1970.
func DateOf(unix int64) Date { return Date(unix / secondsPerDay) }

// String writes the day as "2006-01-02".
func (d Date) String() string {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}
