package material

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/destinasia/dollars/network/topology"
)

// AddUsers issues certificates to users of the network who have none in dir yet: people join after a network was made.
// Whatever is there stays as it is.
func AddUsers(dir string, n topology.Network, now time.Time) error {
	layout := Layout(dir)
	for _, org := range n.Organisations {
		for _, user := range org.Users {
			_, err := layout.User(org, user.Name)
			if errors.Is(err, fs.ErrNotExist) {
				err = addUser(layout, org, user, now)
			}
			if err != nil {
				return fmt.Errorf("certificate of %s of %s: %w", user.Name, org.Name, err)
			}
		}
	}
	return nil
}

// addUser makes the user's directory aside and renames it, so that a half-made one is never taken for an identity.
func addUser(layout Layout, org topology.Organisation, user topology.User, now time.Time) error {
	roots, err := readAuthorities(layout, org.Name)
	if err != nil {
		return err
	}
	dir := filepath.Dir(layout.UserMSP(org.Name, user.Name))
	aside, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	m := maker{layout: layout, now: now, orgs: map[string]authorities{org.Name: roots}}
	if err := m.user(org, user, roleClient, filepath.Join(aside, "msp")); err != nil {
		return err
	}
	if err := os.Chmod(aside, 0o755); err != nil {
		return err
	}
	return os.Rename(aside, dir)
}

// readAuthorities reads what issuing identities takes of an organisation's roots: the key of the TLS root it does not.
func readAuthorities(layout Layout, org string) (authorities, error) {
	var roots authorities
	var err error
	if roots.signing.cert, err = readCertificate(layout.Root(org)); err != nil {
		return authorities{}, err
	}
	if roots.tls.cert, err = readCertificate(layout.TLSRoot(org)); err != nil {
		return authorities{}, err
	}
	roots.signing.key, err = readKey(layout.rootKey(org))
	return roots, err
}

func readKey(file string) (*ecdsa.PrivateKey, error) {
	der, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T, not an ECDSA key", file, key)
	}
	return private, nil
}
