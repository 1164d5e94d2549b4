package rest

import (
	"encoding/hex"
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func listingOf(from uint64, to *uint64, cursor string, limit *Limit) wallet.Listing {
	l := wallet.Listing{From: from, To: math.MaxUint64, Cursor: cursor, Limit: pageSize(limit)}
	if to != nil {
		l.To = *to
	}
	return l
}

// mapped is a list as it is answered: never null.
func mapped[V, A any](list []V, answer func(V) A) []A {
	out := make([]A, len(list))
	for i, v := range list {
		out[i] = answer(v)
	}
	return out
}

// ListBlocks answers a page of blocks.
func (s *Server) ListBlocks(c *gin.Context, params ListBlocksParams) {
	page, err := s.wallet.ListBlocks(c.Request.Context(), listingOf(params.FromBlock, params.ToBlock, params.Cursor, params.Limit))
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, Blocks{Height: page.Height, Blocks: mapped(page.Items, blockOf), Next: page.Next})
}

// GetBlock answers a block with its transactions.
func (s *Server) GetBlock(c *gin.Context, number uint64, params GetBlockParams) {
	b, page, err := s.wallet.Block(c.Request.Context(), number, params.Cursor, pageSize(params.Limit))
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, BlockContent{
		Height: page.Height, Block: blockOf(b), Supply: s.supplyOf(wallet.SupplyAt{Height: b.Number + 1, Supply: b.Supply}),
		Transactions: mapped(page.Items, blockTransactionOf), Next: page.Next,
	})
}

func blockOf(b wallet.BlockSummary) Block {
	out := Block{
		Number: b.Number, Hash: hex.EncodeToString(b.Hash[:]), DataHash: hex.EncodeToString(b.DataHash[:]),
		Size: b.Size, Transactions: b.Transactions, Valid: b.Valid, Operations: OperationCounts(b.Operations),
	}
	if b.Number > 0 {
		out.PreviousHash = hex.EncodeToString(b.PreviousHash[:])
	}
	if b.Valid > 0 {
		out.Earliest, out.Latest = timeOf(b.First), timeOf(b.Last)
	}
	return out
}

// ListTransactions answers a page of transactions.
func (s *Server) ListTransactions(c *gin.Context, params ListTransactionsParams) {
	page, err := s.wallet.ListTransactions(c.Request.Context(), listingOf(params.FromBlock, params.ToBlock, params.Cursor, params.Limit))
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, BlockTransactions{Height: page.Height, Transactions: mapped(page.Items, blockTransactionOf), Next: page.Next})
}

// GetTransaction answers a transaction with its operations.
func (s *Server) GetTransaction(c *gin.Context, id TransactionID, params GetTransactionParams) {
	tx, page, err := s.wallet.Transaction(c.Request.Context(), id, params.Cursor, pageSize(params.Limit))
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, TransactionContent{
		Height: page.Height, Transaction: blockTransactionOf(tx), Operations: mapped(page.Items, operationOf), Next: page.Next,
	})
}

func blockTransactionOf(tx wallet.TransactionSummary) BlockTransaction {
	return BlockTransaction{
		ID: tx.ID, Block: tx.Block, Index: tx.Index, Time: timeOf(tx.Time), Valid: tx.Valid, Code: tx.Code, Creator: tx.Creator,
		Operations: OperationCounts(tx.Operations),
	}
}

// ListOperations answers a page of operations.
func (s *Server) ListOperations(c *gin.Context, params ListOperationsParams) {
	var account *dollars.Account
	if params.Account != "" {
		a, err := dollars.ParseAccount(params.Account)
		if err != nil {
			s.fail(c, &wallet.Error{Code: dollars.CodeAccountInvalid, Detail: "is not an account's address", Field: "/account"})
			return
		}
		account = &a
	}
	page, err := s.wallet.ListOperations(c.Request.Context(), listingOf(params.FromBlock, params.ToBlock, params.Cursor, params.Limit), account)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, Operations{Height: page.Height, Operations: mapped(page.Items, operationOf), Next: page.Next})
}

// operationOf is an operation as those are told who may see both sides of it.
func operationOf(h wallet.HistoryEntry) Operation {
	e := h.Entry
	var named HistoryEntry
	named.name(e)
	out := Operation{
		Transaction: Transaction{ID: h.TxID, Block: h.Block}, Index: h.Index, Time: timeOf(h.Time),
		Kind: e.Kind.String(), Outcome: e.Outcome.String(), Code: e.Code, Account: e.Account, Counterparty: e.Other, By: e.By, Amount: e.Amount,
		Booking: named.Booking, Order: named.Order, Reason: named.Reason, Reward: named.Reward, CodeHash: named.CodeHash,
		Reference: named.Reference, Adjustment: named.Adjustment, Burn: e.Burn, Version: e.Version,
		Moved: pointsOf(e.Moved), Expired: pointsOf(e.Expired), Repaid: pointsOf(e.Repaid), Debt: e.Debt, Forgiven: e.Forgiven,
		Recalled: mapped(e.Recalled, func(r dollars.Recalled) RecalledPoints {
			return RecalledPoints{Account: r.Account, Moved: pointsOf(r.Moved)}
		}),
	}
	switch e.Kind {
	case dollars.KindProposeRules, dollars.KindApproveRules, dollars.KindPublishRules:
		out.Rules = hex.EncodeToString(e.Ref[:])
	case dollars.KindSetReward:
		out.Reward = e.Name
	}
	if e.Outcome != dollars.Rejected {
		out.Before, out.After = named.Before, named.After
	}
	return out
}

// ListAccounts answers a page of all accounts.
func (s *Server) ListAccounts(c *gin.Context, params ListAccountsParams) {
	after, err := accountAfter("/cursor", params.Cursor)
	var page wallet.Page[wallet.Balance]
	if err == nil {
		page, err = s.wallet.ListAccounts(c.Request.Context(), after, pageSize(params.Limit))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, Accounts{Height: page.Height, Next: page.Next, Accounts: mapped(page.Items, func(b wallet.Balance) AccountBalance {
		return AccountBalance{
			Account: b.Account, Available: b.Available(), Pending: b.Pending, Held: b.Held, Debt: b.Debt, Frozen: b.Frozen, Household: b.Household,
		}
	})})
}

// accountAfter is the account after which a page begins, from the parameter field; nil for the first page.
func accountAfter(field, text string) (*dollars.Account, error) {
	if text == "" {
		return nil, nil
	}
	a, err := dollars.ParseAccount(text)
	if err != nil {
		return nil, &wallet.Error{Code: wallet.CodeCursorInvalid, Detail: "is not an account after which a page began", Field: field}
	}
	return &a, nil
}

// GetSupplyHistory answers the supply over time.
func (s *Server) GetSupplyHistory(c *gin.Context, params GetSupplyHistoryParams) {
	q := wallet.DayRange{Step: 1, Limit: pageSize(params.Limit)}
	if params.Step != nil {
		q.Step = *params.Step
	}
	var err error
	for _, day := range []struct {
		field, text string
		to          **dollars.Date
	}{{"/from", params.From, &q.From}, {"/to", params.To, &q.To}} {
		if day.text == "" || err != nil {
			continue
		}
		var d dollars.Date
		if d, err = dollars.ParseDate(day.text); err != nil {
			err = &wallet.Error{Code: dollars.CodeDateInvalid, Detail: "is not a date such as 2026-11-22", Field: day.field}
		}
		*day.to = &d
	}
	var history wallet.SupplyHistory
	if err == nil {
		history, err = s.wallet.SupplyHistory(c.Request.Context(), q)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	out := SupplyHistory{Height: history.Height, Points: mapped(history.Points, func(p wallet.SupplyPoint) SupplyPoint {
		return SupplyPoint{Day: p.Day.String(), Supply: s.supplyOf(p.SupplyAt)}
	})}
	if history.Next != nil {
		out.Next = history.Next.String()
	}
	reply(c, http.StatusOK, out)
}
