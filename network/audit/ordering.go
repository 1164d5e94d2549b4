package audit

import (
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/network/proof"
)

// The kinds of consensus that are followed, as a configuration names them.
const (
	raft     = "etcdraft"
	smartBFT = "BFT"
)

// readOrdering reads what it takes of the orderers' signatures for a block to be one of the channel's.
func (c *config) readOrdering(ordering *common.ConfigGroup) error {
	var err error
	if c.orderers, err = policyOf(ordering, "BlockValidation"); err != nil {
		return err
	}
	var consensus orderer.ConsensusType
	if err := value(ordering, "ConsensusType", &consensus); err != nil || consensus.GetType() != smartBFT {
		return err
	}
	quorum, err := c.readConsenters(ordering)
	if err != nil {
		return fmt.Errorf("consenters: %w", err)
	}
	// Whatever the policy says: with fewer than a quorum two different blocks of one number could be signed.
	stated := c.orderers
	c.orderers = func(signers []*proof.Identity) bool { return stated(signers) && quorum(signers) }
	return nil
}

// readConsenters reads which orderers agree on blocks, by number, and answers what a quorum of them is.
func (c *config) readConsenters(ordering *common.ConfigGroup) (quorum policy, err error) {
	var mapping common.Orderers
	if err := value(ordering, "Orderers", &mapping); err != nil {
		return nil, err
	}
	numbers, names := map[uint32][]byte{}, map[string]bool{}
	for _, consenter := range mapping.GetConsenterMapping() {
		serialized, err := proto.Marshal(&msp.SerializedIdentity{Mspid: consenter.GetMspId(), IdBytes: consenter.GetIdentity()})
		if err != nil {
			return nil, err
		}
		id, err := c.channel.Identify(serialized)
		if err != nil {
			return nil, fmt.Errorf("number %d: %w", consenter.GetId(), err)
		}
		if numbers[consenter.GetId()] != nil || names[id.Name()] {
			return nil, fmt.Errorf("number %d: it, or %s, is there twice", consenter.GetId(), id)
		}
		numbers[consenter.GetId()], names[id.Name()] = serialized, true
	}
	if len(numbers) == 0 {
		return nil, errors.New("there are none")
	}
	c.channel.Consenter = func(number uint32) []byte { return numbers[number] }
	needed := quorumOf(len(numbers))
	return func(signers []*proof.Identity) bool {
		signed := 0
		for _, s := range signers {
			if names[s.Name()] {
				signed++
			}
		}
		return signed >= needed
	}, nil
}

// quorumOf is how many of n orderers must sign: any two quorums have one in common that does not lie, as long as no more
// than f = (n-1)/3 do. It is ceil((n+f+1)/2), as in SmartBFT.
func quorumOf(n int) int {
	f := (n - 1) / 3
	return (n + f + 2) / 2
}
