package sheet_test

import (
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/sheet"
)

const twoTables = `name: Winter
currency: EUR
zone: Europe/Lisbon
tiers:
  - {tier: gold, nights: 20}
policy: {orderMost: 500}
tables:
  - name: base
    hit: first
    rows:
      - {id: hotel, kinds: [hotel], basisPoints: 500}
  - name: more
    hit: collect
    rows:
      - {id: long, when: nights >= 7, from: 2026-12-01, until: 2026-12-31, fixed: 5.00}
`

func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*earn.RuleSet)
		says string // "" where there is no difference
	}{
		{"the same", func(*earn.RuleSet) {}, ""},
		{"another rate", func(r *earn.RuleSet) { r.Tables[0].Rows[0].BasisPoints = 600 }, `promo.yaml:11:50, table base, row hotel, basisPoints: the file says "500", the proposal says "600"`},
		{"another condition", func(r *earn.RuleSet) { r.Tables[1].Rows[0].When = "nights >= 8" }, `row long, when: the file says "nights >= 7"`},
		{"no condition", func(r *earn.RuleSet) { r.Tables[1].Rows[0].When = "" }, "the proposal says nothing"},
		{"another tier", func(r *earn.RuleSet) { r.Tiers[0].Nights = 30 }, "tier gold, nights"},
		{"another limit", func(r *earn.RuleSet) { r.Policy.OrderMost = 600_00 }, `promo.yaml:6:21, orderMost: the file says "500.00", the proposal says "600.00"`},
		{"another wait", func(r *earn.RuleSet) { r.Policy.RecoverySeconds = 3_600 }, `promo.yaml:6:9, recovery: the file says nothing, the proposal says "1h"`},
		{"more in the policy", func(r *earn.RuleSet) { r.Policy.Reversal = earn.ReversalDebt }, `reversal: the file says nothing, the proposal says "debt"`},
		{"another row", func(r *earn.RuleSet) { r.Tables[0].Rows = append(r.Tables[0].Rows, r.Tables[0].Rows[0]) }, "the file has 1 row, the proposal has 2"},
		{"no second table", func(r *earn.RuleSet) { r.Tables = r.Tables[:1] }, "the file has 2 tables, the proposal has 1"},
		{"another hit policy", func(r *earn.RuleSet) { r.Tables[1].Hit = earn.First }, "table more, hit"},
		{"another name", func(r *earn.RuleSet) { r.Name = "Summer" }, "name"},
		{"no policy", func(r *earn.RuleSet) { r.Policy = nil }, `orderMost: the file says "500.00", the proposal says nothing`},
		{"another instant", func(r *earn.RuleSet) { r.Tables[1].Rows[0].Season.Start++ }, "instants"},
	} {
		s, err := sheet.Read("promo.yaml", []byte(twoTables))
		if err != nil {
			t.Fatal(err)
		}
		other, err := earn.Decode(s.Rules.Encode())
		if err != nil {
			t.Fatal(err)
		}
		c.edit(&other)
		got := s.Differences("the proposal", other)
		switch {
		case c.says == "" && len(got) > 0:
			t.Errorf("%s: %v", c.name, got)
		case c.says != "" && (len(got) != 1 || !strings.Contains(got.Error(), c.says)):
			t.Errorf("%s: differences are %v, want one that says %q", c.name, got, c.says)
		}
	}
}
