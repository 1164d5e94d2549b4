package dollars

import "slices"

// Bucket is an amount of points that share an expiry.
type Bucket struct {
	Expiry Expiry
	Amount Amount
}

// Buckets are sorted by expiry, without doubles and without zero amounts.
type Buckets []Bucket

// add puts an amount into its bucket.
func (b *Buckets) add(e Expiry, a Amount) error {
	if a == 0 {
		return nil
	}
	i, found := b.find(e)
	if !found {
		*b = slices.Insert(*b, i, Bucket{e, a})
		return nil
	}
	sum, err := (*b)[i].Amount.Plus(a)
	if err == nil {
		(*b)[i].Amount = sum
	}
	return err
}

// addAll adds points of several months. It fails as add does, with a part of them added.
func (b *Buckets) addAll(points Buckets) error {
	for _, x := range points {
		if err := b.add(x.Expiry, x.Amount); err != nil {
			return err
		}
	}
	return nil
}

// find is where a month's bucket is, or would be.
func (b Buckets) find(e Expiry) (i int, found bool) {
	return slices.BinarySearchFunc(b, e, func(x Bucket, e Expiry) int { return int(x.Expiry) - int(e) })
}

// of is the amount of one month.
func (b Buckets) of(e Expiry) Amount {
	if i, found := b.find(e); found {
		return b[i].Amount
	}
	return 0
}

// takeOf removes up to want of one month, and returns how much that was.
func (b *Buckets) takeOf(e Expiry, want Amount) Amount {
	i, found := b.find(e)
	if !found {
		return 0
	}
	part := min(want, (*b)[i].Amount)
	if (*b)[i].Amount -= part; (*b)[i].Amount == 0 {
		*b = slices.Delete(*b, i, i+1)
	}
	return part
}

// take removes up to want, earliest expiry first, and returns what it took.
func (b *Buckets) take(want Amount) Buckets {
	var taken Buckets
	for want > 0 && len(*b) > 0 {
		first := &(*b)[0]
		part := min(want, first.Amount)
		taken = append(taken, Bucket{first.Expiry, part})
		want -= part
		first.Amount -= part
		if first.Amount == 0 {
			*b = (*b)[1:]
		}
	}
	return taken
}

// takeExpired removes what is no longer valid at a time (Unix seconds), and returns it.
func (b *Buckets) takeExpired(unix int64) Buckets {
	n := 0
	for n < len(*b) && (*b)[n].Expiry.Passed(unix) {
		n++
	}
	expired := slices.Clone((*b)[:n])
	*b = (*b)[n:]
	return expired
}

// Total is the sum over the buckets, or amount_overflow.
func (b Buckets) Total() (Amount, error) {
	var sum Amount
	for _, x := range b {
		var err error
		if sum, err = sum.Plus(x.Amount); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

func appendBuckets(b []byte, list Buckets) []byte {
	b = appendUint(b, uint64(len(list)))
	for _, x := range list {
		b = appendAmount(appendUint(b, uint64(x.Expiry)), x.Amount)
	}
	return b
}

func (r *reader) buckets() Buckets {
	n := r.count(2)
	if n == 0 {
		return nil
	}
	list := make(Buckets, n)
	for i := range list {
		list[i] = Bucket{Expiry(r.uintMax(uint64(maxExpiry))), r.amount()}
		if list[i].Amount == 0 || (i > 0 && list[i].Expiry <= list[i-1].Expiry) {
			r.fail()
		}
	}
	return list
}
