package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// addresses are where things are found, each before its id.
var addresses = map[wallet.Thing]string{
	wallet.ThingBlock: "/v1/blocks/", wallet.ThingTransaction: "/v1/transactions/", wallet.ThingOrder: "/v1/orders/",
	wallet.ThingBooking: "/v1/bookings/", wallet.ThingHold: "/v1/holds/", wallet.ThingVoucher: "/v1/vouchers/",
	wallet.ThingReward: "/v1/rewards/", wallet.ThingAdjustment: "/v1/adjustments/", wallet.ThingAccount: "/v1/accounts/",
	wallet.ThingMember: "/v1/members/", wallet.ThingEvent: "/v1/booking-events/", wallet.ThingChange: "/v1/changes/",
}

// Search answers what an id, or the names of a booking system, stand for.
func (s *Server) Search(c *gin.Context, params SearchParams) {
	var result wallet.Search
	var err error
	named := params.Source != "" || params.Booking != "" || params.Item != ""
	switch {
	case named && params.ID != "":
		err = &wallet.Error{Code: wallet.CodeMalformed, Detail: "ask for an id, or for source and booking, not for both", Field: "/id"}
	case named:
		result, err = s.wallet.SearchBooking(c.Request.Context(), params.Source, params.Booking, params.Item)
	default:
		result, err = s.wallet.Search(c.Request.Context(), params.ID)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, SearchResult{Height: result.Height, Found: mapped(result.Found, func(f wallet.Found) FoundThing {
		return FoundThing{What: string(f.What), ID: f.ID, Href: addresses[f.What] + f.ID}
	})})
}

// GetBooking answers a booked item.
func (s *Server) GetBooking(c *gin.Context, raw BookedItemID) {
	id, err := dollars.ParseTxID(raw)
	if err != nil {
		s.fail(c, errUnseen)
		return
	}
	item, height, err := s.wallet.Booking(c.Request.Context(), dollars.BookingID(id))
	var points dollars.Amount
	if err == nil {
		points, err = item.Record.Points()
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	rec := item.Record
	out := BookedItem{
		Height: height, Booking: item.ID.String(), State: rec.State.String(), Account: rec.Account, Points: points, Version: rec.Version,
		Awarded: rec.Awarded,
	}
	if !rec.Account.IsZero() {
		out.Kind, out.ConfirmedAt = rec.Facts.Kind, timeOf(rec.Time)
	}
	reply(c, http.StatusOK, out)
}

// GetVoucher answers a voucher.
func (s *Server) GetVoucher(c *gin.Context, raw CodeHash) {
	hash, ok := dollars.ParseWord(raw)
	if !ok {
		s.fail(c, errUnseen)
		return
	}
	rec, height, err := s.wallet.VoucherByHash(c.Request.Context(), hash)
	if err != nil {
		s.fail(c, err)
		return
	}
	out := LedgerVoucher{
		Height: height, CodeHash: dollars.WordText(hash), Account: rec.Account, Reward: rec.Reward, Until: timeOf(rec.Until), Merchant: rec.Merchant,
	}
	if rec.Used != 0 {
		out.Used, out.Reference = timeOf(rec.Used), dollars.WordText(rec.Reference)
	}
	reply(c, http.StatusOK, out)
}

// GetReward answers a reward of the catalogue.
func (s *Server) GetReward(c *gin.Context, id RewardID) {
	reward, height, err := s.wallet.Reward(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	out := rewardOf(reward)
	out.Height = height
	reply(c, http.StatusOK, out)
}
