package earn

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxListed is how many rows of a table are listed that nearly matched, and how many that matched and were passed over.
const maxListed = 20

// Explain says how the parts that Evaluate gave an item came about, and which rows nearly gave something. The item and
// the parts must be those of the evaluation; what had been used up of caps and budgets by then is known from the parts.
func (e *Evaluator) Explain(item Item, parts []Part) Explanation {
	x := Explanation{
		RuleSet: e.rules.Name, Hash: e.hash.String(), Kind: item.Kind, Price: Cents(item.Price), Currency: item.Currency,
		FirstDay: day(int64(item.Start) * 86_400).Format(time.DateOnly), Facts: facts(&item),
	}
	if !item.Kind.Valid() {
		return x
	}
	s := e.borrow(item)
	defer e.giveBack(s)
	for t := range e.tables {
		outcome := e.explainTable(t, s, parts)
		x.Points += outcome.Points
		x.Tables = append(x.Tables, outcome)
	}
	return x
}

// facts are the values of all variables, whether a condition asks for them or not.
func facts(item *Item) []Fact {
	var v values
	v.read(item, 1<<len(Variables)-1)
	all := make([]Fact, len(Variables))
	for i, variable := range Variables {
		all[i] = Fact{Name: variable.Name, Value: v.texts[i], Meaning: variable.Meaning}
		if variable.Type == Int {
			all[i].Value = strconv.FormatInt(v.numbers[i], 10)
		}
	}
	return all
}

func (e *Evaluator) explainTable(t int, s *scratch, parts []Part) TableOutcome {
	rules := &e.rules.Tables[t]
	x := TableOutcome{Name: rules.Name, Hit: rules.Hit, Rounding: rules.Rounding, Rows: []RowOutcome{}}
	if x.Rounding == "" {
		x.Rounding = Floor
	}
	taken, nearly, passed := "", 0, 0
	for _, l := range e.tables[t].byKind[s.item.Kind] {
		row := e.Row(t, l.row)
		outcome := RowOutcome{ID: row.ID}
		part := slices.IndexFunc(parts, func(p Part) bool { return p.Table == t && p.Row == l.row })
		switch failed, only := s.failed(l); {
		case part >= 0:
			p := &parts[part]
			x.Points += Cents(p.Points)
			outcome.Gave = giving(row, s.item.Price, p)
			outcome.Outcome = Taken
			if rules.Hit == First && exhausted(p) {
				outcome.Outcome, outcome.Why = Exhausted, limitWords[exhaustedBy(p)]+" left nothing"
				outcome.Words = nothingLeft[exhaustedBy(p)]
			} else {
				taken = row.ID
			}
		case failed == 0 && passed < maxListed:
			passed++
			outcome.Outcome = PassedOver
			outcome.Why, outcome.Words = passedOver(rules.Hit, taken)
		case failed == 1 && nearly < maxListed:
			nearly++
			outcome.Outcome, outcome.Why, outcome.Words = Nearly, s.shortfall(row, only), s.plainly(row, only)
		default:
			continue
		}
		x.Rows = append(x.Rows, outcome)
	}
	x.Others = len(rules.Rows) - len(x.Rows)
	return x
}

// exhaustedBy is the limit that left nothing.
func exhaustedBy(p *Part) string { return p.Cuts[len(p.Cuts)-1].Limit.String() }

// passedOver says why a row that matches is not among the parts, to those who know the rules and to members.
func passedOver(hit HitPolicy, taken string) (why, words string) {
	switch {
	case hit == First && taken != "":
		return taken + " came first", named(taken) + " came first"
	case hit == Unique:
		return "another row did as well, and only one may", "another rule did as well, and only one may"
	}
	return "it was not taken", "it was not taken"
}

// season stands for a row's season where its conjuncts are counted.
const season = -1

// failed counts what does not hold of a row's season and conjuncts; only is one of those.
func (s *scratch) failed(l *line) (n, only int) {
	if !s.inSeason(l) {
		n, only = 1, season
	}
	for _, c := range l.conjuncts {
		if s.memo[c] == no || s.memo[c] == notAsked && !s.ask(c) {
			n++
			only = c
		}
	}
	return n, only
}

// shortfall says what a row asks for and what the item has instead.
func (s *scratch) shortfall(row *Row, failed int) string {
	if failed == season {
		if row.Season.By == ByArrival {
			return fmt.Sprintf("it is for arrivals from %s to %s, but the first day is %s",
				row.Season.From, row.Season.Until, day(int64(s.item.Start)*86_400).Format(time.DateOnly))
		}
		return fmt.Sprintf("it is for bookings confirmed from %s to %s (%s), but this one was on %s UTC",
			row.Season.From, row.Season.Until, row.Season.Zone, day(s.item.Time).Format("2006-01-02 15:04"))
	}
	c := &s.of.conjuncts[failed]
	var have []string
	for i, v := range Variables {
		if c.reads&(1<<i) == 0 {
			continue
		}
		if v.Type == Int {
			have = append(have, fmt.Sprintf("%s is %d", v.Name, s.values.numbers[i]))
		} else {
			have = append(have, fmt.Sprintf("%s is %q", v.Name, s.values.texts[i]))
		}
	}
	if len(have) == 0 {
		return c.text + " never holds"
	}
	if c.program != nil {
		if _, _, err := c.program.Eval(s); err != nil {
			return fmt.Sprintf("%s, but %s, and that leads to too large a number", c.text, enumerate(have))
		}
	}
	return fmt.Sprintf("%s, but %s", c.text, enumerate(have))
}

func day(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// enumerate joins with commas and an and.
func enumerate(all []string) string {
	last := len(all) - 1
	if last == 0 {
		return all[0]
	}
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

func giving(row *Row, price int64, p *Part) *Giving {
	g := &Giving{
		BasisPoints: row.BasisPoints, Rate: percent(row.BasisPoints), Product: product(price, row.BasisPoints),
		Fixed: row.Fixed, Earned: Cents(p.Earned), Points: Cents(p.Points), Months: p.Months,
	}
	for _, c := range p.Cuts {
		g.Cuts = append(g.Cuts, CutOutcome{c.Limit.String(), Cents(c.Left)})
	}
	return g
}

// percent writes basis points as a percentage, such as "2.5 %".
func percent(basisPoints uint32) string {
	return trimZeros(fmt.Sprintf("%d.%02d", basisPoints/100, basisPoints%100)) + " %"
}

// product is price × rate as it is before rounding: cents times basis points are millionths.
func product(price int64, basisPoints uint32) string {
	millionths := new(big.Int).Mul(big.NewInt(price), big.NewInt(int64(basisPoints)))
	digits := fmt.Sprintf("%07d", millionths)
	whole := len(digits) - 6
	return trimZeros(digits[:whole] + "." + digits[whole:])
}

// trimZeros drops what a decimal number does not need behind its point.
func trimZeros(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }
