package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newRecoveryCommand(a *app) *cobra.Command {
	recovery := &cobra.Command{
		Use:   "recovery",
		Short: "Give an account whose keys are lost a new one",
		Long: "Give an account whose keys are lost a new one, once its owner has proved who they are. An operator proposes it, an\n" +
			"operator of the other organisation approves it, and after the waiting period, in which any old key can object, it can\n" +
			"be completed: then the new key signs for the account, and the old ones no more.",
		Args: cobra.NoArgs,
		RunE: showHelp,
	}
	recovery.AddCommand(
		newRecoveryStepCommand(a, roleOperator, "propose", "Propose a new key for an account", (*client.Client).ProposeRecovery),
		newRecoveryStepCommand(a, roleApprover, "approve", "Approve a recovery for the other organisation; its waiting period begins", (*client.Client).ApproveRecovery),
		newRecoveryStepCommand(a, roleOperator, "complete", "Give the account its new key, after the waiting period", (*client.Client).CompleteRecovery),
		newAccountReadCommand(a, "show ACCOUNT|MEMBER", "Tell how far the recovery of an account has come", a.printRecovery),
	)
	return recovery
}

func newRecoveryStepCommand(a *app, role, verb, short string,
	step func(c *client.Client, ctx context.Context, account, key dollars.Account, o client.Change) (client.Status, error),
) *cobra.Command {
	var f changeFlags
	command := &cobra.Command{
		Use:   verb + " ACCOUNT|MEMBER KEY",
		Short: short,
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := dollars.ParseAccount(args[1])
			if err != nil {
				return fmt.Errorf("the key is named by its address: %w", err)
			}
			return a.changeAccount(cmd.Context(), role, args[0], "recovery show", f,
				func(ctx context.Context, c *client.Client, account dollars.Account, o client.Change) (client.Status, error) {
					return step(c, ctx, account, key, o)
				})
		},
	}
	f.add(command)
	return command
}

func (a *app) printRecovery(s client.AccountState) {
	list := fields{{"account", s.Account.String()}}
	switch r := s.Recovery; {
	case r == nil:
		list = append(list, field{"recovery", "none is under way"})
	case r.Approved.IsZero():
		list = append(list, field{"new key", r.Key.String()}, field{"proposed by", r.ProposedBy},
			field{"approved", "not yet: an operator of another organisation does it"})
	default:
		list = append(list, field{"new key", r.Key.String()}, field{"proposed by", r.ProposedBy},
			field{"approved", localTime(r.Approved)},
			field{"completable", "from " + localTime(r.Completable) + " on, unless a key objects"})
	}
	var keys []string
	for _, key := range s.Keys {
		keys = append(keys, key.String())
	}
	list = append(list, field{"signs now", strings.Join(keys, " ")})
	list.print(a.out)
}
