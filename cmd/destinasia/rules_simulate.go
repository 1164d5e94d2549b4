package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/sheet"
	"github.com/destinasia/dollars/rules/simulate"
)

// simulation is what `rules simulate` was asked for.
type simulation struct {
	file, against    string
	from, until      string
	shift            int
	csvFile, svgFile string
	asJSON           bool
}

func newRulesSimulateCommand(a *app) *cobra.Command {
	s := simulation{}
	command := &cobra.Command{
		Use:   "simulate FILE",
		Short: "Try a draft on the bookings that are on the ledger, against the rules in force",
		Long: "Every booked item of the ledger is confirmed, completed and cancelled again in memory, on the days it was, once\n" +
			"by each rule set: with all caps, budgets, tiers and seasons. Nothing on the ledger changes.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.file = args[0]
			return a.withRules(cmd.Context(), func(l *rulesLedger) error { return a.simulate(cmd.Context(), l, s) })
		},
	}
	command.Flags().StringVar(&s.against, "against", current, "the `VERSION` to compare with, a number, current or proposal")
	command.Flags().StringVar(&s.from, "from", "", "only what was booked on this `DATE` or later, before any --shift")
	command.Flags().StringVar(&s.until, "until", "", "only what was booked on this `DATE` or earlier, before any --shift")
	command.Flags().IntVar(&s.shift, "shift", 0, "move the bookings by so many `YEARS`, to try next summer on an old one")
	command.Flags().StringVar(&s.csvFile, "csv", "", "also write all figures to this `FILE`")
	command.Flags().StringVar(&s.svgFile, "svg", "", "also draw minted points and liability by month into this `FILE`")
	jsonFlag(command, &s.asJSON)
	return command
}

func (a *app) simulate(ctx context.Context, l *rulesLedger, s simulation) error {
	if err := s.checkFiles(); err != nil {
		return err
	}
	draft, err := readSheet(s.file)
	if err != nil {
		return err
	}
	options := simulate.Options{Shift: s.shift}
	if s.against != current {
		options.Current = sideName(s.against)
	}
	if options.From, err = dayFlag("from", s.from); err != nil {
		return err
	}
	if options.Until, err = dayFlag("until", s.until); err != nil {
		return err
	}
	if err := a.tellSimulated(ctx, l, draft); err != nil {
		return err
	}
	record, err := l.named(ctx, s.against)
	if err != nil {
		return err
	}
	against, err := ruleSet(record)
	if err != nil {
		return err
	}
	history, err := a.readHistoryOfBookings(ctx, l)
	if err != nil {
		return err
	}
	begun := time.Now()
	report, err := a.compare(ctx, history, against, draft.Rules, options)
	if err != nil {
		return err
	}
	if err := s.writeFiles(report); err != nil {
		return err
	}
	if s.asJSON {
		return printJSON(a.out, report)
	}
	for _, part := range report.Tables() {
		t := rightTable(a.out, part.Numbers...)
		t.SetTitle(part.Title)
		t.AppendHeader(toRow(part.Header))
		for _, line := range part.Rows {
			t.AppendRow(toRow(line))
		}
		t.Render()
		for _, note := range part.Notes {
			fmt.Fprintln(a.out, note)
		}
	}
	fmt.Fprintf(a.out, "%d booked items, tried twice in %.1f s.\n", history.Len(), time.Since(begun).Seconds())
	return nil
}

// sideName is what the rules that a draft is compared with are called.
func sideName(against string) string {
	if against == proposal {
		return against
	}
	return "version " + against
}

// tellSimulated tells what else there is to say of a draft that is tried: it need not be fit to be proposed.
func (a *app) tellSimulated(ctx context.Context, l *rulesLedger, draft *sheet.Sheet) error {
	problems, warnings, err := findings(draft)
	if err != nil {
		return err
	}
	a.warn(problems...)
	a.warn(warnings...)
	state, err := l.state(ctx)
	if err != nil {
		return err
	}
	e, err := l.effectsOf(ctx, state, draft.Rules)
	if err != nil {
		return err
	}
	e.print(a, draft)
	return nil
}

// checkFiles keeps one file from taking the place of another.
func (s simulation) checkFiles() error {
	for _, pair := range [][2]string{{s.file, s.csvFile}, {s.file, s.svgFile}, {s.csvFile, s.svgFile}} {
		if pair[0] != "" && filepath.Clean(pair[0]) == filepath.Clean(pair[1]) {
			return fmt.Errorf("%s is named twice: the draft, --csv and --svg must be different files", pair[0])
		}
	}
	return nil
}

func dayFlag(name, text string) (dollars.Date, error) {
	if text == "" {
		return 0, nil
	}
	d, err := dollars.ParseDate(text)
	if err != nil {
		return 0, fmt.Errorf("--%s: %w", name, err)
	}
	return d, nil
}

// readHistoryOfBookings pages all booked items out of the issuer's own state.
func (a *app) readHistoryOfBookings(ctx context.Context, l *rulesLedger) (*simulate.History, error) {
	history := &simulate.History{}
	stop := every(linePeriod, func() { fmt.Fprintln(a.errs, "reading the bookings of the ledger") })
	defer stop()
	for from := ""; ; {
		answer, err := l.admin.EvaluateBy(ctx, issuer, l.chaincode, "Bookings", []byte(from))
		if err != nil {
			return nil, err
		}
		var page contract.BookingsPage
		if err := json.Unmarshal(answer, &page); err != nil {
			return nil, fmt.Errorf("read the bookings: %w", err)
		}
		for _, b := range page.Bookings {
			if err := history.AddState(b.Key, b.Record); err != nil {
				return nil, fmt.Errorf("read the bookings: %w", err)
			}
		}
		if from = page.Next; from == "" {
			return history, nil
		}
	}
}

// compare shows how far the simulation has come, once it knows how far it has to go.
func (a *app) compare(ctx context.Context, h *simulate.History, current, draft earn.RuleSet, o simulate.Options) (simulate.Report, error) {
	var m *meter
	stop := func() {}
	o.Progress = func(done, total int) {
		if m == nil {
			m = &meter{what: "steps", total: total}
			stop = m.show(a.errs)
		}
		m.settled.Store(int64(done))
	}
	defer func() { stop() }()
	return simulate.Compare(ctx, h, current, draft, o)
}

func (s simulation) writeFiles(report simulate.Report) error {
	if s.csvFile != "" {
		if err := writeFile(s.csvFile, report.WriteCSV); err != nil {
			return err
		}
	}
	if s.svgFile == "" {
		return nil
	}
	picture, err := report.Chart()
	if err != nil {
		return err
	}
	return writeFile(s.svgFile, func(w io.Writer) error {
		_, err := w.Write(picture)
		return err
	})
}

// writeFile makes a file of what is written, and says so of errors.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
