package wallet

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// Types of booking event (CloudEvents type attribute).
const (
	EventConfirmed = "com.destinasia.booking.confirmed.v1"
	EventCompleted = "com.destinasia.booking.completed.v1"
	EventCancelled = "com.destinasia.booking.cancelled.v1"
)

// BookingEvent is an event as the booking system reports it: decoded, not judged.
type BookingEvent struct {
	Source, ID, Type string    // CloudEvents attributes; source and id together name the event
	Time             time.Time // when it happened; zero where the sender did not say
	Booking          string
	Items            []BookingItem // but for confirmed events only Item is set
	Reason           string        // of a cancelled event; not kept
	Cause            string        // of a cancelled event: a code, in the sense of dollars.Facts, which the ledger keeps

	// Of a confirmed event; channel and party only where the sender says.
	Member  string
	Channel string // a code, in the sense of dollars.Facts
	Party   uint32 // travellers
}

// BookingItem is one thing booked: it counts on its own.
type BookingItem struct {
	Item       string // its name within the booking
	Kind       string
	Amount     string // decimal, of Currency
	Currency   string
	Start, End string // YYYY-MM-DD

	Cabin, Route, Country, Hotel string // codes, in the sense of dollars.Facts; "" where the sender does not say
}

// Bounds of an event, in bytes but for items.
const (
	MaxNameLength   = 256 // source, id, booking, item
	MaxReasonLength = 200
	MaxItems        = 50
)

// maxAhead is how far a sender's clock may be ahead of ours. The day of an event goes onto the ledger for good.
const maxAhead = 24 * time.Hour

// EventReceipt answers one event of a report.
type EventReceipt struct {
	ID       WorkID
	Repeated bool
	Err      error // why it was not accepted
}

// ReportEvents accepts what of the events can be accepted, and answers each in its place. It fails as a whole, with
// nothing accepted, only when the intake does.
func (s *Service) ReportEvents(ctx context.Context, client string, events []BookingEvent) ([]EventReceipt, error) {
	receipts := make([]EventReceipt, len(events))
	work := make([]Work, 0, len(events))
	place := make([]int, 0, len(events))
	rules, err := s.Rules(ctx)
	if code, refused := codeOf(err); err != nil && (!refused || code != CodeNotFound) {
		return nil, err
	}
	for i, e := range events {
		w, err := s.eventWork(ctx, e, rules.Set.Currency)
		receipts[i] = EventReceipt{ID: w.ID, Err: err}
		if err != nil {
			if _, refused := codeOf(err); !refused {
				return nil, err
			}
			continue
		}
		w.Owner = ClientOwner(client)
		work, place = append(work, w), append(place, i)
	}
	if len(work) == 0 {
		return receipts, nil
	}
	accepted, err := s.accept(ctx, work)
	if err != nil {
		return nil, fmt.Errorf("accept events: %w", err)
	}
	for k, r := range accepted {
		receipts[place[k]] = EventReceipt(r)
	}
	return receipts, nil
}

// eventWork judges an event and turns it into work. currency is the one the rules know, "" before there are rules:
// then the ledger decides.
func (s *Service) eventWork(ctx context.Context, e BookingEvent, currency string) (Work, error) {
	if err := e.check(s.now()); err != nil {
		return Work{}, err
	}
	var account dollars.Account
	if e.Type == EventConfirmed {
		m, err := s.Member(ctx, e.Member)
		if err != nil {
			return Work{}, at("/data/member", err)
		}
		account = m.Account
	}
	w := Work{ID: eventID(e.Source, e.ID), Class: ClassBooking, Label: e.Type, Accepted: s.now(), Ops: make([]dollars.Operation, len(e.Items))}
	for i, item := range e.Items {
		field := fmt.Sprintf("/data/items/%d", i)
		if err := checkName(field+"/item", item.Item); err != nil {
			return Work{}, err
		}
		for _, earlier := range e.Items[:i] {
			if earlier.Item == item.Item {
				return Work{}, &Error{Code: CodeItemInvalid, Detail: "this item is named twice in one event", Field: field + "/item"}
			}
		}
		op, err := itemOperation(e, item, account, currency)
		if err != nil {
			return Work{}, at(field, err)
		}
		w.Ops[i] = op
	}
	if err := e.situate(w.Ops); err != nil {
		return Work{}, err
	}
	// Before the day of booking is in them: an event that is sent again is the same at whatever time its sender says it
	// happened, as the item is to the ledger.
	w.Digest = digestOf(w.Ops)
	e.date(w.Ops)
	return w, nil
}

// check judges what an event has beside its items' own.
func (e BookingEvent) check(now time.Time) error {
	for _, f := range []struct{ field, value string }{
		{"/source", e.Source}, {"/id", e.ID}, {"/data/booking", e.Booking},
	} {
		if err := checkName(f.field, f.value); err != nil {
			return err
		}
	}
	switch e.Type {
	case EventConfirmed, EventCompleted, EventCancelled:
	default:
		return &Error{Code: CodeEventUnknown, Detail: "this service knows " + EventConfirmed + ", " + EventCompleted + " and " + EventCancelled, Field: "/type"}
	}
	switch {
	case !e.Time.IsZero() && e.Time.Unix() < 0:
		return &Error{Code: dollars.CodeDateInvalid, Detail: "the event happened before 1970", Field: "/time"}
	case e.Time.After(now.Add(maxAhead)):
		return &Error{Code: dollars.CodeDateInvalid, Detail: "the event is said to happen more than a day from now; it was not accepted: correct the sender's clock, or leave time out", Field: "/time"}
	case len(e.Items) < 1 || len(e.Items) > MaxItems:
		return &Error{Code: CodeItemInvalid, Detail: fmt.Sprintf("an event has 1 to %d items; this one has %d", MaxItems, len(e.Items)), Field: "/data/items"}
	case len(e.Reason) > MaxReasonLength:
		return &Error{Code: CodeMalformed, Detail: fmt.Sprintf("a reason has at most %d bytes", MaxReasonLength), Field: "/data/reason"}
	case e.Cause != "":
		return at("/data/cause", dollars.CheckReason(e.Cause))
	}
	return nil
}

// situate tells every item of a confirmed event how it was booked and what else was with it.
func (e BookingEvent) situate(ops []dollars.Operation) error {
	trip := tripOf(ops)
	for i, op := range ops {
		o, ok := op.(dollars.Confirm)
		if !ok {
			continue
		}
		for _, step := range []struct {
			field string
			set   func()
		}{
			{"/data/channel", func() { o.Facts.Channel = e.Channel }},
			{"/data/party", func() { o.Facts.Party = e.Party }},
			{"/data/items", func() { o.Facts.Trip = trip }},
		} {
			// What is there is in order, so what is wrong then is what was set.
			step.set()
			if err := o.Facts.Check(); err != nil {
				return at(step.field, err)
			}
		}
		ops[i] = o
	}
	return nil
}

// tripOf is what items are confirmed together.
func tripOf(ops []dollars.Operation) (trip earn.Trip) {
	for _, op := range ops {
		o, ok := op.(dollars.Confirm)
		if !ok {
			continue
		}
		switch o.Facts.Kind {
		case earn.Hotel:
			trip.Hotels++
			trip.Nights = max(trip.Nights, uint32(o.Facts.End-o.Facts.Start))
		case earn.Car:
			trip.Cars++
		case earn.Flight:
			trip.Flights++
		}
	}
	return trip
}

// date tells every item of a confirmed event the day it was booked.
func (e BookingEvent) date(ops []dollars.Operation) {
	if e.Time.IsZero() {
		return
	}
	for i, op := range ops {
		if o, ok := op.(dollars.Confirm); ok {
			o.Facts.Booked = dollars.DateOf(e.Time.Unix())
			ops[i] = o
		}
	}
}

func itemOperation(e BookingEvent, item BookingItem, account dollars.Account, currency string) (dollars.Operation, error) {
	id := dollars.NewBookingID(e.Source, e.Booking, item.Item)
	switch e.Type {
	case EventCompleted:
		return dollars.Complete{Booking: id}, nil
	case EventCancelled:
		return dollars.Cancel{Booking: id, Cause: e.Cause}, nil
	}
	facts, err := item.facts(currency)
	return dollars.Confirm{Booking: id, Account: account, Facts: facts}, err
}

// facts reads what the item earns by. Zero prices are facts like any other: they earn nothing.
func (item BookingItem) facts(currency string) (f dollars.Facts, err error) {
	if f.Kind, err = earn.ParseKind(item.Kind); err != nil {
		return f, &Error{Code: dollars.CodeKindUnknown, Detail: "the kind of an item is hotel, car or flight", Field: "/kind"}
	}
	if f.Price, err = dollars.ParseAmount(item.Amount); err != nil {
		return f, at("/price/amount", err)
	}
	if f.Price > dollars.MaxPrice {
		return f, &Error{Code: dollars.CodeAmountTooLarge, Detail: "a price is at most " + dollars.MaxPrice.String(), Field: "/price/amount"}
	}
	f.Currency = item.Currency
	if len(f.Currency) != 3 || (currency != "" && f.Currency != currency) {
		return f, &Error{Code: dollars.CodeCurrencyUnknown, Detail: "the rules in force do not know this currency", Field: "/price/currency"}
	}
	if f.Start, err = dollars.ParseDate(item.Start); err != nil {
		return f, at("/start", err)
	}
	if f.End, err = dollars.ParseDate(item.End); err != nil {
		return f, at("/end", err)
	}
	if f.End < f.Start {
		return f, &Error{Code: dollars.CodeDateInvalid, Detail: "the item ends before it starts", Field: "/end"}
	}
	for _, code := range []struct {
		field string
		to    *string
		value string
	}{
		{"/cabin", &f.Cabin, item.Cabin},
		{"/route", &f.Route, item.Route},
		{"/country", &f.Country, item.Country},
		{"/hotel", &f.Hotel, item.Hotel},
	} {
		// What was read so far is in order, so what is wrong then is this.
		*code.to = code.value
		if err := f.Check(); err != nil {
			return f, at(code.field, err)
		}
	}
	if c := f.Country; c != "" && (len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		// The ledger takes any code, but a rule for PT would pass over Portugal and pt without a word.
		return f, &Error{Code: dollars.CodeFactInvalid, Detail: "a country is two capital letters, such as PT (ISO 3166-1 alpha-2)", Field: "/country"}
	}
	return f, nil
}

func checkName(field, value string) error {
	if value == "" || len(value) > MaxNameLength {
		return &Error{Code: CodeMalformed, Detail: fmt.Sprintf("must have 1 to %d bytes", MaxNameLength), Field: field}
	}
	return nil
}

// eventID is SHA-256 over source and id, each with its length before it.
func eventID(source, id string) WorkID {
	var b []byte
	for _, s := range []string{source, id} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return sha256.Sum256(b)
}

// digestOf is over the operations, so two spellings of one event are the same event.
func digestOf(ops []dollars.Operation) [32]byte {
	encoded := make([][]byte, len(ops))
	for i, op := range ops {
		encoded[i] = dollars.EncodeOperation(op)
	}
	return sha256.Sum256(dollars.EncodeBatch(0, encoded))
}

// codeOf finds the code of a refusal, the service's or the ledger's.
func codeOf(err error) (dollars.Code, bool) {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Code, true
	}
	return dollars.CodeOf(err)
}
