package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/ethereum/go-ethereum/crypto"
)

// clients are all who bring work, and what they were told.
type clients struct {
	members   []*member
	directory directory
	trips     []*trip
	placed    []*request // orders
	events    []*request
	holds     []dollars.HoldID
	changes   [][32]byte // adjustments that were proposed
	asked     int        // requests so far
	open      int        // that have no answer yet
	promises  map[promise]*request
	outcomes  map[promise]wallet.Status // that were told
}

// promise is work that a replica has said it accepted.
type promise struct {
	replica int
	work    wallet.WorkID
}

// member is somebody with a key of their own.
type member struct {
	id      string
	key     *ecdsa.PrivateKey
	account dollars.Account
	nonce   uint64
}

// trip is a booking as the booking system knows it.
type trip struct {
	name   string
	member *member
	items  []wallet.BookingItem
}

// everybody are the members of all worlds: their keys take a while to make.
var everybody = sync.OnceValue(func() (all []member) {
	for n := range 7 {
		key, err := crypto.ToECDSA(crypto.Keccak256(fmt.Appendf(nil, "member %d of the simulation", n)))
		if err != nil {
			panic(err) // not for a hash
		}
		all = append(all, member{id: fmt.Sprintf("M%d", n), key: key, account: dollars.Account(crypto.PubkeyToAddress(key.PublicKey))})
	}
	return all
})

// directory is who has which account; both replicas know.
type directory struct {
	wallet.Directory
	byID      map[wallet.MemberID]wallet.Member
	byAccount map[dollars.Account]wallet.Member
}

func (d directory) Member(_ context.Context, id wallet.MemberID) (wallet.Member, error) {
	m, ok := d.byID[id]
	if !ok {
		return m, wallet.ErrNotFound
	}
	return m, nil
}

func (d directory) Owner(_ context.Context, a dollars.Account) (wallet.Member, error) {
	m, ok := d.byAccount[a]
	if !ok {
		return m, wallet.ErrNotFound
	}
	return m, nil
}

func (w *world) populate() {
	w.promises, w.outcomes = map[promise]*request{}, map[promise]wallet.Status{}
	w.directory = directory{byID: map[wallet.MemberID]wallet.Member{}, byAccount: map[dollars.Account]wallet.Member{}}
	for _, m := range everybody() {
		own := m
		w.members = append(w.members, &own)
		known := wallet.Member{ID: wallet.MemberID(m.id), Account: m.account}
		w.directory.byID[known.ID], w.directory.byAccount[known.Account] = known, known
	}
}

// endow gives members points from before, some of which expire with this month.
func (w *world) endow() {
	for i, m := range w.members {
		for k, months := range []int{-24, -1} {
			when := w.now().AddDate(0, months, -5).Unix()
			id := dollars.NewBookingID("before", fmt.Sprint(i, k), "room")
			facts := dollars.Facts{Kind: hotel, Price: 500_00, Currency: "EUR", Start: 20000, End: 20001}
			w.chain.settle(issuer, when, dollars.Confirm{Booking: id, Account: m.account, Facts: facts}, dollars.Complete{Booking: id})
		}
	}
}

// someone is a member; a few of them are most of the time.
func (w *world) someone() *member {
	n := min(w.rng.IntN(len(w.members)), w.rng.IntN(len(w.members)))
	return w.members[min(n, w.rng.IntN(len(w.members)))]
}

// request is what a client asks, until it has an answer.
type request struct {
	name  string
	send  func(ctx context.Context, p *process) ([]wallet.WorkID, error)
	order dollars.OrderID // zero if it is none
	tries int

	accepted bool // by a replica
	unsure   bool // a try had no answer: a replica may have it
	answered bool
	applied  bool
}

// client does what some client does now.
func (w *world) client() {
	if w.healed {
		return
	}
	w.after(w.within(10*time.Millisecond, 260*time.Millisecond), "a client", w.client)
	var q *request
	switch n := w.rng.IntN(100); {
	case n < 24:
		q = w.confirm()
	case n < 40:
		q = w.complete()
	case n < 48:
		q = w.cancel()
	case n < 66:
		q = w.pay(dollars.KindTransfer)
	case n < 74:
		q = w.pay(dollars.KindRedeem)
	case n < 80:
		q = w.pay(dollars.KindHold)
	case n < 85:
		q = w.checkout()
	case n < 89:
		q = w.freeze()
	case n < 91:
		q = w.expire()
	case n < 94:
		q = w.adjust()
	default:
		w.resend()
		return
	}
	if q != nil {
		w.ask(q)
	}
}

func (w *world) ask(q *request) {
	w.asked++
	q.name = fmt.Sprintf("request %d (%s)", w.asked, q.name)
	w.open++
	w.totals.requests++
	w.try(q, w.replicas[w.rng.IntN(len(w.replicas))])
}

// try sends a request to a replica. Who finds none serving comes back.
func (w *world) try(q *request, r *replica) {
	p := r.proc
	if !p.serves {
		w.again(q)
		return
	}
	q.tries++
	name := fmt.Sprintf("%s, try %d,", q.name, q.tries)
	w.trace.add("%s goes to %s", name, p.name)
	p.requests.Go(func() {
		ctx, hangUp := patience(20 * time.Second)
		defer hangUp()
		ids, err := q.send(ctx, p)
		if p.dead() {
			err = errDead // whatever it would have said
		}
		w.arrive(&call{key: name + " is answered", delay: quick, worst: slow, do: func() { w.answer(q, name, r, ids, err) }})
	})
}

// again sends a request once more, after a while.
func (w *world) again(q *request) {
	w.after(w.within(100*time.Millisecond, 1500*time.Millisecond), q.name+" is sent again", func() {
		w.try(q, w.replicas[w.rng.IntN(len(w.replicas))])
	})
}

// answer is what a client hears.
func (w *world) answer(q *request, try string, r *replica, ids []wallet.WorkID, err error) {
	var refusal *wallet.Error
	said := errors.As(err, &refusal)
	switch {
	case w.strikes(answerLost), err != nil && !said:
		w.trace.add("%s: no answer (%v)", q.name, err)
		q.unsure = true
		w.again(q)
		return
	case said && (refusal.Code == wallet.CodeUnavailable || refusal.Code == wallet.CodeOverloaded):
		w.again(q)
		return
	case said:
		w.trace.add("%s: refused, %s", q.name, refusal.Code)
		w.totals.outcomes["refused at the door"]++
	default:
		q.accepted = true
		for _, id := range ids {
			at := promise{r.number, id}
			if w.promises[at] == nil {
				w.totals.works++
			}
			w.promises[at] = q
		}
		w.listen(q, try, r, ids)
	}
	if !q.answered {
		q.answered = true
		w.open--
		if w.strikes(sentTwice) {
			w.try(q, w.replicas[1-r.number])
		}
	}
}

// listen waits, in some cases, until the work is done.
func (w *world) listen(q *request, try string, r *replica, ids []wallet.WorkID) {
	p := r.proc
	if len(ids) == 0 || !p.serves || w.rng.IntN(3) > 0 {
		return
	}
	p.requests.Go(func() {
		ctx, hangUp := patience(5 * time.Second)
		defer hangUp()
		list, err := p.wallet.Wait(ctx, ids...)
		if err != nil || p.dead() {
			return
		}
		w.arrive(&call{key: try + " is told", delay: quick, worst: slow, do: func() {
			for _, st := range list {
				if st.Done {
					w.told(q, p, st)
				}
			}
		}})
	})
}

// resend sends again what was answered before, to any replica.
func (w *world) resend() {
	list := w.placed
	if w.rng.IntN(2) == 0 {
		list = w.events
	}
	if len(list) == 0 {
		return
	}
	q := list[len(list)-1-w.rng.IntN(min(len(list), 20))]
	if q.answered {
		w.try(q, w.replicas[w.rng.IntN(len(w.replicas))])
	}
}

// event is a request that reports one.
func (w *world) event(what string, e wallet.BookingEvent) *request {
	w.asked++
	e.Source, e.ID = "simulation", fmt.Sprintf("%s %d", what, w.asked)
	q := &request{name: fmt.Sprintf("%s of trip %s", what, e.Booking), send: func(ctx context.Context, p *process) ([]wallet.WorkID, error) {
		receipts, err := p.wallet.ReportEvents(ctx, "booking system", []wallet.BookingEvent{e})
		if err != nil {
			return nil, err
		}
		return []wallet.WorkID{receipts[0].ID}, receipts[0].Err
	}}
	w.events = append(w.events, q)
	return q
}

func (w *world) confirm() *request {
	var t *trip
	if len(w.trips) > 0 && w.rng.IntN(8) == 0 {
		t = w.trips[w.rng.IntN(len(w.trips))] // reported once more, as another event
	} else {
		t = &trip{name: fmt.Sprint(len(w.trips)), member: w.someone()}
		for i := range 1 + w.rng.IntN(3) {
			t.items = append(t.items, wallet.BookingItem{
				Item: fmt.Sprint("room ", i), Kind: hotel.String(), Currency: "EUR", Start: "2026-12-01", End: "2026-12-03",
				Amount: dollars.Amount(1 + w.rng.IntN(900_00)).String(),
			})
		}
		w.trips = append(w.trips, t)
	}
	return w.event("confirmation", wallet.BookingEvent{Type: wallet.EventConfirmed, Booking: t.name, Items: t.items, Member: t.member.id})
}

// later picks a trip, mostly a late one, and perhaps one that nobody confirmed; and one or all of its items.
func (w *world) later() (name string, items []wallet.BookingItem) {
	if len(w.trips) == 0 || w.rng.IntN(20) == 0 {
		return fmt.Sprint(len(w.trips) + w.rng.IntN(2)), []wallet.BookingItem{{Item: "room 0"}}
	}
	t := w.trips[len(w.trips)-1-w.rng.IntN(min(len(w.trips), 12))]
	for _, item := range t.items {
		items = append(items, wallet.BookingItem{Item: item.Item})
	}
	if w.rng.IntN(2) == 0 {
		items = items[:1]
	}
	return t.name, items
}

func (w *world) complete() *request {
	name, items := w.later()
	return w.event("completion", wallet.BookingEvent{Type: wallet.EventCompleted, Booking: name, Items: items})
}

func (w *world) cancel() *request {
	name, items := w.later()
	return w.event("cancellation", wallet.BookingEvent{Type: wallet.EventCancelled, Booking: name, Items: items})
}

// change is a request of the service's own certificates, under an id that follows from the seed.
func (w *world) change(what string, as wallet.Certificate, ops ...dollars.Operation) *request {
	id := wallet.WorkID(sha256.Sum256(fmt.Appendf(nil, "%s %d", what, w.asked)))
	return &request{name: what, send: func(ctx context.Context, p *process) ([]wallet.WorkID, error) {
		receipts, err := p.intake.Accept(ctx, []wallet.Work{{
			ID: id, Class: wallet.ClassAdmin, As: as, Digest: id, Owner: wallet.ClientOwner("staff"), Label: what,
			Accepted: p.r.now(), Ops: ops,
		}})
		if err != nil {
			return nil, err
		}
		return []wallet.WorkID{receipts[0].ID}, receipts[0].Err
	}}
}

func (w *world) freeze() *request {
	return w.change("freezing", wallet.AsOperator, dollars.SetFrozen{Account: w.someone().account, Frozen: w.rng.IntN(3) == 0, Reason: "simulated"})
}

func (w *world) expire() *request {
	return w.change("expiry", wallet.AsIssuer, dollars.Expire{Account: w.someone().account})
}

// adjust proposes an adjustment or approves one.
func (w *world) adjust() *request {
	if n := len(w.changes); n > 0 && w.rng.IntN(2) == 0 {
		return w.change("approval", wallet.AsApprover, dollars.ApproveAdjustment{ID: w.changes[w.rng.IntN(n)]})
	}
	a := dollars.Adjustment{Account: w.someone().account, Amount: dollars.Amount(1 + w.rng.IntN(20_00)), Reason: "simulated"}
	if a.Burn = w.rng.IntN(2) == 0; !a.Burn {
		a.Months = 12
	}
	id := sha256.Sum256(fmt.Appendf(nil, "adjustment %d", w.asked))
	w.changes = append(w.changes, id)
	return w.change("adjustment", wallet.AsOperator, dollars.ProposeAdjustment{ID: id, Adjustment: a})
}

// checkout captures of a hold, or releases it.
func (w *world) checkout() *request {
	if len(w.holds) == 0 {
		return nil
	}
	id := w.holds[w.rng.IntN(len(w.holds))]
	amount := dollars.Amount(1 + w.rng.IntN(5_00))
	reference := wallet.ReferenceHash(fmt.Sprint("reference ", w.rng.IntN(40)))
	if w.rng.IntN(3) == 0 {
		return &request{name: "release", send: func(ctx context.Context, p *process) ([]wallet.WorkID, error) {
			return one(p.wallet.Release(ctx, wallet.ClientOwner("checkout"), id, nil))
		}}
	}
	return &request{name: "capture", send: func(ctx context.Context, p *process) ([]wallet.WorkID, error) {
		return one(p.wallet.Capture(ctx, wallet.ClientOwner("checkout"), id, amount, reference, nil))
	}}
}

func one(r wallet.Receipt, err error) ([]wallet.WorkID, error) {
	if err != nil {
		return nil, err
	}
	return []wallet.WorkID{r.ID}, r.Err
}

// pay is an order of a member, with a key of their own; now and then one that cannot be right.
func (w *world) pay(kind dollars.Kind) *request {
	m := w.someone()
	o := dollars.Order{Kind: kind, From: m.account, Amount: dollars.Amount(1 + w.rng.IntN(12_00)), Deadline: w.now().Add(time.Hour).Unix()}
	ask := wallet.OrderRequest{Member: m.id, Kind: kind, Amount: o.Amount}
	switch kind {
	case dollars.KindTransfer:
		o.To = w.someone().account
		ask.To.Account = &o.To
	case dollars.KindHold:
		ask.Until = w.now().Add(w.within(10*time.Second, 30*time.Second)).Truncate(time.Second)
		o.Until = ask.Until.Unix()
	}
	m.nonce++
	o.Nonce = m.nonce
	key := m.key
	switch w.rng.IntN(25) {
	case 0:
		o.Amount += 40_00 // more than most have
		ask.Amount = o.Amount
	case 1:
		o.Nonce = max(1, o.Nonce-1) // of another order
	case 2:
		o.Deadline = w.now().Add(2 * time.Second).Unix()
	case 3:
		key = w.members[w.rng.IntN(len(w.members))].key // of somebody else, perhaps
	}
	currency, _ := dollars.CurrencyOf(chaincode)
	id := o.ID(currency, channel, chaincode)
	signature, err := crypto.Sign(id[:], key)
	if err != nil {
		w.fail("sign: %v", err)
	}
	ask.Signed = &wallet.SignedFields{Nonce: o.Nonce, Deadline: o.Deadline, Signature: [65]byte(signature)}
	how := send
	switch w.rng.IntN(4) {
	case 0:
		how = relay
	case 1:
		ask.Key = &wallet.IdempotencyKey{Client: "app", Key: fmt.Sprint("order ", w.asked), Digest: id}
	}
	q := &request{name: kind.String() + " of " + m.id, order: id, send: func(ctx context.Context, p *process) ([]wallet.WorkID, error) {
		receipt, err := how(ctx, p, ask)
		if err != nil {
			return nil, err
		}
		if receipt.Repeated && receipt.Status.Done {
			return nil, nil // it may have come to the ledger by another way
		}
		return []wallet.WorkID{wallet.WorkID(receipt.ID)}, nil
	}}
	if kind == dollars.KindHold {
		w.holds = append(w.holds, dollars.HoldID{Account: m.account, Order: id})
	}
	w.placed = append(w.placed, q)
	return q
}

func send(ctx context.Context, p *process, ask wallet.OrderRequest) (wallet.OrderReceipt, error) {
	return p.wallet.PlaceOrder(ctx, ask)
}

func relay(ctx context.Context, p *process, ask wallet.OrderRequest) (wallet.OrderReceipt, error) {
	list, err := p.wallet.RelayOrders(ctx, []wallet.OrderRequest{ask})
	if err != nil {
		return wallet.OrderReceipt{}, err
	}
	return list[0].Receipt, list[0].Err
}

// ordersOnce are the orders that were placed, each id once.
func (w *world) ordersOnce() (list []*request) {
	for _, q := range w.placed {
		if !slices.ContainsFunc(list, func(x *request) bool { return x.order == q.order }) {
			list = append(list, q)
		}
	}
	return list
}
