package rest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"math"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ProposeAdjustment proposes to grant points to an account, or to burn some.
func (s *Server) ProposeAdjustment(c *gin.Context, params ProposeAdjustmentParams) {
	body, raw, err := jsonBody(c, maxBody, readNewAdjustment)
	if err != nil {
		s.fail(c, err)
		return
	}
	id := body.id
	if id == nil {
		id = new([32]byte)
		_, _ = rand.Read(id[:]) // crypto/rand never fails
	}
	s.change(c, raw, params.Prefer, params.IdempotencyKey, func(ctx context.Context, key *wallet.IdempotencyKey) (wallet.Receipt, error) {
		return s.wallet.ProposeAdjustment(ctx, callerOf(c).owner(), *id, body.Adjustment, key)
	})
}

type adjustmentBody struct {
	id *[32]byte // nil where it is left out
	dollars.Adjustment
}

func readNewAdjustment(r *reader) (a adjustmentBody) {
	var amount, account, reason bool
	r.object(func(name []byte) bool {
		switch string(name) {
		case "id":
			var s string
			r.text(&s)
			id, ok := parseAdjustmentID(s)
			if r.err == nil && !ok {
				r.fail("is not an adjustment's id: 64 hex digits")
			}
			a.id = &id
		case "account":
			if read := r.account(); read != nil {
				a.Account, account = *read, true
			}
		case "amount":
			r.amount(&a.Amount)
			amount = true
		case "burn":
			a.Burn = r.flag()
		case "months":
			a.Months = uint32(r.whole(math.MaxUint32))
		case "reason":
			r.text(&a.Reason)
			reason = true
		default:
			return false
		}
		return true
	})
	r.require("/account", account)
	r.require("/amount", amount)
	r.require("/reason", reason)
	return a
}

func parseAdjustmentID(s string) ([32]byte, bool) { return dollars.ParseWord("0x" + s) }

// GetAdjustment answers an adjustment as the ledger has it.
func (s *Server) GetAdjustment(c *gin.Context, raw AdjustmentID) {
	id, ok := parseAdjustmentID(raw)
	if !ok {
		s.fail(c, errUnseen)
		return
	}
	a, height, err := s.wallet.Adjustment(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	out := Adjustment{
		Height: height, ID: hex.EncodeToString(id[:]), Account: a.Account, Amount: a.Amount, Burn: a.Burn, Months: a.Months, Reason: a.Reason,
	}
	if a.Applied != 0 {
		out.Applied = timeOf(a.Applied)
	}
	reply(c, http.StatusOK, out)
}

// ApproveAdjustment has an adjustment made.
func (s *Server) ApproveAdjustment(c *gin.Context, raw AdjustmentID, params ApproveAdjustmentParams) {
	id, ok := parseAdjustmentID(raw)
	err := noBody(c)
	if err == nil && !ok {
		err = errUnseen
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.change(c, nil, params.Prefer, params.IdempotencyKey, func(ctx context.Context, key *wallet.IdempotencyKey) (wallet.Receipt, error) {
		return s.wallet.ApproveAdjustment(ctx, callerOf(c).owner(), id, key)
	})
}
