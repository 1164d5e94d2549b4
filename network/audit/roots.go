package audit

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
)

// Roots are what an audit trusts. At least one of them is needed.
type Roots struct {
	// Genesis is the header hash of the genesis block; nil if only certificates are trusted.
	Genesis *[sha256.Size]byte
	// Certificates are the root certificates of all organisations, the ordering service's included; none if only the
	// genesis block is trusted.
	Certificates []*x509.Certificate
}

func (r Roots) check() error {
	if r.Genesis == nil && len(r.Certificates) == 0 {
		return errors.New("an audit needs trust roots: the genesis block's hash, or the organisations' root certificates")
	}
	return nil
}

// judge tells what is wrong with a genesis block.
func (r Roots) judge(hash [sha256.Size]byte, c *config) error {
	if r.Genesis != nil && hash != *r.Genesis {
		return fmt.Errorf("the genesis block is %x; the trusted one is %x", hash, *r.Genesis)
	}
	if len(r.Certificates) == 0 {
		return nil
	}
	for _, cert := range c.roots {
		if !contains(r.Certificates, cert) {
			return fmt.Errorf("the channel trusts the authority %q, which is not among the trust roots", cert.Subject.CommonName)
		}
	}
	for _, cert := range r.Certificates {
		if !contains(c.roots, cert) {
			return fmt.Errorf("the trusted authority %q has no part in the channel", cert.Subject.CommonName)
		}
	}
	return nil
}

func contains(list []*x509.Certificate, cert *x509.Certificate) bool {
	for _, c := range list {
		if bytes.Equal(c.Raw, cert.Raw) {
			return true
		}
	}
	return false
}
