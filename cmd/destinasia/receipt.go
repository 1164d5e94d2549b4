package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit/source"
	"github.com/destinasia/dollars/network/receipt"
)

func newReceiptCommand(a *app) *cobra.Command {
	command := &cobra.Command{
		Use: "receipt", Short: "Keep the proof of an order, and verify one without asking anybody", Args: cobra.NoArgs, RunE: showHelp,
	}
	command.AddCommand(newReceiptGetCommand(a), newReceiptVerifyCommand(a))
	return command
}

func newReceiptGetCommand(a *app) *cobra.Command {
	var out string
	command := &cobra.Command{
		Use:   "get ORDERID",
		Short: "Get the receipt of an applied order",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := dollars.ParseOrderID(args[0])
			if err != nil {
				return err
			}
			_, members, err := a.openAs(roleMember)
			if err != nil {
				return err
			}
			r, err := members.Receipt(cmd.Context(), id.String())
			if err != nil {
				return a.advise(err)
			}
			if out == "" {
				_, err := a.out.Write(r.Encode())
				return err
			}
			if err := os.WriteFile(out, r.Encode(), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "The receipt is in %s; verify it with `%s`.\n", out, a.commandLine("receipt verify "+out))
			return nil
		},
	}
	command.Flags().StringVar(&out, "out", "", "`FILE` to write it to (default what is printed)")
	return command
}

func newReceiptVerifyCommand(a *app) *cobra.Command {
	var roots, blocks string
	asJSON := false
	command := &cobra.Command{
		Use:   "verify FILE",
		Short: "Prove an order from its receipt; exit code 1 and the first thing that is wrong otherwise",
		Long: `Prove an order from its receipt, and believe nothing but root certificates: the block's hash, the orderer's signature,
the transaction's id and its sender's signature, and that a peer of every organisation endorsed what the receipt says.
Nothing is asked over the network.

--roots names a directory with root certificates (*.pem): of the ordering service, and of all organisations that must
have endorsed; or a network's material, in its directory, which has them as */ca/ca-cert.pem. Without --roots the
network's own material is trusted.
--blocks names a copy of the ledger, as the command audit export blocks writes it, in which the block and its verdict on the
transaction must be the same.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			trusted, err := a.auditRoots(roots)
			if err != nil {
				return err
			}
			if len(trusted.Certificates) == 0 {
				return fmt.Errorf("%s holds no root certificates (*.pem), and receipts are verified by nothing else: put there those of the ordering service and of every organisation", trusted.where)
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			p, err := verifyReceipt(text, trusted, blocks)
			return a.printProof(args[0], trusted, p, err, asJSON)
		},
	}
	command.Flags().StringVar(&roots, "roots", "", "directory of root certificates to trust (default the network's own)")
	command.Flags().StringVar(&blocks, "blocks", "", "directory of a copy of the ledger to compare with")
	jsonFlag(command, &asJSON)
	return command
}

func verifyReceipt(text []byte, trusted trustRoots, blocks string) (receipt.Proof, error) {
	r, err := receipt.Decode(text)
	if err != nil {
		return receipt.Proof{}, err
	}
	p, err := receipt.Verify(r, trusted.Certificates)
	if err != nil || blocks == "" {
		return p, err
	}
	copied, err := os.ReadFile(filepath.Join(blocks, source.Name(p.Block)))
	if err != nil {
		return receipt.Proof{}, fmt.Errorf("the copy of the ledger: %w", err)
	}
	return p, p.Confirm(copied)
}

// receiptReport is what `receipt verify` tells.
type receiptReport struct {
	Proven bool           `json:"proven"`
	Proof  *receipt.Proof `json:"proof,omitempty"`
	Wrong  string         `json:"wrong,omitempty"` // the first thing that is
}

func (a *app) printProof(file string, trusted trustRoots, p receipt.Proof, wrong error, asJSON bool) error {
	if asJSON {
		report := receiptReport{Proven: wrong == nil}
		if wrong != nil {
			report.Wrong = wrong.Error()
		} else {
			report.Proof = &p
		}
		return errors.Join(printJSON(a.out, report), reportedIf(wrong != nil))
	}
	if wrong != nil {
		return fmt.Errorf("the receipt in %s proves nothing: %w", file, wrong)
	}
	list := fields{
		{"order", p.OrderID},
		{"block", fmt.Sprintf("%d of channel %s, whole; its header hash is %s", p.Block, p.Channel, p.HeaderHash)},
		{"transaction", fmt.Sprintf("%s of chaincode %s, sent %s; the order is operation %d", p.Transaction, p.Chaincode, p.Time.Format(time.RFC3339), p.Operation)},
		{"sent by", p.SentBy.String()},
	}
	for _, s := range p.OrderedBy {
		list = append(list, field{"ordered by", s.String()})
	}
	for _, s := range p.EndorsedBy {
		list = append(list, field{"endorsed by", s.String()})
	}
	list = append(list, entryFields(p.Entry)...)
	list = append(list, field{"trusted", fmt.Sprintf("%d root certificates of %s", len(trusted.Certificates), trusted.where)})
	fmt.Fprintln(a.out, "Proven by hashes and signatures:")
	list.print(a.out)
	fmt.Fprintln(a.out, "Not proven:")
	for _, line := range p.NotProven {
		fmt.Fprintln(a.out, "- "+line)
	}
	return nil
}

func reportedIf(wrong bool) error {
	if wrong {
		return errReported
	}
	return nil
}

// entryFields are the fields of a journal's entry, in their order.
func entryFields(entry receipt.Entry) (list fields) {
	dec := json.NewDecoder(bytes.NewReader(entry))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		name, err := dec.Token()
		var value json.RawMessage
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil {
			return list
		}
		list = append(list, field{fmt.Sprint(name), strings.Trim(string(value), `"`)})
	}
	return list
}
