package sheet

import (
	"fmt"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

// Differences are where the file is another rule set than one of that name elsewhere, each with what it has there; at
// most so many as of problems. There are none exactly if the two have the same hash.
func (s *Sheet) Differences(of string, other earn.RuleSet) Problems {
	r := &report{}
	d := differ{r, s, of}
	set := func(column, here, there string) { d.compare(-1, -1, column, here, there) }
	set("name", s.Rules.Name, other.Name)
	set("currency", s.Rules.Currency, other.Currency)
	set("starts", number(s.Rules.Starts), number(other.Starts))
	d.count(-1, "tiers", len(s.Rules.Tiers), len(other.Tiers))
	for i := range min(len(s.Rules.Tiers), len(other.Tiers)) {
		compareFields(d, tierFields, -1, i, &s.Rules.Tiers[i], &other.Tiers[i])
	}
	compareFields(d, policyFields, -1, -1, policyOf(s.Rules), policyOf(other))
	d.count(-1, "tables", len(s.Rules.Tables), len(other.Tables))
	for t := range min(len(s.Rules.Tables), len(other.Tables)) {
		here, there := &s.Rules.Tables[t], &other.Tables[t]
		compareFields(d, tableFields, t, -1, here, there)
		d.count(t, "rows", len(here.Rows), len(there.Rows))
		for i := range min(len(here.Rows), len(there.Rows)) {
			compareFields(d, rowFields, t, i, &here.Rows[i], &there.Rows[i])
		}
	}
	if len(r.problems) == 0 && earn.HashOf(s.Rules.Encode()) != earn.HashOf(other.Encode()) {
		r.add(Place{File: s.file}, "the file differs from %s in the instants that a season or the start stands for", of)
	}
	problems, _ := r.err().(Problems)
	return problems
}

// policyOf is the policy to read fields of; none says nothing.
func policyOf(r earn.RuleSet) *earn.Policy {
	if r.Policy == nil {
		return &earn.Policy{}
	}
	return r.Policy
}

type differ struct {
	*report
	sheet *Sheet
	of    string
}

func (d differ) compare(table, row int, column, here, there string) {
	if here != there {
		d.add(d.sheet.Place(table, row, column), "the file says %s, %s says %s", quoted(here), d.of, quoted(there))
	}
}

func (d differ) count(table int, what string, here, there int) {
	if here != there {
		counted := what
		if here == 1 {
			counted = strings.TrimSuffix(what, "s")
		}
		d.add(d.sheet.Place(table, -1, what), "the file has %d %s, %s has %d", here, counted, d.of, there)
	}
}

func compareFields[T any](d differ, fields []field[T], table, row int, here, there *T) {
	for _, f := range fields {
		d.compare(table, row, f.name, f.text(here), f.text(there))
	}
}

func quoted(text string) string {
	if text == "" {
		return "nothing"
	}
	return fmt.Sprintf("%q", short(text))
}
