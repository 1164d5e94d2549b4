package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ListHolds answers a page of what a member has set aside.
func (s *Server) ListHolds(c *gin.Context, id MemberID, params ListHoldsParams) {
	ctx := c.Request.Context()
	account, err := s.wallet.AccountOf(ctx, id, params.FromHousehold)
	var holds []wallet.Hold
	var next string
	if err == nil {
		holds, next, err = s.wallet.Holds(ctx, account, params.Open, params.Cursor, pageSize(params.Limit))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	page := Holds{Holds: make([]Hold, len(holds)), Next: next}
	for i, h := range holds {
		page.Holds[i] = holdOf(h.ID, h.Record)
		page.Holds[i].Made, page.Holds[i].Amount = timeOf(h.Made.Time), h.Made.Entry.Amount
	}
	reply(c, http.StatusOK, page)
}

func holdOf(id dollars.HoldID, rec dollars.HoldRecord) Hold {
	out := Hold{
		Account: id.Account, Order: id.Order.String(), Merchant: rec.Merchant, By: rec.Member, Until: timeOf(rec.Until),
		Left: sum(rec.Buckets), Points: pointsOf(rec.Buckets), Released: rec.Released, Captures: make([]CapturedPart, len(rec.Captures)),
	}
	for i, part := range rec.Captures {
		out.Captures[i] = CapturedPart{Reference: dollars.WordText(part.Reference), Amount: part.Amount}
	}
	return out
}
