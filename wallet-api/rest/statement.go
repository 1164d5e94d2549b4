package rest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/statement"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

const (
	mediaCSV  = "text/csv"
	mediaHTML = "text/html"
)

// GetStatement answers what happened to a member's points in a month, in the form the client prefers.
func (s *Server) GetStatement(c *gin.Context, id MemberID, rawMonth string, params GetStatementParams) {
	ctx := c.Request.Context()
	month, err := wallet.ParseMonth(rawMonth)
	var account dollars.Account
	if err == nil {
		account, err = s.wallet.AccountOf(ctx, id, params.FromHousehold)
	}
	var st wallet.Statement
	if err == nil {
		st, err = s.wallet.Statement(ctx, account, month)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Vary", "Accept")
	switch c.NegotiateFormat(mediaJSON, mediaCSV, mediaHTML) {
	case mediaCSV:
		c.Header("Content-Disposition", `attachment; filename="statement-`+st.Month.String()+`.csv"`)
		s.file(c, mediaCSV, func(w io.Writer) error { return statement.CSV(w, st) })
	case mediaHTML:
		of := statement.Of{Asset: s.wallet.LedgerInfo().Currency.Asset}
		if !params.FromHousehold {
			of.Member = wallet.MemberID(id)
		}
		c.Header("Content-Security-Policy", statement.Policy)
		s.file(c, mediaHTML, func(w io.Writer) error { return statement.HTML(w, st, of) })
	default: // also where nothing would be acceptable: better an answer than none
		reply(c, http.StatusOK, s.statementOf(id, st))
	}
}

// file answers with text that a function writes.
func (s *Server) file(c *gin.Context, media string, write func(io.Writer) error) {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		s.fail(c, fmt.Errorf("write a statement as %s: %w", media, err))
		return
	}
	c.Data(http.StatusOK, media+"; charset=utf-8", text.Bytes())
}

func (s *Server) statementOf(id string, st wallet.Statement) Statement {
	out := Statement{
		Member: id, Account: st.Account, Asset: s.wallet.LedgerInfo().Currency.Asset, Month: st.Month.String(),
		Opening: st.Opening.String(), Closing: st.Closing.String(),
		Totals: make([]StatementTotal, len(st.Totals)), Lines: make([]Movement, len(st.Lines)),
	}
	for line, amount := range st.Totals {
		out.Totals[line] = StatementTotal{Line: wallet.Line(line).String(), Amount: amount.String()}
	}
	for i, m := range st.Lines {
		out.Lines[i] = movementOf(m)
	}
	return out
}

func movementOf(m wallet.Movement) Movement {
	out := Movement{
		Line: m.Line.String(), Time: timeOf(m.Time), Kind: m.Kind.String(), Amount: m.Amount.String(), Month: m.Expiry,
		Counterparty: m.Other, By: m.By, Version: m.Version, Transaction: m.TxID,
	}
	switch m.Kind {
	case dollars.KindConfirm, dollars.KindComplete, dollars.KindCancel:
		out.Booking = hex.EncodeToString(m.Ref[:])
	case dollars.KindClaim:
		out.Order, out.Reward, out.CodeHash = dollars.WordText(m.Ref), m.Name, dollars.WordText(m.Link)
	case dollars.KindCapture:
		out.Order, out.Reference = dollars.WordText(m.Ref), dollars.WordText(m.Link)
	case dollars.KindApproveAdjustment:
		out.Adjustment, out.Reason = hex.EncodeToString(m.Ref[:]), m.Name
	default:
		if m.Ref != [32]byte{} {
			out.Order = dollars.WordText(m.Ref)
		}
	}
	return out
}

// ExplainBalance answers where what a member has comes from.
func (s *Server) ExplainBalance(c *gin.Context, id MemberID, params ExplainBalanceParams) {
	ctx := c.Request.Context()
	account, err := s.wallet.AccountOf(ctx, id, params.FromHousehold)
	var x wallet.ExplainedBalance
	if err == nil {
		x, err = s.wallet.ExplainBalance(ctx, account)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	out := ExplainedBalance{
		Member: id, Account: account, Asset: s.wallet.LedgerInfo().Currency.Asset, Debt: x.Debt,
		Points: make([]ExplainedPoints, len(x.Buckets)), Holds: make([]ExplainedHold, len(x.Holds)),
	}
	for i, b := range x.Buckets {
		points := ExplainedPoints{Month: b.Expiry, Amount: b.Amount, Parts: make([]Movement, len(b.Parts))}
		for j, part := range b.Parts {
			points.Parts[j] = movementOf(part.Movement)
			points.Parts[j].Item = part.Item
		}
		out.Points[i] = points
	}
	for i, h := range x.Holds {
		out.Holds[i] = ExplainedHold{Order: h.Order.String(), Merchant: h.Merchant, Made: timeOf(h.Time), Points: pointsOf(h.Buckets)}
	}
	reply(c, http.StatusOK, out)
}
