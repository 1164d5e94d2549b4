package earn

import (
	"fmt"
	"strings"
)

// Sentences is the explanation in plain words, the result first.
func (x Explanation) Sentences() []string {
	says := []string{fmt.Sprintf("The %s of %s %s earned %s points.", x.Kind, x.Price, x.Currency, x.Points)}
	for _, t := range x.Tables {
		gave := false
		for _, r := range t.Rows {
			gave = gave || r.Outcome == Taken
			says = append(says, r.sentence(x, t))
		}
		if !gave {
			says = append(says, fmt.Sprintf("Table %s gave nothing.", t.Name))
		}
	}
	return says
}

func (r RowOutcome) sentence(x Explanation, t TableOutcome) string {
	switch {
	case r.Outcome == Taken && r.Gave != nil: // An explanation may have been read from JSON of anybody's.
		return fmt.Sprintf("Row %s gave %s.", r.ID, r.Gave.words(x, t))
	case r.Outcome == Nearly:
		return fmt.Sprintf("Row %s did not apply: %s.", r.ID, r.Why)
	default:
		return fmt.Sprintf("Row %s applied, but %s.", r.ID, r.Why)
	}
}

// words is the calculation, such as "2 % of 214.84 EUR = 4.29, cut to 3.00 by its budget".
func (g *Giving) words(x Explanation, t TableOutcome) string {
	var b strings.Builder
	if g.BasisPoints > 0 {
		rounded := g.Earned - g.Fixed
		fmt.Fprintf(&b, "%s of %s %s = %s", g.Rate, x.Price, x.Currency, rounded)
		if exact := g.Product; exact != trimZeros(rounded.String()) {
			fmt.Fprintf(&b, " (%s, %s)", exact, roundingWords[t.Rounding])
		}
		if g.Fixed > 0 {
			fmt.Fprintf(&b, ", plus %s = %s", g.Fixed, g.Earned)
		}
	} else {
		fmt.Fprintf(&b, "%s points", g.Fixed)
	}
	for _, c := range g.Cuts {
		fmt.Fprintf(&b, ", cut to %s by %s", c.Left, limitWords[c.Limit])
	}
	months := "months"
	if g.Months == 1 {
		months = "month"
	}
	fmt.Fprintf(&b, ", valid for %d %s", g.Months, months)
	return b.String()
}

var roundingWords = map[Rounding]string{
	Floor: "rounded down", HalfUp: "rounded to the nearest", HalfEven: "rounded to the nearest", Ceiling: "rounded up",
}

var limitWords = map[string]string{
	LimitItem.String():    "its cap for one item",
	LimitBooking.String(): "its cap for one booking",
	LimitMember.String():  "its cap for a member and month",
	LimitBudget.String():  "its budget",
}

// exhaustedBy says which limit left nothing.
func exhaustedBy(p *Part) string {
	return limitWords[p.Cuts[len(p.Cuts)-1].Limit.String()] + " left nothing"
}
