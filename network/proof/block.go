package proof

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/destinasia/dollars/network/block"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

// Channel is where transactions belong, and who may act there.
type Channel struct {
	Name string
	// Organisation finds an organisation by its MSP; nil if it has no part in the channel.
	Organisation func(mspID string) *Organisation
	// Consenter is the serialized identity of the orderer of a number; nil if there is none. Orderers sign by number where
	// they agree on blocks by a quorum (SmartBFT), and there this must be set; elsewhere it is nil.
	Consenter func(number uint32) []byte

	identities sync.Map     // serialized -> *Identity
	remembered atomic.Int64 // how many these are
}

// Strict decodes a message and refuses every encoding of it but one, so that no bit is without a meaning.
func Strict(raw []byte, into proto.Message) error {
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

// Parse reads a block and checks its header against its transactions.
func Parse(raw []byte) (*common.Block, error) {
	b := &common.Block{}
	if err := Strict(raw, b); err != nil {
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
	if codes := len(Metadata(b, common.BlockMetadataIndex_TRANSACTIONS_FILTER)); codes != len(b.GetData().GetData()) {
		return nil, fmt.Errorf("it has %d validation codes for %d transactions", codes, len(b.GetData().GetData()))
	}
	return b, nil
}

// Metadata is one of the entries that Parse made sure of.
func Metadata(b *common.Block, i common.BlockMetadataIndex) []byte {
	return b.GetMetadata().GetMetadata()[i]
}

// HeaderBytes is what orderers sign of a header, and what its hash is of.
func HeaderBytes(h *common.BlockHeader) []byte {
	return block.HeaderBytes(h.GetNumber(), h.GetPreviousHash(), h.GetDataHash())
}

// Signed reads the entry of a block's metadata that orderers sign.
func Signed(b *common.Block) (*common.Metadata, error) {
	var signed common.Metadata
	if err := Strict(Metadata(b, common.BlockMetadataIndex_SIGNATURES), &signed); err != nil {
		return nil, fmt.Errorf("metadata of orderers: %w", err)
	}
	return &signed, nil
}

// Orderers are the identities that signed a block. Nothing covers their signatures, so that each must stand there as an
// orderer writes it: one that does not verify, bytes after one, or one twice is an error.
func (c *Channel) Orderers(b *common.Block) ([]*Identity, error) {
	signed, err := Signed(b)
	if err != nil {
		return nil, err
	}
	var signers []*Identity
	known := map[string]bool{}
	header := HeaderBytes(b.GetHeader())
	for _, s := range signed.GetSignatures() {
		id, err := c.verifySignature(s, signed.GetValue(), header)
		if err != nil {
			return nil, fmt.Errorf("orderer's signature: %w", err)
		}
		if known[id.Name()] {
			return nil, fmt.Errorf("orderer's signature: %s signed twice", id)
		}
		known[id.Name()] = true
		signers = append(signers, id)
	}
	return signers, nil
}

func (c *Channel) verifySignature(s *common.MetadataSignature, value, header []byte) (*Identity, error) {
	creator, signerHeader, err := c.signerOf(s)
	if err != nil {
		return nil, err
	}
	id, err := c.Identify(creator)
	if err != nil {
		return nil, err
	}
	return id, id.VerifyExactly(s.GetSignature(), value, signerHeader, header)
}

// signerOf tells whose signature it is to be, and which of its headers is signed.
func (c *Channel) signerOf(s *common.MetadataSignature) (creator, header []byte, err error) {
	if c.Consenter == nil {
		var named common.SignatureHeader
		if len(s.GetIdentifierHeader()) > 0 {
			return nil, nil, errors.New("its signer is given by number, and only a channel's configuration tells whose that is")
		}
		err = proto.Unmarshal(s.GetSignatureHeader(), &named)
		return named.GetCreator(), s.GetSignatureHeader(), err
	}
	var numbered common.IdentifierHeader
	if len(s.GetSignatureHeader()) > 0 {
		return nil, nil, errors.New("its signer is not given by number, as this channel's orderers are")
	}
	if err := proto.Unmarshal(s.GetIdentifierHeader(), &numbered); err != nil {
		return nil, nil, err
	}
	if creator = c.Consenter(numbered.GetIdentifier()); creator == nil {
		return nil, nil, fmt.Errorf("there is no orderer of number %d", numbered.GetIdentifier())
	}
	return creator, s.GetIdentifierHeader(), nil
}
