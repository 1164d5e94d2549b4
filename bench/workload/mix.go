package workload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/destinasia/dollars/bench/load"
	"github.com/destinasia/dollars/bookings"
)

// Turn is what a turn of the mix is.
type Turn int

// What the mix is made of.
const (
	TurnTransfer Turn = iota // 70 %
	TurnRedeem               // 15 %
	TurnAward                // 15 %, every second of which completes a booking
)

// Step is one step of the mix. Of an award the payment tells only to whom.
type Step struct {
	Turn
	Payment
}

// skew is the s of Zipf's law: how often members act and are paid is as 1 to 1/2^s to 1/3^s and so on.
const skew = 1.1

// Mix are the steps of a mixed round, with members drawn by Zipf's law.
func (m Members) Mix(count int) []Step {
	random := rand.New(rand.NewPCG(0x64657374696e6173, 0x6d6978))
	zipf := rand.NewZipf(random, skew, 1, uint64(len(m.Many)-1))
	drawn := func() *Member { return &m.Many[zipf.Uint64()] }
	steps := make([]Step, count)
	for i := range steps {
		from := drawn()
		switch n := random.IntN(100); {
		case n < 70:
			to := drawn()
			for to == from {
				to = drawn()
			}
			steps[i] = Step{TurnTransfer, Payment{from, to, cents(i)}}
		case n < 85:
			steps[i] = Step{TurnRedeem, Payment{From: from, Amount: cents(i)}}
		default:
			steps[i] = Step{TurnAward, Payment{To: from}}
		}
	}
	return steps
}

// MixAhead is how far requests of the mix may be ahead of the oldest that is not answered: a booking is completed later
// than that after it was confirmed, and the busiest member's nonces are no farther apart than the ledger takes.
const MixAhead = 4096

// stock is how many bookings are confirmed beforehand. Awards are 15 % of the steps, and every second one completes a
// booking: it takes 13 steps for each in stock until a booking of the round's own is completed. Twice what that asks for,
// because steps are drawn.
const stock = 2 * MixAhead / 13

// MixRound is a mixed round. Its bookings have names of its own; those confirmed beforehand are to be on the ledger before it
// begins.
func (o *Orders) MixRound(name string, count int, bookingToken string) (s Signed, beforehand []bookings.Event, err error) {
	var open []bookings.Event // completions whose bookings are confirmed, the oldest first
	confirm := func(booking, member string) bookings.Event {
		confirmed, completed := stay(name+"-"+booking, member, 100_00)
		open = append(open, completed)
		return confirmed
	}
	for i := range stock {
		beforehand = append(beforehand, confirm(fmt.Sprintf("stock-%d", i), o.Many[i%len(o.Many)].ID))
	}
	steps := o.Mix(count)
	s = newSigned(count)
	awards := 0
	for i, step := range steps {
		if step.Turn != TurnAward {
			continue
		}
		event := open[0]
		if awards++; awards%2 == 1 {
			event = confirm(fmt.Sprint(awards), step.To.ID)
		} else {
			open = open[1:]
		}
		body, err := json.Marshal(event)
		if err != nil {
			return s, nil, err
		}
		s.Requests[i] = load.Request{Path: "/v1/booking-events", Token: bookingToken, Media: "application/cloudevents+json", Body: body}
	}
	err = o.sign(&s, func(i int) (Payment, bool) { return steps[i].Payment, steps[i].Turn != TurnAward })
	return s, beforehand, err
}
