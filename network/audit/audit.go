package audit

import (
	"context"
	"crypto/sha256"
	"iter"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Fetcher hands out the bytes of blocks in their order, and io.EOF after the last. The first is the genesis block or, for
// an audit that goes on from a checkpoint, the last block of the checkpoint (Checkpoint.Last).
type Fetcher interface {
	Next(ctx context.Context) ([]byte, error)
}

// Options say what to audit and whom to trust.
type Options struct {
	Roots     Roots
	Chaincode string
	// From is where to go on; nil for the genesis block. An audit uses its checkpoint up.
	From *Checkpoint
	// Progress is told after every block, and where an audit goes on; nil if nobody wants to know.
	Progress func(Report)
	// Applied is told of every transaction that changed the ledger, in order, once it has been found right; nil if nobody
	// wants to know. An error ends the audit with it. Of an audit that goes on from a checkpoint, it is told of later
	// transactions only.
	Applied func(Applied) error
}

// Applied is a transaction of the audited chaincode that changed the ledger, after it was executed again.
type Applied struct {
	Block   uint64
	Index   int // its place in the block
	TxID    dollars.TxID
	Time    int64 // Unix seconds, as its creator dated it
	Caller  dollars.Caller
	Journal dollars.Journal
	// Writes are in the order of their keys; without a value one deletes.
	Writes []dollars.Write
}

// Report is what the ledger came to at a height. The digest is there at the end only.
type Report struct {
	Height       uint64 // how many blocks
	HeaderHash   [sha256.Size]byte
	StateDigest  [sha256.Size]byte
	Keys         int // of the chaincode's state
	Transactions int
	Invalid      int // of these
	// Unjudged transactions have no effect, and whether they are rightly marked valid or invalid cannot be told: they
	// use what this package does not follow. Otherwise anyone could stop audits by sending one.
	Unjudged   int
	Operations int
	Supply     dollars.Supply
	// Outstanding is the sum over all accounts and credits; it equals Supply.Outstanding at every height.
	Outstanding dollars.Amount
	// Believed is what the audit went on from, and did not derive itself; nil if it derived everything.
	Believed *Statement

	entries map[string]entry // of the chaincode's state, at the end
}

// State is the chaincode's state at the end of an audit that found nothing wrong, in ascending order of keys.
func (r Report) State() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, key := range slices.Sorted(maps.Keys(r.entries)) {
			if !yield(key, r.entries[key].value) {
				return
			}
		}
	}
}

// Run audits all blocks of a fetcher. The error is a *Divergence when the blocks are at fault; the report is then of
// the last block that was right, and without the state.
func Run(ctx context.Context, from Fetcher, o Options) (Report, error) {
	a, err := New(o)
	if err != nil {
		return Report{}, err
	}
	if err := a.Run(ctx, from); err != nil {
		return a.report, err
	}
	return a.Report(), nil
}
