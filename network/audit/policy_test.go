package audit

import (
	"testing"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
)

func by(i int32) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_SignedBy{SignedBy: i}}
}

func nOf(n int32, rules ...*common.SignaturePolicy) *common.SignaturePolicy {
	return &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{N: n, Rules: rules}}}
}

func principal(mspID string, role msp.MSPRole_MSPRoleType) *msp.MSPPrincipal {
	return &msp.MSPPrincipal{Principal: marshal(&msp.MSPRole{MspIdentifier: mspID, Role: role})}
}

var (
	peerA   = &proof.Identity{MSPID: "A", Role: msp.MSPRole_PEER}
	peerB   = &proof.Identity{MSPID: "B", Role: msp.MSPRole_PEER}
	clientA = &proof.Identity{MSPID: "A", Role: msp.MSPRole_CLIENT}
)

func TestSignaturePolicy(t *testing.T) {
	principals := []*msp.MSPPrincipal{
		principal("A", msp.MSPRole_PEER), principal("B", msp.MSPRole_PEER), principal("A", msp.MSPRole_MEMBER),
	}
	for name, c := range map[string]struct {
		rule    *common.SignaturePolicy
		signers []*proof.Identity
		want    bool
	}{
		"both":                         {nOf(2, by(0), by(1)), []*proof.Identity{peerB, peerA}, true},
		"one of both":                  {nOf(2, by(0), by(1)), []*proof.Identity{peerA}, false},
		"nobody":                       {nOf(2, by(0), by(1)), nil, false},
		"either":                       {nOf(1, by(0), by(1)), []*proof.Identity{peerB}, true},
		"another role":                 {by(0), []*proof.Identity{clientA}, false},
		"any member":                   {by(2), []*proof.Identity{clientA}, true},
		"one signature for two":        {nOf(2, by(0), by(2)), []*proof.Identity{peerA}, false},
		"two signatures for two":       {nOf(2, by(0), by(2)), []*proof.Identity{peerA, clientA}, true},
		"a failed branch uses up none": {nOf(1, nOf(2, by(0), by(1)), by(0)), []*proof.Identity{peerA}, true},
		"nested":                       {nOf(2, nOf(1, by(0), by(1)), by(2)), []*proof.Identity{peerB, clientA}, true},
		"nothing asked for":            {nOf(0), nil, true},
	} {
		p, err := signaturePolicy(&common.SignaturePolicyEnvelope{Rule: c.rule, Identities: principals})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := p(c.signers); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	deep := by(0)
	for range maxDepth + 1 {
		deep = nOf(1, deep)
	}
	for name, envelope := range map[string]*common.SignaturePolicyEnvelope{
		"empty":          {},
		"no such signer": {Rule: by(0)},
		"negative":       {Rule: by(-1)},
		"by unit":        {Rule: by(0), Identities: []*msp.MSPPrincipal{{PrincipalClassification: msp.MSPPrincipal_ORGANIZATION_UNIT}}},
		"too deep":       {Rule: deep, Identities: []*msp.MSPPrincipal{principal("A", msp.MSPRole_PEER)}},
	} {
		if _, err := signaturePolicy(envelope); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestImplicitPolicy(t *testing.T) {
	organisation := func(mspID string) *common.ConfigGroup {
		return &common.ConfigGroup{Policies: map[string]*common.ConfigPolicy{"Endorsement": {Policy: &common.Policy{
			Type: int32(common.Policy_SIGNATURE),
			Value: marshal(&common.SignaturePolicyEnvelope{
				Rule: by(0), Identities: []*msp.MSPPrincipal{principal(mspID, msp.MSPRole_PEER)},
			}),
		}}}}
	}
	for _, c := range []struct {
		rule    common.ImplicitMetaPolicy_Rule
		signers []*proof.Identity
		want    bool
	}{
		{common.ImplicitMetaPolicy_ANY, []*proof.Identity{peerA}, true},
		{common.ImplicitMetaPolicy_ANY, []*proof.Identity{clientA}, false},
		{common.ImplicitMetaPolicy_MAJORITY, []*proof.Identity{peerA}, false},
		{common.ImplicitMetaPolicy_MAJORITY, []*proof.Identity{peerA, peerB}, true}, // of three, one of which has no such policy
		{common.ImplicitMetaPolicy_ALL, []*proof.Identity{peerA, peerB}, false},
	} {
		root := &common.ConfigGroup{
			Groups: map[string]*common.ConfigGroup{"a": organisation("A"), "b": organisation("B"), "c": {}},
			Policies: map[string]*common.ConfigPolicy{"Writers": {Policy: &common.Policy{
				Type: int32(common.Policy_IMPLICIT_META), Value: marshal(&common.ImplicitMetaPolicy{Rule: c.rule, SubPolicy: "Endorsement"}),
			}}},
		}
		p, err := policyOf(root, "Writers")
		if err != nil {
			t.Fatal(err)
		}
		if got := p(c.signers); got != c.want {
			t.Errorf("%s of %v signers: %v", c.rule, len(c.signers), got)
		}
	}
}
