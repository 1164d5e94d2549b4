package block

import (
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Block is a decoded block.
type Block struct {
	Number       uint64
	PreviousHash []byte
	DataHash     []byte
	Transactions []Transaction
}

// Kind is what a transaction is for.
type Kind int32

const (
	// Config transactions change the channel.
	Config = Kind(common.HeaderType_CONFIG)
	// Endorsed transactions are what chaincodes made.
	Endorsed = Kind(common.HeaderType_ENDORSER_TRANSACTION)
)

// Transaction is a transaction at its place in a block, valid or not.
type Transaction struct {
	ID      string
	Channel string
	Kind    Kind
	// Timestamp is what the client claims.
	Timestamp time.Time
	// Validation is the verdict of the peer the block came from.
	Validation peer.TxValidationCode
	// CreatorMSP is the organisation whose client made the transaction.
	CreatorMSP string

	// The rest is there for endorsed transactions only.

	Chaincode string
	Args      [][]byte
	// Event is the chaincode's event; nil if it emitted none. Invalid transactions carry theirs, too.
	Event *Event

	results []byte
}

// Event is what a chaincode emitted with a transaction.
type Event struct {
	Name    string
	Payload []byte
}

// Write is one key a transaction wrote or deleted.
type Write struct {
	Key    string
	Value  []byte
	Delete bool
}

// Valid tells whether the transaction took effect, as far as the peer it came from says.
func (t *Transaction) Valid() bool { return t.Validation == peer.TxValidationCode_VALID }

// Decode reads a block as a peer delivers it. A block without the peer's verdicts in its metadata, as an orderer
// delivers it, has TxValidationCode_NOT_VALIDATED everywhere.
func Decode(raw *common.Block) (*Block, error) {
	if raw.GetHeader() == nil {
		return nil, errors.New("block without a header")
	}
	b := &Block{
		Number:       raw.GetHeader().GetNumber(),
		PreviousHash: raw.GetHeader().GetPreviousHash(),
		DataHash:     raw.GetHeader().GetDataHash(),
		Transactions: make([]Transaction, len(raw.GetData().GetData())),
	}
	verdicts, err := verdicts(raw, len(b.Transactions))
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", b.Number, err)
	}
	for i, envelope := range raw.GetData().GetData() {
		t := &b.Transactions[i]
		t.Validation = peer.TxValidationCode_NOT_VALIDATED
		if verdicts != nil {
			t.Validation = peer.TxValidationCode(verdicts[i])
		}
		// What the peer found unreadable stays in the chain, marked invalid, and nobody needs to read it.
		if err := t.decode(envelope); err != nil && (t.Valid() || verdicts == nil) {
			return nil, fmt.Errorf("block %d, transaction %d: %w", b.Number, i, err)
		}
	}
	return b, nil
}

// verdicts are the peer's validation codes, one byte per transaction.
func verdicts(raw *common.Block, transactions int) ([]byte, error) {
	metadata := raw.GetMetadata().GetMetadata()
	if len(metadata) <= int(common.BlockMetadataIndex_TRANSACTIONS_FILTER) {
		return nil, nil
	}
	codes := metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
	if len(codes) == 0 {
		return nil, nil
	}
	if len(codes) != transactions {
		return nil, fmt.Errorf("%d validation codes for %d transactions", len(codes), transactions)
	}
	return codes, nil
}
