package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/sheet"
)

// listedRules is a line of `rules list`.
type listedRules struct {
	Version   uint32     `json:"version"`
	State     string     `json:"state,omitempty"` // in force, scheduled, past, replaced, proposed or approved
	Hash      string     `json:"hash"`
	Name      string     `json:"name"`
	Rows      int        `json:"rows"`
	Starts    *time.Time `json:"starts,omitempty"`
	Published *time.Time `json:"published,omitempty"`
}

func newRulesListCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "list",
		Short: "List the versions of the rules, and what is proposed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withRules(cmd.Context(), func(l *rulesLedger) error {
				list, err := listRules(cmd.Context(), l)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(a.out, struct {
						Rules []listedRules `json:"rules"`
					}{list})
				}
				a.printListedRules(list)
				return nil
			})
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

func listRules(ctx context.Context, l *rulesLedger) ([]listedRules, error) {
	state, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	now := l.network.Now().Unix()
	inForce := state.schedule.At(now).Version
	list := []listedRules{}
	for n := uint32(1); n <= state.schedule.Latest(); n++ {
		r, err := l.version(ctx, n)
		if err != nil {
			return nil, err
		}
		line, err := listed(r)
		if err != nil {
			return nil, err
		}
		switch {
		case n == inForce:
			line.State = "in force"
		case r.Starts > now:
			line.State = "scheduled"
		default:
			line.State = "past"
		}
		for i := range list {
			// Whose start was not before a later version's start never came into force.
			if earlier := &list[i]; !earlier.Starts.Before(*line.Starts) {
				earlier.State = fmt.Sprintf("replaced by %d before its start", n)
			}
		}
		list = append(list, line)
	}
	if state.proposal.Version == 0 {
		return list, nil
	}
	line, err := listed(state.proposal)
	line.State = "proposed"
	if state.proposal.Approver != (dollars.CertificateID{}) {
		line.State = "approved"
	}
	return append(list, line), err
}

func listed(r dollars.RulesRecord) (listedRules, error) {
	set, err := ruleSet(r)
	if err != nil {
		return listedRules{}, err
	}
	line := listedRules{Version: r.Version, Hash: r.Hash().String(), Name: set.Name, Rows: set.Rows()}
	if r.Published != 0 {
		starts, published := time.Unix(r.Starts, 0).UTC(), time.Unix(r.Published, 0).UTC()
		line.Starts, line.Published = &starts, &published
	}
	return line, nil
}

func (a *app) printListedRules(list []listedRules) {
	t := rightTable(a.out, 1, 4)
	t.AppendHeader(table.Row{"version", "state", "name", "rows", "starts", "hash"})
	for _, r := range list {
		starts := ""
		if r.Starts != nil {
			starts = moment(r.Starts.Unix())
		}
		t.AppendRow(table.Row{r.Version, r.State, r.Name, r.Rows, starts, r.Hash[:16]})
	}
	t.Render()
}

func newRulesShowCommand(a *app) *cobra.Command {
	formats := map[string]*bool{"yaml": new(bool), "csv": new(bool), "json": new(bool)}
	command := &cobra.Command{
		Use:   "show [VERSION|proposal]",
		Short: "Show a version of the rules: that in force, unless another is named",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRules(cmd.Context(), func(l *rulesLedger) error {
				which := ""
				if len(args) > 0 {
					which = args[0]
				}
				r, err := l.named(cmd.Context(), which)
				if err != nil {
					return err
				}
				set, err := ruleSet(r)
				if err != nil {
					return err
				}
				switch {
				case *formats["yaml"]:
					return sheet.WriteYAML(a.out, set)
				case *formats["csv"]:
					return sheet.WriteCSV(a.out, set)
				case *formats["json"]:
					return a.printRulesJSON(r)
				}
				a.printRules(r, set)
				return nil
			})
		},
	}
	command.Flags().BoolVar(formats["yaml"], "yaml", false, "print as YAML, to be edited and proposed")
	command.Flags().BoolVar(formats["csv"], "csv", false, "print as CSV, to be edited and proposed")
	jsonFlag(command, formats["json"])
	exclusive(command, "yaml", "csv", "json")
	return command
}

// named finds a version by number, the one in force where none is named, or what is proposed.
func (l *rulesLedger) named(ctx context.Context, which string) (dollars.RulesRecord, error) {
	switch which {
	case "", current:
		return l.inForce(ctx)
	case proposal:
		s, err := l.state(ctx)
		if err == nil && s.proposal.Version == 0 {
			err = errors.New("no rules are proposed")
		}
		return s.proposal, err
	}
	n, err := strconv.ParseUint(which, 10, 32)
	if err != nil {
		return dollars.RulesRecord{}, fmt.Errorf("%q is no version: name a number, `current` or `proposal`", which)
	}
	return l.version(ctx, uint32(n))
}

func (a *app) printRulesJSON(r dollars.RulesRecord) error {
	line, err := listed(r)
	if err != nil {
		return err
	}
	return printJSON(a.out, struct {
		listedRules
		Set json.RawMessage `json:"set"`
	}{line, r.Set})
}

func (a *app) printRules(r dollars.RulesRecord, set earn.RuleSet) {
	about := fields{{"version", strconv.Itoa(int(r.Version))}, {"hash", r.Hash().String()}, {"proposed by", "certificate " + r.Proposer.String()[:16]}}
	if r.Approver != (dollars.CertificateID{}) {
		about = append(about, field{"approved by", "certificate " + r.Approver.String()[:16]})
	}
	if r.Published != 0 {
		about = append(about, field{"published", moment(r.Published)}, field{"in force from", moment(r.Starts)})
	}
	about.print(a.out)
	a.printRuleSet(set)
}

// printRuleSet shows the rows as they are in the file.
func (a *app) printRuleSet(set earn.RuleSet) {
	fmt.Fprintf(a.out, "%s, prices in %s\n", set.Name, set.Currency)
	for _, level := range set.Tiers {
		var reached []string
		if level.Points > 0 {
			reached = append(reached, "D$ "+level.Points.String())
		}
		if level.Nights > 0 {
			reached = append(reached, fmt.Sprintf("nights: %d", level.Nights))
		}
		fmt.Fprintf(a.out, "tier %s: from %s in twelve months\n", level.Tier, strings.Join(reached, " or "))
	}
	for _, says := range set.Policy.Sentences() {
		fmt.Fprintf(a.out, "accounts: %s\n", says)
	}
	for _, rules := range set.Tables {
		columns, cells := sheet.Grid(rules)
		t := newTable(a.out)
		t.SetTitle(fmt.Sprintf("%s (%s)", rules.Name, describeTable(rules)))
		t.AppendHeader(toRow(columns))
		for _, line := range cells {
			t.AppendRow(toRow(line))
		}
		t.Render()
	}
}

func describeTable(t earn.Table) string {
	text := map[earn.HitPolicy]string{
		earn.First: "the first row that matches", earn.Unique: "the one row that matches", earn.Collect: "all rows that match, added up",
	}[t.Hit]
	if t.Rounding != "" {
		text += ", rounded " + string(t.Rounding)
	}
	return text
}

func toRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return row
}

// readAtMost reads all there is, unless it is more than so many bytes.
func readAtMost(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("it has more than %d bytes", limit)
	}
	return data, err
}
