package main

import (
	"context"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/sheet"
)

// effects are what a rule set would do to what is on the ledger, beyond what its rows say: what people should know
// before they propose, approve or publish it, and what the contract would refuse at the very end.
type effects struct {
	warnings  []string
	conflicts []budgetConflict
}

// budgetConflict is a row with another budget than the one it began to count against in an earlier version.
type budgetConflict struct {
	table, row int
	detail     string
}

func (l *rulesLedger) effectsOf(ctx context.Context, state rulesState, set earn.RuleSet) (effects, error) {
	var e effects
	now := l.network.Now().Unix()
	if at := state.schedule.At(now); at.Version != 0 {
		record, err := l.version(ctx, at.Version)
		if err != nil {
			return e, err
		}
		inForce, err := ruleSet(record)
		if err != nil {
			return e, err
		}
		if c := inForce.Currency; c != set.Currency {
			e.warnings = append(e.warnings, fmt.Sprintf("prices are in %s, those of the rules in force in %s: every booking with a price in %s would be refused", set.Currency, c, c))
		}
		if inForce.Policy != nil && set.Policy == nil {
			e.warnings = append(e.warnings, "there is no policy: the limits of the rules in force would end, and no adjustments could be made")
		}
	}
	for _, s := range state.schedule {
		if s.Starts > now && s.Starts >= max(set.Starts, now) {
			e.warnings = append(e.warnings, fmt.Sprintf("version %d, which was to start on %s, would never come into force", s.Version, moment(s.Starts)))
		}
	}
	var err error
	e.conflicts, err = l.budgetConflicts(ctx, set)
	return e, err
}

// budgetConflicts looks up every row's pot, at once: the contract answers as many keys as there can be rows.
func (l *rulesLedger) budgetConflicts(ctx context.Context, set earn.RuleSet) ([]budgetConflict, error) {
	var keys []string
	var places []budgetConflict
	for t, table := range set.Tables {
		for i, row := range table.Rows {
			keys = append(keys, dollars.BudgetKey(row.ID))
			places = append(places, budgetConflict{table: t, row: i})
		}
	}
	values, err := l.get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	var conflicts []budgetConflict
	for i, value := range values {
		if len(value) == 0 {
			continue
		}
		pot, err := dollars.DecodeBudgetRecord(value)
		if err != nil {
			return nil, err
		}
		place := places[i]
		row := set.Tables[place.table].Rows[place.row]
		if pot.Total == dollars.Amount(row.Budget) {
			continue
		}
		place.detail = fmt.Sprintf("row %s has counted against a budget of %s since an earlier version, and goes on doing so; keep that amount, or give the row a new id", row.ID, pot.Total)
		conflicts = append(conflicts, place)
	}
	return conflicts, nil
}

// print tells all of it, with places where there is a file.
func (e effects) print(a *app, s *sheet.Sheet) {
	for _, w := range e.warnings {
		fmt.Fprintln(a.errs, "warning:", w)
	}
	for _, c := range e.conflicts {
		where := ""
		if s != nil {
			where = s.Place(c.table, c.row, "budget").String() + ": "
		}
		fmt.Fprintf(a.errs, "%s%s\n", where, c.detail)
	}
}

// refusal is what the contract would say in the end.
func (e effects) refusal() error {
	if len(e.conflicts) == 0 {
		return nil
	}
	return fmt.Errorf("the contract would refuse to publish these rules (%s); nothing was changed", dollars.CodeRulesBudget)
}
