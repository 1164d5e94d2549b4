package sheet

import "strconv"

// draft is what both formats are read to: what the file says, as it was written, and where.
type draft struct {
	set    record
	tiers  []record
	policy record
	tables []draftTable
}

type draftTable struct {
	record
	rows []record
}

// record is what belongs together under names: a tier, a row, the policy, the head of a table or of the set.
type record struct {
	spot
	cells map[string]cell
}

type cell struct {
	text string // "" is not given
	spot
}

type spot struct{ line, column int }

func (r record) text(name string) string { return r.cells[name].text }

// find is where the record says something, or where it begins.
func (r record) find(name string) spot {
	if c, ok := r.cells[name]; ok {
		return c.spot
	}
	return r.spot
}

// title is how people call the record: its name, or its number among its kind.
func (r record) title(name string, index int) string {
	if text := r.text(name); text != "" {
		return short(text)
	}
	return strconv.Itoa(index + 1)
}
