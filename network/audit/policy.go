package audit

import (
	"errors"
	"fmt"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// policy tells whether signers, all different, satisfy it.
type policy func(signers []*proof.Identity) bool

// rule is part of a signature policy. Signers it uses up are marked: one signature never counts twice.
type rule func(signers []*proof.Identity, used []bool) bool

// signaturePolicy compiles a policy that names its signers.
func signaturePolicy(envelope *common.SignaturePolicyEnvelope) (policy, error) {
	root, err := compileRule(envelope.GetRule(), envelope.GetIdentities(), 0)
	if err != nil {
		return nil, err
	}
	return func(signers []*proof.Identity) bool { return root(signers, make([]bool, len(signers))) }, nil
}

// maxDepth bounds policies that contain policies.
const maxDepth = 32

func compileRule(p *common.SignaturePolicy, principals []*msp.MSPPrincipal, depth int) (rule, error) {
	if depth > maxDepth {
		return nil, errors.New("the policy is nested too deeply")
	}
	switch t := p.GetType().(type) {
	case *common.SignaturePolicy_SignedBy:
		if t.SignedBy < 0 || int(t.SignedBy) >= len(principals) {
			return nil, errors.New("the policy names a signer it does not have")
		}
		return signedBy(principals[t.SignedBy])
	case *common.SignaturePolicy_NOutOf_:
		var rules []rule
		for _, sub := range t.NOutOf.GetRules() {
			r, err := compileRule(sub, principals, depth+1)
			if err != nil {
				return nil, err
			}
			rules = append(rules, r)
		}
		return outOf(int(t.NOutOf.GetN()), rules), nil
	}
	return nil, errors.New("the policy has a rule of unknown kind")
}

func signedBy(principal *msp.MSPPrincipal) (rule, error) {
	meant, err := whoIs(principal)
	if err != nil {
		return nil, err
	}
	return func(signers []*proof.Identity, used []bool) bool {
		for i, s := range signers {
			if !used[i] && meant(s) {
				used[i] = true
				return true
			}
		}
		return false
	}, nil
}

// whoIs tells whether a signer is one whom a policy means: by role, or the one with a certificate.
func whoIs(principal *msp.MSPPrincipal) (func(*proof.Identity) bool, error) {
	switch principal.GetPrincipalClassification() {
	case msp.MSPPrincipal_ROLE:
		var role msp.MSPRole
		err := proto.Unmarshal(principal.GetPrincipal(), &role)
		return func(s *proof.Identity) bool {
			return s.MSPID == role.GetMspIdentifier() && (role.GetRole() == msp.MSPRole_MEMBER || s.Role == role.GetRole())
		}, err
	case msp.MSPPrincipal_IDENTITY:
		var one msp.SerializedIdentity
		if err := proto.Unmarshal(principal.GetPrincipal(), &one); err != nil {
			return nil, err
		}
		cert, err := parsePEM(one.GetIdBytes())
		if err != nil {
			return nil, fmt.Errorf("certificate of a signer: %w", err)
		}
		return func(s *proof.Identity) bool { return s.MSPID == one.GetMspid() && s.Cert.Equal(cert) }, nil
	}
	return nil, fmt.Errorf("policies by %s are not followed", principal.GetPrincipalClassification())
}

// outOf is satisfied by n of the rules. A rule that fails uses up nothing.
func outOf(n int, rules []rule) rule {
	return func(signers []*proof.Identity, used []bool) bool {
		satisfied := 0
		for _, r := range rules {
			attempt := append([]bool(nil), used...)
			if r(signers, attempt) {
				satisfied++
				copy(used, attempt)
			}
		}
		return satisfied >= n
	}
}

// policyOf compiles the policy of a name in a group of the configuration.
func policyOf(group *common.ConfigGroup, name string) (policy, error) {
	p := group.GetPolicies()[name].GetPolicy()
	switch common.Policy_PolicyType(p.GetType()) {
	case common.Policy_SIGNATURE:
		var envelope common.SignaturePolicyEnvelope
		if err := proto.Unmarshal(p.GetValue(), &envelope); err != nil {
			return nil, fmt.Errorf("policy %s: %w", name, err)
		}
		return signaturePolicy(&envelope)
	case common.Policy_IMPLICIT_META:
		var meta common.ImplicitMetaPolicy
		if err := proto.Unmarshal(p.GetValue(), &meta); err != nil {
			return nil, fmt.Errorf("policy %s: %w", name, err)
		}
		return implicitPolicy(group, &meta)
	}
	return nil, fmt.Errorf("the configuration has no policy %s that can be followed", name)
}

// implicitPolicy asks the policies of one name in the groups below. A group without it counts as one that refuses.
func implicitPolicy(group *common.ConfigGroup, meta *common.ImplicitMetaPolicy) (policy, error) {
	var below []policy
	for _, sub := range group.GetGroups() {
		if _, ok := sub.GetPolicies()[meta.GetSubPolicy()]; !ok {
			continue
		}
		p, err := policyOf(sub, meta.GetSubPolicy())
		if err != nil {
			return nil, err
		}
		below = append(below, p)
	}
	needed := len(group.GetGroups())
	switch meta.GetRule() {
	case common.ImplicitMetaPolicy_ANY:
		needed = min(1, needed)
	case common.ImplicitMetaPolicy_MAJORITY:
		needed = needed/2 + 1
	}
	return func(signers []*proof.Identity) bool {
		satisfied := 0
		for _, p := range below {
			if p(signers) {
				satisfied++
			}
		}
		return satisfied >= needed
	}, nil
}
