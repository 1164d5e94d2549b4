package material

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/destinasia/dollars/network/topology"
)

// Exists tells whether the directory holds complete material.
func Exists(dir string) bool {
	_, err := os.Stat(Layout(dir).Genesis())
	return err == nil
}

// Make writes the material of the network into dir, which must not exist. It is made aside and renamed, so that a
// half-made one is never taken for material.
func Make(dir string, n topology.Network, now time.Time) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	m := maker{layout: Layout(aside), now: now, orgs: map[string]authorities{}, identities: map[string]keyPair{}, tls: map[string]keyPair{}}
	for _, org := range n.Organisations {
		if err := m.organisation(org); err != nil {
			return fmt.Errorf("certificates of %s: %w", org.Name, err)
		}
	}
	block, err := m.genesis(n)
	if err != nil {
		return fmt.Errorf("genesis block: %w", err)
	}
	if err := write(m.layout.Genesis(), block, 0o644); err != nil {
		return err
	}
	if err := os.Chmod(aside, 0o755); err != nil {
		return err
	}
	if err := os.Rename(aside, dir); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s exists already: material is never overwritten: %w", dir, err)
		}
		return err
	}
	return nil
}

// authorities are an organisation's two roots: one signs identities, the other TLS certificates.
type authorities struct{ signing, tls keyPair }

// maker carries what later steps need of earlier ones: the roots, and the orderers' certificates for the consenters.
type maker struct {
	layout     Layout
	now        time.Time
	orgs       map[string]authorities
	identities map[string]keyPair // of peers and orderers
	tls        map[string]keyPair
}

func (m maker) organisation(org topology.Organisation) error {
	signing, err := newRoot(org.Name, "ca."+org.Name, m.now)
	if err != nil {
		return err
	}
	tls, err := newRoot(org.Name, "tlsca."+org.Name, m.now)
	if err != nil {
		return err
	}
	m.orgs[org.Name] = authorities{signing, tls}
	if err := writePair(m.layout.Root(org.Name), m.layout.rootKey(org.Name), signing); err != nil {
		return err
	}
	if err := writePair(m.layout.TLSRoot(org.Name), filepath.Join(m.layout.Organisation(org.Name), "tlsca", "ca-key.pem"), tls); err != nil {
		return err
	}
	for _, o := range org.Orderers {
		if err := m.node(org, o.Name, roleOrderer); err != nil {
			return err
		}
	}
	for _, p := range org.Peers {
		if err := m.node(org, p.Name, rolePeer); err != nil {
			return err
		}
	}
	for _, c := range org.Contracts {
		if err := m.tlsFor(org, c.Name, m.layout.NodeTLS(org.Name, c.Name)); err != nil {
			return err
		}
	}
	return m.users(org)
}

// node makes the identity and the TLS certificate of a peer or an orderer.
func (m maker) node(org topology.Organisation, name, role string) error {
	id, err := m.orgs[org.Name].signing.issueIdentity(name, role, nil, m.now)
	if err != nil {
		return err
	}
	m.identities[name] = id
	if err := m.msp(org, m.layout.NodeMSP(org.Name, name), "cert.pem", id); err != nil {
		return err
	}
	return m.tlsFor(org, name, m.layout.NodeTLS(org.Name, name))
}

func (m maker) tlsFor(org topology.Organisation, name string, files TLS) error {
	pair, err := m.orgs[org.Name].tls.issueTLS(name, m.now)
	if err != nil {
		return err
	}
	m.tls[name] = pair
	return writePair(files.Cert, files.Key, pair)
}

func (m maker) users(org topology.Organisation) error {
	admin := topology.User{Name: topology.Administrator}
	if err := m.user(org, admin, roleAdmin, m.layout.UserMSP(org.Name, admin.Name)); err != nil {
		return err
	}
	for _, user := range org.Users {
		if err := m.user(org, user, roleClient, m.layout.UserMSP(org.Name, user.Name)); err != nil {
			return err
		}
	}
	return m.tlsFor(org, admin.Name+"@"+org.Name, m.layout.AdministratorTLS(org.Name))
}

func (m maker) user(org topology.Organisation, user topology.User, role, msp string) error {
	id, err := m.orgs[org.Name].signing.issueIdentity(user.Name+"@"+org.Name, role, user.Attributes, m.now)
	if err != nil {
		return err
	}
	return m.msp(org, msp, userCertFile(user.Name, org.Name), id)
}

// msp writes an MSP directory in the layout Fabric's programs and clients share.
func (m maker) msp(org topology.Organisation, dir, certFile string, id keyPair) error {
	roots := m.orgs[org.Name]
	key, err := keyFile(id.cert)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "cacerts", mspRoot), roots.signing.certPEM(), 0o644); err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "tlscacerts", mspRoot), roots.tls.certPEM(), 0o644); err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "config.yaml"), []byte(nodeOUs), 0o644); err != nil {
		return err
	}
	return writePair(filepath.Join(dir, "signcerts", certFile), filepath.Join(dir, "keystore", key), id)
}

// The roles an MSP tells its identities apart by; they are organisational units of the certificates.
const (
	roleClient  = "client"
	rolePeer    = "peer"
	roleAdmin   = "admin"
	roleOrderer = "orderer"
)

const mspRoot = "ca-cert.pem"

const nodeOUs = `NodeOUs:
  Enable: true
  ClientOUIdentifier:
    Certificate: cacerts/` + mspRoot + `
    OrganizationalUnitIdentifier: ` + roleClient + `
  PeerOUIdentifier:
    Certificate: cacerts/` + mspRoot + `
    OrganizationalUnitIdentifier: ` + rolePeer + `
  AdminOUIdentifier:
    Certificate: cacerts/` + mspRoot + `
    OrganizationalUnitIdentifier: ` + roleAdmin + `
  OrdererOUIdentifier:
    Certificate: cacerts/` + mspRoot + `
    OrganizationalUnitIdentifier: ` + roleOrderer + `
`

func writePair(certFile, keyFile string, pair keyPair) error {
	key, err := pair.keyPEM()
	if err != nil {
		return err
	}
	if err := write(certFile, pair.certPEM(), 0o644); err != nil {
		return err
	}
	return write(keyFile, key, 0o600)
}

func write(file string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, mode)
}
