package dollars

import (
	"fmt"
	"math"
	"slices"
)

// A household is an account whose points several members pool. Nobody has a key for it: its members sign, and each may
// spend what the head has allowed. What each of them put in and has not spent is theirs, and leaves with them. The head
// leaves last, and then it is a household no more.

// Pool makes an account's record that of a household. The members' shares add up to the record's buckets.
type Pool struct{ Members []Pooled } // the first is the head

// Pooled is a member's place in a household.
type Pooled struct {
	Account  Account
	Joined   bool   // false: invited
	DayLimit Amount // what they may spend of the pool a day; 0: nothing. The head's is none.
	Day      Spent
	Share    Buckets
}

// MaxHousehold is how many members a household may have, the invited included.
const MaxHousehold = 16

// find is a member's place, nil where there is none.
func (p *Pool) find(a Account) *Pooled {
	for i := range p.Members {
		if p.Members[i].Account == a {
			return &p.Members[i]
		}
	}
	return nil
}

// member is the place of who has joined, nil where they have not.
func (p *Pool) member(a Account) *Pooled {
	if m := p.find(a); m != nil && m.Joined {
		return m
	}
	return nil
}

func appendPool(b []byte, p *Pool) []byte {
	b = appendUint(b, uint64(len(p.Members)))
	for _, m := range p.Members {
		b = appendAmount(append(append(b, m.Account[:]...), boolByte(m.Joined)), m.DayLimit)
		b = appendBuckets(appendSpent(b, m.Day), m.Share)
	}
	return b
}

func (r *reader) pool() *Pool {
	p := &Pool{}
	for range r.count(25) {
		var m Pooled
		r.fixed(m.Account[:])
		m.Joined, m.DayLimit = r.bool(), r.amount()
		m.Day, m.Share = r.spent(), r.buckets()
		p.Members = append(p.Members, m)
	}
	r.bad = r.bad || len(p.Members) == 0
	return p
}

// household is the record of a household as it may be changed, with its pool, or why there is none.
func (b *batch) household(a Account) (AccountRecord, error) {
	rec := b.accounts[a].rec
	if rec.Pool == nil {
		return rec, refuse(CodeHouseholdUnknown, "the account is no household")
	}
	rec.Buckets, rec.Pool = slices.Clone(rec.Buckets), rec.Pool.clone()
	return rec, nil
}

// alone refuses accounts that are a household, or in one.
func alone(rec *AccountRecord) error {
	if rec.Pool != nil || !rec.Household.IsZero() {
		return refuse(CodeHouseholdMember, "the account is a household, or in one already; leave it first")
	}
	return nil
}

// form makes a household of a new account. What anyone sent there beforehand is the head's.
func (b *batch) form(household Account, p *purse, e *Entry) error {
	if err := alone(&p.rec); err != nil {
		return err
	}
	slot := b.accounts[household]
	rec := slot.rec
	rec.Pool = &Pool{[]Pooled{{Account: p.account, Joined: true}}}
	rec.Pool.settle(rec.Buckets, p.account)
	slot.put(rec)
	p.rec.Household = household
	e.Other = household
	return nil
}

// invite offers a place in a household, or changes the terms of who has one.
func (b *batch) invite(o SignedOrder, e *Entry) error {
	rec, err := b.household(o.To)
	switch {
	case err != nil:
		return err
	case rec.Pool.Members[0].Account != o.From:
		return refuse(CodeHouseholdHead, "only the head of the household invites members and says what they may spend")
	case o.Other == o.From:
		return refuse(CodeHouseholdHead, "the head of the household spends of it without a limit")
	case o.Other == o.To:
		return refuse(CodeHouseholdMember, "the household cannot be a member of itself")
	}
	e.Other, e.Amount = o.Other, o.Amount
	if m := rec.Pool.find(o.Other); m != nil {
		m.DayLimit = o.Amount
	} else if len(rec.Pool.Members) == MaxHousehold {
		return refuse(CodeHouseholdFull, fmt.Sprintf("the household has %d members, the invited included, and cannot have more", MaxHousehold))
	} else {
		rec.Pool.Members = append(rec.Pool.Members, Pooled{Account: o.Other, DayLimit: o.Amount})
	}
	b.accounts[o.To].put(rec)
	return nil
}

// join takes the place that the head has offered, on the terms that the member signed.
func (b *batch) join(o SignedOrder, p *purse, e *Entry) error {
	if err := alone(&p.rec); err != nil {
		return err
	}
	rec, err := b.household(o.To)
	if err != nil {
		return err
	}
	m := rec.Pool.find(o.From)
	if m == nil || m.DayLimit != o.Amount {
		return refuse(CodeHouseholdInvite, "the household's head has not invited the account, or to spend another amount a day")
	}
	m.Joined = true
	b.accounts[o.To].put(rec)
	p.rec.Household = o.To
	e.Other, e.Amount = o.To, o.Amount
	return nil
}

// contribute puts points of a member into the household, where they stay theirs.
func (b *batch) contribute(household, member Account, points Buckets) error {
	rec, err := b.household(household)
	if err != nil {
		return err
	}
	m := rec.Pool.member(member)
	if m == nil {
		return refuse(CodeHouseholdOther, "the account is not a member of the household; it could give points away, by a transfer")
	}
	if err := rec.share(m, points); err != nil {
		return err
	}
	b.accounts[household].put(rec)
	return nil
}

// leave takes a member and their share out of a household, and is the household's purse to close. An entry tells what
// expired in one account only: here it is the household, so of From's own purse nothing counts but the nonce.
func (b *batch) leave(o SignedOrder, from *purse, e *Entry) (*purse, error) {
	switch {
	case from.rec.Pool != nil: // its members could use up its nonces, whatever they may spend
		return nil, refuse(CodeHouseholdMember, "a household is in no other, and declines no invitation; the other's head can withdraw it")
	case b.accounts[o.To].rec.Pool == nil:
		return nil, refuse(CodeHouseholdUnknown, "the account is no household")
	}
	p, err := b.open(o.To, nil)
	if err != nil {
		return nil, err
	}
	head := p.rec.Pool.Members[0].Account
	m := p.rec.Pool.find(o.Other)
	switch {
	case o.From != o.Other && o.From != head:
		return nil, refuse(CodeHouseholdHead, "only the head of the household, or members themselves, say that they leave")
	case m == nil:
		return nil, refuse(CodeHouseholdOther, "the account is not a member of the household, nor invited")
	case o.Other == head && len(p.rec.Pool.Members) > 1:
		return nil, refuse(CodeHouseholdHead, "the head leaves the household last; all others, the invited too, have to leave it first")
	case p.rec.Frozen != "" && len(m.Share) > 0:
		return nil, refuse(CodeAccountFrozen, "the household is frozen; nobody can take points out of it")
	}
	e.Other, e.By, e.Moved = o.Other, o.From, m.Share
	if e.Amount, err = e.Moved.Total(); err != nil {
		return nil, err
	}
	for _, x := range e.Moved {
		p.rec.Buckets.takeOf(x.Expiry, x.Amount)
	}
	if err := b.credit(o.Other, e.Moved); err != nil {
		return nil, err
	}
	p.rec.Pool.Members = slices.DeleteFunc(p.rec.Pool.Members, func(m Pooled) bool { return m.Account == o.Other })
	if o.Other == head { // whose is also what still comes, out of a hold or as a credit that the order could not name
		p.rec.Pool = nil
		p.rec.setKeys(o.To, from.rec.KeysOf(head))
	}
	signer := b.accounts[o.From]
	rec := signer.rec
	rec.Window = from.rec.Window
	signer.put(rec)
	if member := b.accounts[o.Other]; member.rec.Household == o.To {
		rec := member.rec
		rec.Household = Account{}
		member.put(rec)
	}
	return p, nil
}

// householdLimit counts what a member spends of a household today, or refuses what is above their limit.
func (b *batch) householdLimit(o SignedOrder, p *purse, by Account) (err error) {
	if p.rec.Pool == nil {
		return nil
	}
	m := p.rec.Pool.find(by)
	left := p.rec.Pool.left(m, b.env.Time)
	if o.Amount > left {
		return refuse(CodeHouseholdLimit, fmt.Sprintf("the member may spend %s a day of the household, of which %s are left today", m.DayLimit, max(left, 0)))
	}
	if m == &p.rec.Pool.Members[0] {
		return nil
	}
	m.Day, err = m.Day.plus(DateOf(b.env.Time), o.Amount)
	return err
}

// left is what a member may still spend of the household on the day of a time (Unix seconds); the head may spend all there
// is. A day never begins anew: whoever sends a transaction chooses its time within limits.
func (p *Pool) left(m *Pooled, unix int64) Amount {
	switch {
	case m == &p.Members[0]:
		return math.MaxInt64
	case DateOf(unix) > m.Day.Day:
		return m.DayLimit
	}
	return m.DayLimit - m.Day.Amount
}
