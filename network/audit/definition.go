package audit

import (
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer/lifecycle"
	"google.golang.org/protobuf/proto"
)

// lifecycleNamespace is the system chaincode that keeps the definitions of chaincodes.
const lifecycleNamespace = "_lifecycle"

// errUndefined says that no chaincode of a name is committed.
var errUndefined = errors.New("no such chaincode is committed")

// endorsementPolicy reads the policy in force for a namespace from the definition committed on the ledger.
func (c *config) endorsementPolicy(s *state, namespace string) (policy, error) {
	if namespace == lifecycleNamespace {
		return c.lifecycle, nil
	}
	raw := s.get(lifecycleNamespace, "namespaces/fields/"+namespace+"/ValidationInfo")
	if raw == nil || s.get(lifecycleNamespace, "namespaces/metadata/"+namespace) == nil {
		return nil, errUndefined
	}
	var data lifecycle.StateData
	var info lifecycle.ChaincodeValidationInfo
	var application peer.ApplicationPolicy
	err := proto.Unmarshal(raw, &data)
	if err == nil {
		err = proto.Unmarshal(data.GetBytes(), &info)
	}
	if err == nil {
		err = proto.Unmarshal(info.GetValidationParameter(), &application)
	}
	if err != nil {
		return nil, fmt.Errorf("the definition of %s: %w", namespace, err)
	}
	if info.GetValidationPlugin() != "vscc" {
		return nil, fmt.Errorf("validation plugin %q of %s is not followed", info.GetValidationPlugin(), namespace)
	}
	switch t := application.GetType().(type) {
	case *peer.ApplicationPolicy_SignaturePolicy:
		return signaturePolicy(t.SignaturePolicy)
	case *peer.ApplicationPolicy_ChannelConfigPolicyReference:
		return c.policyAt(t.ChannelConfigPolicyReference)
	}
	return nil, fmt.Errorf("the endorsement policy of %s is of unknown kind", namespace)
}

// collectionPolicy is the policy for writes to the private collection every organisation has for its own approvals.
// Other collections are not followed.
func (c *config) collectionPolicy(namespace, collection string) (policy, error) {
	const prefix = "_implicit_org_"
	if len(collection) > len(prefix) && collection[:len(prefix)] == prefix {
		if name, ok := c.members[collection[len(prefix):]]; ok {
			return policyOf(c.root.GetGroups()["Application"].GetGroups()[name], "Endorsement")
		}
	}
	return nil, fmt.Errorf("collection %s of %s is not followed", collection, namespace)
}
