package rest

import (
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// GetHistory answers a page of a member's history.
func (s *Server) GetHistory(c *gin.Context, id MemberID, params GetHistoryParams) {
	m, err := s.wallet.Member(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	entries, next, err := s.wallet.History(c.Request.Context(), id, params.Cursor, pageSize(params.Limit))
	if err != nil {
		s.fail(c, err)
		return
	}
	page := History{Entries: make([]HistoryEntry, len(entries)), Next: next}
	for i, e := range entries {
		page.Entries[i] = historyEntryOf(m.Account, e)
	}
	reply(c, http.StatusOK, page)
}

func historyEntryOf(a dollars.Account, h wallet.HistoryEntry) HistoryEntry {
	e := h.Entry
	out := HistoryEntry{
		Time: timeOf(h.Time), Transaction: Transaction{ID: h.TxID, Block: h.Block},
		Kind: e.Kind.String(), Outcome: e.Outcome.String(), Code: e.Code, Amount: e.Amount, Change: change(a, h).String(),
		Moved: pointsOf(e.Moved), Counterparty: e.Other, By: e.By,
	}
	if e.Other == a {
		out.Counterparty = e.Account
	}
	recalled := dollars.Amount(0)
	for _, r := range e.Recalled {
		recalled += sum(r.Moved)
		if r.Account == a && e.Account != a {
			// It was somebody else's booking: who was given its points is told of those, and from whom they came.
			out.Amount, out.Moved, out.Counterparty = sum(r.Moved), pointsOf(r.Moved), e.Account
			out.Booking = hex.EncodeToString(e.Ref[:])
			return out
		}
	}
	out.name(e)
	if e.Account == a {
		// What the sender's account burned on the way, and owes, is no business of the receiver.
		out.Expired, out.Repaid, out.Debt, out.Forgiven = pointsOf(e.Expired), pointsOf(e.Repaid), e.Debt, e.Forgiven
		out.Recalled = recalled
	}
	return out
}

// name says what the entry is about.
func (out *HistoryEntry) name(e dollars.Entry) {
	switch e.Kind {
	case dollars.KindConfirm, dollars.KindComplete, dollars.KindCancel:
		out.Booking = hex.EncodeToString(e.Ref[:])
		out.Before, out.After, out.Reason = e.Before.String(), e.After.String(), e.Name
	case dollars.KindFreeze, dollars.KindUnfreeze:
		out.Reason = e.Name
	case dollars.KindProposeAdjustment, dollars.KindApproveAdjustment:
		out.Adjustment, out.Reason = hex.EncodeToString(e.Ref[:]), e.Name
	case dollars.KindCapture:
		out.Order, out.Reference = wordOf(e.Ref), wordOf(e.Link)
	case dollars.KindClaim:
		out.Order, out.Reward, out.CodeHash = wordOf(e.Ref), e.Name, wordOf(e.Link)
	case dollars.KindUse:
		out.Reward, out.CodeHash, out.Reference = e.Name, wordOf(e.Ref), wordOf(e.Link)
	default:
		if e.Kind == dollars.KindRelease || dollars.FormOf(e.Kind) != nil {
			out.Order = wordOf(e.Ref)
		}
	}
}

// wordOf writes 32 bytes where there are any: a rejected operation has no link.
func wordOf(word [32]byte) string {
	if word == ([32]byte{}) {
		return ""
	}
	return dollars.WordText(word)
}

// change is what an entry added to the points that an account can spend, or, below zero, took from them.
func change(a dollars.Account, h wallet.HistoryEntry) (total dollars.Amount) {
	if h.Entry.Outcome != dollars.Applied {
		return 0
	}
	for _, m := range wallet.Movements(a, h) {
		outOfHold := (m.Kind == dollars.KindCapture && m.Line == wallet.LineRedeemed) ||
			(m.Kind == dollars.KindRelease && m.Line == wallet.LineExpired)
		if !outOfHold {
			total += m.Amount
		}
	}
	return total
}

// sum is the total of an entry's buckets. The ledger checked that it does not leave the integers.
func sum(b dollars.Buckets) dollars.Amount {
	total, err := b.Total()
	if err != nil {
		panic("a journal's buckets leave the integers: " + err.Error())
	}
	return total
}
