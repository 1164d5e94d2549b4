package sheet

import (
	"fmt"
	"time"
	_ "time/tzdata" // A file means the same where the machine has no time zones.
)

func parseDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a day: write it as 2026-12-31", short(text))
	}
	return day, nil
}

// firstInstant is when a day, given as its midnight in UTC, begins in a zone: the first instant at which the date there
// is that day or later. Clocks can be put forward at midnight, so that there is no 00:00, or back, so that there are
// two; time.Date promises neither which of two it takes nor anything about none.
func firstInstant(day time.Time, zone *time.Location) time.Time {
	t := day.AddDate(0, 0, -2).In(zone) // The day has begun nowhere yet.
	for {
		_, offset := t.Zone()
		midnight := day.Add(-time.Duration(offset) * time.Second)
		_, end := t.ZoneBounds()
		if end.IsZero() || midnight.Before(end) {
			if midnight.Before(t) {
				return t // The clock was put forward over midnight.
			}
			return midnight.In(zone)
		}
		t = end
	}
}
