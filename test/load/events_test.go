package load

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/destinasia/dollars/bench/load"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/bookings"
)

// endow gives all members something to spend, and waits until they have it.
func (r *rush) endow() {
	r.Helper()
	reporting := r.API("booking")
	events := workload.Endow(r.members)
	bookings := int64(len(events) / 2) // each is confirmed, then completed
	for len(events) > 0 {
		part := events[:min(500, len(events))]
		events = events[len(part):]
		batch, err := json.Marshal(part)
		if err != nil {
			r.Fatal(err)
		}
		receipts, err := reporting.ReportEvents(r.Context(), batch)
		if err != nil {
			r.Fatal(err)
		}
		for _, receipt := range receipts {
			if receipt.Problem != nil {
				r.Fatalf("an event was refused: %+v", receipt.Problem)
			}
		}
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		supply, err := reporting.Supply(r.Context())
		if err != nil {
			r.Fatal(err)
		}
		if supply[0].Bookings.Awarded == bookings {
			break
		}
		if time.Now().After(end) {
			r.Fatalf("%d of %d bookings earned points", supply[0].Bookings.Awarded, bookings)
		}
	}
	b, err := r.API("member").Balance(r.Context(), r.payee(0))
	if err != nil {
		r.Fatal(err)
	}
	r.endowed = b.Available
}

// payee is the member whom a payer pays.
func (r *rush) payee(payer int) string { return r.members.Many[r.connections+payer].ID }

// events is an offer of bookings that are confirmed, each a new one.
func (r *rush) events(perSecond float64, last time.Duration) offer {
	sent := make([]int, r.connections)
	return offer{
		perSecond: perSecond, last: last,
		request: func(i int) (load.Request, bool) {
			name := fmt.Sprintf("flood-%d-%d", i, sent[i])
			return load.Request{
				Path: "/v1/booking-events", Token: r.Key("booking"), Media: "application/cloudevents+json",
				Body: fmt.Appendf(nil, `{"specversion":"1.0","id":"%s","source":"%s","type":"%s","data":{"booking":"%s","member":"%s","items":[`+
					`{"item":"1","kind":"hotel","price":{"amount":"100.00","currency":"EUR"},"start":"2025-06-01","end":"2025-06-03"}]}}`,
					name, workload.Source, bookings.Confirmed, name, r.members.Many[i].ID),
			}, true
		},
		answered: func(i int, a answer) {
			if a.accepted() {
				sent[i]++
			}
		},
	}
}

// reads is an offer of questions for balances.
func (r *rush) reads(perSecond float64, last time.Duration) offer {
	return offer{
		perSecond: perSecond, last: last,
		request: func(i int) (load.Request, bool) {
			return load.Request{Path: "/v1/members/" + r.members.Many[i].ID + "/balance", Token: r.Key("member")}, true
		},
		answered: func(int, answer) {},
	}
}
