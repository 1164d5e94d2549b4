package rest

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ProposeRecovery proposes a new key for an account whose keys are lost.
func (s *Server) ProposeRecovery(c *gin.Context, address Address, params ProposeRecoveryParams) {
	s.recover(c, dollars.KindProposeRecovery, address, params.Prefer, params.IdempotencyKey)
}

// ApproveRecovery approves it for another organisation.
func (s *Server) ApproveRecovery(c *gin.Context, address Address, params ApproveRecoveryParams) {
	s.recover(c, dollars.KindApproveRecovery, address, params.Prefer, params.IdempotencyKey)
}

// CompleteRecovery gives the account its new key.
func (s *Server) CompleteRecovery(c *gin.Context, address Address, params CompleteRecoveryParams) {
	s.recover(c, dollars.KindRecover, address, params.Prefer, params.IdempotencyKey)
}

func (s *Server) recover(c *gin.Context, step dollars.Kind, address, prefer, key string) {
	account, err := dollars.ParseAccount(address)
	var newKey *dollars.Account
	var raw []byte
	if err == nil {
		newKey, raw, err = jsonBody(c, maxBody, readRecoveryKey)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.change(c, raw, prefer, key, func(ctx context.Context, key *wallet.IdempotencyKey) (wallet.Receipt, error) {
		return s.wallet.Recover(ctx, callerOf(c).owner(), step, account, *newKey, key)
	})
}

func readRecoveryKey(r *reader) (key *dollars.Account) {
	r.only("key", func() { key = r.account() })
	return key
}

// GetKeys answers which keys sign for a member's account.
func (s *Server) GetKeys(c *gin.Context, id MemberID) {
	keys, err := s.wallet.SigningKeys(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, Keys{
		Account: keys.Account, Keys: keys.Signing, Custody: keys.Custody, Recovery: recoveryOf(keys.Recovery),
	})
}

func recoveryOf(r *dollars.RecoveryRecord) *Recovery {
	if r == nil {
		return nil
	}
	out := Recovery{Key: r.Key, ProposedBy: r.Proposer}
	if r.Approved != 0 {
		out.Approved, out.Completable = timeOf(r.Approved), timeOf(r.Completable)
	}
	return &out
}

// CreateCustodyKey answers the address of a key with which the service is to sign for the member.
func (s *Server) CreateCustodyKey(c *gin.Context, id MemberID) {
	err := noBody(c)
	var address dollars.Account
	if err == nil {
		address, err = s.wallet.CustodyKey(c.Request.Context(), id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, CustodyKey{Address: address})
}

// BeginCustody has the service sign for the member.
func (s *Server) BeginCustody(c *gin.Context, id MemberID) {
	s.setCustody(c, id, s.wallet.BeginCustody)
}

// EndCustody has the service sign no more.
func (s *Server) EndCustody(c *gin.Context, id MemberID) { s.setCustody(c, id, s.wallet.EndCustody) }

func (s *Server) setCustody(c *gin.Context, id MemberID, set func(context.Context, string) (wallet.Member, error)) {
	err := noBody(c)
	var m wallet.Member
	if err == nil {
		m, err = set(c.Request.Context(), id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, memberOf(m))
}
