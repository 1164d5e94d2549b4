package gateway

import (
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// argumentsOf are the function that a proposal calls, and its arguments.
func argumentsOf(signed *peer.SignedProposal) [][]byte {
	var (
		proposal peer.Proposal
		payload  peer.ChaincodeProposalPayload
		spec     peer.ChaincodeInvocationSpec
	)
	for _, step := range []struct {
		from func() []byte
		to   proto.Message
	}{{signed.GetProposalBytes, &proposal}, {proposal.GetPayload, &payload}, {payload.GetInput, &spec}} {
		if err := proto.Unmarshal(step.from(), step.to); err != nil {
			panic(err)
		}
	}
	return spec.GetChaincodeSpec().GetInput().GetArgs()
}

func TestRawBlockIsThePeers(t *testing.T) {
	p := &testPeer{raw: map[string][]byte{testChannel + " 7": []byte("block 7")}}
	f := p.connect(t)
	if raw, err := f.raw(t.Context(), 7); err != nil || string(raw) != "block 7" {
		t.Errorf("got %q, %v", raw, err)
	}
	if _, err := f.raw(t.Context(), 8); err == nil || !strings.Contains(err.Error(), "block 8") {
		t.Errorf("a block that is not there: %v", err)
	}
}

func TestNoRawBlockWithoutAPeer(t *testing.T) {
	disk := newDisk().open()
	g, err := New(disk, disk, (&testPeer{}).serve(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Raw(t.Context(), 7); err == nil || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("got %v", err)
	}
}
