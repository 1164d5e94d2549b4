package rest

import (
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ReportBookingEvents takes events in any of the three modes of CloudEvents.
func (s *Server) ReportBookingEvents(c *gin.Context, params ReportBookingEventsParams) {
	body, media, err := readBody(c, maxEventsBody, mediaEvent, mediaEvents, mediaJSON)
	if err != nil {
		s.fail(c, err)
		return
	}
	if media == mediaEvents {
		events, err := readEvents(body)
		if err != nil {
			s.fail(c, err)
			return
		}
		s.reportBatch(c, events)
		return
	}
	var event wallet.BookingEvent
	if media == mediaEvent {
		event, err = readEvent(body)
	} else {
		event, err = readBinaryEvent(c.Request.Header, body)
	}
	if err != nil {
		s.metrics.events.WithLabelValues(string(EventRefused)).Inc()
		s.fail(c, err)
		return
	}
	s.reportOne(c, event, params.Prefer)
}

// reportOne answers a single event: that it is accepted or, where the client prefers to wait, what became of it.
func (s *Server) reportOne(c *gin.Context, event wallet.BookingEvent, prefer string) {
	receipts, err := s.wallet.ReportEvents(c.Request.Context(), callerOf(c).client, []wallet.BookingEvent{event})
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := eventReceipt(event, receipts[0])
	s.metrics.events.WithLabelValues(string(answer.Status)).Inc()
	if answer.Problem != nil {
		s.fail(c, receipts[0].Err)
		return
	}
	c.Header("Location", answer.Href)
	accepted := EventReceipts{Events: []EventReceipt{answer}}
	if preferredWait(prefer) == 0 {
		reply(c, http.StatusAccepted, accepted)
		return
	}
	st, err := s.wallet.Status(c.Request.Context(), receipts[0].ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.conclude(c, st, answer.Href, prefer, accepted)
}

// reportBatch answers each event in its place.
func (s *Server) reportBatch(c *gin.Context, batch []reported) {
	events := make([]wallet.BookingEvent, 0, len(batch))
	for _, b := range batch {
		if b.err == nil {
			events = append(events, b.event)
		}
	}
	receipts, err := s.wallet.ReportEvents(c.Request.Context(), callerOf(c).client, events)
	if err != nil {
		s.fail(c, err)
		return
	}
	answers := make([]EventReceipt, len(batch))
	counts, refused := map[EventReceiptStatus]int{}, map[dollars.Code]int{}
	for i, b := range batch {
		receipt := wallet.EventReceipt{Err: b.err}
		if b.err == nil {
			receipt, receipts = receipts[0], receipts[1:]
		}
		answers[i] = eventReceipt(b.event, receipt)
		counts[answers[i].Status]++
		if p := answers[i].Problem; p != nil {
			refused[p.Code]++
			if p.Code == codeInternal {
				c.Set(keyFailure, receipt.Err)
			}
		}
	}
	for status, n := range counts {
		s.metrics.events.WithLabelValues(string(status)).Add(float64(n))
	}
	if len(refused) > 0 {
		c.Set(keyRefused, refused)
	}
	if len(batch) > 0 && counts[EventRefused] == len(batch) {
		p := newProblem(codeEventsRefused, "no event of the batch was accepted; each has its own problem in events", statuses[codeEventsRefused])
		p.Events = answers
		s.problem(c, p)
		return
	}
	reply(c, http.StatusAccepted, EventReceipts{Events: answers})
}

func eventReceipt(event wallet.BookingEvent, r wallet.EventReceipt) EventReceipt {
	answer := EventReceipt{Source: event.Source, EventID: event.ID, Status: EventAccepted}
	if r.Err != nil {
		p := problemOf(r.Err)
		answer.Status, answer.Problem = EventRefused, &p
		return answer
	}
	if r.Repeated {
		answer.Status = EventRepeated
	}
	answer.ID = r.ID.String()
	answer.Href = "/v1/booking-events/" + answer.ID
	return answer
}

// GetBookingEvent answers what became of an event.
func (s *Server) GetBookingEvent(c *gin.Context, id WorkID) { s.status(c, id, isBooking) }

// GetBookingEvents answers what became of many events.
func (s *Server) GetBookingEvents(c *gin.Context) {
	ids, _, err := jsonBody(c, maxIDsBody, readEventIDs)
	if err != nil {
		s.fail(c, err)
		return
	}
	answer := EventStatuses{Events: make([]Status, 0, len(ids))}
	for _, id := range ids {
		st, err := s.seen(c, id, isBooking)
		if code, _ := reason(err); err != nil && code != wallet.CodeNotFound {
			s.fail(c, err)
			return
		}
		if err == nil {
			answer.Events = append(answer.Events, statusOf(st))
		}
	}
	reply(c, http.StatusOK, answer)
}

func isBooking(w wallet.Work) bool { return w.Class == wallet.ClassBooking }

// status answers how far work of a kind has come, to whom may see it.
func (s *Server) status(c *gin.Context, id string, is func(wallet.Work) bool) {
	workID, err := wallet.ParseWorkID(id)
	if err != nil {
		s.fail(c, err)
		return
	}
	st, err := s.seen(c, workID, is)
	if err != nil {
		s.fail(c, err)
		return
	}
	reply(c, http.StatusOK, statusOf(st))
}

// seen is the status of work of a kind that the caller may see, or a refusal with not_found.
func (s *Server) seen(c *gin.Context, id wallet.WorkID, is func(wallet.Work) bool) (wallet.Status, error) {
	st, err := s.wallet.Status(c.Request.Context(), id)
	if err == nil && (!is(st.Work) || !callerOf(c).sees(st.Work.Owner)) {
		return wallet.Status{}, errUnseen
	}
	return st, err
}

// stateOf sums up a status in a word.
func stateOf(st wallet.Status) State {
	switch {
	case !st.Done:
		return StateAccepted
	case st.Applied():
		return StateApplied
	case st.Rejected():
		return StateRejected
	}
	return StatePartial
}

func statusOf(st wallet.Status) Status {
	out := Status{
		ID: st.Work.ID.String(), Label: st.Work.Label, Status: stateOf(st), AcceptedAt: st.Work.Accepted.UTC(),
		Operations: make([]OperationOutcome, len(st.Results)), Transaction: transactionOf(st),
	}
	for _, op := range st.Work.Ops {
		switch o := op.(type) {
		case dollars.ProposeAdjustment:
			out.Adjustment = hex.EncodeToString(o.ID[:])
		case dollars.ApproveAdjustment:
			out.Adjustment = hex.EncodeToString(o.ID[:])
		}
	}
	for i, r := range st.Results {
		out.Operations[i] = OperationOutcome{Kind: r.Kind.String(), Outcome: r.Outcome.String(), Code: r.Code, Amount: r.Amount}
		if r.State != 0 {
			out.Operations[i].BookingState = r.State.String()
		}
	}
	return out
}

func transactionOf(st wallet.Status) *Transaction {
	if !st.Done {
		return nil
	}
	return &Transaction{ID: st.TxID, Block: st.Block}
}
