package audit

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"google.golang.org/protobuf/proto"
)

// config is the channel's configuration: who takes part, and what it takes.
type config struct {
	channel       *proof.Channel
	root          *common.ConfigGroup
	organisations map[string]*proof.Organisation // by MSP, orderers' included
	members       map[string]string              // MSPs of the application's organisations, and the names of their groups
	roots         []*x509.Certificate
	orderers      policy // of block signatures
	lifecycle     policy // of writes to _lifecycle
}

// newConfig reads the configuration of the genesis block's one transaction.
func newConfig(channel string, data []byte) (*config, error) {
	var envelope common.ConfigEnvelope
	if err := proto.Unmarshal(data, &envelope); err != nil {
		return nil, err
	}
	c := &config{
		root:          envelope.GetConfig().GetChannelGroup(),
		organisations: map[string]*proof.Organisation{}, members: map[string]string{},
	}
	c.channel = &proof.Channel{Name: channel, Organisation: func(mspID string) *proof.Organisation { return c.organisations[mspID] }}
	application, ordering := c.root.GetGroups()["Application"], c.root.GetGroups()["Orderer"]
	if application == nil || ordering == nil {
		return nil, errors.New("it configures no application or no orderers")
	}
	if err := c.checkSupported(application, ordering); err != nil {
		return nil, err
	}
	for _, group := range []*common.ConfigGroup{application, ordering} {
		for name, sub := range group.GetGroups() {
			org, err := c.organisation(sub)
			if err != nil {
				return nil, fmt.Errorf("organisation %s: %w", name, err)
			}
			if group == application {
				c.members[org.MSPID] = name
			}
		}
	}
	err := c.readOrdering(ordering)
	if err != nil {
		return nil, err
	}
	c.lifecycle, err = policyOf(application, "LifecycleEndorsement")
	return c, err
}

// checkSupported refuses what would be validated by other rules than this package has.
func (c *config) checkSupported(application, ordering *common.ConfigGroup) error {
	var consensus orderer.ConsensusType
	var hashing common.HashingAlgorithm
	var width common.BlockDataHashingStructure
	err := errors.Join(value(ordering, "ConsensusType", &consensus), value(c.root, "HashingAlgorithm", &hashing),
		value(c.root, "BlockDataHashingStructure", &width))
	switch {
	case err != nil:
		return err
	case consensus.GetType() != raft && consensus.GetType() != smartBFT:
		return fmt.Errorf("consensus %q is not followed", consensus.GetType())
	case hashing.GetName() != "SHA256" || width.GetWidth() != math.MaxUint32:
		return fmt.Errorf("block hashes other than SHA-256 over the whole are not followed")
	}
	for _, group := range []*common.ConfigGroup{c.root, application, ordering} {
		var capabilities common.Capabilities
		if err := value(group, "Capabilities", &capabilities); err != nil {
			return err
		}
		if len(capabilities.GetCapabilities()) == 0 {
			return errors.New("channels without capabilities are not followed")
		}
		for name := range capabilities.GetCapabilities() {
			// V3_0 of a channel is what SmartBFT takes, and lets members have keys that are refused here as everywhere.
			if !slices.Contains([]string{"V2_0", "V2_5"}, name) && (name != "V3_0" || consensus.GetType() != smartBFT || group != c.root) {
				return fmt.Errorf("capability %s is not followed", name)
			}
		}
	}
	return nil
}

func value(group *common.ConfigGroup, name string, into proto.Message) error {
	v, ok := group.GetValues()[name]
	if !ok {
		return fmt.Errorf("it has no %s", name)
	}
	if err := proto.Unmarshal(v.GetValue(), into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// organisation reads an MSP and adds it.
func (c *config) organisation(group *common.ConfigGroup) (*proof.Organisation, error) {
	var wrapped msp.MSPConfig
	var definition msp.FabricMSPConfig
	if err := value(group, "MSP", &wrapped); err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(wrapped.GetConfig(), &definition); err != nil {
		return nil, fmt.Errorf("MSP: %w", err)
	}
	ous := definition.GetFabricNodeOus()
	switch {
	case c.organisations[definition.GetName()] != nil:
		return nil, errors.New("another one has the same MSP")
	case wrapped.GetType() != 0 || !ous.GetEnable() || len(definition.GetAdmins()) > 0:
		return nil, errors.New("MSPs without node OUs, or with administrators by name, are not followed")
	case len(definition.GetIntermediateCerts()) > 0 || len(definition.GetRevocationList()) > 0 || len(definition.GetOrganizationalUnitIdentifiers()) > 0:
		return nil, errors.New("MSPs with intermediate certificates, revocation lists or organisational units are not followed")
	}
	o := &proof.Organisation{MSPID: definition.GetName(), Roots: x509.NewCertPool(), Units: map[string]proof.Unit{}}
	for _, text := range definition.GetRootCerts() {
		cert, err := parsePEM(text)
		if err != nil {
			return nil, fmt.Errorf("root certificate: %w", err)
		}
		o.Roots.AddCert(cert)
		c.roots = append(c.roots, cert)
	}
	for role, ou := range map[msp.MSPRole_MSPRoleType]*msp.FabricOUIdentifier{
		msp.MSPRole_CLIENT: ous.GetClientOuIdentifier(), msp.MSPRole_PEER: ous.GetPeerOuIdentifier(),
		msp.MSPRole_ADMIN: ous.GetAdminOuIdentifier(), msp.MSPRole_ORDERER: ous.GetOrdererOuIdentifier(),
	} {
		if ou == nil {
			continue
		}
		u := proof.Unit{Role: role}
		if len(ou.GetCertificate()) > 0 {
			cert, err := parsePEM(ou.GetCertificate())
			if err != nil {
				return nil, fmt.Errorf("certificate of unit %s: %w", ou.GetOrganizationalUnitIdentifier(), err)
			}
			u.Issuer = cert.Raw
		}
		o.Units[ou.GetOrganizationalUnitIdentifier()] = u
	}
	c.organisations[o.MSPID] = o
	return o, nil
}

func parsePEM(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// policyAt finds a policy by its path, /Channel/Application/NAME or one group deeper.
func (c *config) policyAt(path string) (policy, error) {
	steps := strings.Split(strings.TrimPrefix(path, "/Channel/"), "/")
	group := c.root
	for _, step := range steps[:len(steps)-1] {
		if group = group.GetGroups()[step]; group == nil {
			return nil, fmt.Errorf("the configuration has no policy %s", path)
		}
	}
	return policyOf(group, steps[len(steps)-1])
}
