package driver

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc/status"

	"github.com/destinasia/dollars/network/access"
)

// What one attempt waits for, at most.
const (
	endorsePatience = 30 * time.Second
	submitPatience  = 30 * time.Second
	commitPatience  = 60 * time.Second
)

// valid is Fabric's code of a transaction that took effect.
var valid = peer.TxValidationCode_VALID.String()

// attempt makes one transaction, from its endorsement to its block, and tells with which code that holds it.
func (d *Driver) attempt(ctx context.Context, blocks *blocks, op Op) (code string, err error) {
	proposal, err := d.contract.NewProposal(op.Function, client.WithArguments(op.Args...), client.WithEndorsingOrganizations(d.endorsers...))
	if err != nil {
		return "", fmt.Errorf("make a proposal of %s%q: %w", op.Function, op.Args, err)
	}
	transaction, err := endorse(ctx, proposal)
	switch err = told(err); {
	case err == nil:
	case strings.Contains(err.Error(), "ProposalResponsePayloads do not match"):
		return EndorsersDiffer, nil
	default:
		return "", fmt.Errorf("endorse %s%q, which was not submitted: %w", op.Function, op.Args, err)
	}
	// Before it is submitted, so that no block with it passes by unnoticed.
	verdict := blocks.expect(transaction.TransactionID())
	defer blocks.forget(transaction.TransactionID())
	if err := submit(ctx, transaction); err != nil {
		return "", fmt.Errorf("submit %s%q, which may be committed all the same: %w", op.Function, op.Args, told(err))
	}
	late := time.NewTimer(commitPatience)
	defer late.Stop()
	select {
	case code := <-verdict:
		return code.String(), nil
	case <-blocks.ended:
		return "", fmt.Errorf("wait for a block with %s%q, which may be committed all the same: %w", op.Function, op.Args, blocks.err)
	case <-late.C:
		return "", fmt.Errorf("%s%q was submitted %v ago, and no block has it yet", op.Function, op.Args, commitPatience)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func endorse(ctx context.Context, proposal *client.Proposal) (*client.Transaction, error) {
	ctx, cancel := context.WithTimeout(ctx, endorsePatience)
	defer cancel()
	return proposal.EndorseWithContext(ctx)
}

func submit(ctx context.Context, transaction *client.Transaction) error {
	ctx, cancel := context.WithTimeout(ctx, submitPatience)
	defer cancel()
	_, err := transaction.SubmitWithContext(ctx)
	return err
}

// told is an error with what peers and orderers said, in one line.
func told(err error) error {
	said := access.Said(err)
	if len(said) == 0 {
		return err
	}
	return fmt.Errorf("%s: %s", status.Convert(err).Message(), strings.Join(said, "; "))
}
