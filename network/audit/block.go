package audit

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// prepared is a block after everything that can be checked without knowing the blocks before it.
type prepared struct {
	raw          *common.Block
	hash         [sha256.Size]byte
	transactions []*proof.Transaction
	err          error // what is wrong with the block as a whole
	fetch        error // why there is no block
}

// prepare checks a block after the genesis block as far as it goes without its predecessors. It may run for many
// blocks at once.
func (c *config) prepare(raw []byte) *prepared {
	b, err := proof.Parse(raw)
	if err != nil {
		return &prepared{err: err}
	}
	p := &prepared{raw: b, hash: sha256.Sum256(proof.HeaderBytes(b.GetHeader()))}
	if p.err = c.checkSignatures(b); p.err != nil {
		return p
	}
	for _, envelope := range b.GetData().GetData() {
		p.transactions = append(p.transactions, c.channel.Read(envelope))
	}
	return p
}

// checkPlace tells what is wrong with a block that is to be the one of a number, as far as it can be told without the blocks
// before it.
func (b *prepared) checkPlace(number uint64) error {
	switch is := b.raw.GetHeader().GetNumber(); {
	case b.err != nil:
		return wrongBlock(number, "%v", b.err)
	case is != number:
		return wrongBlock(number, "block %d is in its place", is)
	}
	return nil
}

// checkSignatures checks what the ordering service signed, and that there is nothing beside it.
func (c *config) checkSignatures(b *common.Block) error {
	if _, err := signedMetadata(b); err != nil {
		return err
	}
	signers, err := c.channel.Orderers(b)
	if err != nil {
		return err
	}
	for _, s := range signers {
		if s.Role != msp.MSPRole_ORDERER { // whom many a channel's policy admits, Fabric's usual one too
			return fmt.Errorf("orderer's signature: %s is no orderer", s)
		}
	}
	if !c.orderers(signers) {
		return fmt.Errorf("its %d signatures do not satisfy the channel's policy for blocks", len(signers))
	}
	return nil
}

// signedMetadata reads the block's metadata that orderers sign, and checks that what they leave unsigned says nothing
// else.
func signedMetadata(b *common.Block) (*common.Metadata, error) {
	var content common.OrdererBlockMetadata
	signed, err := proof.Signed(b)
	if err != nil {
		return nil, err
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
		if err := proof.Strict(raw, &old); err != nil || len(old.GetValue()) > 0 || len(old.GetSignatures()) > 0 {
			return nil, fmt.Errorf("metadata %d: it should be empty", i)
		}
	}
	return signed, nil
}

// unorderedMetadata is what stands in a genesis block where consensus puts its own: a first configuration (field 1),
// with nothing in it.
var unorderedMetadata = []byte{0x0a, 0x00}

// genesis reads the first block, which nobody signs, and judges it by the roots.
func genesis(raw []byte, roots Roots) (*config, *prepared, error) {
	b, err := proof.Parse(raw)
	if err != nil {
		return nil, nil, err
	}
	p := &prepared{raw: b, hash: sha256.Sum256(proof.HeaderBytes(b.GetHeader()))}
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
	case len(proof.Metadata(b, common.BlockMetadataIndex_COMMIT_HASH)) > 0:
		return nil, nil, errors.New("a genesis block has no commit hash")
	}
	channel, payload, err := proof.ReadHeader(b.GetData().GetData()[0])
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
	p.transactions = []*proof.Transaction{{ID: channel.GetTxId(), Kind: common.HeaderType_CONFIG}}
	return c, p, roots.judge(p.hash, c)
}
