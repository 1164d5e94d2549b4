package sheet

import (
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
)

// setNames are what a file says of the whole set, besides its tiers, its policy and its tables.
var setNames = []string{"name", "currency", "starts", "zone"}

// builder makes a draft a rule set.
type builder struct {
	*report
	sheet *Sheet
	zone  string                    // whose days dates are where a row names none
	zones map[string]*time.Location // nil where there is none of that name
}

func build(r *report, s *Sheet) earn.RuleSet {
	b := &builder{report: r, sheet: s, zone: "UTC", zones: map[string]*time.Location{}}
	set := s.draft.set
	for _, name := range setNames {
		b.readable(set, -1, -1, name)
	}
	if name := set.text("zone"); name != "" {
		b.zone = name
		if b.location(name) == nil {
			b.badZone(name, -1, -1)
		}
	}
	rules := earn.RuleSet{Name: set.text("name"), Currency: set.text("currency"), Tables: []earn.Table{}}
	if text := set.text("starts"); text != "" {
		rules.Starts = b.starts(text)
	}
	for i, tier := range s.draft.tiers {
		rules.Tiers = append(rules.Tiers, read(b, tierFields, earn.Level{}, tier, -1, i))
	}
	if policy := read(b, policyFields, earn.Policy{}, s.draft.policy, -1, -1); policy != (earn.Policy{}) {
		rules.Policy = &policy
	}
	for i, t := range s.draft.tables {
		table := read(b, tableFields, earn.Table{Rows: []earn.Row{}}, t.record, i, -1)
		for j, record := range t.rows {
			row := read(b, rowFields, earn.Row{Months: defaultMonths}, record, i, j)
			if row.Season != nil {
				b.season(row.Season, i, j)
			}
			table.Rows = append(table.Rows, row)
		}
		rules.Tables = append(rules.Tables, table)
	}
	return rules
}

// read fills in what a record says, from what holds where it says nothing.
func read[T any](b *builder, fields []field[T], value T, from record, table, row int) T {
	for _, f := range fields {
		text := from.text(f.name)
		if text == "" || !b.readable(from, table, row, f.name) {
			continue
		}
		if err := f.read(&value, text); err != nil {
			b.at(table, row, f.name, "%v", err)
		}
	}
	return value
}

// readable refuses what people who read a cell would not see, such as what turns the direction of writing around: who
// approves a rule must see what it says. Only a condition may have several lines.
func (b *builder) readable(from record, table, row int, name string) bool {
	for _, c := range from.text(name) {
		if name == "when" && (c == '\n' || c == '\t') {
			continue
		}
		if unseen(c) {
			b.at(table, row, name, "character %U cannot be seen: remove it", c)
			return false
		}
	}
	return true
}

func (b *builder) at(table, row int, column, format string, args ...any) {
	b.add(b.sheet.Place(table, row, column), format, args...)
}

// starts is when the set comes into force, in Unix seconds.
func (b *builder) starts(text string) int64 {
	var at time.Time
	if day, err := parseDay(text); err == nil {
		zone := b.location(b.zone)
		if zone == nil {
			return 0 // Reported where the file names it.
		}
		at = firstInstant(day, zone)
	} else if at, err = time.Parse(time.RFC3339, text); err != nil || at.Nanosecond() != 0 {
		b.at(-1, -1, "starts", "%q is neither a day, such as 2026-12-31, nor a time, such as 2026-12-31T18:00:00Z", short(text))
		return 0
	}
	if at.Unix() <= 0 {
		b.at(-1, -1, "starts", "%s is not after the first instant of 1970: leave starts out, and the rules start with their publication", short(text))
		return 0
	}
	return at.Unix()
}

// season checks the days of a row and works out the seconds.
func (b *builder) season(s *earn.Season, table, row int) {
	first, firstOK := b.day("from", s.From, table, row)
	last, lastOK := b.day("until", s.Until, table, row)
	switch s.By {
	case earn.ByArrival:
		if s.Zone != "" {
			b.at(table, row, "zone", "a season by arrival has no time zone: arrivals are days")
		}
		return
	case earn.ByBooking, "":
		s.By = earn.ByBooking
	default:
		b.at(table, row, "by", "unknown clock %q: use %s or %s", short(string(s.By)), earn.ByBooking, earn.ByArrival)
		return
	}
	if s.Zone == "" {
		s.Zone = b.zone
	} else if b.location(s.Zone) == nil {
		b.badZone(s.Zone, table, row)
	}
	if zone := b.location(s.Zone); zone != nil && firstOK && lastOK {
		s.Start = firstInstant(first, zone).Unix()
		s.End = firstInstant(last.AddDate(0, 0, 1), zone).Unix()
	}
}

func (b *builder) day(name, text string, table, row int) (time.Time, bool) {
	if text == "" {
		b.at(table, row, name, "a season has a first and a last day: %s is missing", name)
		return time.Time{}, false
	}
	day, err := parseDay(text)
	if err != nil {
		b.at(table, row, name, "%v", err)
	}
	return day, err == nil
}

// location finds a time zone by its name, and only so: what "Local" is depends on the machine. It is nil where there is
// none.
func (b *builder) location(name string) *time.Location {
	if zone, known := b.zones[name]; known {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		zone = nil
	}
	b.zones[name] = zone
	return zone
}

func (b *builder) badZone(name string, table, row int) {
	b.at(table, row, "zone", "%q is not the name of a time zone, such as Europe/Berlin", short(name))
}
