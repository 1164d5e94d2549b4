package material

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"github.com/destinasia/dollars/network/topology"
)

// Layout says where in a directory of material each thing lies. It is the absolute path of that directory.
type Layout string

// TLS are the files of one end of a TLS connection. CA is the root the peer's own organisation signs TLS with.
type TLS struct {
	Cert, Key, CA string
}

// Identity are the files of one Fabric identity.
type Identity struct {
	MSPID, Cert, Key string
}

// Genesis is the genesis block of the channel.
func (l Layout) Genesis() string { return filepath.Join(string(l), "genesis.block") }

// Organisation is the directory of an organisation.
func (l Layout) Organisation(org string) string { return filepath.Join(string(l), org) }

// Root is the certificate of the authority that the organisation's identities come from.
func (l Layout) Root(org string) string {
	return filepath.Join(l.Organisation(org), "ca", "ca-cert.pem")
}

// TLSRoot is the certificate of the organisation's TLS authority.
func (l Layout) TLSRoot(org string) string {
	return filepath.Join(l.Organisation(org), "tlsca", "ca-cert.pem")
}

func (l Layout) rootKey(org string) string {
	return filepath.Join(l.Organisation(org), "ca", "ca-key.pem")
}

// NodeMSP is the MSP directory of a peer or an orderer.
func (l Layout) NodeMSP(org, node string) string {
	return filepath.Join(l.Organisation(org), "nodes", node, "msp")
}

// NodeTLS are the TLS files of a peer, an orderer or a contract service.
func (l Layout) NodeTLS(org, node string) TLS {
	return l.tls(org, filepath.Join(l.Organisation(org), "nodes", node, "tls"))
}

// UserMSP is the MSP directory of a client; with "{username}" as the user it is what classic Fabric clients call cryptoPath.
func (l Layout) UserMSP(org, user string) string {
	return filepath.Join(l.Organisation(org), "users", user, "msp")
}

// AdministratorTLS are the files with which an organisation's administrator dials.
func (l Layout) AdministratorTLS(org string) TLS {
	return l.tls(org, filepath.Join(l.Organisation(org), "users", topology.Administrator, "tls"))
}

func (l Layout) tls(org, dir string) TLS {
	return TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: l.TLSRoot(org)}
}

// User finds the identity files of a client. The key's file is named after the key, as Fabric's key stores want it, so
// the certificate has to be read to tell.
func (l Layout) User(org topology.Organisation, user string) (Identity, error) {
	msp := l.UserMSP(org.Name, user)
	id := Identity{MSPID: org.MSPID, Cert: filepath.Join(msp, "signcerts", userCertFile(user, org.Name))}
	cert, err := readCertificate(id.Cert)
	if err != nil {
		return Identity{}, fmt.Errorf("identity %s of %s: %w", user, org.Name, err)
	}
	key, err := keyFile(cert)
	if err != nil {
		return Identity{}, fmt.Errorf("identity %s of %s: %w", user, org.Name, err)
	}
	id.Key = filepath.Join(msp, "keystore", key)
	return id, nil
}

// userCertFile is the name under which classic Fabric clients look a user's certificate up.
func userCertFile(user, org string) string { return user + "@" + org + "-cert.pem" }

// keyFile is the name a Fabric key store gives a private key: the SHA-256 of the uncompressed public point.
func keyFile(cert *x509.Certificate) (string, error) {
	public, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return "", fmt.Errorf("public key is a %T, not ECDSA", cert.PublicKey)
	}
	point, err := public.Bytes()
	if err != nil {
		return "", err
	}
	ski := sha256.Sum256(point)
	return hex.EncodeToString(ski[:]) + "_sk", nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// readPEM is what the first block of a PEM file holds.
func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", file)
	}
	return block.Bytes, nil
}
