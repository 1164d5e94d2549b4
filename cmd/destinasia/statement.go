package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// statementFlags say which statement is meant, and how it is wanted.
type statementFlags struct {
	csv, html, json, household bool
	out                        string
}

func newStatementCommand(a *app) *cobra.Command {
	var f statementFlags
	command := &cobra.Command{
		Use:   "statement ID [MONTH]",
		Short: "Tell what happened to a member's points in a month",
		Long: "Tell what a member had at the start of a month (UTC), what came and went, and what they had at its end; of the present\n" +
			"month, so far.",
		Example: "  destinasia statement m000001 2026-11 --html --out november.html",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := memberID(args[0])
			if err != nil {
				return err
			}
			n, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			month := wallet.MonthOf(n.Now().Unix())
			if len(args) == 2 {
				if month, err = wallet.ParseMonth(args[1]); err != nil {
					return err
				}
			}
			return a.statement(cmd.Context(), members, id, month.String(), f)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&f.csv, "csv", false, "print as CSV")
	flags.BoolVar(&f.html, "html", false, "print as a page for printers")
	jsonFlag(command, &f.json)
	flags.BoolVar(&f.household, "household", false, "of the member's household")
	flags.StringVar(&f.out, "out", "", "`FILE` to write it to, which must not exist")
	exclusive(command, "csv", "html", "json")
	return command
}

func (a *app) statement(ctx context.Context, members *client.Client, id, month string, f statementFlags) (err error) {
	show, err := a.readStatement(ctx, members, id, month, f)
	if err != nil || f.out == "" {
		if err == nil {
			err = show(a)
		}
		return a.advise(err)
	}
	file, err := os.OpenFile(f.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("place for the statement: %w", err)
	}
	written := *a
	written.out = file
	if err := errors.Join(show(&written), file.Close()); err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	fmt.Fprintf(a.errs, "The statement is in %s.\n", f.out)
	return nil
}

// readStatement reads a statement, and answers how to print it.
func (a *app) readStatement(ctx context.Context, members *client.Client, id, month string, f statementFlags) (show func(*app) error, err error) {
	form := ""
	switch {
	case f.csv:
		form = client.StatementCSV
	case f.html:
		form = client.StatementHTML
	}
	if form != "" {
		text, err := members.StatementAs(ctx, id, month, f.household, form)
		return func(a *app) error {
			_, err := a.out.Write(text)
			return err
		}, err
	}
	st, err := members.Statement(ctx, id, month, f.household)
	return func(a *app) error {
		if f.json {
			return printJSON(a.out, st)
		}
		a.printStatement(st)
		return nil
	}, err
}

func (a *app) printStatement(st client.Statement) {
	fields{
		{"member", st.Member},
		{"account", st.Account.String()},
		{"month", st.Month + " (UTC)"},
		{"opening", "D$ " + st.Opening},
	}.print(a.out)
	if len(st.Lines) > 0 {
		t := rightTable(a.out, 3)
		t.AppendHeader(table.Row{"when", "", "D$", "valid to", "for"})
		for _, m := range st.Lines {
			t.AppendRow(table.Row{localTime(m.Time), m.Line, m.Amount, m.Month, originOf(m)})
		}
		t.Render()
	}
	var list fields
	for _, total := range st.Totals {
		switch {
		case total.Amount == "0.00":
		case total.Line == "held", total.Line == "released":
			list = append(list, field{total.Line, "D$ " + total.Amount + ", within the balance"})
		default:
			list = append(list, field{total.Line, "D$ " + total.Amount})
		}
	}
	append(list, field{"closing", "D$ " + st.Closing}).print(a.out)
}

// originOf is where points came from, or what they were for.
func originOf(m client.Movement) string {
	switch {
	case m.Reward != "":
		return "reward " + m.Reward
	case m.Item.Valid():
		return fmt.Sprintf("%s %s, rules version %d", m.Item, m.Booking, m.Version)
	case m.Booking != "":
		return "booking " + m.Booking
	case m.Reason != "":
		return m.Reason
	case !m.Counterparty.IsZero():
		return m.Counterparty.String()
	case m.Order != "":
		return "order " + m.Order
	}
	return ""
}
