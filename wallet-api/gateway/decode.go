package gateway

import (
	"fmt"
	"unicode/utf8"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// decodeBlock reads the chaincode's transactions of a block. Later copies of a transaction are left out: its first
// place decided what became of it. So is what a peer marked invalid under an id that is none: whoever may write to the
// channel can have that ordered, at any length, and it must not keep the views from the blocks behind it. The slices
// inside lie in the raw block.
func decodeBlock(raw *common.Block, chaincode string) (wallet.Block, error) {
	b, err := block.Decode(raw)
	if err != nil {
		return wallet.Block{}, err
	}
	out := wallet.Block{Number: b.Number, Hash: block.HeaderHash(b.Number, b.PreviousHash, b.DataHash), Size: len(b.Transactions)}
	copy(out.PreviousHash[:], b.PreviousHash)
	copy(out.DataHash[:], b.DataHash)
	for i := range b.Transactions {
		t := &b.Transactions[i]
		if t.Kind != block.Endorsed || t.Chaincode != chaincode || isCopy(b.Transactions, i) {
			continue
		}
		if _, err := dollars.ParseTxID(t.ID); err != nil && !t.Valid() {
			continue
		}
		tx := wallet.Transaction{
			ID: t.ID, Index: i, Time: t.Timestamp.Unix(), Valid: t.Valid(), Code: t.Validation.String(), Creator: creatorOf(t),
		}
		if tx.Valid {
			if err := decodeEffects(t, &tx); err != nil {
				return wallet.Block{}, fmt.Errorf("block %d, transaction %s: %w", b.Number, t.ID, err)
			}
		}
		out.Transactions = append(out.Transactions, tx)
	}
	return out, nil
}

// creatorOf is the organisation whose client made a transaction. One that is not valid may say anything, at any length.
func creatorOf(t *block.Transaction) string {
	if len(t.CreatorMSP) > 128 || !utf8.ValidString(t.CreatorMSP) {
		return ""
	}
	return t.CreatorMSP
}

// isCopy tells whether a transaction does not decide what became of its id: because it was in an earlier block, or
// because another with its id is valid in this one (a forged one may carry any id).
func isCopy(txs []block.Transaction, i int) bool {
	switch {
	case txs[i].Valid():
		return false
	case txs[i].Validation == peer.TxValidationCode_DUPLICATE_TXID:
		return true
	}
	for j := range txs {
		if txs[j].ID == txs[i].ID && (txs[j].Valid() || j < i) && j != i {
			return true
		}
	}
	return false
}

func decodeEffects(t *block.Transaction, tx *wallet.Transaction) error {
	// A transaction of the chaincode's other functions changes nothing and emits nothing.
	if t.Event != nil && t.Event.Name == dollars.JournalEvent {
		journal, err := dollars.DecodeJournal(t.Event.Payload)
		if err != nil {
			return err
		}
		tx.Journal = journal
	}
	writes, err := t.Writes()
	if err != nil {
		return err
	}
	tx.Writes = make([]dollars.Write, len(writes))
	for i, w := range writes {
		tx.Writes[i] = dollars.Write{Key: w.Key, Value: w.Value}
		if w.Delete {
			tx.Writes[i].Value = nil
		}
	}
	return nil
}
