package material

import (
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer/etcdraft"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer/smartbft"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/network/topology"
)

func (g *group) consensus(kind string, metadata proto.Message) {
	content, err := proto.Marshal(metadata)
	if err != nil && g.err == nil {
		g.err = fmt.Errorf("consensus metadata: %w", err)
	}
	g.value("ConsensusType", &orderer.ConsensusType{Type: kind, Metadata: content})
}

// raft has the orderers follow a leader who may fail, but does not lie. Any one of them may sign a block, and nobody else of
// their organisation.
func (m maker) raft(g *group, n topology.Network) {
	var orderers []identity
	metadata := &etcdraft.ConfigMetadata{Options: &etcdraft.Options{
		TickInterval:         n.Channel.Raft.TickInterval.String(),
		ElectionTick:         n.Channel.Raft.ElectionTick,
		HeartbeatTick:        n.Channel.Raft.HeartbeatTick,
		MaxInflightBlocks:    5,
		SnapshotIntervalSize: 16 << 20,
	}}
	for _, org := range n.Ordering() {
		orderers = append(orderers, identity{org.MSPID, msp.MSPRole_ORDERER})
		for _, o := range org.Orderers {
			cert := m.tls[o.Name].certPEM()
			metadata.Consenters = append(metadata.Consenters, &etcdraft.Consenter{
				Host: topology.Host, Port: uint32(n.Advertised(o.Name)), ClientTlsCert: cert, ServerTlsCert: cert,
			})
		}
	}
	g.anyOf("BlockValidation", orderers...)
	g.consensus("etcdraft", metadata)
}

// Options of SmartBFT that nobody has had a reason to plan: sizes as the library has them by default, and shorter waits
// than there, in proportion to those of the plan.
const (
	bftMessages     = 200
	bftPool         = 10_000 // requests an orderer holds
	bftHeartbeats   = 10     // sent in a heartbeat's time-out
	bftForgetAfter  = 3 * time.Minute
	bftCollectViews = time.Second
)

// smartBFT has the orderers agree on every block by a quorum of them, who sign it with the identities the configuration
// lists; the block validation policy demands as many of just these.
func (m maker) smartBFT(g *group, n topology.Network) {
	timing := n.Channel.SmartBFT
	var consenters []*common.Consenter
	policy := &common.SignaturePolicyEnvelope{}
	var rules []*common.SignaturePolicy
	for _, org := range n.Ordering() {
		for _, o := range org.Orderers {
			tls, id := m.tls[o.Name].certPEM(), m.identities[o.Name].certPEM()
			principal, err := proto.Marshal(&msp.SerializedIdentity{Mspid: org.MSPID, IdBytes: id})
			if err != nil && g.err == nil {
				g.err = fmt.Errorf("identity of %s: %w", o.Name, err)
			}
			rules = append(rules, &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: int32(len(consenters))}})
			policy.Identities = append(policy.Identities, &msp.MSPPrincipal{PrincipalClassification: msp.MSPPrincipal_IDENTITY, Principal: principal})
			consenters = append(consenters, &common.Consenter{
				Id: uint32(len(consenters) + 1), Host: topology.Host, Port: uint32(n.Advertised(o.Name)),
				MspId: org.MSPID, Identity: id, ClientTlsCert: tls, ServerTlsCert: tls,
			})
		}
	}
	policy.Rule = &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{
		NOutOf: &common.SignaturePolicy_NOutOf{N: int32(bftQuorum(len(consenters))), Rules: rules},
	}}
	g.value("Orderers", &common.Orderers{ConsenterMapping: consenters})
	g.policy("BlockValidation", common.Policy_SIGNATURE, policy)
	g.consensus("BFT", &smartbft.Options{
		RequestBatchMaxInterval:   n.Channel.BatchTimeout.String(),
		RequestForwardTimeout:     timing.ForwardTimeout.String(),
		RequestComplainTimeout:    timing.ComplainTimeout.String(),
		RequestAutoRemoveTimeout:  bftForgetAfter.String(),
		ViewChangeResendInterval:  (timing.ViewChangeTimeout / 4).String(),
		ViewChangeTimeout:         timing.ViewChangeTimeout.String(),
		LeaderHeartbeatTimeout:    timing.HeartbeatTimeout.String(),
		LeaderHeartbeatCount:      bftHeartbeats,
		CollectTimeout:            bftCollectViews.String(),
		IncomingMessageBufferSize: bftMessages,
		RequestPoolSize:           bftPool,
		LeaderRotation:            smartbft.Options_ROTATION_OFF,
	})
}

// bftQuorum is how many of n consenters any two decisions have at least one honest one of in common, where fewer than a
// third lie: ceil((n+f+1)/2) with f = floor((n-1)/3), as SmartBFT and Fabric count.
func bftQuorum(n int) int { return (n + (n-1)/3 + 2) / 2 }
