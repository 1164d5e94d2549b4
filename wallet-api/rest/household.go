package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// GetHousehold answers the household that a member is in.
func (s *Server) GetHousehold(c *gin.Context, id MemberID) {
	ctx := c.Request.Context()
	account, err := s.wallet.AccountOf(ctx, id, true)
	var state wallet.AccountState
	if err == nil {
		state, err = s.wallet.Account(ctx, account)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, Household{
		Account: account, Available: state.Available(), Held: state.Held, Expiring: pointsOf(state.Buckets), Members: membersOf(state.Pool),
	})
}

// membersOf are the members of a household; none where the account is no household. The first is the head.
func membersOf(pool *dollars.Pool) []HouseholdMember {
	if pool == nil {
		return nil
	}
	members := make([]HouseholdMember, len(pool.Members))
	for i, m := range pool.Members {
		members[i] = HouseholdMember{Account: m.Account, Joined: m.Joined, SpentToday: m.Day.Amount, Share: pointsOf(m.Share)}
		if i > 0 {
			members[i].DayLimit = &m.DayLimit
		}
	}
	return members
}
