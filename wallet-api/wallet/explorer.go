package wallet

import (
	"context"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Listing says which part of the ledger is listed, newest first.
type Listing struct {
	From, To uint64 // numbers of the oldest and the newest block; there need not be as many yet
	Cursor   string // Next of the page before; "" for the newest
	Limit    int
}

// Page is a part of a list, true at Height.
type Page[T any] struct {
	Height uint64 // number of blocks folded
	Items  []T
	Next   string // where the next page begins; "" at the end
}

// OperationCounts are operations by how they ended.
type OperationCounts struct{ Applied, Duplicate, Rejected uint64 }

// Count adds an operation.
func (c *OperationCounts) Count(o dollars.Outcome) {
	switch o {
	case dollars.Applied:
		c.Applied++
	case dollars.Duplicate:
		c.Duplicate++
	case dollars.Rejected:
		c.Rejected++
	}
}

// Add adds the operations of another count.
func (c *OperationCounts) Add(more OperationCounts) {
	c.Applied += more.Applied
	c.Duplicate += more.Duplicate
	c.Rejected += more.Rejected
}

// BlockSummary is a block, and the supply after it.
type BlockSummary struct {
	Number       uint64
	Hash         [32]byte // as of Block
	PreviousHash [32]byte
	DataHash     [32]byte
	Size         uint64 // of transactions of any kind
	Transactions uint64 // of this chaincode
	Valid        uint64 // of those
	First, Last  int64  // earliest and latest time of the valid ones, in Unix seconds; 0 where there are none
	Operations   OperationCounts
	Supply       dollars.Supply
}

// TransactionSummary is one of this chaincode's transactions.
type TransactionSummary struct {
	ID         string
	Block      uint64
	Index      int   // its place in the block
	Time       int64 // Unix seconds, as its client says; of an invalid one it may be anything
	Valid      bool
	Code       string // Fabric's validation code
	Creator    string // MSP of the organisation whose certificate created it
	Operations OperationCounts
}

// DayRange asks for the supply at the ends of days (UTC).
type DayRange struct {
	From, To *dollars.Date // nil: as far back as Limit and Step reach, and the ledger's present day
	Step     int           // days from one point to the next
	Limit    int
}

// SupplyHistory is the supply at the ends of days, oldest first.
//
// Which day a block belongs to is told by the ledger's clock, which is the latest time of any valid transaction in it or
// before it: transactions are dated by who creates them, within the quarter of an hour that peers allow, and may be ordered
// the other way round. So days never go backwards, and the supply at the end of one is that after its last block.
type SupplyHistory struct {
	Height uint64
	Points []SupplyPoint
	Next   *dollars.Date // From of the next page; nil at the end
}

// SupplyPoint is the supply at the end of a day; of the present one, so far.
type SupplyPoint struct {
	Day dollars.Date
	SupplyAt
}

// ListBlocks is a page of the ledger's blocks, newest first.
func (s *Service) ListBlocks(ctx context.Context, l Listing) (Page[BlockSummary], error) {
	if err := l.check(); err != nil {
		return Page[BlockSummary]{}, err
	}
	return s.Views.ListBlocks(ctx, l)
}

// ListTransactions is a page of this chaincode's transactions, newest first.
func (s *Service) ListTransactions(ctx context.Context, l Listing) (Page[TransactionSummary], error) {
	if err := l.check(); err != nil {
		return Page[TransactionSummary]{}, err
	}
	return s.Views.ListTransactions(ctx, l)
}

// ListOperations is a page of operations, newest first: of all, or of those in the history of an account.
func (s *Service) ListOperations(ctx context.Context, l Listing, a *dollars.Account) (Page[HistoryEntry], error) {
	if err := l.check(); err != nil {
		return Page[HistoryEntry]{}, err
	}
	return s.Views.ListOperations(ctx, l, a)
}

func (l Listing) check() error {
	if l.From > l.To {
		return &Error{Code: CodeMalformed, Detail: "the blocks asked for end before they begin", Field: "/fromBlock"}
	}
	return checkLimit(l.Limit)
}

// ListAccounts is a page of what accounts have, in the order of their addresses, from after one.
func (s *Service) ListAccounts(ctx context.Context, after *dollars.Account, limit int) (Page[Balance], error) {
	if err := checkLimit(limit); err != nil {
		return Page[Balance]{}, err
	}
	return s.Views.ListAccounts(ctx, after, s.now().Unix(), limit)
}

// Block is a block, and a page of its transactions; not_found where the views have none with this number.
func (s *Service) Block(ctx context.Context, number uint64, cursor string, limit int) (b BlockSummary, page Page[TransactionSummary], err error) {
	if err := checkLimit(limit); err != nil {
		return b, page, err
	}
	b, page, err = s.Views.BlockContent(ctx, number, cursor, limit)
	if errors.Is(err, ErrNotFound) {
		err = &Error{Code: CodeNotFound, Detail: fmt.Sprintf("there is no block %d, or not yet", number)}
	}
	return b, page, err
}

// Transaction is a transaction, and a page of its operations; not_found where it is none of this chaincode's.
func (s *Service) Transaction(ctx context.Context, id, cursor string, limit int) (tx TransactionSummary, page Page[HistoryEntry], err error) {
	unknown := &Error{Code: CodeNotFound, Detail: "no block has a transaction of this chaincode with this id, or not yet"}
	if err := checkLimit(limit); err != nil {
		return tx, page, err
	}
	txID, err := dollars.ParseTxID(id)
	if err != nil {
		return tx, page, unknown
	}
	tx, page, err = s.Views.TransactionContent(ctx, txID, cursor, limit)
	if errors.Is(err, ErrNotFound) {
		err = unknown
	}
	return tx, page, err
}

// MaxStep is how many days two points of a history of the supply may be apart.
const MaxStep = 366

// SupplyHistory is the supply at the ends of days.
func (s *Service) SupplyHistory(ctx context.Context, q DayRange) (SupplyHistory, error) {
	if err := checkLimit(q.Limit); err != nil {
		return SupplyHistory{}, err
	}
	switch {
	case q.Step < 1 || q.Step > MaxStep:
		return SupplyHistory{}, &Error{Code: CodeMalformed, Detail: fmt.Sprintf("points are 1 to %d days apart", MaxStep), Field: "/step"}
	case q.From != nil && q.To != nil && *q.From > *q.To:
		return SupplyHistory{}, &Error{Code: CodeMalformed, Detail: "the days asked for end before they begin", Field: "/from"}
	}
	return s.Views.SupplyHistory(ctx, q)
}

// Booking is a booked item as the ledger has it, and the height at which it was so, or not_found.
func (s *Service) Booking(ctx context.Context, id dollars.BookingID) (BookedItem, uint64, error) {
	rec, height, err := readAt(ctx, s.Views, dollars.BookingKey(id), dollars.DecodeBookingRecord)
	if errors.Is(err, ErrNotFound) {
		err = &Error{Code: CodeNotFound, Detail: "the ledger has no booked item with this id"}
	}
	return BookedItem{ID: id, Record: rec}, height, err
}

// VoucherByHash is the voucher with a code of this hash, and the height at which it was so, or voucher_unknown.
func (s *Service) VoucherByHash(ctx context.Context, codeHash [32]byte) (dollars.VoucherRecord, uint64, error) {
	rec, height, err := readAt(ctx, s.Views, dollars.VoucherKey(codeHash), dollars.DecodeVoucherRecord)
	if errors.Is(err, ErrNotFound) {
		err = &Error{Code: dollars.CodeVoucherUnknown, Detail: "the ledger has no voucher with a code of this hash"}
	}
	return rec, height, err
}

// Reward is a reward of the catalogue, and the height at which it was so, or reward_unknown.
func (s *Service) Reward(ctx context.Context, id string) (CatalogueReward, uint64, error) {
	unknown := &Error{Code: dollars.CodeRewardUnknown, Detail: "the catalogue has no reward with this id"}
	if dollars.ParseStateKey(dollars.RewardKey(id)).Kind != dollars.StateReward {
		return CatalogueReward{}, 0, unknown
	}
	r, height, err := s.Views.Reward(ctx, id)
	if errors.Is(err, ErrNotFound) {
		err = unknown
	}
	return r, height, err
}

func readAt[R any](ctx context.Context, v Views, key string, decode func([]byte) (R, error)) (rec R, height uint64, err error) {
	value, height, err := v.Record(ctx, key)
	switch {
	case err != nil:
	case value == nil:
		err = ErrNotFound
	default:
		rec, err = decode(value)
	}
	if err != nil && err != ErrNotFound {
		err = fmt.Errorf("read %s: %w", key, err)
	}
	return rec, height, err
}
