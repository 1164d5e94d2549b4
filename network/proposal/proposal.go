package proposal

import (
	"fmt"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Dated is the proposal with another time. It must not have been endorsed, because it is to be signed anew; the gateway
// is the one it was made with.
func Dated(gw *client.Gateway, p *client.Proposal, at time.Time) (*client.Proposal, error) {
	raw, err := p.Bytes()
	if err != nil {
		return nil, err
	}
	if raw, err = redate(raw, at); err != nil {
		return nil, fmt.Errorf("date the proposal: %w", err)
	}
	return gw.NewProposal(raw)
}

// redate sets the time in what the client calls a proposal's bytes, four messages deep.
func redate(raw []byte, at time.Time) ([]byte, error) {
	var (
		proposed gateway.ProposedTransaction
		content  peer.Proposal
		header   common.Header
		channel  common.ChannelHeader
	)
	err := proto.Unmarshal(raw, &proposed)
	for _, step := range []struct {
		from func() []byte
		to   proto.Message
	}{
		{proposed.GetProposal().GetProposalBytes, &content},
		{content.GetHeader, &header},
		{header.GetChannelHeader, &channel},
	} {
		if err == nil {
			err = proto.Unmarshal(step.from(), step.to)
		}
	}
	if err != nil {
		return nil, err
	}
	channel.Timestamp = timestamppb.New(at)
	if header.ChannelHeader, err = proto.Marshal(&channel); err != nil {
		return nil, err
	}
	if content.Header, err = proto.Marshal(&header); err != nil {
		return nil, err
	}
	signed := &peer.SignedProposal{}
	if signed.ProposalBytes, err = proto.Marshal(&content); err != nil {
		return nil, err
	}
	proposed.Proposal = signed
	return proto.Marshal(&proposed)
}
