package dollars

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

// The properties draw stories of few people, few bookings and small amounts, so that operations meet each other.
// A story is a row of chapters with time between them; a chapter is one batch.

var (
	people     = []member{memberNamed("alice"), memberNamed("bob"), memberNamed("carol")}
	storyRules = earn.Rules{
		Version: 1, Currency: "EUR", ValidMonths: 2,
		HotelBasisPoints: 10_000, CarBasisPoints: 5_000, FlightBasisPoints: 3_333,
	}
)

const storyBookings = 16

// intent is an operation that has not been given its credits yet: which there are depends on when it is sent.
type intent func(l *ledger) Operation

type chapter struct {
	days   int // since the chapter before
	freeze *SetFrozen
	batch  []intent
}

func drawStory(t *rapid.T) []chapter {
	chapters := rapid.SliceOfN(rapid.Custom(drawChapter), 3, 10).Draw(t, "story")
	// Every second booking is confirmed at the start, so that most stories have points to speak of.
	for n := 0; n < storyBookings; n += 2 {
		op := confirmation(n)
		chapters[0].batch = append(chapters[0].batch, func(*ledger) Operation { return op })
	}
	return chapters
}

// confirmation is what the story's booking of that number earns, and for whom.
func confirmation(number int) Confirm {
	return Confirm{
		Booking: NewBookingID("property", fmt.Sprint(number), "1"),
		Account: people[number%len(people)].account,
		Facts: Facts{
			Kind: earn.Hotel + earn.Kind(number%3), Price: Amount(20 * (storyBookings - 1 - number)),
			Currency: "EUR", Start: 20000, End: 20001,
		},
	}
}

func drawChapter(t *rapid.T) chapter {
	c := chapter{
		days:  rapid.SampledFrom([]int{0, 0, 1, 25, 80}).Draw(t, "days"),
		batch: rapid.SliceOfN(rapid.Custom(drawIntent), 3, 14).Draw(t, "batch"),
	}
	if rapid.IntRange(0, 4).Draw(t, "freeze") == 4 {
		c.freeze = &SetFrozen{rapid.SampledFrom(people).Draw(t, "whom").account, rapid.Bool().Draw(t, "frozen")}
	}
	return c
}

func drawIntent(t *rapid.T) intent {
	who := rapid.SampledFrom(people).Draw(t, "who")
	op := confirmation(rapid.IntRange(0, storyBookings-1).Draw(t, "booking"))
	booking, owner := op.Booking, op.Account
	// Draws favour what comes first, and rare things should meet: an award, its spending, its reversal, the next award.
	switch rapid.SampledFrom([]Kind{
		KindComplete, KindTransfer, KindCancel, KindConfirm, KindComplete, KindRedeem, KindConfirm, KindAbsorb,
		KindComplete, KindTransfer, KindConfirm, KindConfirm, KindUnreadable,
	}).Draw(t, "kind") {
	case KindConfirm:
		if rapid.IntRange(0, 9).Draw(t, "other facts") == 9 {
			op.Facts.Price++ // a conflict, where the booking is known
		}
		return func(*ledger) Operation { return op }
	case KindComplete:
		return func(*ledger) Operation { return Complete{booking} }
	case KindCancel:
		return func(l *ledger) Operation { return Cancel{booking, l.state.credits(owner)} }
	case KindTransfer:
		to := rapid.SampledFrom(people).Filter(func(m member) bool { return m != who }).Draw(t, "to")
		return drawOrder(t, who, Order{To: to.account})
	case KindRedeem:
		return drawOrder(t, who, Order{Redeem: true})
	case KindAbsorb:
		return func(l *ledger) Operation { return Absorb{who.account, l.state.credits(who.account)} }
	}
	return func(*ledger) Operation { return nil } // bytes that are no operation
}

func drawOrder(t *rapid.T, who member, o Order) intent {
	o.Amount = Amount(rapid.Int64Range(1, 80).Draw(t, "amount"))
	o.Nonce = rapid.OneOf(rapid.Uint64Range(1, 12), rapid.Uint64Range(1, 40), rapid.Uint64Range(1, 3*WindowSize)).Draw(t, "nonce")
	return func(l *ledger) Operation {
		o := o
		o.Deadline = l.env.Time + secondsPerDay
		return who.order(o, l.state.credits(who.account))
	}
}

func newStoryLedger(t *rapid.T) *ledger {
	l := newLedger()
	l.env.Time = 20_000 * secondsPerDay
	l.env.Caller = operator
	l.mustRun(t, []Operation{PublishRules{storyRules}})
	l.env.Caller = issuer
	return l
}

// mustRun applies operations; nil is bytes that are none.
func (l *ledger) mustRun(t *rapid.T, ops []Operation) []Entry {
	encoded := make([][]byte, len(ops))
	for i, op := range ops {
		if op != nil {
			encoded[i] = EncodeOperation(op)
		}
	}
	res, err := l.run(encoded)
	if err != nil {
		t.Fatalf("batch: %v", err)
	}
	return res.Journal.Entries
}

// begin lets a chapter's time pass and does its freezing; its batch is left to the caller, with credits named.
func (l *ledger) begin(t *rapid.T, c chapter) []Operation {
	l.env.Time += int64(c.days) * secondsPerDay
	if c.freeze != nil {
		l.env.Caller = operator
		l.mustRun(t, []Operation{*c.freeze})
		l.env.Caller = issuer
	}
	return l.name(c.batch)
}

func (l *ledger) name(batch []intent) []Operation {
	ops := make([]Operation, len(batch))
	for i, in := range batch {
		ops[i] = in(l)
	}
	return ops
}

func (l *ledger) clone() *ledger {
	c := *l
	c.state = maps.Clone(l.state)
	return &c
}

// drawLedger is a ledger after a random story, and one more random batch for it.
func drawLedger(t *rapid.T) (*ledger, []intent) {
	l := newStoryLedger(t)
	for _, c := range drawStory(t) {
		l.mustRun(t, l.begin(t, c))
	}
	return l, rapid.SliceOfN(rapid.Custom(drawIntent), 1, 12).Draw(t, "batch")
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newStoryLedger(t)
		m := newModel(storyRules)
		for _, c := range drawStory(t) {
			ops := l.begin(t, c)
			m.now = l.env.Time
			if c.freeze != nil {
				m.apply(*c.freeze)
			}
			for i, e := range l.mustRun(t, ops) {
				outcome, code := m.apply(ops[i])
				if _, absorb := ops[i].(Absorb); absorb && e.Outcome == Duplicate {
					e.Outcome = Applied // the model has no credits, so it cannot tell that there was nothing to absorb
				}
				if e.Outcome != outcome || enough(e.Code) != code {
					t.Fatalf("operation %d, %s, is %s %s; the model says %s %s", i, e.Kind, e.Outcome, e.Code, outcome, code)
				}
			}
			compare(t, l, m)
		}
	})
}

// enough takes both ways of having too little for one. The model has no credits, so it cannot tell that one which was
// named had been absorbed by an earlier operation of the batch.
func enough(c Code) Code {
	if c == CodeStaleCredits {
		return CodeBalance
	}
	return c
}

func compare(t *rapid.T, l *ledger, m *model) {
	all, err := l.state.holdings()
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range people {
		p, h := m.person(who.account), all[who.account]
		if h == nil {
			h = &holding{}
		}
		got, want := bucketsOf(h.points), bucketsOf(p.points)
		if !slices.Equal(got, want) || h.debt != p.debt || h.frozen != p.frozen {
			t.Fatalf("%s has %v, owes %s, frozen %t; the model says %v, %s, %t",
				who.account, got, h.debt, h.frozen, want, p.debt, p.frozen)
		}
		if h.window.Floor != p.nonces.floor() || h.window.Next() != p.nonces.high+1 {
			t.Fatalf("%s has used nonces up to %d, next %d; the model says %d, %d",
				who.account, h.window.Floor, h.window.Next(), p.nonces.floor(), p.nonces.high+1)
		}
	}
	for id, b := range m.bookings {
		rec, err := DecodeBookingRecord(l.state[BookingKey(id)])
		if b.state == BookingNone {
			continue
		}
		if err != nil || rec.State != b.state || (b.state != BookingNoted && rec.Points != b.points) {
			t.Fatalf("booking is %s of %s, %v; the model says %s of %s", rec.State, rec.Points, err, b.state, b.points)
		}
	}
}

// TestRepeatedBatch: what was applied once changes nothing when it comes again. What was refused may of course be
// applied the second time, and an absorption has no identity, so those are left out.
func TestRepeatedBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t)
		ops := l.name(batch)
		var applied []Operation
		for i, e := range l.mustRun(t, ops) {
			if _, absorb := ops[i].(Absorb); e.Outcome == Applied && !absorb {
				applied = append(applied, ops[i])
			}
		}
		before, supply := maps.Clone(l.state), l.supply
		for i, e := range l.mustRun(t, applied) {
			_, order := applied[i].(SignedOrder)
			if order && e.Code != CodeNonceUsed || !order && e.Outcome != Duplicate {
				t.Fatalf("%s again is %s %s", e.Kind, e.Outcome, e.Code)
			}
		}
		if !reflect.DeepEqual(l.state, before) || l.supply != supply {
			t.Fatal("a repeated batch changed the ledger")
		}
	})
}

// TestSplitBatch: wherever a batch is cut in two, everybody ends up with the same.
func TestSplitBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, batch := drawLedger(t)
		parts := whole.clone()
		cut := rapid.IntRange(0, len(batch)).Draw(t, "cut")
		one := whole.mustRun(t, whole.name(batch))
		two := parts.mustRun(t, parts.name(batch[:cut]))
		two = append(two, parts.mustRun(t, parts.name(batch[cut:]))...)
		for i := range one {
			if one[i].Outcome != two[i].Outcome || enough(one[i].Code) != enough(two[i].Code) {
				t.Fatalf("operation %d is %s %s in one batch, %s %s in two",
					i, one[i].Outcome, one[i].Code, two[i].Outcome, two[i].Code)
			}
		}
		a, errA := whole.state.holdings()
		b, errB := parts.state.holdings()
		if errA != nil || errB != nil || whole.supply != parts.supply {
			t.Fatalf("supplies differ: %+v in one batch, %+v in two", whole.supply, parts.supply)
		}
		for _, who := range people {
			x, y := a[who.account], b[who.account]
			if (x == nil) != (y == nil) || x != nil && !sameHolding(*x, *y) {
				t.Fatalf("%s has %+v in one batch, %+v in two", who.account, x, y)
			}
		}
	})
}

func sameHolding(x, y holding) bool {
	return slices.Equal(bucketsOf(x.points), bucketsOf(y.points)) && x.debt == y.debt && x.frozen == y.frozen &&
		bytes.Equal(appendWindow(nil, x.window), appendWindow(nil, y.window))
}

// TestUnrelatedOrder: two neighbours that share no account and no booking may change places, and every byte written
// stays the same.
func TestUnrelatedOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, batch := drawLedger(t)
		ops := l.name(batch)
		if len(ops) < 2 {
			return
		}
		i := rapid.IntRange(0, len(ops)-2).Draw(t, "position")
		if related(ops[i], ops[i+1]) {
			return
		}
		swapped := slices.Clone(ops)
		swapped[i], swapped[i+1] = ops[i+1], ops[i]
		a, errA := Apply(l.next(), ops, l.state)
		b, errB := Apply(l.next(), swapped, l.state)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !reflect.DeepEqual(a.Writes, b.Writes) {
			t.Fatal("unrelated operations write something else in another order")
		}
		b.Journal.Entries[i], b.Journal.Entries[i+1] = b.Journal.Entries[i+1], b.Journal.Entries[i]
		if !bytes.Equal(a.Journal.Encode(), b.Journal.Encode()) {
			t.Fatal("unrelated operations are answered otherwise in another order")
		}
	})
}

// related tells whether two operations of a story share anything.
func related(x, y Operation) bool {
	a, b := touched(x), touched(y)
	return slices.ContainsFunc(a, func(k string) bool { return slices.Contains(b, k) })
}

func touched(op Operation) []string {
	switch o := op.(type) {
	case Confirm:
		return []string{BookingKey(o.Booking)}
	case Complete:
		return []string{BookingKey(o.Booking), ownerKey(o.Booking)}
	case Cancel:
		return []string{BookingKey(o.Booking), ownerKey(o.Booking)}
	case SignedOrder:
		return []string{AccountKey(o.From), AccountKey(o.To)}
	case Absorb:
		return []string{AccountKey(o.Account)}
	}
	return nil
}

func ownerKey(id BookingID) string {
	for n := range storyBookings {
		if c := confirmation(n); c.Booking == id {
			return AccountKey(c.Account)
		}
	}
	return ""
}

// TestSameBytes: the journal and the writes do not depend on how many processors shared the work.
func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rapid.Check(t, func(t *rapid.T) {
		l, _ := drawLedger(t)
		// Long enough for several workers.
		ops := l.name(rapid.SliceOfN(rapid.Custom(drawIntent), 32, 40).Draw(t, "long batch"))
		var first []byte
		for _, procs := range []int{1, 4, 4} {
			runtime.GOMAXPROCS(procs)
			res, err := Apply(l.next(), ops, l.state)
			if err != nil {
				t.Fatal(err)
			}
			all := res.Journal.Encode()
			for _, w := range res.Writes {
				all = fmt.Appendf(all, "%s=%x %t\n", w.Key, w.Value, w.Value == nil)
			}
			if first == nil {
				first = all
			} else if !bytes.Equal(all, first) {
				t.Fatalf("other bytes with %d processors", procs)
			}
		}
	})
}

// TestFewerCredits: whatever credits a relayer leaves out, the member can never spend more, and never gains or loses.
func TestFewerCredits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, _ := drawLedger(t)
		who := rapid.SampledFrom(people).Draw(t, "who")
		full, ok := drawOrder(t, who, Order{Redeem: true})(l).(SignedOrder)
		if !ok {
			t.Fatal("no order")
		}
		fewer := full
		fewer.Credits = nil
		for _, c := range full.Credits {
			if rapid.Bool().Draw(t, "named") {
				fewer.Credits = append(fewer.Credits, c)
			}
		}
		a, b := l.clone(), l.clone()
		allNamed, someNamed := a.mustRun(t, []Operation{full})[0], b.mustRun(t, []Operation{fewer})[0]
		if someNamed.Outcome != Applied {
			return
		}
		if allNamed.Outcome != Applied {
			t.Fatalf("with fewer credits the order is applied, with all of them %s", allNamed.Code)
		}
		// Folding in the rest brings both to the same.
		for _, l := range []*ledger{a, b} {
			l.mustRun(t, []Operation{Absorb{who.account, l.state.credits(who.account)}})
		}
		if a.supply != b.supply {
			t.Fatalf("supply is %+v with all credits, %+v with fewer", a.supply, b.supply)
		}
	})
}
