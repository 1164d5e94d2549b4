package lint

import (
	"cmp"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// Bounds on the work for one table.
const (
	maxOverlaps = 50         // pairs that are reported
	maxTests    = 30_000_000 // boxes held against another; some seconds
)

// overlaps finds rows of a UNIQUE table that match the same item.
func (l *linter) overlaps(lines []*line) {
	tests, found := 0, 0
	for j, later := range lines {
		for _, earlier := range lines[:j] {
			meetings := meet(earlier, later, &tests)
			if len(meetings) > 0 {
				if found++; found > maxOverlaps {
					l.add(Warning, later.at, "", "more rows of this table may match the same items; only the first %d pairs are listed", maxOverlaps)
					return
				}
				l.overlap(earlier, later, meetings)
			}
			if tests > l.tests {
				l.tooMany(later, "match the same items")
				return
			}
		}
	}
}

// tooMany says that the work was stopped.
func (l *linter) tooMany(n *line, what string) {
	l.add(Warning, n.at, "", "the table is too large to find all rows that %s: this row and those after it were not all compared. Split the table, or write its conditions with fewer alternatives", what)
}

// meeting is a place where two rows may match the same item.
type meeting struct {
	*space
	box
}

// maxMeetings bounds the places of one pair that are searched for an item.
const maxMeetings = 8

// meet is where two rows may match the same item, the surest first.
func meet(a, b *line, tests *int) []meeting {
	var found []meeting
	for _, x := range a.sides {
		y := b.side(x.space)
		if y == nil {
			continue
		}
		if *tests++; !x.hull.meets(y.hull) {
			continue
		}
		*tests += len(x.ways) * len(y.ways)
		for _, v := range x.ways {
			for _, w := range y.ways {
				if !v.meets(w) {
					continue
				}
				if both, ok := x.both(v, w); ok {
					found = append(found, meeting{x.space, both})
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b meeting) int {
		switch {
		case a.exact == b.exact:
			return 0
		case a.exact:
			return -1
		}
		return 1
	})
	return found
}

// side is what the line may match in a space, nil where its kinds leave that out.
func (n *line) side(in *space) *side {
	for _, s := range n.sides {
		if s.space == in {
			return s
		}
	}
	return nil
}

// overlap reports two rows, with an item that both match if one is found.
func (l *linter) overlap(a, b *line, meetings []meeting) {
	both := func(i earn.Item) bool {
		return l.e.Holds(a.at.Table, a.at.Row, i) && l.e.Holds(b.at.Table, b.at.Row, i)
	}
	f := Finding{Place: b.at, Other: &a.at}
	for _, m := range meetings[:min(len(meetings), maxMeetings)] {
		if f.Witness = m.witness(m.box, l.since, both); f.Witness != nil {
			break
		}
	}
	if f.Witness == nil {
		f.Severity = Warning
		f.Detail = "may match an item that row " + a.ID + " matches, too, and only one row of a unique table may: the two could not be told apart"
	} else {
		f.Severity = Error
		f.Detail = "row " + a.ID + " matches the same item, and only one row of a unique table may, for example " + tell(f.Witness)
	}
	l.findings = append(l.findings, f)
}

// hidden finds rows of a FIRST table that are never reached, because an earlier one takes all they match.
func (l *linter) hidden(lines []*line) {
	order := slices.Clone(lines)
	slices.SortStableFunc(order, func(a, b *line) int { return cmp.Compare(b.Priority, a.Priority) })
	tests := 0
	for j, later := range order {
		for _, earlier := range order[:j] {
			if tests > l.tests {
				l.tooMany(later, "are never reached")
				return
			}
			if !earlier.hides(later, &tests) {
				continue
			}
			l.findings = append(l.findings, Finding{
				Severity: Warning, Place: later.at, Other: &earlier.at,
				Detail: "never reached: row " + earlier.ID + " comes first and matches every item that this row matches",
			})
			break
		}
	}
}

// hides tells whether the line takes all items that a later one matches. A line whose limits can be used up lets items
// pass; a cap for each item cannot.
func (n *line) hides(later *line, tests *int) bool {
	if n.CapBooking > 0 || n.CapMember > 0 || n.Budget > 0 {
		return false
	}
	matches := false
	for _, y := range later.sides {
		if len(y.ways) == 0 {
			continue
		}
		matches = true
		x := n.side(y.space)
		if x == nil {
			return false
		}
		*tests += len(x.ways) * len(y.ways)
		for _, w := range y.ways {
			if !slices.ContainsFunc(x.ways, func(v box) bool { return v.exact && v.covers(w) }) {
				return false
			}
		}
	}
	return matches
}
