package wallet

import (
	"context"
	"iter"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
)

// Intake is the durable inbox.
type Intake interface {
	// Accept makes work durable; what its receipt has no error for is on disk when it returns. ErrOverloaded
	// refuses all of it. Receipts are in the order of work.
	Accept(ctx context.Context, work []Work) ([]Receipt, error)

	// Status tells how far work has come, or ErrNotFound.
	Status(ctx context.Context, id WorkID) (Status, error)

	// Wait is Status of each, but returns only when all of the work is Done or the context ends; in the latter case
	// with the status as it is, and no error.
	Wait(ctx context.Context, ids ...WorkID) ([]Status, error)

	// Keyed finds the work an idempotency key was used for and the digest it came with, or ErrNotFound.
	Keyed(ctx context.Context, client, key string) (WorkID, [32]byte, error)
}

// Views answers questions from what was folded from blocks. What is not there is empty, not an error, unless the
// method says otherwise.
type Views interface {
	// Get reads ledger state by key, which makes it a dollars.State.
	Get(keys []string) ([][]byte, error)

	// Balance of an account; now, in Unix seconds, tells which points have expired.
	Balance(ctx context.Context, a dollars.Account, now int64) (Balance, error)

	// History of an account, newest first, from after the cursor ("" for the newest); at most limit entries, and
	// the cursor of the next page, "" at the end. A cursor it did not give out is an Error with
	// CodeCursorInvalid.
	History(ctx context.Context, a dollars.Account, cursor string, limit int) ([]HistoryEntry, string, error)

	// Credits of an account that an order or reversal of this amount should absorb beside what its record holds:
	// earliest expiry first, expired ones too (they are burned on the way), at most limit.
	Credits(ctx context.Context, a dollars.Account, amount dollars.Amount, limit int) ([]dollars.CreditRef, error)

	// Past lets look at what an account has together with its history, newest first, both at one moment: only with both is
	// adding up exact. It fails as look does, or where the history could not be read to where look went.
	Past(ctx context.Context, a dollars.Account, look func(has Holding, history iter.Seq[HistoryEntry]) error) error

	// Ledger is what Views knows beside accounts, Lists what it finds by whose it is, and Sweeps what by its time. Explorer
	// and Finder show the ledger itself.
	Ledger
	Lists
	Sweeps
	Explorer
	Finder
}

// Lists is the part of Views that finds things by whose they are. Cursors are as in Views.History.
type Lists interface {
	// Holds of an account, newest first: all, or only those that still have points.
	Holds(ctx context.Context, a dollars.Account, open bool, cursor string, limit int) ([]Hold, string, error)

	// Vouchers of an account, newest first.
	Vouchers(ctx context.Context, a dollars.Account, cursor string, limit int) ([]Voucher, string, error)

	// Rewards of the catalogue with ids after the given one ("" for the first), in the order of their ids; at most limit.
	Rewards(ctx context.Context, after string, limit int) ([]CatalogueReward, error)
}

// Sweeps is the part of Views that goes over all accounts. One call looks at a bounded number of them: where it tells an
// account to go on after, there may be more, even if it found nothing; nil is the end.
type Sweeps interface {
	// HoldsPast are holds whose end has passed at a time in Unix seconds and that still have points, the longest past
	// first; at most limit.
	HoldsPast(ctx context.Context, now int64, limit int) ([]dollars.HoldID, error)

	// Expired are accounts after one (nil for the first) with points that have expired at a time in Unix seconds and wait
	// to be burned; at most limit.
	Expired(ctx context.Context, after *dollars.Account, now int64, limit int) (accounts []dollars.Account, next *dollars.Account, err error)

	// Expiring are what accounts after one (nil for the first) have, of those with points that expire with one of these
	// months; at most limit.
	Expiring(ctx context.Context, after *dollars.Account, months []dollars.Expiry, limit int) (list []Holding, next *dollars.Account, err error)
}

// Ledger is the part of Views that is not about one account.
type Ledger interface {
	// Supply of the asset.
	Supply(ctx context.Context) (SupplyAt, error)

	// Order is the place of an applied order, or ErrNotFound.
	Order(ctx context.Context, id dollars.OrderID) (OrderAt, error)

	// Bookings are the items of a booking that are asked for, in the order of their ids; at most limit.
	Bookings(ctx context.Context, id dollars.TripID, asked func(dollars.BookingRecord) bool, limit int) ([]BookedItem, error)
}

// Explorer is the part of Views that lists the ledger itself, for those who look after it. What one call answers is true at
// one height, but for balances while a large block is being folded. Lists are newest first, and stay what they are behind a
// cursor while blocks come; cursors are as in Views.History.
type Explorer interface {
	// ListBlocks lists blocks.
	ListBlocks(ctx context.Context, l Listing) (Page[BlockSummary], error)

	// ListTransactions lists this chaincode's transactions, valid or not.
	ListTransactions(ctx context.Context, l Listing) (Page[TransactionSummary], error)

	// ListOperations lists operations: of all, or those in the history of an account.
	ListOperations(ctx context.Context, l Listing, a *dollars.Account) (Page[HistoryEntry], error)

	// ListAccounts lists what accounts after one (nil for the first) have, in the order of their addresses; now as in
	// Views.Balance. Next is an address.
	ListAccounts(ctx context.Context, after *dollars.Account, now int64, limit int) (Page[Balance], error)

	// SupplyHistory is the supply at the ends of days.
	SupplyHistory(ctx context.Context, q DayRange) (SupplyHistory, error)
}

// Finder is the part of Views that finds single things of the ledger. What is not there is ErrNotFound.
type Finder interface {
	// BlockContent is a block, and a page of its transactions in their order.
	BlockContent(ctx context.Context, number uint64, cursor string, limit int) (BlockSummary, Page[TransactionSummary], error)

	// TransactionContent is a transaction, and a page of its operations in their order.
	TransactionContent(ctx context.Context, id dollars.TxID, cursor string, limit int) (TransactionSummary, Page[HistoryEntry], error)

	// Find tells which of the things that an id may name are there; at most limit of a kind.
	Find(ctx context.Context, n Names, limit int) (Search, error)

	// Reward is a reward of the catalogue, and the height at which it was so.
	Reward(ctx context.Context, id string) (CatalogueReward, uint64, error)

	// Record reads ledger state by key, as Get does, and tells the height at which it was so.
	Record(ctx context.Context, key string) (value []byte, height uint64, err error)
}

// Blocks hands out the blocks of the ledger as they are.
type Blocks interface {
	// Raw is a block, encoded by protocol buffers, with the signatures of those who ordered it.
	Raw(ctx context.Context, number uint64) ([]byte, error)
}

// Directory knows which account belongs to which member.
type Directory interface {
	// Add is durable when it returns. An id or account that is taken is an Error with CodeMemberExists.
	Add(ctx context.Context, m Member) error

	// SetCustody changes who holds a member's key, durably when it returns, or ErrNotFound.
	SetCustody(ctx context.Context, id MemberID, custody bool) error

	// Forget destroys what ties a member to an account: when it returns nothing of it is in any file. ErrNotFound where
	// there is no such member. It waits for the disk longer than other changes.
	Forget(ctx context.Context, id MemberID) error

	Members
}

// Members is the part of Directory that only looks.
type Members interface {
	// Member finds by id, or ErrNotFound.
	Member(ctx context.Context, id MemberID) (Member, error)

	// Owner finds by account, or ErrNotFound.
	Owner(ctx context.Context, a dollars.Account) (Member, error)

	// List is up to limit members with ids after the given one, in the order of their ids.
	List(ctx context.Context, after MemberID, limit int) ([]Member, error)
}

// Keys holds members' keys in custody and signs with them; a key never leaves it.
type Keys interface {
	// Create makes a key, durable when it returns, and tells its address. Until Forget, a member's second Create returns
	// the address of the first.
	Create(ctx context.Context, id MemberID) (dollars.Account, error)

	// Address is that of the member's key, or ErrNotFound. It is the member's account only if the account began with it.
	Address(ctx context.Context, id MemberID) (dollars.Account, error)

	// Sign signs a digest with the member's key, or ErrNotFound.
	Sign(ctx context.Context, id MemberID, digest eip712.Word) (eip712.Signature, error)

	// Secret is 32 bytes that follow from the member's key and a label, and that nobody without the key can work out, or
	// ErrNotFound. Different labels have secrets that tell nothing of each other, or of the key.
	Secret(ctx context.Context, id MemberID, label string) ([32]byte, error)

	// Forget destroys the member's key, if there is one: when it returns nothing of it is in any file.
	Forget(ctx context.Context, id MemberID) error
}
