package proposal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

type somebody struct{}

func (somebody) MspID() string       { return "SomeMSP" }
func (somebody) Credentials() []byte { return []byte("certificate") }

// channelHeader is the header that a proposal's time is in, and the proposal without it.
func channelHeader(t *testing.T, p *client.Proposal) (*common.ChannelHeader, *gateway.ProposedTransaction, *peer.Proposal) {
	t.Helper()
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	proposed, content, header, channel := &gateway.ProposedTransaction{}, &peer.Proposal{}, &common.Header{}, &common.ChannelHeader{}
	for _, step := range []struct {
		from func() []byte
		to   proto.Message
	}{
		{func() []byte { return raw }, proposed},
		{func() []byte { return proposed.GetProposal().GetProposalBytes() }, content},
		{content.GetHeader, header},
		{header.GetChannelHeader, channel},
	} {
		if err := proto.Unmarshal(step.from(), step.to); err != nil {
			t.Fatal(err)
		}
	}
	header.ChannelHeader = nil
	if content.Header, err = proto.Marshal(header); err != nil {
		t.Fatal(err)
	}
	proposed.Proposal.ProposalBytes = nil
	return channel, proposed, content
}

func TestOnlyTheTimeChanges(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := grpc.NewClient("passthrough:///nowhere", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	gw, err := client.Connect(somebody{}, client.WithSign(sign), client.WithClientConnection(connection))
	if err != nil {
		t.Fatal(err)
	}
	defer gw.Close()
	made, err := gw.GetNetwork("channel").GetContract("chaincode").NewProposal("Apply",
		client.WithBytesArguments([]byte("batch")), client.WithEndorsingOrganizations("SomeMSP", "OtherMSP"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().AddDate(3, 0, 0).UTC()
	dated, err := Dated(gw, made, at)
	if err != nil {
		t.Fatal(err)
	}
	if dated.TransactionID() != made.TransactionID() {
		t.Errorf("transaction %s became %s", made.TransactionID(), dated.TransactionID())
	}
	before, proposedBefore, contentBefore := channelHeader(t, made)
	after, proposedAfter, contentAfter := channelHeader(t, dated)
	if got := after.GetTimestamp().AsTime(); !got.Equal(at) {
		t.Errorf("dated %s, want %s", got, at)
	}
	before.Timestamp, after.Timestamp = nil, nil
	for _, pair := range [][2]proto.Message{{before, after}, {proposedBefore, proposedAfter}, {contentBefore, contentAfter}} {
		if diff := cmp.Diff(pair[0], pair[1], protocmp.Transform()); diff != "" {
			t.Errorf("(-made +dated):\n%s", diff)
		}
	}
}
