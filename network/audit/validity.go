package audit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// verdict is what the audit finds of a transaction's validity.
type verdict struct {
	code peer.TxValidationCode
	// other is another code that is as right, VALID if there is none: of what is wrong in several namespaces, peers find
	// a different one first each time.
	other  peer.TxValidationCode
	key    string
	reason string
}

var valid = verdict{code: peer.TxValidationCode_VALID, reason: "nothing speaks against it"}

// unfollowed is the verdict where this package has no rules to come to one.
func unfollowed(format string, args ...any) verdict {
	return verdict{code: peer.TxValidationCode_NOT_VALIDATED, reason: fmt.Sprintf(format, args...)}
}

// same tells whether a recorded code says the same. Peers have many names for transactions nobody can read; only some
// peers' program would have to go wrong for these to be mixed up, and none of them takes effect.
func (v verdict) same(recorded peer.TxValidationCode) bool {
	return v.code == recorded || v.other != peer.TxValidationCode_VALID && v.other == recorded ||
		unreadable[v.code] && unreadable[recorded]
}

var unreadable = map[peer.TxValidationCode]bool{
	peer.TxValidationCode_NIL_ENVELOPE:                 true,
	peer.TxValidationCode_BAD_PAYLOAD:                  true,
	peer.TxValidationCode_BAD_COMMON_HEADER:            true,
	peer.TxValidationCode_INVALID_ENDORSER_TRANSACTION: true,
	peer.TxValidationCode_UNSUPPORTED_TX_PAYLOAD:       true,
	peer.TxValidationCode_UNKNOWN_TX_TYPE:              true,
	peer.TxValidationCode_BAD_RESPONSE_PAYLOAD:         true,
	peer.TxValidationCode_BAD_RWSET:                    true,
	peer.TxValidationCode_BAD_HEADER_EXTENSION:         true,
	peer.TxValidationCode_BAD_CHANNEL_HEADER:           true,
	peer.TxValidationCode_INVALID_CHAINCODE:            true,
	peer.TxValidationCode_ILLEGAL_WRITESET:             true,
	peer.TxValidationCode_INVALID_OTHER_REASON:         true,
}

// judge validates the transactions of a block as far as the state before the block decides it. What they read is
// looked at one by one, by reads.
func (a *Auditor) judge(b *prepared) []verdict {
	verdicts := make([]verdict, len(b.transactions))
	inBlock := map[string]bool{}
	for i, t := range b.transactions {
		v := a.judgeAlone(t)
		if v == valid && t.ID != "" {
			if inBlock[t.ID] {
				v = verdict{code: peer.TxValidationCode_DUPLICATE_TXID, reason: "its id is that of an earlier transaction of the block"}
			}
			inBlock[t.ID] = true
		}
		verdicts[i] = v
	}
	return verdicts
}

func (a *Auditor) judgeAlone(t *proof.Transaction) verdict {
	switch {
	case t.Fault != nil:
		return verdict{code: t.Fault.Code, reason: t.Fault.Error()}
	case t.Kind == common.HeaderType_CONFIG:
		return unfollowed("it changes the channel's configuration")
	case a.seen.has(t.ID):
		return verdict{code: peer.TxValidationCode_DUPLICATE_TXID, reason: "its id is that of an earlier transaction"}
	case t.Late != nil:
		return verdict{code: t.Late.Code, reason: t.Late.Error()}
	}
	verdicts := []verdict{a.endorsed(t, t.Chaincode, nil)}
	for i := range t.Sets {
		if s := &t.Sets[i]; s.Writes() {
			verdicts = append(verdicts, a.endorsed(t, s.Name, s))
		}
	}
	result := valid
	for _, v := range verdicts {
		switch {
		case v.code == peer.TxValidationCode_NOT_VALIDATED:
			return v
		case result == valid:
			result = v
		case v != valid && v.code != result.code:
			result.other = v.code
		}
	}
	return result
}

// endorsed judges a transaction by the policies for what it writes in a namespace; without a set, by the namespace's
// policy if it writes nothing there.
func (a *Auditor) endorsed(t *proof.Transaction, namespace string, set *proof.NamespaceSet) verdict {
	p, err := a.policy(namespace)
	switch {
	case errors.Is(err, errUndefined):
		return verdict{code: peer.TxValidationCode_INVALID_CHAINCODE, reason: fmt.Sprintf("chaincode %q: %v", namespace, err)}
	case err != nil:
		return unfollowed("%v", err)
	}
	refused := func(what string) verdict {
		return verdict{code: peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE, reason: fmt.Sprintf(
			"its endorsements, %v and %d that do not verify, do not satisfy the policy of %s", t.Endorsers, t.Forged, what)}
	}
	if set == nil {
		for i := range t.Sets {
			if t.Sets[i].Name == namespace && t.Sets[i].Writes() {
				return valid // judged by what it writes
			}
		}
		if !p(t.Endorsers) {
			return refused(namespace)
		}
		return valid
	}
	if len(set.Public.GetWrites()) > 0 && !p(t.Endorsers) {
		return refused(namespace)
	}
	for _, c := range set.Collections {
		if len(c.Hashed.GetHashedWrites()) == 0 {
			continue
		}
		own, err := a.config.collectionPolicy(namespace, c.Name)
		if err != nil {
			return unfollowed("%v", err)
		}
		if !own(t.Endorsers) {
			return refused(c.Name)
		}
	}
	return valid
}

// policy is the endorsement policy of a namespace as it was before the block.
func (a *Auditor) policy(namespace string) (policy, error) {
	if p, ok := a.policies[namespace]; ok {
		return p, nil
	}
	p, err := a.config.endorsementPolicy(a.state, namespace)
	if err == nil {
		a.policies[namespace] = p
	}
	return p, err
}

// reads judges a transaction by whether what it read is still so.
func (a *Auditor) reads(t *proof.Transaction) verdict {
	stale := func(namespace, key string) verdict {
		return verdict{code: peer.TxValidationCode_MVCC_READ_CONFLICT, key: key, reason: "what it read of " + namespace + " had changed"}
	}
	for i := range t.Sets {
		s := &t.Sets[i]
		for _, r := range s.Public.GetReads() {
			if !a.state.current(place{s.Name, ""}, r.GetKey(), r.GetVersion()) {
				return stale(s.Name, r.GetKey())
			}
		}
		if v := followed(s); v != valid {
			return v
		}
		for _, c := range s.Collections {
			for _, r := range c.Hashed.GetHashedReads() {
				if !a.state.current(place{s.Name, c.Name}, string(r.GetKeyHash()), r.GetVersion()) {
					return stale(s.Name+", collection "+c.Name, fmt.Sprintf("%x", r.GetKeyHash()))
				}
			}
		}
	}
	return valid
}

// followed tells whether nothing is there that only rules this package does not have could validate.
func followed(s *proof.NamespaceSet) verdict {
	metadata := len(s.Public.GetMetadataWrites())
	for _, c := range s.Collections {
		metadata += len(c.Hashed.GetMetadataWrites())
		for _, w := range c.Hashed.GetHashedWrites() {
			if w.GetIsPurge() {
				return unfollowed("it purges private data of %s", s.Name)
			}
		}
	}
	switch {
	case metadata > 0:
		return unfollowed("it sets policies of keys of %s", s.Name)
	case len(s.Public.GetRangeQueriesInfo()) > 0:
		return unfollowed("it reads a range of keys of %s", s.Name)
	}
	return valid
}

// matters tells whether a transaction does anything if it is valid.
func matters(t *proof.Transaction) bool {
	return t.Kind == common.HeaderType_CONFIG || t.Event != nil ||
		slices.ContainsFunc(t.Sets, func(s proof.NamespaceSet) bool { return s.Writes() })
}
