package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

func newBalanceCommand(a *app) *cobra.Command {
	return newMemberReadCommand(a, "balance ID", "Tell what a member has", (*client.Client).Balance, a.printBalance)
}

func (a *app) printBalance(b client.Balance) {
	list := fields{
		{"member", b.Member},
		{"account", b.Account.String()},
		{"available", "D$ " + b.Available.String()},
		{"pending", "D$ " + b.Pending.String()},
	}
	if b.Debt > 0 {
		list = append(list, field{"owed", "D$ " + b.Debt.String() + ", taken from what comes next"})
	}
	for _, p := range b.Expiring {
		list = append(list, field{"valid to " + p.Month.String(), "D$ " + p.Amount.String()})
	}
	if b.Frozen != "" {
		list = append(list, field{"frozen", b.Frozen + ": the account can receive but not spend"})
	}
	list = append(list, field{"at height", fmt.Sprintf("%d blocks", b.Height)})
	list.print(a.out)
}
