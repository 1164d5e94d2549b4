package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/rwset/kvrwset"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// transaction is an envelope after everything that can be checked without state.
type transaction struct {
	id   string
	kind common.HeaderType
	// fault is why peers take it for invalid as it stands; nil if nothing speaks against it so far.
	fault *failure

	// late is a fault that peers find only after they looked whether the id is new.
	late *failure

	// The rest is there for endorsed transactions that are well formed.

	creator   *identity
	header    *common.ChannelHeader
	chaincode string // as invoked: what the creator signed and the endorsers confirmed
	input     *peer.ChaincodeInput
	action    *peer.ChaincodeAction
	event     *peer.ChaincodeEvent // nil without
	endorsers []*identity          // different ones, whose signatures verify
	forged    int                  // endorsements that do not
	sets      []namespaceSet
}

// namespaceSet is what a transaction read and wrote in one namespace.
type namespaceSet struct {
	name        string
	public      *kvrwset.KVRWSet
	collections []collectionSet
}

// collectionSet is the same of a private collection, as hashes.
type collectionSet struct {
	name   string
	hashed *kvrwset.HashedRWSet
}

// writes tells whether anything is written in the namespace.
func (s *namespaceSet) writes() bool {
	for _, c := range s.collections {
		if len(c.hashed.GetHashedWrites())+len(c.hashed.GetMetadataWrites()) > 0 {
			return true
		}
	}
	return len(s.public.GetWrites())+len(s.public.GetMetadataWrites()) > 0
}

// matters tells whether the transaction does anything if it is valid.
func (t *transaction) matters() bool {
	return t.kind == common.HeaderType_CONFIG || t.event != nil ||
		slices.ContainsFunc(t.sets, func(s namespaceSet) bool { return s.writes() })
}

// failure is a transaction's own fault, and the code Fabric has for it.
type failure struct {
	code peer.TxValidationCode
	err  error
}

func (f *failure) Error() string { return f.err.Error() }

func asFailure(err error) *failure {
	if f := (*failure)(nil); errors.As(err, &f) {
		return f
	}
	return &failure{peer.TxValidationCode_INVALID_OTHER_REASON, err}
}

func fail(code peer.TxValidationCode, err error) error { return &failure{code, err} }

func readHeader(raw []byte) (*common.ChannelHeader, *common.Payload, error) {
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

// read takes an envelope apart in the order in which peers validate it: the first fault decides the code.
func (c *config) read(raw []byte) *transaction {
	t := &transaction{}
	// Peers remember the id even of a transaction they refuse.
	if header, _, err := readHeader(raw); err == nil {
		t.id, t.kind = header.GetTxId(), common.HeaderType(header.GetType())
	}
	if err := c.readEnvelope(t, raw); err != nil {
		t.fault = asFailure(err)
	}
	return t
}

func (c *config) readEnvelope(t *transaction, raw []byte) error {
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
	t.header, t.id, t.kind = channel, channel.GetTxId(), common.HeaderType(channel.GetType())
	if t.creator, err = c.identify(signature.GetCreator()); err == nil {
		err = t.creator.verify(envelope.GetSignature(), envelope.GetPayload())
	}
	if err != nil {
		return fail(peer.TxValidationCode_BAD_CREATOR_SIGNATURE, fmt.Errorf("creator: %w", err))
	}
	switch t.kind {
	case common.HeaderType_CONFIG:
		return nil
	case common.HeaderType_ENDORSER_TRANSACTION:
	default:
		return fail(peer.TxValidationCode_UNSUPPORTED_TX_PAYLOAD, fmt.Errorf("a transaction of kind %s", t.kind))
	}
	if id := sha256.Sum256(append(bytes.Clone(signature.GetNonce()), signature.GetCreator()...)); t.id != hex.EncodeToString(id[:]) {
		return fail(peer.TxValidationCode_BAD_PROPOSAL_TXID, fmt.Errorf("its id is not the hash of its nonce and creator, which is %x", id))
	}
	if err := c.readAction(t, &payload); err != nil {
		return err
	}
	if channel.GetChannelId() != c.channel {
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
func (c *config) readAction(t *transaction, payload *common.Payload) error {
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
		t.late = asFailure(err)
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
func (t *transaction) readResponse(raw []byte) error {
	t.action = &peer.ChaincodeAction{}
	if err := proto.Unmarshal(raw, t.action); err != nil {
		return fail(peer.TxValidationCode_BAD_RESPONSE_PAYLOAD, err)
	}
	var extension peer.ChaincodeHeaderExtension
	if err := proto.Unmarshal(t.header.GetExtension(), &extension); err != nil {
		return fail(peer.TxValidationCode_BAD_HEADER_EXTENSION, err)
	}
	t.chaincode = extension.GetChaincodeId().GetName()
	if t.chaincode == "" || t.chaincode != t.action.GetChaincodeId().GetName() || t.action.GetChaincodeId().GetVersion() == "" {
		return fail(peer.TxValidationCode_INVALID_CHAINCODE,
			fmt.Errorf("it invokes chaincode %q and has a result of %q", t.chaincode, t.action.GetChaincodeId().GetName()))
	}
	if len(t.action.GetEvents()) > 0 {
		t.event = &peer.ChaincodeEvent{}
		if err := proto.Unmarshal(t.action.GetEvents(), t.event); err != nil || t.event.GetChaincodeId() != t.chaincode {
			return fail(peer.TxValidationCode_INVALID_OTHER_REASON, errors.New("its event is not its chaincode's"))
		}
	}
	return t.readSets()
}

func (t *transaction) readSets() error {
	bad := func(err error) error { return fail(peer.TxValidationCode_BAD_RWSET, err) }
	var all rwset.TxReadWriteSet
	if err := proto.Unmarshal(t.action.GetResults(), &all); err != nil {
		return bad(err)
	}
	known := map[string]bool{}
	for _, ns := range all.GetNsRwset() {
		s := namespaceSet{name: ns.GetNamespace(), public: &kvrwset.KVRWSet{}}
		if err := proto.Unmarshal(ns.GetRwset(), s.public); err != nil {
			return bad(err)
		}
		for _, coll := range ns.GetCollectionHashedRwset() {
			hashed := &kvrwset.HashedRWSet{}
			if err := proto.Unmarshal(coll.GetHashedRwset(), hashed); err != nil {
				return bad(err)
			}
			s.collections = append(s.collections, collectionSet{coll.GetCollectionName(), hashed})
		}
		if known[s.name] {
			return fail(peer.TxValidationCode_ILLEGAL_WRITESET, fmt.Errorf("namespace %q occurs twice", s.name))
		}
		known[s.name] = true
		t.sets = append(t.sets, s)
	}
	return nil
}

func (t *transaction) readInput(proposal []byte) error {
	var p peer.ChaincodeProposalPayload
	var spec peer.ChaincodeInvocationSpec
	if err := proto.Unmarshal(proposal, &p); err != nil {
		return err
	}
	if err := proto.Unmarshal(p.GetInput(), &spec); err != nil {
		return err
	}
	t.input = spec.GetChaincodeSpec().GetInput()
	return nil
}

// readEndorsements verifies endorsements. Peers leave out those that do not hold, and so do we: the policy decides
// whether enough are left.
func (c *config) readEndorsements(t *transaction, action *peer.ChaincodeEndorsedAction) {
	known := map[string]bool{}
	for _, e := range action.GetEndorsements() {
		id, err := c.identify(e.GetEndorser())
		if err == nil {
			err = id.verify(e.GetSignature(), action.GetProposalResponsePayload(), e.GetEndorser())
		}
		switch {
		case err != nil:
			t.forged++
		case !known[id.name()]:
			known[id.name()] = true
			t.endorsers = append(t.endorsers, id)
		}
	}
}
