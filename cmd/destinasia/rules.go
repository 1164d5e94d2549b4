package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/staff"
	"github.com/destinasia/dollars/rules/sheet"
)

func newRulesCommand(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "rules",
		Short: "Check, try out, propose, approve and publish earning rules",
		Long: "Earning rules are decision tables in a YAML or CSV file. A draft is checked and tried on the bookings of the\n" +
			"ledger; then one person proposes it, another approves it, and it is published as the next version.\n" +
			"What the tables may say is on the page docs/rules.md of the project.",
		Args: cobra.NoArgs,
		RunE: showHelp,
	}
	command.AddCommand(
		newRulesListCommand(a), newRulesShowCommand(a), newRulesCheckCommand(a), newRulesSimulateCommand(a),
		newRulesProposeCommand(a), newRulesApproveCommand(a), newRulesPublishCommand(a),
	)
	return command
}

// withRules opens the ledger of the chosen network for a command about rules.
func (a *app) withRules(ctx context.Context, do func(*rulesLedger) error) error {
	n, err := a.open()
	if err != nil {
		return err
	}
	ledger, err := openRulesLedger(n)
	if err != nil {
		return err
	}
	err = errors.Join(do(ledger), ledger.close())
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // gRPC says so in words of its own
	case status.Code(errors.Unwrap(err)) == codes.Unavailable, status.Code(err) == codes.Unavailable:
		return fmt.Errorf("a peer does not answer; see `%s`, and start the network with `%s` (%w)", a.commandLine("status"), a.commandLine("up"), err)
	}
	return err
}

// asFlag names the certificate to act with.
func asFlag(command *cobra.Command, user *string) {
	command.Flags().StringVar(user, "as", *user, "whose certificate to act with")
}

// readSheet reads a file of rules and compiles it.
func readSheet(path string) (*sheet.Sheet, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := readAtMost(file, sheet.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s, err := sheet.Read(path, data)
	if err == nil {
		err = s.Check()
	}
	return s, err
}

func newRulesProposeCommand(a *app) *cobra.Command {
	user, asJSON := planner, false
	command := &cobra.Command{
		Use:   "propose FILE",
		Short: "Propose a rule set as the next version",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.readProposable(args[0])
			if err != nil {
				return err
			}
			return a.withRules(cmd.Context(), func(l *rulesLedger) error {
				state, err := l.state(cmd.Context())
				if err != nil {
					return err
				}
				if err := a.tellEffects(cmd.Context(), l, state, s.Rules, s); err != nil {
					return err
				}
				set := s.Rules.Encode()
				hash := earn.HashOf(set)
				version := state.schedule.Latest() + 1
				if p := state.proposal; p.Version == version && p.Hash() != hash {
					fmt.Fprintf(a.errs, "warning: this takes the place of another proposal (hash %.16s%s)\n", p.Hash().String(), approvedWords[p.Approver != dollars.CertificateID{}])
				}
				applied, err := l.apply(cmd.Context(), user, dollars.ProposeRules{Version: version, Set: set})
				if err != nil {
					return err
				}
				done := newRulesStep("proposed", version, hash, s.Rules.Rows(), user, applied)
				if asJSON {
					return printJSON(a.out, done)
				}
				done.print(a)
				fmt.Fprintf(a.out, "Somebody else approves it with `%s`.\n", a.commandLine("rules approve "+args[0]))
				return nil
			})
		},
	}
	asFlag(command, &user)
	jsonFlag(command, &asJSON)
	return command
}

// approvedWords tell whether a proposal was approved.
var approvedWords = map[bool]string{true: ", which had been approved"}

// tellEffects warns of what a rule set would do, and refuses it where the contract would in the end.
func (a *app) tellEffects(ctx context.Context, l *rulesLedger, state rulesState, set earn.RuleSet, s *sheet.Sheet) error {
	e, err := l.effectsOf(ctx, state, set)
	if err != nil {
		return err
	}
	e.print(a, s)
	return e.refusal()
}

func newRulesApproveCommand(a *app) *cobra.Command {
	return a.newDecisionCommand(decision{
		use: "approve [FILE]", short: "Approve what is proposed, with another certificate than proposed it", done: "approved", user: controller,
		operation: func(version uint32, hash earn.Hash) dollars.Operation {
			return dollars.ApproveRules{Version: version, Hash: hash}
		},
		next: "It is put in force with `%s`.\n", nextCommand: "rules publish",
	})
}

func newRulesPublishCommand(a *app) *cobra.Command {
	return a.newDecisionCommand(decision{
		use: "publish [FILE]", short: "Put what is proposed and approved in force", done: "published", user: controller,
		operation: func(version uint32, hash earn.Hash) dollars.Operation {
			return dollars.PublishRules{Version: version, Hash: hash}
		},
		next: "Bookings confirmed before its start keep their version. See `%s`.\n", nextCommand: "rules list",
	})
}

// decision is what a person decides about the proposal.
type decision struct {
	use, short, done, user string
	operation              func(version uint32, hash earn.Hash) dollars.Operation
	next, nextCommand      string
}

// newDecisionCommand decides about exactly what it shows, and where a file is given, about exactly that.
func (a *app) newDecisionCommand(d decision) *cobra.Command {
	user, asJSON := d.user, false
	command := &cobra.Command{
		Use:   d.use,
		Short: d.short,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRules(cmd.Context(), func(l *rulesLedger) error {
				state, err := l.state(cmd.Context())
				if err != nil {
					return err
				}
				p := state.proposal
				if p.Version == 0 {
					return errors.New("no rules are proposed; see `destinasia rules propose`")
				}
				set, err := ruleSet(p)
				if err != nil {
					return err
				}
				if len(args) > 0 {
					if err := sameAsProposed(args[0], set); err != nil {
						return err
					}
				}
				if !asJSON {
					a.printRuleSet(set)
				}
				if err := a.tellEffects(cmd.Context(), l, state, set, nil); err != nil {
					return err
				}
				applied, err := l.apply(cmd.Context(), user, d.operation(p.Version, p.Hash()))
				if err != nil {
					return err
				}
				done := newRulesStep(d.done, p.Version, p.Hash(), set.Rows(), user, applied)
				if asJSON {
					return printJSON(a.out, done)
				}
				done.print(a)
				fmt.Fprintf(a.out, d.next, a.commandLine(d.nextCommand))
				return nil
			})
		},
	}
	asFlag(command, &user)
	jsonFlag(command, &asJSON)
	return command
}

// sameAsProposed refuses a file that is not what is proposed, and says where it is not.
func sameAsProposed(path string, proposed earn.RuleSet) error {
	s, err := readSheet(path)
	if err != nil {
		return err
	}
	if differences := s.Differences("the proposal", proposed); len(differences) > 0 {
		return fmt.Errorf("%s is not what is proposed; nothing was changed, propose the file again if it is what is wanted:\n%w", path, differences)
	}
	return nil
}

// rulesStep is a step of a rule set on its way into force.
type rulesStep struct {
	Step        string `json:"step"`
	Version     uint32 `json:"version"`
	Hash        string `json:"hash"`
	By          string `json:"by"`
	Repeated    bool   `json:"repeated"` // it had been done before
	Transaction string `json:"transaction"`
	Block       uint64 `json:"block"`
	Rows        int    `json:"rows"`
}

func newRulesStep(step string, version uint32, hash earn.Hash, rows int, user string, applied staff.Applied) rulesStep {
	return rulesStep{
		Step: step, Version: version, Hash: hash.String(), Rows: rows, By: user,
		Repeated: applied.Journal.Entries[0].Outcome == dollars.Duplicate, Transaction: applied.TxID, Block: applied.Block,
	}
}

func (s rulesStep) print(a *app) {
	what := s.Step
	if s.Repeated {
		what += " (it was before)"
	}
	fields{
		{what, fmt.Sprintf("version %d, %d rows, by %s", s.Version, s.Rows, s.By)},
		{"hash", s.Hash},
		{"transaction", fmt.Sprintf("%s in block %d", s.Transaction, s.Block)},
	}.print(a.out)
}

// moment writes a time of the ledger.
func moment(unix int64) string { return localTime(time.Unix(unix, 0)) }
