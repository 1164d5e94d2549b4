package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// statusPatience bounds how long `status` asks a network that may be half dead.
const statusPatience = 10 * time.Second

// ledgerPatience bounds how long `status --ledger` adds up.
const ledgerPatience = 5 * time.Minute

// statusReport is what `status` tells.
type statusReport struct {
	native.Status
	// Assets are what the wallet service says of each asset's supply, as it says it.
	Assets json.RawMessage `json:"assets,omitempty"`
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
				err = a.printStatus(report)
			}
			if err == nil && len(report.Problems) > 0 {
				err = errReported
			}
			return err
		},
	}
	command.Flags().BoolVar(&ledger, "ledger", false, "also add up every key of each organisation's state (some seconds per 100,000 bookings)")
	command.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
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

// askSupply asks the wallet service what exists of each asset.
func askSupply(ctx context.Context, n *native.Network) (json.RawMessage, error) {
	key, err := apiKey(n, roleAuditor)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, restURL(n)+"/v1/ledger/supply", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	var supply struct{ Assets json.RawMessage }
	if err := json.Unmarshal(body, &supply); err != nil {
		return nil, err
	}
	return supply.Assets, nil
}

func (a *app) printStatus(r statusReport) error {
	parts := newTable(a.out)
	parts.AppendHeader(table.Row{"process", "state", "pid", "ports", "up since", "memory"})
	for _, part := range r.Parts {
		row := table.Row{part.Name, "down", "", ports(part.Ports), "", ""}
		if part.Up {
			row = table.Row{part.Name, "up", part.PID, ports(part.Ports), part.Since.Local().Format(time.DateTime), megabytes(part.MemoryBytes)}
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
	if err := a.printAssets(r.Assets); err != nil {
		return err
	}
	a.printLedger(r.Ledger)
	for _, problem := range r.Problems {
		fmt.Fprintf(a.out, "PROBLEM: %s.\n", problem)
	}
	if len(r.Problems) > 0 {
		fmt.Fprintf(a.out, "Try %s, which starts what is missing, or look into %s.\n", a.commandLine("up"), a.commandLine("logs"))
	}
	return nil
}

// printAssets prints the supply of each asset; only what the equation needs, the rest is in the JSON.
func (a *app) printAssets(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	var assets []struct{ Asset, Minted, Reversed, Redeemed, Expired, Outstanding, Pending string }
	if err := json.Unmarshal(raw, &assets); err != nil {
		return fmt.Errorf("supply: %w", err)
	}
	supply := newTable(a.out)
	supply.AppendHeader(table.Row{"asset", "minted", "- reversed", "- redeemed", "- expired", "= outstanding", "pending"})
	for _, s := range assets {
		supply.AppendRow(table.Row{s.Asset, s.Minted, s.Reversed, s.Redeemed, s.Expired, s.Outstanding, s.Pending})
	}
	var right []table.ColumnConfig
	for column := 2; column <= 7; column++ {
		right = append(right, table.ColumnConfig{Number: column, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	supply.SetColumnConfigs(right)
	supply.Render()
	return nil
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
