package tamper

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/proof/prooftest"
)

func marshal(m proto.Message) []byte { return prooftest.Marshal(m) }

func read[M proto.Message](raw []byte, into M) M { return prooftest.Unmarshal(raw, into) }

func parse(raw []byte) *common.Block { return read(raw, &common.Block{}) }

// attacker changes a ledger with the keys of these organisations.
type attacker struct {
	*ledger
	organisations []string // by MSP
}

// Whose keys an attacker may have.
var (
	disk     []string
	orderer  = []string{"OrdererMSP"}
	oneOrg   = []string{"OrdererMSP", "DestinasiaMSP"}
	everyone = []string{"OrdererMSP", "DestinasiaMSP", "AircncMSP"}
)

// signer is whose identity this is, if their key is at hand.
func (a attacker) signer(identity []byte) *prooftest.Signer {
	if slices.Contains(a.organisations, read(identity, &msp.SerializedIdentity{}).GetMspid()) {
		return a.keys[string(identity)]
	}
	return nil
}

// edit changes a block and nothing else.
func (a attacker) edit(number int, change func(*common.Block)) [][]byte {
	blocks := slices.Clone(a.blocks)
	b := parse(blocks[number])
	change(b)
	blocks[number] = marshal(b)
	return blocks
}

// seal changes a block and has its orderer sign it as it is then.
func (a attacker) seal(number int, change func(*common.Block)) [][]byte {
	return a.edit(number, func(b *common.Block) {
		change(b)
		a.sign(b)
	})
}

// block changes a block and makes the rest of the chain fit.
func (a attacker) block(number int, change func(*common.Block)) [][]byte {
	return a.chain(a.edit(number, change), number)
}

// transaction changes a transaction and makes the rest of the chain fit.
func (a attacker) transaction(at place, change func(*transaction)) [][]byte {
	return a.block(at.block, func(b *common.Block) {
		b.Data.Data[at.transaction] = a.forge(b.Data.Data[at.transaction], change)
	})
}

// chain makes blocks fit from one on: numbers, hashes, orderers' signatures, and peers' commit hashes.
func (a attacker) chain(blocks [][]byte, from int) [][]byte {
	before := parse(blocks[from-1])
	for i := from; i < len(blocks); i++ {
		b := parse(blocks[i])
		previous, data := block.HeaderHash(before.Header.Number, before.Header.PreviousHash, before.Header.DataHash), block.DataHash(b.Data)
		b.Header = &common.BlockHeader{Number: uint64(i), PreviousHash: previous[:], DataHash: data[:]}
		a.sign(b)
		if len(metadata(b, common.BlockMetadataIndex_TRANSACTIONS_FILTER)) == len(b.Data.Data) {
			b.Metadata.Metadata[common.BlockMetadataIndex_COMMIT_HASH] = marshal(&common.Metadata{Value: commitHash(b, before)})
		}
		blocks[i], before = marshal(b), b
	}
	return blocks
}

func metadata(b *common.Block, i common.BlockMetadataIndex) []byte { return b.Metadata.Metadata[i] }

// sign makes anew those of a block's signatures whose keys are at hand.
func (a attacker) sign(b *common.Block) {
	onSigned(func(signed *common.Metadata) {
		for _, s := range signed.GetSignatures() {
			creator := read(s.GetSignatureHeader(), &common.SignatureHeader{}).GetCreator()
			if signer := a.signer(creator); signer != nil {
				s.Signature = signer.Sign(signed.GetValue(), s.GetSignatureHeader(), proof.HeaderBytes(b.GetHeader()))
			}
		}
	})(b)
}

// onSigned changes what a block has of its orderers.
func onSigned(change func(*common.Metadata)) func(*common.Block) {
	return func(b *common.Block) {
		signed := read(metadata(b, common.BlockMetadataIndex_SIGNATURES), &common.Metadata{})
		change(signed)
		b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = marshal(signed)
	}
}

// transaction is an envelope taken apart, every level of it.
type transaction struct {
	envelope  *common.Envelope
	payload   *common.Payload
	channel   *common.ChannelHeader
	signature *common.SignatureHeader
	body      *peer.Transaction
	header    *common.SignatureHeader // of the action, as endorsers saw it; nil: that of the payload
	content   *peer.ChaincodeActionPayload
	proposal  *peer.ChaincodeProposalPayload
	input     *peer.ChaincodeInvocationSpec
	response  *peer.ProposalResponsePayload
	action    *peer.ChaincodeAction
	event     *peer.ChaincodeEvent // nil without
	results   *rwset.TxReadWriteSet
	sets      []*kvrwset.KVRWSet // of results, one by one

	endorsed []byte // stands in the place of response; nil if that is what endorsers sign

	// What is changed after what covers it has been made anew.
	onResponse func(*peer.ProposalResponsePayload) // the proposal's hash fits
	onAction   func(*peer.ChaincodeActionPayload)  // the endorsers have signed
	onEnvelope func(*common.Envelope)              // the creator has signed
}

// open takes an envelope apart.
func open(raw []byte) *transaction {
	t := &transaction{envelope: read(raw, &common.Envelope{})}
	t.payload = read(t.envelope.GetPayload(), &common.Payload{})
	t.channel = read(t.payload.GetHeader().GetChannelHeader(), &common.ChannelHeader{})
	t.signature = read(t.payload.GetHeader().GetSignatureHeader(), &common.SignatureHeader{})
	t.body = read(t.payload.GetData(), &peer.Transaction{})
	t.content = read(t.body.GetActions()[0].GetPayload(), &peer.ChaincodeActionPayload{})
	t.proposal = read(t.content.GetChaincodeProposalPayload(), &peer.ChaincodeProposalPayload{})
	t.input = read(t.proposal.GetInput(), &peer.ChaincodeInvocationSpec{})
	t.response = read(t.content.GetAction().GetProposalResponsePayload(), &peer.ProposalResponsePayload{})
	t.action = read(t.response.GetExtension(), &peer.ChaincodeAction{})
	if len(t.action.GetEvents()) > 0 {
		t.event = read(t.action.GetEvents(), &peer.ChaincodeEvent{})
	}
	t.results = read(t.action.GetResults(), &rwset.TxReadWriteSet{})
	for _, ns := range t.results.GetNsRwset() {
		t.sets = append(t.sets, read(ns.GetRwset(), &kvrwset.KVRWSet{}))
	}
	return t
}

// forge changes a transaction and puts it together again, signed by those whose keys are at hand.
func (a attacker) forge(raw []byte, change func(*transaction)) []byte {
	t := open(raw)
	change(t)
	header := t.payload.GetHeader()
	header.ChannelHeader, header.SignatureHeader = marshal(t.channel), marshal(t.signature)
	t.body.Actions[0].Header = header.SignatureHeader
	if t.header != nil {
		t.body.Actions[0].Header = marshal(t.header)
	}
	t.proposal.Input = marshal(t.input)
	t.content.ChaincodeProposalPayload = marshal(t.proposal)
	for i, set := range t.sets {
		t.results.NsRwset[i].Rwset = marshal(set)
	}
	t.action.Results, t.action.Events = marshal(t.results), nil
	if t.event != nil {
		t.action.Events = marshal(t.event)
	}
	hash := sha256.Sum256(bytes.Join([][]byte{header.ChannelHeader, t.body.Actions[0].Header, public(t.proposal)}, nil))
	t.response.ProposalHash, t.response.Extension = hash[:], marshal(t.action)
	call(t.onResponse, t.response)
	action := t.content.GetAction()
	response := marshal(t.response)
	if t.endorsed != nil {
		response = t.endorsed
	}
	changed := !bytes.Equal(response, action.ProposalResponsePayload)
	action.ProposalResponsePayload = response
	for _, e := range action.GetEndorsements() {
		if signer := a.signer(e.GetEndorser()); signer != nil && changed {
			e.Signature = signer.Sign(response, e.GetEndorser())
		}
	}
	call(t.onAction, t.content)
	t.body.Actions[0].Payload = marshal(t.content)
	t.payload.Data = marshal(t.body)
	payload := marshal(t.payload)
	if signer := a.signer(t.signature.GetCreator()); signer != nil && !bytes.Equal(payload, t.envelope.Payload) {
		t.envelope.Signature = signer.Sign(payload)
	}
	t.envelope.Payload = payload
	call(t.onEnvelope, t.envelope)
	return marshal(t.envelope)
}

// public is what endorsers' hash is of: transient data is no part of it.
func public(p *peer.ChaincodeProposalPayload) []byte {
	return marshal(&peer.ChaincodeProposalPayload{Input: p.GetInput()})
}

func call[M any](hook func(M), message M) {
	if hook != nil {
		hook(message)
	}
}

// as makes somebody else the creator, with the id that goes with it.
func (t *transaction) as(creator []byte) {
	t.signature.Creator = creator
	id := sha256.Sum256(append(bytes.Clone(t.signature.GetNonce()), creator...))
	t.channel.TxId = hex.EncodeToString(id[:])
	if t.event != nil {
		t.event.TxId = t.channel.TxId
	}
}

// set is what the transaction read and wrote in its chaincode's namespace.
func (t *transaction) set() *kvrwset.KVRWSet {
	for i, ns := range t.results.GetNsRwset() {
		if ns.GetNamespace() == t.action.GetChaincodeId().GetName() {
			return t.sets[i]
		}
	}
	return &kvrwset.KVRWSet{}
}

// operations are those of the batch; none where it is no batch.
func (t *transaction) operations() []dollars.Operation {
	args := t.input.GetChaincodeSpec().GetInput().GetArgs()
	if len(args) != 2 || string(args[0]) != "Apply" {
		return nil
	}
	_, operations, err := dollars.DecodeBatch(args[1])
	if err != nil {
		panic(err) // the ledger is right
	}
	return operations
}

// ask puts other operations into the batch.
func (t *transaction) ask(operations []dollars.Operation) {
	args := t.input.GetChaincodeSpec().GetInput().GetArgs()
	var encoded [][]byte
	for _, operation := range operations {
		encoded = append(encoded, dollars.EncodeOperation(operation))
	}
	args[1] = dollars.EncodeBatch(args[1][1], encoded)
}

// tell changes the journal.
func (t *transaction) tell(change func(*dollars.Journal)) {
	journal, err := dollars.DecodeJournal(t.event.GetPayload())
	if err != nil {
		panic(err) // the ledger is right
	}
	change(&journal)
	t.event.Payload = journal.Encode()
}
