package rest

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// GetAccount answers an account as the ledger has it.
func (s *Server) GetAccount(c *gin.Context, address Address) {
	account, err := dollars.ParseAccount(address)
	var state wallet.AccountState
	if err == nil {
		state, err = s.wallet.Account(c.Request.Context(), account)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, AccountState{
		Account: account, Asset: s.wallet.LedgerInfo().Currency.Asset, Height: state.Height,
		Available: state.Available(), Pending: state.Pending, Held: state.Held, Debt: state.Debt, Expiring: pointsOf(state.Buckets),
		Frozen: state.Frozen, Keys: append([]Account{}, state.Signing...), Household: state.Household,
		Members: membersOf(state.Pool), Recovery: recoveryOf(state.Recovery),
	})
}

// FreezeAccount stops an account from spending.
func (s *Server) FreezeAccount(c *gin.Context, address Address, params FreezeAccountParams) {
	s.setFrozen(c, address, true, params.Prefer, params.IdempotencyKey)
}

// UnfreezeAccount lets an account spend again.
func (s *Server) UnfreezeAccount(c *gin.Context, address Address, params UnfreezeAccountParams) {
	s.setFrozen(c, address, false, params.Prefer, params.IdempotencyKey)
}

func readReason(r *reader) (reason string) {
	r.only("reason", func() { r.text(&reason) })
	return reason
}

func (s *Server) setFrozen(c *gin.Context, address string, frozen bool, prefer, key string) {
	account, err := dollars.ParseAccount(address)
	var reason string
	var raw []byte
	if err == nil {
		reason, raw, err = jsonBody(c, maxBody, readReason)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.change(c, raw, prefer, key, func(ctx context.Context, key *wallet.IdempotencyKey) (wallet.Receipt, error) {
		return s.wallet.SetFrozen(ctx, callerOf(c).owner(), account, frozen, reason, key)
	})
}
