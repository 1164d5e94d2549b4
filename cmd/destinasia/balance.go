package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

func newBalanceCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "balance ID",
		Short: "Tell what a member has",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := memberID(args[0])
			if err != nil {
				return err
			}
			_, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			balance, err := members.Balance(cmd.Context(), id)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, balance)
			}
			a.printBalance(balance)
			return nil
		},
	}
	jsonFlag(command, &asJSON)
	return command
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
	if b.Frozen {
		list = append(list, field{"frozen", "the account can receive but not spend"})
	}
	list = append(list, field{"at height", fmt.Sprintf("%d blocks", b.Height)})
	list.print(a.out)
}
