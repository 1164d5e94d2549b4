package lint

import (
	"fmt"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
)

// thousand is a table of as many rows as a rule set may have.
func thousand(b *testing.B, hit earn.HitPolicy, when func(i int) string) *earn.Evaluator {
	b.Helper()
	table := earn.Table{Name: "thousand", Hit: hit}
	for i := range earn.MaxRows {
		table.Rows = append(table.Rows, earn.Row{ID: fmt.Sprint("row-", i), When: when(i), BasisPoints: 100, Months: 12})
	}
	e, err := earn.Compile(earn.RuleSet{Name: "bench", Currency: "EUR", Tables: []earn.Table{table}})
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func BenchmarkThousandRows(b *testing.B) {
	band := func(i int) string {
		return fmt.Sprintf(`country == "C%02d" && nights >= %d && nights < %d`, i/20, i%20*5, i%20*5+5)
	}
	// Alternatives of other variables cannot be one box.
	alternatives := func(i int) string {
		return fmt.Sprintf(`price >= %d && price < %d && (cabin == "first" || party > 2 || lead > 90 || channel == "app")`, i*100, i*100+100)
	}
	last := func(i int) string {
		return fmt.Sprintf(`(cabin == "first" || party > 2 || lead > 90 || channel == "app") && trip.cars == %d`, i)
	}
	unclear := func(i int) string { return fmt.Sprintf(`price > lead * %d && trip.flights > trip.hotels + lead`, i+1) }
	same := func(int) string { return `nights >= 7` }
	for _, c := range []struct {
		name string
		hit  earn.HitPolicy
		when func(int) string
	}{
		{"unique/bands", earn.Unique, band},
		{"unique/alternatives", earn.Unique, alternatives},
		{"unique/last", earn.Unique, last},
		{"unique/unclear", earn.Unique, unclear},
		{"unique/same", earn.Unique, same},
		{"first/bands", earn.First, band},
		{"first/alternatives", earn.First, alternatives},
		{"first/unclear", earn.First, unclear},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := thousand(b, c.hit, c.when)
			found := 0
			for b.Loop() {
				found = len(Check(e, 0))
			}
			b.ReportMetric(float64(found), "findings")
		})
	}
}
