package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newAccountCommand(a *app) *cobra.Command {
	account := &cobra.Command{Use: "account", Short: "Look at accounts as the ledger has them", Args: cobra.NoArgs, RunE: showHelp}
	account.AddCommand(newAccountReadCommand(a, "show ACCOUNT|MEMBER", "Tell what an account has, who signs for it, and what is done to it", a.printAccount))
	return account
}

// newAccountReadCommand is a command that reads an account, as an auditor may, and prints it.
func newAccountReadCommand(a *app, use, short string, show func(client.AccountState)) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, auditor, err := a.openAs(roleAuditor)
			if err != nil {
				return err
			}
			account, err := a.accountNamed(cmd.Context(), n, args[0])
			if err != nil {
				return err
			}
			state, err := auditor.Account(cmd.Context(), account)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, state)
			}
			show(state)
			return nil
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

func (a *app) printAccount(s client.AccountState) {
	list := fields{
		{"account", s.Account.String()},
		{"available", "D$ " + s.Available.String()},
		{"held", "D$ " + s.Held.String()},
		{"pending", "D$ " + s.Pending.String()},
	}
	if s.Debt > 0 {
		list = append(list, field{"owed", "D$ " + s.Debt.String() + ", taken from what comes next"})
	}
	list = append(list, validTo(s.Expiring)...)
	if s.Frozen != "" {
		list = append(list, field{"frozen", s.Frozen + ": it can receive but not spend"})
	}
	for _, key := range s.Keys {
		list = append(list, field{"key", key.String()})
	}
	if !s.Household.IsZero() {
		list = append(list, field{"in household", s.Household.String()})
	}
	for _, m := range s.Members {
		list = append(list, field{"member", m.Account.String() + memberWords(m)})
	}
	if s.Recovery != nil {
		list = append(list, field{"recovery", "under way; see `" + a.commandLine("recovery show "+s.Account.String()) + "`"})
	}
	list = append(list, field{"at height", fmt.Sprintf("%d blocks", s.Height)})
	list.print(a.out)
}

// memberWords say what a member of a household may do.
func memberWords(m client.HouseholdMember) string {
	switch {
	case m.DayLimit == nil:
		return ", the head, who may spend everything"
	case !m.Joined:
		return ", invited, to spend D$ " + m.DayLimit.String() + " a day"
	}
	return fmt.Sprintf(", who may spend D$ %s a day, and has spent %s today", m.DayLimit, m.SpentToday)
}

func newFreezeCommand(a *app) *cobra.Command {
	return newFreezingCommand(a, "freeze", "Stop an account from spending; it still receives", (*client.Client).Freeze)
}

func newUnfreezeCommand(a *app) *cobra.Command {
	return newFreezingCommand(a, "unfreeze", "Let a frozen account spend again", (*client.Client).Unfreeze)
}

func newFreezingCommand(a *app, verb, short string,
	set func(c *client.Client, ctx context.Context, account dollars.Account, reason string, o client.Change) (client.Status, error),
) *cobra.Command {
	var f changeFlags
	reason := ""
	command := &cobra.Command{
		Use:     verb + " ACCOUNT|MEMBER --reason CODE",
		Short:   short,
		Long:    short + ". The reason is a code, never free text: it is on the ledger for ever, and the member sees it.",
		Example: "  destinasia " + verb + " m000001 --reason fraud-4711",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return errNoReason
			}
			return a.changeAccount(cmd.Context(), roleOperator, args[0], "account show", f,
				func(ctx context.Context, c *client.Client, account dollars.Account, o client.Change) (client.Status, error) {
					return set(c, ctx, account, reason, o)
				})
		},
	}
	reasonFlag(command, &reason)
	f.add(command)
	return command
}

var errNoReason = errors.New("say why with --reason CODE, which the member will see; nothing was changed")

func reasonFlag(command *cobra.Command, reason *string) {
	command.Flags().StringVar(reason, "reason", "", "why, as a code such as goodwill or fraud-4711")
}
