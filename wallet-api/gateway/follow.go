package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// follower folds every block into the views, in order and from the first, and tells what became of batches in flight.
type follower struct {
	views   Views
	ledger  Ledger
	flights *flights
	tell    func(context.Context, report)
	metrics *metrics
	log     *slog.Logger

	mu       sync.Mutex
	folded   uint64 // number of blocks
	target   uint64 // number of blocks the peer had when the stream began
	trouble  error  // nil while blocks are streaming
	catchUp  catchUp
	caughtUp chan struct{}
	once     sync.Once
}

// errStarting is the trouble before the first stream of blocks.
var errStarting = errors.New("the gateway has not reached the peer yet")

// run follows until the context ends, over every loss of connection.
func (f *follower) run(ctx context.Context) {
	wait := pause{first: 100 * time.Millisecond, most: 5 * time.Second}
	for {
		before := f.height()
		err := f.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		f.set(func() { f.trouble = err })
		if f.height() > before {
			wait.n = 0
		}
		f.log.Warn("the stream of blocks ended; connecting again", slog.Uint64("height", f.height()), slog.Any("error", err))
		if !wait.sleep(ctx) {
			return
		}
	}
}

// stream follows one connection. It begins where the views ended, whatever this process remembers.
func (f *follower) stream(ctx context.Context) error {
	target, err := f.ledger.Height(ctx)
	if err != nil {
		return err
	}
	from, err := f.views.Height(ctx)
	if err != nil {
		return fmt.Errorf("read the height of the views: %w", err)
	}
	f.set(func() {
		f.folded, f.target, f.trouble = from, target, nil
		f.catchUp = catchUp{from: from, begun: time.Now()}
	})
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel(nil)
	watching.Go(func() { f.watch(ctx, cancel) })
	err = f.ledger.Blocks(ctx, from, func(b wallet.Block) error { return f.fold(ctx, b) })
	return cmp.Or(context.Cause(ctx), err)
}

// watch keeps an eye on how far the peer is, so that Ready tells the truth, and ends a stream that is stuck without
// an error.
func (f *follower) watch(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for last, stuck := f.height(), 0; stuck < 3; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		target, err := f.ledger.Height(ctx)
		if err != nil {
			continue // a peer that is gone ends the stream itself
		}
		f.set(func() {
			if f.target = max(f.target, target); !f.current() {
				f.catchUp.log(f.log, "catching up with the ledger", f.folded, f.target, time.Now())
			}
		})
		now := f.height()
		if stuck++; now > last || now >= target {
			stuck = 0
		}
		last = now
	}
	end(errStuck)
}

// watchEvery is how often the peer is asked for its height.
const watchEvery = 10 * time.Second

var errStuck = errors.New("the peer has blocks and does not deliver them")

func (f *follower) fold(ctx context.Context, b wallet.Block) error {
	if err := f.views.Fold(ctx, b); err != nil {
		return fmt.Errorf("fold block %d into the views: %w", b.Number, err)
	}
	f.set(func() {
		f.folded = max(f.folded, b.Number+1)
		f.catchUp.folded(&b)
	})
	for i := range b.Transactions {
		tx := &b.Transactions[i]
		if batch := f.flights.take(tx.ID); batch != nil {
			f.tell(ctx, report{batch: batch, stage: stageFolded, at: placeOf(b.Number, tx)})
		}
	}
	return nil
}

// placeOf is what became of a transaction.
func placeOf(number uint64, tx *wallet.Transaction) wallet.TransactionAt {
	at := wallet.TransactionAt{Block: number, Valid: tx.Valid, Code: tx.Code}
	if tx.Valid {
		at.Results = make([]wallet.Result, len(tx.Journal.Entries))
		for i := range tx.Journal.Entries {
			at.Results[i] = wallet.ResultOf(tx.Journal.Entries[i])
		}
	}
	return at
}

// set changes what others read, and notices when the views have caught up for the first time.
func (f *follower) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.metrics.height.Set(float64(f.folded))
	if f.trouble == nil && f.folded >= f.target {
		f.once.Do(func() {
			close(f.caughtUp)
			f.catchUp.log(f.log, "caught up with the ledger", f.folded, f.target, time.Now())
		})
	}
}

func (f *follower) height() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.folded
}

// current tells whether the views have caught up once.
func (f *follower) current() bool {
	select {
	case <-f.caughtUp:
		return true
	default:
		return false
	}
}

// ready says why the views are not what the ledger is, or nil.
func (f *follower) ready() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble != nil {
		return fmt.Errorf("blocks are not being followed: %w", f.trouble)
	}
	// Under load the peer is always a block or two ahead.
	if f.current() && f.folded+usualLag >= f.target {
		return nil
	}
	return errors.New(f.catchUp.state(f.folded, f.target, time.Now()))
}

// usualLag is how many blocks the views may be behind the peer and still be ready.
const usualLag = 10
