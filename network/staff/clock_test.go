package staff

import (
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/chaincode/dollars"
)

func TestTransactionsAreDatedByTheNetworksClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, 3 * 365 * 24 * time.Hour} {
		p := &testPeer{}
		s := p.connect(t, "planner")
		s.options.ClockOffset = ahead
		before := time.Now().Add(ahead)
		if _, err := s.Apply(t.Context(), "dsd", dollars.Absorb{Account: dollars.Account{1}}, dollars.Absorb{Account: dollars.Account{2}}); err != nil {
			t.Fatal(err)
		}
		var (
			proposal peer.Proposal
			header   common.Header
			channel  common.ChannelHeader
		)
		for _, step := range []struct {
			from func() []byte
			to   proto.Message
		}{
			{p.requests[0].GetProposedTransaction().GetProposalBytes, &proposal},
			{proposal.GetHeader, &header},
			{header.GetChannelHeader, &channel},
		} {
			if err := proto.Unmarshal(step.from(), step.to); err != nil {
				t.Fatal(err)
			}
		}
		if at := channel.GetTimestamp().AsTime(); at.Before(before) || at.After(time.Now().Add(ahead)) {
			t.Errorf("%s ahead: dated %s", ahead, at)
		}
	}
}
