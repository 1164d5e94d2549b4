package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

func newRemindersCommand(a *app) *cobra.Command {
	day, asJSON := "", false
	command := &cobra.Command{
		Use:   "reminders",
		Short: "Tell whom to remind today that points expire",
		Long: "Tell whom to remind on a day that points expire. Owners are reminded 60, 30 and 7 days before the last day of a month,\n" +
			"so most days have no reminders. With --json each is a CloudEvent on a line of its own, with the same id whenever it is\n" +
			"asked for.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			if day == "" {
				day = n.Now().UTC().Format(time.DateOnly)
			}
			return a.advise(a.remind(cmd.Context(), members, day, asJSON))
		},
	}
	command.Flags().StringVar(&day, "day", "", "another day, such as 2026-11-22 (UTC)")
	jsonFlag(command, &asJSON)
	return command
}

// remind prints the reminders of a day: events as they come, or a table at the end.
func (a *app) remind(ctx context.Context, members *client.Client, day string, asJSON bool) error {
	events := json.NewEncoder(a.out)
	t := rightTable(a.out, 3)
	t.AppendHeader(table.Row{"member", "account", "D$", "valid to", "days"})
	for after := ""; ; {
		page, next, err := members.Reminders(ctx, day, after, pageSize)
		if err != nil {
			return err
		}
		for _, r := range page {
			if !asJSON {
				t.AppendRow(table.Row{r.Data.Member, r.Subject, r.Data.Amount, r.Data.LastDay, r.Data.Days})
			} else if err := events.Encode(r); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			break
		}
	}
	switch {
	case asJSON:
	case t.Length() == 0:
		fmt.Fprintf(a.out, "There are no reminders on %s.\n", day)
	default:
		t.Render()
	}
	return nil
}
