package rest

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// typeExpiring is what reminders are called as CloudEvents.
const typeExpiring = "com.destinasia.points.expiring.v1"

// ListReminders answers a page of the reminders of a day, as CloudEvents.
func (s *Server) ListReminders(c *gin.Context, params ListRemindersParams) {
	limit := pageSize(params.Limit)
	day, err := time.Parse(time.DateOnly, params.Day)
	if err != nil {
		s.fail(c, &wallet.Error{Code: dollars.CodeDateInvalid, Detail: "is not a date such as 2026-11-22", Field: "/day"})
		return
	}
	after, err := accountAfter("/after", params.After)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, next, err := s.wallet.Reminders(c.Request.Context(), dollars.DateOf(day.Unix()), after, limit)
	if err != nil {
		s.fail(c, err)
		return
	}
	if next != nil {
		query := url.Values{"day": {params.Day}, "after": {next.String()}, "limit": {strconv.Itoa(limit)}}
		c.Header("Link", "</v1/reminders?"+query.Encode()+`>; rel="next"`)
	}
	events := make([]Reminder, len(list))
	for i, r := range list {
		events[i] = s.reminderOf(r, day)
	}
	writeJSON(c, http.StatusOK, mediaEvents, events)
}

func (s *Server) reminderOf(r wallet.Reminder, day time.Time) Reminder {
	return Reminder{
		Specversion: "1.0", ID: r.ID, Source: sessionIssuer, Type: typeExpiring, Time: day, Subject: r.Account.String(), Datacontenttype: mediaJSON,
		Data: ExpiringPoints{
			Member: string(r.Member), Account: r.Account, Asset: s.wallet.LedgerInfo().Currency.Asset,
			Amount: r.Amount, LastDay: r.LastDay.String(), Days: r.Days,
		},
	}
}
