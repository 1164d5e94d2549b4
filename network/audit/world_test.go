package audit

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/topology"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// marshal panics on what cannot fail: the messages are written here.
func marshal(m proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

func unmarshal[M proto.Message](raw []byte, into M) M {
	if err := proto.Unmarshal(raw, into); err != nil {
		panic(err)
	}
	return into
}

// signer is an identity with its key.
type signer struct {
	serialized []byte
	key        *ecdsa.PrivateKey
}

func (s *signer) sign(message ...[]byte) []byte {
	digest := sha256.Sum256(bytes.Join(message, nil))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		panic(err)
	}
	n := s.key.Params().N
	if v.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		v.Sub(n, v)
	}
	raw, err := asn1.Marshal(struct{ R, S *big.Int }{r, v})
	if err != nil {
		panic(err)
	}
	return raw
}

// world is everybody who acts on a channel: the network's own material.
type world struct {
	genesis []byte
	roots   Roots

	orderer, peer, other, issuer, operator, planner, controller, client, stranger *signer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	n, err := topology.Development(21500)
	if err != nil {
		t.Fatal(err)
	}
	make := func() material.Layout {
		dir := filepath.Join(t.TempDir(), "material")
		if err := material.Make(dir, n, noon); err != nil {
			t.Fatal(err)
		}
		return material.Layout(dir)
	}
	layout, elsewhere := make(), make()
	load := func(mspID, dir string) *signer {
		s, err := loadSigner(mspID, dir)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	w := &world{
		orderer:    load("OrdererMSP", layout.NodeMSP("orderer", "orderer0")),
		peer:       load("DestinasiaMSP", layout.NodeMSP("destinasia", "peer0-destinasia")),
		other:      load("AircncMSP", layout.NodeMSP("aircnc", "peer0-aircnc")),
		issuer:     load("DestinasiaMSP", layout.UserMSP("destinasia", "issuer")),
		operator:   load("DestinasiaMSP", layout.UserMSP("destinasia", "operator")),
		planner:    load("DestinasiaMSP", layout.UserMSP("destinasia", "planner")),
		controller: load("DestinasiaMSP", layout.UserMSP("destinasia", "controller")),
		client:     load("AircncMSP", layout.UserMSP("aircnc", "client")),
		stranger:   load("AircncMSP", elsewhere.NodeMSP("aircnc", "peer0-aircnc")),
	}
	if w.genesis, err = os.ReadFile(layout.Genesis()); err != nil {
		t.Fatal(err)
	}
	first := unmarshal(w.genesis, &common.Block{})
	first.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = []byte{0}
	first.Metadata.Metadata[1] = nil
	w.genesis = marshal(first)
	hash := block.HeaderHash(0, nil, first.GetHeader().GetDataHash())
	w.roots = Roots{Genesis: &hash}
	for _, org := range n.Organisations {
		cert, err := readPEM(filepath.Join(layout.Organisation(org.Name), "ca", "ca-cert.pem"))
		if err != nil {
			t.Fatal(err)
		}
		root, err := x509.ParseCertificate(cert)
		if err != nil {
			t.Fatal(err)
		}
		w.roots.Certificates = append(w.roots.Certificates, root)
	}
	return w
}

func readPEM(pattern string) ([]byte, error) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != 1 {
		return nil, os.ErrNotExist
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		return nil, err
	}
	content, _ := pem.Decode(text)
	return content.Bytes, nil
}

func loadSigner(mspID, dir string) (*signer, error) {
	cert, err := readPEM(filepath.Join(dir, "signcerts", "*"))
	if err != nil {
		return nil, err
	}
	der, err := readPEM(filepath.Join(dir, "keystore", "*"))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	return &signer{marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: text}), key.(*ecdsa.PrivateKey)}, nil
}

// request is a transaction to be made. Its hooks are what somebody who takes part could do to it: they run before the
// signatures that cover what they change, so that all signatures fit.
type request struct {
	creator   *signer
	chaincode string
	args      [][]byte
	ops       []dollars.Operation // makes args of Apply, and its result
	sets      []*rwset.NsReadWriteSet
	endorsers []*signer
	nonce     string // another one for each if empty
	reads     *state // the state it is endorsed on; nil for that of the chain
	lane      uint8
	as        *signer // whom the rules are told it is; the creator if nil

	onState       func(*state) // what a modified peer believes the state to be
	onArgs        func([][]byte)
	onSet         func(*kvrwset.KVRWSet)
	onAction      func(*peer.ChaincodeAction)
	onEndorsed    func(*peer.ChaincodeEndorsedAction)
	onHeader      func(*common.ChannelHeader)
	onEnvelope    func(*common.Envelope)
	afterProposal func(*peer.ChaincodeActionPayload)
}

// chain builds blocks as a network would.
type chain struct {
	w        *world
	blocks   [][]byte
	state    *state
	previous [sha256.Size]byte
	commit   []byte
	nonces   byte
	// onBlock is what the orderer could do to a block of that number before it signs it.
	onBlock map[int]func(*common.Block)
}

func newChain(w *world) *chain {
	return &chain{w: w, blocks: [][]byte{w.genesis}, state: newState(), previous: *w.roots.Genesis, onBlock: map[int]func(*common.Block){}}
}

// copy is the state as it is now.
func (s *state) copy() *state {
	c := newState()
	for p, entries := range s.entries {
		c.entries[p] = maps.Clone(entries)
	}
	return c
}

// caller is what the contract tells the rules of a creator.
func (w *world) caller(t testing.TB, s *signer) dollars.Caller {
	t.Helper()
	wire := unmarshal(s.serialized, &msp.SerializedIdentity{})
	content, _ := pem.Decode(wire.GetIdBytes())
	cert, err := x509.ParseCertificate(content.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	role := map[*signer]string{
		w.issuer: dollars.RoleIssuer, w.operator: dollars.RoleOperator, w.planner: dollars.RoleRules, w.controller: dollars.RoleRules,
	}[s]
	return dollars.Caller{MSP: wire.GetMspid(), Role: role, ID: dollars.NewCertificateID(cert.RawSubject, cert.RawIssuer)}
}

// envelope endorses and signs a request; nothing is ordered yet.
func (c *chain) envelope(t testing.TB, r request) []byte {
	t.Helper()
	nonce := []byte(r.nonce)
	if len(nonce) == 0 {
		c.nonces++
		nonce = []byte{'n', c.nonces}
	}
	if r.chaincode == "" {
		r.chaincode = "dsd"
	}
	if r.endorsers == nil {
		r.endorsers = []*signer{c.w.peer, c.w.other}
	}
	if r.reads == nil {
		r.reads = c.state
	}
	sum := sha256.Sum256(append(bytes.Clone(nonce), r.creator.serialized...))
	channel := &common.ChannelHeader{
		Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: "dollars", TxId: hex.EncodeToString(sum[:]),
		Timestamp: timestamppb.New(noon), Extension: marshal(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: r.chaincode}}),
	}
	if r.onHeader != nil {
		r.onHeader(channel)
	}
	action := &peer.ChaincodeAction{
		ChaincodeId: &peer.ChaincodeID{Name: r.chaincode, Version: "1.0"}, Response: &peer.Response{Status: 200},
	}
	if r.ops != nil {
		r.args, action.Events = c.apply(t, &r, channel.GetTxId(), sum)
		if r.onArgs != nil {
			r.onArgs(r.args)
		}
	}
	action.Results = marshal(&rwset.TxReadWriteSet{NsRwset: r.sets})
	if r.onAction != nil {
		r.onAction(action)
	}
	header := &common.Header{
		ChannelHeader:   marshal(channel),
		SignatureHeader: marshal(&common.SignatureHeader{Creator: r.creator.serialized, Nonce: nonce}),
	}
	proposal := marshal(&peer.ChaincodeProposalPayload{Input: marshal(&peer.ChaincodeInvocationSpec{
		ChaincodeSpec: &peer.ChaincodeSpec{ChaincodeId: &peer.ChaincodeID{Name: r.chaincode}, Input: &peer.ChaincodeInput{Args: r.args}},
	})})
	hash := sha256.Sum256(bytes.Join([][]byte{header.GetChannelHeader(), header.GetSignatureHeader(), proposal}, nil))
	endorsed := &peer.ChaincodeEndorsedAction{
		ProposalResponsePayload: marshal(&peer.ProposalResponsePayload{ProposalHash: hash[:], Extension: marshal(action)}),
	}
	for _, e := range r.endorsers {
		endorsed.Endorsements = append(endorsed.Endorsements, &peer.Endorsement{
			Endorser: e.serialized, Signature: e.sign(endorsed.GetProposalResponsePayload(), e.serialized),
		})
	}
	if r.onEndorsed != nil {
		r.onEndorsed(endorsed)
	}
	content := &peer.ChaincodeActionPayload{ChaincodeProposalPayload: proposal, Action: endorsed}
	if r.afterProposal != nil {
		r.afterProposal(content)
	}
	payload := marshal(&common.Payload{Header: header, Data: marshal(&peer.Transaction{Actions: []*peer.TransactionAction{
		{Header: header.GetSignatureHeader(), Payload: marshal(content)},
	}})})
	envelope := &common.Envelope{Payload: payload, Signature: r.creator.sign(payload)}
	if r.onEnvelope != nil {
		r.onEnvelope(envelope)
	}
	return marshal(envelope)
}

// apply runs the rules as the contract does and fills in what was read and written.
func (c *chain) apply(t testing.TB, r *request, txID string, id [32]byte) (args [][]byte, event []byte) {
	t.Helper()
	encoded := make([][]byte, len(r.ops))
	for i, op := range r.ops {
		encoded[i] = dollars.EncodeOperation(op)
	}
	currency, _ := dollars.CurrencyOf("dsd")
	as := r.creator
	if r.as != nil {
		as = r.as
	}
	believed := r.reads
	if r.onState != nil {
		believed = r.reads.copy()
		r.onState(believed)
	}
	seen := &view{state: believed, namespace: "dsd"}
	result, err := dollars.Apply(dollars.Env{
		Currency: currency, Channel: "dollars", Chaincode: "dsd", TxID: dollars.TxID(id), Time: noon.Unix(),
		Lane: r.lane, Caller: c.w.caller(t, as),
	}, r.ops, seen)
	if err != nil {
		t.Fatal(err)
	}
	set := &kvrwset.KVRWSet{}
	for _, key := range sortedSet(seen.keys) {
		set.Reads = append(set.Reads, readOf(r.reads, place{"dsd", ""}, key))
	}
	for _, w := range result.Writes {
		set.Writes = append(set.Writes, &kvrwset.KVWrite{Key: w.Key, Value: w.Value, IsDelete: w.Value == nil})
	}
	if r.onSet != nil {
		r.onSet(set)
	}
	definition := &kvrwset.KVRWSet{Reads: []*kvrwset.KVRead{readOf(r.reads, place{lifecycleNamespace, ""}, "namespaces/fields/dsd/Sequence")}}
	r.sets = append([]*rwset.NsReadWriteSet{
		{Namespace: lifecycleNamespace, Rwset: marshal(definition)}, {Namespace: "dsd", Rwset: marshal(set)},
	}, r.sets...)
	return [][]byte{[]byte("Apply"), dollars.EncodeBatch(r.lane, encoded)},
		marshal(&peer.ChaincodeEvent{ChaincodeId: "dsd", TxId: txID, EventName: "journal", Payload: result.Journal.Encode()})
}

func readOf(s *state, p place, key string) *kvrwset.KVRead {
	read := &kvrwset.KVRead{Key: key}
	if e, ok := s.entries[p][key]; ok {
		read.Version = &kvrwset.Version{BlockNum: e.version.block, TxNum: e.version.tx}
	}
	return read
}

// order makes a block of envelopes with the verdicts of peers, which nobody checks here.
func (c *chain) order(codes []byte, envelopes ...[]byte) {
	number := uint64(len(c.blocks))
	data := &common.BlockData{Data: envelopes}
	hash := block.DataHash(data)
	b := &common.Block{
		Header:   &common.BlockHeader{Number: number, PreviousHash: bytes.Clone(c.previous[:]), DataHash: hash[:]},
		Data:     data,
		Metadata: &common.BlockMetadata{Metadata: make([][]byte, 5)},
	}
	if on := c.onBlock[int(number)]; on != nil {
		on(b)
	}
	c.w.seal(b)
	clear(c.state.changed)
	for i, envelope := range envelopes {
		if codes[i] != 0 {
			continue
		}
		payload := unmarshal(unmarshal(envelope, &common.Envelope{}).GetPayload(), &common.Payload{})
		content := unmarshal(unmarshal(payload.GetData(), &peer.Transaction{}).GetActions()[0].GetPayload(), &peer.ChaincodeActionPayload{})
		response := unmarshal(content.GetAction().GetProposalResponsePayload(), &peer.ProposalResponsePayload{})
		sets, err := proof.ReadSets(unmarshal(response.GetExtension(), &peer.ChaincodeAction{}).GetResults())
		if err != nil {
			panic(err)
		}
		for _, change := range changes(&proof.Transaction{Sets: sets}) {
			c.state.apply(change, version{number, uint64(i)})
		}
	}
	c.commit = c.state.commitHash(codes, c.commit)
	b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = codes
	b.Metadata.Metadata[common.BlockMetadataIndex_COMMIT_HASH] = marshal(&common.Metadata{Value: c.commit})
	clear(c.state.changed)
	c.previous = sha256.Sum256(proof.HeaderBytes(b.GetHeader()))
	c.blocks = append(c.blocks, marshal(b))
}

// seal signs a block as the orderer.
func (w *world) seal(b *common.Block) {
	value := marshal(&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{}, ConsenterMetadata: []byte("raft")})
	header := marshal(&common.SignatureHeader{Creator: w.orderer.serialized, Nonce: []byte("nonce")})
	b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = marshal(&common.Metadata{
		Value: value,
		Signatures: []*common.MetadataSignature{{
			SignatureHeader: header, Signature: w.orderer.sign(value, header, proof.HeaderBytes(b.GetHeader())),
		}},
	})
}
