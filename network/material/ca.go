package material

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"
)

const (
	rootLifetime = 10 * 365 * 24 * time.Hour
	leafLifetime = 5 * 365 * 24 * time.Hour
	// clockSkew lets a machine whose clock runs a little behind accept certificates made just now.
	clockSkew = 5 * time.Minute
)

// attributesOID marks the extension in which Fabric CAs put attributes, as JSON {"attrs":{name:value}}.
var attributesOID = asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}

// keyPair is a certificate with its private key.
type keyPair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newRoot makes a self-signed certificate authority.
func newRoot(organisation, commonName string, now time.Time) (keyPair, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName, Organization: []string{organisation}},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
		NotAfter:              now.Add(rootLifetime),
	}
	return sign(template, nil, now)
}

// issueIdentity signs a certificate for Fabric's identities; role is one of the MSP's node organisational units.
func (ca keyPair) issueIdentity(name, role string, attributes map[string]string, now time.Time) (keyPair, error) {
	template := &x509.Certificate{
		Subject:  pkix.Name{CommonName: name, OrganizationalUnit: []string{role}},
		KeyUsage: x509.KeyUsageDigitalSignature,
		NotAfter: now.Add(leafLifetime),
	}
	if len(attributes) > 0 {
		value, err := json.Marshal(map[string]any{"attrs": attributes})
		if err != nil {
			return keyPair{}, fmt.Errorf("attributes of %s: %w", name, err)
		}
		template.ExtraExtensions = []pkix.Extension{{Id: attributesOID, Value: value}}
	}
	return sign(template, &ca, now)
}

// issueTLS signs a certificate that serves and dials on this machine.
func (ca keyPair) issueTLS(name string, now time.Time) (keyPair, error) {
	return sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost", name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotAfter:    now.Add(leafLifetime),
	}, &ca, now)
}

// sign completes the template with a fresh P-256 key and has the issuer sign it; without an issuer it signs itself.
func sign(template *x509.Certificate, issuer *keyPair, now time.Time) (keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return keyPair{}, err
	}
	template.NotBefore = now.Add(-clockSkew)
	parent := keyPair{cert: template, key: key}
	if issuer != nil {
		parent = *issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, &key.PublicKey, lowSSigner{parent.key})
	if err != nil {
		return keyPair{}, fmt.Errorf("certificate of %s: %w", template.Subject.CommonName, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return keyPair{}, fmt.Errorf("certificate of %s: %w", template.Subject.CommonName, err)
	}
	return keyPair{cert: cert, key: key}, nil
}

func (p keyPair) certPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw})
}

func (p keyPair) keyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// lowSSigner signs with the smaller of the two valid values of s.
type lowSSigner struct{ *ecdsa.PrivateKey }

// Sign implements crypto.Signer. For any valid (r, s) the pair (r, N-s) is valid too.
func (s lowSSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	der, err := s.PrivateKey.Sign(random, digest, opts)
	if err != nil {
		return nil, err
	}
	var sig ecdsaSignature
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, err
	}
	if sig.isHighS() {
		sig.S.Sub(s.Curve.Params().N, sig.S)
	}
	return asn1.Marshal(sig)
}

type ecdsaSignature struct{ R, S *big.Int }

func (s ecdsaSignature) isHighS() bool {
	half := new(big.Int).Rsh(elliptic.P256().Params().N, 1)
	return s.S.Cmp(half) > 0
}
