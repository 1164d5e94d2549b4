package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/proof"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// Auditor follows one chain.
type Auditor struct {
	options  Options
	currency dollars.Currency
	config   *config
	genesis  []byte // the block
	state    *state
	policies map[string]policy // in force, as far as asked for
	seen     *txIDs            // of transactions, valid or not
	books    books
	codes    []byte    // the last block's validity codes
	commit   []byte    // its commit hash
	applied  []Applied // of the block under way
	report   Report
	sound    bool // everything up to the report's height was right, and nothing of a later block has been done
}

// New prepares an audit, from the genesis block or from the checkpoint of the options.
func New(o Options) (*Auditor, error) {
	currency, ok := dollars.CurrencyOf(o.Chaincode)
	if !ok {
		return nil, fmt.Errorf("this program knows no currency of chaincode %q", o.Chaincode)
	}
	if err := o.Roots.check(); err != nil {
		return nil, err
	}
	a := &Auditor{options: o, currency: currency, policies: map[string]policy{}}
	if o.From == nil {
		a.state, a.seen, a.books = newState(), &txIDs{}, newBooks()
		return a, nil
	}
	return a, o.From.restore(a)
}

// Run audits all blocks of a fetcher. The error is a *Divergence when the blocks are at fault.
func (a *Auditor) Run(ctx context.Context, from Fetcher) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := a.begin(ctx, from); err != nil {
		return err
	}
	for next := range a.prepareAhead(ctx, from) {
		b := <-next
		if b.fetch != nil {
			return a.judgeVersions(b.fetch)
		}
		if err := a.follow(b); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Report is how far the audit has come: of the last block that was right. With the state's digest it takes a pass over the
// state.
func (a *Auditor) Report() Report {
	r := a.report
	r.entries = a.state.entries[place{a.options.Chaincode, ""}]
	r.Keys = len(r.entries)
	r.StateDigest = a.state.digest(a.options.Chaincode)
	return r
}

// begin takes the first block: the genesis block, or the checkpoint's last.
func (a *Auditor) begin(ctx context.Context, from Fetcher) error {
	raw, err := from.Next(ctx)
	if a.options.From != nil {
		return a.resume(raw, err)
	}
	if errors.Is(err, io.EOF) {
		return errors.New("there are no blocks")
	}
	if err != nil {
		return a.judgeVersions(err)
	}
	config, first, err := readGenesis(raw, a.options.Roots)
	if err != nil {
		return err
	}
	a.config, a.genesis = config, raw
	a.report.Transactions = 1
	a.close(first)
	return a.tell()
}

// readGenesis reads the genesis block; what is wrong with it is a divergence.
func readGenesis(raw []byte, roots Roots) (*config, *prepared, error) {
	c, first, err := genesis(raw, roots)
	if err != nil {
		return nil, nil, wrongBlock(0, "%v", err)
	}
	if code := proof.Metadata(first.raw, common.BlockMetadataIndex_TRANSACTIONS_FILTER)[0]; code != 0 {
		return nil, nil, wrongBlock(0, "its configuration is marked invalid (%s)", peer.TxValidationCode(code))
	}
	return c, first, nil
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
	a.sound = false
	if err := a.check(b); err != nil {
		return err
	}
	a.close(b)
	return a.tell()
}

// check does everything a block does, and finds what is wrong with it.
func (a *Auditor) check(b *prepared) error {
	height := a.report.Height
	if err := b.checkPlace(height); err != nil {
		return err
	}
	if previous := b.raw.GetHeader().GetPreviousHash(); !bytes.Equal(previous, a.report.HeaderHash[:]) {
		return wrongBlock(height, "it follows block %x; the block before it is %x", previous, a.report.HeaderHash)
	}
	clear(a.state.changed)
	clear(a.applied) // or what the last block did would stay in memory
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
	return nil
}

// tell tells of what the block changed, now that all of it is right, and of the block.
func (a *Auditor) tell() error {
	if a.options.Applied != nil {
		for _, applied := range a.applied {
			if err := a.options.Applied(applied); err != nil {
				return err
			}
		}
	}
	a.sound = true
	if a.options.Progress != nil {
		a.options.Progress(a.report)
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
			a.seen.add(t.ID)
		}
	}
	a.codes = proof.Metadata(b.raw, common.BlockMetadataIndex_TRANSACTIONS_FILTER)
	a.report.Height++
	a.report.HeaderHash = b.hash
	a.report.Supply = a.books.supply
	a.report.Outstanding = a.books.tally.Outstanding
}
