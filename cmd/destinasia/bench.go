package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// benchOptions are how to run the benchmark.
type benchOptions struct {
	quick    bool
	events   int // of a round
	rounds   int // under each rule set
	json     bool
	file     string // for the JSON, too
	markdown bool
}

// What a run takes where no flag says otherwise.
const (
	benchEvents, benchRounds           = 20_000, 6
	benchQuickEvents, benchQuickRounds = 8_000, 3
)

// maxBenchRounds is how many laps a new ledger can take: warming up takes its first versions of the rules up to the
// fourth, and a lap two more, since it begins with the rules that the one before ended with.
const maxBenchRounds = (dollars.MaxScheduled - 4) / 2

func newBenchCommand(a *app) *cobra.Command {
	var o benchOptions
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure what this machine does, on a network of its own",
		Long: "Start a network of its own beside any other, confirm and complete bookings over its REST API under the standard\n" +
			"rules, a table of 50 rows, and the same with limits, in turns, and compare. The network and all its data are gone\n" +
			"afterwards. Network, service and load generator share the machine: leave it alone meanwhile.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(cmd); err != nil {
				return err
			}
			report, err := a.benchmark(cmd.Context(), o)
			if err != nil {
				return err
			}
			if o.file != "" {
				if err := writeReport(o.file, report); err != nil {
					return err
				}
			}
			if o.json {
				return printJSON(a.out, report)
			}
			benchPrinter{out: a.out, markdown: o.markdown}.print(report)
			return nil
		},
	}
	flags := command.Flags()
	flags.BoolVar(&o.quick, "quick", false, "fewer and shorter rounds: under two minutes")
	flags.IntVar(&o.events, "events", benchEvents, fmt.Sprintf("how many events to send in a round (with --quick %d)", benchQuickEvents))
	flags.IntVar(&o.rounds, "rounds", benchRounds, fmt.Sprintf("how many rounds under each rule set (with --quick %d)", benchQuickRounds))
	flags.BoolVar(&o.markdown, "markdown", false, "print tables as Markdown")
	flags.StringVar(&o.file, "out", "", "also write the figures of every round to a file, as JSON")
	jsonFlag(command, &o.json)
	a.portFlag(command)
	return command
}

// complete checks the flags, and fills in what --quick changes.
func (o *benchOptions) complete(cmd *cobra.Command) error {
	if o.quick && !cmd.Flags().Changed("events") {
		o.events = benchQuickEvents
	}
	if o.quick && !cmd.Flags().Changed("rounds") {
		o.rounds = benchQuickRounds
	}
	switch {
	case o.events < 2 || o.events > 1_000_000:
		return errors.New("--events is from 2 to 1000000")
	case o.rounds < 1 || o.rounds > maxBenchRounds:
		return fmt.Errorf("--rounds is from 1 to %d: the ledger takes no more changes of rules within an hour", maxBenchRounds)
	}
	return nil
}

func writeReport(path string, report bench.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(printJSON(file, report), file.Close())
}

// benchmark runs the benchmark on a network that it starts and ends, however the run goes. Where it fails, the
// network's logs stay.
func (a *app) benchmark(ctx context.Context, o benchOptions) (report bench.Report, err error) {
	own := *a
	if own.dir, err = os.MkdirTemp("", "destinasia-bench-"); err != nil {
		return report, err
	}
	report.Machine = bench.ThisMachine()
	defer func() {
		if ctx.Err() != nil {
			err = ctx.Err() // Whatever failed for that reason has other words for it.
		}
		err = errors.Join(err, own.endBenchmark(err != nil && ctx.Err() == nil))
	}()
	if own.portBase == 0 {
		if own.portBase, err = freePorts(); err != nil {
			return report, err
		}
	}
	n, err := own.up(ctx)
	if err != nil {
		return report, err
	}
	award, err := own.benchAward(ctx, n, o)
	report.Workloads = append(report.Workloads, award)
	return report, err
}

// endBenchmark stops the network, also after an interrupt, and removes its directory unless somebody should look there.
func (a *app) endBenchmark(keep bool) error {
	progress := newStages(a.errs)
	_, err := native.Down(a.dir, progress)
	progress.End()
	switch {
	case errors.Is(err, native.ErrNoNetwork):
		return os.RemoveAll(a.dir)
	case err != nil:
		return fmt.Errorf("stop the benchmark's network (try `destinasia down --dir %s`): %w", a.dir, err)
	case keep:
		fmt.Fprintf(a.errs, "What the network left is in %s; remove it when you have seen its logs.\n", a.dir)
		return nil
	}
	return os.RemoveAll(a.dir)
}

// freePorts finds a stretch of ports that nobody listens on, above those of other networks' default and below those
// the system hands out.
func freePorts() (base int, err error) {
	const first, last = topology.DefaultPortBase + 20*topology.PortSpan, 32_000
	for base = first; base < last; base += topology.PortSpan {
		if portsFree(base) {
			return base, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row from %d to %d; choose some with --port-base", topology.PortSpan, first, last)
}

func portsFree(base int) bool {
	for port := base; port < base+topology.PortSpan; port++ {
		listener, err := net.Listen("tcp", topology.Address(port))
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}
