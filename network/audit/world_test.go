package audit

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/proof/prooftest"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

var noon = prooftest.Noon

func marshal(m proto.Message) []byte { return prooftest.Marshal(m) }

func unmarshal[M proto.Message](raw []byte, into M) M { return prooftest.Unmarshal(raw, into) }

type signer = prooftest.Signer

// world is everybody who acts on a channel.
type world struct {
	genesis []byte
	roots   Roots

	orderer, peer, other, issuer, operator, merchant, planner, controller, client, approver, auditor, otherAuditor, stranger *signer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	p := prooftest.NewPeople(t)
	first := unmarshal(p.Genesis, &common.Block{})
	first.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = []byte{0}
	first.Metadata.Metadata[1] = nil
	hash := block.HeaderHash(0, nil, first.GetHeader().GetDataHash())
	return &world{
		genesis: marshal(first), roots: Roots{Genesis: &hash, Certificates: p.Roots},
		orderer: p.Orderer, peer: p.Peer, other: p.Other, issuer: p.Issuer, operator: p.Operator,
		merchant: p.Merchant, planner: p.Planner, controller: p.Controller, client: p.Client, approver: p.Approver,
		auditor: p.Auditor, otherAuditor: p.OtherAuditor, stranger: p.Stranger,
	}
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

// caller is what the contract tells the rules of a creator.
func (w *world) caller(t testing.TB, s *signer) dollars.Caller {
	t.Helper()
	wire := unmarshal(s.Serialized, &msp.SerializedIdentity{})
	content, _ := pem.Decode(wire.GetIdBytes())
	cert, err := x509.ParseCertificate(content.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	role := map[*signer]string{
		w.issuer: dollars.RoleIssuer, w.operator: dollars.RoleOperator, w.planner: dollars.RoleRules, w.controller: dollars.RoleRules,
		w.merchant: dollars.RoleMerchant, w.approver: dollars.RoleOperator,
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
	wire := prooftest.Request{
		Creator: r.creator, Endorsers: r.endorsers, Chaincode: r.chaincode, Nonce: nonce,
		OnHeader: r.onHeader, OnEndorsed: r.onEndorsed, OnEnvelope: r.onEnvelope, AfterProposal: r.afterProposal,
	}
	wire.Invoke = func(txID string) ([][]byte, *peer.ChaincodeAction) {
		action := &peer.ChaincodeAction{
			ChaincodeId: &peer.ChaincodeID{Name: r.chaincode, Version: "1.0"}, Response: &peer.Response{Status: 200},
		}
		if r.ops != nil {
			r.args, action.Events = c.apply(t, &r, txID, wire.TxID())
			if r.onArgs != nil {
				r.onArgs(r.args)
			}
		}
		action.Results = marshal(&rwset.TxReadWriteSet{NsRwset: r.sets})
		if r.onAction != nil {
			r.onAction(action)
		}
		return r.args, action
	}
	return wire.Envelope()
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
		prooftest.Event("dsd", txID, dollars.JournalEvent, result.Journal.Encode())
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
	b := prooftest.Block(number, c.previous[:], envelopes...)
	if on := c.onBlock[int(number)]; on != nil {
		on(b)
	}
	c.w.orderer.Seal(b)
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
	prooftest.Judge(b, codes...)
	b.Metadata.Metadata[common.BlockMetadataIndex_COMMIT_HASH] = marshal(&common.Metadata{Value: c.commit})
	clear(c.state.changed)
	c.previous = sha256.Sum256(proof.HeaderBytes(b.GetHeader()))
	c.blocks = append(c.blocks, marshal(b))
}
