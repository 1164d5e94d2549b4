package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Fetcher hands out the bytes of blocks in their order, and io.EOF after the last.
type Fetcher interface {
	Next(ctx context.Context) ([]byte, error)
}

// Options say what to audit and whom to trust.
type Options struct {
	Roots     Roots
	Chaincode string
	// Progress is told after every block; nil if nobody wants to know.
	Progress func(Report)
	// Applied is told of every transaction that changed the ledger, in order, once it has been found right; nil if nobody
	// wants to know. An error ends the audit with it.
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

// Auditor follows one chain.
type Auditor struct {
	options  Options
	currency dollars.Currency
	config   *config
	state    *state
	policies map[string]policy // in force, as far as asked for
	seen     map[string]bool   // ids of transactions, valid or not
	books    books
	commit   []byte    // the last block's commit hash
	applied  []Applied // of the block under way
	report   Report
}

// Run audits all blocks of a fetcher. The error is a *Divergence when the blocks are at fault; the report is then of
// the last block that was right.
func Run(ctx context.Context, from Fetcher, o Options) (Report, error) {
	currency, ok := dollars.CurrencyOf(o.Chaincode)
	if !ok {
		return Report{}, fmt.Errorf("this program knows no currency of chaincode %q", o.Chaincode)
	}
	if err := o.Roots.check(); err != nil {
		return Report{}, err
	}
	a := &Auditor{
		options: o, currency: currency, state: newState(), policies: map[string]policy{}, seen: map[string]bool{},
		books: newBooks(),
	}
	err := a.run(ctx, from)
	if err == nil {
		a.report.StateDigest = a.state.digest(o.Chaincode)
		a.report.entries = a.state.entries[place{o.Chaincode, ""}]
		a.report.Keys = len(a.report.entries)
	}
	return a.report, err
}

func (a *Auditor) run(ctx context.Context, from Fetcher) error {
	raw, err := from.Next(ctx)
	if errors.Is(err, io.EOF) {
		return errors.New("there are no blocks")
	}
	if err != nil {
		return err
	}
	var first *prepared
	if a.config, first, err = genesis(raw, a.options.Roots); err != nil {
		return wrongBlock(0, "%v", err)
	}
	if code := proof.Metadata(first.raw, common.BlockMetadataIndex_TRANSACTIONS_FILTER)[0]; code != 0 {
		return wrongBlock(0, "its configuration is marked invalid (%s)", peer.TxValidationCode(code))
	}
	a.report.Transactions = 1
	a.close(first)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for next := range a.prepareAhead(ctx, from) {
		b := <-next
		if b.fetch != nil {
			return b.fetch
		}
		if err := a.follow(b); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// prepareAhead prepares blocks on all processors and hands them out in their order, a few ahead of who takes them.
func (a *Auditor) prepareAhead(ctx context.Context, from Fetcher) <-chan chan *prepared {
	queue := make(chan chan *prepared, runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		for {
			raw, err := from.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			result := make(chan *prepared, 1)
			select {
			case queue <- result:
			case <-ctx.Done():
				return
			}
			if err != nil {
				result <- &prepared{fetch: err}
				return
			}
			go func() { result <- a.config.prepare(raw) }()
		}
	}()
	return queue
}

// follow takes the chain one block further.
func (a *Auditor) follow(b *prepared) error {
	height := a.report.Height
	if b.err != nil {
		return wrongBlock(height, "%v", b.err)
	}
	header := b.raw.GetHeader()
	if header.GetNumber() != height {
		return wrongBlock(height, "block %d is in its place", header.GetNumber())
	}
	if !bytes.Equal(header.GetPreviousHash(), a.report.HeaderHash[:]) {
		return wrongBlock(height, "it follows block %x; the block before it is %x", header.GetPreviousHash(), a.report.HeaderHash)
	}
	clear(a.state.changed)
	a.applied = a.applied[:0]
	verdicts := a.judge(b)
	codes := proof.Metadata(b.raw, common.BlockMetadataIndex_TRANSACTIONS_FILTER)
	for i, t := range b.transactions {
		if err := a.settle(t, verdicts[i], peer.TxValidationCode(codes[i]), version{height, uint64(i)}); err != nil {
			return divergence(b, i, err)
		}
	}
	if err := a.books.balance(); err != nil {
		d := wrongBlock(height, "%v", err)
		d.Key = keyOf(err)
		return d
	}
	if err := a.checkCommit(b, codes); err != nil {
		return wrongBlock(height, "%v", err)
	}
	if len(a.state.changed[place{lifecycleNamespace, ""}]) > 0 {
		clear(a.policies)
	}
	a.close(b)
	return a.tell()
}

// tell tells of what the block changed, now that all of it is right.
func (a *Auditor) tell() error {
	if a.options.Applied == nil {
		return nil
	}
	for _, applied := range a.applied {
		if err := a.options.Applied(applied); err != nil {
			return err
		}
	}
	return nil
}

// divergence names the transaction something is wrong with.
func divergence(b *prepared, i int, err error) error {
	return &Divergence{
		Block: b.raw.GetHeader().GetNumber(), Transaction: i, TxID: b.transactions[i].ID, Key: keyOf(err), Reason: err.Error(),
	}
}

// settle finishes the verdict on a transaction, compares it with the one recorded and, if it is valid, does it.
func (a *Auditor) settle(t *proof.Transaction, v verdict, recorded peer.TxValidationCode, at version) error {
	if v == valid {
		v = a.reads(t)
	}
	if v.code == peer.TxValidationCode_NOT_VALIDATED {
		if recorded == peer.TxValidationCode_VALID && matters(t) {
			return fmt.Errorf("this audit cannot follow it: %s", v.reason)
		}
		a.report.Transactions++
		a.report.Unjudged++
		return nil
	}
	if !v.same(recorded) {
		return wrongf(v.key, "it is marked %s and should be %s: %s", recorded, v.code, v.reason)
	}
	a.report.Transactions++
	if v.code != peer.TxValidationCode_VALID {
		a.report.Invalid++
		return nil
	}
	switch t.Chaincode {
	case a.options.Chaincode:
		applied, err := a.execute(t)
		if err != nil {
			return err
		}
		if applied != nil {
			a.report.Operations += len(applied.Journal.Entries)
			if err := a.books.fold(applied.Journal); err != nil {
				return err
			}
			applied.Block, applied.Index = at.block, int(at.tx)
			a.applied = append(a.applied, *applied)
		}
	case lifecycleNamespace:
		for _, s := range t.Sets {
			if s.Name != lifecycleNamespace && s.Writes() {
				return wrongf("", "it writes in namespace %q", s.Name)
			}
		}
	default:
		return fmt.Errorf("it is of chaincode %s, which this audit does not follow", t.Chaincode)
	}
	for _, c := range changes(t) {
		if c.place.namespace == a.options.Chaincode {
			if err := a.books.write(c.key, a.state.get(c.place.namespace, c.key), c.value); err != nil {
				return wrongf(c.key, "%v", err)
			}
		}
		a.state.apply(c, at)
	}
	return nil
}

// checkCommit compares how the peer summed the block up with what the audit found. A peer without a commit hash from
// the start has none later.
func (a *Auditor) checkCommit(b *prepared, codes []byte) error {
	var recorded common.Metadata
	raw := proof.Metadata(b.raw, common.BlockMetadataIndex_COMMIT_HASH)
	if err := proof.Strict(raw, &recorded); err != nil {
		return fmt.Errorf("commit hash: %w", err)
	}
	a.commit = a.state.commitHash(codes, a.commit)
	if want, err := proto.Marshal(&common.Metadata{Value: a.commit}); err != nil || !bytes.Equal(want, raw) {
		return fmt.Errorf("the peer summed it up as %x; what it recorded comes to %x", recorded.GetValue(), a.commit)
	}
	return nil
}

// close takes a block as right.
func (a *Auditor) close(b *prepared) {
	for _, t := range b.transactions {
		if t.ID != "" {
			a.seen[t.ID] = true
		}
	}
	a.report.Height++
	a.report.HeaderHash = b.hash
	a.report.Supply = a.books.supply
	a.report.Outstanding = a.books.tally.Outstanding
	if a.options.Progress != nil {
		a.options.Progress(a.report)
	}
}
