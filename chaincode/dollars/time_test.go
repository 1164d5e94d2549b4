package dollars

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func unix(t testing.TB, s string) int64 {
	t.Helper()
	at, err := time.Parse(time.DateTime, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

func month(t testing.TB, s string) Expiry {
	t.Helper()
	e, err := ParseExpiry(s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParseDate(t *testing.T) {
	for s, want := range map[string]Date{
		"1970-01-01": 0,
		"1970-01-02": 1,
		"2000-02-29": 11016,
		"2024-02-29": 19782,
		"2026-12-31": 20818,
		"2027-01-01": 20819,
		"9999-12-31": 2932896,
	} {
		got, err := ParseDate(s)
		if err != nil || got != want || got.String() != s {
			t.Errorf("%s is day %d (%s), %v; want %d", s, got, got, err, want)
		}
	}
	for _, s := range []string{
		"", "2026", "2026-1-1", "2026-13-01", "2026-00-10", "2026-04-31", "2026-02-29", "2100-02-29", "1969-12-31",
		"0000-01-01", "20260101", "2026-01-01T00:00:00Z", "2026-01-01 ", "+026-01-01", "99999-01-01", "01/02/2026",
	} {
		if d, err := ParseDate(s); codeOf(err) != CodeDateInvalid {
			t.Errorf("%q is read as %s, %v", s, d, err)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	for s, want := range map[string]Expiry{
		"0000-01": 0, "2026-01": 2026 * 12, "2026-12": 2026*12 + 11, "2027-01": 2027 * 12, "9999-12": maxExpiry,
	} {
		got, err := ParseExpiry(s)
		if err != nil || got != want || got.String() != s {
			t.Errorf("%s is month %d (%s), %v; want %d", s, got, got, err, want)
		}
	}
	for _, s := range []string{"", "2026", "2026-00", "2026-13", "2026-1", "202601", "2026/01", "-026-01", "2026-01-01", "٢٠-01"} {
		if e, err := ParseExpiry(s); codeOf(err) != CodeDateInvalid {
			t.Errorf("%q is read as %s, %v", s, e, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	for _, c := range []struct {
		name    string
		awarded string
		months  uint32
		expiry  string
		last    string // the last second in which the points are valid
	}{
		{"two years on", "2026-11-15 12:00:00", 24, "2028-11", "2028-11-30 23:59:59"},
		{"the first second of a month", "2026-11-01 00:00:00", 1, "2026-12", "2026-12-31 23:59:59"},
		{"the last second of a month", "2026-10-31 23:59:59", 1, "2026-11", "2026-11-30 23:59:59"},
		{"a long month into a short one", "2026-01-31 10:00:00", 1, "2026-02", "2026-02-28 23:59:59"},
		{"a leap day", "2024-02-29 10:00:00", 12, "2025-02", "2025-02-28 23:59:59"},
		{"into a leap February", "2026-02-28 10:00:00", 24, "2028-02", "2028-02-29 23:59:59"},
		{"over the new year", "2026-12-31 23:59:59", 1, "2027-01", "2027-01-31 23:59:59"},
		{"from the new year", "2027-01-01 00:00:00", 12, "2028-01", "2028-01-31 23:59:59"},
		{"ten years", "2026-12-01 00:00:00", 120, "2036-12", "2036-12-31 23:59:59"},
	} {
		e := ExpiryAfter(unix(t, c.awarded), c.months)
		if e.String() != c.expiry {
			t.Errorf("%s: points awarded %s expire %s, want %s", c.name, c.awarded, e, c.expiry)
		}
		last := unix(t, c.last)
		if e.Passed(last) {
			t.Errorf("%s: %s has passed at %s already", c.name, e, c.last)
		}
		if !e.Passed(last + 1) {
			t.Errorf("%s: %s has not passed a second after %s", c.name, e, c.last)
		}
	}
}

func TestMonthsAndDaysRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Expiry(rapid.Uint32Range(0, uint32(maxExpiry)).Draw(t, "expiry"))
		if got, err := ParseExpiry(e.String()); err != nil || got != e {
			t.Fatalf("%s reads back as %s, %v", e, got, err)
		}
		d := Date(rapid.Int32Range(0, 2932896).Draw(t, "date"))
		if got, err := ParseDate(d.String()); err != nil || got != d {
			t.Fatalf("%s reads back as %s, %v", d, got, err)
		}
		// The month of a time is what its calendar date says, whatever the time of day.
		at := int64(d)*secondsPerDay + rapid.Int64Range(0, secondsPerDay-1).Draw(t, "second")
		if got, want := monthOf(at).String(), d.String()[:7]; got != want {
			t.Fatalf("%s is in month %s", d, got)
		}
	})
}
