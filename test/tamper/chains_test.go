package tamper

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// onChains are whole chains that an orderer's one key can make: what is wrong in itself is found, and what is not, by whoever
// has seen the right one.
func (l *ledger) onChains(t *testing.T) {
	a := attacker{l, orderer}
	end := len(l.blocks) - 1
	at := first[dollars.Complete](l).block
	for name, blocks := range map[string][][]byte{
		"a block left out, and those after it signed again":   slices.Delete(slices.Clone(l.blocks), at, at+1),
		"two blocks swapped, and those after them signed too": slices.Concat(l.blocks[:at], [][]byte{l.blocks[at+1], l.blocks[at]}, l.blocks[at+2:]),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := l.audit(a.chain(blocks, at))
			var d *audit.Divergence
			if !errors.As(err, &d) || int(d.Block) < at || d.TxID == "" || d.Key == "" || !strings.Contains(d.Reason, "should be MVCC_READ_CONFLICT") {
				t.Errorf("found %v; want a transaction from block %d on that reads what was not so", err, at)
			}
		})
	}
	for name, c := range map[string]struct {
		blocks [][]byte
		says   string // of an audit that goes on from a checkpoint of the right chain
	}{
		"the end cut off": {l.blocks[:end], "the end of the chain was taken away"},
		"the last block another one": {
			a.block(end, func(b *common.Block) { b.Data.Data, b.Metadata.Metadata[2] = nil, nil }), "they are of different chains",
		},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := l.audit(c.blocks)
			if err != nil || int(report.Height) != len(c.blocks) {
				t.Fatalf("%d blocks are right in themselves, and the audit says %d: %v", len(c.blocks), report.Height, err)
			}
			checkpoint := l.checkpoint(t)
			_, err = audit.Run(t.Context(), &fetcher{c.blocks[min(end, len(c.blocks)):]}, audit.Options{Roots: l.roots, Chaincode: "dsd", From: checkpoint})
			var d *audit.Divergence
			if !errors.As(err, &d) || int(d.Block) != end || !strings.Contains(d.Reason, c.says) {
				t.Errorf("found %v from the checkpoint; want block %d: %s", err, end, c.says)
			}
		})
	}
}

// checkpoint is one of the whole ledger as it is, signed by an auditor.
func (l *ledger) checkpoint(t *testing.T) *audit.Checkpoint {
	t.Helper()
	a, err := audit.New(audit.Options{Roots: l.roots, Chaincode: "dsd"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), &fetcher{l.blocks}); err != nil {
		t.Fatal(err)
	}
	auditor, dir := l.people["destinasia/auditor"], t.TempDir()
	_, err = a.Save(dir, audit.Signer{
		Certificate: read(auditor.Serialized, &msp.SerializedIdentity{}).GetIdBytes(),
		Sign:        func(message []byte) ([]byte, error) { return auditor.Sign(message), nil },
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c, err := audit.OpenCheckpoint(dir, l.roots)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
