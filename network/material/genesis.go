package material

import (
	"crypto/sha256"
	"fmt"
	"math"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/destinasia/dollars/network/topology"
)

// Capabilities switch on what the channel's members must all support. They are as low as what we use allows, so that
// existing clients understand the channel.
const (
	channelCapability     = "V2_0"
	bftChannelCapability  = "V3_0"
	ordererCapability     = "V2_0"
	applicationCapability = "V2_5"
)

const admins = "Admins"

// group is a config group under construction. Every element is changed by the administrators of its own group.
type group struct {
	*common.ConfigGroup
	err error
}

func newGroup() *group {
	return &group{ConfigGroup: &common.ConfigGroup{
		Groups:    map[string]*common.ConfigGroup{},
		Values:    map[string]*common.ConfigValue{},
		Policies:  map[string]*common.ConfigPolicy{},
		ModPolicy: admins,
	}}
}

// value sets a config value; the first error sticks and surfaces in child.
func (g *group) value(key string, message proto.Message) {
	content, err := proto.Marshal(message)
	if err != nil && g.err == nil {
		g.err = fmt.Errorf("%s: %w", key, err)
	}
	g.Values[key] = &common.ConfigValue{Value: content, ModPolicy: admins}
}

func (g *group) policy(name string, kind common.Policy_PolicyType, message proto.Message) {
	content, err := proto.Marshal(message)
	if err != nil && g.err == nil {
		g.err = fmt.Errorf("policy %s: %w", name, err)
	}
	g.Policies[name] = &common.ConfigPolicy{Policy: &common.Policy{Type: int32(kind), Value: content}, ModPolicy: admins}
}

// identity is a kind of signer: a role in an organisation.
type identity struct {
	mspID string
	role  msp.MSPRole_MSPRoleType
}

// anyOf sets a policy that one of the identities satisfies, allOf one that takes them all.

func (g *group) anyOf(name string, identities ...identity) { g.signed(name, 1, identities) }

func (g *group) allOf(name string, identities ...identity) {
	g.signed(name, len(identities), identities)
}

func (g *group) signed(name string, needed int, identities []identity) {
	envelope := &common.SignaturePolicyEnvelope{}
	var rules []*common.SignaturePolicy
	for i, id := range identities {
		principal, err := proto.Marshal(&msp.MSPRole{MspIdentifier: id.mspID, Role: id.role})
		if err != nil && g.err == nil {
			g.err = fmt.Errorf("policy %s: %w", name, err)
		}
		envelope.Identities = append(envelope.Identities, &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: principal})
		rules = append(rules, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(i)}})
	}
	envelope.Rule = &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: int32(needed), Rules: rules},
	}}
	g.policy(name, common.Policy_SIGNATURE, envelope)
}

// implicit sets a policy that asks the policies of the same name in the groups below.
func (g *group) implicit(name string, rule common.ImplicitMetaPolicy_Rule, below string) {
	g.policy(name, common.Policy_IMPLICIT_META, &common.ImplicitMetaPolicy{Rule: rule, SubPolicy: below})
}

// usualPolicies lets anyone below read and write; administering takes all of them, so no majority overrules a member.
func (g *group) usualPolicies() {
	g.implicit("Readers", common.ImplicitMetaPolicy_ANY, "Readers")
	g.implicit("Writers", common.ImplicitMetaPolicy_ANY, "Writers")
	g.implicit(admins, common.ImplicitMetaPolicy_ALL, admins)
}

func (g *group) capability(name string) {
	g.value("Capabilities", &common.Capabilities{Capabilities: map[string]*common.Capability{name: {}}})
}

func (g *group) child(name string, sub *group) {
	if sub.err != nil && g.err == nil {
		g.err = fmt.Errorf("%s: %w", name, sub.err)
	}
	g.Groups[name] = sub.ConfigGroup
}

// genesis builds the channel's first block.
func (m maker) genesis(n topology.Network) ([]byte, error) {
	channel := newGroup()
	channel.value("HashingAlgorithm", &common.HashingAlgorithm{Name: "SHA256"})
	// The width of a Merkle tree nobody builds: at this width the data hash is over the concatenation.
	channel.value("BlockDataHashingStructure", &common.BlockDataHashingStructure{Width: math.MaxUint32})
	if n.Channel.SmartBFT != nil {
		channel.capability(bftChannelCapability)
	} else {
		channel.capability(channelCapability)
	}
	channel.usualPolicies()
	channel.child("Orderer", m.ordererGroup(n))
	channel.child("Application", m.applicationGroup(n))
	if channel.err != nil {
		return nil, channel.err
	}
	return genesisBlock(n.Channel.Name, channel.ConfigGroup, timestamppb.New(m.now))
}

func (m maker) ordererGroup(n topology.Network) *group {
	g := newGroup()
	for _, org := range n.Ordering() {
		sub := m.organisationGroup(org)
		var endpoints []string
		for _, o := range org.Orderers {
			endpoints = append(endpoints, topology.Address(n.Advertised(o.Name)))
		}
		sub.value("Endpoints", &common.OrdererAddresses{Addresses: endpoints})
		g.child(org.Name, sub)
	}
	g.value("BatchSize", &orderer.BatchSize{
		MaxMessageCount:   n.Channel.MaxMessageCount,
		AbsoluteMaxBytes:  n.Channel.AbsoluteMaxBytes,
		PreferredMaxBytes: n.Channel.PreferredMaxBytes,
	})
	g.value("BatchTimeout", &orderer.BatchTimeout{Timeout: n.Channel.BatchTimeout.String()})
	g.value("ChannelRestrictions", &orderer.ChannelRestrictions{})
	g.capability(ordererCapability)
	g.usualPolicies()
	if n.Channel.SmartBFT != nil {
		m.smartBFT(g, n)
	} else {
		m.raft(g, n)
	}
	return g
}

func (m maker) applicationGroup(n topology.Network) *group {
	g := newGroup()
	var everyone []identity
	for _, org := range n.Members() {
		sub := m.organisationGroup(org)
		anchors := &peer.AnchorPeers{}
		for _, p := range org.Peers {
			anchors.AnchorPeers = append(anchors.AnchorPeers, &peer.AnchorPeer{Host: topology.Host, Port: int32(n.Advertised(p.Name))})
		}
		sub.value("AnchorPeers", anchors)
		g.child(org.Name, sub)
		everyone = append(everyone, identity{org.MSPID, msp.MSPRole_PEER})
	}
	g.capability(applicationCapability)
	g.usualPolicies()
	// Named one by one rather than as a majority: whoever joins later, replacing a chaincode or its endorsement policy
	// keeps needing each founding issuer.
	g.allOf("Endorsement", everyone...)
	g.allOf("LifecycleEndorsement", everyone...)
	return g
}

func (m maker) organisationGroup(org topology.Organisation) *group {
	g := newGroup()
	roots := m.orgs[org.Name]
	ca := roots.signing.certPEM()
	unit := func(role string) *msp.FabricOUIdentifier {
		return &msp.FabricOUIdentifier{Certificate: ca, OrganizationalUnitIdentifier: role}
	}
	definition, err := proto.Marshal(&msp.FabricMSPConfig{
		Name:         org.MSPID,
		RootCerts:    [][]byte{ca},
		TlsRootCerts: [][]byte{roots.tls.certPEM()},
		CryptoConfig: &msp.FabricCryptoConfig{SignatureHashFamily: "SHA2", IdentityIdentifierHashFunction: "SHA256"},
		FabricNodeOus: &msp.FabricNodeOUs{
			Enable:             true,
			ClientOuIdentifier: unit(roleClient), PeerOuIdentifier: unit(rolePeer),
			AdminOuIdentifier: unit(roleAdmin), OrdererOuIdentifier: unit(roleOrderer),
		},
	})
	if err != nil {
		g.err = err
	}
	g.value("MSP", &msp.MSPConfig{Config: definition})
	admin, client := identity{org.MSPID, msp.MSPRole_ADMIN}, identity{org.MSPID, msp.MSPRole_CLIENT}
	g.anyOf("Readers", identity{org.MSPID, msp.MSPRole_MEMBER})
	g.anyOf(admins, admin)
	if len(org.Orderers) > 0 {
		g.anyOf("Writers", admin, client, identity{org.MSPID, msp.MSPRole_ORDERER})
	} else {
		g.anyOf("Writers", admin, client)
		g.anyOf("Endorsement", identity{org.MSPID, msp.MSPRole_PEER})
	}
	return g
}

// genesisBlock wraps the configuration in a block the way every other config block is wrapped, unsigned.
func genesisBlock(channel string, config *common.ConfigGroup, at *timestamppb.Timestamp) ([]byte, error) {
	var failed error
	marshal := func(message proto.Message) []byte {
		content, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil && failed == nil {
			failed = err
		}
		return content
	}
	// A genesis transaction has no creator; its id is the hash of its nonce alone.
	nonce := sha256.Sum256(marshal(config))
	id := sha256.Sum256(nonce[:])
	payload := &common.Payload{
		Header: &common.Header{
			ChannelHeader: marshal(&common.ChannelHeader{
				Type: int32(common.HeaderType_CONFIG), ChannelId: channel, Timestamp: at, TxId: fmt.Sprintf("%x", id),
			}),
			SignatureHeader: marshal(&common.SignatureHeader{Nonce: nonce[:]}),
		},
		Data: marshal(&common.ConfigEnvelope{Config: &common.Config{ChannelGroup: config}}),
	}
	envelope := marshal(&common.Envelope{Payload: marshal(payload)})
	dataHash := sha256.Sum256(envelope)
	metadata := make([][]byte, len(common.BlockMetadataIndex_name))
	metadata[common.BlockMetadataIndex_SIGNATURES] = marshal(&common.Metadata{
		Value: marshal(&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{}}),
	})
	//lint:ignore SA1019 older clients still look for it here
	metadata[common.BlockMetadataIndex_LAST_CONFIG] = marshal(&common.Metadata{Value: marshal(&common.LastConfig{})})
	block := marshal(&common.Block{
		Header:   &common.BlockHeader{DataHash: dataHash[:]},
		Data:     &common.BlockData{Data: [][]byte{envelope}},
		Metadata: &common.BlockMetadata{Metadata: metadata},
	})
	return block, failed
}
