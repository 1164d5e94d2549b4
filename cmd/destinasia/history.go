package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
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
		outcome, with := string(e.Outcome), ""
		if e.Code != "" {
			outcome += ": " + string(e.Code)
		}
		if !e.Counterparty.IsZero() {
			with = e.Counterparty.String()
		}
		t.AppendRow(table.Row{localTime(e.Time), inWords(e), e.Change, outcome, with, e.Transaction.Block})
	}
	t.Render()
}

// inWords says what an entry of a member's history is about.
func inWords(e client.HistoryEntry) string {
	words, known := historyWords[e.Kind]
	if !known {
		words = e.Kind
	}
	if e.Reward != "" {
		words += " " + e.Reward
	}
	if e.Kind == dollars.KindCancel.String() && e.After == "" {
		words = "recalled, because the giver's booking was cancelled" // Of the booking itself its states would be told.
	}
	switch {
	case e.After != "":
		words += ": " + string(e.After) + " " + e.Amount.String()
	case e.Kind == dollars.KindInvite.String() || e.Kind == dollars.KindJoin.String():
		words += ", to spend " + e.Amount.String() + " a day"
	case e.Amount > 0 && e.Change == "0.00":
		words += ": " + e.Amount.String()
		if spent[e.Kind] && e.Outcome == "applied" {
			words += " of the household's"
		}
	}
	if e.Reason != "" {
		words += ": " + e.Reason
	}
	for _, more := range []struct {
		what   string
		amount dollars.Amount
	}{
		{"expired", total(e.Expired)},
		{"repaid", total(e.Repaid)},
		{"recalled", e.Recalled},
		{"owed", e.Debt},
		{"forgiven", e.Forgiven},
	} {
		if more.amount > 0 {
			words += ", " + more.amount.String() + " " + more.what
		}
	}
	return words
}

// spent are the kinds of orders that take points, of the member's own or, without a change of those, of their household's.
var spent = map[string]bool{
	dollars.KindTransfer.String(): true, dollars.KindRedeem.String(): true, dollars.KindHold.String(): true, dollars.KindClaim.String(): true,
}

// historyWords are the kinds of entries for people, where their names alone say too little.
var historyWords = map[string]string{
	dollars.KindConfirm.String():           "booking confirmed",
	dollars.KindComplete.String():          "booking completed",
	dollars.KindCancel.String():            "booking cancelled",
	dollars.KindRedeem.String():            "redeemed",
	dollars.KindFreeze.String():            "account frozen",
	dollars.KindUnfreeze.String():          "account unfrozen",
	dollars.KindHold.String():              "held for a merchant",
	dollars.KindCapture.String():           "taken by a merchant",
	dollars.KindRelease.String():           "no longer held",
	dollars.KindClaim.String():             "claimed",
	dollars.KindUse.String():               "voucher used",
	dollars.KindForm.String():              "household formed",
	dollars.KindInvite.String():            "invitation to a household",
	dollars.KindJoin.String():              "joined a household",
	dollars.KindContribute.String():        "contributed to a household",
	dollars.KindLeave.String():             "left a household",
	dollars.KindChangeKeys.String():        "keys changed",
	dollars.KindObject.String():            "objected to a recovery",
	dollars.KindProposeRecovery.String():   "recovery proposed",
	dollars.KindApproveRecovery.String():   "recovery approved",
	dollars.KindRecover.String():           "recovered with a new key",
	dollars.KindProposeAdjustment.String(): "adjustment proposed",
	dollars.KindApproveAdjustment.String(): "adjusted",
	dollars.KindExpire.String():            "expired points burned",
}
