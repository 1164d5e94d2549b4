package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// CreateMember enrols a member.
func (s *Server) CreateMember(c *gin.Context) {
	body, _, err := jsonBody(c, maxBody, readNewMember)
	if err != nil {
		s.fail(c, err)
		return
	}
	m, created, err := s.wallet.CreateMember(c.Request.Context(), body.ID, body.Account)
	if err != nil {
		s.fail(c, err)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/v1/members/"+string(m.ID))
	}
	reply(c, status, memberOf(m))
}

func memberOf(m wallet.Member) Member {
	return Member{ID: string(m.ID), Account: m.Account, Custody: m.Custody, CreatedAt: m.Created.UTC()}
}

// ListMembers answers a page of members.
func (s *Server) ListMembers(c *gin.Context, params ListMembersParams) {
	limit := pageSize(params.Limit)
	members, err := s.wallet.Members(c.Request.Context(), params.After, limit)
	if err != nil {
		s.fail(c, err)
		return
	}
	page := Members{Members: make([]Member, len(members))}
	for i, m := range members {
		page.Members[i] = memberOf(m)
	}
	if len(members) == limit {
		page.Next = page.Members[limit-1].ID
	}
	reply(c, http.StatusOK, page)
}

// GetMember answers a member.
func (s *Server) GetMember(c *gin.Context, id MemberID) {
	m, err := s.wallet.Member(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, memberOf(m))
}

// CreateSession answers a token to act as the member.
func (s *Server) CreateSession(c *gin.Context, id MemberID) {
	err := noBody(c)
	var m wallet.Member
	if err == nil {
		m, err = s.wallet.Member(c.Request.Context(), id)
	}
	var session Session
	if err == nil {
		session.Token, session.ExpiresAt, err = s.sessions.issue(m)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusCreated, session)
}

// GetBalance answers what a member has.
func (s *Server) GetBalance(c *gin.Context, id MemberID) {
	b, err := s.wallet.Balance(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, s.balanceOf(id, b))
}

func (s *Server) balanceOf(id string, b wallet.Balance) Balance {
	return Balance{
		Member: id, Account: b.Account, Asset: s.wallet.LedgerInfo().Currency.Asset, Height: b.Height,
		Available: b.Available(), Pending: b.Pending, Held: b.Held, Debt: b.Debt, Expiring: pointsOf(b.Buckets),
		Frozen: b.Frozen, NextNonce: b.NextNonce, Tier: b.Tier,
	}
}

func pointsOf(buckets dollars.Buckets) []Points {
	points := make([]Points, len(buckets))
	for i, b := range buckets {
		points[i] = Points{Month: b.Expiry, Amount: b.Amount}
	}
	return points
}
