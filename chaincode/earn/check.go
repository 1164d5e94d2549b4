package earn

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxNights = 100_000         // of a tier's threshold
	maxOffset = 14 * 60 * 60    // seconds that a time zone is away from UTC at most
	lastYear  = 253_402_300_800 // Unix seconds at the end of 9999
	maxFaults = 50              // endorsers check what is proposed, and faults of syntax take the parser milliseconds each
)

// checker gathers the faults of a rule set.
type checker struct {
	rules      RuleSet
	faults     Faults
	ids        map[string]string // where a row's id was seen first
	cost       uint64
	conditions [][]*condition
}

// check finds everything that is wrong with a rule set, and compiles its conditions on the way.
func check(r RuleSet) ([][]*condition, Faults) {
	c := &checker{rules: r, ids: map[string]string{}}
	c.whole()
	if c.oversized() {
		return nil, c.faults // Do not work through a rule set that nobody could have meant.
	}
	for t, table := range r.Tables {
		c.table(t, table)
		c.conditions = append(c.conditions, make([]*condition, len(table.Rows)))
		for i := range table.Rows {
			c.row(t, i, &table.Rows[i])
			if len(c.faults) >= maxFaults {
				c.add(t, i, "", "more is not looked for until this is mended")
				return nil, c.faults
			}
		}
	}
	if len(c.faults) == 0 {
		c.size()
	}
	return c.conditions, c.faults
}

func (c *checker) add(table, row int, column, format string, args ...any) {
	c.faults = append(c.faults, Fault{Table: table, Row: row, Column: column, Detail: fmt.Sprintf(format, args...)})
}

func (c *checker) oversized() bool {
	return len(c.rules.Tables) > MaxTables || c.rules.Rows() > MaxRows || len(c.rules.Tiers) > MaxLevels
}

// whole checks what is about all tables.
func (c *checker) whole() {
	r := c.rules
	if says := badName(r.Name); says != "" {
		c.add(-1, -1, "name", "%s", says)
	}
	if !isCurrency(r.Currency) {
		c.add(-1, -1, "currency", "%.40q is not a currency code of three capital letters, such as EUR", r.Currency)
	}
	if r.Starts < 0 || r.Starts >= lastYear {
		c.add(-1, -1, "starts", "%d is not a time in Unix seconds between 1970 and 9999", r.Starts)
	}
	switch n := r.Rows(); {
	case len(r.Tables) == 0:
		c.add(-1, -1, "tables", "there is no table")
	case len(r.Tables) > MaxTables:
		c.add(-1, -1, "tables", "%d tables are more than %d", len(r.Tables), MaxTables)
	case n > MaxRows:
		c.add(-1, -1, "tables", "%d rows are more than %d", n, MaxRows)
	}
	c.tiers()
	c.policy()
}

func (c *checker) tiers() {
	if n := len(c.rules.Tiers); n > MaxLevels {
		c.add(-1, -1, "tiers", "%d levels are more than %d", n, MaxLevels)
		return
	}
	seen := map[string]bool{}
	var points Cents
	var nights int64
	for i, l := range c.rules.Tiers {
		if says := badName(l.Tier); says != "" {
			c.add(-1, i, "tier", "%s", says)
		} else if seen[l.Tier] {
			c.add(-1, i, "tier", "%q is a tier already", l.Tier)
		}
		seen[l.Tier] = true
		if l.Points == 0 && l.Nights == 0 {
			c.add(-1, i, "tiers", "needs a threshold of points or of nights")
		}
		c.threshold(i, l, points, nights)
		if l.Points != 0 {
			points = l.Points
		}
		if l.Nights != 0 {
			nights = l.Nights
		}
	}
}

// threshold checks a level against the thresholds of those below it.
func (c *checker) threshold(i int, l Level, points Cents, nights int64) {
	if l.Points < 0 || l.Points > MaxPoints {
		c.add(-1, i, "points", "%s points are not between 0 and %s", l.Points, Cents(MaxPoints))
	} else if l.Points != 0 && l.Points <= points {
		c.add(-1, i, "points", "%s points are no more than the %s of a lower tier", l.Points, points)
	}
	if l.Nights < 0 || l.Nights > maxNights {
		c.add(-1, i, "nights", "%d nights are not between 0 and %d", l.Nights, maxNights)
	} else if l.Nights != 0 && l.Nights <= nights {
		c.add(-1, i, "nights", "%d nights are no more than the %d of a lower tier", l.Nights, nights)
	}
}

func (c *checker) table(t int, table Table) {
	if says := badName(table.Name); says != "" {
		c.add(t, -1, "name", "%s", says)
	}
	for i, other := range c.rules.Tables[:t] {
		if other.Name == table.Name {
			c.add(t, -1, "name", "table %d has the name %q already", i+1, table.Name)
			break
		}
	}
	switch table.Hit {
	case First, Unique, Collect:
	default:
		c.add(t, -1, "hit", "unknown hit policy %.40q: use first, unique or collect", table.Hit)
	}
	switch table.Rounding {
	case "", Floor, HalfUp, HalfEven, Ceiling:
	default:
		c.add(t, -1, "rounding", "unknown rounding %.40q: use floor, half-up, half-even or ceiling", table.Rounding)
	}
	if len(table.Rows) == 0 {
		c.add(t, -1, "rows", "there is no row")
	}
}

func (c *checker) row(t, i int, row *Row) {
	c.id(t, i, row.ID)
	c.kinds(t, i, row.Kinds)
	if row.Season != nil {
		c.season(t, i, row.Season)
	}
	if row.When != "" {
		c.when(t, i, row.When)
	}
	if row.BasisPoints > MaxBasisPoints {
		c.add(t, i, "basisPoints", "%d basis points are more than %d, which is 100 %%", row.BasisPoints, MaxBasisPoints)
	}
	if row.BasisPoints == 0 && row.Fixed == 0 {
		c.add(t, i, "basisPoints", "the row gives nothing: set a rate or a fixed amount")
	}
	for _, amount := range []struct {
		column string
		points Cents
	}{
		{"fixed", row.Fixed},
		{"capItem", row.CapItem},
		{"capBooking", row.CapBooking},
		{"capMember", row.CapMember},
		{"budget", row.Budget},
	} {
		if amount.points < 0 || amount.points > MaxPoints {
			c.add(t, i, amount.column, "%s points are not between 0 and %s", amount.points, Cents(MaxPoints))
		}
	}
	if row.Months == 0 || row.Months > MaxValidMonths {
		c.add(t, i, "months", "points valid for %d months: must be 1 to %d", row.Months, MaxValidMonths)
	}
}

func (c *checker) id(t, i int, id string) {
	if id == "" || len(id) > MaxName || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.add(t, i, "id", "%.60q is not an id: 1 to %d of a-z, 0-9 and -", id, MaxName)
		return
	}
	if first, ok := c.ids[id]; ok {
		c.add(t, i, "id", "%s has the id %q already", first, id)
		return
	}
	c.ids[id] = fmt.Sprintf("row %d of table %d", i+1, t+1)
}

func (c *checker) kinds(t, i int, kinds []Kind) {
	var seen [len(kindNames)]bool
	for _, k := range kinds {
		switch {
		case !k.Valid():
			c.add(t, i, "kinds", "unknown kind of item %d", uint8(k))
		case seen[k]:
			c.add(t, i, "kinds", "%s is there twice", k)
		default:
			seen[k] = true
		}
	}
}

func (c *checker) season(t, i int, s *Season) {
	from, badFrom := parseDay(s.From)
	until, badUntil := parseDay(s.Until)
	if badFrom != nil {
		c.add(t, i, "from", "%v", badFrom)
	}
	if badUntil != nil {
		c.add(t, i, "until", "%v", badUntil)
	}
	days := badFrom == nil && badUntil == nil
	if days && until < from {
		c.add(t, i, "until", "the season ends on %s, before it starts on %s", s.Until, s.From)
		days = false
	}
	switch s.By {
	case ByArrival:
		if s.Zone != "" || s.Start != 0 || s.End != 0 {
			c.add(t, i, "zone", "a season by arrival has no time zone: arrival is a day, not a moment")
		}
	case ByBooking:
		c.zone(t, i, s.Zone)
		if days {
			c.bounds(t, i, s, from, until)
		}
	default:
		c.add(t, i, "by", "unknown clock %.40q: use booking or arrival", s.By)
	}
}

func (c *checker) zone(t, i int, zone string) {
	if says := badName(zone); says != "" {
		c.add(t, i, "zone", "%s: name a time zone, such as Europe/Berlin or UTC", says)
	}
}

// bounds holds a season's moments against its days. It cannot know the time zone, but no zone is more than 14 hours
// from UTC, so the moments cannot mean other days than the ones people read.
func (c *checker) bounds(t, i int, s *Season, from, until int64) {
	slack := int64(maxOffset)
	if s.Zone == "UTC" {
		slack = 0
	}
	if d := s.Start - from*86_400; d < -slack || d > slack {
		c.add(t, i, "start", "%d is not the beginning of %s in %s", s.Start, s.From, s.Zone)
	}
	if d := s.End - (until+1)*86_400; d < -slack || d > slack {
		c.add(t, i, "end", "%d is not the end of %s in %s", s.End, s.Until, s.Zone)
	}
	if s.Start >= s.End {
		c.add(t, i, "end", "the season ends at %d, before it starts at %d", s.End, s.Start)
	}
}

// when compiles a condition and keeps it.
func (c *checker) when(t, i int, text string) {
	if says := checkText(text); says != "" {
		c.add(t, i, "when", "%s", says)
		return
	}
	cond, says := compileCondition(text)
	for _, s := range says {
		c.add(t, i, "when", "%s", s)
	}
	if len(says) > 0 {
		return
	}
	if cond.cost > maxConditionCost {
		c.add(t, i, "when", "the condition may take %d steps, more than %d: make it shorter", cond.cost, maxConditionCost)
		return
	}
	c.conditions[t][i] = cond
	before := c.cost
	c.cost += cond.weight()
	if c.cost > maxCost && before <= maxCost {
		c.add(t, i, "when", "the conditions up to this one may take %d steps for an item, more than %d: shorten lists or split the rule set", c.cost, maxCost)
	}
}

// size comes last: only what passed the other checks can be encoded.
func (c *checker) size() {
	if n := len(c.rules.Encode()); n > MaxDocument {
		c.add(-1, -1, "", "the rule set takes %d bytes, more than %d", n, MaxDocument)
	}
}

// parseDay reads "2006-01-02" as days from 1970-01-01.
func parseDay(s string) (int64, error) {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a day, such as 2027-01-31", s)
	}
	return d.Unix() / 86_400, nil
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// badName says what is wrong with a name, or nothing. Which characters are shown is written out here rather than asked
// of the unicode package, whose answers change with Go's version, and then endorsers would differ.
func badName(s string) string {
	switch {
	case s == "":
		return "the name is empty"
	case len(s) > MaxName:
		return fmt.Sprintf("%.60q is longer than %d bytes", s, MaxName)
	case !utf8.ValidString(s):
		return fmt.Sprintf("%q is not UTF-8", s)
	case strings.Trim(s, " ") != s:
		return fmt.Sprintf("%q begins or ends with a space", s)
	case strings.ContainsFunc(s, unseen):
		return fmt.Sprintf("%q has characters that cannot be seen", s)
	}
	return ""
}

// unseen is true of control characters, of those that reorder or join text, and of what stands for broken text.
func unseen(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0xa0 || r == 0xad || r >= 0x2000 && r <= 0x200f || r >= 0x2028 && r <= 0x202f ||
		r >= 0x205f && r <= 0x206f || r == 0x3000 || r == 0xfeff || r >= 0xfff0 && r <= 0xffff
}
