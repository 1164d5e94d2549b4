package receipt

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
)

// Make makes the receipt of an applied order from the block that holds its transaction, as a peer hands it out. It
// believes the block: Verify does not.
func Make(raw []byte, txID string, order dollars.OrderID) (Receipt, error) {
	var b common.Block
	if err := proto.Unmarshal(raw, &b); err != nil {
		return Receipt{}, fmt.Errorf("the block cannot be read: %w", err)
	}
	decoded, err := block.Decode(&b)
	if err != nil {
		return Receipt{}, err
	}
	at, err := find(decoded, txID)
	if err != nil {
		return Receipt{}, err
	}
	t := &decoded.Transactions[at]
	if t.Event == nil || t.Event.Name != dollars.JournalEvent {
		return Receipt{}, fmt.Errorf("transaction %s has no journal", txID)
	}
	operation, entry, err := entryOf(t.Event.Payload, order)
	if err != nil {
		return Receipt{}, err
	}
	if year := t.Timestamp.Year(); year < 0 || year > 9999 {
		return Receipt{}, fmt.Errorf("transaction %s is of the year %d", txID, year)
	}
	endorsements, err := endorsementsOf(b.GetData().GetData()[at])
	if err != nil {
		return Receipt{}, err
	}
	kept, err := reduce(&b, at)
	if err != nil {
		return Receipt{}, err
	}
	hash := block.HeaderHash(decoded.Number, decoded.PreviousHash, decoded.DataHash)
	return Receipt{
		Format: Format, Channel: t.Channel, Chaincode: t.Chaincode, OrderID: order.String(),
		Block: decoded.Number, HeaderHash: hex.EncodeToString(hash[:]), Transaction: txID, Time: t.Timestamp,
		Operation: operation, Entry: readable(entry), EndorsedBy: endorsements, RawBlock: kept,
	}, nil
}

// find finds the transaction of an id that took effect, as far as the peer says that the block is from: a later copy of
// it is marked invalid.
func find(b *block.Block, txID string) (int, error) {
	err := fmt.Errorf("block %d has no transaction %q", b.Number, txID)
	for i := range b.Transactions {
		switch t := &b.Transactions[i]; {
		case t.ID != txID || t.Kind != block.Endorsed:
		case t.Valid():
			return i, nil
		default:
			err = fmt.Errorf("transaction %s is marked %s in block %d: it had no effect", txID, t.Validation, b.Number)
		}
	}
	return 0, err
}

// entryOf finds the order in a journal.
func entryOf(encoded []byte, order dollars.OrderID) (int, dollars.Entry, error) {
	journal, err := dollars.DecodeJournal(encoded)
	if err != nil {
		return 0, dollars.Entry{}, fmt.Errorf("the transaction's journal cannot be read: %w", err)
	}
	for i, e := range journal.Entries {
		if e.Ref == order && e.Outcome == dollars.Applied {
			return i, e, nil
		}
	}
	return 0, dollars.Entry{}, fmt.Errorf("the transaction did not apply order %s", order)
}

// reduce leaves of a block what a receipt proves: nothing vouches for a peer's verdicts on other transactions, nor for
// its commit hash, so neither is kept.
func reduce(b *common.Block, at int) ([]byte, error) {
	before := b.GetMetadata().GetMetadata()
	codes := make([]byte, len(b.GetData().GetData()))
	for i := range codes {
		codes[i] = byte(peer.TxValidationCode_NOT_VALIDATED)
	}
	codes[at] = before[common.BlockMetadataIndex_TRANSACTIONS_FILTER][at]
	metadata := make([][]byte, len(common.BlockMetadataIndex_name))
	metadata[common.BlockMetadataIndex_SIGNATURES] = before[common.BlockMetadataIndex_SIGNATURES]
	metadata[common.BlockMetadataIndex_TRANSACTIONS_FILTER] = codes
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(&common.Block{
		Header: b.GetHeader(), Data: b.GetData(), Metadata: &common.BlockMetadata{Metadata: metadata},
	})
	if err == nil && len(raw) > MaxBlock {
		err = fmt.Errorf("block %d has %d bytes; a receipt holds %d", b.GetHeader().GetNumber(), len(raw), MaxBlock)
	}
	return raw, err
}

// endorsementsOf reads who endorsed a transaction. The signatures are not checked here.
func endorsementsOf(envelope []byte) ([]Endorsement, error) {
	var (
		outer   common.Envelope
		payload common.Payload
		body    peer.Transaction
		content peer.ChaincodeActionPayload
	)
	err := proto.Unmarshal(envelope, &outer)
	if err == nil {
		err = proto.Unmarshal(outer.GetPayload(), &payload)
	}
	if err == nil {
		err = proto.Unmarshal(payload.GetData(), &body)
	}
	if err == nil && len(body.GetActions()) != 1 {
		err = fmt.Errorf("it has %d actions", len(body.GetActions()))
	}
	if err == nil {
		err = proto.Unmarshal(body.GetActions()[0].GetPayload(), &content)
	}
	if err != nil {
		return nil, fmt.Errorf("the transaction cannot be read: %w", err)
	}
	list := make([]Endorsement, len(content.GetAction().GetEndorsements()))
	for i, e := range content.GetAction().GetEndorsements() {
		var id msp.SerializedIdentity
		if err := proto.Unmarshal(e.GetEndorser(), &id); err != nil {
			return nil, fmt.Errorf("endorsement %d: %w", i, err)
		}
		list[i] = Endorsement{MSP: id.GetMspid(), Peer: commonName(id.GetIdBytes()), Signature: e.GetSignature()}
	}
	return list, nil
}

// commonName is the name in a certificate; "" if there is none.
func commonName(text []byte) string {
	content, _ := pem.Decode(text)
	if content == nil {
		return ""
	}
	cert, err := x509.ParseCertificate(content.Bytes)
	if err != nil {
		return ""
	}
	return cert.Subject.CommonName
}
