package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/trace"
)

// Bounds of what `trace` shows unless it is asked for more.
const (
	traceDepth   = 12
	traceBreadth = 20
	traceNodes   = 400
	deepestTrace = 1_000
)

// tracing is what to trace, and how much of it to show.
type tracing struct {
	auditedLedger
	subject, source, item string
	limits                trace.Limits
	all, json             bool
}

// traced is what `trace` tells.
type traced struct {
	trace.Answer
	Height      uint64 `json:"height"`
	HeaderHash  string `json:"headerHash"`
	StateDigest string `json:"stateDigest"`
}

func newTraceCommand(a *app) *cobra.Command {
	t := tracing{}
	command := &cobra.Command{
		Use:   "trace ACCOUNT|BOOKING|ORDER|TX",
		Short: "Follow points from the booking that earned them to where they are now, and back",
		Long: `Follow points from the booking that earned them to where they are now, and back: an account, a booking, an order (or hold), an
adjustment or a transaction, as trees. An id is known by its form, in full or by its first 8 digits or more, as the trees
have them. A booking is also found by the name that its booking system uses, and, where nothing else is called so and the
wallet service runs, an account by its member.

Points of one account and month are alike. Which of them were spent is told by a rule: as far as the ledger itself says so,
its word, and otherwise what came first. It is checked at every height against what the ledger has.

` + aboutHeight,
		Example: "  destinasia trace s0000000000000000-000614\n  destinasia trace 0x23831c302495… --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t.subject = args[0]
			switch deep := cmd.Flags().Changed("depth"); {
			case deep && (t.limits.Depth < 1 || t.limits.Depth > deepestTrace):
				return fmt.Errorf("--depth is a number from 1 to %d; nothing was traced", deepestTrace)
			case t.limits.Breadth < 1:
				return errors.New("--breadth is a number above 0; nothing was traced")
			case t.all && !deep:
				t.limits.Depth = deepestTrace
			}
			if t.limits.Nodes = traceNodes; t.all {
				t.limits.Breadth, t.limits.Nodes = 0, 0
			}
			return a.trace(cmd.Context(), t)
		},
	}
	t.flags(a, command)
	flags := command.Flags()
	flags.StringVar(&t.source, "source", "", "the booking system of a booking named as in its events (default those of demo and replay)")
	flags.StringVar(&t.item, "item", "", "one `ITEM` of such a booking")
	flags.IntVar(&t.limits.Depth, "depth", traceDepth, "how many movements to follow one after the other")
	flags.IntVar(&t.limits.Breadth, "breadth", traceBreadth, "how many movements to show side by side")
	flags.BoolVar(&t.all, "all", false, "show everything")
	jsonFlag(command, &t.json)
	return command
}

func (a *app) trace(ctx context.Context, t tracing) error {
	trusted, from, err := t.open(ctx, a)
	if err != nil {
		return diverged(err, nothingTold)
	}
	defer from.close()
	graph := trace.New()
	o, stop := a.auditOptions(trusted, from)
	o.Applied = graph.Add
	found, err := audit.Run(ctx, from, o)
	stop()
	if err != nil {
		return diverged(err, nothingTold)
	}
	subject, err := a.traceSubject(ctx, graph, t)
	if err != nil {
		return err
	}
	answer := graph.Trace(subject, t.limits)
	if t.json {
		return printJSON(a.out, traced{
			Answer: answer, Height: found.Height, HeaderHash: hex.EncodeToString(found.HeaderHash[:]),
			StateDigest: hex.EncodeToString(found.StateDigest[:]),
		})
	}
	fmt.Fprint(a.out, answer.Text())
	if answer.Bounded() {
		fmt.Fprintln(a.out, "\nSome of it is left out; --all shows everything.")
	}
	fmt.Fprintf(a.out, "\nTrue at height %d, header %x, state %x.\n", found.Height, found.HeaderHash, found.StateDigest)
	return nil
}

// traceSubject finds what is meant by a text.
func (a *app) traceSubject(ctx context.Context, g *trace.Graph, t tracing) (trace.Subject, error) {
	var list []trace.Subject
	if t.source == "" && t.item == "" {
		list = g.Find(t.subject)
	}
	sources := knownSources
	if t.source != "" {
		sources = []string{t.source}
	}
	for _, source := range sources {
		if s, known := g.FindBooking(source, t.subject, t.item); known {
			list = append(list, s)
		}
	}
	switch len(list) {
	case 0:
		return a.traceMember(ctx, g, t, sources)
	case 1:
		return list[0], nil
	}
	var names strings.Builder
	for _, s := range list[:min(len(list), traceBreadth)] {
		fmt.Fprintf(&names, "\n  %s", s)
	}
	return trace.Subject{}, fmt.Errorf("%q can be %d things on this ledger; name one of them in full, or --source:%s", t.subject, len(list), names.String())
}

// traceMember takes a text that nothing on the ledger goes by for a member's id, where there is somebody to ask.
func (a *app) traceMember(ctx context.Context, g *trace.Graph, t tracing, sources []string) (trace.Subject, error) {
	unknown := fmt.Errorf("%q is nothing on this ledger: neither the beginning (8 digits or more) of the id of an account, order or adjustment (0x...), of a transaction or of a booking's hash, nor a booking of the source %s (name another with --source)",
		t.subject, strings.Join(sources, " or "))
	if len(g.Find("0x"+t.subject)) > 0 {
		return trace.Subject{}, fmt.Errorf("%w; 0x%s is something: was the 0x left out?", unknown, t.subject)
	}
	if t.blocks != "" || t.source != "" || t.item != "" || strings.HasPrefix(t.subject, "0x") {
		return trace.Subject{}, unknown
	}
	n, err := a.open()
	if err != nil {
		return trace.Subject{}, unknown
	}
	account, err := a.accountNamed(ctx, n, t.subject)
	if err != nil {
		return trace.Subject{}, fmt.Errorf("%w; nor is it a member: %w", unknown, err)
	}
	s, known := g.FindAccount(account)
	if !known {
		return s, fmt.Errorf("nothing has happened to %s, the account of %s", account, t.subject)
	}
	return s, nil
}
