package audit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/proof/prooftest"
	"github.com/destinasia/dollars/network/topology"
)

// bftChannel is the configuration of a network whose orderers agree by a quorum, and those orderers by number. The genesis
// block may be changed before it is read.
func bftChannel(t *testing.T, change func(ordering *common.ConfigGroup)) (*config, map[uint32]*prooftest.Signer, error) {
	t.Helper()
	n, err := topology.BFT(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "material")
	if err := material.Make(dir, n, prooftest.Noon); err != nil {
		t.Fatal(err)
	}
	layout := material.Layout(dir)
	orderers := map[uint32]*prooftest.Signer{}
	for i, o := range n.Ordering()[0].Orderers {
		orderers[uint32(i+1)] = prooftest.Load(t, "OrdererMSP", layout.NodeMSP("orderer", o.Name))
	}
	raw, err := os.ReadFile(layout.Genesis())
	if err != nil {
		t.Fatal(err)
	}
	block := prooftest.Unmarshal(raw, &common.Block{})
	_, payload, err := proof.ReadHeader(block.GetData().GetData()[0])
	if err != nil {
		t.Fatal(err)
	}
	envelope := prooftest.Unmarshal(payload.GetData(), &common.ConfigEnvelope{})
	change(envelope.GetConfig().GetChannelGroup().GetGroups()["Orderer"])
	c, err := newConfig(prooftest.Channel, prooftest.Marshal(envelope))
	return c, orderers, err
}

func TestBlocksTakeAQuorumOfOrderers(t *testing.T) {
	as := func(*common.ConfigGroup) {}
	anyOrderer := func(ordering *common.ConfigGroup) { // a policy that any one orderer satisfies
		ordering.Policies["BlockValidation"].Policy = ordering.GetGroups()["orderer"].GetPolicies()["Writers"].GetPolicy()
	}
	for name, test := range map[string]struct {
		change  func(*common.ConfigGroup)
		signers []uint32
		forge   func(*common.Metadata)
		says    string
	}{
		"three of four":         {as, []uint32{1, 2, 4}, nil, ""},
		"all":                   {as, []uint32{1, 2, 3, 4}, nil, ""},
		"two":                   {as, []uint32{1, 2}, nil, "do not satisfy"},
		"none":                  {as, nil, nil, "do not satisfy"},
		"two, by a weak policy": {anyOrderer, []uint32{1, 2}, nil, "do not satisfy"},
		"three, by a weak one":  {anyOrderer, []uint32{1, 2, 3}, nil, ""},
		"one of them twice": {as, []uint32{1, 2}, func(m *common.Metadata) {
			m.Signatures = append(m.Signatures, m.GetSignatures()[0])
		}, "signed twice"},
		"one in another's name": {as, []uint32{1, 2, 3}, func(m *common.Metadata) {
			m.Signatures[0].IdentifierHeader = prooftest.Marshal(&common.IdentifierHeader{Identifier: 4, Nonce: []byte("nonce")})
		}, "not one of"},
		"a number nobody has": {as, []uint32{1, 2, 3}, func(m *common.Metadata) {
			m.Signatures[0].IdentifierHeader = prooftest.Marshal(&common.IdentifierHeader{Identifier: 5})
		}, "no orderer of number 5"},
		"a creator beside the number": {as, []uint32{1, 2, 3}, func(m *common.Metadata) {
			m.Signatures[0].SignatureHeader = []byte("header")
		}, "not given by number"},
		"a view of their own": {as, []uint32{1, 2, 3}, func(m *common.Metadata) {
			m.Value = prooftest.Marshal(&common.OrdererBlockMetadata{LastConfig: &common.LastConfig{}, ConsenterMetadata: []byte("later")})
		}, "not one of"},
	} {
		c, orderers, err := bftChannel(t, test.change)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		signing := map[uint32]*prooftest.Signer{}
		for _, number := range test.signers {
			signing[number] = orderers[number]
		}
		b := prooftest.Block(1, bytes.Repeat([]byte{1}, 32), []byte("transaction"))
		prooftest.Agree(b, signing)
		if test.forge != nil {
			signed := prooftest.Unmarshal(b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES], &common.Metadata{})
			test.forge(signed)
			b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = prooftest.Marshal(signed)
		}
		if err := c.checkSignatures(b); test.says == "" && err != nil || test.says != "" && !strings.Contains(fmt.Sprint(err), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
}

func TestOrderersOfAQuorumAreReadStrictly(t *testing.T) {
	mapping := func(change func(*common.Orderers)) func(*common.ConfigGroup) {
		return func(ordering *common.ConfigGroup) {
			v := ordering.Values["Orderers"]
			list := prooftest.Unmarshal(v.GetValue(), &common.Orderers{})
			change(list)
			v.Value = prooftest.Marshal(list)
		}
	}
	for says, change := range map[string]func(*common.ConfigGroup){
		"it has no Orderers":         func(o *common.ConfigGroup) { delete(o.Values, "Orderers") },
		"there are none":             mapping(func(l *common.Orderers) { l.ConsenterMapping = nil }),
		"is there twice":             mapping(func(l *common.Orderers) { l.ConsenterMapping[1].Id = 1 }),
		"orderer0 of OrdererMSP, is": mapping(func(l *common.Orderers) { l.ConsenterMapping[1].Identity = l.ConsenterMapping[0].Identity }),
		"no organisation":            mapping(func(l *common.Orderers) { l.ConsenterMapping[1].MspId = "NobodyMSP" }),
		"not PEM":                    mapping(func(l *common.Orderers) { l.ConsenterMapping[1].Identity = nil }),
	} {
		if _, _, err := bftChannel(t, change); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// TestQuorumsMeet: any two have more orderers in common than may lie.
func TestQuorumsMeet(t *testing.T) {
	for n := 1; n < 40; n++ {
		f, q := (n-1)/3, quorumOf(n)
		if 2*q-n < f+1 {
			t.Errorf("of %d, two quorums of %d may have only %d in common", n, q, 2*q-n)
		}
		if q > n-f {
			t.Errorf("of %d, %d are not there when %d lie", n, q, f)
		}
	}
}
