package dollars

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/crypto"
)

// Currency is who issues what. It is part of the program both organisations agree on rather than of the state, so
// that nobody can configure themselves into an issuer.
type Currency struct {
	Asset     string // code, as signed in orders
	Name      string // name of the EIP-712 domain
	IssuerMSP string // whose certificates may report bookings and configure
}

// CurrencyOf is the currency a chaincode of that name keeps; ok is false for names this program does not know.
func CurrencyOf(chaincode string) (c Currency, ok bool) {
	if chaincode != "dsd" {
		return Currency{}, false
	}
	return Currency{Asset: "DSD", Name: "Destinasia Dollars", IssuerMSP: "DestinasiaMSP"}, true
}

// Domain is the EIP-712 domain orders in this currency are signed under. The salt binds channel and chaincode, so
// an order for one ledger is nothing on another. chainID is 0 but for wallets that insist on one.
func (c Currency) Domain(channel, chaincode string, chainID uint64) eip712.Domain {
	return eip712.Domain{
		Name: c.Name, Version: "1", ChainID: chainID,
		Salt: eip712.Word(crypto.Keccak256([]byte(channel + "/" + chaincode))),
	}
}

// Roles a certificate carries in its attribute "role".
const (
	RoleIssuer   = "issuer"   // reports bookings
	RoleOperator = "operator" // freezes and unfreezes accounts, adjusts them, recovers them when keys are lost
	RoleRules    = "rules"    // proposes, approves and publishes earning rules
	RoleMerchant = "merchant" // keeps the catalogue of rewards, captures and releases holds, and takes vouchers
)

// Caller is who submitted the transaction, as its certificate says.
type Caller struct {
	MSP  string
	Role string
	ID   CertificateID
}

// CertificateID tells certificates' owners apart: SHA-256 over subject and issuer (DER). A renewed certificate of the
// same person has the same, so nobody becomes two by renewing.
type CertificateID [32]byte

// NewCertificateID takes a certificate's subject and issuer as they are in it.
func NewCertificateID(subject, issuer []byte) CertificateID {
	return sha256.Sum256(appendBytes(appendBytes(nil, subject), issuer))
}

func (id CertificateID) String() string { return hex.EncodeToString(id[:]) }
