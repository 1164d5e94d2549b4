package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// model is the ledger as a bookkeeper would have it who reads the journals: who has how much of which month, which bookings
// are in which state, which orders were applied. It knows no keys, records, credits or batches, and believes no entry that
// does not add up.
type model struct {
	rules    terms
	accounts map[dollars.Account]*book
	bookings map[[32]byte]*booked
	holds    map[[32]byte]*held
	orders   map[[32]byte]place // where each was applied
	nonces   map[dollars.Account]map[uint64]bool
	extra    dollars.Amount // promised out of the budget and not given back
	changes  map[[32]byte]bool
	supply   dollars.Supply
}

// book is what an account has.
type book struct {
	points  map[dollars.Expiry]dollars.Amount
	debt    dollars.Amount
	held    dollars.Amount
	pending dollars.Amount
	frozen  bool
}

type booked struct {
	state    dollars.BookingState
	owner    dollars.Account
	promised dollars.Amount
	extra    dollars.Amount
}

type held struct {
	owner    dollars.Account
	left     map[dollars.Expiry]dollars.Amount
	captured map[[32]byte]bool
	released bool
}

// terms are the rules that the world has: a share of the price, and perhaps a promotion with a budget.
type terms struct {
	basisPoints, extraBasisPoints uint32
	budget                        dollars.Amount
}

func newModel(t terms) *model {
	return &model{
		rules: t, accounts: map[dollars.Account]*book{}, bookings: map[[32]byte]*booked{}, holds: map[[32]byte]*held{},
		orders: map[[32]byte]place{}, nonces: map[dollars.Account]map[uint64]bool{}, changes: map[[32]byte]bool{},
	}
}

func (m *model) book(a dollars.Account) *book {
	if m.accounts[a] == nil {
		m.accounts[a] = &book{points: map[dollars.Expiry]dollars.Amount{}}
	}
	return m.accounts[a]
}

func (b *book) copied() *book {
	c := *b
	c.points = maps.Clone(b.points)
	return &c
}

// apply takes in a transaction that is valid.
func (m *model) apply(tx ordered, at place) error {
	_, ops, err := dollars.DecodeBatch(tx.batch)
	if err != nil {
		return err
	}
	journal, err := dollars.DecodeJournal(tx.event)
	if err != nil {
		return err
	}
	if len(ops) != len(journal.Entries) {
		return fmt.Errorf("%d operations and %d entries", len(ops), len(journal.Entries))
	}
	for i, e := range journal.Entries {
		if e.Kind != ops[i].Kind() {
			return fmt.Errorf("entry %d is a %s, its operation a %s", i, e.Kind, ops[i].Kind())
		}
		if err := m.entry(ops[i], &e, tx.time, at); err != nil {
			return fmt.Errorf("entry %d, %s %s of %s: %w", i, e.Kind, e.Outcome, e.Account, err)
		}
		if err := m.supply.Fold(e); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

func (m *model) entry(op dollars.Operation, e *dollars.Entry, now int64, at place) error {
	switch e.Outcome {
	case dollars.Rejected:
		return m.rejected(op, e, now)
	case dollars.Duplicate:
		return m.repeated(op, e)
	}
	if err := m.clean(e, now); err != nil {
		return err
	}
	switch o := op.(type) {
	case dollars.Confirm:
		return m.confirm(o, e)
	case dollars.Complete:
		return m.complete(e)
	case dollars.Cancel:
		return m.cancel(e)
	case dollars.SignedOrder:
		return m.order(o, e, now, at)
	case dollars.SetFrozen:
		if m.book(o.Account).frozen == o.Frozen {
			return fmt.Errorf("it was so before")
		}
		m.book(o.Account).frozen = o.Frozen
	case dollars.ProposeAdjustment:
		m.changes[o.ID] = false
	case dollars.ApproveAdjustment:
		if done, known := m.changes[o.ID]; done || !known {
			return fmt.Errorf("the adjustment was not proposed, or made before")
		}
		m.changes[o.ID] = true
		if !e.Burn {
			return m.put(e.Account, e.Moved)
		}
		m.book(e.Account).debt += e.Debt
		return m.take(e.Account, e.Moved)
	}
	return nil
}

// clean does what happens whenever an account is touched.
func (m *model) clean(e *dollars.Entry, now int64) error {
	if e.Kind == dollars.KindRelease {
		return nil // what has expired of a hold
	}
	for _, x := range e.Expired {
		if !x.Expiry.Passed(now) {
			return fmt.Errorf("%s of %s are burned before their time", x.Amount, x.Expiry)
		}
	}
	if err := m.take(e.Account, e.Expired); err != nil {
		return err
	}
	b := m.book(e.Account)
	repaid, err := e.Repaid.Total()
	if b.debt -= repaid; b.debt < 0 || err != nil {
		return fmt.Errorf("%s are repaid of a debt of %s", repaid, b.debt+repaid)
	}
	return m.take(e.Account, e.Repaid)
}

// take removes points that must be there.
func (m *model) take(a dollars.Account, points dollars.Buckets) error {
	return takeFrom(m.book(a).points, points)
}

func takeFrom(from map[dollars.Expiry]dollars.Amount, points dollars.Buckets) error {
	for _, x := range points {
		if from[x.Expiry] -= x.Amount; from[x.Expiry] < 0 || x.Amount <= 0 {
			return fmt.Errorf("%s of %s are taken where %s were", x.Amount, x.Expiry, from[x.Expiry]+x.Amount)
		}
		if from[x.Expiry] == 0 {
			delete(from, x.Expiry)
		}
	}
	return nil
}

func (m *model) put(a dollars.Account, points dollars.Buckets) error {
	b := m.book(a)
	for _, x := range points {
		if x.Amount <= 0 {
			return fmt.Errorf("%s are given", x.Amount)
		}
		b.points[x.Expiry] += x.Amount
	}
	return nil
}

func total(points map[dollars.Expiry]dollars.Amount) (sum dollars.Amount) {
	for _, a := range points {
		sum += a
	}
	return sum
}

func exactly(points dollars.Buckets, want dollars.Amount) error {
	if got, err := points.Total(); err != nil || got != want {
		return fmt.Errorf("%s are moved where it says %s", got, want)
	}
	return nil
}

func (m *model) booking(ref [32]byte) *booked {
	if m.bookings[ref] == nil {
		m.bookings[ref] = &booked{}
	}
	return m.bookings[ref]
}

func (m *model) confirm(o dollars.Confirm, e *dollars.Entry) error {
	b := m.booking(e.Ref)
	base := o.Facts.Price * dollars.Amount(m.rules.basisPoints) / 10_000
	extra := o.Facts.Price * dollars.Amount(m.rules.extraBasisPoints) / 10_000
	if e.Amount < base && e.After == dollars.BookingPending || e.Amount > base+extra {
		return fmt.Errorf("%s are promised where the rules give %s and up to %s more", e.Amount, base, extra)
	}
	switch b.state {
	case dollars.BookingNone:
		*b = booked{dollars.BookingPending, o.Account, e.Amount, e.Amount - base}
		m.book(o.Account).pending += e.Amount
		if m.extra += b.extra; m.extra > m.rules.budget {
			return fmt.Errorf("%s of a budget of %s are promised", m.extra, m.rules.budget)
		}
	case dollars.BookingNoted:
		*b = booked{dollars.BookingCancelled, o.Account, e.Amount, 0}
	default:
		return fmt.Errorf("it was confirmed before: it is %s", b.state)
	}
	return b.is(e)
}

// is compares the state a booking has with that which an entry says.
func (b *booked) is(e *dollars.Entry) error {
	if e.After != b.state {
		return fmt.Errorf("the booking is said to be %s and should be %s", e.After, b.state)
	}
	return nil
}

func (m *model) complete(e *dollars.Entry) error {
	b := m.booking(e.Ref)
	if b.state != dollars.BookingPending {
		return fmt.Errorf("a booking that is %s is awarded", b.state)
	}
	b.state = dollars.BookingAwarded
	m.book(b.owner).pending -= b.promised
	if err := exactly(e.Moved, b.promised); err != nil {
		return err
	}
	if err := m.put(b.owner, e.Moved); err != nil {
		return err
	}
	return b.is(e)
}

func (m *model) cancel(e *dollars.Entry) error {
	b := m.booking(e.Ref)
	m.extra -= b.extra
	b.extra = 0
	switch b.state {
	case dollars.BookingNone:
		b.state = dollars.BookingNoted
	case dollars.BookingPending:
		b.state = dollars.BookingCancelled
		m.book(b.owner).pending -= b.promised
	case dollars.BookingAwarded:
		b.state = dollars.BookingReversed
		if err := m.reverse(b, e); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a booking that is %s is cancelled", b.state)
	}
	return b.is(e)
}

// reverse takes back what a booking was awarded: from its owner, from whom they gave it to, as a debt, or not at all.
func (m *model) reverse(b *booked, e *dollars.Entry) error {
	taken, err := e.Moved.Total()
	if err != nil {
		return err
	}
	if err := m.take(b.owner, e.Moved); err != nil {
		return err
	}
	for _, r := range e.Recalled {
		recalled, err := r.Moved.Total()
		if err != nil {
			return err
		}
		taken += recalled
		if err := m.take(r.Account, r.Moved); err != nil {
			return err
		}
	}
	m.book(b.owner).debt += e.Debt
	if taken += e.Debt + e.Forgiven; taken > b.promised {
		return fmt.Errorf("%s are taken back of %s", taken, b.promised)
	}
	return nil
}

func (m *model) order(o dollars.SignedOrder, e *dollars.Entry, now int64, at place) error {
	if o.ByMerchant() {
		return m.merchant(o, e)
	}
	switch {
	case m.orders[e.Ref] != place{}:
		return fmt.Errorf("it was applied before, in block %d", m.orders[e.Ref].block)
	case m.nonces[o.From][o.Nonce]:
		return fmt.Errorf("nonce %d was used before", o.Nonce)
	case o.Deadline < now:
		return fmt.Errorf("its deadline passed %d s ago", now-o.Deadline)
	case m.book(o.From).frozen:
		return fmt.Errorf("the account is frozen")
	}
	m.orders[e.Ref] = at
	if m.nonces[o.From] == nil {
		m.nonces[o.From] = map[uint64]bool{}
	}
	m.nonces[o.From][o.Nonce] = true
	if e.Amount != o.Amount || e.Account != o.From {
		return fmt.Errorf("%s of %s are moved instead of what was ordered", e.Amount, e.Account)
	}
	if err := exactly(e.Moved, o.Amount); err != nil {
		return err
	}
	if err := m.take(o.From, e.Moved); err != nil {
		return err
	}
	for _, x := range e.Moved {
		if x.Expiry.Passed(now) {
			return fmt.Errorf("points that expired in %s are spent", x.Expiry)
		}
	}
	switch o.Order.Kind {
	case dollars.KindTransfer:
		return m.put(o.To, e.Moved)
	case dollars.KindHold:
		h := &held{owner: o.From, left: map[dollars.Expiry]dollars.Amount{}, captured: map[[32]byte]bool{}}
		for _, x := range e.Moved {
			h.left[x.Expiry] += x.Amount
		}
		m.holds[e.Ref] = h
		m.book(o.From).held += o.Amount
	}
	return nil
}

// merchant is a capture or a release.
func (m *model) merchant(o dollars.SignedOrder, e *dollars.Entry) error {
	h := m.holds[e.Ref]
	if h == nil || h.released {
		return fmt.Errorf("there is no such hold, or no more")
	}
	if err := takeFrom(h.left, e.Moved); err != nil {
		return err
	}
	moved, err := e.Moved.Total()
	if err != nil {
		return err
	}
	m.book(h.owner).held -= moved
	if o.Order.Kind == dollars.KindCapture {
		if h.captured[o.Reference] {
			return fmt.Errorf("it was captured with this reference before")
		}
		h.captured[o.Reference] = true
		return exactly(e.Moved, o.Amount)
	}
	h.released = true
	if err := takeFrom(h.left, e.Expired); err != nil {
		return err
	}
	expired, err := e.Expired.Total()
	m.book(h.owner).held -= expired
	if err != nil || len(h.left) > 0 {
		return fmt.Errorf("%s are left in a hold that was released", total(h.left))
	}
	return m.put(h.owner, e.Moved)
}

// repeated is what says that it changed nothing because it was done before: then it was.
func (m *model) repeated(op dollars.Operation, e *dollars.Entry) error {
	switch op.(type) {
	case dollars.Confirm, dollars.Complete, dollars.Cancel:
		return m.booking(e.Ref).is(e)
	case dollars.ApproveAdjustment:
		if !m.changes[e.Ref] {
			return fmt.Errorf("the adjustment was not made")
		}
	}
	if len(e.Moved)+len(e.Expired)+len(e.Repaid) > 0 {
		return fmt.Errorf("a duplicate moves points")
	}
	return nil
}

// rejected is a refusal: for what is the case.
func (m *model) rejected(op dollars.Operation, e *dollars.Entry, now int64) error {
	var so bool
	switch o := op.(type) {
	case dollars.Complete:
		b := m.booking(e.Ref)
		so = e.Code == dollars.CodeBookingUnknown && (b.state == dollars.BookingNone || b.state == dollars.BookingNoted) ||
			e.Code == dollars.CodeBookingCancelled && b.state == dollars.BookingCancelled
	case dollars.Confirm:
		so = e.Code == dollars.CodeBookingConflict && m.booking(e.Ref).state != dollars.BookingNone
	case dollars.SignedOrder:
		if o.ByMerchant() {
			return nil // which of its many reasons is for the rulebook's own tests
		}
		switch e.Code {
		case dollars.CodeNonceUsed:
			so = m.nonces[o.From][o.Nonce] || o.Nonce == 0
		case dollars.CodeDeadlinePassed:
			so = o.Deadline < now
		case dollars.CodeAccountFrozen:
			so = m.book(o.From).frozen
		case dollars.CodeBalance, dollars.CodeStaleCredits:
			so = true // of the credits that were named; that the service tries others is checked at the end
		default:
			so = slices.Contains(badOrders, e.Code)
		}
	default:
		return nil
	}
	if !so {
		return fmt.Errorf("refused with %s, without cause", e.Code)
	}
	return nil
}

// badOrders are the refusals that orders of the clients here may be asking for.
var badOrders = []dollars.Code{dollars.CodeSignatureInvalid, dollars.CodeSelfTransfer, dollars.CodeAmountZero, dollars.CodeUntilInvalid}
