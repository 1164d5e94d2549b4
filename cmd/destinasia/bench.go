package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/test/bench/baseline"
)

// benchOptions are how to run the benchmark.
type benchOptions struct {
	quick     bool
	workloads []string
	laps      int
	seconds   int // for how long a round sends
	members   int
	accounts  int // on the ledger before
	json      bool
	file      string // for the JSON, too
	chart     string // a file for the chart
	markdown  bool
}

// What a run takes where no flag says otherwise.
const (
	benchLaps, benchSeconds, benchMembers                = 3, 10, 10_000
	benchQuickLaps, benchQuickSeconds, benchQuickMembers = 1, 2, 2_000

	// benchEventsPerSecond is at what rate award rounds, which are bounded by the number of events, would take their time.
	benchEventsPerSecond = 2_000
)

// workloadRules is the workload that is run only when it is named.
const workloadRules = "rules"

var benchWorkloads = []string{"award", "transfer", "hot-to", "hot-from", "redeem", "mix", "balance", "history"}

// Orders signed ahead take memory, and what members send on one day has a limit. maxRulesLaps is how many laps a new ledger
// can take: warming up takes its first versions of the rules up to the fourth, and a lap two more, since it begins with the
// rules that the one before ended with.
const (
	maxBenchSeconds = 30
	maxBenchLaps    = 20

	// maxBenchAccounts takes a hundred gigabytes, or so.
	maxBenchAccounts = 30_000_000

	maxRulesLaps = (dollars.MaxScheduled - 4) / 2
)

// Where the benchmark's network looks for ports: above those of other networks' default and below those that the system
// hands out.
const firstBenchPort, lastBenchPort = topology.DefaultPortBase + 20*topology.PortSpan, 32_000

func newBenchCommand(a *app) *cobra.Command {
	var o benchOptions
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure what this machine does, on a network of its own",
		Long: "Start a network of its own beside any other, send it booking events and orders signed ahead over its REST API, and run\n" +
			"the same on a baseline contract there, in turns: how much is committed in a second, how long it takes, and what it costs.\n" +
			"The network and all its data are gone afterwards. Network, service and load generator share the machine: leave it alone\n" +
			"meanwhile.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(cmd); err != nil {
				return err
			}
			report, err := a.benchmark(cmd.Context(), o)
			if err != nil {
				return err
			}
			return a.writeBenchmark(report, o)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&o.quick, "quick", false, "one short round of each: under two minutes")
	flags.StringSliceVar(&o.workloads, "workloads", benchWorkloads, "which to run; also "+workloadRules+", which compares rule sets")
	flags.IntVar(&o.laps, "rounds", benchLaps, fmt.Sprintf("how many rounds of each workload and variant (with --quick %d)", benchQuickLaps))
	flags.IntVar(&o.seconds, "seconds", benchSeconds, fmt.Sprintf("for how long a round sends (with --quick %d)", benchQuickSeconds))
	flags.IntVar(&o.accounts, "accounts", 0, "load so many accounts onto the ledger before, and measure that, too")
	flags.BoolVar(&o.markdown, "markdown", false, "print tables as Markdown")
	flags.StringVar(&o.file, "out", "", "also write the figures of every round to a file, as JSON")
	flags.StringVar(&o.chart, "svg", "", "also write a chart to a file, as SVG")
	jsonFlag(command, &o.json)
	a.portFlag(command)
	return command
}

// complete checks the flags, and fills in what --quick changes.
func (o *benchOptions) complete(cmd *cobra.Command) error {
	o.members = benchMembers
	if o.quick {
		o.members = benchQuickMembers
		if !cmd.Flags().Changed("rounds") {
			o.laps = benchQuickLaps
		}
		if !cmd.Flags().Changed("seconds") {
			o.seconds = benchQuickSeconds
		}
	}
	for i, name := range o.workloads {
		switch {
		case name != workloadRules && !slices.Contains(benchWorkloads, name):
			return fmt.Errorf("--workloads: there is no workload %q; there are %s and %s", name, strings.Join(benchWorkloads, ", "), workloadRules)
		case slices.Contains(o.workloads[:i], name):
			return fmt.Errorf("--workloads: %s is named twice", name)
		}
	}
	switch {
	case len(o.workloads) == 0:
		return errors.New("--workloads: name at least one")
	case o.seconds < 1 || o.seconds > maxBenchSeconds:
		return fmt.Errorf("--seconds is from 1 to %d", maxBenchSeconds)
	case o.laps < 1 || o.laps > maxBenchLaps:
		return fmt.Errorf("--rounds is from 1 to %d", maxBenchLaps)
	case o.accounts < 0 || o.accounts > maxBenchAccounts:
		return fmt.Errorf("--accounts is from 0 to %d", maxBenchAccounts)
	case o.laps > maxRulesLaps && slices.Contains(o.workloads, workloadRules):
		return fmt.Errorf("--rounds is from 1 to %d with the workload %s: the ledger takes no more changes of rules within an hour", maxRulesLaps, workloadRules)
	}
	return nil
}

// writeBenchmark prints what was found, and writes it to the files that were asked for.
func (a *app) writeBenchmark(report bench.Report, o benchOptions) error {
	if o.file != "" {
		if err := writeReport(o.file, report); err != nil {
			return err
		}
	}
	if o.chart != "" {
		if err := os.WriteFile(o.chart, bench.Chart(report), 0o644); err != nil {
			return err
		}
	}
	if o.json {
		return printJSON(a.out, report)
	}
	benchPrinter{out: a.out, markdown: o.markdown}.print(report)
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
	own.beside = []string{baseline.Name}
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
		if own.portBase, err = native.FreePorts(firstBenchPort, lastBenchPort); err != nil {
			return report, err
		}
	}
	n, err := own.up(ctx)
	if err != nil {
		return report, err
	}
	if o.accounts > 0 {
		if n, report.Growth, err = own.grow(ctx, n, o.accounts); err != nil {
			return report, err
		}
	}
	b, err := own.newBenchRun(ctx, n, o)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	report.Workloads, err = b.runAll(ctx)
	report.Settings = b.settings()
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
