package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/bookings/hotels"
	"github.com/destinasia/dollars/bookings/sample"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/client"
)

// knownSources are the booking systems whose events this program makes itself.
var knownSources = []string{sample.Source, hotels.Source}

func newExplainCommand(a *app) *cobra.Command {
	source, item, asJSON := "", "", false
	command := &cobra.Command{
		Use:   "explain BOOKING",
		Short: "Tell why a booking earns what it earns",
		Long: "Of each item: the version of the rules, the rows that gave points and those that nearly did, every number of the\n" +
			"calculation, and the caps and budgets that bit; worked out again from the ledger.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, auditor, err := a.openAs(roleAuditor)
			if err != nil {
				return err
			}
			sources := knownSources
			if source != "" {
				sources = []string{source}
			}
			items, err := explainFrom(cmd.Context(), auditor, sources, args[0], item)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, struct {
					Items []client.ItemExplanation `json:"items"`
				}{items})
			}
			for i, it := range items {
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				a.printExplained(it)
			}
			return nil
		},
	}
	command.Flags().StringVar(&source, "source", "", "the booking system, as in its events (default those of demo and replay)")
	command.Flags().StringVar(&item, "item", "", "one `ITEM` of the booking")
	jsonFlag(command, &asJSON)
	return command
}

// explainFrom asks for the booking as one source after the other would name it.
func explainFrom(ctx context.Context, c *client.Client, sources []string, booking, item string) (items []client.ItemExplanation, err error) {
	for _, source := range sources {
		if items, err = c.Explain(ctx, source, booking, item); client.CodeOf(err) != "not_found" {
			return items, err
		}
	}
	return nil, fmt.Errorf("%w (asked for the source %s; name another with --source)", err, strings.Join(sources, " and "))
}

func (a *app) printExplained(it client.ItemExplanation) {
	list := fields{
		{"item", fmt.Sprintf("%s for %s %s, %s", it.Kind, it.Explanation.Price, it.Explanation.Currency, it.State)},
		{"on the ledger", it.Booking},
		{"confirmed", localTime(it.ConfirmedAt)},
		{"rules", fmt.Sprintf("version %d, %q, hash %s", it.Version, it.Explanation.RuleSet, it.Hash)},
	}
	if it.Tier != "" {
		list = append(list, field{"tier then", it.Tier})
	}
	append(list, field{"points", "D$ " + it.Points.String()}, field{"asked of it", factsOf(it.Explanation)}).print(a.out)
	t := rightTable(a.out, 4)
	t.AppendHeader(toRow([]string{"table", "row", "outcome", "D$", "how"}))
	for _, rules := range it.Explanation.Tables {
		for _, row := range rules.Rows {
			points := ""
			if row.Gave != nil {
				points = row.Gave.Points.String()
			}
			t.AppendRow(toRow([]string{rules.Name, row.ID, string(row.Outcome), points, howOf(it.Explanation, row)}))
		}
		if rules.Others > 0 {
			t.AppendRow(toRow([]string{rules.Name, fmt.Sprintf("%d more", rules.Others), "", "", "did not match"}))
		}
	}
	t.Render()
}

// factsOf are what the rules saw of the item, as far as there is something to see.
func factsOf(e earn.Explanation) string {
	var known []string
	for _, f := range e.Facts {
		if f.Value != "" && f.Value != "0" {
			known = append(known, f.Name+" "+f.Value)
		}
	}
	return strings.Join(known, ", ")
}

// howOf is a row's calculation, or why there is none.
func howOf(e earn.Explanation, row earn.RowOutcome) string {
	if row.Gave == nil {
		return row.Why
	}
	g := row.Gave
	var steps []string
	if g.BasisPoints > 0 {
		steps = append(steps, fmt.Sprintf("%s of %s = %s", g.Rate, e.Price, g.Product))
	}
	if g.Fixed > 0 {
		steps = append(steps, g.Fixed.String()+" fixed")
	}
	how := fmt.Sprintf("%s, makes %s", strings.Join(steps, " + "), g.Earned)
	for _, c := range g.Cuts {
		how += fmt.Sprintf("; %s leaves %s", limitWords[c.Limit], c.Left)
	}
	return how + fmt.Sprintf("; valid %d months", g.Months)
}

var limitWords = map[string]string{
	earn.LimitItem.String(): "the cap for an item", earn.LimitBooking.String(): "the cap for a booking",
	earn.LimitMember.String(): "the cap for a member and month", earn.LimitBudget.String(): "the budget",
}
