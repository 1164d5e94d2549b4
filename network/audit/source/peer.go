package source

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// maxMessage bounds what a peer sends at once, in bytes; an orderer cuts blocks at 10 MB.
const maxMessage = 64 << 20

// A peer that hangs while blocks are waited for is found out by what its connection does not answer. Peers close the
// connections of those who ask more often than every minute.
const keepaliveTime, keepaliveTimeout = 70 * time.Second, 20 * time.Second

// A peer that was away for an hour is asked again as soon as one that was away for a moment; gRPC by itself would come to wait
// two minutes in between.
var reconnecting = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
	MinConnectTimeout: 10 * time.Second,
}

// PeerOptions say how to reach a peer, and as whom.
type PeerOptions struct {
	Name    string // for messages
	Address string
	Channel string
	TLSRoot string // file of the certificate the peer's organisation signs TLS with

	// The identity that asks: any member of the channel.
	MSPID     string
	Cert, Key string // files
}

// Peer reads the blocks that a peer of a running network holds.
type Peer struct {
	name       string
	channel    string
	creator    []byte
	key        *ecdsa.PrivateKey
	connection *grpc.ClientConn
}

// Dial prepares the connection; nothing is dialled until it is needed.
func Dial(o PeerOptions) (*Peer, error) {
	roots, err := os.ReadFile(o.TLSRoot)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		return nil, fmt.Errorf("%s holds no certificate", o.TLSRoot)
	}
	cert, err := os.ReadFile(o.Cert)
	if err != nil {
		return nil, err
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: o.MSPID, IdBytes: cert})
	if err != nil {
		return nil, err
	}
	key, err := readKey(o.Key)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", o.Key, err)
	}
	secure := credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	connection, err := grpc.NewClient(o.Address, grpc.WithTransportCredentials(secure),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)), grpc.WithConnectParams(reconnecting),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}))
	if err != nil {
		return nil, err
	}
	return &Peer{name: o.Name, channel: o.Channel, creator: creator, key: key, connection: connection}, nil
}

func readKey(file string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T, not ECDSA", parsed)
	}
	return key, nil
}

// Name is the peer's name.
func (p *Peer) Name() string { return p.name }

// Close ends the connection.
func (p *Peer) Close() error { return p.connection.Close() }

// Height asks how many blocks the peer holds.
func (p *Peer) Height(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	newest := &orderer.SeekPosition{Type: &orderer.SeekPosition_Newest{Newest: &orderer.SeekNewest{}}}
	stream, err := p.seek(ctx, newest, newest, orderer.SeekInfo_FAIL_IF_NOT_READY)
	if err != nil {
		return 0, p.say(err)
	}
	block, err := receive(stream)
	if err != nil {
		return 0, p.say(err)
	}
	return block.GetHeader().GetNumber() + 1, nil
}

// open asks for the blocks from a number on, until another or, if that is 0, without end.
func (p *Peer) open(ctx context.Context, from, until uint64) (func() ([]byte, error), error) {
	stop, behaviour := specified(math.MaxUint64), orderer.SeekInfo_BLOCK_UNTIL_READY
	if until > 0 {
		stop, behaviour = specified(until-1), orderer.SeekInfo_FAIL_IF_NOT_READY
	}
	stream, err := p.seek(ctx, specified(from), stop, behaviour)
	if err != nil {
		return nil, err
	}
	return func() ([]byte, error) {
		block, err := receive(stream)
		if err != nil {
			return nil, err
		}
		return proto.MarshalOptions{Deterministic: true}.Marshal(block)
	}, nil
}

func (p *Peer) say(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("blocks of %s: %w", p.name, err)
}

func specified(number uint64) *orderer.SeekPosition {
	return &orderer.SeekPosition{Type: &orderer.SeekPosition_Specified{Specified: &orderer.SeekSpecified{Number: number}}}
}

func (p *Peer) seek(ctx context.Context, start, stop *orderer.SeekPosition, behaviour orderer.SeekInfo_SeekBehavior) (grpc.BidiStreamingClient[common.Envelope, peer.DeliverResponse], error) {
	request, err := p.request(&orderer.SeekInfo{Start: start, Stop: stop, Behavior: behaviour})
	if err != nil {
		return nil, err
	}
	stream, err := peer.NewDeliverClient(p.connection).Deliver(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(request); err != nil {
		return nil, err
	}
	return stream, stream.CloseSend()
}

// request signs what is asked for, as the deliver service wants it.
func (p *Peer) request(info *orderer.SeekInfo) (*common.Envelope, error) {
	nonce := make([]byte, 24)
	rand.Read(nonce) // never fails
	var failed error
	marshal := func(m proto.Message) []byte {
		raw, err := proto.Marshal(m)
		failed = errors.Join(failed, err)
		return raw
	}
	payload := marshal(&common.Payload{
		Header: &common.Header{
			ChannelHeader: marshal(&common.ChannelHeader{
				Type: int32(common.HeaderType_DELIVER_SEEK_INFO), ChannelId: p.channel, Timestamp: timestamppb.Now(),
			}),
			SignatureHeader: marshal(&common.SignatureHeader{Creator: p.creator, Nonce: nonce}),
		},
		Data: marshal(info),
	})
	signature, err := proof.Sign(p.key, payload)
	return &common.Envelope{Payload: payload, Signature: signature}, errors.Join(failed, err)
}

// receive is the stream's next block; io.EOF after the last.
func receive(stream grpc.BidiStreamingClient[common.Envelope, peer.DeliverResponse]) (*common.Block, error) {
	answer, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	switch a := answer.GetType().(type) {
	case *peer.DeliverResponse_Block:
		return a.Block, nil
	case *peer.DeliverResponse_Status:
		if a.Status == common.Status_SUCCESS {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("it answers %s", a.Status)
	}
	return nil, fmt.Errorf("it answers a %T", answer.GetType())
}
