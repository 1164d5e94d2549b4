package dollars

import (
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// This file is the model's policies: reversals, first transfers, and adjustments.

// modelGift is what an account gave another in a day, of one month.
type modelGift struct {
	to     Account
	expiry Expiry
	amount Amount
	day    Date
}

// clawBack takes back what was awarded and has not expired: the very points that are still there, then any others; what is
// missing as the policy says.
func (m *model) clawBack(b *modelBooking) {
	p := m.person(b.owner)
	missing, months := Amount(0), map[Expiry]bool{}
	for _, part := range b.parts {
		expiry := b.awarded + Expiry(part.row.Months)
		if expiry.Passed(m.now) {
			continue
		}
		own := min(part.points, p.points[expiry])
		p.points[expiry] -= own
		m.sums.Reversed += own
		missing += part.points - own
		months[expiry] = months[expiry] || part.points > 0
	}
	others := sum(m.take(p, missing, Account{}))
	m.sums.Reversed += others
	missing -= others
	switch m.policy().Reversal {
	case earn.ReversalWriteOff:
		m.sums.Forgiven += missing
		return
	case earn.ReversalRecall:
		missing -= m.recall(p, b.owner, months, missing)
	}
	p.debt += missing
	m.sums.Debt += missing
}

// recall takes from those to whom an account gave points of these months, the latest first.
func (m *model) recall(p *modelPerson, giver Account, months map[Expiry]bool, missing Amount) (got Amount) {
	p.given = m.recent(p.given)
	for i := len(p.given) - 1; i >= 0; i-- {
		g := &p.given[i]
		to := m.person(g.to)
		part := min(g.amount, missing-got, to.points[g.expiry])
		if to.modelHousehold != nil { // of which only the giver's share can be had
			part = 0
			if x := to.place(giver); x != nil {
				part = min(g.amount, missing-got, x.share[g.expiry])
			}
		}
		if !months[g.expiry] || part == 0 {
			continue
		}
		to.points[g.expiry] -= part
		if to.modelHousehold != nil {
			to.place(giver).share[g.expiry] -= part
		}
		g.amount -= part
		got += part
	}
	p.given = slices.DeleteFunc(p.given, func(g modelGift) bool { return g.amount == 0 })
	m.sums.Reversed += got
	return got
}

// recent is what may be recalled.
func (m *model) recent(given []modelGift) (list []modelGift) {
	for _, g := range given {
		if DateOf(m.now)-g.day <= Date(m.policy().RecallDays) {
			list = append(list, g)
		}
	}
	return list
}

// remember notes what is given onward while the policy recalls.
func (m *model) remember(from, to Account, taken map[Expiry]Amount) {
	p := m.person(from)
	if m.policy().Reversal != earn.ReversalRecall {
		p.given = nil
		return
	}
	p.given = m.recent(p.given)
	for _, b := range bucketsOf(taken) {
		i := slices.IndexFunc(p.given, func(g modelGift) bool { return g.to == to && g.expiry == b.Expiry && g.day == DateOf(m.now) })
		if i < 0 {
			p.given = append(p.given, modelGift{to, b.Expiry, b.Amount, DateOf(m.now)})
		} else {
			p.given[i].amount += b.Amount
		}
	}
	p.given = p.given[max(0, len(p.given)-64):]
}

type modelPayee struct {
	first int64
	sent  Amount
}

// cooling is what an account was sent by another since their first transfer, if that is not long ago.
func (m *model) cooling(o SignedOrder) (x modelPayee, cools bool) {
	if x.first = m.now; m.payees[Payee{o.From, o.To}] != nil {
		x = *m.payees[Payee{o.From, o.To}]
	}
	wait := m.policy().CoolingSeconds
	return x, wait > 0 && m.now < x.first+wait // without a wait, a clock that went back means nothing
}

func (m *model) tooNew(o SignedOrder) Code {
	if x, cools := m.cooling(o); cools && x.sent+o.Amount > Amount(m.policy().CoolingMost) {
		return CodeCoolingLimit
	}
	return ""
}

func (m *model) countNew(o SignedOrder) {
	if x, cools := m.cooling(o); cools {
		x.sent += o.Amount
		m.payees[Payee{o.From, o.To}] = &x
	}
}

type modelChange struct {
	Adjustment
	by   CertificateID
	made bool
}

func (m *model) propose(o ProposeAdjustment) (Outcome, Code) {
	before := m.changes[o.ID]
	switch {
	case o.Account == Account{}, o.Amount < 1 || o.Amount > MaxAmount, o.Burn && o.Months != 0, !o.Burn && (o.Months < 1 || o.Months > 120):
		return Rejected, CodeAdjustmentInvalid
	case o.Reason == "" || slices.Contains([]byte(o.Reason), ' '):
		return Rejected, CodeReasonInvalid
	case before != nil && before.Adjustment != o.Adjustment:
		return Rejected, CodeAdjustmentConflict
	case before != nil:
		return Duplicate, ""
	}
	m.changes[o.ID] = &modelChange{Adjustment: o.Adjustment, by: m.caller.ID}
	return Applied, ""
}

func (m *model) approve(o ApproveAdjustment) (Outcome, Code) {
	x, today := m.changes[o.ID], DateOf(m.now)
	switch {
	case x == nil:
		return Rejected, CodeAdjustmentUnknown
	case x.made:
		return Duplicate, ""
	case x.by == m.caller.ID:
		return Rejected, CodeOwnApproval
	case m.adjusted[today]+x.Amount > Amount(m.policy().AdjustmentDayMost):
		return Rejected, CodeAdjustmentLimit
	}
	x.made = true
	m.adjusted[today] += x.Amount
	if !x.Burn {
		m.give(x.Account, ExpiryAfter(m.now, x.Months), x.Amount)
		m.sums.Adjusted += x.Amount
		return Applied, ""
	}
	m.touch(x.Account)
	p := m.person(x.Account)
	taken := sum(m.take(p, x.Amount, Account{}))
	p.debt += x.Amount - taken
	m.sums.Debt += x.Amount - taken
	m.sums.WrittenOff += taken
	return Applied, ""
}
