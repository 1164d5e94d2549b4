package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/rules/lint"
	"github.com/destinasia/dollars/rules/sheet"
)

// checkedRules is what `rules check` tells.
type checkedRules struct {
	File     string         `json:"file"`
	Hash     string         `json:"hash,omitempty"` // there when it compiles
	Rows     int            `json:"rows"`
	Problems []rulesProblem `json:"problems"` // none where the file can be proposed
	Warnings []rulesProblem `json:"warnings"`
}

// rulesProblem is something about a place of the file.
type rulesProblem struct {
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Table  string `json:"table,omitempty"`
	Row    string `json:"row,omitempty"`
	Tier   string `json:"tier,omitempty"`
	Field  string `json:"field,omitempty"`
	Detail string `json:"detail"`

	text string // all of it in a line
}

func newRulesProblem(p sheet.Problem) rulesProblem {
	return rulesProblem{p.Line, p.Column, p.Table, p.Row, p.Tier, p.Field, p.Detail, p.Error()}
}

func newRulesCheckCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a file of rules: every cell, rows that can never match, overlaps",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			report, s, err := checkRules(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(a.out, report)
			} else {
				a.printChecked(report, s)
			}
			if err == nil && len(report.Problems) > 0 {
				err = errReported
			}
			return err
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

// checkRules finds everything there is to say of a file. The sheet is there only if it compiles.
func checkRules(path string) (checkedRules, *sheet.Sheet, error) {
	report := checkedRules{File: path, Problems: []rulesProblem{}, Warnings: []rulesProblem{}}
	s, err := readSheet(path)
	var problems sheet.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			report.Problems = append(report.Problems, newRulesProblem(p))
		}
		return report, nil, nil
	case err != nil:
		return report, nil, err
	}
	report.Hash = earn.HashOf(s.Rules.Encode()).String()
	report.Rows = s.Rules.Rows()
	found, warnings, err := findings(s)
	report.Problems = append(report.Problems, found...)
	report.Warnings = append(report.Warnings, warnings...)
	return report, s, err
}

// findings are what cannot be meant in a sheet that compiles, and what is doubtful.
func findings(s *sheet.Sheet) (problems, warnings []rulesProblem, err error) {
	e, err := earn.Compile(s.Rules)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range lint.Check(e, time.Now().Unix()) {
		p := newRulesProblem(sheet.Problem{Place: s.Place(f.Table, f.Row, f.Column), Detail: f.Detail})
		if f.Severity == lint.Error {
			problems = append(problems, p)
		} else {
			warnings = append(warnings, p)
		}
	}
	return problems, warnings, nil
}

// warn tells what does not keep anybody from going on.
func (a *app) warn(about ...rulesProblem) {
	for _, p := range about {
		fmt.Fprintln(a.errs, "warning:", p.text)
	}
}

func (a *app) printChecked(report checkedRules, s *sheet.Sheet) {
	for _, p := range report.Problems {
		fmt.Fprintln(a.errs, p.text)
	}
	a.warn(report.Warnings...)
	if len(report.Problems) > 0 {
		fmt.Fprintf(a.errs, "%s cannot be proposed. Problems: %d\n", report.File, len(report.Problems))
		if s == nil {
			fmt.Fprintln(a.errs, "More may be found once these are mended: rows that never match and overlaps are looked for last.")
		}
		return
	}
	a.printRuleSet(s.Rules)
	fmt.Fprintf(a.out, "%s can be proposed. Rows: %d, warnings: %d, hash: %s\n", report.File, report.Rows, len(report.Warnings), report.Hash)
}

// readProposable reads a file that could be proposed, and tells what is doubtful about it.
func (a *app) readProposable(path string) (*sheet.Sheet, error) {
	report, s, err := checkRules(path)
	if err != nil {
		return nil, err
	}
	a.warn(report.Warnings...)
	var errs []error
	for _, p := range report.Problems {
		errs = append(errs, errors.New(p.text))
	}
	if len(errs) > 0 {
		return nil, errors.Join(append(errs, errors.New("nothing was proposed"))...)
	}
	return s, nil
}
