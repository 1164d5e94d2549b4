package prooftest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/material"
	"github.com/destinasia/dollars/network/topology"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Noon is when everything happens.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Channel is the channel that all are on.
const Channel = "dollars"

// Marshal panics on what cannot fail: the messages are written in tests.
func Marshal(m proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

// Unmarshal reads what Marshal wrote.
func Unmarshal[M proto.Message](raw []byte, into M) M {
	if err := proto.Unmarshal(raw, into); err != nil {
		panic(err)
	}
	return into
}

// Signer is an identity with its key.
type Signer struct {
	Serialized []byte
	key        *ecdsa.PrivateKey
}

// Load reads an identity from its MSP directory.
func Load(t testing.TB, mspID, dir string) *Signer {
	t.Helper()
	cert, key := readPEM(t, filepath.Join(dir, "signcerts", "*")), readPEM(t, filepath.Join(dir, "keystore", "*"))
	private, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	return &Signer{Marshal(&msp.SerializedIdentity{Mspid: mspID, IdBytes: text}), private.(*ecdsa.PrivateKey)}
}

// Sign signs as Fabric does, with the smaller s.
func (s *Signer) Sign(message ...[]byte) []byte {
	digest := sha256.Sum256(bytes.Join(message, nil))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, digest[:])
	if err != nil {
		panic(err)
	}
	n := s.key.Params().N
	if v.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		v.Sub(n, v)
	}
	raw, err := asn1.Marshal(struct{ R, S *big.Int }{r, v})
	if err != nil {
		panic(err)
	}
	return raw
}

// Claiming is the same certificate and key under the name of another MSP.
func (s *Signer) Claiming(mspID string) *Signer {
	id := Unmarshal(s.Serialized, &msp.SerializedIdentity{})
	id.Mspid = mspID
	return &Signer{Marshal(id), s.key}
}

// People are all who act on a channel. Nobody there knows the stranger, whose certificate claims to be AIRCNC's.
type People struct {
	Genesis []byte              // the genesis block, as it was made
	Roots   []*x509.Certificate // of the orderers, Destinasia and AIRCNC

	Orderer, Peer, Other, Issuer, Operator, Merchant, Planner, Controller, Client, Approver, Auditor, OtherAuditor, Stranger *Signer
}

// NewPeople makes material as `destinasia up` does.
func NewPeople(t testing.TB) *People {
	t.Helper()
	n, err := topology.Development(21500)
	if err != nil {
		t.Fatal(err)
	}
	layout, elsewhere := makeMaterial(t, n), makeMaterial(t, n)
	load := func(mspID, dir string) *Signer { return Load(t, mspID, dir) }
	p := &People{
		Orderer:      load("OrdererMSP", layout.NodeMSP("orderer", "orderer0")),
		Peer:         load("DestinasiaMSP", layout.NodeMSP("destinasia", "peer0-destinasia")),
		Other:        load("AircncMSP", layout.NodeMSP("aircnc", "peer0-aircnc")),
		Issuer:       load("DestinasiaMSP", layout.UserMSP("destinasia", "issuer")),
		Operator:     load("DestinasiaMSP", layout.UserMSP("destinasia", "operator")),
		Merchant:     load("DestinasiaMSP", layout.UserMSP("destinasia", "merchant")),
		Planner:      load("DestinasiaMSP", layout.UserMSP("destinasia", "planner")),
		Controller:   load("DestinasiaMSP", layout.UserMSP("destinasia", "controller")),
		Client:       load("AircncMSP", layout.UserMSP("aircnc", "client")),
		Approver:     load("AircncMSP", layout.UserMSP("aircnc", "operator")),
		Auditor:      load("DestinasiaMSP", layout.UserMSP("destinasia", "auditor")),
		OtherAuditor: load("AircncMSP", layout.UserMSP("aircnc", "auditor")),
		Stranger:     load("AircncMSP", elsewhere.NodeMSP("aircnc", "peer0-aircnc")),
	}
	if p.Genesis, err = os.ReadFile(layout.Genesis()); err != nil {
		t.Fatal(err)
	}
	for _, org := range n.Organisations {
		root, err := x509.ParseCertificate(readPEM(t, layout.Root(org.Name)))
		if err != nil {
			t.Fatal(err)
		}
		p.Roots = append(p.Roots, root)
	}
	return p
}

func makeMaterial(t testing.TB, n topology.Network) material.Layout {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "material")
	if err := material.Make(dir, n, Noon); err != nil {
		t.Fatal(err)
	}
	return material.Layout(dir)
}

// readPEM reads the one file of a pattern.
func readPEM(t testing.TB, pattern string) []byte {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	content, _ := pem.Decode(text)
	return content.Bytes
}
