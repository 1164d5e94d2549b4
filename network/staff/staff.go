package staff

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/access"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/proposal"
	"github.com/destinasia/dollars/network/topology"
)

// applyFunction is the contract's function; its one argument is a batch.
const applyFunction = "Apply"

// maxMessage bounds what the peer answers in one piece, in bytes. An endorsed transaction carries the batch and what it
// writes; orderers take none above 10 MB.
const maxMessage = 16 << 20

// attempts is how often one Apply has a batch endorsed before it gives up on others being faster.
const attempts = 6

// patience is how long one Apply waits for what.
type patience struct {
	endorse time.Duration // for an endorsement, all attempts together; what is left of all is for the commit
	all     time.Duration
	status  time.Duration // for a block with what was submitted, before it is submitted again
	pause   time.Duration // before the second attempt; it doubles with each one
}

// Staff is one person's connection to the ledger. Its methods may be called concurrently.
type Staff struct {
	network    topology.Network
	endorsers  []string // MSPs of all members: each of them endorses
	peer       topology.Peer
	connection *grpc.ClientConn
	gateway    *client.Gateway
	patience   patience
	options    Options
}

// Options are how a person acts; zero values are right but in rehearsals.
type Options struct {
	ClockOffset time.Duration // how far ahead of the machine's clock transactions are dated
}

// Connect reads the certificate of an organisation's user and prepares to reach the organisation's first peer as that
// user. Whether the peer answers is seen when it is asked.
func Connect(n topology.Network, layout material.Layout, org, user string, options Options) (*Staff, error) {
	o, err := n.Organisation(org)
	if err != nil {
		return nil, err
	}
	if len(o.Peers) == 0 {
		return nil, fmt.Errorf("%s runs no peer through which its people could act", org)
	}
	if _, err := o.User(user); err != nil {
		return nil, err
	}
	id, err := access.Identity(layout, o, user)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s of %s has no certificate here yet: `destinasia up` issues what is missing (%w)", user, org, err)
	}
	if err != nil {
		return nil, err
	}
	s := &Staff{network: n, peer: o.Peers[0], options: options, patience: patience{
		endorse: 15 * time.Second, all: 30 * time.Second, status: 5 * time.Second, pause: 100 * time.Millisecond,
	}}
	for _, member := range n.Members() {
		s.endorsers = append(s.endorsers, member.MSPID)
	}
	s.connection, err = access.Dial(layout, o, s.peer,
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		// A peer that was away for a moment is noticed within the patience of one Apply.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 5 * time.Second,
		}))
	if err != nil {
		return nil, err
	}
	if s.gateway, err = access.Gateway(id, s.connection); err != nil {
		return nil, errors.Join(err, s.connection.Close())
	}
	return s, nil
}

// Close ends the connection.
func (s *Staff) Close() error { return errors.Join(s.gateway.Close(), s.connection.Close()) }

// Applied is a transaction that a block holds as valid.
type Applied struct {
	TxID    string
	Block   uint64
	Journal dollars.Journal // an entry for each operation, in their order; some may be refusals
}

// Apply runs operations as one batch in one transaction: has every member endorse it, submits it and waits until it is
// in a block. A transaction that lost against another one is endorsed anew, on what that one left. Errors of the ledger
// are of type *Error.
func (s *Staff) Apply(ctx context.Context, chaincode string, ops ...dollars.Operation) (Applied, error) {
	if _, err := s.network.Chaincode(chaincode); err != nil {
		return Applied{}, err
	}
	batch := encode(ops)
	begun := time.Now()
	bounded, cancel := context.WithTimeout(ctx, s.patience.all)
	defer cancel()
	endorsing, cancelEndorsing := context.WithTimeout(bounded, s.patience.endorse)
	defer cancelEndorsing()
	var last *Error
	for attempt := 1; ; attempt++ {
		applied, failure := s.attempt(bounded, endorsing, chaincode, batch, len(ops))
		if failure == nil {
			return applied, nil
		}
		if endorsing.Err() == nil || last == nil || failure.Reason == Unknown {
			last = failure // a failure after the bound is only about the bound
		}
		again := last.Reason == Conflict || last.Reason == Unavailable
		if !again || attempt == attempts || !sleep(endorsing, s.patience.pause<<(attempt-1)) {
			last.Attempts, last.After = attempt, time.Since(begun)
			if ctx.Err() != nil {
				last.err = fmt.Errorf("%w: %w", ctx.Err(), last.err)
			}
			return Applied{}, last
		}
	}
}

func encode(ops []dollars.Operation) []byte {
	encoded := make([][]byte, len(ops))
	for i, op := range ops {
		encoded[i] = dollars.EncodeOperation(op)
	}
	return dollars.EncodeBatch(0, encoded) // people spend no budgets, so any lane will do
}

// attempt takes a batch from its endorsement to its block, once.
func (s *Staff) attempt(ctx, endorsing context.Context, chaincode string, batch []byte, ops int) (Applied, *Error) {
	tx, failure := s.endorse(endorsing, chaincode, batch)
	if failure != nil {
		return Applied{}, failure
	}
	// Before it is submitted, so that nothing is on the ledger whose outcome cannot be told.
	journal, err := journalOf(tx, chaincode, batch, ops)
	if err != nil {
		return Applied{}, &Error{Reason: Refused, err: fmt.Errorf("%s prepared transaction %s wrongly: %w", s.peer.Name, tx.TransactionID(), err)}
	}
	status, failure := s.commit(ctx, tx)
	if failure != nil {
		return Applied{}, failure
	}
	if !status.Successful {
		return Applied{}, invalid(status)
	}
	return Applied{TxID: status.TransactionID, Block: status.BlockNumber, Journal: journal}, nil
}

func (s *Staff) endorse(ctx context.Context, chaincode string, batch []byte) (*client.Transaction, *Error) {
	made, err := s.gateway.GetNetwork(s.network.Channel.Name).GetContract(chaincode).NewProposal(applyFunction,
		client.WithBytesArguments(batch), client.WithEndorsingOrganizations(s.endorsers...))
	if err != nil {
		return nil, &Error{Reason: Refused, err: fmt.Errorf("make the proposal: %w", err)}
	}
	if ahead := s.options.ClockOffset; ahead != 0 {
		if made, err = proposal.Dated(s.gateway, made, time.Now().Add(ahead)); err != nil {
			return nil, &Error{Reason: Refused, err: err}
		}
	}
	tx, err := made.EndorseWithContext(ctx)
	if err != nil {
		return nil, s.notEndorsed(err)
	}
	return tx, nil
}

// commit submits a transaction and waits for the block with it. Orderers confirm what they have queued, and may lose it
// all the same; peers may end while they wait. In both cases the same envelope is submitted again: a second copy in a
// block is marked as a duplicate and changes nothing, and what is answered is what became of the first.
func (s *Staff) commit(ctx context.Context, tx *client.Transaction) (*client.Status, *Error) {
	maySitInABlock := false
	for {
		submitted, err := tx.SubmitWithContext(ctx)
		switch {
		case err == nil:
			maySitInABlock = true
			var status *client.Status
			if status, err = s.await(ctx, submitted); err == nil {
				return status, nil
			}
		case refusedByOrderer(err) && !maySitInABlock:
			return nil, &Error{Reason: Refused, err: fmt.Errorf("the orderer did not take the transaction: %s", told(err))}
		case neverSent(err) && !maySitInABlock:
			return nil, &Error{Reason: Unavailable, err: fmt.Errorf("the orderer could not be reached: %s", told(err))}
		default:
			maySitInABlock = true
		}
		if !sleep(ctx, s.patience.pause) {
			return nil, &Error{Reason: Unknown, TxID: tx.TransactionID(), err: errors.New(told(err))}
		}
	}
}

func (s *Staff) await(ctx context.Context, submitted *client.Commit) (*client.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience.status)
	defer cancel()
	return submitted.StatusWithContext(ctx)
}

// invalid tells what a block says of a transaction that it holds as invalid.
func invalid(status *client.Status) *Error {
	e := &Error{
		Reason: Refused, TxID: status.TransactionID,
		err: fmt.Errorf("block %d holds transaction %s as invalid (%s)", status.BlockNumber, status.TransactionID, status.Code),
	}
	switch status.Code {
	case peer.TxValidationCode_MVCC_READ_CONFLICT, peer.TxValidationCode_PHANTOM_READ_CONFLICT:
		e.Reason = Conflict
	}
	return e
}

// sleep waits about so long, and reports false if the context ends first. Two who lost against each other should not
// meet again at once, so it is rarely the same time twice.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
