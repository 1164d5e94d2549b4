package earn

import (
	"fmt"
	"strings"
)

// Fault is what is wrong with a rule set, and where.
type Fault struct {
	Table, Row int    // from 0; -1 where it is about the whole. A fault of the tiers has Table -1 and the level as Row
	Column     string // the field's JSON name, such as "when" or "tiers"; "" where it is about all of them
	Detail     string
}

func (f Fault) Error() string {
	var where []string
	if f.Table >= 0 {
		where = append(where, fmt.Sprintf("table %d", f.Table+1))
	}
	if f.Row >= 0 {
		line := "row"
		if f.Table < 0 {
			line = "level"
		}
		where = append(where, fmt.Sprintf("%s %d", line, f.Row+1))
	}
	if f.Column != "" {
		where = append(where, f.Column)
	}
	if where == nil {
		return f.Detail
	}
	return strings.Join(where, ", ") + ": " + f.Detail
}

// Faults is everything that is wrong with a rule set, in the order of the places.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}
