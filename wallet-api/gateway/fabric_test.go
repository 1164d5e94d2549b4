package gateway

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	fabricgateway "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// testPeer answers a gateway's calls as a peer would, and remembers them.
type testPeer struct {
	fabricgateway.UnimplementedGatewayServer
	peer.UnimplementedDeliverServer
	peer.UnimplementedEndorserServer

	mu        sync.Mutex
	ahead     time.Duration // the clock of gateways that reach it
	endorse   error
	endorsed  *fabricgateway.EndorseRequest
	submitted []*common.Envelope
	blocks    []*common.Block
	raw       map[string][]byte // blocks that are asked for, by channel and number
	hung      chan struct{}     // if not nil, nothing is answered before it is closed
	follow    bool              // whether streams go on when there are no more blocks
	server    *grpc.Server
}

func (p *testPeer) Endorse(ctx context.Context, r *fabricgateway.EndorseRequest) (*fabricgateway.EndorseResponse, error) {
	p.wait(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.endorse != nil {
		return nil, p.endorse
	}
	p.endorsed = r
	var proposal peer.Proposal
	var header common.Header
	if err := errors.Join(proto.Unmarshal(r.GetProposedTransaction().GetProposalBytes(), &proposal), proto.Unmarshal(proposal.GetHeader(), &header)); err != nil {
		return nil, err
	}
	return &fabricgateway.EndorseResponse{PreparedTransaction: transaction(&header, proposal.GetPayload(), dollars.Journal{}, nil)}, nil
}

func (p *testPeer) Submit(ctx context.Context, r *fabricgateway.SubmitRequest) (*fabricgateway.SubmitResponse, error) {
	p.wait(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.submitted = append(p.submitted, r.GetPreparedTransaction())
	return &fabricgateway.SubmitResponse{}, nil
}

func (p *testPeer) Evaluate(_ context.Context, r *fabricgateway.EvaluateRequest) (*fabricgateway.EvaluateResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	args := argumentsOf(r.GetProposedTransaction())
	raw, ok := p.raw[string(args[1])+" "+string(args[2])]
	if !ok || string(args[0]) != "GetBlockByNumber" {
		return nil, status.Error(codes.Unknown, "no such block")
	}
	return &fabricgateway.EvaluateResponse{Result: &peer.Response{Payload: raw}}, nil
}

func (p *testPeer) ProcessProposal(ctx context.Context, r *peer.SignedProposal) (*peer.ProposalResponse, error) {
	p.wait(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if args := argumentsOf(r); string(args[0]) != "GetChainInfo" || string(args[1]) != testChannel || len(r.GetSignature()) == 0 {
		return &peer.ProposalResponse{Response: &peer.Response{Status: 500, Message: "what?"}}, nil
	}
	return &peer.ProposalResponse{Response: &peer.Response{
		Status: 200, Payload: marshal(&common.BlockchainInfo{Height: uint64(len(p.blocks))}),
	}}, nil
}

func (p *testPeer) Deliver(stream grpc.BidiStreamingServer[common.Envelope, peer.DeliverResponse]) error {
	request, err := stream.Recv()
	if err != nil {
		return err
	}
	next := seekOf(request)
	for p.wait(stream.Context()) {
		b := p.block(next)
		switch {
		case b != nil:
			if err := stream.Send(&peer.DeliverResponse{Type: &peer.DeliverResponse_Block{Block: b}}); err != nil {
				return err
			}
			next++
		case !p.follow:
			return nil
		default:
			time.Sleep(time.Millisecond)
		}
	}
	return stream.Context().Err()
}

// seekOf is the number of the first block that is asked for.
func seekOf(request *common.Envelope) uint64 {
	var (
		payload common.Payload
		seek    orderer.SeekInfo
	)
	if err := errors.Join(proto.Unmarshal(request.GetPayload(), &payload), proto.Unmarshal(payload.GetData(), &seek)); err != nil {
		panic(err)
	}
	return seek.GetStart().GetSpecified().GetNumber()
}

func (p *testPeer) block(number uint64) *common.Block {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number < uint64(len(p.blocks)) {
		return p.blocks[number]
	}
	return nil
}

// wait waits for as long as the peer hangs, and tells whether whoever asks still does.
func (p *testPeer) wait(ctx context.Context) bool {
	p.mu.Lock()
	hung := p.hung
	p.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

func marshal(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

// transaction is the envelope of an endorsed transaction of the test's chaincode.
func transaction(header *common.Header, proposalPayload []byte, j dollars.Journal, writes []*kvrwset.KVWrite) *common.Envelope {
	results := marshal(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{
		{Namespace: testChaincode, Rwset: marshal(&kvrwset.KVRWSet{Writes: writes})},
	}})
	action := &peer.ChaincodeAction{
		Results:     results,
		Response:    &peer.Response{Status: 200},
		ChaincodeId: &peer.ChaincodeID{Name: testChaincode},
		Events:      marshal(&peer.ChaincodeEvent{ChaincodeId: testChaincode, EventName: dollars.JournalEvent, Payload: j.Encode()}),
	}
	payload := marshal(&peer.ChaincodeActionPayload{
		ChaincodeProposalPayload: proposalPayload,
		Action:                   &peer.ChaincodeEndorsedAction{ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{Extension: marshal(action)})},
	})
	return &common.Envelope{Payload: marshal(&common.Payload{
		Header: header,
		Data:   marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: payload}}}),
	})}
}

// invocation is a transaction's envelope, made without a proposal.
func invocation(id string, j dollars.Journal, writes ...*kvrwset.KVWrite) []byte {
	header := &common.Header{
		ChannelHeader: marshal(&common.ChannelHeader{
			Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: testChannel, TxId: id, Timestamp: &timestamppb.Timestamp{Seconds: 7},
		}),
		SignatureHeader: marshal(&common.SignatureHeader{Creator: marshal(&msp.SerializedIdentity{Mspid: "DestinasiaMSP"})}),
	}
	spec := marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{
		ChaincodeId: &peer.ChaincodeID{Name: testChaincode}, Input: &peer.ChaincodeInput{Args: [][]byte{[]byte(applyFunction)}},
	}})
	return marshal(transaction(header, marshal(&peer.ChaincodeProposalPayload{Input: spec}), j, writes))
}

func testBlock(number uint64, verdicts []peer.TxValidationCode, envelopes ...[]byte) *common.Block {
	codes := make([]byte, len(verdicts))
	for i, v := range verdicts {
		codes[i] = byte(v)
	}
	metadata := make([][]byte, common.BlockMetadataIndex_TRANSACTIONS_FILTER+1)
	metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = codes
	return &common.Block{
		Header: &common.BlockHeader{Number: number, PreviousHash: bytes.Repeat([]byte{1}, 32), DataHash: bytes.Repeat([]byte{byte(number)}, 32)}, Data: &common.BlockData{Data: envelopes}, Metadata: &common.BlockMetadata{Metadata: metadata},
	}
}

// serve starts the peer with TLS and returns options that reach it.
func (p *testPeer) serve(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "peer"}, DNSNames: []string{"peer.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&tls.Certificate{Certificate: [][]byte{cert}, PrivateKey: key})))
	p.server = server
	fabricgateway.RegisterGatewayServer(server, p)
	peer.RegisterDeliverServer(server, p)
	peer.RegisterEndorserServer(server, p)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	id := Identity{MSPID: "DestinasiaMSP", Cert: certFile, Key: keyFile}
	return Options{
		Channel: testChannel, Chaincode: testChaincode, Endorsers: []string{"DestinasiaMSP", "AircncMSP"},
		Peers: []Peer{{Address: listener.Addr().String(), TLSCA: certFile, ServerName: "peer.test"}}, Issuer: id, Operator: id, Merchant: id, Approver: id,
		ClockOffset: p.ahead,
	}
}

// connect is the ledger behind the peer.
func (p *testPeer) connect(t *testing.T) *fabric {
	t.Helper()
	disk := newDisk().open()
	g, err := New(disk, disk, p.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFabric(g.options.Peers[0], g.peers[0], g.options, g.signers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestSameEnvelopeIsSubmittedEveryTime(t *testing.T) {
	p := &testPeer{}
	f := p.connect(t)
	tx, err := f.Endorse(t.Context(), wallet.AsIssuer, []byte("batch"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.endorsed.GetEndorsingOrganizations(); len(got) != 2 || p.endorsed.GetTransactionId() != tx.TxID {
		t.Errorf("endorsed %s by %v", p.endorsed.GetTransactionId(), got)
	}
	for range 2 {
		if err := f.Submit(t.Context(), tx.Signed); err != nil {
			t.Fatal(err)
		}
	}
	first, second := p.submitted[0], p.submitted[1]
	if !proto.Equal(first, second) || len(first.GetSignature()) == 0 {
		t.Error("the envelopes differ, or are not signed")
	}
}

func TestTransactionsAreDatedByTheClockOfTheGateway(t *testing.T) {
	for _, ahead := range []time.Duration{0, 3 * 365 * 24 * time.Hour} {
		p := &testPeer{ahead: ahead}
		before := time.Now().Add(ahead)
		tx, err := p.connect(t).Endorse(t.Context(), wallet.AsIssuer, []byte("batch"))
		if err != nil {
			t.Fatal(err)
		}
		var (
			proposal peer.Proposal
			header   common.Header
			channel  common.ChannelHeader
		)
		for _, step := range []struct {
			from func() []byte
			to   proto.Message
		}{
			{p.endorsed.GetProposedTransaction().GetProposalBytes, &proposal},
			{proposal.GetHeader, &header},
			{header.GetChannelHeader, &channel},
		} {
			if err := proto.Unmarshal(step.from(), step.to); err != nil {
				t.Fatal(err)
			}
		}
		if at := channel.GetTimestamp().AsTime(); at.Before(before) || at.After(time.Now().Add(ahead)) {
			t.Errorf("%s ahead: dated %s", ahead, at)
		}
		if channel.GetTxId() != tx.TxID || len(p.endorsed.GetProposedTransaction().GetSignature()) == 0 {
			t.Errorf("%s ahead: the proposal is of %s, or not signed", ahead, channel.GetTxId())
		}
	}
}

func TestEndorseErrors(t *testing.T) {
	aborted := func(said ...string) error {
		st := status.New(codes.Aborted, "failed to endorse")
		for _, s := range said {
			st, _ = st.WithDetails(&fabricgateway.ErrorDetail{MspId: "AircncMSP", Message: s})
		}
		return st.Err()
	}
	for _, test := range []struct {
		err  error
		want reason
	}{
		{aborted("ProposalResponsePayloads do not match"), conflict},
		{aborted("chaincode response 500, no"), rejected},
		{aborted("chaincode response 500, no", "connection refused"), unavailable},
		{aborted("error in simulation: failed to execute transaction x: chaincode stream terminated"), unavailable},
		{aborted("error in simulation: timeout expired while executing transaction"), overdue},
		{status.Error(codes.Unavailable, "down"), unavailable},
		{status.Error(codes.Unknown, "too many requests for /gateway.Gateway"), unavailable},
		{status.Error(codes.DeadlineExceeded, "late"), overdue},
	} {
		p := &testPeer{endorse: test.err}
		_, err := p.connect(t).Endorse(t.Context(), wallet.AsIssuer, nil)
		var e *endorseError
		if !errors.As(err, &e) || e.reason != test.want {
			t.Errorf("%v is %v, want %s", test.err, err, test.want)
		}
	}
}

func TestOnlyAnOrderersNoIsARefusal(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{status.Error(codes.Aborted, "received unsuccessful response from orderer: status=FORBIDDEN, info=no"), true},
		{status.Error(codes.Unavailable, "no orderers could successfully process transaction"), false},
		{status.Error(codes.DeadlineExceeded, "submit timeout expired while broadcasting to ordering service"), false},
		{context.Canceled, false},
	} {
		var got *submitError
		if errors.As(NotSubmitted(test.err), &got); got.refused != test.want {
			t.Errorf("%v: refused is %t", test.err, got)
		}
	}
}

func TestBlocksAreDecodedInOrderAndCopiesLeftOut(t *testing.T) {
	journal := dollars.Journal{Entries: []dollars.Entry{{Kind: dollars.KindComplete, Outcome: dollars.Applied, Ref: [32]byte{1}}}}
	const valid, conflicting, duplicate, forged = peer.TxValidationCode_VALID, peer.TxValidationCode_MVCC_READ_CONFLICT, peer.TxValidationCode_DUPLICATE_TXID, peer.TxValidationCode_BAD_PROPOSAL_TXID
	one, two := strings.Repeat("01", 32), strings.Repeat("02", 32)
	p := &testPeer{blocks: []*common.Block{
		testBlock(0, nil),
		testBlock(1, []peer.TxValidationCode{forged, valid, conflicting, duplicate},
			invocation(one, dollars.Journal{}),
			invocation(one, journal, &kvrwset.KVWrite{Key: "k", Value: []byte("v")}, &kvrwset.KVWrite{Key: "gone", IsDelete: true}),
			invocation(two, journal), invocation(two, journal)),
		// Whoever may write to the channel can have such ids ordered.
		testBlock(2, []peer.TxValidationCode{duplicate, forged, forged}, invocation(one, journal),
			invocation(strings.Repeat("x", 100_000), dollars.Journal{}), invocation("", dollars.Journal{})),
	}}
	f := p.connect(t)
	if height, err := f.Height(t.Context()); err != nil || height != 3 {
		t.Errorf("height %d, %v", height, err)
	}
	var got []wallet.Block
	err := f.Blocks(t.Context(), 0, func(b wallet.Block) error {
		got = append(got, b)
		return nil
	})
	if err == nil || len(got) != 3 {
		t.Fatalf("%d blocks, then %v", len(got), err)
	}
	if n := len(got[1].Transactions); n != 2 || len(got[2].Transactions) != 0 {
		t.Fatalf("%d and %d transactions", n, len(got[2].Transactions))
	}
	for i, b := range got {
		h := p.blocks[i].Header
		if b.Size != len(p.blocks[i].Data.Data) || b.Hash != block.HeaderHash(h.Number, h.PreviousHash, h.DataHash) ||
			!bytes.Equal(b.PreviousHash[:], h.PreviousHash) || !bytes.Equal(b.DataHash[:], h.DataHash) {
			t.Errorf("block %d has the header %x %x %x, and %d transactions", b.Number, b.Hash, b.PreviousHash, b.DataHash, b.Size)
		}
	}
	good, bad := got[1].Transactions[0], got[1].Transactions[1]
	if good.Creator != "DestinasiaMSP" {
		t.Errorf("the valid one is by %q", good.Creator)
	}
	if !good.Valid || good.Time != 7 || good.Index != 1 || len(good.Journal.Entries) != 1 || len(good.Writes) != 2 ||
		!bytes.Equal(good.Writes[0].Value, []byte("v")) || good.Writes[1].Value != nil {
		t.Errorf("the valid one is %+v", good)
	}
	if bad.Valid || bad.Code != "MVCC_READ_CONFLICT" || len(bad.Writes) != 0 {
		t.Errorf("the invalid one is %+v", bad)
	}
}

func TestBlocksEndWhenTheReceiverFails(t *testing.T) {
	p := &testPeer{}
	for n := range uint64(50) {
		p.blocks = append(p.blocks, testBlock(n, nil))
	}
	stop := errors.New("enough")
	if err := p.connect(t).Blocks(t.Context(), 0, func(wallet.Block) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	p := &testPeer{blocks: []*common.Block{testBlock(0, nil)}}
	disk, o := newDisk().open(), p.serve(t)
	o.Log = slog.New(slog.DiscardHandler)
	g, err := New(disk, disk, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for h := uint64(0); h == 0 && ctx.Err() == nil; time.Sleep(time.Millisecond) {
			h, _ = disk.Height(ctx)
		}
		cancel()
	}()
	if err := g.Run(ctx); err != nil {
		t.Error(err)
	}
	if h, _ := disk.Height(t.Context()); h != 1 {
		t.Errorf("%d blocks were folded", h)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := (&testPeer{}).serve(t)
	for name, spoil := range map[string]func(*Options){
		"channel":   func(o *Options) { o.Channel = "" },
		"endorsers": func(o *Options) { o.Endorsers = nil },
		"batch":     func(o *Options) { o.BatchOperations = -1 },
		"peers":     func(o *Options) { o.Peers = nil },
		"TLS roots": func(o *Options) { o.Peers = []Peer{{TLSCA: "/nowhere"}} },
		"no roots":  func(o *Options) { o.Peers = []Peer{{TLSCA: o.Issuer.Key}} },
		"key":       func(o *Options) { o.Operator.Key = o.Operator.Cert },
	} {
		o := good
		spoil(&o)
		if _, err := New(nil, nil, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
