package dollars

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// shared: the shares in every household add up to its points, the invited have none, and members and households know of
// each other.
func (m memory) shared() error {
	households, members := map[Account]*Pool{}, map[Account]Account{}
	for key, value := range m {
		k := ParseStateKey(key)
		if k.Kind != StateAccount {
			continue
		}
		rec, err := DecodeAccountRecord(value)
		if err != nil {
			return err
		}
		if !rec.Household.IsZero() {
			members[k.Account] = rec.Household
		}
		if rec.Pool == nil {
			continue
		}
		households[k.Account] = rec.Pool
		if err := rec.Pool.addsUpTo(rec.Buckets); err != nil {
			return err
		}
		if !rec.Pool.Members[0].Joined || len(rec.Keys) > 0 || !rec.Household.IsZero() {
			return fmt.Errorf("no record of a household: %+v", rec)
		}
	}
	joined := map[Account]Account{}
	for household, pool := range households {
		for _, m := range pool.Members {
			if m.Joined {
				joined[m.Account] = household
			} else if len(m.Share) > 0 {
				return fmt.Errorf("%s has a share of a household and has not joined", m.Account)
			}
		}
	}
	if !maps.Equal(members, joined) {
		return fmt.Errorf("accounts are in households %v, which have members %v", members, joined)
	}
	return nil
}

func (p *Pool) addsUpTo(buckets Buckets) error {
	left := slices.Clone(buckets)
	for _, m := range p.Members {
		for _, x := range m.Share {
			if left.takeOf(x.Expiry, x.Amount) != x.Amount {
				return fmt.Errorf("shares of %+v are more than %s", p.Members, printBuckets(buckets))
			}
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("%s are in no share of %+v", printBuckets(left), p.Members)
	}
	return nil
}

// drawnMonths are when the points of drawn households end: the first months there are.
var drawnMonths = []Expiry{1970 * 12, 1970*12 + 1, 1970*12 + 2, 1970*12 + 3}

// drawPool draws a household of up to four, and what it has.
func drawPool(t *rapid.T) (p *Pool, buckets Buckets) {
	p = &Pool{}
	for i := range rapid.IntRange(1, 4).Draw(t, "members") {
		m := Pooled{Account: Account{byte(i + 1)}, Joined: true}
		for _, e := range drawnMonths {
			a := Amount(rapid.IntRange(0, 5).Draw(t, "share"))
			m.Share.put(e, a)
			buckets.put(e, a)
		}
		p.Members = append(p.Members, m)
	}
	return p, buckets
}

func shareOf(m Pooled) Amount {
	total, err := m.Share.Total()
	if err != nil {
		panic(err)
	}
	return total
}

// TestSettle: after anything that can become of a household's points, the shares add up to them again.
func TestSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawPool(t)
		_, after := drawPool(t)
		who := Account{byte(rapid.IntRange(0, len(p.Members)).Draw(t, "spender"))} // 0 is nobody
		p.settle(after, who)
		if err := p.addsUpTo(after); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSettleSpending: a member who spends no more than they have costs the others nothing: none has less, none has it for
// a shorter time. A member who spends more leaves nothing of their own, and costs the others together the difference.
func TestSettleSpending(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, buckets := drawPool(t)
		before := p.clone()
		who := rapid.IntRange(0, len(p.Members)-1).Draw(t, "spender")
		have := Amount(0)
		for _, x := range buckets {
			have += x.Amount
		}
		spent := Amount(rapid.Int64Range(0, int64(have)).Draw(t, "spent"))
		buckets.take(spent)
		p.settle(buckets, p.Members[who].Account)
		own := shareOf(before.Members[who])
		if left := shareOf(p.Members[who]); left != max(0, own-spent) {
			t.Fatalf("who had %s and spent %s has %s left", own, spent, left)
		}
		for i := range p.Members {
			if i == who {
				continue
			}
			had, has := before.Members[i], p.Members[i]
			if spent <= own && shareOf(had) != shareOf(has) {
				t.Fatalf("%s became %s by another's spending", printBuckets(had.Share), printBuckets(has.Share))
			}
			for _, e := range drawnMonths {
				if spent <= own && endingBy(has, e) > endingBy(had, e) {
					t.Fatalf("%s became %s, which ends earlier", printBuckets(had.Share), printBuckets(has.Share))
				}
			}
		}
	})
}

// endingBy is what of a share ends in a month or before.
func endingBy(m Pooled, e Expiry) (sum Amount) {
	for _, x := range m.Share {
		if x.Expiry <= e {
			sum += x.Amount
		}
	}
	return sum
}

// TestSettleExpiry: what expires is gone for whose it was, and for nobody else.
func TestSettleExpiry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, buckets := drawPool(t)
		before := p.clone()
		now := int64(rapid.IntRange(0, 5).Draw(t, "months")) * 31 * secondsPerDay
		buckets.takeExpired(now)
		p.expire(now)
		p.settle(buckets, Account{})
		for i, m := range p.Members {
			want := before.Members[i].Share
			want.takeExpired(now)
			if !slices.Equal(m.Share, want) {
				t.Fatalf("member %d is left with %s, want %s", i, printBuckets(m.Share), printBuckets(want))
			}
		}
	})
}

// TestSettleCases: who bears what.
func TestSettleCases(t *testing.T) {
	head, bob, carl := Account{1}, Account{2}, Account{3}
	pool := func(shares ...Buckets) *Pool {
		p := &Pool{}
		for i, a := range []Account{head, bob, carl}[:len(shares)] {
			p.Members = append(p.Members, Pooled{Account: a, Joined: true, Share: shares[i]})
		}
		return p
	}
	for name, c := range map[string]struct {
		pool    *Pool
		buckets Buckets
		spender Account
		want    []Buckets
	}{
		"what came in is the head's": {
			pool(nil, Buckets{{5, 1}}), Buckets{{4, 2}, {5, 3}}, bob, []Buckets{{{4, 2}, {5, 2}}, {{5, 1}}},
		},
		"the spender's own month first": {
			pool(Buckets{{5, 3}}, Buckets{{5, 3}}), Buckets{{5, 4}}, bob, []Buckets{{{5, 3}}, {{5, 1}}},
		},
		"what was lent is given back out of later months": {
			pool(Buckets{{4, 3}}, Buckets{{5, 3}, {6, 3}}), Buckets{{5, 3}, {6, 3}}, bob, []Buckets{{{5, 3}}, {{6, 3}}},
		},
		"as far as it goes, in the order of joining": {
			pool(Buckets{{4, 3}}, Buckets{{5, 4}}, Buckets{{4, 3}}), Buckets{{5, 4}}, bob, []Buckets{{{5, 3}}, nil, {{5, 1}}},
		},
		"what nobody spent is as if the head had": {
			pool(Buckets{{4, 1}, {5, 1}}, Buckets{{4, 2}}), Buckets{{4, 1}, {5, 1}}, Account{}, []Buckets{nil, {{4, 1}, {5, 1}}},
		},
	} {
		c.pool.settle(c.buckets, c.spender)
		for i, m := range c.pool.Members {
			if !slices.Equal(m.Share, c.want[i]) {
				t.Errorf("%s: member %d has %s, want %s", name, i, printBuckets(m.Share), printBuckets(c.want[i]))
			}
		}
	}
}
