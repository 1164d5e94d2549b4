package tamper

import (
	"bytes"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func flip(b []byte, i int) { b[i] ^= 1 }

// onSignature changes the first orderer's signature of a block.
func onSignature(change func(*common.MetadataSignature)) func(*common.Block) {
	return onSigned(func(m *common.Metadata) { change(m.Signatures[0]) })
}

func onMetadata(i common.BlockMetadataIndex, change func([]byte) []byte) func(*common.Block) {
	return func(b *common.Block) { b.Metadata.Metadata[i] = change(bytes.Clone(b.Metadata.Metadata[i])) }
}

// onBlocks are changes of everything in a block that is no transaction, and of which transactions are in it.
func (l *ledger) onBlocks() []attack {
	held, signs := attacker{l, disk}, attacker{l, orderer}
	at := first[dollars.Complete](l).block
	const unsigned, mismatch = "orderer's signature", "hash to"
	ofBlock := func(name string, blocks [][]byte, says string) attack {
		return attack{name, blocks, whole(at), none, says}
	}
	attacks := []attack{
		ofBlock("number", held.edit(at, func(b *common.Block) { b.Header.Number += 1 << 20 }), unsigned),
		ofBlock("number, signed", signs.seal(at, func(b *common.Block) { b.Header.Number++ }), fmt.Sprintf("block %d is in its place", at+1)),
		ofBlock("previous hash", held.edit(at, func(b *common.Block) { flip(b.Header.PreviousHash, 31) }), unsigned),
		ofBlock("previous hash, signed", signs.seal(at, func(b *common.Block) { flip(b.Header.PreviousHash, 31) }), "the block before it is"),
		ofBlock("data hash", held.edit(at, func(b *common.Block) { flip(b.Header.DataHash, 0) }), mismatch),
		ofBlock("data hash, signed", signs.seal(at, func(b *common.Block) { flip(b.Header.DataHash, 0) }), mismatch),
		ofBlock("no header", held.edit(at, func(b *common.Block) { b.Header = nil }), "no header"),
		ofBlock("no data", held.edit(at, func(b *common.Block) { b.Data = nil }), mismatch),
		ofBlock("no metadata", held.edit(at, func(b *common.Block) { b.Metadata = nil }), "no metadata"),
		ofBlock("data", held.edit(at, func(b *common.Block) { flip(b.Data.Data[0], len(b.Data.Data[0])/2) }), mismatch),
		ofBlock("data with its hash", held.edit(at, func(b *common.Block) {
			flip(b.Data.Data[0], len(b.Data.Data[0])/2)
			hash := block.DataHash(b.Data)
			b.Header.DataHash = hash[:]
		}), unsigned),
		ofBlock("a transaction left out", held.block(at, func(b *common.Block) {
			b.Data.Data, b.Metadata.Metadata[2] = b.Data.Data[1:], b.Metadata.Metadata[2][1:]
		}), unsigned),
		ofBlock("a transaction left out, without its hash", held.edit(at, func(b *common.Block) {
			b.Data.Data, b.Metadata.Metadata[2] = b.Data.Data[1:], b.Metadata.Metadata[2][1:]
		}), mismatch),
		{
			"a transaction again, signed",
			signs.block(at, func(b *common.Block) {
				b.Data.Data, b.Metadata.Metadata[2] = append(b.Data.Data, b.Data.Data[0]), append(b.Metadata.Metadata[2], 0)
			}),
			place{block: at, transaction: len(parse(l.blocks[at]).Data.Data)},
			none, "should be DUPLICATE_TXID",
		},
		{
			"a transaction of an earlier block, signed",
			signs.block(at+1, func(b *common.Block) { b.Data.Data[0] = parse(l.blocks[at]).Data.Data[0] }),
			place{block: at + 1},
			none, "should be DUPLICATE_TXID",
		},
		ofBlock("orderer's signature", held.edit(at, onSignature(func(s *common.MetadataSignature) { flip(s.Signature, 40) })), unsigned),
		ofBlock("orderer's signature in other words", held.edit(at, onSignature(func(s *common.MetadataSignature) {
			s.Signature = append(s.Signature, 0)
		})), unsigned),
		ofBlock("orderer's signature left out", held.edit(at, onSigned(func(m *common.Metadata) { m.Signatures = nil })), "policy for blocks"),
		ofBlock("orderer's signature twice", held.edit(at, onSigned(func(m *common.Metadata) {
			m.Signatures = append(m.Signatures, m.Signatures[0])
		})), "signed twice"),
		ofBlock("orderer's signature of another block", held.edit(at, onSigned(func(m *common.Metadata) {
			other := read(metadata(parse(l.blocks[at-1]), common.BlockMetadataIndex_SIGNATURES), &common.Metadata{})
			m.Signatures = other.GetSignatures()
		})), unsigned),
		ofBlock("orderer's identity", held.edit(at, onSignature(func(s *common.MetadataSignature) { flip(s.SignatureHeader, 60) })), unsigned),
		ofBlock("orderer's nonce", held.edit(at, onSignature(func(s *common.MetadataSignature) {
			flip(s.SignatureHeader, len(s.SignatureHeader)-1)
		})), unsigned),
		ofBlock("orderer's number", held.edit(at, onSignature(func(s *common.MetadataSignature) { s.IdentifierHeader = []byte{8, 1} })), unsigned),
		ofBlock("signed by who is no orderer", held.edit(at, func(b *common.Block) { l.signAs(b, "destinasia/peer0-destinasia") }), "is no orderer"),
		ofBlock("signed by the orderers' administrator", held.edit(at, func(b *common.Block) { l.signAs(b, "orderer/admin") }), "admin@orderer of OrdererMSP is no orderer"),
		ofBlock("what orderers sign", held.edit(at, onSigned(func(m *common.Metadata) { flip(m.Value, len(m.Value)-1) })), unsigned),
		ofBlock("last configuration, signed", signs.seal(at, onSigned(func(m *common.Metadata) {
			content := read(m.Value, &common.OrdererBlockMetadata{})
			content.LastConfig = &common.LastConfig{Index: 1}
			m.Value = marshal(content)
		})), "ordered under the configuration of block 1"),
		ofBlock("place of the last configuration", held.edit(at, onMetadata(1, func([]byte) []byte { return []byte{10, 1, 1} })), "should be empty"),
		ofBlock("place of consensus", held.edit(at, onMetadata(3, func([]byte) []byte { return []byte{10, 1, 1} })), "should be empty"),
		ofBlock("a verdict too many", held.edit(at, onMetadata(2, func(b []byte) []byte { return append(b, 0) })), "validation codes for"),
		ofBlock("a verdict too few", held.edit(at, onMetadata(2, func(b []byte) []byte { return b[1:] })), "validation codes for"),
		ofBlock("commit hash", held.edit(at, onMetadata(4, func(b []byte) []byte { flip(b, len(b)-1); return b })), "summed it up"),
		ofBlock("commit hash left out", held.edit(at, onMetadata(4, func([]byte) []byte { return nil })), "summed it up"),
		ofBlock("commit hash in other words", held.edit(at, onMetadata(4, func(b []byte) []byte { return append(b, 0x78, 1) })), "commit hash"),
		ofBlock("metadata left out", held.edit(at, func(b *common.Block) { b.Metadata.Metadata = b.Metadata.Metadata[:4] }), "entries of metadata"),
		ofBlock("more metadata", held.edit(at, func(b *common.Block) { b.Metadata.Metadata = append(b.Metadata.Metadata, nil) }), "entries of metadata"),
	}
	return append(attacks, l.onBytes(at)...)
}

// onBytes are files that are no block any more, or the same block in other bytes; and all verdicts there are.
func (l *ledger) onBytes(at int) []attack {
	onFile := func(name string, change func([]byte) []byte, says string) attack {
		blocks := slices.Clone(l.blocks)
		blocks[at] = change(bytes.Clone(blocks[at]))
		return attack{name, blocks, whole(at), none, says}
	}
	attacks := []attack{
		onFile("an empty file", func([]byte) []byte { return nil }, "no header"),
		onFile("half a file", func(b []byte) []byte { return b[:len(b)/2] }, "cannot be read"),
		onFile("zeroes at the end", func(b []byte) []byte { return append(b, make([]byte, 512)...) }, "cannot be read"),
		onFile("an unknown field at the end", func(b []byte) []byte { return append(b, 0x78, 1) }, "do not belong"),
		onFile("the header twice", func(b []byte) []byte {
			return protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), marshal(parse(b).GetHeader()))
		}, "do not belong"),
		onFile("parts in another order", func(b []byte) []byte {
			_, _, n := protowire.ConsumeField(b)
			return append(bytes.Clone(b[n:]), b[:n]...)
		}, "do not belong"),
		onFile("a longer length", func(b []byte) []byte { b[1] |= 0x80; return slices.Insert(b, 2, 0) }, "do not belong"),
		onFile("a length of 2^63", func(b []byte) []byte {
			return append([]byte{10, 255, 255, 255, 255, 255, 255, 255, 255, 127}, b...)
		}, "cannot be read"),
	}
	for code := range peer.TxValidationCode_name {
		if code != 0 {
			a := attacker{l, disk}.edit(at, onMetadata(2, func(b []byte) []byte { b[0] = byte(code); return b }))
			attacks = append(attacks, attack{
				fmt.Sprintf("verdict %s", peer.TxValidationCode(code)), a, place{block: at}, none, "should be VALID",
			})
		}
	}
	return attacks
}

// signAs signs a block as somebody.
func (l *ledger) signAs(b *common.Block, who string) {
	s := l.people[who]
	header := marshal(&common.SignatureHeader{Creator: s.Serialized, Nonce: []byte("nonce")})
	onSigned(func(m *common.Metadata) {
		m.Signatures = []*common.MetadataSignature{{
			SignatureHeader: header, Signature: s.Sign(m.GetValue(), header, proof.HeaderBytes(b.GetHeader())),
		}}
	})(b)
}

// onSequence are blocks in other places than theirs.
func (l *ledger) onSequence() []attack {
	at, end := first[dollars.Complete](l).block, len(l.blocks)-1
	list := func(change func([][]byte) [][]byte) [][]byte { return change(slices.Clone(l.blocks)) }
	inPlace := func(number int) string { return fmt.Sprintf("block %d is in its place", number) }
	return []attack{
		{"the genesis block left out", list(func(b [][]byte) [][]byte { return b[1:] }), whole(0), none, "starts from the genesis block"},
		{"the second left out", list(func(b [][]byte) [][]byte { return slices.Delete(b, 1, 2) }), whole(1), none, inPlace(2)},
		{"one left out", list(func(b [][]byte) [][]byte { return slices.Delete(b, at, at+1) }), whole(at), none, inPlace(at + 1)},
		{"the last but one left out", list(func(b [][]byte) [][]byte { return slices.Delete(b, end-1, end) }), whole(end - 1), none, inPlace(end)},
		{"two swapped", list(func(b [][]byte) [][]byte { b[at], b[end] = b[end], b[at]; return b }), whole(at), none, inPlace(end)},
		{"neighbours swapped", list(func(b [][]byte) [][]byte { b[at], b[at+1] = b[at+1], b[at]; return b }), whole(at), none, inPlace(at + 1)},
		{"one twice", list(func(b [][]byte) [][]byte { return slices.Insert(b, at+1, b[at]) }), whole(at + 1), none, inPlace(at)},
		{"the last twice", list(func(b [][]byte) [][]byte { return append(b, b[end]) }), whole(end + 1), none, inPlace(end)},
		{"one in the place of another", list(func(b [][]byte) [][]byte { b[at] = b[at-1]; return b }), whole(at), none, inPlace(at - 1)},
		{"the genesis block again", list(func(b [][]byte) [][]byte { b[at] = b[0]; return b }), whole(at), none, "policy for blocks"},
	}
}
