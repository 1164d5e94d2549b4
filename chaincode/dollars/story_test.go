package dollars

import (
	"fmt"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

// The properties draw stories of few people, few bookings, few rows and small amounts, so that operations meet each
// other and limits bite. A story is a row of chapters with time between them; a chapter is one batch.

var people = []member{memberNamed("alice"), memberNamed("bob"), memberNamed("carol")}

const storyBookings = 16

// storyStart is in the last minutes of a month.
const storyStart = 19_997*secondsPerDay - 5*60

// intent is an operation that has not been given its credits yet: which there are depends on when it is sent.
type intent func(l *ledger) Operation

type chapter struct {
	days    int   // since the chapter before
	skew    int64 // seconds that this chapter's clock is wrong
	lane    uint8
	publish *earn.RuleSet // Starts is seconds from now
	freeze  *SetFrozen
	batch   []intent
}

func drawStory(t *rapid.T) []chapter {
	chapters := rapid.SliceOfN(rapid.Custom(drawChapter), 3, 10).Draw(t, "story")
	first := drawRuleSet(t)
	chapters[0].publish = &first
	// Every second booking is confirmed at the start, so that most stories have points to speak of.
	for n := 0; n < storyBookings; n += 2 {
		op := confirmation(n)
		chapters[0].batch = append(chapters[0].batch, func(*ledger) Operation { return op })
	}
	return chapters
}

// confirmation is what the story's booking of that number earns, and for whom: two items make a trip.
func confirmation(number int) Confirm {
	nights := Date(number % 5)
	start := Date(19_997 + 10*(number%4))
	f := Facts{
		Kind: earn.Hotel + earn.Kind(number%3), Price: Amount(20 * (storyBookings - 1 - number)), Currency: "EUR",
		Start: start, End: start + nights, Party: uint32(number % 3),
		Trip: earn.Trip{Flights: uint32(number % 2), Nights: uint32(nights)},
	}
	if number%4 == 1 {
		f.Cabin, f.Booked, f.Route = "business", 19_990, "FRA-LIS"
	}
	return Confirm{
		Booking: NewBookingID("property", fmt.Sprint(number/2), fmt.Sprint(number)),
		Account: people[number/2%len(people)].account, Facts: f,
	}
}

func drawChapter(t *rapid.T) chapter {
	c := chapter{
		days:  rapid.SampledFrom([]int{0, 0, 1, 25, 80, 330}).Draw(t, "days"),
		skew:  rapid.SampledFrom([]int64{0, 0, 600, -600}).Draw(t, "skew"),
		lane:  rapid.SampledFrom([]uint8{0, 0, 1, Lanes - 1}).Draw(t, "lane"),
		batch: rapid.SliceOfN(rapid.Custom(drawIntent), 3, 14).Draw(t, "batch"),
	}
	if rapid.IntRange(0, 4).Draw(t, "freeze") == 4 {
		c.freeze = &SetFrozen{rapid.SampledFrom(people).Draw(t, "whom").account, rapid.Bool().Draw(t, "frozen"), "story"}
	}
	if rapid.IntRange(0, 3).Draw(t, "publish") == 3 {
		set := drawRuleSet(t)
		set.Starts = rapid.SampledFrom([]int64{0, 0, 1, 300, 20 * secondsPerDay}).Draw(t, "starts")
		c.publish = &set
	}
	return c
}

// storyBudgets are the budgets that rows of some names always have: a budget cannot change.
var storyBudgets = map[string]earn.Cents{"a": 90, "b": 1_000}

// drawRuleSet draws up to three tables of rows named a to h; a row is in one of them at most.
func drawRuleSet(t *rapid.T) earn.RuleSet {
	r := earn.RuleSet{Name: "story", Currency: "EUR"}
	names := rapid.Permutation([]string{"a", "b", "c", "d", "e", "f", "g", "h"}).Draw(t, "rows")
	for i := range rapid.IntRange(1, 3).Draw(t, "tables") {
		table := earn.Table{
			Name: fmt.Sprint("table ", i),
			Hit:  rapid.SampledFrom([]earn.HitPolicy{earn.First, earn.First, earn.Collect, earn.Unique}).Draw(t, "hit"),
			Rounding: rapid.SampledFrom([]earn.Rounding{
				"", earn.Floor, earn.HalfUp, earn.HalfEven, earn.Ceiling,
			}).Draw(t, "rounding"),
		}
		for range rapid.IntRange(1, min(3, len(names))).Draw(t, "size") {
			table.Rows = append(table.Rows, drawRow(t, names[0]))
			names = names[1:]
		}
		r.Tables = append(r.Tables, table)
	}
	if rapid.Bool().Draw(t, "with tiers") {
		r.Tiers = []earn.Level{{Tier: "silver", Points: 100, Nights: 3}, {Tier: "gold", Points: 400}}
	}
	return r
}

func drawRow(t *rapid.T, name string) earn.Row {
	row := earn.Row{
		ID: name, Budget: storyBudgets[name], Priority: rapid.Int32Range(-1, 1).Draw(t, "priority"),
		BasisPoints: rapid.SampledFrom([]uint32{10_000, 5_000, 3_333, 0}).Draw(t, "rate"),
		Months:      rapid.Uint32Range(1, 3).Draw(t, "months"),
	}
	for _, c := range []struct {
		of     *earn.Cents
		values []earn.Cents
	}{
		{&row.Fixed, []earn.Cents{0, 0, 7}},
		{&row.CapItem, []earn.Cents{0, 0, 90}},
		{&row.CapBooking, []earn.Cents{0, 0, 110}},
		{&row.CapMember, []earn.Cents{0, 0, 130, 300}},
	} {
		*c.of = rapid.SampledFrom(c.values).Draw(t, "cents")
	}
	if row.BasisPoints == 0 {
		row.Fixed = 5
	}
	if rapid.IntRange(0, 3).Draw(t, "for kinds") == 3 {
		row.Kinds = []earn.Kind{earn.Hotel, earn.Car, earn.Flight}[rapid.IntRange(0, 2).Draw(t, "kind"):]
	}
	if rapid.IntRange(0, 3).Draw(t, "with season") == 3 {
		row.Season = drawSeason(t)
	}
	if rapid.Bool().Draw(t, "with condition") {
		row.When = rapid.SampledFrom(slices.Sorted(maps.Keys(modelConditions))).Draw(t, "when")
	}
	return row
}

func drawSeason(t *rapid.T) *earn.Season {
	from := Date(rapid.SampledFrom([]int{19_900, 19_997, 20_007}).Draw(t, "from"))
	until := from + Date(rapid.SampledFrom([]int{0, 9, 40}).Draw(t, "length"))
	s := &earn.Season{By: earn.ByArrival, From: from.String(), Until: until.String()}
	if rapid.Bool().Draw(t, "by booking") {
		s.By, s.Zone = earn.ByBooking, "UTC"
		s.Start, s.End = int64(from)*secondsPerDay, int64(until+1)*secondsPerDay
	}
	return s
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
		return func(l *ledger) Operation { return Cancel{Booking: booking, Credits: l.state.credits(owner)} }
	case KindTransfer:
		to := rapid.SampledFrom(people).Filter(func(m member) bool { return m != who }).Draw(t, "to")
		return drawOrder(t, who, Order{Kind: KindTransfer, To: to.account})
	case KindRedeem:
		return drawOrder(t, who, Order{Kind: KindRedeem})
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

func newStoryLedger() *ledger {
	l := newLedger()
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

// begin lets a chapter's time pass, publishes its rules and does its freezing; its batch is left to the caller, with
// credits named.
func (l *ledger) begin(t *rapid.T, c chapter) []Operation {
	l.days += c.days
	l.env.Time = storyStart + int64(l.days)*secondsPerDay + c.skew
	l.env.Lane = c.lane
	if set := c.published(l.env.Time); set != nil {
		if _, err := l.publish(*set); err != nil {
			t.Fatal(err)
		}
	}
	if c.freeze != nil {
		l.env.Caller = operator
		l.mustRun(t, []Operation{*c.freeze})
		l.env.Caller = issuer
	}
	return l.name(c.batch)
}

// published is the rule set with its start in Unix seconds.
func (c chapter) published(now int64) *earn.RuleSet {
	if c.publish == nil {
		return nil
	}
	set := *c.publish
	if set.Starts > 0 {
		set.Starts += now
	}
	return &set
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
	l := newStoryLedger()
	for _, c := range drawStory(t) {
		l.mustRun(t, l.begin(t, c))
	}
	return l, rapid.SliceOfN(rapid.Custom(drawIntent), 1, 12).Draw(t, "batch")
}
