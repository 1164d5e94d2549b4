package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/destinasia/dollars/network/proposal"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

// applyFunction is the contract's function; its one argument is a batch.
const applyFunction = "Apply"

// fabric is the ledger behind a peer's gateway service.
type fabric struct {
	address   string // the peer's
	conn      *grpc.ClientConn
	channel   string
	chaincode string
	endorsers []string // MSPs, all of which endorse
	home      string   // the peer's MSP, asked for blocks
	gateways  [certificates]*client.Gateway
	signers   [certificates]signer
	ahead     time.Duration // how far ahead of the machine's clock transactions are dated
}

func newFabric(p Peer, transport credentials.TransportCredentials, o Options, signers [certificates]signer) (*fabric, error) {
	conn, err := dial(p, transport)
	if err != nil {
		return nil, err
	}
	f := &fabric{
		address: p.Address, conn: conn, channel: o.Channel, chaincode: o.Chaincode, endorsers: o.Endorsers,
		home: signers[wallet.AsIssuer].id.MspID(), signers: signers, ahead: o.ClockOffset,
	}
	for i, s := range signers {
		gw, err := client.Connect(s.id, client.WithSign(s.sign), client.WithHash(hash.SHA256), client.WithClientConnection(conn))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect to the peer's gateway: %w", err), f.close())
		}
		f.gateways[i] = gw
	}
	return f, nil
}

func (f *fabric) close() error {
	var errs []error
	for _, gw := range f.gateways {
		if gw != nil {
			errs = append(errs, gw.Close()) // which leaves the connection open
		}
	}
	return errors.Join(append(errs, f.conn.Close())...)
}

func (f *fabric) Endorse(ctx context.Context, as wallet.Certificate, batch []byte) (Envelope, error) {
	gw := f.gateways[as]
	made, err := gw.GetNetwork(f.channel).GetContract(f.chaincode).NewProposal(applyFunction,
		client.WithBytesArguments(batch), client.WithEndorsingOrganizations(f.endorsers...))
	if err != nil {
		return Envelope{}, NotEndorsed(fmt.Errorf("make the proposal: %w", err))
	}
	if f.ahead != 0 {
		if made, err = proposal.Dated(gw, made, time.Now().Add(f.ahead)); err != nil {
			return Envelope{}, NotEndorsed(err)
		}
	}
	tx, err := made.EndorseWithContext(ctx)
	if err != nil {
		return Envelope{}, NotEndorsed(err)
	}
	// Signed here and not by Submit, so that what is made durable is what is submitted, byte for byte.
	signature, err := f.signers[as].sign(tx.Digest())
	if err != nil {
		return Envelope{}, NotEndorsed(fmt.Errorf("sign the transaction: %w", err))
	}
	unsigned, err := tx.Bytes()
	if err != nil {
		return Envelope{}, NotEndorsed(err)
	}
	signed, err := gw.NewSignedTransaction(unsigned, signature)
	if err != nil {
		return Envelope{}, NotEndorsed(err)
	}
	bytes, err := signed.Bytes()
	if err != nil {
		return Envelope{}, NotEndorsed(err)
	}
	return Envelope{TxID: signed.TransactionID(), Signed: bytes}, nil
}

func (f *fabric) Submit(ctx context.Context, signed []byte) error {
	tx, err := f.gateways[wallet.AsIssuer].NewTransaction(signed)
	if err != nil {
		return &submitError{err: fmt.Errorf("read the envelope: %w", err)}
	}
	if _, err := tx.SubmitWithContext(ctx); err != nil {
		return NotSubmitted(err)
	}
	return nil
}

func (f *fabric) Blocks(ctx context.Context, from uint64, each func(wallet.Block) error) error {
	ctx, cancel := context.WithCancel(ctx)
	network := f.gateways[wallet.AsIssuer].GetNetwork(f.channel)
	blocks, err := network.BlockEvents(ctx, client.WithStartBlock(from))
	if err != nil {
		cancel()
		return fmt.Errorf("ask the peer for blocks: %w", err)
	}
	defer func() {
		cancel()
		for range blocks { // the library's goroutine ends only when its last block is taken
		}
	}()
	for raw := range blocks {
		b, err := decodeBlock(raw, f.chaincode)
		if err != nil {
			return err
		}
		if err := each(b); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.New("the peer closed the stream of blocks")
}

// heightTimeout bounds a question that a healthy peer answers in milliseconds.
const heightTimeout = 5 * time.Second

func (f *fabric) Height(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, heightTimeout)
	defer cancel()
	raw, err := f.query(ctx, "GetChainInfo")
	if err != nil {
		return 0, fmt.Errorf("ask peer %s for its height: %w", f.address, err)
	}
	var info common.BlockchainInfo
	if err := proto.Unmarshal(raw, &info); err != nil {
		return 0, fmt.Errorf("the height of peer %s: %w", f.address, err)
	}
	return info.GetHeight(), nil
}

// query asks this very peer about its own chain. Its gateway service would pass a question on to whichever peer of the
// organisation it takes to have the most blocks.
func (f *fabric) query(ctx context.Context, function string) ([]byte, error) {
	made, err := f.gateways[wallet.AsIssuer].GetNetwork(f.channel).GetContract("qscc").NewProposal(function, client.WithArguments(f.channel))
	if err != nil {
		return nil, err
	}
	raw, err := made.Bytes()
	if err != nil {
		return nil, err
	}
	var proposed gateway.ProposedTransaction
	if err := proto.Unmarshal(raw, &proposed); err != nil {
		return nil, err
	}
	if proposed.Proposal.Signature, err = f.signers[wallet.AsIssuer].sign(made.Digest()); err != nil {
		return nil, err
	}
	answer, err := peer.NewEndorserClient(f.conn).ProcessProposal(ctx, proposed.Proposal)
	if err != nil {
		return nil, err
	}
	if r := answer.GetResponse(); r.GetStatus() != int32(common.Status_SUCCESS) {
		return nil, fmt.Errorf("status %d: %s", r.GetStatus(), r.GetMessage())
	}
	return answer.GetResponse().GetPayload(), nil
}
