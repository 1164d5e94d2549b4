package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// report is what a courier or the follower tells the dispatcher about a batch.
type report struct {
	batch *batch
	stage stage
	why   reason // of stageFailed
	err   error
	at    wallet.TransactionAt // of stageFolded
	again []*item              // of stageSettled: to be tried again
}

type stage uint8

const (
	stageFailed    stage = iota // nothing was submitted
	stageSubmitted              // the orderer has it, or may have it
	stageRefused                // the orderer refused the envelope, this time
	stageWaiting                // not asked again: the blocks that may hold it are yet to be folded
	stageFolded                 // the ledger has decided, and the views know
	stageSettled                // the inbox knows, too
)

// courier carries batches: each method is one leg, runs in a goroutine of its own, and ends with a report.
type courier struct {
	inbox   Inbox
	views   Reads
	ledger  Ledger
	flights *flights
	folded  func() uint64 // number of blocks folded
	metrics *metrics
	log     *slog.Logger

	endorseTimeout time.Duration
	submitTimeout  time.Duration
}

// carry brings a batch to the orderer for the first time.
func (c *courier) carry(ctx context.Context, b *batch) report {
	if b.items[0].tooLarge {
		return report{batch: b, stage: stageFolded, at: refusal(b)}
	}
	ops, err := assemble(ctx, c.views, b)
	if err != nil {
		return report{batch: b, stage: stageFailed, why: storage, err: fmt.Errorf("read the views: %w", err)}
	}
	start := time.Now()
	b.tx, err = c.endorse(ctx, b.items[0].work.As, dollars.EncodeBatch(b.lane, ops))
	if err != nil {
		var e *endorseError
		if !errors.As(err, &e) {
			e = &endorseError{unavailable, err}
		}
		return report{batch: b, stage: stageFailed, why: e.reason, err: e}
	}
	c.metrics.endorsed(len(ops), time.Since(start))
	work := make([]wallet.Work, len(b.sent))
	for i, it := range b.sent {
		work[i] = it.work
	}
	if err := c.inbox.Submitting(ctx, wallet.Submission{TxID: b.tx.TxID, Envelope: b.tx.Signed, Work: work}); err != nil {
		return report{batch: b, stage: stageFailed, why: storage, err: fmt.Errorf("make the envelope durable, nothing was submitted: %w", err)}
	}
	// Before it is submitted, so that no block with it can pass by unnoticed.
	c.flights.add(b)
	return c.submit(ctx, b)
}

func (c *courier) endorse(ctx context.Context, as wallet.Certificate, batch []byte) (Envelope, error) {
	ctx, cancel := context.WithTimeout(ctx, c.endorseTimeout)
	defer cancel()
	return c.ledger.Endorse(ctx, as, batch)
}

// submit hands the envelope to the orderer.
func (c *courier) submit(ctx context.Context, b *batch) report {
	ctx, cancel := context.WithTimeout(ctx, c.submitTimeout)
	defer cancel()
	err := c.ledger.Submit(ctx, b.tx.Signed)
	var e *submitError
	if errors.As(err, &e) && e.refused {
		return report{batch: b, stage: stageRefused, err: err}
	}
	return report{batch: b, stage: stageSubmitted, err: err}
}

// chase asks what became of a batch that was submitted some time ago, and submits the same envelope again if the
// ledger has no trace of it. A second copy in a block is marked as a duplicate by Fabric and changes nothing.
func (c *courier) chase(ctx context.Context, b *batch) report {
	at, err := c.views.Transaction(ctx, b.tx.TxID)
	switch {
	case err == nil:
		if c.flights.take(b.tx.TxID) == nil {
			return report{batch: b, stage: stageWaiting} // the follower is telling it already
		}
		return report{batch: b, stage: stageFolded, at: at}
	case !errors.Is(err, wallet.ErrNotFound):
		return report{batch: b, stage: stageWaiting, err: fmt.Errorf("read the views: %w", err)}
	}
	height, err := c.ledger.Height(ctx)
	if err != nil || height > c.folded() {
		return report{batch: b, stage: stageWaiting, err: err}
	}
	c.metrics.resubmitted.Inc()
	return c.submit(ctx, b)
}

// settle tells the inbox what became of a batch, for as long as that takes. Only then is anything of it tried again,
// so that at no time two envelopes with the same work are to be followed up.
func (c *courier) settle(ctx context.Context, b *batch, done []wallet.Status, again []*item) report {
	var txIDs []string
	if b.tx.TxID != "" {
		txIDs = []string{b.tx.TxID}
	}
	wait := pause{first: 50 * time.Millisecond, most: 5 * time.Second}
	for len(done) > 0 || len(txIDs) > 0 {
		err := c.inbox.Settle(ctx, done, txIDs)
		if err == nil {
			break
		}
		if !wait.sleep(ctx) {
			return report{batch: b, stage: stageSettled, err: ctx.Err()}
		}
		c.log.Error("what became of work is on the ledger but could not be written to the inbox; trying again",
			slog.String("tx", b.tx.TxID), slog.Int("work", len(done)), slog.Any("error", err))
	}
	return report{batch: b, stage: stageSettled, again: again}
}

// refusal is the outcome of work that no transaction could hold.
func refusal(b *batch) wallet.TransactionAt {
	b.sent = b.items
	var results []wallet.Result
	for _, op := range b.items[0].work.Ops {
		results = append(results, wallet.Result{Kind: op.Kind(), Outcome: dollars.Rejected, Code: CodeTooLarge})
	}
	return wallet.TransactionAt{Valid: true, Results: results}
}

// pause is a wait that doubles.
type pause struct {
	first, most time.Duration
	n           int
}

// next is how long to wait now.
func (p *pause) next() time.Duration {
	d := doubled(p.first, p.most, p.n)
	p.n++
	return d
}

// sleep waits, and reports false if the context ended first.
func (p *pause) sleep(ctx context.Context) bool {
	t := time.NewTimer(p.next())
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// doubled is d, doubled n times, and at most so long.
func doubled(d, most time.Duration, n int) time.Duration {
	for ; n > 0 && d < most; n-- {
		d *= 2
	}
	return min(d, most)
}
