package tamper

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/proof"
	"github.com/destinasia/dollars/network/topology"
)

// place is where a transaction is, and an operation in it.
type place struct{ block, transaction, operation int }

// whole is the place of a block.
func whole(block int) place { return place{block: block, transaction: -1} }

const (
	none      = ""  // stands for a divergence that names no key
	whichever = "*" // for one whose key depends on what the network happened to do: ids, and what came into one batch
)

// attack is one change of the ledger and what the audit must say of it.
type attack struct {
	name   string
	blocks [][]byte
	at     place
	key    string // the key that must be named; none if there is none
	says   string
}

// TestRealBlocks does everything to one real ledger.
func TestRealBlocks(t *testing.T) {
	plan, err := topology.Development(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	l := newLedger(t, plan, work)
	if l.right, err = l.audit(l.blocks); err != nil {
		t.Fatalf("the ledger is not right as it is: %v", err)
	}
	t.Logf("%d blocks, %d transactions, %d operations", l.right.Height, l.right.Transactions, l.right.Operations)
	t.Run("taken apart and put together", l.takeApart)
	t.Run("blocks", func(t *testing.T) { l.try(t, l.onBlocks()) })
	t.Run("sequence", func(t *testing.T) { l.try(t, l.onSequence()) })
	t.Run("envelopes", l.onEnvelopes)
	t.Run("other chains", l.onChains)
	t.Run("bits", l.onBits)
	t.Run("rules", func(t *testing.T) { l.try(t, l.onRules()) })
}

// try holds the audit to finding attacks.
func (l *ledger) try(t *testing.T, attacks []attack) {
	t.Helper()
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) { l.tryOne(t, a) })
	}
}

func (l *ledger) tryOne(t *testing.T, a attack) {
	t.Helper()
	_, err := l.audit(a.blocks)
	var d *audit.Divergence
	if !errors.As(err, &d) {
		t.Fatalf("found %v; want %q of block %d, transaction %d", err, a.says, a.at.block, a.at.transaction)
	}
	id := ""
	if a.at.transaction >= 0 {
		id = idOf(parse(a.blocks[a.at.block]).Data.Data[a.at.transaction])
	}
	if int(d.Block) != a.at.block || d.Transaction != a.at.transaction || d.TxID != id || (d.Key != a.key && a.key != whichever) || !strings.Contains(d.Reason, a.says) {
		t.Errorf("found %v\nwant block %d, transaction %d (%s), key %q: %s", d, a.at.block, a.at.transaction, id, a.key, a.says)
	}
}

// tryHarmless holds the audit to coming to the same ledger: what was changed is nothing it follows from.
func (l *ledger) tryHarmless(t *testing.T, blocks [][]byte) {
	t.Helper()
	report, err := l.audit(blocks)
	if err != nil {
		t.Fatalf("found %v", err)
	}
	if report.StateDigest != l.right.StateDigest || report.Supply != l.right.Supply {
		t.Errorf("the ledger comes to %x, and was %x", report.StateDigest, l.right.StateDigest)
	}
}

// idOf is what a transaction says its id is; nothing if it cannot be read.
func idOf(envelope []byte) string {
	header, _, err := proof.ReadHeader(envelope)
	if err != nil {
		return ""
	}
	return header.GetTxId()
}

// takeApart: what is not changed comes out of the forge as it went in, so that attacks change nothing but what they mean to;
// and a peer's commit hash can be worked out from its block alone.
func (l *ledger) takeApart(t *testing.T) {
	a := attacker{l, everyone}
	for number := 1; number < len(l.blocks); number++ {
		b := parse(l.blocks[number])
		for i, envelope := range b.Data.Data {
			if !bytes.Equal(a.forge(envelope, func(*transaction) {}), envelope) {
				t.Errorf("transaction %d of block %d comes out changed", i, number)
			}
		}
	}
	nobodys := attacker{l, disk}
	for number, raw := range nobodys.chain(append([][]byte{}, l.blocks...), 1) {
		if !bytes.Equal(raw, l.blocks[number]) {
			t.Fatalf("block %d comes out changed", number)
		}
	}
}

// find is where the first operation of a type is that fits and was applied.
func find[O dollars.Operation](l *ledger, fits func(O) bool) place {
	for at, t := range l.batches() {
		journal, err := dollars.DecodeJournal(t.event.GetPayload())
		if err != nil {
			panic(err)
		}
		for j, operation := range t.operations() {
			if o, ok := operation.(O); ok && journal.Entries[j].Outcome == dollars.Applied && fits(o) {
				at.operation = j
				return at
			}
		}
	}
	panic("the work has no such operation")
}

// batches are the transactions that tell a journal, and where each is.
func (l *ledger) batches() iter.Seq2[place, *transaction] {
	return func(yield func(place, *transaction) bool) {
		for number := 1; number < len(l.blocks); number++ {
			for i, envelope := range parse(l.blocks[number]).Data.Data {
				if t := open(envelope); t.event != nil && !yield(place{block: number, transaction: i}, t) {
					return
				}
			}
		}
	}
}

// first is where the first applied operation of a type is.
func first[O dollars.Operation](l *ledger) place { return find(l, func(O) bool { return true }) }

// several is where the first transaction is whose operations are not the same backwards.
func (l *ledger) several() place {
	for at, t := range l.batches() {
		operations := t.operations()
		if last := operations[len(operations)-1]; !bytes.Equal(dollars.EncodeOperation(operations[0]), dollars.EncodeOperation(last)) {
			return at
		}
	}
	panic("the work has no such transaction")
}

// order is where the first applied order of a kind is.
func (l *ledger) order(kind dollars.Kind) place {
	return find(l, func(o dollars.SignedOrder) bool { return o.Order.Kind == kind })
}

// transactionAt is the transaction at a place.
func (l *ledger) transactionAt(at place) *transaction {
	return open(parse(l.blocks[at.block]).Data.Data[at.transaction])
}

// written is the first key with a prefix that the transaction at a place writes.
func (l *ledger) written(at place, prefix string) string {
	for _, w := range l.transactionAt(at).set().GetWrites() {
		if strings.HasPrefix(w.GetKey(), prefix) {
			return w.GetKey()
		}
	}
	panic("it writes nothing under " + prefix)
}
