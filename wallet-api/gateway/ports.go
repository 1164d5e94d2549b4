package gateway

import (
	"context"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Inbox is where work comes from and what became of it goes.
type Inbox interface {
	// Ready receives (capacity 1, sent to without blocking) when work may be waiting.
	Ready() <-chan struct{}

	// Take hands out up to max of a class's waiting work, oldest first. What is handed out is the gateway's until
	// Settle; it is not handed out again before a restart.
	Take(class wallet.Class, max int) []wallet.Work

	// Submitting makes an envelope durable before it is submitted.
	Submitting(ctx context.Context, s wallet.Submission) error

	// Settle makes what became of work durable, wakes its waiters, and forgets the submissions with these ids.
	Settle(ctx context.Context, done []wallet.Status, txIDs []string) error

	// Submissions are those made durable and not yet forgotten, with their work: what a restart follows up. Their
	// work is not handed out by Take.
	Submissions(ctx context.Context) ([]wallet.Submission, error)
}

// Views is what the gateway folds blocks into, and asks.
type Views interface {
	Reads

	// Fold applies a block; one that was folded before changes nothing, and a gap is an error.
	Fold(ctx context.Context, b wallet.Block) error

	// Height is the number of blocks folded, which is also the number of the next one.
	Height(ctx context.Context) (uint64, error)
}

// Reads are the questions asked of the views.
type Reads interface {
	// Transaction tells what became of a transaction of this chaincode, or wallet.ErrNotFound.
	Transaction(ctx context.Context, txID string) (wallet.TransactionAt, error)

	// Credits an account should name to have this amount, beside what its record holds; at most limit.
	Credits(ctx context.Context, a dollars.Account, amount dollars.Amount, limit int) ([]dollars.CreditRef, error)

	// Balance of an account; now, in Unix seconds, tells which points have expired.
	Balance(ctx context.Context, a dollars.Account, now int64) (wallet.Balance, error)

	// Order tells where an order was applied, or wallet.ErrNotFound.
	Order(ctx context.Context, id dollars.OrderID) (wallet.OrderAt, error)

	// Get reads ledger state by key; nil where there is none.
	Get(keys []string) ([][]byte, error)
}

// Ledger is what the gateway needs of Fabric. NotEndorsed and NotSubmitted make the errors of Endorse and Submit.
type Ledger interface {
	// Endorse has every organisation run the batch as the certificate's, and signs the transaction. Nothing reaches the
	// orderer.
	Endorse(ctx context.Context, as wallet.Certificate, batch []byte) (Envelope, error)

	// Submit hands the envelope to the orderer. Success means it is queued, not that it is committed.
	Submit(ctx context.Context, signed []byte) error

	// Blocks calls each with every block from a number on, in order, until the context ends, each fails, or the
	// connection does. It always returns an error.
	Blocks(ctx context.Context, from uint64, each func(wallet.Block) error) error

	// Height is the number of blocks the peer has.
	Height(ctx context.Context) (uint64, error)
}

// Envelope is an endorsed and signed transaction.
type Envelope struct {
	TxID   string
	Signed []byte
}
