package proof_test

import (
	"crypto/x509"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"

	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/proof/prooftest"
)

// TestOrderersSignaturesAreExact: nothing covers them, so whoever stores a block could write them in another way.
func TestOrderersSignaturesAreExact(t *testing.T) {
	people := prooftest.NewPeople(t)
	org := &proof.Organisation{MSPID: "OrdererMSP", Roots: x509.NewCertPool(), Units: map[string]proof.Unit{"orderer": {Role: msp.MSPRole_ORDERER}}}
	for _, root := range people.Roots {
		org.Roots.AddCert(root)
	}
	channel := &proof.Channel{Name: prooftest.Channel, Organisation: func(mspID string) *proof.Organisation {
		if mspID == org.MSPID {
			return org
		}
		return nil
	}}
	for name, c := range map[string]struct {
		change func(*common.Metadata)
		says   string
	}{
		"as it was":            {func(*common.Metadata) {}, ""},
		"bytes after it":       {func(m *common.Metadata) { m.Signatures[0].Signature = append(m.Signatures[0].Signature, 0) }, "do not belong"},
		"bytes in it":          {func(m *common.Metadata) { m.Signatures[0].Signature = longer(m.Signatures[0].Signature) }, "do not belong"},
		"twice":                {func(m *common.Metadata) { m.Signatures = append(m.Signatures, m.Signatures[0]) }, "signed twice"},
		"none":                 {func(m *common.Metadata) { m.Signatures = nil }, ""},
		"of nothing":           {func(m *common.Metadata) { m.Signatures[0].Signature = nil }, "signature"},
		"of nobody":            {func(m *common.Metadata) { m.Signatures[0].SignatureHeader = nil }, "no organisation"},
		"beside something new": {func(m *common.Metadata) { m.Value = append(m.Value, 0x78, 1) }, "not one of"},
	} {
		b := prooftest.Block(1, make([]byte, 32), []byte("transaction"))
		people.Orderer.Seal(b)
		signed := prooftest.Unmarshal(b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES], &common.Metadata{})
		c.change(signed)
		b.Metadata.Metadata[common.BlockMetadataIndex_SIGNATURES] = prooftest.Marshal(signed)
		signers, err := channel.Orderers(b)
		switch {
		case c.says == "" && (err != nil || len(signers) != len(signed.Signatures)):
			t.Errorf("%s: %v, %v", name, signers, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

// longer is a signature with a third number in its sequence, which Go's decoder and Fabric's peers pass over.
func longer(signature []byte) []byte {
	more := append(append([]byte{}, signature...), 2, 1, 1)
	more[1] += 3
	return more
}
