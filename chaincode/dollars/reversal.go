package dollars

import (
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// MaxRecalled is from how many accounts a reversal takes back what was given to them: it reads all their records.
const MaxRecalled = 16

// reverse takes an award back: from the account, and from what counts towards the member's tier.
func (b *batch) reverse(e *Entry, rec BookingRecord, o Cancel) error {
	if e.Amount > 0 {
		if err := b.clawBack(e, rec, o); err != nil {
			return err
		}
	}
	if !rec.Counted {
		return nil
	}
	member, err := b.member(rec.Account)
	if err != nil {
		return err
	}
	member.put(member.rec.unearn(rec.Awarded, e.Amount, rec.Facts.nights()))
	return nil
}

// clawBack burns an award's points: those of the award itself as far as they are there, then the account's others,
// earliest first. What is missing is dealt with as the policy in force says.
//
// What of the award has expired is not claimed. It is gone, spent in time or not, which nobody can tell; burning other
// points for it, or making it a debt, would take twice from a member whom the expiry hit already.
func (b *batch) clawBack(e *Entry, rec BookingRecord, o Cancel) error {
	claim, err := b.unexpired(rec)
	if err != nil {
		return err
	}
	missing, err := claim.Total()
	if err != nil {
		return err
	}
	p, err := b.open(rec.Account, o.Credits)
	if err != nil {
		return err
	}
	for _, x := range claim {
		part := p.rec.Buckets.takeOf(x.Expiry, x.Amount)
		missing -= part
		e.Moved.put(x.Expiry, part)
	}
	for _, x := range p.rec.Buckets.take(missing) {
		missing -= x.Amount
		e.Moved.put(x.Expiry, x.Amount)
	}
	var from []*purse
	switch b.policy().Reversal {
	case earn.ReversalWriteOff:
		e.Forgiven, missing = missing, 0
	case earn.ReversalRecall:
		if from, missing, err = b.recall(e, p, claim, missing, o.Recall); err != nil {
			return err
		}
	}
	e.Debt = missing
	if p.rec.Debt, err = p.rec.Debt.Plus(missing); err != nil {
		return err
	}
	for _, q := range from {
		b.giveUp(q, claim)
	}
	b.close(p, e)
	return nil
}

// unexpired are the points that a booking was awarded and that are still valid.
func (b *batch) unexpired(rec BookingRecord) (claim Buckets, err error) {
	for _, part := range rec.Parts {
		if expiry := rec.Awarded + Expiry(part.Months); !expiry.Passed(b.env.Time) {
			err = claim.add(expiry, Amount(part.Points))
		}
		if err != nil {
			return nil, err
		}
	}
	return claim, nil
}

// Given is what an account gave onward in the transfers and contributions of a day, kept for as long as it may be
// recalled.
type Given struct {
	To     Account
	Expiry Expiry
	Amount Amount
	Day    Date
}

// MaxGiven is how many of them an account's record keeps; beyond that the oldest are forgotten.
const MaxGiven = 64

func appendGiven(b []byte, list []Given) []byte {
	b = appendUint(b, uint64(len(list)))
	for _, g := range list {
		b = appendUint(append(b, g.To[:]...), uint64(g.Expiry))
		b = appendUint(appendAmount(b, g.Amount), uint64(g.Day))
	}
	return b
}

func (r *reader) given() (list []Given) {
	for range r.count(23) {
		var g Given
		r.fixed(g.To[:])
		g.Expiry, g.Amount = Expiry(r.uintMax(uint64(maxExpiry))), r.amount()
		g.Day = Date(r.uintMax(1<<31 - 1))
		list = append(list, g)
	}
	r.bad = r.bad || len(list) == 0
	return list
}

// note remembers what is given onward, where the policy recalls.
func (b *batch) note(p *purse, to Account, given Buckets) error {
	policy := b.policy()
	if policy.Reversal != earn.ReversalRecall {
		p.rec.Given = nil
		return nil
	}
	list := b.recent(p.rec.Given, policy)
	today := DateOf(b.env.Time)
	for _, x := range given {
		i := slices.IndexFunc(list, func(g Given) bool { return g.To == to && g.Expiry == x.Expiry && g.Day == today })
		if i < 0 {
			list = append(list, Given{to, x.Expiry, x.Amount, today})
			continue
		}
		var err error
		if list[i].Amount, err = list[i].Amount.Plus(x.Amount); err != nil {
			return err
		}
	}
	p.rec.Given = list[max(0, len(list)-MaxGiven):]
	return nil
}

// recent is a list of its own of what may still be recalled.
func (b *batch) recent(list []Given, policy earn.Policy) []Given {
	oldest := DateOf(b.env.Time) - Date(policy.RecallDays)
	return slices.DeleteFunc(slices.Clone(list), func(g Given) bool { return g.Day < oldest })
}

// recall takes what is missing of an award from those to whom the account gave such points lately, the latest first, as
// far as they still have them. It goes one step and never further: what they gave on to others stays with those, who
// can know nothing of the booking. Nobody falls into debt by it but the account itself.
func (b *batch) recall(e *Entry, p *purse, claim Buckets, missing Amount, named []NamedCredits) (from []*purse, rest Amount, err error) {
	list := b.recent(p.rec.Given, b.policy())
	asked, err := b.recipients(list, claim, missing, named)
	if err != nil {
		return nil, 0, err
	}
	for i := len(list) - 1; i >= 0 && missing > 0; i-- {
		g := &list[i]
		j := slices.IndexFunc(asked, func(q *purse) bool { return q.account == g.To })
		if j < 0 || claim.of(g.Expiry) == 0 {
			continue
		}
		part := asked[j].returnTo(p.account, g.Expiry, min(g.Amount, missing))
		if part == 0 {
			continue
		}
		g.Amount -= part
		missing -= part
		k := slices.IndexFunc(e.Recalled, func(x Recalled) bool { return x.Account == g.To })
		if k < 0 {
			k = len(e.Recalled)
			e.Recalled, from = append(e.Recalled, Recalled{Account: g.To}), append(from, asked[j])
		}
		e.Recalled[k].Moved.put(g.Expiry, part)
	}
	p.rec.Given = slices.DeleteFunc(list, func(g Given) bool { return g.Amount == 0 })
	return from, missing, nil
}

// recipients opens the accounts that what is missing may be recalled from: only as they are, with what of the credits
// named, and of what this batch gave them, is of a month that is claimed. Their own debt and what of theirs has expired
// wait for their own next order.
func (b *batch) recipients(list []Given, claim Buckets, missing Amount, named []NamedCredits) ([]*purse, error) {
	total := 0
	for _, n := range named {
		total += len(n.Credits)
	}
	if total > MaxCredits || len(named) > MaxRecalled {
		return nil, refuse(CodeTooManyCredits, fmt.Sprintf("%d credits of %d accounts named to recall from; at most %d of %d",
			total, len(named), MaxCredits, MaxRecalled))
	}
	var from []*purse
	for i := len(list) - 1; i >= 0 && missing > 0 && len(from) < MaxRecalled; i-- {
		known := slices.ContainsFunc(from, func(q *purse) bool { return q.account == list[i].To })
		if claim.of(list[i].Expiry) > 0 && !known {
			from = append(from, &purse{account: list[i].To})
		}
	}
	refs := func(q *purse) (refs []CreditRef) {
		for _, n := range named {
			if n.Account == q.account {
				refs = append(refs, n.Credits...)
			}
		}
		return slices.DeleteFunc(refs, func(c CreditRef) bool { return claim.of(c.Expiry) == 0 })
	}
	w := wanted{b: b}
	for _, q := range from {
		w.account(q.account, refs(q))
	}
	if err := w.read(); err != nil {
		return nil, err
	}
	for _, q := range from {
		if err := b.openAsIs(q, refs(q), claim); err != nil {
			return nil, err
		}
	}
	return from, nil
}

// openAsIs fills a purse with the account's record, those credits, and what of claimed months this batch gave the account.
// Of a household only what its members have a share of is asked back, and so nothing but its record.
func (b *batch) openAsIs(q *purse, refs []CreditRef, claim Buckets) error {
	q.rec = b.accounts[q.account].rec
	q.rec.Buckets, q.rec.Pool = slices.Clone(q.rec.Buckets), q.rec.Pool.clone()
	if q.rec.Pool != nil {
		return nil
	}
	if err := b.absorb(q, refs); err != nil {
		return err
	}
	for _, x := range b.births[q.account] {
		if claim.of(x.Expiry) == 0 {
			continue
		}
		if err := q.rec.Buckets.add(x.Expiry, x.Amount); err != nil {
			return err
		}
	}
	return nil
}

// returnTo takes up to want of a month for the account that gave it. A household returns of the giver's share alone: the
// rest is other members'.
func (q *purse) returnTo(giver Account, e Expiry, want Amount) Amount {
	if q.rec.Pool != nil {
		m := q.rec.Pool.find(giver)
		if m == nil {
			return 0
		}
		want = m.Share.takeOf(e, want)
	}
	return q.rec.Buckets.takeOf(e, want)
}

// giveUp makes true what was taken out of a purse that openAsIs filled.
func (b *batch) giveUp(q *purse, claim Buckets) {
	q.spendAbsorbed()
	if q.rec.Pool == nil {
		b.births[q.account] = slices.DeleteFunc(slices.Clone(b.births[q.account]), func(x Bucket) bool { return claim.of(x.Expiry) > 0 })
	}
	b.accounts[q.account].put(q.rec)
}
