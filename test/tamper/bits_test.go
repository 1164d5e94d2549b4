package tamper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// bit is a place in the files of blocks.
type bit struct{ block, at, bit int }

// flipped is a block with the bit turned over.
func (l *ledger) flipped(b bit) []byte {
	raw := bytes.Clone(l.blocks[b.block])
	raw[b.at] ^= 1 << b.bit
	return raw
}

// onBits turns bits over in the files of blocks: ten thousand anywhere, and every one that no hash covers of a block that
// changes the ledger. Each must be found, and said to be in its block.
func (l *ledger) onBits(t *testing.T) {
	const flips, whole = 10_000, 100
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	size := len(bytes.Join(l.blocks, nil))
	var bits []bit
	for range flips {
		at, number := random.IntN(size), 0
		for ; at >= len(l.blocks[number]); number++ {
			at -= len(l.blocks[number])
		}
		bits = append(bits, bit{number, at, random.IntN(8)})
	}
	// The first go through audits of their own, to show that trying versions finds what an audit finds.
	for _, b := range bits[:whole] {
		blocks := slices.Clone(l.blocks)
		blocks[b.block] = l.flipped(b)
		_, err := l.audit(blocks)
		b.check(t, err)
	}
	anywhere := l.tryBits(t, bits)
	uncovered := l.uncovered(l.order(dollars.KindRedeem).block)
	there := l.tryBits(t, uncovered)
	t.Logf("%d flips in %d bytes, of which %s; %d of all bits no hash covers in a block, of which %s", len(bits), size, anywhere, len(uncovered), there)
}

// check holds the audit to finding the bit in its block.
func (b bit) check(t *testing.T, err error) *audit.Divergence {
	t.Helper()
	var d *audit.Divergence
	if !errors.As(err, &d) || int(d.Block) != b.block {
		t.Fatalf("bit %d of byte %d of block %d is turned over: found %v", b.bit, b.at, b.block, err)
	}
	return d
}

// uncovered are all bits of a block but those of its transactions: header and metadata.
func (l *ledger) uncovered(number int) (bits []bit) {
	raw := l.blocks[number]
	data := marshal(&common.Block{Data: parse(raw).GetData()})
	begin := bytes.Index(raw, data)
	if begin < 0 {
		panic("a block's transactions are not in it")
	}
	_, _, head := protowire.ConsumeTag(data)
	_, length := protowire.ConsumeVarint(data[head:])
	for at := range raw {
		if at >= begin+head+length && at < begin+len(data) {
			continue
		}
		for i := range 8 {
			bits = append(bits, bit{number, at, i})
		}
	}
	return bits
}

// tryBits audits the chain up to each block once for every few hundred of its bits, and there tries block after block.
func (l *ledger) tryBits(t *testing.T, bits []bit) (summary string) {
	t.Helper()
	const atOnce = 500 // copies of a block that are in memory
	ofBlock := make([][]bit, len(l.blocks))
	for _, b := range bits {
		ofBlock[b.block] = append(ofBlock[b.block], b)
	}
	blocks, transactions := 0, 0
	for number, bits := range ofBlock {
		for some := range slices.Chunk(bits, atOnce) {
			for i, fault := range l.tryVersions(t, number, some) {
				if d := some[i].check(t, fault); d.Transaction < 0 {
					blocks++
				} else {
					transactions++
				}
			}
		}
	}
	return fmt.Sprintf("%d were found of the block and %d of a transaction in it", blocks, transactions)
}

// tryVersions tells what the audit finds of each version of a block in its place.
func (l *ledger) tryVersions(t *testing.T, number int, bits []bit) []error {
	t.Helper()
	d := &dispute{}
	for _, b := range bits {
		d.versions = append(d.versions, audit.Version{Number: uint64(number), Block: l.flipped(b)})
	}
	_, err := audit.Run(t.Context(), &until{l.blocks[:number], d}, audit.Options{Roots: l.roots, Chaincode: "dsd"})
	if !errors.Is(err, errTried) || len(d.faults) != len(bits) {
		t.Fatalf("the audit came to %d of %d versions of block %d: %v", len(d.faults), len(bits), number, err)
	}
	return d.faults
}

// errTried ends an audit whose versions were all tried.
var errTried = errors.New("tried")

// dispute is an audit.Disputed of blocks that nobody has.
type dispute struct {
	versions []audit.Version
	faults   []error
}

func (d *dispute) Error() string               { return "a dispute" }
func (d *dispute) Versions() []audit.Version   { return d.versions }
func (d *dispute) Judged(faults []error) error { d.faults = faults; return errTried }

// until hands out blocks, and then a dispute.
type until struct {
	blocks [][]byte
	then   *dispute
}

func (u *until) Next(ctx context.Context) ([]byte, error) {
	raw, err := (&fetcher{u.blocks}).Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil, u.then
	}
	u.blocks = u.blocks[1:]
	return raw, err
}
