package dollars

import (
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// model is the currency as one would write it on a page: balances are maps of month to cents, nonces a set, and an
// operation changes them at once. What caps and tiers leave is added up anew from all bookings whenever it is asked for.
// It knows no credits, no records, no overlay and no bytes; whose key made a signature it is told. It leaves out what the
// scenarios show well enough one by one: the format of facts, proposals and approvals of rules.
type model struct {
	now      int64
	lane     uint8
	caller   Caller
	told     *cast // of signatures
	versions []modelVersion
	totals   map[string]Amount // of budgets and stocks
	pots     map[string]Amount
	shares   map[string]Amount // by row and lane, as in the state's keys
	spent    map[string]Amount // of budgets, by this batch
	drew     map[string]bool   // on pots, in this batch
	bookings map[BookingID]*modelBooking
	people   map[Account]*modelPerson
	holds    map[HoldID]*modelHold
	rewards  map[string]*Reward
	vouchers map[[32]byte]*modelVoucher
	losses   map[Account]*modelLoss
	changes  map[[32]byte]*modelChange
	adjusted map[Date]Amount
	payees   map[Payee]*modelPayee
	sums     Supply // as the model counts it
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
	frozen string
	nonces nonceSet
	keys   []Account
	day    Date // of the latest order that the policy counted
	sent   Amount
	given  []modelGift

	household Account
	*modelHousehold
}

func newModel(told *cast) *model {
	return &model{
		told: told, totals: map[string]Amount{},
		pots: map[string]Amount{}, shares: map[string]Amount{}, spent: map[string]Amount{}, drew: map[string]bool{},
		bookings: map[BookingID]*modelBooking{}, people: map[Account]*modelPerson{}, holds: map[HoldID]*modelHold{},
		rewards: map[string]*Reward{}, vouchers: map[[32]byte]*modelVoucher{}, losses: map[Account]*modelLoss{},
		changes: map[[32]byte]*modelChange{}, adjusted: map[Date]Amount{}, payees: map[Payee]*modelPayee{},
	}
}

func (m *model) person(a Account) *modelPerson {
	if m.people[a] == nil {
		m.people[a] = &modelPerson{
			points: map[Expiry]Amount{}, nonces: nonceSet{used: map[uint64]bool{}}, keys: []Account{a},
		}
	}
	return m.people[a]
}

func (m *model) booking(id BookingID) *modelBooking {
	if m.bookings[id] == nil {
		m.bookings[id] = &modelBooking{}
	}
	return m.bookings[id]
}

func (m *model) policy() (p earn.Policy) {
	if v := m.inForce(); v != nil && v.set.Policy != nil {
		p = *v.set.Policy
	}
	return p
}

// mayNot tells whom the operation is not for.
func (m *model) mayNot(op Operation) bool {
	role, issuers := "", m.caller.MSP == "DestinasiaMSP"
	switch o := op.(type) {
	case Confirm, Complete, Cancel:
		role = RoleIssuer
	case SetFrozen, ProposeAdjustment:
		role = RoleOperator
	case ApproveAdjustment:
		role, issuers = RoleOperator, true
	case Recovery:
		if role, issuers = RoleOperator, true; o.Step == KindRecover {
			return false
		}
	case SetReward:
		role = RoleMerchant
	case SignedOrder:
		if role = RoleMerchant; !o.From.IsZero() || o.Order.Kind != KindCapture && o.Order.Kind != KindUse {
			return false
		}
	default:
		return false
	}
	return m.caller.Role != role || !issuers
}

// apply answers the outcome and the code, and changes the model accordingly.
func (m *model) apply(op Operation) (Outcome, Code) {
	if m.mayNot(op) {
		return Rejected, CodeNotAuthorized
	}
	switch o := op.(type) {
	case Confirm:
		return m.confirm(o)
	case Complete:
		return m.complete(o)
	case Cancel:
		return m.cancel(o)
	case SignedOrder:
		if o.ByMerchant() {
			return m.merchant(o)
		}
		return m.order(o)
	case Absorb:
		if o.Account.IsZero() {
			return Rejected, CodeZeroAddress
		}
		m.touch(o.Account)
		return Applied, ""
	case Expire:
		return m.expire(o)
	case SetFrozen:
		return m.freeze(o)
	case SetReward:
		return m.setReward(o)
	case Recovery:
		return m.recovery(o)
	case ProposeAdjustment:
		return m.propose(o)
	case ApproveAdjustment:
		return m.approve(o)
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
		m.give(b.owner, ExpiryAfter(m.now, p.row.Months), p.points)
		m.sums.Minted += p.points
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
			m.clawBack(b)
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

// order does what is signed for an account, but for merchants'.
func (m *model) order(o SignedOrder) (Outcome, Code) {
	by, code := m.signer(o)
	if code != "" {
		return Rejected, code
	}
	p := m.person(o.From)
	switch {
	case p.frozen != "" && o.Order.Kind != KindObject:
		return Rejected, CodeAccountFrozen
	case p.nonces.refuses(o.Nonce) != "":
		return Rejected, p.nonces.refuses(o.Nonce)
	}
	switch {
	case o.Spends():
		code = m.spend(o, by)
	case o.Order.Kind == KindLeave:
		code = m.leave(o)
	default:
		code = m.arrange(o)
	}
	if code != "" {
		return Rejected, code
	}
	p.nonces.use(o.Nonce)
	return Applied, ""
}

// spend takes points out of an account, and puts them where the order says.
func (m *model) spend(o SignedOrder, by Account) Code {
	p, policy := m.person(o.From), m.policy()
	valid := -p.debt
	for e, a := range m.all(o.From) {
		if !e.Passed(m.now) {
			valid += a
		}
	}
	counted := policy.DayMost > 0
	switch {
	case valid < o.Amount:
		return CodeBalance
	case p.overLimit(by, o.Amount, DateOf(m.now)):
		return CodeHouseholdLimit
	case policy.OrderMost > 0 && o.Amount > Amount(policy.OrderMost):
		return CodeOrderLimit
	case counted && p.sentOn(DateOf(m.now))+o.Amount > Amount(policy.DayMost):
		return CodeDayLimit
	}
	if code := m.mayGo(o); code != "" {
		return code
	}
	m.touch(o.From)
	if counted {
		p.day, p.sent = max(p.day, DateOf(m.now)), p.sentOn(DateOf(m.now))+o.Amount
	}
	p.countLimit(by, o.Amount, DateOf(m.now))
	m.send(o, m.take(p, o.Amount, by))
	return ""
}

// sentOn is what the policy counted on the latest day: who goes back a day does not begin it anew.
func (p *modelPerson) sentOn(today Date) Amount {
	if today > p.day {
		return 0
	}
	return p.sent
}

// mayGo tells why the points cannot go where the order says.
func (m *model) mayGo(o SignedOrder) Code {
	switch o.Order.Kind {
	case KindTransfer:
		return m.tooNew(o)
	case KindClaim:
		return m.noClaim(o)
	case KindContribute:
		if code := m.tooNew(o); code != "" {
			return code
		}
		to := m.person(o.To)
		if to.modelHousehold == nil {
			return CodeHouseholdUnknown
		}
		if place := to.place(o.From); place == nil || !place.joined {
			return CodeHouseholdOther
		}
	}
	return ""
}

func (m *model) send(o SignedOrder, taken map[Expiry]Amount) {
	switch o.Order.Kind {
	case KindTransfer:
		m.countNew(o)
		m.remember(o.From, o.To, taken)
		for _, b := range bucketsOf(taken) {
			m.give(o.To, b.Expiry, b.Amount)
		}
	case KindRedeem:
		m.sums.Redeemed += o.Amount
	case KindHold:
		m.hold(o, taken)
	case KindClaim:
		m.claim(o)
	case KindContribute:
		m.countNew(o)
		m.remember(o.From, o.To, taken)
		to := m.person(o.To)
		for e, a := range taken {
			to.points[e] += a
			to.place(o.From).share[e] += a
		}
	}
}

// all are the points of an account.
func (m *model) all(a Account) map[Expiry]Amount {
	p := m.person(a)
	points := maps.Clone(p.points)
	if p.modelHousehold != nil {
		for _, more := range []map[Expiry]Amount{p.arrived, p.arriving} {
			for e, x := range more {
				points[e] += x
			}
		}
	}
	return points
}

// give puts points into an account.
func (m *model) give(a Account, e Expiry, amount Amount) {
	if p := m.person(a); p.modelHousehold != nil {
		p.arriving[e] += amount
	} else {
		p.points[e] += amount
	}
}

// touch burns what has expired and repays debts, as happens whenever an account is looked at.
func (m *model) touch(a Account) {
	p := m.person(a)
	if p.modelHousehold != nil {
		p.settle(p.arrived)
		p.settle(p.arriving)
	}
	m.clean(p)
}

func (m *model) clean(p *modelPerson) {
	for e, a := range p.points {
		if e.Passed(m.now) {
			m.sums.Expired += a
			delete(p.points, e)
			p.forget(e)
		}
	}
	repaid := sum(m.take(p, p.debt, Account{}))
	p.debt -= repaid
	m.sums.Debt -= repaid
	m.sums.Reversed += repaid
}

// expire is only for what has expired.
func (m *model) expire(o Expire) (Outcome, Code) {
	if o.Account.IsZero() {
		return Rejected, CodeZeroAddress
	}
	for e, a := range m.all(o.Account) {
		if e.Passed(m.now) && a > 0 {
			m.touch(o.Account)
			return Applied, ""
		}
	}
	return Duplicate, ""
}

// take removes up to want, earliest month first; of a household's, for who spends.
func (m *model) take(p *modelPerson, want Amount, by Account) map[Expiry]Amount {
	taken := map[Expiry]Amount{}
	for _, b := range bucketsOf(p.points) {
		part := min(want, b.Amount)
		p.points[b.Expiry] -= part
		taken[b.Expiry] += part
		want -= part
	}
	if p.modelHousehold != nil {
		p.bear(bucketsOf(taken), by)
	}
	return taken
}

func (m *model) freeze(o SetFrozen) (Outcome, Code) {
	if o.Account.IsZero() {
		return Rejected, CodeZeroAddress
	}
	if o.Reason == "" || slices.Contains([]byte(o.Reason), ' ') {
		return Rejected, CodeReasonInvalid
	}
	p := m.person(o.Account)
	if (p.frozen != "") == o.Frozen {
		return Duplicate, ""
	}
	if p.frozen = ""; o.Frozen {
		p.frozen = o.Reason
	}
	return Applied, ""
}

func sum(m map[Expiry]Amount) (total Amount) {
	for _, a := range m {
		total += a
	}
	return total
}
