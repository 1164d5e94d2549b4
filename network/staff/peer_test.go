package staff

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// testPeer answers as the gateway service of a peer would; the functions, when set, decide the n-th call, from 1 on.
type testPeer struct {
	gateway.UnimplementedGatewayServer

	endorse func(n int) error
	prepare func(*peer.ChaincodeAction, *common.Header) // changes what is endorsed
	submit  func(n int) error
	status  func(ctx context.Context, n int) (peer.TxValidationCode, error)

	mu        sync.Mutex
	requests  []*gateway.EndorseRequest
	envelopes []*common.Envelope // submitted
	asked     int                // for the commit's status
}

func (p *testPeer) Endorse(_ context.Context, r *gateway.EndorseRequest) (*gateway.EndorseResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	if p.endorse != nil {
		if err := p.endorse(len(p.requests)); err != nil {
			return nil, err
		}
	}
	var proposal peer.Proposal
	var header common.Header
	if err := errors.Join(proto.Unmarshal(r.GetProposedTransaction().GetProposalBytes(), &proposal), proto.Unmarshal(proposal.GetHeader(), &header)); err != nil {
		return nil, err
	}
	action := &peer.ChaincodeAction{
		Response: &peer.Response{Status: 200}, ChaincodeId: &peer.ChaincodeID{Name: "dsd"},
		Events: marshal(&peer.ChaincodeEvent{ChaincodeId: "dsd", EventName: dollars.JournalEvent, Payload: testJournal.Encode()}),
	}
	if p.prepare != nil {
		p.prepare(action, &header)
	}
	payload := marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: proposal.GetPayload(),
		Action:                   &peer.ChaincodeEndorsedAction{ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{Extension: marshal(action)})},
	})
	return &gateway.EndorseResponse{PreparedTransaction: &common.Envelope{Payload: marshal(&common.Payload{
		Header: &header, Data: marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: payload}}}),
	})}}, nil
}

func (p *testPeer) Submit(_ context.Context, r *gateway.SubmitRequest) (*gateway.SubmitResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.envelopes = append(p.envelopes, r.GetPreparedTransaction())
	if p.submit != nil {
		if err := p.submit(len(p.envelopes)); err != nil {
			return nil, err
		}
	}
	return &gateway.SubmitResponse{}, nil
}

func (p *testPeer) CommitStatus(ctx context.Context, _ *gateway.SignedCommitStatusRequest) (*gateway.CommitStatusResponse, error) {
	p.mu.Lock()
	p.asked++
	n := p.asked
	p.mu.Unlock()
	code := peer.TxValidationCode_VALID
	if p.status != nil {
		var err error
		if code, err = p.status(ctx, n); err != nil {
			return nil, err
		}
	}
	return &gateway.CommitStatusResponse{Result: code, BlockNumber: uint64(n)}, nil
}

func marshal(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

// said is an error of a peer's gateway with what those behind it said.
func said(code codes.Code, messages ...string) error {
	st := status.New(code, "see attached details")
	for _, m := range messages {
		with, err := st.WithDetails(&gateway.ErrorDetail{Address: "peer0:1", MspId: "AircncMSP", Message: m})
		if err != nil {
			panic(err)
		}
		st = with
	}
	return st.Err()
}

// connect serves the peer where the network plans Destinasia's first one, and connects to it: with little time between
// attempts, and so much for each that no slow machine makes another attempt of it.
func (p *testPeer) connect(t *testing.T, user string) *Staff {
	t.Helper()
	n, layout := madeNetwork(t)
	org, err := n.Organisation("destinasia")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Connect(n, layout, org.Name, user, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.patience = patience{endorse: time.Minute, all: 90 * time.Second, status: 30 * time.Second, pause: 5 * time.Millisecond}
	if p == nil {
		return s
	}
	files := layout.NodeTLS(org.Name, org.Peers[0].Name)
	cert, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", topology.Address(org.Peers[0].ListenPort))
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&cert)))
	gateway.RegisterGatewayServer(server, p)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return s
}

// madeNetwork is a network of which there is nothing but the certificates.
func madeNetwork(t *testing.T) (topology.Network, material.Layout) {
	t.Helper()
	n, err := topology.Development(freePortBase(t))
	if err != nil {
		t.Fatal(err)
	}
	layout := material.Layout(filepath.Join(t.TempDir(), "material"))
	if err := material.Make(string(layout), n, time.Now()); err != nil {
		t.Fatal(err)
	}
	return n, layout
}

// freePortBase is one apart from those that other packages' tests use.
func freePortBase(t *testing.T) int {
	t.Helper()
	base, err := native.FreePorts(22_000, 23_000)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// proposed is what a request asks the contract, and who asks.
func proposed(t *testing.T, r *gateway.EndorseRequest) (args [][]byte, certificate *x509.Certificate) {
	t.Helper()
	var (
		proposal  peer.Proposal
		header    common.Header
		signature common.SignatureHeader
		creator   msp.SerializedIdentity
		payload   peer.ChaincodeProposalPayload
		spec      peer.ChaincodeInvocationSpec
	)
	for _, step := range []struct {
		from func() []byte
		into proto.Message
	}{
		{r.GetProposedTransaction().GetProposalBytes, &proposal},
		{proposal.GetHeader, &header},
		{header.GetSignatureHeader, &signature},
		{signature.GetCreator, &creator},
		{proposal.GetPayload, &payload},
		{payload.GetInput, &spec},
	} {
		if err := proto.Unmarshal(step.from(), step.into); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := pem.Decode(creator.GetIdBytes())
	if text == nil {
		t.Fatalf("proposed by %q", creator.GetIdBytes())
	}
	certificate, err := x509.ParseCertificate(text.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return spec.GetChaincodeSpec().GetInput().GetArgs(), certificate
}
