package material

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer/etcdraft"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/network/topology"
)

func development(t *testing.T) (topology.Network, Layout) {
	t.Helper()
	n, err := topology.Development(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "material")
	if Exists(dir) {
		t.Fatal("material exists before it was made")
	}
	if err := Make(dir, n, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !Exists(dir) {
		t.Fatal("material was made and does not exist")
	}
	return n, Layout(dir)
}

func TestEveryCertificateHasLowSAndEveryKeyIsPrivate(t *testing.T) {
	_, layout := development(t)
	certificates, keys := 0, 0
	err := filepath.WalkDir(string(layout), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(string(text), "-----BEGIN CERTIFICATE"):
			certificates++
			cert, err := readCertificate(path)
			if err != nil {
				return err
			}
			var sig ecdsaSignature
			if _, err := asn1.Unmarshal(cert.Signature, &sig); err != nil {
				return err
			}
			if sig.isHighS() {
				t.Errorf("%s: high-S signature", path)
			}
		case strings.HasPrefix(string(text), "-----BEGIN PRIVATE"):
			keys++
			info, err := d.Info()
			if err != nil {
				return err
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v", path, info.Mode().Perm())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if certificates < 30 || keys < 20 {
		t.Errorf("found only %d certificates and %d keys", certificates, keys)
	}
}

func TestLowSSignerNormalises(t *testing.T) {
	root, err := newRoot("test", "ca.test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	// Half of all plain signatures are high-S: 40 low ones in a row are no accident.
	for range 40 {
		leaf, err := root.issueTLS("node", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		var sig ecdsaSignature
		if _, err := asn1.Unmarshal(leaf.cert.Signature, &sig); err != nil || sig.isHighS() {
			t.Fatalf("high-S, or unreadable: %v", err)
		}
	}
}

func TestCertificatesVerifyAgainstTheirOrganisationOnly(t *testing.T) {
	n, layout := development(t)
	for _, org := range n.Members() {
		for _, other := range n.Organisations {
			tlsRoot, err := readCertificate(layout.TLSRoot(other.Name))
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(tlsRoot)
			for _, name := range []string{org.Peers[0].Name, org.Contracts[0].Name} {
				cert, err := readCertificate(layout.NodeTLS(org.Name, name).Cert)
				if err != nil {
					t.Fatal(err)
				}
				for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
					_, err = cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: host})
					if (err == nil) != (other.Name == org.Name) {
						t.Errorf("%s against the root of %s for %s: %v", name, other.Name, host, err)
					}
				}
			}
		}
	}
}

func TestClientAttributesAndRoles(t *testing.T) {
	n, layout := development(t)
	for name, want := range map[string]string{
		"destinasia/issuer": "issuer", "destinasia/operator": "operator", "destinasia/supervisor": "operator",
		"destinasia/merchant": "merchant", "destinasia/planner": "rules", "destinasia/controller": "rules", "destinasia/admin": "",
		"aircnc/client": "", "aircnc/operator": "operator", "aircnc/admin": "",
	} {
		organisation, user, _ := strings.Cut(name, "/")
		org, err := n.Organisation(organisation)
		if err != nil {
			t.Fatal(err)
		}
		id, err := layout.User(org, user)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(id.Key); err != nil {
			t.Error(err)
		}
		cert := userCertificate(t, layout, org, user)
		wantRole := roleClient
		if user == "admin" {
			wantRole = roleAdmin
		}
		if ou := cert.Subject.OrganizationalUnit; len(ou) != 1 || ou[0] != wantRole {
			t.Errorf("%s has the units %v, want %s", user, ou, wantRole)
		}
		var got struct{ Attrs map[string]string }
		for _, extension := range cert.Extensions {
			if extension.Id.Equal(attributesOID) {
				if err := json.Unmarshal(extension.Value, &got); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got.Attrs["role"] != want {
			t.Errorf("%s has the attribute role=%q, want %q", user, got.Attrs["role"], want)
		}
	}
}

func TestGenesisBlockNamesTheChannelAndItsPolicies(t *testing.T) {
	n, layout := development(t)
	raw, err := os.ReadFile(layout.Genesis())
	if err != nil {
		t.Fatal(err)
	}
	var (
		block    common.Block
		envelope common.Envelope
		payload  common.Payload
		header   common.ChannelHeader
		config   common.ConfigEnvelope
	)
	for _, step := range []struct {
		from func() []byte
		to   proto.Message
	}{
		{func() []byte { return raw }, &block},
		{func() []byte { return block.GetData().GetData()[0] }, &envelope},
		{envelope.GetPayload, &payload},
		{func() []byte { return payload.GetHeader().GetChannelHeader() }, &header},
		{payload.GetData, &config},
	} {
		if err := proto.Unmarshal(step.from(), step.to); err != nil {
			t.Fatal(err)
		}
	}
	if header.GetChannelId() != n.Channel.Name {
		t.Errorf("channel %q, want %q", header.GetChannelId(), n.Channel.Name)
	}
	application := config.GetConfig().GetChannelGroup().GetGroups()["Application"]
	lifecycle := application.GetPolicies()["LifecycleEndorsement"].GetPolicy()
	var rule common.SignaturePolicyEnvelope
	if err := proto.Unmarshal(lifecycle.GetValue(), &rule); err != nil {
		t.Fatal(err)
	}
	if got, want := rule.GetRule().GetNOutOf().GetN(), int32(len(n.Members())); got != want {
		t.Errorf("lifecycle endorsement needs %d organisations, want all %d", got, want)
	}
	var administer common.ImplicitMetaPolicy
	if err := proto.Unmarshal(application.GetPolicies()[admins].GetPolicy().GetValue(), &administer); err != nil {
		t.Fatal(err)
	}
	if administer.GetRule() != common.ImplicitMetaPolicy_ALL {
		t.Errorf("administering the channel takes %v of its members, want ALL", administer.GetRule())
	}
	for _, org := range n.Members() {
		if application.GetGroups()[org.Name].GetValues()["AnchorPeers"] == nil {
			t.Errorf("%s has no anchor peer: its peers would not be found by the other organisation", org.Name)
		}
	}
}

func TestMaterialIsNeverOverwritten(t *testing.T) {
	n, layout := development(t)
	before, _ := os.ReadFile(layout.Genesis())
	if err := Make(string(layout), n, time.Now()); err == nil {
		t.Error("material was made over existing material")
	}
	after, _ := os.ReadFile(layout.Genesis())
	if string(before) != string(after) {
		t.Error("the genesis block changed")
	}
	rest, _ := filepath.Glob(filepath.Join(filepath.Dir(string(layout)), ".material-*"))
	if len(rest) > 0 {
		t.Errorf("left behind: %v", rest)
	}
}

func TestUsersWhoCameLaterAreIssuedTheirCertificates(t *testing.T) {
	n, layout := development(t)
	org, err := n.Organisation("destinasia")
	if err != nil {
		t.Fatal(err)
	}
	before := map[string]string{}
	for _, user := range org.Users {
		before[user.Name] = string(userCertificate(t, layout, org, user.Name).Raw)
	}
	if err := os.RemoveAll(filepath.Dir(layout.UserMSP(org.Name, "planner"))); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time finds nothing to do
		if err := AddUsers(string(layout), n, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for user, old := range before {
		cert := userCertificate(t, layout, org, user)
		if kept := string(cert.Raw) == old; kept == (user == "planner") {
			t.Errorf("certificate of %s kept: %v", user, kept)
		}
		root, err := readCertificate(layout.Root(org.Name))
		if err != nil {
			t.Fatal(err)
		}
		if err := cert.CheckSignatureFrom(root); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(layout.Organisation(org.Name), "users", ".new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestUsersAreNotIssuedByAnAuthorityWithoutItsKey(t *testing.T) {
	n, layout := development(t)
	if err := os.Remove(layout.rootKey("destinasia")); err != nil {
		t.Fatal(err)
	}
	if err := AddUsers(string(layout), n, time.Now()); err != nil {
		t.Errorf("nobody is missing: %v", err)
	}
	planner := filepath.Dir(layout.UserMSP("destinasia", "planner"))
	if err := os.RemoveAll(planner); err != nil {
		t.Fatal(err)
	}
	if err := AddUsers(string(layout), n, time.Now()); err == nil || !strings.Contains(err.Error(), "planner of destinasia") {
		t.Errorf("without the authority's key: %v", err)
	}
	if _, err := os.Stat(planner); err == nil {
		t.Error("a half-made identity was left")
	}
}

func userCertificate(t *testing.T, layout Layout, org topology.Organisation, user string) *x509.Certificate {
	t.Helper()
	id, err := layout.User(org, user)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := readCertificate(id.Cert)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestProfileListsEveryNode(t *testing.T) {
	n, layout := development(t)
	org, _ := n.Organisation("destinasia")
	text, err := Profile(n, layout, org)
	if err != nil {
		t.Fatal(err)
	}
	var profile struct {
		Client        struct{ Organization string }
		Peers         map[string]struct{ URL string }
		Orderers      map[string]struct{ URL string }
		Organizations map[string]struct{ MSPID, CryptoPath string }
	}
	if err := json.Unmarshal(text, &profile); err != nil {
		t.Fatal(err)
	}
	if profile.Client.Organization != "destinasia" || len(profile.Peers) != 2 || len(profile.Orderers) != 1 {
		t.Errorf("profile: %+v", profile)
	}
	if got := profile.Organizations["aircnc"]; got.MSPID != "AircncMSP" || !strings.Contains(got.CryptoPath, "{username}") {
		t.Errorf("organisation: %+v", got)
	}
}

func TestOrderersOfTheGenesisBlock(t *testing.T) {
	for name, want := range map[string]struct{ consensus, capability string }{
		"resilient": {"etcdraft", "V2_0"}, "bft": {"BFT", "V3_0"},
	} {
		n, err := topology.Named(name, topology.DefaultPortBase)
		if err == nil {
			n, err = n.WithLinks([]topology.Link{{To: "orderer1", Port: 31000}, {To: "peer1-aircnc", Port: 31001}})
		}
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "material")
		if err := Make(dir, n, time.Now()); err != nil {
			t.Fatal(err)
		}
		root := channelGroup(t, Layout(dir))
		ordering := root.GetGroups()["Orderer"]
		var consensus orderer.ConsensusType
		var capabilities common.Capabilities
		var endpoints common.OrdererAddresses
		var anchors peer.AnchorPeers
		decode(t, ordering.GetValues()["ConsensusType"].GetValue(), &consensus)
		decode(t, root.GetValues()["Capabilities"].GetValue(), &capabilities)
		decode(t, ordering.GetGroups()["orderer"].GetValues()["Endpoints"].GetValue(), &endpoints)
		decode(t, root.GetGroups()["Application"].GetGroups()["aircnc"].GetValues()["AnchorPeers"].GetValue(), &anchors)
		if consensus.GetType() != want.consensus || capabilities.GetCapabilities()[want.capability] == nil || len(capabilities.GetCapabilities()) != 1 {
			t.Errorf("%s: %s by %v", name, consensus.GetType(), capabilities.GetCapabilities())
		}
		if list := endpoints.GetAddresses(); len(list) != len(n.Ordering()[0].Orderers) || list[1] != "127.0.0.1:31000" {
			t.Errorf("%s: orderers are at %v", name, list)
		}
		if list := anchors.GetAnchorPeers(); len(list) != 2 || list[1].GetPort() != 31001 {
			t.Errorf("%s: anchor peers are %v", name, list)
		}
		ports := map[uint32]bool{}
		if want.consensus == "BFT" {
			var mapping common.Orderers
			var policy common.SignaturePolicyEnvelope
			decode(t, ordering.GetValues()["Orderers"].GetValue(), &mapping)
			decode(t, ordering.GetPolicies()["BlockValidation"].GetPolicy().GetValue(), &policy)
			for _, c := range mapping.GetConsenterMapping() {
				ports[c.GetPort()] = true
			}
			if policy.GetRule().GetNOutOf().GetN() != 3 || len(policy.GetIdentities()) != 4 {
				t.Errorf("%s: blocks take %v of %d", name, policy.GetRule().GetNOutOf().GetN(), len(policy.GetIdentities()))
			}
		} else {
			var metadata etcdraft.ConfigMetadata
			var policy common.SignaturePolicyEnvelope
			var role msp.MSPRole
			decode(t, consensus.GetMetadata(), &metadata)
			decode(t, ordering.GetPolicies()["BlockValidation"].GetPolicy().GetValue(), &policy)
			if list := policy.GetIdentities(); len(list) != 1 {
				t.Errorf("%s: blocks are signed by %v", name, list)
			} else if decode(t, list[0].GetPrincipal(), &role); role.GetMspIdentifier() != "OrdererMSP" || role.GetRole() != msp.MSPRole_ORDERER {
				t.Errorf("%s: blocks are signed by %v", name, &role)
			}
			for _, c := range metadata.GetConsenters() {
				ports[c.GetPort()] = true
			}
		}
		if len(ports) != len(n.Ordering()[0].Orderers) || !ports[31000] {
			t.Errorf("%s: consenters are at %v", name, ports)
		}
	}
}

func channelGroup(t *testing.T, layout Layout) *common.ConfigGroup {
	t.Helper()
	raw, err := os.ReadFile(layout.Genesis())
	if err != nil {
		t.Fatal(err)
	}
	var (
		block    common.Block
		envelope common.Envelope
		payload  common.Payload
		config   common.ConfigEnvelope
	)
	decode(t, raw, &block)
	decode(t, block.GetData().GetData()[0], &envelope)
	decode(t, envelope.GetPayload(), &payload)
	decode(t, payload.GetData(), &config)
	return config.GetConfig().GetChannelGroup()
}

func decode(t *testing.T, raw []byte, into proto.Message) {
	t.Helper()
	if err := proto.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}
