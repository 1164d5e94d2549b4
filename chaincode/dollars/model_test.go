package dollars

import "maps"

// model is the currency as one would write it on a page: balances are maps of month to cents, nonces a set, and an
// operation changes them at once. What caps and tiers leave is added up anew from all bookings whenever it is asked for.
// It knows no credits, no records, no overlay and no bytes. It leaves out what the scenarios show well enough one by
// one: wrong callers, freezing of nobody, the format of facts, proposals and approvals.
type model struct {
	now      int64
	lane     uint8
	versions []modelVersion
	pots     map[string]Amount
	shares   map[string]Amount // by row and lane, as in the state's keys
	spent    map[string]Amount // of budgets, by this batch
	drew     map[string]bool   // on pots, in this batch
	bookings map[BookingID]*modelBooking
	people   map[Account]*modelPerson
}

type modelBooking struct {
	state   BookingState
	owner   Account
	facts   Facts
	time    int64
	version uint32
	tier    string
	parts   []modelPart
	awarded Expiry
	counted bool
}

type modelPerson struct {
	points map[Expiry]Amount
	debt   Amount
	frozen bool
	nonces nonceSet
}

func newModel() *model {
	return &model{
		pots: map[string]Amount{}, shares: map[string]Amount{}, spent: map[string]Amount{}, drew: map[string]bool{},
		bookings: map[BookingID]*modelBooking{}, people: map[Account]*modelPerson{},
	}
}

func (m *model) person(a Account) *modelPerson {
	if m.people[a] == nil {
		m.people[a] = &modelPerson{points: map[Expiry]Amount{}, nonces: nonceSet{used: map[uint64]bool{}}}
	}
	return m.people[a]
}

func (m *model) booking(id BookingID) *modelBooking {
	if m.bookings[id] == nil {
		m.bookings[id] = &modelBooking{}
	}
	return m.bookings[id]
}

// apply answers the outcome and the code, and changes the model accordingly.
func (m *model) apply(op Operation) (Outcome, Code) {
	switch o := op.(type) {
	case Confirm:
		return m.confirm(o)
	case Complete:
		return m.complete(o)
	case Cancel:
		return m.cancel(o)
	case SignedOrder:
		return m.order(o)
	case Absorb:
		m.touch(o.Account)
		return Applied, ""
	case SetFrozen:
		p := m.person(o.Account)
		if p.frozen == o.Frozen {
			return Duplicate, ""
		}
		p.frozen = o.Frozen
		return Applied, ""
	}
	return Rejected, CodeMalformed
}

func (m *model) confirm(o Confirm) (Outcome, Code) {
	b := m.booking(o.Booking)
	known := b.state != BookingNone && b.state != BookingNoted
	same := o.Facts
	same.Booked, same.Trip = b.facts.Booked, b.facts.Trip
	if known && (b.owner != o.Account || b.facts != same) {
		return Rejected, CodeBookingConflict
	}
	if known {
		return Duplicate, ""
	}
	next, code := m.promise(o)
	if code != "" {
		return Rejected, code
	}
	if b.state == BookingNoted {
		next.state = BookingCancelled
	} else {
		next.state = BookingPending
		m.takeBudgets(next.parts)
	}
	*b = next
	return Applied, ""
}

func (m *model) complete(o Complete) (Outcome, Code) {
	b := m.booking(o.Booking)
	switch b.state {
	case BookingNone, BookingNoted:
		return Rejected, CodeBookingUnknown
	case BookingCancelled:
		return Rejected, CodeBookingCancelled
	case BookingAwarded, BookingReversed:
		return Duplicate, ""
	}
	b.state, b.awarded = BookingAwarded, monthOf(m.now)
	if v := m.inForce(); v != nil {
		b.counted = len(v.set.Tiers) > 0
	}
	for _, p := range b.parts {
		m.person(b.owner).points[ExpiryAfter(m.now, p.row.Months)] += p.points
	}
	return Applied, ""
}

func (m *model) cancel(o Cancel) (Outcome, Code) {
	b := m.booking(o.Booking)
	switch b.state {
	case BookingNone:
		b.state = BookingNoted
		return Applied, ""
	case BookingPending:
		b.state = BookingCancelled
	case BookingAwarded:
		b.state = BookingReversed
		if b.points() > 0 {
			m.touch(b.owner)
			m.person(b.owner).giveBack(b, m.now)
		}
	default:
		return Duplicate, ""
	}
	for _, p := range b.parts {
		if p.row.Budget > 0 && p.points > 0 {
			m.shares[ShareKey(p.row.ID, m.lane)] += p.points
		}
	}
	return Applied, ""
}

func (m *model) order(o SignedOrder) (Outcome, Code) {
	p := m.person(o.From)
	if p.frozen {
		return Rejected, CodeAccountFrozen
	}
	nonces := nonceSet{used: maps.Clone(p.nonces.used), high: p.nonces.high}
	if code := nonces.use(o.Nonce); code != "" {
		return Rejected, code
	}
	valid := Amount(0)
	for e, a := range p.points {
		if !e.Passed(m.now) {
			valid += a
		}
	}
	if valid-p.debt < o.Amount {
		return Rejected, CodeBalance
	}
	p.nonces = nonces
	m.touch(o.From)
	for e, a := range p.take(o.Amount) {
		if o.Order.Kind == KindTransfer {
			m.person(o.To).points[e] += a
		}
	}
	return Applied, ""
}

// touch burns what has expired and repays debts, as happens whenever an account's record is written.
func (m *model) touch(a Account) {
	p := m.person(a)
	for e := range p.points {
		if e.Passed(m.now) {
			delete(p.points, e)
		}
	}
	p.debt -= sum(p.take(p.debt))
}

// take removes up to want, earliest month first.
func (p *modelPerson) take(want Amount) map[Expiry]Amount {
	taken := map[Expiry]Amount{}
	for _, b := range bucketsOf(p.points) {
		part := min(want, b.Amount)
		p.points[b.Expiry] -= part
		taken[b.Expiry] += part
		want -= part
	}
	return taken
}

// giveBack returns what was awarded and has not expired: the very points that are still there, then any others, then by debt.
func (p *modelPerson) giveBack(b *modelBooking, now int64) {
	missing := Amount(0)
	for _, part := range b.parts {
		expiry := b.awarded + Expiry(part.row.Months)
		if expiry.Passed(now) {
			continue
		}
		own := min(part.points, p.points[expiry])
		p.points[expiry] -= own
		missing += part.points - own
	}
	p.debt += missing - sum(p.take(missing))
}

func sum(m map[Expiry]Amount) (total Amount) {
	for _, a := range m {
		total += a
	}
	return total
}
