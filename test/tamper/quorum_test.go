package tamper

import (
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/topology"
)

// TestQuorum does to the blocks of four orderers, who agree on them by a quorum of three, what one of them could.
func TestQuorum(t *testing.T) {
	plan, err := topology.BFT(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	l := newLedger(t, plan, [][]string{{"demo", "--bookings", "5"}}, "--topology", "bft")
	if l.right, err = l.audit(l.blocks); err != nil {
		t.Fatalf("the ledger is not right as it is: %v", err)
	}
	at := l.order(dollars.KindRedeem).block
	held := attacker{l, disk}
	number := func(s *common.MetadataSignature) uint32 {
		return read(s.GetIdentifierHeader(), &common.IdentifierHeader{}).GetIdentifier()
	}
	// resign has one orderer sign the block as it is now.
	resign := func(who string, id uint32) func(*common.Block) {
		return func(b *common.Block) {
			onSigned(func(m *common.Metadata) {
				for _, s := range m.GetSignatures() {
					if number(s) == id {
						s.Signature = l.people[who].Sign(m.GetValue(), s.GetIdentifierHeader(), proof.HeaderBytes(b.GetHeader()))
					}
				}
			})(b)
		}
	}
	signed := read(metadata(parse(l.blocks[at]), common.BlockMetadataIndex_SIGNATURES), &common.Metadata{}).GetSignatures()
	if len(signed) < 3 {
		t.Fatalf("block %d has %d signatures", at, len(signed))
	}
	change := func(b *common.Block) {
		flip(b.Data.Data[0], len(b.Data.Data[0])-1)
		hash := block.DataHash(b.Data)
		b.Header.DataHash = hash[:]
	}
	one := plan.Organisations[0].Name + "/" + plan.Organisations[0].Orderers[number(signed[0])-1].Name
	ofBlock := func(name string, blocks [][]byte, says string) attack {
		return attack{name, blocks, whole(at), none, says}
	}
	l.try(t, []attack{
		ofBlock("two signatures only", held.edit(at, onSigned(func(m *common.Metadata) { m.Signatures = m.Signatures[:2] })), "policy for blocks"),
		ofBlock("one signature three times", held.edit(at, onSigned(func(m *common.Metadata) {
			m.Signatures = []*common.MetadataSignature{m.Signatures[0], m.Signatures[0], m.Signatures[0]}
		})), "signed twice"),
		ofBlock("a signature in another's name", held.edit(at, onSigned(func(m *common.Metadata) {
			m.Signatures[0].IdentifierHeader = m.Signatures[1].IdentifierHeader
		})), "orderer's signature"),
		ofBlock("a fork by one, with the others' signatures", held.edit(at, func(b *common.Block) {
			change(b)
			resign(one, number(signed[0]))(b)
		}), "orderer's signature"),
		ofBlock("a fork by one alone", held.edit(at, func(b *common.Block) {
			change(b)
			onSigned(func(m *common.Metadata) { m.Signatures = m.Signatures[:1] })(b)
			resign(one, number(signed[0]))(b)
		}), "policy for blocks"),
	})
	t.Run("more signatures than must be", func(t *testing.T) {
		all := &ledger{roots: l.roots, keys: l.keys, people: l.people, right: l.right}
		all.blocks = held.edit(at, func(b *common.Block) {
			onSigned(func(m *common.Metadata) {
				m.Signatures = nil
				for i, o := range plan.Organisations[0].Orderers {
					header := marshal(&common.IdentifierHeader{Identifier: uint32(i + 1), Nonce: []byte("nonce")})
					signature := l.people[plan.Organisations[0].Name+"/"+o.Name].Sign(m.GetValue(), header, proof.HeaderBytes(b.GetHeader()))
					m.Signatures = append(m.Signatures, &common.MetadataSignature{IdentifierHeader: header, Signature: signature})
				}
			})(b)
		})
		held := attacker{all, disk}
		l.tryHarmless(t, all.blocks)
		l.tryHarmless(t, held.edit(at, onSigned(func(m *common.Metadata) { m.Signatures = m.Signatures[1:] })))
		l.tryHarmless(t, held.edit(at, onSigned(func(m *common.Metadata) { slices.Reverse(m.Signatures) })))
		l.tryOne(t, ofBlock("", held.edit(at, onSigned(func(m *common.Metadata) { flip(m.Signatures[3].Signature, 40) })), "orderer's signature"))
	})
	t.Run("bits", func(t *testing.T) { t.Log(l.tryBits(t, l.uncovered(at))) })
}
