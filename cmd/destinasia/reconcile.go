package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/audit/reconciliation"
	"github.com/destinasia/dollars/wallet-api/client"
)

// reconcileOptions are what to compare with which ledger.
type reconcileOptions struct {
	auditedLedger
	members string // file
	hotels  bool
	rows    replayOptions // of the hotel file
	json    bool
}

func newReconcileCommand(a *app) *cobra.Command {
	o := reconcileOptions{rows: replayOptions{connections: 1, batch: 1}}
	command := &cobra.Command{
		Use:   "reconcile FILE",
		Short: "Compare the booking system's events with the ledger: what is missing, extra or different; exit code 1 if anything is",
		Long: `Compare a file of booking events, as the command report takes them, with the ledger. Told is, with the reason, which events
had no effect (missing), what the ledger has that is in no event of the file (extra), where the two say different things,
and what in the file is no event (invalid). - is standard input.

The ledger has accounts, and not members: accounts are compared if --members names a file with the accounts of all, which
the command member list --all --json prints. A published hotel file, as the command replay takes it, is compared with
--hotels, --limit and --seed being those of the replay; one row of it has a price below zero, which is told as invalid, and
as missing.

All of the ledger is compared. Where several booking systems report to it, a file of one of them has the items of the others
told as extra.

` + aboutHeight,
		Example: "  destinasia member list --all --json > members.json\n" +
			"  destinasia reconcile events.jsonl --members members.json",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.reconcile(cmd.Context(), args[0], o) },
	}
	o.flags(a, command)
	flags := command.Flags()
	flags.StringVar(&o.members, "members", "", "file with members and their accounts (default: accounts are not compared)")
	flags.BoolVar(&o.hotels, "hotels", false, "the file is the published hotel file")
	flags.IntVar(&o.rows.limit, "limit", 0, "only the first rows of the hotel file (default all)")
	flags.Uint64Var(&o.rows.seed, "seed", 0, "the seed that spread the hotel file's bookings over members")
	flags.BoolVar(&o.json, "json", false, "print JSON Lines: each finding, and then a summary")
	return command
}

// reconciled is what is told in the end.
type reconciled struct {
	reconciliation.Summary
	Accounts    bool   `json:"accounts"` // were compared
	Height      uint64 `json:"height"`
	HeaderHash  string `json:"headerHash"`
	StateDigest string `json:"stateDigest"`
}

func (a *app) reconcile(ctx context.Context, file string, o reconcileOptions) error {
	if err := o.rows.check(); err != nil {
		return err
	}
	members, err := readAccounts(o.members)
	if err != nil {
		return err
	}
	m := &meter{what: "events"}
	r := reconciliation.New(reconciliation.Options{Members: members, Progress: func() {
		m.sent.Add(1)
		m.settled.Add(1)
	}})
	stop := m.show(a.errs)
	err = o.read(file, r)
	stop()
	if err != nil {
		return err
	}
	trusted, from, err := o.open(ctx, a)
	if err != nil {
		return diverged(err, nothingTold)
	}
	defer from.close()
	options, stop := a.auditOptions(trusted, from)
	options.Applied = r.Applied
	report, err := audit.Run(ctx, from, options)
	stop()
	if err != nil {
		return diverged(err, nothingTold)
	}
	findings, summary, err := r.Compare(report.State())
	if err != nil {
		return err
	}
	told := reconciled{
		Summary: summary, Accounts: members != nil, Height: report.Height,
		HeaderHash: fmt.Sprintf("%x", report.HeaderHash), StateDigest: fmt.Sprintf("%x", report.StateDigest),
	}
	if o.json {
		err = printFindings(a.out, findings, told)
	} else {
		a.printReconciled(findings, told)
	}
	if err == nil && len(findings) > 0 {
		return errReported
	}
	return err
}

// read tells a reconciliation of the file.
func (o reconcileOptions) read(name string, r *reconciliation.Reconciliation) error {
	if o.hotels {
		file, err := readHotels(name, o.rows)
		if err != nil {
			return err
		}
		for event := range file.Events() {
			raw, err := json.Marshal(event)
			if err != nil {
				return err
			}
			r.Event(0, raw)
		}
		return nil
	}
	if o.rows.limit != 0 || o.rows.seed != 0 {
		return errors.New("--limit and --seed are for --hotels")
	}
	file := os.Stdin
	if name != "-" {
		var err error
		if file, err = os.Open(name); err != nil {
			return err
		}
		defer file.Close()
	}
	in := bufio.NewReader(file)
	if begins, _ := in.Peek(len(gzipMagic)); string(begins) == gzipMagic { // what cannot be read is said by who reads it
		return fmt.Errorf("%s is compressed with gzip, and events are read as they are: if it is the published hotel file add --hotels, otherwise unpack it first", name)
	}
	return r.Read(in)
}

// gzipMagic begins what is compressed (RFC 1952, section 2.3.1).
const gzipMagic = "\x1f\x8b"

// readAccounts reads what `member list --all --json` prints; nil without a file.
func readAccounts(name string) (map[string]dollars.Account, error) {
	if name == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list struct {
		Members []client.Member `json:"members"`
		More    bool            `json:"more"`
	}
	switch err := json.Unmarshal(raw, &list); {
	case err != nil:
		return nil, fmt.Errorf("%s is not what `destinasia member list --all --json` prints: %w", name, err)
	case list.More:
		return nil, fmt.Errorf("%s does not have all members: print it with --all", name)
	}
	accounts := make(map[string]dollars.Account, len(list.Members))
	for _, m := range list.Members {
		accounts[m.ID] = m.Account
	}
	return accounts, nil
}

// printFindings prints JSON Lines.
func printFindings(w io.Writer, findings []reconciliation.Finding, told reconciled) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for _, f := range findings {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	if err := enc.Encode(map[string]reconciled{"summary": told}); err != nil {
		return err
	}
	return out.Flush()
}

func (a *app) printReconciled(findings []reconciliation.Finding, told reconciled) {
	for _, f := range findings {
		fmt.Fprintf(a.out, "%s: %s: %s\n", f.Class, subjectOf(f), f.Reason)
	}
	accounts := "all compared"
	switch {
	case !told.Accounts:
		accounts = "not compared: name the members' accounts with --members"
	case told.Uncompared > 0:
		accounts = fmt.Sprintf("not compared of %d items, whose members are not in --members", told.Uncompared)
	}
	fields{
		{"events in the file", fmt.Sprintf("%d, %d of them repeated", told.Events, told.Repeated)},
		{"booked items", fmt.Sprintf("%d, %d of them agree in everything", told.Items, told.Agreed)},
		{"findings", fmt.Sprintf("%d missing, %d extra, %d different, %d invalid", told.Missing, told.Extra, told.Different, told.Invalid)},
		{"accounts", accounts},
		{"ledger", fmt.Sprintf("height %d, header %s, state %s", told.Height, told.HeaderHash, told.StateDigest)},
	}.print(a.out)
}

// subjectOf is what a finding is about, and where that is on the ledger.
func subjectOf(f reconciliation.Finding) string {
	var parts []string
	if f.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", f.Line))
	}
	switch {
	case f.Item != "":
		parts = append(parts, fmt.Sprintf("%s of booking %q, item %q", f.Event, f.Booking, f.Item))
	case f.Booking != "" && f.Hash == "":
		parts = append(parts, fmt.Sprintf("%s of booking %q", f.Event, f.Booking))
	case f.Booking != "":
		parts = append(parts, fmt.Sprintf("item %s of booking %q", f.Hash, f.Booking))
	case f.Hash != "":
		parts = append(parts, "item "+f.Hash)
	}
	if f.TxID != "" {
		parts = append(parts, fmt.Sprintf("block %d, transaction %s", f.Block, f.TxID))
	}
	return strings.Join(parts, ", ")
}
