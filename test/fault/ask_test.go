package fault

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/test/history"
	"github.com/destinasia/dollars/wallet-api/client"
)

// caller asks the wallet service, and writes down what was asked and answered. Nothing is repeated behind its back.
type caller struct {
	members, booking, merchant *client.Client
	history                    *history.History

	mu   sync.Mutex
	send map[history.Key]func(context.Context) // sends an operation again, as it was the first time
}

// answerTimeout is longer than the service waits for a commit: who waits longer is not answered any more.
const (
	answerTimeout = 8 * time.Second
	waitFor       = 4 * time.Second
)

// ask sends a request for an operation, and remembers how to send it again.
func (c *caller) ask(ctx context.Context, what history.Intent, request func(context.Context) (history.Answer, error)) history.Answer {
	send := func(ctx context.Context) history.Answer {
		call := c.history.Now()
		within, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		a, err := request(within)
		if err != nil {
			a.Told, a.Code = told(err)
		}
		a.Call = call
		c.history.Told(what, a)
		return a
	}
	c.mu.Lock()
	c.send[what.Key] = func(ctx context.Context) { send(ctx) }
	c.mu.Unlock()
	return send(ctx)
}

// told is what a failure says of an operation: refusals of the service say that it was not accepted, others say nothing.
func told(err error) (history.Told, string) {
	var e *client.Error
	if !errors.As(err, &e) || e.Code == "" || e.Status >= http.StatusInternalServerError && e.Status != http.StatusServiceUnavailable {
		return history.Nothing, ""
	}
	return history.Refused, string(e.Code)
}

// state is what the service says of work that it has accepted.
func state(s client.Status) history.Answer {
	a := history.Answer{Told: history.Accepted, Name: string(s.ID)}
	switch s.Status {
	case client.StateApplied:
		a.Told, a.Block = history.Committed, s.Transaction.Block
	case client.StateRejected:
		a.Told = history.Refused
	}
	for _, o := range s.Operations {
		a.Code = string(o.Code)
	}
	return a
}

// placed is state for an order.
func placed(o client.Order) history.Answer {
	a := state(client.Status{ID: o.OrderID, Status: o.Status, Transaction: o.Transaction})
	a.Code = string(o.Code)
	return a
}

// place sends an order. Where the service waited for the commit, the balance it tells is written down, too.
func (c *caller) place(ctx context.Context, from *member, o order, wait time.Duration) history.Answer {
	return c.ask(ctx, o.what(), func(ctx context.Context) (history.Answer, error) {
		call := c.history.Now()
		answer, err := c.members.Place(ctx, from.id, o.intent, &o.signed, client.Change{Wait: wait})
		if err != nil {
			return history.Answer{}, err
		}
		if b := answer.Balance; b != nil {
			c.history.Read(history.Read{Account: b.Account, Call: call, Height: b.Height, Available: b.Available})
		}
		return placed(answer), nil
	})
}

// balance reads what a member has.
func (c *caller) balance(ctx context.Context, m *member) {
	call := c.history.Now()
	within, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if b, err := c.members.Balance(within, m.id); err == nil {
		c.history.Read(history.Read{Account: m.account, Call: call, Height: b.Height, Available: b.Available})
	}
}

// What a booking is, and what the standard rules give for it.
const (
	system              = "urn:example:faults"
	price, points int64 = 100_00, 5_00
)

// report sends an event of a booking of one hotel, by an id of its own.
func (c *caller) report(ctx context.Context, m *member, kind, booking, id string) history.Answer {
	what := history.Intent{Key: history.Key{Kind: dollars.KindComplete, Ref: dollars.NewBookingID(system, booking, "1")}, Amount: dollars.Amount(points)}
	data := bookings.Data{Booking: booking, Items: []bookings.Item{{Item: "1"}}}
	if kind == bookings.Confirmed {
		what.Kind = dollars.KindConfirm
		day := bookings.DateOf(time.Now())
		data.Member = m.id
		data.Items[0] = bookings.Item{
			Item: "1", Kind: bookings.Hotel, Price: bookings.Price{Amount: bookings.Cents(price), Currency: "EUR"}, Start: day, End: day,
		}
	} else {
		what.To = m.account
	}
	event, err := json.Marshal(bookings.Event{Source: system, ID: id, Type: kind, Time: time.Now(), Data: data})
	if err != nil {
		panic(err) // it is made of what JSON can hold
	}
	return c.ask(ctx, what, func(ctx context.Context) (history.Answer, error) {
		r, err := c.booking.ReportEvent(ctx, event)
		if err == nil && r.Problem != nil {
			err = &client.Error{Problem: *r.Problem}
		}
		return history.Answer{Told: history.Accepted, Name: string(r.ID)}, err
	})
}

// capture takes part of a hold.
func (c *caller) capture(ctx context.Context, from *member, hold dollars.OrderID, amount dollars.Amount, reference string) history.Answer {
	key := history.Key{Kind: dollars.KindCapture, Ref: hold, Link: sha256.Sum256([]byte(reference))}
	return c.ask(ctx, history.Intent{Key: key, Amount: amount}, func(ctx context.Context) (history.Answer, error) {
		s, err := c.merchant.Capture(ctx, from.account, hold.String(), client.Capture{Amount: amount, Reference: reference}, client.Change{Wait: waitFor})
		if err != nil {
			return history.Answer{}, err
		}
		return state(s), nil
	})
}

// release gives back what is left of a hold.
func (c *caller) release(ctx context.Context, from *member, hold dollars.OrderID, left dollars.Amount) history.Answer {
	key := history.Key{Kind: dollars.KindRelease, Ref: hold}
	return c.ask(ctx, history.Intent{Key: key, To: from.account, Amount: left}, func(ctx context.Context) (history.Answer, error) {
		s, err := c.merchant.Release(ctx, from.account, hold.String(), nil, client.Change{Wait: waitFor})
		if err != nil {
			return history.Answer{}, err
		}
		return state(s), nil
	})
}

// follow asks what became of an operation, by the name that the service gave it or, of an order, its own.
func (c *caller) follow(ctx context.Context, o history.Operation) {
	call := c.history.Now()
	within, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	name := ""
	for _, before := range o.Answers {
		if before.Name != "" {
			name = before.Name
		}
	}
	var a history.Answer
	var err error
	switch o.Kind {
	case dollars.KindConfirm, dollars.KindComplete:
		var s client.Status
		s, err = c.booking.BookingEvent(within, name)
		a = state(s)
	case dollars.KindCapture, dollars.KindRelease:
		var s client.Status
		s, err = c.merchant.Change(within, name)
		a = state(s)
	default:
		var known client.Order
		known, err = c.members.Order(within, dollars.OrderID(o.Ref).String())
		a = placed(known)
	}
	if client.CodeOf(err) == "not_found" {
		a, err = history.Answer{Told: history.Refused, Code: "not_found"}, nil
	}
	if err != nil || a.Told == history.Accepted {
		return // that is nothing new
	}
	a.Call, a.Asked = call, true
	c.history.Told(o.Intent, a)
}

// again sends an operation as it was sent the first time.
func (c *caller) again(ctx context.Context, k history.Key) {
	c.mu.Lock()
	send := c.send[k]
	c.mu.Unlock()
	send(ctx)
}
