package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/source"
)

// auditedChaincode is the chaincode whose ledger `audit` derives again.
const auditedChaincode = "dsd"

// auditReport is what `audit` tells.
type auditReport struct {
	Blocks       uint64      `json:"height"`
	HeaderHash   string      `json:"headerHash"`
	StateDigest  string      `json:"stateDigest,omitempty"` // there when all blocks were right
	Keys         int         `json:"keys,omitempty"`
	Transactions int         `json:"transactions"`
	Invalid      int         `json:"invalid"`
	Unjudged     int         `json:"unjudged"` // without effect, by rules the audit does not have
	Operations   int         `json:"operations"`
	Supply       auditSupply `json:"supply"`
	Balanced     bool        `json:"balanced"` // at every height up to this
	Roots        string      `json:"roots"`
	From         []string    `json:"from"`
	Seconds      float64     `json:"seconds"`

	Divergence *auditDivergence `json:"divergence,omitempty"`
}

type auditSupply struct {
	Minted      dollars.Amount `json:"minted"`
	Adjusted    dollars.Amount `json:"adjusted"`
	Reversed    dollars.Amount `json:"reversed"`
	Redeemed    dollars.Amount `json:"redeemed"`
	Expired     dollars.Amount `json:"expired"`
	WrittenOff  dollars.Amount `json:"writtenOff"`
	Held        dollars.Amount `json:"held"`
	Outstanding dollars.Amount `json:"outstanding"`
	Pending     dollars.Amount `json:"pending"`
	Debt        dollars.Amount `json:"debt"`
	Forgiven    dollars.Amount `json:"forgiven"`

	equation string
}

// auditDivergence is the first thing that is wrong.
type auditDivergence struct {
	Block       uint64   `json:"block"`
	Transaction *int     `json:"transaction,omitempty"`
	TxID        string   `json:"txId,omitempty"`
	Key         string   `json:"key,omitempty"`
	Peers       []string `json:"peers,omitempty"` // that differ from each other
	Reason      string   `json:"reason"`
}

func newAuditCommand(a *app) *cobra.Command {
	var blocks, roots string
	asJSON := false
	command := &cobra.Command{
		Use:   "audit",
		Short: "Derive the ledger again from raw blocks; exit code 1 and the first divergence if anything is wrong",
		Long: `Derive the ledger again from raw blocks and believe nothing but the trust roots: hashes, signatures, endorsements and
validity are checked, and every batch is executed again and compared with what is recorded. Without --blocks the peers
of every organisation of the running network are asked, and must have the same blocks.

--roots names a directory with the organisations' root certificates (*.pem), with genesis.block, or both; or a network's
material, in its directory. Without it the network's own material is trusted.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			trusted, err := a.auditRoots(roots)
			if err != nil {
				return err
			}
			from, err := a.auditSource(cmd.Context(), blocks)
			if err != nil {
				return err
			}
			defer from.close()
			return a.audit(cmd.Context(), trusted, from, asJSON)
		},
	}
	command.Flags().StringVar(&blocks, "blocks", "", "directory of block files, as the command audit export blocks writes them, instead of the network")
	command.Flags().StringVar(&roots, "roots", "", "directory of what to trust (default the network's own material)")
	jsonFlag(command, &asJSON)
	command.AddCommand(newAuditExportCommand(a))
	return command
}

func (a *app) audit(ctx context.Context, trusted trustRoots, from auditSource, asJSON bool) error {
	m := &meter{what: "blocks", total: from.height}
	stop := m.show(a.errs)
	begun := time.Now()
	found, err := audit.Run(ctx, from, audit.Options{
		Roots: trusted.Roots, Chaincode: auditedChaincode,
		Progress: func(r audit.Report) {
			m.sent.Store(int64(r.Height))
			m.settled.Store(int64(r.Height))
		},
	})
	stop()
	diverged := divergenceOf(err)
	if err != nil && diverged == nil {
		return err // nothing is known of the ledger
	}
	report := newAuditReport(found)
	report.Balanced = err == nil
	report.Roots, report.From, report.Seconds = trusted.String(), from.names, time.Since(begun).Seconds()
	report.Divergence = diverged
	if err == nil {
		report.StateDigest, report.Keys = hex.EncodeToString(found.StateDigest[:]), found.Keys
	}
	if asJSON {
		if printErr := printJSON(a.out, report); printErr != nil {
			return printErr
		}
		if diverged != nil {
			return errReported
		}
		return nil
	}
	if diverged != nil {
		fmt.Fprintf(a.out, "%d blocks are right; what comes after them is not looked at.\n", report.Blocks)
		return fmt.Errorf("first divergence: %w", err)
	}
	a.printAudit(report)
	return nil
}

func newAuditReport(r audit.Report) auditReport {
	return auditReport{
		Blocks: r.Height, HeaderHash: hex.EncodeToString(r.HeaderHash[:]),
		Transactions: r.Transactions, Invalid: r.Invalid, Unjudged: r.Unjudged, Operations: r.Operations,
		Supply: auditSupply{
			Minted: r.Supply.Minted, Reversed: r.Supply.Reversed, Redeemed: r.Supply.Redeemed, Expired: r.Supply.Expired,
			Adjusted: r.Supply.Adjusted, WrittenOff: r.Supply.WrittenOff, Held: r.Supply.Held, Outstanding: r.Outstanding,
			Pending: r.Supply.Pending, Debt: r.Supply.Debt, Forgiven: r.Supply.Forgiven, equation: r.Supply.Equation(),
		},
	}
}

// divergenceOf tells whether an audit ended because the ledger is wrong, and not because it could not be read.
func divergenceOf(err error) *auditDivergence {
	var one *audit.Divergence
	var two *source.Difference
	switch {
	case errors.As(err, &one):
		d := &auditDivergence{Block: one.Block, TxID: one.TxID, Key: one.Key, Reason: one.Reason}
		if one.Transaction >= 0 {
			d.Transaction = &one.Transaction
		}
		return d
	case errors.As(err, &two):
		return &auditDivergence{Block: two.Block, Peers: two.Peers[:], Reason: two.Reason}
	}
	return nil
}

func (a *app) printAudit(r auditReport) {
	s := r.Supply
	transactions := fmt.Sprintf("%d, %d of them rightly marked invalid", r.Transactions, r.Invalid)
	if r.Unjudged > 0 {
		transactions += fmt.Sprintf(", %d without effect that this audit has no rules for", r.Unjudged)
	}
	list := fields{
		{"height", fmt.Sprintf("%d blocks", r.Blocks)},
		{"last header", r.HeaderHash},
		{"state digest", fmt.Sprintf("%s (%d keys)", r.StateDigest, r.Keys)},
		{"transactions", transactions},
		{"operations", fmt.Sprintf("%d executed again, %.0f/s", r.Operations, float64(r.Operations)/max(r.Seconds, 0.001))},
		{"supply, in D$", s.equation},
		{"books", "balanced at every height"},
		{"trusted", r.Roots},
	}
	for _, name := range r.From {
		list = append(list, field{"blocks of", name})
	}
	list.print(a.out)
}
