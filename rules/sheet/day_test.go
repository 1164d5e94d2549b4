package sheet

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFirstInstantWhereClocksChange(t *testing.T) {
	for _, c := range []struct{ zone, day, want, why string }{
		{"UTC", "2026-12-01", "2026-12-01T00:00:00Z", "nothing changes"},
		{"Europe/Berlin", "2027-03-28", "2027-03-27T23:00:00Z", "they change later that day"},
		{"Europe/Berlin", "2027-03-29", "2027-03-28T22:00:00Z", "they changed the day before"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "put forward at midnight: the day begins at 01:00"},
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z", "put back at midnight: the evening before comes twice"},
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "put back at 01:00: midnight comes twice"},
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "put back at 00:01: the day begins twice"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "left out: it begins, and ends, with the next"},
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "the day after the one left out"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := parseDay(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := firstInstant(day, zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s begins at %s, want %s: %s", c.day, c.zone, got, c.want, c.why)
		}
	}
}

// The model looks at every minute. Clocks have changed on whole minutes since 1972.
func TestFirstInstantAgainstEveryMinute(t *testing.T) {
	zones := []string{
		"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Africa/Cairo",
		"Asia/Beirut", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "America/Santiago",
	}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(1973, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 70*365).Draw(t, "day"))
		want := day.Add(-26 * time.Hour)
		for want.In(zone).Format(time.DateOnly) < day.Format(time.DateOnly) {
			want = want.Add(time.Minute)
		}
		if got := firstInstant(day, zone); !got.Equal(want) {
			t.Fatalf("%s in %s begins at %s, want %s", day.Format(time.DateOnly), zone, got, want.In(zone))
		}
	})
}
