package client

import (
	"context"

	"github.com/destinasia/dollars/wallet-api/client/internal/api"
)

// Listing says which part of the ledger is listed. The zero value is the first page of all of it; lists are newest first.
type Listing struct {
	FromBlock uint64  // nothing of a block before this one
	ToBlock   *uint64 // nor after this one; nil: up to the newest
	Cursor    string  // Next of the page before
	Limit     int     // as many as the service likes where 0
}

// Blocks is a page of the ledger's blocks.
func (c *Client) Blocks(ctx context.Context, l Listing) (Blocks, error) {
	return read[Blocks](c.api.ListBlocks(ctx, &api.ListBlocksParams{
		FromBlock: l.FromBlock, ToBlock: l.ToBlock, Cursor: l.Cursor, Limit: pageSize(l.Limit),
	}))
}

// Block is a block with a page of its transactions in their order, from cursor; limit as in [Client.Members].
func (c *Client) Block(ctx context.Context, number uint64, cursor string, limit int) (BlockContent, error) {
	return read[BlockContent](c.api.GetBlock(ctx, number, &api.GetBlockParams{Cursor: cursor, Limit: pageSize(limit)}))
}

// Transactions is a page of the currency's transactions.
func (c *Client) Transactions(ctx context.Context, l Listing) (BlockTransactions, error) {
	return read[BlockTransactions](c.api.ListTransactions(ctx, &api.ListTransactionsParams{
		FromBlock: l.FromBlock, ToBlock: l.ToBlock, Cursor: l.Cursor, Limit: pageSize(l.Limit),
	}))
}

// Transaction is a transaction with a page of its operations in their order, from cursor; limit as in [Client.Members].
func (c *Client) Transaction(ctx context.Context, id, cursor string, limit int) (TransactionContent, error) {
	return read[TransactionContent](c.api.GetTransaction(ctx, id, &api.GetTransactionParams{Cursor: cursor, Limit: pageSize(limit)}))
}

// Operations is a page of what became of operations: of all, or of what concerns an account.
func (c *Client) Operations(ctx context.Context, a *Account, l Listing) (Operations, error) {
	p := &api.ListOperationsParams{FromBlock: l.FromBlock, ToBlock: l.ToBlock, Cursor: l.Cursor, Limit: pageSize(l.Limit)}
	if a != nil {
		p.Account = a.String()
	}
	return read[Operations](c.api.ListOperations(ctx, p))
}

// Accounts is a page of what all accounts have, in the order of their addresses, from cursor; limit as in [Client.Members].
func (c *Client) Accounts(ctx context.Context, cursor string, limit int) (Accounts, error) {
	return read[Accounts](c.api.ListAccounts(ctx, &api.ListAccountsParams{Cursor: cursor, Limit: pageSize(limit)}))
}

// Days says of which days the supply is asked for. The zero value is the latest, as many as the service likes.
type Days struct {
	From, To string // such as 2026-11-22, in UTC
	Step     int    // days from one point to the next; 1 where 0
	Limit    int    // of points; as many as the service likes where 0
}

// SupplyHistory is the supply at the ends of days, oldest first.
func (c *Client) SupplyHistory(ctx context.Context, d Days) (SupplyHistory, error) {
	return read[SupplyHistory](c.api.GetSupplyHistory(ctx, &api.GetSupplyHistoryParams{
		From: d.From, To: d.To, Step: pageSize(d.Step), Limit: pageSize(d.Limit),
	}))
}

// Search tells everything that an id names, and where it is found. An id of nothing is an [*Error] with code not_found.
func (c *Client) Search(ctx context.Context, id string) (SearchResult, error) {
	return read[SearchResult](c.api.Search(ctx, &api.SearchParams{ID: id}))
}

// SearchBooking tells which booked items the booking system's names stand for; item "" for all of the booking.
func (c *Client) SearchBooking(ctx context.Context, source, booking, item string) (SearchResult, error) {
	return read[SearchResult](c.api.Search(ctx, &api.SearchParams{Source: source, Booking: booking, Item: item}))
}

// Booking is a booked item as the ledger has it, by its id there.
func (c *Client) Booking(ctx context.Context, id string) (BookedItem, error) {
	return read[BookedItem](c.api.GetBooking(ctx, id))
}

// Voucher is a voucher as the ledger has it, by the hash of its code.
func (c *Client) Voucher(ctx context.Context, codeHash string) (LedgerVoucher, error) {
	return read[LedgerVoucher](c.api.GetVoucher(ctx, codeHash))
}

// Reward is a reward of the catalogue.
func (c *Client) Reward(ctx context.Context, id string) (Reward, error) {
	return read[Reward](c.api.GetReward(ctx, id))
}
