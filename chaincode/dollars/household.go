package dollars

// A household is an account whose points several members pool. Nobody has a key for it: its members sign, and each may
// spend what the head has allowed. What each of them put in and has not spent is theirs, and leaves with them.

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

// Spent is what went out on a day (UTC).
type Spent struct {
	Day    Date
	Amount Amount
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

func appendSpent(b []byte, s Spent) []byte {
	return appendAmount(appendUint(b, uint64(s.Day)), s.Amount)
}

func (r *reader) spent() Spent { return Spent{Date(r.uintMax(1<<31 - 1)), r.amount()} }
