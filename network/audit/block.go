package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/network/block"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// prepared is a block after everything that can be checked without knowing the blocks before it.
type prepared struct {
	raw          *common.Block
	hash         [sha256.Size]byte
	transactions []*transaction
	err          error // what is wrong with the block as a whole
	fetch        error // why there is no block
}

// strict decodes a message and refuses every encoding of it but one, so that no bit is without a meaning.
func strict(raw []byte, into proto.Message) error {
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, into); err != nil {
		return err
	}
	again, err := proto.MarshalOptions{Deterministic: true}.Marshal(into)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, raw) {
		return errors.New("it holds bytes that do not belong there")
	}
	return nil
}

// parse reads a block and checks its header against its transactions.
func parse(raw []byte) (*common.Block, error) {
	b := &common.Block{}
	if err := strict(raw, b); err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if b.GetHeader() == nil || b.GetMetadata() == nil {
		return nil, errors.New("it has no header or no metadata")
	}
	if err := block.Verify(b); err != nil {
		return nil, err
	}
	if n := len(b.GetMetadata().GetMetadata()); n != len(common.BlockMetadataIndex_name) {
		return nil, fmt.Errorf("it has %d entries of metadata", n)
	}
	if codes := len(metadata(b, common.BlockMetadataIndex_TRANSACTIONS_FILTER)); codes != len(b.GetData().GetData()) {
		return nil, fmt.Errorf("it has %d validation codes for %d transactions", codes, len(b.GetData().GetData()))
	}
	return b, nil
}

func metadata(b *common.Block, i common.BlockMetadataIndex) []byte {
	return b.GetMetadata().GetMetadata()[i]
}

func headerBytes(h *common.BlockHeader) []byte {
	return block.HeaderBytes(h.GetNumber(), h.GetPreviousHash(), h.GetDataHash())
}

// prepare checks a block after the genesis block as far as it goes without its predecessors. It may run for many
// blocks at once.
func (c *config) prepare(raw []byte) *prepared {
	b, err := parse(raw)
	if err != nil {
		return &prepared{err: err}
	}
	header := headerBytes(b.GetHeader())
	p := &prepared{raw: b, hash: sha256.Sum256(header)}
	if p.err = c.checkSignatures(b, header); p.err != nil {
		return p
	}
	for _, envelope := range b.GetData().GetData() {
		p.transactions = append(p.transactions, c.read(envelope))
	}
	return p
}

// checkSignatures checks what the ordering service signed, and that there is nothing beside it.
func (c *config) checkSignatures(b *common.Block, header []byte) error {
	signed, err := signedMetadata(b)
	if err != nil {
		return err
	}
	var signers []*identity
	known := map[string]bool{}
	var refused error
	for _, s := range signed.GetSignatures() {
		id, err := c.verifySignature(s, signed.GetValue(), header)
		if err != nil {
			refused = err
			continue
		}
		if !known[id.name()] {
			known[id.name()] = true
			signers = append(signers, id)
		}
	}
	// Orderers add no signature that does not verify.
	if refused != nil {
		return fmt.Errorf("orderer's signature: %w", refused)
	}
	if !c.orderers(signers) {
		return fmt.Errorf("its %d signatures do not satisfy the channel's policy for blocks", len(signers))
	}
	return nil
}

func (c *config) verifySignature(s *common.MetadataSignature, value, header []byte) (*identity, error) {
	var sigHeader common.SignatureHeader
	if err := proto.Unmarshal(s.GetSignatureHeader(), &sigHeader); err != nil {
		return nil, err
	}
	if len(s.GetIdentifierHeader()) > 0 {
		return nil, errors.New("signers by number are not followed")
	}
	id, err := c.identify(sigHeader.GetCreator())
	if err != nil {
		return nil, err
	}
	return id, id.verify(s.GetSignature(), value, s.GetSignatureHeader(), header)
}

// signedMetadata reads the block's metadata that orderers sign, and checks that what they leave unsigned says nothing
// else.
func signedMetadata(b *common.Block) (*common.Metadata, error) {
	var signed common.Metadata
	var content common.OrdererBlockMetadata
	if err := strict(metadata(b, common.BlockMetadataIndex_SIGNATURES), &signed); err != nil {
		return nil, fmt.Errorf("metadata of orderers: %w", err)
	}
	if err := proto.Unmarshal(signed.GetValue(), &content); err != nil {
		return nil, fmt.Errorf("metadata of orderers: %w", err)
	}
	if last := content.GetLastConfig().GetIndex(); last != 0 {
		return nil, fmt.Errorf("it is ordered under the configuration of block %d; only the genesis block's is followed", last)
	}
	// Two places of older versions; peers and orderers leave them empty, or have the one value there can be.
	for _, i := range []int{1, 3} {
		var old common.Metadata
		raw := b.GetMetadata().GetMetadata()[i]
		if err := strict(raw, &old); err != nil || len(old.GetValue()) > 0 || len(old.GetSignatures()) > 0 {
			return nil, fmt.Errorf("metadata %d: it should be empty", i)
		}
	}
	return &signed, nil
}

// unorderedMetadata is what stands in a genesis block where consensus puts its own: a first configuration (field 1),
// with nothing in it.
var unorderedMetadata = []byte{0x0a, 0x00}

// genesis reads the first block, which nobody signs, and judges it by the roots.
func genesis(raw []byte, roots Roots) (*config, *prepared, error) {
	b, err := parse(raw)
	if err != nil {
		return nil, nil, err
	}
	p := &prepared{raw: b, hash: sha256.Sum256(headerBytes(b.GetHeader()))}
	if number := b.GetHeader().GetNumber(); number != 0 || len(b.GetHeader().GetPreviousHash()) > 0 {
		return nil, nil, fmt.Errorf("this is block %d: an audit starts from the genesis block", number)
	}
	signed, err := signedMetadata(b)
	switch {
	case err != nil:
		return nil, nil, err
	case len(signed.GetSignatures()) > 0 || !bytes.Equal(signed.GetValue(), unorderedMetadata):
		return nil, nil, errors.New("a genesis block is not ordered or signed")
	case len(b.GetData().GetData()) != 1:
		return nil, nil, errors.New("a genesis block has one transaction")
	case len(metadata(b, common.BlockMetadataIndex_COMMIT_HASH)) > 0:
		return nil, nil, errors.New("a genesis block has no commit hash")
	}
	channel, payload, err := readHeader(b.GetData().GetData()[0])
	if err != nil {
		return nil, nil, err
	}
	if channel.GetType() != int32(common.HeaderType_CONFIG) {
		return nil, nil, errors.New("it holds no configuration")
	}
	c, err := newConfig(channel.GetChannelId(), payload.GetData())
	if err != nil {
		return nil, nil, fmt.Errorf("the configuration: %w", err)
	}
	p.transactions = []*transaction{{id: channel.GetTxId(), kind: common.HeaderType_CONFIG}}
	return c, p, roots.judge(p.hash, c)
}
