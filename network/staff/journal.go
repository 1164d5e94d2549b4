package staff

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
)

// journalOf reads the journal that an endorsed transaction carries. A block that holds the transaction as valid holds
// these very bytes, so it need not be fetched. What is about to be signed in a person's name must be what they asked for.
func journalOf(tx *client.Transaction, chaincode string, batch []byte, ops int) (dollars.Journal, error) {
	raw, err := tx.Bytes()
	if err != nil {
		return dollars.Journal{}, err
	}
	var prepared gateway.PreparedTransaction
	if err := proto.Unmarshal(raw, &prepared); err != nil {
		return dollars.Journal{}, err
	}
	envelope, err := proto.Marshal(prepared.GetEnvelope())
	if err != nil {
		return dollars.Journal{}, err
	}
	b, err := block.Decode(&common.Block{Header: &common.BlockHeader{}, Data: &common.BlockData{Data: [][]byte{envelope}}})
	if err != nil {
		return dollars.Journal{}, err
	}
	t := b.Transactions[0]
	if t.ID != tx.TransactionID() || t.Chaincode != chaincode || len(t.Args) != 2 ||
		string(t.Args[0]) != applyFunction || !bytes.Equal(t.Args[1], batch) {
		return dollars.Journal{}, errors.New("it is not what was proposed")
	}
	if t.Event == nil || t.Event.Name != dollars.JournalEvent {
		return dollars.Journal{}, errors.New("it carries no journal")
	}
	journal, err := dollars.DecodeJournal(t.Event.Payload)
	if err != nil {
		return dollars.Journal{}, err
	}
	if len(journal.Entries) != ops {
		return dollars.Journal{}, fmt.Errorf("its journal has %d entries for %d operations", len(journal.Entries), ops)
	}
	return journal, nil
}
