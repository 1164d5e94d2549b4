package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but for the process around it; it answers the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	a := &app{out: out, errs: errs}
	root := newRootCommand(a)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(errs, "destinasia: interrupted")
		return 130
	}
	fmt.Fprintln(errs, "destinasia:", err)
	return 1
}

// defaultDir is relative, so that a network belongs to where it was started.
const defaultDir = ".destinasia"

// errReported ends a command with exit code 1 when it has already said why.
var errReported = errors.New("reported")

// app is what all commands share: the flags of the root command, and where to write.
type app struct {
	dir      string
	portBase int
	topology string
	peers    []string  // that are asked for blocks; none for all
	clock    time.Time // of a rehearsal; zero for the present, or wherever the network is
	beside   []string  // chaincodes that a new network runs beside the issuer's
	out      io.Writer // results
	errs     io.Writer // progress and complaints
}

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "destinasia",
		Short:         "Destinasia Dollars: bookings become points on a ledger",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&a.dir, "dir", defaultDir, "directory that holds everything about the network")
	cobra.EnableCommandSorting = false
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"The network:", []*cobra.Command{newDemoCommand(a), newUpCommand(a), newDownCommand(a), newStatusCommand(a), newLogsCommand(a), newBenchCommand(a)}},
		{"Bookings and what they earn:", []*cobra.Command{newReportCommand(a), newReplayCommand(a), newExplainCommand(a), newRulesCommand(a)}},
		{"Members and their points:", []*cobra.Command{
			newMemberCommand(a), newBalanceCommand(a), newHistoryCommand(a), newStatementCommand(a), newSendCommand(a), newRedeemCommand(a),
			newHoldCommand(a), newClaimCommand(a), newVoucherCommand(a), newHouseholdCommand(a), newOrderCommand(a), newReceiptCommand(a),
			newKeyCommand(a), newCustodyCommand(a),
		}},
		{"The catalogue, and what operators do:", []*cobra.Command{
			newRewardCommand(a), newAccountCommand(a), newFreezeCommand(a), newUnfreezeCommand(a), newAdjustmentCommand(a), newRecoveryCommand(a),
			newExpireCommand(a), newRemindersCommand(a),
		}},
		{"The ledger, proven:", []*cobra.Command{newAuditCommand(a), newReconcileCommand(a), newTraceCommand(a)}},
	} {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.title
		}
		root.AddCommand(group.commands...)
	}
	root.AddCommand(newServeCommand())
	explainUsage(root)
	return root
}

// portFlag is for the commands that may make a network.
func (a *app) portFlag(command *cobra.Command) {
	command.Flags().IntVar(&a.portBase, "port-base", 0, "first of the ports of a new network (default 21500)")
}

// showHelp is what a command does that only holds others.
func showHelp(command *cobra.Command, _ []string) error { return command.Help() }

// explainUsage has a command and those below it say how they are used when they are not used so.
func explainUsage(command *cobra.Command) {
	command.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if wrong := (*pflag.InvalidValueError)(nil); errors.As(err, &wrong) {
			err = fmt.Errorf("--%s %q: %w", wrong.GetFlag().Name, wrong.GetValue(), wrong.Unwrap())
		}
		return fmt.Errorf("%w; see `%s --help`", err, c.CommandPath())
	})
	if check := command.Args; check != nil {
		command.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w; it is used as `%s`", err, c.UseLine())
			}
			return nil
		}
	}
	for _, below := range command.Commands() {
		explainUsage(below)
	}
}

// exclusive lets a command have at most one of these flags, and says which to choose between where it has more. Cobra, which
// would say it in other words, is told for the sake of completion.
func exclusive(command *cobra.Command, flags ...string) {
	command.MarkFlagsMutuallyExclusive(flags...)
	command.PreRunE = func(c *cobra.Command, _ []string) error {
		var given []string
		for _, name := range flags {
			if c.Flags().Changed(name) {
				given = append(given, "--"+name)
			}
		}
		if len(given) > 1 {
			return fmt.Errorf("%s exclude each other: give one of them; nothing was done", strings.Join(given, " and "))
		}
		return nil
	}
}
