package dollars

import (
	"maps"
	"slices"
)

// This file is the model's households. Who bears what is spent is worked out cent by cent.

type modelHousehold struct {
	places   []*modelPlace     // the head's first
	arrived  map[Expiry]Amount // sent there, and not looked at since
	arriving map[Expiry]Amount // the same, by this batch
	borne    []Borne           // whose what was taken last was: the spender's first
}

type modelPlace struct {
	account Account
	joined  bool
	limit   Amount
	day     Date
	spent   Amount
	share   map[Expiry]Amount
}

func (h *modelHousehold) place(a Account) *modelPlace {
	for _, x := range h.places {
		if x.account == a {
			return x
		}
	}
	return nil
}

func (m *model) form(o SignedOrder) Code {
	p := m.person(o.From)
	if p.modelHousehold != nil || p.household != (Account{}) {
		return CodeHouseholdMember
	}
	p.household = NewHousehold(m.idOf(o))
	h := m.person(p.household)
	h.modelHousehold = &modelHousehold{arrived: h.points, arriving: map[Expiry]Amount{}}
	h.points = map[Expiry]Amount{}
	h.places = []*modelPlace{{account: o.From, joined: true, share: map[Expiry]Amount{}}}
	return ""
}

func (m *model) invite(o SignedOrder) Code {
	h := m.person(o.To)
	switch {
	case h.modelHousehold == nil:
		return CodeHouseholdUnknown
	case h.places[0].account != o.From, o.Other == o.From:
		return CodeHouseholdHead
	case o.Other == o.To:
		return CodeHouseholdMember
	case h.place(o.Other) != nil:
		h.place(o.Other).limit = o.Amount
	case len(h.places) == 16:
		return CodeHouseholdFull
	default:
		h.places = append(h.places, &modelPlace{account: o.Other, limit: o.Amount, share: map[Expiry]Amount{}})
	}
	return ""
}

func (m *model) join(o SignedOrder) Code {
	p, h := m.person(o.From), m.person(o.To)
	switch {
	case p.modelHousehold != nil || p.household != (Account{}):
		return CodeHouseholdMember
	case h.modelHousehold == nil:
		return CodeHouseholdUnknown
	case h.place(o.From) == nil || h.place(o.From).limit != o.Amount:
		return CodeHouseholdInvite
	}
	h.place(o.From).joined = true
	p.household = o.To
	return ""
}

// leave looks at the household as it is, with what this batch sent there: an order names no credits but of who signs it.
func (m *model) leave(o SignedOrder) Code {
	h := m.person(o.To)
	switch {
	case m.person(o.From).modelHousehold != nil:
		return CodeHouseholdMember
	case h.modelHousehold == nil:
		return CodeHouseholdUnknown
	}
	head, x := h.places[0].account, h.place(o.Other)
	switch {
	case o.From != o.Other && o.From != head:
		return CodeHouseholdHead
	case x == nil:
		return CodeHouseholdOther
	case o.Other == head && len(h.places) > 1:
		return CodeHouseholdHead
	}
	before, sums := h.clone(), m.sums
	h.settle(h.arriving)
	m.clean(h)
	if h.frozen != "" && sum(x.share) > 0 {
		*h, m.sums = before, sums
		return CodeAccountFrozen
	}
	for e, a := range x.share {
		h.points[e] -= a
		m.give(o.Other, e, a)
	}
	h.places = slices.DeleteFunc(h.places, func(other *modelPlace) bool { return other == x })
	p := m.person(o.Other)
	if p.household == o.To {
		p.household = Account{}
	}
	if o.Other == head {
		for e, a := range h.arrived {
			h.points[e] += a
		}
		h.modelHousehold, h.keys = nil, slices.Clone(p.keys)
	}
	return ""
}

// clone is a household that stays as it is while the other changes.
func (p *modelPerson) clone() modelPerson {
	c := *p
	c.points = maps.Clone(p.points)
	c.modelHousehold = &modelHousehold{arrived: maps.Clone(p.arrived), arriving: maps.Clone(p.arriving), borne: p.borne}
	for _, x := range p.places {
		place := *x
		place.share = maps.Clone(x.share)
		c.places = append(c.places, &place)
	}
	return c
}

// settle makes what came in the head's.
func (p *modelPerson) settle(came map[Expiry]Amount) {
	for e, a := range came {
		p.points[e] += a
		p.places[0].share[e] += a
	}
	clear(came)
}

// forget drops a month that is over.
func (p *modelPerson) forget(e Expiry) {
	if p.modelHousehold == nil {
		return
	}
	for _, x := range p.places {
		delete(x.share, e)
	}
}

// bear takes cents out of shares: the spender's of that month, and where there is none any other's, whom the spender then
// gives their own earliest.
func (h *modelHousehold) bear(taken Buckets, by Account) {
	spender := h.place(by)
	if spender == nil {
		spender = h.places[0]
	}
	owed := make([]Amount, len(h.places))
	defer func() { h.noteBorne(spender, taken.sum(), owed) }()
	for _, b := range taken {
		for range b.Amount {
			if spender.share[b.Expiry] > 0 {
				spender.share[b.Expiry]--
				continue
			}
			i := slices.IndexFunc(h.places, func(x *modelPlace) bool { return x.share[b.Expiry] > 0 })
			h.places[i].share[b.Expiry]--
			owed[i]++
		}
	}
	for i := range owed {
		for owed[i] > 0 {
			own := bucketsOf(spender.share)
			if len(own) == 0 {
				return
			}
			spender.share[own[0].Expiry]--
			h.places[i].share[own[0].Expiry]++
			owed[i]--
		}
	}
}

// noteBorne keeps who paid: the spender, but for what they still owe the others.
func (h *modelHousehold) noteBorne(spender *modelPlace, all Amount, owed []Amount) {
	h.borne = nil
	for i, a := range owed {
		if all -= a; a > 0 {
			h.borne = append(h.borne, Borne{h.places[i].account, a})
		}
	}
	if all > 0 {
		h.borne = slices.Insert(h.borne, 0, Borne{spender.account, all})
	}
}

// overLimit tells whether a member would spend more of a household than they may in a day.
func (p *modelPerson) overLimit(by Account, a Amount, today Date) bool {
	if p.modelHousehold == nil || by == p.places[0].account {
		return false
	}
	x := p.place(by)
	if today > x.day {
		return a > x.limit
	}
	return x.spent+a > x.limit
}

func (p *modelPerson) countLimit(by Account, a Amount, today Date) {
	if p.modelHousehold == nil || by == p.places[0].account {
		return
	}
	if x := p.place(by); today > x.day {
		x.day, x.spent = today, a
	} else {
		x.spent += a
	}
}
