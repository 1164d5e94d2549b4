package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
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
	root.PersistentFlags().IntVar(&a.portBase, "port-base", 0, "first of the ports of a new network (default 21500)")
	root.AddCommand(
		newDemoCommand(a),
		newUpCommand(a),
		newDownCommand(a),
		newStatusCommand(a),
		newLogsCommand(a),
		newReplayCommand(a),
		newMemberCommand(a),
		newBalanceCommand(a),
		newHistoryCommand(a),
		newSendCommand(a),
		newRedeemCommand(a),
		newOrderCommand(a),
		newServeCommand(),
	)
	return root
}
