package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// remains is what forgetting a member leaves, and why; every certificate says it.
var remains = []Remnant{
	{
		What: "the account's entries on the ledger: amounts, times, expiry, and the hashes of bookings and memos",
		Why:  "others' balances follow from them, and the blocks of both organisations could not be proved without them; they name no person, and nothing this service holds tells any more whose they were",
	},
	{
		What: "work that was accepted for the account, for as long as the service remembers finished work",
		Why:  "a request that is sent again must not count twice; it names the account, not the person",
	},
}

// ForgetMember destroys what ties a member to an account.
func (s *Server) ForgetMember(c *gin.Context, id MemberID, params ForgetMemberParams) {
	err := noBody(c)
	var cert wallet.ErasureCertificate
	if err == nil {
		cert, err = s.wallet.Forget(c.Request.Context(), id, params.AbandonPoints)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := ErasureCertificate{
		ID: cert.ID, Asset: s.wallet.LedgerInfo().Currency.Asset, Account: cert.Account,
		Destroyed: []Destroyed{DestroyedMapping}, ErasedAt: cert.Erased, Height: cert.Height, Remains: remains,
	}
	if cert.CustodyKey {
		answer.Destroyed = append(answer.Destroyed, DestroyedCustodyKey)
	}
	if left := cert.Abandoned; left != nil {
		answer.Abandoned = &PointsLeft{Available: left.Available, Held: left.Held, Pending: left.Pending, Pooled: left.Pooled}
	}
	reply(c, http.StatusOK, answer)
}
