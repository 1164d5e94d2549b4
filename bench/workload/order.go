package workload

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/bench/load"
	"github.com/destinasia/dollars/chaincode/dollars"
)

// Ledger is what orders are signed for.
type Ledger struct {
	Currency           dollars.Currency
	Channel, Chaincode string
}

// lifetime is for how long orders may be applied: longer than a run of the benchmark takes.
const lifetime = 24 * time.Hour

// Orders makes the orders of rounds, one round after the other. It counts the members' nonces.
type Orders struct {
	Members
	Signed   func() // if not nil, is called for every order that is signed, concurrently
	ledger   Ledger
	token    string
	deadline int64
	nonces   map[dollars.Account]uint64 // the last one of each
}

// NewOrders makes orders for a ledger that are sent with an API key.
func NewOrders(m Members, ledger Ledger, token string, now time.Time) *Orders {
	return &Orders{Members: m, ledger: ledger, token: token, deadline: now.Add(lifetime).Unix(), nonces: map[dollars.Account]uint64{}}
}

// Payment says who is to pay whom. Nobody receives what is redeemed.
type Payment struct {
	From, To *Member
	Amount   dollars.Amount
}

// The most that an order is for, in cents. Amounts differ so that orders of the same two members do.
const mostCents = 9

func cents(i int) dollars.Amount { return dollars.Amount(1 + i%mostCents) }

// Transfer is the i-th transfer between distinct accounts. In one turn every member of an even number pays the next one, in
// the next everybody of an odd number does.
func (m Members) Transfer(i int) Payment {
	n := len(m.Many)
	turn, place := i/(n/2), i%(n/2)*2
	return Payment{&m.Many[(place+turn)%n], &m.Many[(place+turn+1)%n], cents(i)}
}

// HotTo is the i-th payment to the hot receiver.
func (m Members) HotTo(i int) Payment {
	return Payment{&m.Many[i%len(m.Many)], &m.Receiver, cents(i)}
}

// HotFrom is the i-th payment of the hot payer: always a cent, so that all of a day's stay below the limit.
func (m Members) HotFrom(i int) Payment {
	return Payment{&m.Payer, &m.Many[i%len(m.Many)], 1}
}

// Redeem is the i-th redemption.
func (m Members) Redeem(i int) Payment {
	return Payment{From: &m.Many[i%len(m.Many)], Amount: cents(i)}
}

// Signed are orders that are ready to be sent.
type Signed struct {
	Requests []load.Request
	Each     int       // orders of a request; the last one may have fewer
	by       []*Member // whose order each is; nil for what is none
}

// Sent is how many orders the first so many requests have.
func (s Signed) Sent(requests int) int { return min(len(s.by), requests*s.Each) }

// Sign makes so many orders, with all cores.
func (o *Orders) Sign(count int, payment func(i int) Payment) (Signed, error) {
	s := newSigned(count)
	err := o.sign(&s, func(i int) (Payment, bool) { return payment(i), true })
	return s, err
}

func newSigned(count int) Signed {
	return Signed{make([]load.Request, count), 1, make([]*Member, count)}
}

// sign makes those that are payments; the others' places stay as they are.
func (o *Orders) sign(s *Signed, payment func(i int) (Payment, bool)) error {
	payments, nonces := make([]Payment, len(s.Requests)), make([]uint64, len(s.Requests))
	for i := range payments {
		p, ok := payment(i)
		if !ok {
			continue
		}
		o.nonces[p.From.Account]++
		payments[i], nonces[i], s.by[i] = p, o.nonces[p.From.Account], p.From
	}
	return inParallel(len(payments), func(i int) (err error) {
		if payments[i].From != nil {
			s.Requests[i], err = o.request(payments[i], nonces[i])
			if o.Signed != nil {
				o.Signed()
			}
		}
		return err
	})
}

// Unsent takes back all but the first so many requests: the next orders have their nonces.
func (o *Orders) Unsent(s Signed, sent int) {
	for _, member := range s.by[s.Sent(sent):] {
		if member != nil {
			o.nonces[member.Account]--
		}
	}
}

// request signs a payment and writes it as the service's API takes it.
func (o *Orders) request(p Payment, nonce uint64) (load.Request, error) {
	order := dollars.Order{Kind: dollars.KindRedeem, From: p.From.Account, Amount: p.Amount, Nonce: nonce, Deadline: o.deadline}
	body := append(make([]byte, 0, 384), `{"kind":"redemption`...)
	if p.To != nil {
		order.Kind, order.To = dollars.KindTransfer, p.To.Account
		body = append(append(body[:0], `{"kind":"transfer","to":"`...), order.To.String()...)
	}
	id := order.ID(o.ledger.Currency, o.ledger.Channel, o.ledger.Chaincode)
	signature, err := crypto.Sign(id[:], p.From.key)
	if err != nil {
		return load.Request{}, fmt.Errorf("sign an order of %s: %w", p.From.ID, err)
	}
	body = append(append(body, `","amount":"`...), p.Amount.String()...)
	body = strconv.AppendUint(append(body, `","signed":{"nonce":`...), nonce, 10)
	body = strconv.AppendInt(append(body, `,"deadline":`...), o.deadline, 10)
	body = fmt.Appendf(body, `,"signature":"0x%x"}}`, signature)
	return load.Request{Path: "/v1/members/" + p.From.ID + "/orders", Token: o.token, Media: "application/json", Body: body}, nil
}
