package dollars

import "slices"

// Spending takes the points of a household that end first, whoever's they are, as it does those of any account. The shares
// follow: what a member spends comes out of their own share as far as it goes, and only what it does not cover out of the
// others'.

// clone is a pool that can be changed while the other stays as it is.
func (p *Pool) clone() *Pool {
	if p == nil {
		return nil
	}
	c := &Pool{Members: slices.Clone(p.Members)}
	for i := range c.Members {
		c.Members[i].Share = slices.Clone(c.Members[i].Share)
	}
	return c
}

// share puts points into a household, as a member's.
func (r *AccountRecord) share(m *Pooled, points Buckets) error {
	if err := r.Buckets.addAll(points); err != nil {
		return err
	}
	for _, x := range points {
		m.Share.put(x.Expiry, x.Amount)
	}
	return nil
}

// expire drops from the shares what is no longer valid at a time (Unix seconds): it is gone for whose it was.
func (p *Pool) expire(unix int64) {
	for i := range p.Members {
		p.Members[i].Share.takeExpired(unix)
	}
}

// settle makes the shares add up to the buckets again, month by month. What the buckets have more is the head's. What they
// have less is taken out of the spender's share first and then out of the others' in the order of joining, whom the spender
// compensates out of the rest of their own share, earliest month first and as far as it goes. Where nobody in the
// household spent, as when a debt is repaid, it is as if the head had.
func (p *Pool) settle(buckets Buckets, spender Account) {
	first := max(0, slices.IndexFunc(p.Members, func(m Pooled) bool { return m.Account == spender }))
	lent := make([]Amount, len(p.Members)) // by the others to the spender
	for _, month := range p.months(buckets) {
		missing := -buckets.of(month)
		for i := range p.Members {
			missing += p.Members[i].Share.of(month)
		}
		if missing < 0 {
			p.Members[0].Share.put(month, -missing)
			continue
		}
		missing -= p.Members[first].Share.takeOf(month, missing)
		for i := range p.Members {
			part := p.Members[i].Share.takeOf(month, missing)
			missing -= part
			lent[i] += part
		}
	}
	for i, amount := range lent {
		for _, x := range p.Members[first].Share.take(amount) {
			p.Members[i].Share.put(x.Expiry, x.Amount)
		}
	}
}

// bear settles what was just spent, and tells out of whose shares it came: the spender's first.
func (p *Pool) bear(buckets Buckets, spender Account) (parts []Borne) {
	before := p.clone()
	p.settle(buckets, spender)
	for i := range p.Members {
		part := Borne{p.Members[i].Account, before.Members[i].Share.sum() - p.Members[i].Share.sum()}
		switch {
		case part.Amount == 0:
		case part.Account == spender:
			parts = slices.Insert(parts, 0, part)
		default:
			parts = append(parts, part)
		}
	}
	return parts
}

// sum adds up a share, which is part of buckets whose total is known not to overflow.
func (b Buckets) sum() (total Amount) {
	for _, x := range b {
		total += x.Amount
	}
	return total
}

// months are those of the buckets and of all shares, in their order.
func (p *Pool) months(buckets Buckets) (list []Expiry) {
	for _, x := range buckets {
		list = append(list, x.Expiry)
	}
	for i := range p.Members {
		for _, x := range p.Members[i].Share {
			list = append(list, x.Expiry)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// put adds what was taken elsewhere: parts of a bucket, of which no sum overflows.
func (b *Buckets) put(e Expiry, a Amount) {
	if a == 0 {
		return
	}
	i, found := b.find(e)
	if !found {
		*b = slices.Insert(*b, i, Bucket{Expiry: e})
	}
	(*b)[i].Amount += a
}
