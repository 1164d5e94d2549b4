package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

// pageSize is the most the service lists at once.
const pageSize = 500

func newHistoryCommand(a *app) *cobra.Command {
	limit, all, asJSON := 20, false, false
	command := &cobra.Command{
		Use:   "history ID",
		Short: "Tell why a member has it, newest first",
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
			entries, more, err := readHistory(cmd.Context(), members, id, limit, all)
			if err != nil {
				return a.advise(err)
			}
			if asJSON {
				return printJSON(a.out, struct {
					Entries []client.HistoryEntry `json:"entries"`
					More    bool                  `json:"more"`
				}{entries, more})
			}
			a.printHistory(entries)
			if more {
				fmt.Fprintln(a.out, "There is more: use --limit or --all.")
			}
			return nil
		},
	}
	command.Flags().IntVar(&limit, "limit", limit, "how many entries")
	command.Flags().BoolVar(&all, "all", false, "all entries")
	jsonFlag(command, &asJSON)
	return command
}

// readHistory reads pages until there are enough entries.
func readHistory(ctx context.Context, members *client.Client, id string, limit int, all bool) (entries []client.HistoryEntry, more bool, err error) {
	if limit < 1 && !all {
		return nil, false, fmt.Errorf("--limit %d: ask for at least one entry", limit)
	}
	entries = []client.HistoryEntry{} // In JSON, none is an empty list.
	for cursor := ""; ; {
		size := pageSize
		if !all {
			size = min(pageSize, limit-len(entries))
		}
		page, err := members.History(ctx, id, cursor, size)
		if err != nil {
			return nil, false, err
		}
		entries = append(entries, page.Entries...)
		cursor = page.Next
		if cursor == "" || (!all && len(entries) >= limit) {
			return entries, cursor != "", nil
		}
	}
}

func (a *app) printHistory(entries []client.HistoryEntry) {
	t := rightTable(a.out, 3)
	t.AppendHeader(table.Row{"when", "what", "D$", "outcome", "with", "block"})
	for _, e := range entries {
		what, outcome, with := e.Kind, string(e.Outcome), ""
		if e.After != "" {
			what += ": " + e.After + " " + e.Amount.String()
		}
		if e.Code != "" {
			outcome += ": " + string(e.Code)
		}
		if !e.Counterparty.IsZero() {
			with = e.Counterparty.String()
		}
		t.AppendRow(table.Row{e.Time.Local().Format(time.DateTime), what, e.Change, outcome, with, e.Transaction.Block})
	}
	t.Render()
}
