package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

func newBalanceCommand(a *app) *cobra.Command {
	explain, asJSON := false, false
	command := &cobra.Command{
		Use:   "balance ID",
		Short: "Tell what a member has, and where it comes from",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if explain {
				return readMember(cmd.Context(), a, args[0], asJSON, explainBalance, a.printExplainedBalance)
			}
			return readMember(cmd.Context(), a, args[0], asJSON, (*client.Client).Balance, a.printBalance)
		},
	}
	command.Flags().BoolVar(&explain, "explain", false, "tell of every part where it comes from")
	jsonFlag(command, &asJSON)
	return command
}

func explainBalance(c *client.Client, ctx context.Context, id string) (client.ExplainedBalance, error) {
	return c.ExplainBalance(ctx, id, false)
}

func (a *app) printBalance(b client.Balance) {
	list := fields{
		{"member", b.Member},
		{"account", b.Account.String()},
		{"available", "D$ " + b.Available.String()},
		{"pending", "D$ " + b.Pending.String()},
	}
	if b.Held > 0 {
		list = append(list, field{"held", "D$ " + b.Held.String() + ", set aside for merchants"})
	}
	if b.Debt > 0 {
		list = append(list, field{"owed", "D$ " + b.Debt.String() + ", taken from what comes next"})
	}
	list = append(list, validTo(b.Expiring)...)
	if b.Frozen != "" {
		list = append(list, field{"frozen", b.Frozen + "; the account can receive but not spend"})
	}
	list = append(list, field{"at height", fmt.Sprintf("%d blocks", b.Height)})
	list.print(a.out)
}

func (a *app) printExplainedBalance(b client.ExplainedBalance) {
	list := fields{{"member", b.Member}, {"account", b.Account.String()}}
	if b.Debt > 0 {
		list = append(list, field{"owed", "D$ " + b.Debt.String() + ", which these points will repay"})
	}
	list.print(a.out)
	t := rightTable(a.out, 2)
	t.AppendHeader(table.Row{"valid to", "D$", "", "when", "from"})
	for _, p := range b.Points {
		for _, part := range p.Parts {
			t.AppendRow(table.Row{p.Month, part.Amount, part.Line, localTime(part.Time), originOf(part)})
		}
	}
	for _, h := range b.Holds {
		for _, p := range h.Points {
			t.AppendRow(table.Row{p.Month, p.Amount, "held", localTime(h.Made), "order " + h.Order})
		}
	}
	t.Render()
}
