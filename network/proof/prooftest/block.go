package prooftest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof"
)

// Request is a transaction to be made. Its hooks are what somebody who takes part could do to it: they run before the
// signatures that cover what they change, so that all signatures fit.
type Request struct {
	Creator   *Signer
	Endorsers []*Signer
	Chaincode string
	Nonce     []byte
	// Invoke answers the arguments and what comes of them.
	Invoke func(txID string) (args [][]byte, action *peer.ChaincodeAction)

	OnHeader      func(*common.ChannelHeader)
	OnEndorsed    func(*peer.ChaincodeEndorsedAction)
	OnEnvelope    func(*common.Envelope)
	AfterProposal func(*peer.ChaincodeActionPayload)
}

// TxID is the id a transaction of this nonce must have.
func (r Request) TxID() [sha256.Size]byte {
	return sha256.Sum256(append(bytes.Clone(r.Nonce), r.Creator.Serialized...))
}

// Envelope endorses and signs a request.
func (r Request) Envelope() []byte {
	sum := r.TxID()
	channel := &common.ChannelHeader{
		Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: Channel, TxId: hex.EncodeToString(sum[:]),
		Timestamp: timestamppb.New(Noon), Extension: Marshal(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: r.Chaincode}}),
	}
	call(r.OnHeader, channel)
	args, action := r.Invoke(channel.GetTxId())
	header := &common.Header{
		ChannelHeader:   Marshal(channel),
		SignatureHeader: Marshal(&common.SignatureHeader{Creator: r.Creator.Serialized, Nonce: r.Nonce}),
	}
	proposal := Marshal(&peer.ChaincodeProposalPayload{Input: Marshal(&peer.ChaincodeInvocationSpec{
		ChaincodeSpec: &peer.ChaincodeSpec{ChaincodeId: &peer.ChaincodeID{Name: r.Chaincode}, Input: &peer.ChaincodeInput{Args: args}},
	})})
	hash := sha256.Sum256(bytes.Join([][]byte{header.GetChannelHeader(), header.GetSignatureHeader(), proposal}, nil))
	endorsed := &peer.ChaincodeEndorsedAction{
		ProposalResponsePayload: Marshal(&peer.ProposalResponsePayload{ProposalHash: hash[:], Extension: Marshal(action)}),
	}
	for _, e := range r.Endorsers {
		endorsed.Endorsements = append(endorsed.Endorsements, &peer.Endorsement{
			Endorser: e.Serialized, Signature: e.Sign(endorsed.GetProposalResponsePayload(), e.Serialized),
		})
	}
	call(r.OnEndorsed, endorsed)
	content := &peer.ChaincodeActionPayload{ChaincodeProposalPayload: proposal, Action: endorsed}
	call(r.AfterProposal, content)
	payload := Marshal(&common.Payload{Header: header, Data: Marshal(&peer.Transaction{Actions: []*peer.TransactionAction{
		{Header: header.GetSignatureHeader(), Payload: Marshal(content)},
	}})})
	envelope := &common.Envelope{Payload: payload, Signature: r.Creator.Sign(payload)}
	call(r.OnEnvelope, envelope)
	return Marshal(envelope)
}

func call[M any](hook func(M), message M) {
	if hook != nil {
		hook(message)
	}
}

// Event is the event of a chaincode with its transaction.
func Event(chaincode, txID, name string, payload []byte) []byte {
	return Marshal(&peer.ChaincodeEvent{ChaincodeId: chaincode, TxId: txID, EventName: name, Payload: payload})
}

// Block is a block of envelopes, which nobody has signed and no peer has judged.
func Block(number uint64, previous []byte, envelopes ...[]byte) *common.Block {
	data := &common.BlockData{Data: envelopes}
	hash := block.DataHash(data)
	return &common.Block{
		Header:   &common.BlockHeader{Number: number, PreviousHash: bytes.Clone(previous), DataHash: hash[:]},
		Data:     data,
		Metadata: &common.BlockMetadata{Metadata: make([][]byte, len(common.BlockMetadataIndex_name))},
	}
}

// Seal signs a block as the orderer does; what is not an orderer's to sign stays as it is.
func (s *Signer) Seal(b *common.Block) {
	value := Marshal(&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{}, ConsenterMetadata: []byte("raft")})
	header := Marshal(&common.SignatureHeader{Creator: s.Serialized, Nonce: []byte("nonce")})
	b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = Marshal(&common.Metadata{
		Value: value,
		Signatures: []*common.MetadataSignature{{
			SignatureHeader: header, Signature: s.Sign(value, header, proof.HeaderBytes(b.GetHeader())),
		}},
	})
}

// Agree signs a block as orderers do who agree on blocks by a quorum: each by its number.
func Agree(b *common.Block, orderers map[uint32]*Signer) {
	signed := &common.Metadata{Value: Marshal(&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{}, ConsenterMetadata: []byte("view")})}
	for _, number := range slices.Sorted(maps.Keys(orderers)) {
		header := Marshal(&common.IdentifierHeader{Identifier: number, Nonce: []byte("nonce")})
		signed.Signatures = append(signed.Signatures, &common.MetadataSignature{
			IdentifierHeader: header, Signature: orderers[number].Sign(signed.GetValue(), header, proof.HeaderBytes(b.GetHeader())),
		})
	}
	b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = Marshal(signed)
}

// Judge marks a block's transactions as a peer does.
func Judge(b *common.Block, codes ...byte) {
	b.Metadata.Metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = codes
}

// Applied is a block with one valid transaction of the chaincode dsd that has this journal, and the transaction's id.
func (p *People) Applied(number uint64, journal []byte) (raw []byte, txID string) {
	r := Request{Creator: p.Issuer, Endorsers: []*Signer{p.Peer, p.Other}, Chaincode: "dsd", Nonce: []byte("nonce")}
	r.Invoke = func(id string) ([][]byte, *peer.ChaincodeAction) {
		txID = id
		return [][]byte{[]byte("Apply"), nil}, &peer.ChaincodeAction{
			ChaincodeId: &peer.ChaincodeID{Name: r.Chaincode, Version: "1.0"}, Response: &peer.Response{Status: 200},
			Events: Event(r.Chaincode, id, "journal", journal),
		}
	}
	b := Block(number, make([]byte, sha256.Size), r.Envelope())
	p.Orderer.Seal(b)
	Judge(b, byte(peer.TxValidationCode_VALID))
	return Marshal(b), txID
}
