package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/wallet-api/client"
)

// statusPatience bounds how long `status` asks a network that may be half dead.
const statusPatience = 10 * time.Second

// ledgerPatience bounds how long `status --ledger` adds up.
const ledgerPatience = 5 * time.Minute

// statusReport is what `status` tells.
type statusReport struct {
	native.Status
	// Assets are what the wallet service says of each asset's supply.
	Assets []client.AssetSupply `json:"assets,omitempty"`
	// Ledger is what each organisation's state adds up to, when it was asked for.
	Ledger []ledgerSums `json:"ledger,omitempty"`
}

func newStatusCommand(a *app) *cobra.Command {
	asJSON, ledger := false, false
	command := &cobra.Command{
		Use:   "status",
		Short: "Tell how the network is doing; exit code 1 if anything is wrong",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := a.open()
			if err != nil {
				return err
			}
			patience := statusPatience
			if ledger {
				patience = ledgerPatience
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			report := statusReport{Status: n.Status(ctx)}
			if walletRuns(report.Status) {
				if err := askReady(ctx, n); err != nil {
					report.Problems = append(report.Problems, "the wallet service is not ready: "+err.Error())
				}
				if report.Assets, err = askSupply(ctx, n); err != nil {
					report.Problems = append(report.Problems, "the wallet service does not tell the supply: "+err.Error())
				}
			}
			if ledger && err == nil && len(report.Problems) == 0 {
				if report.Ledger, err = askLedger(ctx, n); err != nil {
					report.Problems = append(report.Problems, err.Error())
				}
			}
			if asJSON {
				err = printJSON(a.out, report)
			} else {
				a.printStatus(report)
			}
			if err == nil && len(report.Problems) > 0 {
				err = errReported
			}
			return err
		},
	}
	command.Flags().BoolVar(&ledger, "ledger", false, "also add up every key of each organisation's state (some seconds per 100,000 bookings)")
	jsonFlag(command, &asJSON)
	return command
}

func walletRuns(s native.Status) bool {
	for _, part := range s.Parts {
		if part.Name == topology.Wallet {
			return part.Up
		}
	}
	return false
}

// askReady asks the wallet service, once, whether it can serve: whether its views are what the ledger is, or how far they are.
func askReady(ctx context.Context, n *native.Network) error {
	auditor, err := connect(n, roleAuditor, -1)
	if err != nil {
		return err
	}
	return auditor.Ready(ctx)
}

// askSupply asks the wallet service, once, what exists of each asset.
func askSupply(ctx context.Context, n *native.Network) ([]client.AssetSupply, error) {
	auditor, err := connect(n, roleAuditor, -1)
	if err != nil {
		return nil, err
	}
	return auditor.Supply(ctx)
}

func (a *app) printStatus(r statusReport) {
	a.printRehearsal(r.Time)
	parts := newTable(a.out)
	parts.AppendHeader(table.Row{"process", "state", "pid", "ports", "up since", "memory"})
	for _, part := range r.Parts {
		row := table.Row{part.Name, "down", "", ports(part.Ports), "", ""}
		if part.Up {
			row = table.Row{part.Name, "up", part.PID, ports(part.Ports), localTime(part.Since), megabytes(part.MemoryBytes)}
		}
		parts.AppendRow(row)
	}
	parts.Render()
	for _, part := range r.Parts {
		if height, known := r.Heights[part.Name]; known {
			fmt.Fprintf(a.out, "%s: %d blocks.\n", part.Name, height)
		}
	}
	for name, version := range r.Committed {
		fmt.Fprintf(a.out, "Chaincode %s %s is committed.\n", name, version)
	}
	a.printAssets(r.Assets)
	a.printLedger(r.Ledger)
	for _, problem := range r.Problems {
		fmt.Fprintf(a.out, "PROBLEM: %s.\n", problem)
	}
	if len(r.Problems) > 0 {
		fmt.Fprintf(a.out, "Try %s, which starts what is missing, or look into %s.\n", a.commandLine("up"), a.commandLine("logs"))
	}
}

// printAssets prints the supply of each asset; what else is counted is in the JSON.
func (a *app) printAssets(assets []client.AssetSupply) {
	for _, s := range assets {
		fmt.Fprintf(a.out, "%s: %s Pending: %s.\n", s.Asset, equation(s), s.Pending)
	}
}

// newTable is a table in the style all commands share.
func newTable(out io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}

func ports(numbers []int) string {
	var list []string
	for _, number := range numbers {
		list = append(list, strconv.Itoa(number))
	}
	return strings.Join(list, " ")
}

func megabytes(bytes uint64) string { return fmt.Sprintf("%d MB", bytes>>20) }
