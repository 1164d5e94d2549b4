package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/source"
	"github.com/destinasia/dollars/network/material"
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

	// Believed is the checkpoint whose blocks were not looked at again; without one all were.
	Believed *auditCheckpoint `json:"believed,omitempty"`
	// Checkpoint is the one that was left.
	Checkpoint *auditCheckpoint `json:"checkpoint,omitempty"`
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
	Wrong       []string `json:"wrong,omitempty"` // of these, as far as it can be known
	Reason      string   `json:"reason"`
}

// auditCommand is what to audit, and how.
type auditCommand struct {
	*app
	blocks, roots string
	asJSON        bool
	keeping       keeping
	follow        bool
	metrics       string
}

func newAuditCommand(a *app) *cobra.Command {
	c := &auditCommand{app: a}
	command := &cobra.Command{
		Use:   "audit",
		Short: "Derive the ledger again from raw blocks; exit code 1 and the first divergence if anything is wrong",
		Long: `Derive the ledger again from raw blocks and believe nothing but the trust roots: hashes, signatures, endorsements and
validity are checked, and every batch is executed again and compared with what is recorded. Without --blocks the peers
of every organisation of the running network are asked, and must have the same blocks; one that differs is named. --peer
asks only those it names, for when one of them is down, or only one is to be looked at.

--roots names a directory with the organisations' root certificates (*.pem), with genesis.block, or both; or a network's
material, in its directory. Without it the network's own material is trusted.

--checkpoint DIR goes on from the checkpoint in a directory, if there is one, and leaves one there: at the end, when it is
interrupted, and every so often. A checkpoint says what the ledger came to at a height, and holds the state from which to go
on; the auditor of a member organisation signs it, and it is checked against the trust roots before it is believed. The
output says which blocks were derived now, and for which the checkpoint is believed. Of later blocks nothing less is
checked. Delete the directory, or leave the flag out, to derive everything.

--follow audits blocks as they come, until it is interrupted. A peer that goes away is asked again, and what it missed is
compared when it is back. On the first divergence a line with the words "ALERT divergence" is printed (with --json an object
with "event":"divergence"; there is one object per event), and the command ends with exit code 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	flags := command.Flags()
	flags.StringVar(&c.blocks, "blocks", "", "directory of block files, as the command audit export blocks writes them, instead of the network")
	flags.StringVar(&c.roots, "roots", "", "directory of what to trust (default the network's own material)")
	a.peerFlag(command)
	c.keeping.flags(flags)
	flags.BoolVar(&c.follow, "follow", false, "audit blocks as they come, until it is interrupted")
	flags.StringVar(&c.metrics, "metrics", "", "serve metrics for Prometheus at this address while following, such as 127.0.0.1:9400")
	exclusive(command, "follow", "blocks")
	jsonFlag(command, &c.asJSON)
	command.AddCommand(newAuditExportCommand(a))
	return command
}

func (c *auditCommand) run(ctx context.Context) error {
	if c.metrics != "" && !c.follow {
		return errors.New("--metrics is for an audit that goes on; add --follow")
	}
	trusted, err := c.auditRoots(c.roots)
	if err != nil {
		return err
	}
	if trusted.Genesis == nil {
		fmt.Fprintf(c.errs, "Only certificates are trusted: what the channel's policies are is believed of whoever made its genesis block. To trust one genesis block alone, put it into %s as %s.\n",
			trusted.where, filepath.Base(material.Layout(trusted.where).Genesis()))
	}
	kept, err := c.keeping.open(c.app, trusted)
	if err != nil {
		return err
	}
	if c.follow {
		return c.followLedger(ctx, trusted, kept)
	}
	from, err := c.auditSourceFrom(ctx, c.blocks, kept.first())
	if err != nil {
		return err
	}
	defer from.close()
	return c.auditOnce(ctx, trusted, from, kept)
}

// auditOnce audits what there is.
func (c *auditCommand) auditOnce(ctx context.Context, trusted trustRoots, from auditSource, kept *checkpoints) error {
	o, stop := c.auditOptions(trusted, from)
	show := o.Progress
	o.From, o.Progress = kept.from, func(r audit.Report) {
		show(r)
		if err := kept.saveIfDue(); err != nil {
			fmt.Fprintln(c.errs, err)
		}
	}
	auditor, err := audit.New(o)
	if err != nil {
		return err
	}
	kept.auditor = auditor
	begun := time.Now()
	failed := from.named(auditor.Run(ctx, from))
	stop()
	found := auditor.Report()
	diverged := divergenceOf(failed)
	var saved *auditCheckpoint
	if diverged == nil && (failed == nil || found.Height > kept.last) {
		saved, err = kept.save()
	}
	if failed != nil && diverged == nil {
		return errors.Join(fmt.Errorf("the audit ended after %d blocks, which are right: %w", found.Height, failed), err)
	}
	report := newAuditReport(found)
	report.Balanced = failed == nil
	report.Roots, report.From, report.Seconds = trusted.String(), from.names, time.Since(begun).Seconds()
	report.Divergence, report.Checkpoint = diverged, saved
	if failed == nil {
		report.StateDigest, report.Keys = hex.EncodeToString(found.StateDigest[:]), found.Keys
	}
	return errors.Join(c.tell(report, failed), err)
}

// tell prints what was found.
func (c *auditCommand) tell(report auditReport, failed error) error {
	switch {
	case c.asJSON:
		if err := printJSON(c.out, report); err != nil || failed == nil {
			return err
		}
		return errReported
	case failed != nil:
		said := "%d blocks are right; what comes after them is not looked at.\n"
		if report.Divergence.Block < report.Blocks {
			said = "The blocks do not fit the checkpoint at height %d; nothing after it is looked at.\n"
		}
		fmt.Fprintf(c.out, said, report.Blocks)
		return fmt.Errorf("first divergence: %w", failed)
	}
	c.printAudit(report)
	return nil
}

func newAuditReport(r audit.Report) auditReport {
	report := auditReport{
		Blocks: r.Height, HeaderHash: hex.EncodeToString(r.HeaderHash[:]),
		Transactions: r.Transactions, Invalid: r.Invalid, Unjudged: r.Unjudged, Operations: r.Operations,
		Supply: auditSupply{
			Minted: r.Supply.Minted, Reversed: r.Supply.Reversed, Redeemed: r.Supply.Redeemed, Expired: r.Supply.Expired,
			Adjusted: r.Supply.Adjusted, WrittenOff: r.Supply.WrittenOff, Held: r.Supply.Held, Outstanding: r.Outstanding,
			Pending: r.Supply.Pending, Debt: r.Supply.Debt, Forgiven: r.Supply.Forgiven, equation: r.Supply.Equation(),
		},
	}
	if r.Believed != nil {
		report.Believed = newAuditCheckpoint(*r.Believed)
	}
	return report
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
		return &auditDivergence{Block: two.Block, Peers: two.Peers(), Wrong: two.Wrong(), Reason: two.Error()}
	}
	return nil
}

func (a *app) printAudit(r auditReport) {
	s := r.Supply
	transactions := fmt.Sprintf("%d, %d of them rightly marked invalid", r.Transactions, r.Invalid)
	if r.Unjudged > 0 {
		transactions += fmt.Sprintf(", %d without effect that this audit has no rules for", r.Unjudged)
	}
	derived, believed := r.Operations, fields(nil)
	if b := r.Believed; b != nil {
		derived -= b.operations
		now := fmt.Sprintf("blocks %d to %d", b.Height, r.Blocks-1)
		if b.Height == r.Blocks {
			now = "nothing: there are no new blocks"
		}
		believed = fields{
			{"derived now", now},
			{"believed", fmt.Sprintf("blocks 0 to %d, %s", b.Height-1, b.by())},
		}
	}
	list := append(fields{{"height", fmt.Sprintf("%d blocks", r.Blocks)}}, believed...)
	list = append(list, fields{
		{"last header", r.HeaderHash},
		{"state digest", fmt.Sprintf("%s (%d keys)", r.StateDigest, r.Keys)},
		{"transactions", transactions},
		{"operations", fmt.Sprintf("%d, %d of them executed again now, %.0f/s", r.Operations, derived, float64(derived)/max(r.Seconds, 0.001))},
		{"supply, in D$", s.equation},
		{"books", "balanced at every height"},
		{"trusted", r.Roots},
	}...)
	for _, name := range r.From {
		list = append(list, field{"blocks of", name})
	}
	if k := r.Checkpoint; k != nil {
		list = append(list, field{"checkpoint", fmt.Sprintf("at height %d in %s, signed by %s", k.Height, k.dir, k.Signer)})
	}
	list.print(a.out)
}
