package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newHoldCommand(a *app) *cobra.Command {
	hold := &cobra.Command{Use: "hold", Short: "Set points aside for a merchant to take", Args: cobra.NoArgs, RunE: showHelp}
	hold.AddCommand(newHoldPlaceCommand(a), newHoldListCommand(a), newHoldShowCommand(a), newHoldCaptureCommand(a), newHoldReleaseCommand(a))
	return hold
}

// holdName is a hold as merchants name it: the account whose points they are, and the order.
func holdName(account dollars.Account, order string) string { return account.String() + "/" + order }

func newHoldPlaceCommand(a *app) *cobra.Command {
	var f orderFlags
	var until, merchant string
	last := 48 * time.Hour
	command := &cobra.Command{
		Use:   "place ID AMOUNT",
		Short: "Set a member's points aside until a merchant takes them, or the hold ends",
		Long: "Set points of a member aside. Until the hold ends, which is in at most 30 days, the merchant it is for can take them, in\n" +
			"parts; what is not taken goes back. Without --merchant it is for whoever has a merchant's certificate of Destinasia.",
		Example: "  destinasia hold place m000001 25 --for 2h",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			intent := client.Intent{Kind: client.OrderHold}
			var err error
			if intent.Amount, err = dollars.ParseAmount(args[1]); err != nil {
				return err
			}
			if merchant != "" {
				if intent.To, intent.ToMember, err = party(merchant); err != nil {
					return err
				}
			}
			if until != "" {
				if intent.Until, err = parseEnd(until); err != nil {
					return err
				}
			}
			s, err := a.signer(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			if until == "" {
				intent.Until = s.now().Add(last).UTC().Truncate(time.Second)
			}
			return a.placeOrder(cmd.Context(), s, intent, f)
		},
	}
	command.Flags().DurationVar(&last, "for", last, "how long")
	command.Flags().StringVar(&until, "until", "", "or until when, such as 2026-12-24T18:00:00Z")
	command.Flags().StringVar(&merchant, "merchant", "", "a merchant's `ACCOUNT`, or member id, who alone can take the points")
	exclusive(command, "for", "until")
	f.add(command)
	f.addMemo(command)
	f.addHousehold(command)
	return command
}

// parseEnd reads a time as orders have it, in whole seconds.
func parseEnd(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Nanosecond() != 0 {
		return time.Time{}, fmt.Errorf("--until %q: give a time in whole seconds, such as 2026-12-24T18:00:00Z", text)
	}
	return t, nil
}

func newHoldListCommand(a *app) *cobra.Command {
	all := false
	command := newListCommand(a, "list ID", "List what a member has set aside, newest first", "holds",
		func(ctx context.Context, c *client.Client, id string, p client.Page) ([]client.Hold, string, error) {
			page, err := c.Holds(ctx, id, !all, p)
			return page.Holds, page.Next, err
		}, a.printHolds)
	command.Flags().BoolVar(&all, "all", false, "also what was taken whole, or went back")
	return command
}

func (a *app) printHolds(holds []client.Hold) {
	if len(holds) == 0 {
		fmt.Fprintln(a.out, "Nothing is set aside.")
		return
	}
	t := rightTable(a.out, 2, 3)
	t.AppendHeader(table.Row{"made", "D$", "left", "until", "for", "hold"})
	for _, h := range holds {
		left := h.Left.String()
		if h.Released {
			left = "released"
		}
		t.AppendRow(table.Row{localTime(h.Made), h.Amount, left, localTime(h.Until), merchantName(h.Merchant), holdName(h.Account, h.Order)})
	}
	t.Render()
}

func merchantName(merchant dollars.Account) string {
	if merchant.IsZero() {
		return "Destinasia's merchants"
	}
	return merchant.String()
}
