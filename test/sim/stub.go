package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// stub is what a peer is to the contract in one transaction: what the contract uses of it. The rest panics, as the nil
// interface within it does.
type stub struct {
	shim.ChaincodeStubInterface
	proposal proposal
	state    map[string]versioned

	reads    map[string]version
	writes   []dollars.Write
	event    []byte
	batching bool
}

func (s *stub) GetArgs() [][]byte           { return [][]byte{[]byte("Apply"), s.proposal.batch} }
func (s *stub) GetTxID() string             { return s.proposal.id }
func (s *stub) GetChannelID() string        { return channel }
func (s *stub) GetCreator() ([]byte, error) { return s.proposal.creator, nil }
func (s *stub) StartWriteBatch()            { s.batching = true }

func (s *stub) FinishWriteBatch() error {
	s.batching = false
	return nil
}

func (s *stub) GetTxTimestamp() (*timestamppb.Timestamp, error) {
	return &timestamppb.Timestamp{Seconds: s.proposal.time}, nil
}

func (s *stub) GetMultipleStates(keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		v := s.state[key]
		s.reads[key], values[i] = v.version, v.value
	}
	return values, nil
}

func (s *stub) PutState(key string, value []byte) error {
	if !s.batching || len(value) == 0 {
		return fmt.Errorf("write of %q outside of a batch, or of nothing", key)
	}
	s.writes = append(s.writes, dollars.Write{Key: key, Value: value})
	return nil
}

func (s *stub) DelState(key string) error {
	s.writes = append(s.writes, dollars.Write{Key: key})
	return nil
}

func (s *stub) SetEvent(name string, payload []byte) error {
	if name != dollars.JournalEvent || s.event != nil {
		return fmt.Errorf("event %q, or a second one", name)
	}
	s.event = payload
	return nil
}

func (s *stub) GetSignedProposal() (*peer.SignedProposal, error) {
	return &peer.SignedProposal{ProposalBytes: proposalOfChaincode()}, nil
}

// proposalOfChaincode says by which name the contract was invoked.
var proposalOfChaincode = sync.OnceValue(func() []byte {
	extension := wrap(&peer.ChaincodeHeaderExtension{ChaincodeId: &peer.ChaincodeID{Name: chaincode}})
	header := wrap(&common.Header{ChannelHeader: wrap(&common.ChannelHeader{Extension: extension})})
	return wrap(&peer.Proposal{Header: header})
})

func wrap(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(err) // messages of our own making
	}
	return raw
}

// person is who creates transactions: a certificate's name, organisation and role.
type person struct{ name, mspID, role string }

var (
	issuer   = person{"issuer", "DestinasiaMSP", dollars.RoleIssuer}
	operator = person{"operator", "DestinasiaMSP", dollars.RoleOperator}
	checkout = person{"checkout", "DestinasiaMSP", dollars.RoleMerchant}
	approver = person{"approver", "AircncMSP", dollars.RoleOperator}
	anna     = person{"anna", "DestinasiaMSP", dollars.RoleRules}
	ben      = person{"ben", "DestinasiaMSP", dollars.RoleRules}
)

// creators are the certificates, as Fabric has them in a transaction. Their keys differ from run to run; what the contract
// sees of them does not.
var creators = sync.OnceValue(func() map[person][]byte {
	all := map[person][]byte{}
	for i, p := range []person{issuer, operator, checkout, approver, anna, ben} {
		raw, err := p.certificate(int64(i + 1))
		if err != nil {
			panic(err) // nothing of it comes from outside
		}
		all[p] = wrap(&msp.SerializedIdentity{
			Mspid: p.mspID, IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		})
	}
	return all
})

func (p person) certificate(serial int64) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: p.name},
		ExtraExtensions: []pkix.Extension{{
			Id: asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}, Value: []byte(`{"attrs":{"role":"` + p.role + `"}}`),
		}},
	}
	if err != nil {
		return nil, err
	}
	raw, errCert := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return raw, errors.Join(err, errCert)
}
