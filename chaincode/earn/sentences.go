package earn

import (
	"fmt"
	"strings"
)

// Standing is what has become of an item since its points were worked out.
type Standing string

// The standings.
const (
	Pending   Standing = "pending"   // its points are promised
	Awarded   Standing = "awarded"   // they were minted
	Cancelled Standing = "cancelled" // before they were minted
	Reversed  Standing = "reversed"  // cancelled after they were minted
)

// Sentences is the explanation in plain words for the member whose item it is, the result first. They show no
// conditions as they are written in the rules; for who knows these, the rows say Why.
func (x Explanation) Sentences(s Standing) []string {
	says := []string{x.result(s)}
	for _, t := range x.Tables {
		gave := false
		for _, r := range t.Rows {
			gave = gave || r.Outcome == Taken
			says = append(says, fmt.Sprintf("The rule %s %s.", named(r.ID), r.words(x, t)))
		}
		if !gave {
			says = append(says, fmt.Sprintf("No rule of %s gives anything.", named(t.Name)))
		}
	}
	return says
}

// named is how members are told of a row or a table.
func named(id string) string { return `"` + strings.ReplaceAll(id, "-", " ") + `"` }

var kindWords = [...]string{Hotel: "hotel stay", Car: "car", Flight: "flight"}

func (x Explanation) result(s Standing) string {
	item := x.Kind.String()
	if x.Kind.Valid() {
		item = kindWords[x.Kind]
	}
	item = fmt.Sprintf("The %s of %s %s", item, x.Price, x.Currency)
	points := x.Points.String()
	if x.Points == 0 {
		points = "no"
	}
	switch s {
	case Pending:
		return fmt.Sprintf("%s will earn %s points once it is completed.", item, points)
	case Cancelled:
		return fmt.Sprintf("%s would have earned %s points, but it was cancelled.", item, points)
	case Reversed:
		if x.Points == 0 {
			return item + " earned no points, and was cancelled."
		}
		return fmt.Sprintf("%s earned %s points, which were taken back when it was cancelled.", item, points)
	case Awarded:
	}
	return fmt.Sprintf("%s earned %s points.", item, points)
}

// words is what became of the row, after its name.
func (r RowOutcome) words(x Explanation, t TableOutcome) string {
	switch {
	case r.Outcome == Nearly:
		return "did not apply: " + r.Words
	case r.Outcome != Taken || r.Gave == nil: // An explanation may have been read from JSON of anybody's.
		return "applied, but " + r.Words
	case r.Gave.Points == 0 && len(r.Gave.Cuts) > 0:
		return "applied, but " + nothingLeft[r.Gave.Cuts[len(r.Gave.Cuts)-1].Limit]
	}
	return "gives " + r.Gave.words(x, t)
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
	fmt.Fprintf(&b, ", valid for %s", countOf(int64(g.Months), "month"))
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

// nothingLeft is why a row that applies gives nothing. That is so at the confirmation: a cancellation may bring back
// something later.
var nothingLeft = map[string]string{
	LimitBooking.String(): "the booking's other items had reached its cap for one booking",
	LimitMember.String():  "its cap for a member and month was reached",
	LimitBudget.String():  "its budget had nothing left for it at that moment",
}
