package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newAdjustmentCommand(a *app) *cobra.Command {
	adjustment := &cobra.Command{
		Use:   "adjustment",
		Short: "Grant points, or correct a balance: one operator proposes, another approves",
		Args:  cobra.NoArgs,
		RunE:  showHelp,
	}
	adjustment.AddCommand(newAdjustmentProposeCommand(a), newAdjustmentApproveCommand(a), newAdjustmentShowCommand(a))
	return adjustment
}

// adjustmentMonths is for how many months granted points are valid if nothing is said: those of the standard rules.
const adjustmentMonths = 24

func newAdjustmentProposeCommand(a *app) *cobra.Command {
	var f changeFlags
	adjustment := client.NewAdjustment{Months: adjustmentMonths}
	command := &cobra.Command{
		Use:   "propose ACCOUNT|MEMBER AMOUNT --reason CODE",
		Short: "Propose to grant points to an account or, with --burn, to take some",
		Long: "Propose to grant points to an account or, with --burn, to take some. Nothing moves before somebody else approves\n" +
			"it, by the id that is printed. What the account has too little of becomes debt.",
		Example: "  destinasia adjustment propose m000001 12.50 --reason goodwill",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if adjustment.Reason == "" {
				return errNoReason
			}
			if adjustment.Burn {
				if cmd.Flags().Changed("months") {
					return errors.New("--months is for points that are granted; --burn takes some")
				}
				adjustment.Months = 0
			}
			if adjustment.Amount, err = dollars.ParseAmount(args[1]); err != nil {
				return err
			}
			return a.changeAccount(cmd.Context(), roleOperator, args[0], "account show", f,
				func(ctx context.Context, c *client.Client, account dollars.Account, o client.Change) (client.Status, error) {
					adjustment.Account = account
					return c.ProposeAdjustment(ctx, adjustment, o)
				})
		},
	}
	command.Flags().BoolVar(&adjustment.Burn, "burn", false, "take points instead of granting them")
	command.Flags().Uint32Var(&adjustment.Months, "months", adjustment.Months, "for how many months after this one granted points are valid")
	reasonFlag(command, &adjustment.Reason)
	f.add(command)
	return command
}

func newAdjustmentApproveCommand(a *app) *cobra.Command {
	var f changeFlags
	command := &cobra.Command{
		Use:   "approve ID",
		Short: "Make an adjustment that somebody else proposed",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.change(cmd.Context(), roleApprover, "adjustment show "+args[0], f,
				func(ctx context.Context, c *client.Client, o client.Change) (client.Status, error) {
					return c.ApproveAdjustment(ctx, args[0], o)
				})
		},
	}
	f.add(command)
	return command
}

func newAdjustmentShowCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "show ID",
		Short: "Tell what an adjustment is, and whether it was made",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return readAs(a, roleAuditor, asJSON, func(c *client.Client) (client.Adjustment, error) {
				return c.Adjustment(cmd.Context(), args[0])
			}, a.printAdjustment)
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

func (a *app) printAdjustment(x client.Adjustment) {
	what, made := "grant", "not yet: somebody else approves it with `"+a.commandLine("adjustment approve "+x.ID)+"`"
	if x.Burn {
		what = "burn"
	}
	if !x.Applied.IsZero() {
		made = localTime(x.Applied)
	}
	list := fields{{"adjustment", x.ID}, {"account", x.Account.String()}, {what, "D$ " + x.Amount.String()}}
	if !x.Burn {
		list = append(list, field{"valid", fmt.Sprintf("for %d months after that in which it is made", x.Months)})
	}
	append(list, field{"reason", x.Reason}, field{"made", made}).print(a.out)
}
