package block

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
)

// HeaderHash is the hash by which the next block names this one: SHA-256 over HeaderBytes.
func HeaderHash(number uint64, previousHash, dataHash []byte) [sha256.Size]byte {
	return sha256.Sum256(HeaderBytes(number, previousHash, dataHash))
}

// HeaderBytes is what is hashed and signed of a header: the ASN.1 of number, previous hash and data hash.
func HeaderBytes(number uint64, previousHash, dataHash []byte) []byte {
	// Big integers and byte slices always encode.
	encoded, _ := asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(number), previousHash, dataHash})
	return encoded
}

// DataHash is the hash a header must carry for these transactions: SHA-256 over them, one after the other.
func DataHash(data *common.BlockData) [sha256.Size]byte {
	digest := sha256.New()
	for _, envelope := range data.GetData() {
		digest.Write(envelope)
	}
	return [sha256.Size]byte(digest.Sum(nil))
}

// Verify checks that the block's transactions are those its header was made for.
func Verify(raw *common.Block) error {
	if got := DataHash(raw.GetData()); !bytes.Equal(got[:], raw.GetHeader().GetDataHash()) {
		return fmt.Errorf("its transactions hash to %x; its header says %x", got, raw.GetHeader().GetDataHash())
	}
	return nil
}
