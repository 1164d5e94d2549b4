package rest

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// change asks for an operator's or merchant's change and answers how far it has come.
func (s *Server) change(c *gin.Context, body []byte, prefer, key string, ask func(context.Context, *wallet.IdempotencyKey) (wallet.Receipt, error)) {
	ctx := c.Request.Context()
	k, err := s.idempotencyKey(c, key, body)
	var receipt wallet.Receipt
	if err == nil {
		receipt, err = ask(ctx, k)
	}
	var st wallet.Status
	if err == nil {
		st, err = s.wallet.Status(ctx, receipt.ID)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	path := "/v1/changes/" + receipt.ID.String()
	c.Header("Location", path)
	s.conclude(c, st, path, prefer, statusOf(st))
}

// conclude waits for work as the client prefers and answers what became of it, or accepted where that is not known yet.
func (s *Server) conclude(c *gin.Context, st wallet.Status, path, prefer string, accepted any) {
	st, _, err := s.await(c, st, prefer)
	switch {
	case err != nil:
		s.fail(c, err)
	case !st.Done:
		reply(c, http.StatusAccepted, accepted)
	case st.Rejected():
		s.rejected(c, st.Results[0].Code, path)
	default:
		reply(c, http.StatusOK, statusOf(st))
	}
}

// GetChange answers what became of a change.
func (s *Server) GetChange(c *gin.Context, id WorkID) { s.status(c, id, isChange) }

// isChange tells an operator's or merchant's change from events and members' orders.
func isChange(w wallet.Work) bool {
	return w.Class == wallet.ClassAdmin || (w.Class == wallet.ClassOrder && !wallet.OwnedByAccount(w.Owner))
}

// await waits for work to be done for as long as the client prefers, or until the server stops; waited tells that the
// client asked.
func (s *Server) await(c *gin.Context, st wallet.Status, prefer string) (_ wallet.Status, waited bool, err error) {
	ctx, end, ok := s.waiting(c, prefer, 1)
	if !ok {
		return st, false, nil
	}
	defer end()
	if st.Done {
		return st, true, nil
	}
	list, err := s.wallet.Wait(ctx, st.Work.ID)
	if err != nil {
		return st, true, err
	}
	return list[0], true, nil
}

// maxWaits is how many works may be waited for. Further requests are not kept waiting: they are answered as if they had not
// asked to.
const maxWaits = 4096

// waiting is a context that ends with the wait that the client prefers, the request, or when the server stops. There is
// none if the client has no such preference, or too many wait. Whoever waits does no work, so the request leaves its gate.
func (s *Server) waiting(c *gin.Context, prefer string, works int) (_ context.Context, end func(), ok bool) {
	wait := preferredWait(prefer)
	if wait == 0 {
		return nil, nil, false
	}
	n := int64(works)
	if s.waits.Add(n) > maxWaits {
		s.waits.Add(-n)
		return nil, nil, false
	}
	c.Header("Preference-Applied", "wait="+strconv.Itoa(int(wait.Seconds())))
	if v := visitOf(c); v != nil {
		v.leave()
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), wait)
	forget := context.AfterFunc(s.serving, cancel)
	return ctx, func() { forget(); cancel(); s.waits.Add(-n) }, true
}

// GetLedger answers which ledger this is.
func (s *Server) GetLedger(c *gin.Context) {
	l := s.wallet.LedgerInfo()
	reply(c, http.StatusOK, Ledger{Asset: l.Currency.Asset, Channel: l.Channel, Chaincode: l.Chaincode, Domain: domainOf(l, 0)})
}

// GetSupply answers what exists of the currency.
func (s *Server) GetSupply(c *gin.Context) {
	at, err := s.wallet.Supply(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, Supply{Assets: []AssetSupply{s.supplyOf(at)}})
}

func (s *Server) supplyOf(at wallet.SupplyAt) AssetSupply {
	b := at.Supply.Bookings
	return AssetSupply{
		Asset: s.wallet.LedgerInfo().Currency.Asset, Height: at.Height,
		Minted: at.Supply.Minted, Adjusted: at.Supply.Adjusted, Outstanding: at.Supply.Outstanding(), Held: at.Supply.Held,
		Redeemed: at.Supply.Redeemed, Expired: at.Supply.Expired, Reversed: at.Supply.Reversed, WrittenOff: at.Supply.WrittenOff,
		Pending: at.Supply.Pending, Debt: at.Supply.Debt, Forgiven: at.Supply.Forgiven,
		Bookings: BookingCounts{
			Pending: b[dollars.BookingPending], Awarded: b[dollars.BookingAwarded], Cancelled: b[dollars.BookingCancelled],
			Reversed: b[dollars.BookingReversed], Noted: b[dollars.BookingNoted],
		},
	}
}
