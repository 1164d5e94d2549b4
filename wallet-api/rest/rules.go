package rest

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ListRules answers which earning rules are in force when, as far as the caller may know.
func (s *Server) ListRules(c *gin.Context) {
	schedule, err := s.wallet.Schedule(c.Request.Context(), callerOf(c).plans())
	if err != nil {
		s.fail(c, err)
		return
	}
	out := RulesSchedule{Current: schedule.Current, Versions: make([]ScheduledRules, len(schedule.Versions))}
	for i, v := range schedule.Versions {
		out.Versions[i] = ScheduledRules{Version: v.Version, Hash: v.Hash.String(), Starts: timeOf(v.Starts)}
	}
	if p := schedule.Proposal; p != nil {
		out.Proposal = &ProposedRules{Version: p.Version, Hash: p.Hash.String(), Approved: p.Approved != 0, Set: p.Set}
		if p.Approved != 0 {
			out.Proposal.ApprovedAt = timeOf(p.Approved)
		}
	}
	reply(c, http.StatusOK, out)
}

// GetCurrentRules answers the earning rules in force.
func (s *Server) GetCurrentRules(c *gin.Context) {
	v, err := s.wallet.Rules(c.Request.Context())
	s.replyRules(c, v, err)
}

// GetRules answers a version of the earning rules, if the caller may know it.
func (s *Server) GetRules(c *gin.Context, version uint32) {
	v, err := s.wallet.RulesAt(c.Request.Context(), version, callerOf(c).plans())
	s.replyRules(c, v, err)
}

func (s *Server) replyRules(c *gin.Context, v wallet.RulesVersion, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, RulesVersion{
		Version: v.Version, Hash: v.Hash.String(), Starts: timeOf(v.Starts), Published: timeOf(v.Published), Set: v.Set,
	})
}

// ExplainBooking answers why a booking earns what it earns. A member sees their own items only.
func (s *Server) ExplainBooking(c *gin.Context, params ExplainBookingParams) {
	ctx := c.Request.Context()
	request := wallet.ExplainRequest{Source: params.Source, Booking: params.Booking, Item: params.Item}
	if who := callerOf(c); who.role == RoleSession {
		request.Account = &who.member.Account
	}
	items, err := s.wallet.Explain(ctx, request)
	if err != nil {
		s.fail(c, err)
		return
	}
	out := Explanations{Items: make([]ItemExplanation, len(items))}
	for i, x := range items {
		out.Items[i] = ItemExplanation{
			Booking: x.ID.String(), Kind: x.Kind, State: x.State.String(), Points: x.Points, ConfirmedAt: timeOf(x.Confirmed),
			Version: x.Version, Hash: x.Why.Hash, Tier: x.Tier, Sentences: x.Why.Sentences(earn.Standing(x.State.String())), Explanation: x.Why,
		}
	}
	reply(c, http.StatusOK, out)
}

// lastMoment is the latest that RFC 3339 can write. The ledger takes later ones, of rewards that never end; and a transaction that is
// not valid may say it is of any time, before the first too.
var lastMoment = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

func timeOf(unix int64) time.Time { return time.Unix(max(0, min(unix, lastMoment.Unix())), 0).UTC() }
