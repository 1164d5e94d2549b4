package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Transaction is an envelope after everything that can be checked without state.
type Transaction struct {
	ID   string
	Kind common.HeaderType
	// Fault is why peers take it for invalid as it stands; nil if nothing speaks against it so far.
	Fault *Failure

	// Late is a fault that peers find only after they looked whether the id is new.
	Late *Failure

	// The rest is there for endorsed transactions that are well formed.

	Creator   *Identity
	Header    *common.ChannelHeader
	Chaincode string // as invoked: what the creator signed and the endorsers confirmed
	Input     *peer.ChaincodeInput
	Action    *peer.ChaincodeAction
	Event     *peer.ChaincodeEvent // nil without
	Endorsers []*Identity          // different ones, whose signatures verify
	Forged    int                  // endorsements that do not
	Sets      []NamespaceSet
}

// NamespaceSet is what a transaction read and wrote in one namespace.
type NamespaceSet struct {
	Name        string
	Public      *kvrwset.KVRWSet
	Collections []CollectionSet
}

// CollectionSet is the same of a private collection, as hashes.
type CollectionSet struct {
	Name   string
	Hashed *kvrwset.HashedRWSet
}

// Writes tells whether anything is written in the namespace.
func (s *NamespaceSet) Writes() bool {
	for _, c := range s.Collections {
		if len(c.Hashed.GetHashedWrites())+len(c.Hashed.GetMetadataWrites()) > 0 {
			return true
		}
	}
	return len(s.Public.GetWrites())+len(s.Public.GetMetadataWrites()) > 0
}

// Failure is a transaction's own fault, and the code Fabric has for it.
type Failure struct {
	Code peer.TxValidationCode
	err  error
}

func (f *Failure) Error() string { return f.err.Error() }

func asFailure(err error) *Failure {
	if f := (*Failure)(nil); errors.As(err, &f) {
		return f
	}
	return &Failure{peer.TxValidationCode_INVALID_OTHER_REASON, err}
}

func fail(code peer.TxValidationCode, err error) error { return &Failure{code, err} }

// ReadHeader reads no further than what a transaction says of itself.
func ReadHeader(raw []byte) (*common.ChannelHeader, *common.Payload, error) {
	var envelope common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	err := proto.Unmarshal(raw, &envelope)
	if err == nil {
		err = proto.Unmarshal(envelope.GetPayload(), &payload)
	}
	if err == nil {
		err = proto.Unmarshal(payload.GetHeader().GetChannelHeader(), &channel)
	}
	return &channel, &payload, err
}

// Read takes an envelope apart in the order in which peers validate it: the first fault decides the code.
func (c *Channel) Read(raw []byte) *Transaction {
	t := &Transaction{}
	// Peers remember the id even of a transaction they refuse.
	if header, _, err := ReadHeader(raw); err == nil {
		t.ID, t.Kind = header.GetTxId(), common.HeaderType(header.GetType())
	}
	if err := c.readEnvelope(t, raw); err != nil {
		t.Fault = asFailure(err)
	}
	return t
}

func (c *Channel) readEnvelope(t *Transaction, raw []byte) error {
	var envelope common.Envelope
	if err := proto.Unmarshal(raw, &envelope); err != nil {
		return fail(peer.TxValidationCode_INVALID_OTHER_REASON, err)
	}
	var payload common.Payload
	if err := proto.Unmarshal(envelope.GetPayload(), &payload); err != nil {
		return fail(peer.TxValidationCode_BAD_PAYLOAD, err)
	}
	channel, signature, err := readHeaders(payload.GetHeader())
	if err != nil {
		return fail(peer.TxValidationCode_BAD_COMMON_HEADER, err)
	}
	t.Header, t.ID, t.Kind = channel, channel.GetTxId(), common.HeaderType(channel.GetType())
	if t.Creator, err = c.Identify(signature.GetCreator()); err == nil {
		err = t.Creator.Verify(envelope.GetSignature(), envelope.GetPayload())
	}
	if err != nil {
		return fail(peer.TxValidationCode_BAD_CREATOR_SIGNATURE, fmt.Errorf("creator: %w", err))
	}
	switch t.Kind {
	case common.HeaderType_CONFIG:
		return nil
	case common.HeaderType_ENDORSER_TRANSACTION:
	default:
		return fail(peer.TxValidationCode_UNSUPPORTED_TX_PAYLOAD, fmt.Errorf("a transaction of kind %s", t.Kind))
	}
	if id := sha256.Sum256(append(bytes.Clone(signature.GetNonce()), signature.GetCreator()...)); t.ID != hex.EncodeToString(id[:]) {
		return fail(peer.TxValidationCode_BAD_PROPOSAL_TXID, fmt.Errorf("its id is not the hash of its nonce and creator, which is %x", id))
	}
	if err := c.readAction(t, &payload); err != nil {
		return err
	}
	if channel.GetChannelId() != c.Name {
		return fail(peer.TxValidationCode_TARGET_CHAIN_NOT_FOUND, fmt.Errorf("it is for channel %q", channel.GetChannelId()))
	}
	return nil
}

func readHeaders(h *common.Header) (*common.ChannelHeader, *common.SignatureHeader, error) {
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	if err := errors.Join(proto.Unmarshal(h.GetChannelHeader(), &channel), proto.Unmarshal(h.GetSignatureHeader(), &signature)); err != nil {
		return nil, nil, err
	}
	switch {
	case h == nil:
		return nil, nil, errors.New("no header")
	case channel.GetEpoch() != 0:
		return nil, nil, fmt.Errorf("epoch %d", channel.GetEpoch())
	case len(signature.GetNonce()) == 0 || len(signature.GetCreator()) == 0:
		return nil, nil, errors.New("no nonce or no creator")
	}
	switch common.HeaderType(channel.GetType()) {
	case common.HeaderType_ENDORSER_TRANSACTION, common.HeaderType_CONFIG, common.HeaderType_CONFIG_UPDATE:
		return &channel, &signature, nil
	}
	return nil, nil, fmt.Errorf("a transaction of kind %d", channel.GetType())
}

// readAction reads what was asked and what the endorsers say came of it, and that they mean the same.
func (c *Channel) readAction(t *Transaction, payload *common.Payload) error {
	malformed := func(err error) error { return fail(peer.TxValidationCode_INVALID_ENDORSER_TRANSACTION, err) }
	var body peer.Transaction
	if err := proto.Unmarshal(payload.GetData(), &body); err != nil {
		return malformed(err)
	}
	if len(body.GetActions()) != 1 {
		return malformed(fmt.Errorf("it has %d actions", len(body.GetActions())))
	}
	act := body.GetActions()[0]
	var header common.SignatureHeader
	var content peer.ChaincodeActionPayload
	var response peer.ProposalResponsePayload
	err := errors.Join(proto.Unmarshal(act.GetHeader(), &header), proto.Unmarshal(act.GetPayload(), &content))
	if err == nil {
		err = proto.Unmarshal(content.GetAction().GetProposalResponsePayload(), &response)
	}
	if err != nil || len(header.GetNonce()) == 0 || len(header.GetCreator()) == 0 {
		return malformed(errors.Join(err, errors.New("its action cannot be read")))
	}
	hash, err := proposalHash(payload.GetHeader().GetChannelHeader(), act.GetHeader(), content.GetChaincodeProposalPayload())
	if err != nil {
		return malformed(err)
	}
	if !bytes.Equal(hash, response.GetProposalHash()) {
		return malformed(errors.New("what was endorsed is not what was asked for"))
	}
	err = t.readResponse(response.GetExtension())
	if err == nil {
		err = t.readInput(content.GetChaincodeProposalPayload())
	}
	if err != nil {
		t.Late = asFailure(err)
		return nil
	}
	c.readEndorsements(t, content.GetAction())
	return nil
}

// proposalHash is the hash by which endorsers name what they were asked. Transient data, which is not on the ledger,
// is no part of it.
func proposalHash(channel, signature, proposal []byte) ([]byte, error) {
	var p peer.ChaincodeProposalPayload
	if err := proto.Unmarshal(proposal, &p); err != nil {
		return nil, err
	}
	p.TransientMap = nil
	public, err := proto.Marshal(&p)
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	for _, part := range [][]byte{channel, signature, public} {
		digest.Write(part)
	}
	return digest.Sum(nil), nil
}

// readResponse reads what came of the transaction. Faults of names are found here as the dispatcher of peers does.
func (t *Transaction) readResponse(raw []byte) error {
	t.Action = &peer.ChaincodeAction{}
	if err := proto.Unmarshal(raw, t.Action); err != nil {
		return fail(peer.TxValidationCode_BAD_RESPONSE_PAYLOAD, err)
	}
	var extension peer.ChaincodeHeaderExtension
	if err := proto.Unmarshal(t.Header.GetExtension(), &extension); err != nil {
		return fail(peer.TxValidationCode_BAD_HEADER_EXTENSION, err)
	}
	t.Chaincode = extension.GetChaincodeId().GetName()
	if t.Chaincode == "" || t.Chaincode != t.Action.GetChaincodeId().GetName() || t.Action.GetChaincodeId().GetVersion() == "" {
		return fail(peer.TxValidationCode_INVALID_CHAINCODE,
			fmt.Errorf("it invokes chaincode %q and has a result of %q", t.Chaincode, t.Action.GetChaincodeId().GetName()))
	}
	if len(t.Action.GetEvents()) > 0 {
		t.Event = &peer.ChaincodeEvent{}
		if err := proto.Unmarshal(t.Action.GetEvents(), t.Event); err != nil || t.Event.GetChaincodeId() != t.Chaincode {
			return fail(peer.TxValidationCode_INVALID_OTHER_REASON, errors.New("its event is not its chaincode's"))
		}
	}
	sets, err := ReadSets(t.Action.GetResults())
	t.Sets = sets
	return err
}

// ReadSets reads what a transaction read and wrote, by namespace.
func ReadSets(results []byte) ([]NamespaceSet, error) {
	bad := func(err error) error { return fail(peer.TxValidationCode_BAD_RWSET, err) }
	var all rwset.TxReadWriteSet
	if err := proto.Unmarshal(results, &all); err != nil {
		return nil, bad(err)
	}
	var sets []NamespaceSet
	known := map[string]bool{}
	for _, ns := range all.GetNsRwset() {
		s := NamespaceSet{Name: ns.GetNamespace(), Public: &kvrwset.KVRWSet{}}
		if err := proto.Unmarshal(ns.GetRwset(), s.Public); err != nil {
			return nil, bad(err)
		}
		for _, coll := range ns.GetCollectionHashedRwset() {
			hashed := &kvrwset.HashedRWSet{}
			if err := proto.Unmarshal(coll.GetHashedRwset(), hashed); err != nil {
				return nil, bad(err)
			}
			s.Collections = append(s.Collections, CollectionSet{coll.GetCollectionName(), hashed})
		}
		if known[s.Name] {
			return nil, fail(peer.TxValidationCode_ILLEGAL_WRITESET, fmt.Errorf("namespace %q occurs twice", s.Name))
		}
		known[s.Name] = true
		sets = append(sets, s)
	}
	return sets, nil
}

func (t *Transaction) readInput(proposal []byte) error {
	var p peer.ChaincodeProposalPayload
	var spec peer.ChaincodeInvocationSpec
	if err := proto.Unmarshal(proposal, &p); err != nil {
		return err
	}
	if err := proto.Unmarshal(p.GetInput(), &spec); err != nil {
		return err
	}
	t.Input = spec.GetChaincodeSpec().GetInput()
	return nil
}

// readEndorsements verifies endorsements. Peers leave out those that do not hold, and so do we: the policy decides
// whether enough are left.
func (c *Channel) readEndorsements(t *Transaction, action *peer.ChaincodeEndorsedAction) {
	known := map[string]bool{}
	for _, e := range action.GetEndorsements() {
		id, err := c.Identify(e.GetEndorser())
		if err == nil {
			err = id.Verify(e.GetSignature(), action.GetProposalResponsePayload(), e.GetEndorser())
		}
		switch {
		case err != nil:
			t.Forged++
		case !known[id.Name()]:
			known[id.Name()] = true
			t.Endorsers = append(t.Endorsers, id)
		}
	}
}
