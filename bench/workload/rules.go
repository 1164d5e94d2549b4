package workload

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/sheet"
)

// The rule sets by name.
const (
	Standard = "standard"           // what a new ledger has: a rate for each kind of item
	Table    = "50 rows"            // rules.yaml
	Limits   = "50 rows and limits" // the same, with all that takes further keys on the ledger
)

// Rules is a rule set that a workload is run under.
type Rules struct {
	Name string
	Set  earn.RuleSet
}

//go:embed rules.yaml
var table []byte

// RuleSets are those under which Award is run, the one that others are compared with first.
func RuleSets() ([]Rules, error) {
	s, err := sheet.Read("rules.yaml", table)
	if err != nil {
		return nil, err
	}
	limited, err := withLimits(s.Rules)
	if err != nil {
		return nil, err
	}
	return []Rules{{Standard, earn.Standard()}, {Table, s.Rules}, {Limits, limited}}, nil
}

// withLimits adds what the ledger keeps an account of: tiers and a row that asks for them, caps for a booking and for a
// member, and a budget. The limits are too high to be reached, but to a member who travels very much, so that a row's
// points are the same in every round.
func withLimits(from earn.RuleSet) (earn.RuleSet, error) {
	r := from
	r.Name = "benchmark with limits"
	r.Tiers = []earn.Level{{Tier: "silver", Points: 100_00, Nights: 20}, {Tier: "gold", Points: 1_000_00, Nights: 200}}
	r.Tables = slices.Clone(r.Tables)
	for i := range r.Tables {
		r.Tables[i].Rows = slices.Clone(r.Tables[i].Rows)
	}
	for id, change := range map[string]func(*earn.Row){
		"app":           func(row *earn.Row) { row.CapMember = 500_00 },
		"whole-journey": func(row *earn.Row) { row.CapBooking = 50_00 },
		// A row that has had a budget may not lose it in a later version, so this is another row.
		"early-bird": func(row *earn.Row) { row.ID, row.Budget = "early-bird-budget", 10_000_000_00 },
		"home-again": func(row *earn.Row) { row.When = `tier in ["silver", "gold"] && ` + row.When },
	} {
		row := find(r, id)
		if row == nil {
			return r, fmt.Errorf("the benchmark's rules have no row %s", id)
		}
		change(row)
	}
	return r, nil
}

func find(r earn.RuleSet, id string) *earn.Row {
	for _, t := range r.Tables {
		for i := range t.Rows {
			if t.Rows[i].ID == id {
				return &t.Rows[i]
			}
		}
	}
	return nil
}
