package proof

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Organisation is what is trusted of one MSP.
type Organisation struct {
	MSPID string
	Roots *x509.CertPool
	Units map[string]Unit // by organisational unit
}

// Unit is the organisational unit of certificates that marks a role.
type Unit struct {
	Role   msp.MSPRole_MSPRoleType
	Issuer []byte // DER of the certificate that must have issued it; nil for any
}

// Identity is a valid certificate of an organisation.
type Identity struct {
	MSPID      string
	Role       msp.MSPRole_MSPRoleType
	Cert       *x509.Certificate
	Root       *x509.Certificate // of the authority that issued it
	Attributes map[string]string
	NoAttrs    error // why the attributes cannot be read

	key *ecdsa.PublicKey
}

// attributesOID marks the certificate extension in which Fabric CAs put attributes.
var attributesOID = asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}

// Whoever may send transactions can write the same certificate in as many ways as there are, so what is remembered of
// identities has an end: so many, of so many bytes.
const maxRemembered, maxRememberedSize = 1000, 16 << 10

// Identify reads and validates a serialized identity. Valid ones are remembered: a ledger has few.
func (c *Channel) Identify(serialized []byte) (*Identity, error) {
	if known, ok := c.identities.Load(string(serialized)); ok {
		return known.(*Identity), nil
	}
	var wire msp.SerializedIdentity
	if err := proto.Unmarshal(serialized, &wire); err != nil {
		return nil, fmt.Errorf("no identity: %w", err)
	}
	org := c.Organisation(wire.GetMspid())
	if org == nil {
		return nil, fmt.Errorf("%q is no organisation of the channel", wire.GetMspid())
	}
	block, _ := pem.Decode(wire.GetIdBytes())
	if block == nil {
		return nil, errors.New("certificate is not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	id, err := org.admit(cert)
	if err != nil {
		return nil, fmt.Errorf("certificate %q of %s: %w", cert.Subject.CommonName, org.MSPID, err)
	}
	if len(serialized) <= maxRememberedSize {
		if c.remembered.Add(1) > maxRemembered {
			c.identities.Clear()
			c.remembered.Store(1)
		}
		c.identities.Store(string(serialized), id)
	}
	return id, nil
}

// admit decides as a Fabric MSP does whether the certificate is one of the organisation's, and in which role.
func (o *Organisation) admit(cert *x509.Certificate) (*Identity, error) {
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() && key.Curve != elliptic.P384() {
		return nil, errors.New("its key is not ECDSA on P-256 or P-384")
	}
	if cert.IsCA {
		return nil, errors.New("an authority's certificate cannot act")
	}
	chains, err := cert.Verify(x509.VerifyOptions{
		Roots: o.Roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		// Peers validate old blocks as they did new ones, so they leave dates out, in this way.
		CurrentTime: cert.NotBefore.Add(time.Second),
	})
	if err != nil {
		return nil, err
	}
	if len(chains) != 1 || len(chains[0]) < 2 {
		return nil, fmt.Errorf("it has %d chains to the organisation's roots; there must be one", len(chains))
	}
	id := &Identity{MSPID: o.MSPID, Cert: cert, Root: chains[0][1], key: key}
	roles := 0
	for _, name := range cert.Subject.OrganizationalUnit {
		u, ok := o.Units[name]
		if !ok {
			continue
		}
		if u.Issuer != nil && string(u.Issuer) != string(chains[0][1].Raw) {
			return nil, fmt.Errorf("its unit %q comes from another authority", name)
		}
		id.Role = u.Role
		roles++
	}
	if roles != 1 {
		return nil, fmt.Errorf("it has %d roles; it must have one", roles)
	}
	id.readAttributes()
	return id, nil
}

func (id *Identity) readAttributes() {
	for _, extension := range id.Cert.Extensions {
		if extension.Id.Equal(attributesOID) {
			var content struct {
				Attrs map[string]string `json:"attrs"`
			}
			id.NoAttrs = json.Unmarshal(extension.Value, &content)
			id.Attributes = content.Attrs
			return
		}
	}
}

// Name identifies an identity, however it was serialized.
func (id *Identity) Name() string { return id.MSPID + "\x00" + string(id.Cert.Raw) }

func (id *Identity) String() string {
	return fmt.Sprintf("%s of %s", id.Cert.Subject.CommonName, id.MSPID)
}

// Verify checks a signature over a message. As in Fabric, s must be the smaller of its two values: otherwise anyone
// could make a second signature out of one.
func (id *Identity) Verify(signature []byte, message ...[]byte) error {
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &sig); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	n := id.key.Params().N
	if sig.R.Sign() <= 0 || sig.S.Sign() <= 0 || sig.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		return errors.New("signature: out of range")
	}
	digest := sha256.New()
	for _, part := range message {
		digest.Write(part)
	}
	if !ecdsa.Verify(id.key, digest.Sum(nil), sig.R, sig.S) {
		return fmt.Errorf("the signature is not one of %s", id)
	}
	return nil
}

// VerifyExactly is Verify for signatures that no hash covers: it refuses one with more in it than its two numbers, which
// Verify takes as Fabric does.
func (id *Identity) VerifyExactly(signature []byte, message ...[]byte) error {
	if err := exact(signature); err != nil {
		return err
	}
	return id.Verify(signature, message...)
}

// exact tells whether a signature is the one encoding of its two numbers.
func exact(signature []byte) error {
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &sig); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if again, err := asn1.Marshal(sig); err != nil || !bytes.Equal(again, signature) {
		return errors.New("signature: it holds bytes that do not belong there")
	}
	return nil
}
