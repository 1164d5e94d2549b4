package trace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// TestAnyLedger: whatever happens on a ledger, at every height the graph has what the ledger has, key by key and share by
// share, every movement is the sum of its parts, and every cent is in one place.
func TestAnyLedger(t *testing.T) {
	moved := map[Way]int{}
	property := func(t *rapid.T) {
		w := newWorld(t, "2030-01-31T23:00:00Z", drawPolicy(t))
		s := &story{world: w, t: t}
		for range rapid.IntRange(10, 60).Draw(t, "transactions") {
			s.transaction()
			w.check()
		}
		for _, m := range w.graph.movements {
			moved[m.way]++
		}
		s.followed()
		s.answered()
	}
	// Few points are recalled: with a few stories only it is chance whether any are, with some hundreds it is not.
	rapid.Check(t, property)
	for more := 0; more < 20 && len(moved) < len(wayNames) && !t.Failed(); more++ {
		rapid.Check(t, property)
	}
	t.Logf("movements: %v", moved)
	for way := range wayNames {
		if moved[Way(way)] == 0 {
			t.Errorf("no points were ever %s: the stories have grown tame", Way(way))
		}
	}
}

// story is what the property draws: few people and small amounts, so that operations meet.
type story struct {
	*world
	t          *rapid.T
	booked     int
	holds      []dollars.HoldID
	households []dollars.Account
	serial     byte
}

var people = []member{memberNamed("ann"), memberNamed("ben"), memberNamed("cleo"), memberNamed("dan")}

func drawPolicy(t *rapid.T) *earn.Policy {
	p := &earn.Policy{
		Reversal:          rapid.SampledFrom([]earn.Reversal{earn.ReversalDebt, earn.ReversalWriteOff, earn.ReversalRecall, earn.ReversalRecall}).Draw(t, "reversal"),
		AdjustmentDayMost: 100_00,
	}
	if p.Reversal == earn.ReversalRecall {
		p.RecallDays = 30
	}
	return p
}

func (s *story) roll(sides int, label string) int { return rapid.IntRange(0, sides-1).Draw(s.t, label) }

func (s *story) somebody() member { return rapid.SampledFrom(people).Draw(s.t, "who") }

func (s *story) amount() dollars.Amount {
	return dollars.Amount(1 + s.roll([]int{3, 9, 30}[s.roll(3, "size")], "amount"))
}

// transaction lets some time pass and sends a batch; what of it makes no sense is refused.
func (s *story) transaction() {
	s.now += []int64{0, 60, 60, 86_400, 20 * 86_400}[s.roll(5, "time")]
	by := rapid.SampledFrom([]dollars.Caller{issuer, issuer, issuer, shop, operator}).Draw(s.t, "by")
	var ops []dollars.Operation
	for range 1 + s.roll(6, "length") {
		if op := s.operation(by); op != nil {
			ops = append(ops, op)
		}
	}
	if len(ops) > 0 {
		s.apply(by, ops...)
	}
	if by.Role == dollars.RoleOperator {
		s.adjust()
	}
}

func (s *story) operation(by dollars.Caller) dollars.Operation {
	switch {
	case by.Role == dollars.RoleIssuer && s.roll(2, "own work") == 0:
		return s.booking()
	case by.Role == dollars.RoleMerchant && len(s.holds) > 0 && s.roll(3, "own work") > 0:
		return s.merchants()
	case s.roll(3, "household") == 0:
		return s.household()
	}
	switch s.roll(8, "kind") {
	case 0:
		who := s.anyAccount()
		return dollars.Expire{Account: who, Credits: s.credits(who)}
	case 1:
		who := s.anyAccount()
		return dollars.Absorb{Account: who, Credits: s.some(s.credits(who))}
	case 2:
		return s.spend(dollars.Order{Kind: dollars.KindRedeem, Amount: s.amount()})
	case 3:
		o := s.spend(dollars.Order{Kind: dollars.KindHold, Amount: s.amount(), Until: s.now + 10*86_400})
		s.holds = append(s.holds, dollars.HoldID{Account: o.From, Order: orderID(o.Order)})
		return o
	}
	return s.spend(dollars.Order{Kind: dollars.KindTransfer, Amount: s.amount(), To: s.anyAccount()})
}

// spend signs an order of somebody, or for a household, and names some of the credits.
func (s *story) spend(o dollars.Order) dollars.SignedOrder {
	who := s.somebody()
	if o.From = who.account; len(s.households) > 0 && s.roll(4, "of a household") == 0 {
		o.From = rapid.SampledFrom(s.households).Draw(s.t, "household")
	}
	if o.To == o.From {
		o.To = people[0].account
		if o.From == o.To {
			o.To = people[1].account
		}
	}
	signed := s.order(who, o)
	signed.Credits = s.some(signed.Credits)
	return signed
}

func (s *story) some(refs []dollars.CreditRef) []dollars.CreditRef {
	if s.roll(3, "name all") > 0 {
		return refs
	}
	return slices.DeleteFunc(refs, func(dollars.CreditRef) bool { return s.roll(2, "leave out") == 0 })
}

func (s *story) anyAccount() dollars.Account {
	if len(s.households) > 0 && s.roll(5, "a household") == 0 {
		return rapid.SampledFrom(s.households).Draw(s.t, "household")
	}
	return s.somebody().account
}

func (s *story) booking() dollars.Operation {
	if s.booked == 0 || s.roll(3, "book") == 0 {
		s.booked++
		return confirm(fmt.Sprint(s.booked), s.anyAccount(), 30*s.amount())
	}
	id := bookingOf(fmt.Sprint(1 + s.roll(s.booked, "booking")))
	if s.roll(3, "complete") > 0 {
		return dollars.Complete{Booking: id}
	}
	o := dollars.Cancel{Booking: id}
	if value := s.state[dollars.BookingKey(id)]; value != nil {
		rec, err := dollars.DecodeBookingRecord(value)
		if err != nil {
			s.t.Fatal(err)
		}
		o.Credits = s.credits(rec.Account)
		for _, m := range people {
			if m.account != rec.Account {
				o.Recall = append(o.Recall, dollars.NamedCredits{Account: m.account, Credits: s.credits(m.account)})
			}
		}
	}
	return o
}

func (s *story) merchants() dollars.Operation {
	hold := rapid.SampledFrom(s.holds).Draw(s.t, "hold")
	o := dollars.Order{Kind: dollars.KindRelease, To: hold.Account, Ref: hold.Order}
	if s.roll(3, "capture") > 0 {
		s.serial++
		o.Kind, o.Amount, o.Reference = dollars.KindCapture, s.amount(), [32]byte{1, s.serial}
	}
	return dollars.SignedOrder{Order: o}
}

func (s *story) household() dollars.Operation {
	if len(s.households) == 0 || s.roll(8, "form") == 0 {
		o := s.order(s.somebody(), dollars.Order{Kind: dollars.KindForm})
		s.households = append(s.households, dollars.NewHousehold(orderID(o.Order)))
		return o
	}
	in := rapid.SampledFrom(s.households).Draw(s.t, "household")
	pool := s.pool(in)
	head, _ := s.named(pool[0].Account)
	who := s.somebody()
	switch s.roll(6, "step") {
	case 0:
		return s.order(head, dollars.Order{Kind: dollars.KindInvite, To: in, Other: who.account, Amount: 1_00})
	case 1:
		return s.order(who, dollars.Order{Kind: dollars.KindJoin, To: in, Amount: 1_00})
	case 2:
		last, _ := s.named(pool[len(pool)-1].Account)
		return s.order(last, dollars.Order{Kind: dollars.KindLeave, To: in, Other: last.account})
	}
	who, _ = s.named(rapid.SampledFrom(pool).Draw(s.t, "member").Account)
	return s.order(who, dollars.Order{Kind: dollars.KindContribute, To: in, Amount: s.amount()})
}

// pool are the members of a household; where it is none, somebody.
func (s *story) pool(a dollars.Account) []dollars.Pooled {
	if value := s.state[dollars.AccountKey(a)]; value != nil {
		rec, err := dollars.DecodeAccountRecord(value)
		if err != nil {
			s.t.Fatal(err)
		}
		if rec.Pool != nil {
			return rec.Pool.Members
		}
	}
	return []dollars.Pooled{{Account: people[0].account}}
}

func (s *story) named(a dollars.Account) (member, bool) {
	i := slices.IndexFunc(people, func(m member) bool { return m.account == a })
	return people[max(0, i)], i >= 0
}

// adjust grants, or corrects.
func (s *story) adjust() {
	s.serial++
	a := dollars.Adjustment{Account: s.anyAccount(), Amount: s.amount(), Reason: "goodwill", Months: 2}
	if s.roll(2, "burn") == 0 {
		a.Burn, a.Months = true, 0
	}
	id := [32]byte{2, s.serial}
	s.apply(operator, dollars.ProposeAdjustment{ID: id, Adjustment: a})
	s.apply(approver, dollars.ApproveAdjustment{ID: id, Credits: s.credits(a.Account)})
}

// followed: wherever one begins, the ends of all ways add up to what one began with.
func (s *story) followed() {
	g := s.graph
	began, ended := map[uint32]dollars.Amount{}, map[uint32]dollars.Amount{}
	for i := range g.movements {
		m := uint32(i)
		var sum dollars.Amount
		whole := []stretch{{amount: g.movements[i].amount}}
		g.ends(m, whole, func(_ uint32, left []stretch) { sum += total(left) })
		if sum != g.movements[i].amount {
			s.t.Fatalf("of %s, %s came to an end somewhere", g.movements[i].amount, sum)
		}
		sum = 0
		g.began(m, whole[0], func(origin uint32, amount dollars.Amount) {
			sum += amount
			if g.movements[i].way.ends() {
				began[origin] += amount
			}
		})
		if sum != g.movements[i].amount {
			s.t.Fatalf("of %s, %s came from somewhere", g.movements[i].amount, sum)
		}
		if g.movements[i].way.begins() {
			g.ends(m, whole, func(end uint32, left []stretch) {
				if g.movements[end].way.ends() {
					ended[m] += total(left)
				}
			})
		}
	}
	if !maps.Equal(began, ended) {
		s.t.Fatalf("backwards %v ended, forwards %v", began, ended)
	}
}

// answered: whatever is traced, within whatever limits, every list of an answer adds up with what is left out of it, and the
// same question has the same answer.
func (s *story) answered() {
	g := s.graph
	limits := Limits{Depth: s.roll(4, "depth"), Breadth: s.roll(4, "breadth"), Nodes: s.roll(9, "nodes")}
	for n, a := range g.accounts[1:] {
		sum := g.account(uint32(n+1), Limits{})
		var came, went, has dollars.Amount
		for _, f := range sum.Came {
			came += f.Amount
		}
		for _, f := range sum.Went {
			went += f.Amount
		}
		for _, p := range sum.Has {
			has += p.Amount
		}
		var began dollars.Amount
		for _, o := range sum.Began {
			began += o.Amount
		}
		if came-went != has+sum.Held || began != has+sum.Held {
			s.t.Fatalf("%s came to %s and %s went; it has %s and holds %s, which began as %s", came, a, went, has, sum.Held, began)
		}
	}
	var subjects []Subject
	for _, t := range g.transactions {
		subjects = append(subjects, g.Find(t.id.String())...)
	}
	for i := range g.entries {
		subjects = append(subjects, g.Find(refText(&g.entries[i]))...)
	}
	if len(subjects) < len(g.transactions) {
		s.t.Fatalf("of %d transactions, %d subjects are found", len(g.transactions), len(subjects))
	}
	for _, subject := range subjects {
		answer := g.Trace(subject, limits)
		for _, e := range answer.Entries {
			for _, m := range e.Movements {
				s.addsUp(m, subject.Kind != ATransaction)
			}
		}
		first, err := json.Marshal(answer)
		if err != nil {
			s.t.Fatal(err)
		}
		if again, _ := json.Marshal(g.Trace(subject, limits)); !bytes.Equal(first, again) {
			s.t.Fatalf("%s is told as\n%s\nand as\n%s", subject, first, again)
		}
	}
}

// addsUp checks both sides of the root of a tree, and below it the side that it goes on.
func (s *story) addsUp(m Movement, deep bool) {
	back, forth := m.MoreFrom.amount(), m.MoreTo.amount()+m.Left
	for _, x := range m.CameFrom {
		if back += x.Amount; deep {
			s.addsUpOn(x, func(m Movement) ([]Movement, dollars.Amount) { return m.CameFrom, m.MoreFrom.amount() })
		}
	}
	for _, x := range m.WentTo {
		if forth += x.Amount; deep {
			s.addsUpOn(x, func(m Movement) ([]Movement, dollars.Amount) { return m.WentTo, m.MoreTo.amount() + m.Left })
		}
	}
	begins, ends := m.From.IsZero(), m.To.IsZero()
	if begins != (back == 0) || !begins && back != m.Amount || ends != (forth == 0) || !ends && forth != m.Amount {
		s.t.Fatalf("of %s, %s %s came from somewhere, and %s went on", m.Amount, m.Way, back, forth)
	}
}

func (s *story) addsUpOn(m Movement, side func(Movement) ([]Movement, dollars.Amount)) {
	list, sum := side(m)
	for _, x := range list {
		sum += x.Amount
		s.addsUpOn(x, side)
	}
	if sum != 0 && sum != m.Amount || m.Amount > m.Whole {
		s.t.Fatalf("of %s of %s, %s are accounted for", m.Amount, m.Whole, sum)
	}
}

func (m *More) amount() dollars.Amount {
	if m == nil {
		return 0
	}
	return m.Amount
}
