package dollars

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

// The properties draw stories of few people, few bookings, few rows and small amounts, so that operations meet each
// other and limits bite. A story is a row of chapters with time between them; a chapter is one batch.

const storyBookings = 16

// storyStart is in the last minutes of a month.
const storyStart = 19_997*secondsPerDay - 5*60

// intent is an operation that is not made yet: what it is about depends on what there is when it is sent.
type intent func(l *ledger) Operation

type chapter struct {
	pass    passing // of time since the chapter before
	skew    int64   // seconds that this chapter's clock is wrong
	lane    uint8
	publish *earn.RuleSet // Starts is seconds from now
	by      Caller
	batch   []intent
}

func drawStory(t *rapid.T) []chapter {
	chapters := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chapter {
		return drawChapter(rapidDice{t}, 3+rapid.IntRange(0, 11).Draw(t, "length"))
	}), 3, 10).Draw(t, "story")
	open(rapidDice{t}, &chapters[0])
	return chapters
}

// open makes a chapter the first: with rules, and with every second booking confirmed, so that most stories have points to
// speak of.
func open(d dice, first *chapter) {
	set := drawRuleSet(d)
	first.publish, first.by, first.batch = &set, issuer, nil
	for n := 0; n < storyBookings; n += 2 {
		op := confirmation(n)
		first.batch = append(first.batch, func(*ledger) Operation { return op })
	}
}

// confirmation is what the story's booking of that number earns, and for whom: two items make a trip.
func confirmation(number int) Confirm {
	nights := Date(number % 5)
	start := Date(19_997 + 10*(number%4))
	f := Facts{
		Kind: earn.Hotel + earn.Kind(number%3), Price: Amount(40 * (storyBookings - 1 - number%storyBookings)), Currency: "EUR",
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

// passing is how much time goes by.
type passing uint8

const (
	noTime passing = iota
	aSecond
	someMinutes
	tillMidnight // to its last second
	midnight
	tillMonth // to the last second of a month
	newMonth
	aDay
	days
	weeks
	months
	year
)

// after is the time that follows.
func (p passing) after(now int64) int64 {
	today := now - now%secondsPerDay
	t := time.Unix(now, 0).UTC()
	month := time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return [...]int64{
		noTime: now, aSecond: now + 1, someMinutes: now + 600, tillMidnight: today + secondsPerDay - 1, midnight: today + secondsPerDay,
		tillMonth: month - 1, newMonth: month, aDay: now + secondsPerDay, days: now + 4*secondsPerDay, weeks: now + 25*secondsPerDay,
		months: now + 80*secondsPerDay, year: now + 330*secondsPerDay,
	}[p]
}

// callers are who sends batches, the more often the more often they are named.
var callers = []Caller{issuer, issuer, issuer, issuer, operator, shop, approver, second, anna, issuer, operator, anybody, shop}

func drawChapter(d dice, length int) chapter {
	c := chapter{
		pass: pick(d, noTime, noTime, someMinutes, aDay, weeks, tillMidnight, midnight, aSecond, tillMonth, newMonth, days, months, year),
		skew: pick[int64](d, 0, 0, 600, -600),
		lane: pick[uint8](d, 0, 0, 1, Lanes-1),
		by:   pick(d, callers...),
	}
	for range length {
		c.batch = append(c.batch, drawIntent(d, c.by))
	}
	if seldom(d, 4) {
		set := drawRuleSet(d)
		set.Starts = pick[int64](d, 0, 0, 1, 300, 20*secondsPerDay)
		c.publish = &set
	}
	return c
}

// storyBudgets are the budgets that rows of some names always have: a budget cannot change.
var storyBudgets = map[string]earn.Cents{"a": 90, "b": 1_000}

// drawRuleSet draws up to three tables of rows named a to h; a row is in one of them at most.
func drawRuleSet(d dice) earn.RuleSet {
	r := earn.RuleSet{Name: "story", Currency: "EUR", Policy: drawPolicy(d)}
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for i := range 1 + d.roll(3) {
		table := earn.Table{
			Name:     fmt.Sprint("table ", i),
			Hit:      pick(d, earn.First, earn.First, earn.Collect, earn.Unique),
			Rounding: pick(d, "", earn.Floor, earn.HalfUp, earn.HalfEven, earn.Ceiling),
		}
		for range 1 + d.roll(min(3, len(names))) {
			n := d.roll(len(names))
			table.Rows = append(table.Rows, drawRow(d, names[n]))
			names = slices.Delete(names, n, n+1)
		}
		r.Tables = append(r.Tables, table)
	}
	if d.roll(2) == 1 {
		r.Tiers = []earn.Level{{Tier: "silver", Points: 100, Nights: 3}, {Tier: "gold", Points: 400}}
	}
	return r
}

func drawPolicy(d dice) *earn.Policy {
	if d.roll(5) == 0 {
		return nil
	}
	p := &earn.Policy{
		Reversal:  pick(d, "", earn.ReversalDebt, earn.ReversalWriteOff, earn.ReversalRecall, earn.ReversalRecall, earn.ReversalRecall),
		OrderMost: pick[earn.Cents](d, 0, 0, 0, 60), DayMost: pick[earn.Cents](d, 0, 0, 150, 400),
		RecoverySeconds: pick[int64](d, 0, 600, secondsPerDay, earn.MaxRecovery), AdjustmentDayMost: pick[earn.Cents](d, 300, 0, 60, 1_000),
	}
	if p.Reversal == earn.ReversalRecall {
		p.RecallDays = pick[uint32](d, 1, 7, earn.MaxRecallDays)
	}
	if d.roll(2) == 1 {
		p.CoolingSeconds, p.CoolingMost = pick[int64](d, 3_600, 3*secondsPerDay), pick[earn.Cents](d, 10, 40)
	}
	if *p == (earn.Policy{}) {
		return nil
	}
	return p
}

func drawRow(d dice, name string) earn.Row {
	row := earn.Row{
		ID: name, Budget: storyBudgets[name], Priority: pick[int32](d, 0, -1, 1),
		BasisPoints: pick[uint32](d, 10_000, 5_000, 3_333, 0),
		Months:      uint32(1 + d.roll(3)),
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
		*c.of = pick(d, c.values...)
	}
	if row.BasisPoints == 0 {
		row.Fixed = 5
	}
	if seldom(d, 4) {
		row.Kinds = []earn.Kind{earn.Hotel, earn.Car, earn.Flight}[d.roll(3):]
	}
	if seldom(d, 4) {
		row.Season = drawSeason(d)
	}
	if d.roll(2) == 1 {
		row.When = pick(d, slices.Sorted(maps.Keys(modelConditions))...)
	}
	return row
}

func drawSeason(d dice) *earn.Season {
	from := Date(pick(d, 19_900, 19_997, 20_007))
	until := from + Date(pick(d, 0, 9, 40))
	s := &earn.Season{By: earn.ByArrival, From: from.String(), Until: until.String()}
	if d.roll(2) == 1 {
		s.By, s.Zone = earn.ByBooking, "UTC"
		s.Start, s.End = int64(from)*secondsPerDay, int64(until+1)*secondsPerDay
	}
	return s
}

// Draws favour what is often named, and rare things should meet: an award, its spending, its reversal, the next award.
var (
	everyday = []Kind{
		KindTransfer, KindTransfer, KindTransfer, KindTransfer, KindRedeem, KindHold, KindHold, KindHold, KindClaim, KindClaim, KindClaim,
		KindContribute, KindContribute, KindContribute, KindInvite, KindInvite, KindJoin, KindForm, KindLeave, KindChangeKeys,
		KindObject, KindCapture, KindCapture, KindRelease, KindUse, KindAbsorb, KindExpire, KindRecover, KindUnreadable,
	}
	work = map[string][]Kind{
		RoleIssuer: {KindComplete, KindComplete, KindConfirm, KindComplete, KindConfirm, KindCancel, KindConfirm, KindComplete},
		RoleOperator: {
			KindProposeAdjustment, KindApproveAdjustment, KindApproveAdjustment, KindUnfreeze, KindFreeze, KindUnfreeze, KindUnfreeze,
			KindProposeRecovery, KindApproveRecovery, KindApproveRecovery, KindApproveRecovery, KindRecover,
		},
		RoleMerchant: {KindCapture, KindCapture, KindUse, KindRelease, KindSetReward},
	}
)

// drawIntent draws an operation that makes sense for who sends it, or for anybody, or for somebody else.
func drawIntent(d dice, by Caller) intent {
	kinds := everyday
	switch own := work[by.Role]; {
	case seldom(d, 40):
		kinds = work[pick(d, RoleIssuer, RoleOperator, RoleMerchant)]
	case len(own) > 0 && d.roll(2) == 0:
		kinds = own
	}
	switch kind := pick(d, kinds...); kind {
	case KindConfirm, KindComplete, KindCancel:
		return drawBooking(d, kind)
	case KindAbsorb, KindExpire:
		return drawTouch(d, kind)
	case KindCapture, KindRelease, KindUse:
		return drawMerchant(d, kind, by.Role == RoleMerchant)
	case KindUnreadable:
		return func(*ledger) Operation { return nil } // bytes that are no operation
	default:
		if FormOf(kind) != nil {
			return drawOrder(d, kind)
		}
		return drawAdmin(d, kind)
	}
}

func drawBooking(d dice, kind Kind) intent {
	f, number := drawDraft(d, kind), d.roll(storyBookings)
	return func(l *ledger) Operation {
		op := confirmation(l.cast.bookings + number)
		switch kind {
		case KindComplete:
			return Complete{l.booked(f.n, BookingPending).Booking}
		case KindCancel:
			if f.m%4 > 0 {
				op = l.booked(f.n, [...]BookingState{BookingPending, BookingAwarded, BookingAwarded}[f.m%3])
			}
			return Cancel{Booking: op.Booking, Credits: l.state.credits(op.Account), Recall: l.recallable(op.Account)}
		}
		switch f.wrong {
		case 99, 98, 97:
			op.Facts.Price++ // a conflict, where the booking is known
		case 96:
			op.Facts.Currency = "USD"
		}
		return op
	}
}

// booked is a booking lately spoken of, mostly one in this state.
func (l *ledger) booked(n int, in BookingState) Confirm {
	var lately []Confirm
	for number := max(0, l.cast.bookings-storyBookings); number < l.cast.bookings+storyBookings; number++ {
		lately = append(lately, confirmation(number))
	}
	return latest(lately, n, func(c Confirm) bool {
		value := l.state[BookingKey(c.Booking)]
		if value == nil {
			return false
		}
		rec, err := DecodeBookingRecord(value)
		return err == nil && rec.State == in
	})
}

// recallable are the credits of everybody but the one account: those of households that never came to be included.
func (l *ledger) recallable(but Account) (named []NamedCredits) {
	for _, a := range append(slices.Clone(receivers), l.cast.households...) {
		if refs := l.state.credits(a); a != but && len(refs) > 0 && l.account(a).Pool == nil {
			named = append(named, NamedCredits{a, refs})
		}
	}
	return named
}

func drawTouch(d dice, kind Kind) intent {
	f := drawDraft(d, kind)
	return func(l *ledger) Operation {
		a := f.who.account
		switch {
		case f.m%6 == 0:
			a = l.household(f.n)
		case f.m%6 == 1:
			a = merchant.account
		}
		if kind == KindAbsorb {
			return Absorb{a, l.state.credits(a)}
		}
		return Expire{a, l.state.credits(a)}
	}
}

func newStoryLedger() *ledger {
	l := newLedger()
	l.env.Caller, l.env.Time, l.cast = issuer, storyStart, newCast()
	l.clock = storyStart
	return l
}

// failing is a test that can fail, by chance or not.
type failing interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// mustRun applies operations; nil is bytes that are none.
func (l *ledger) mustRun(t failing, ops []Operation) []Entry {
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

// begin lets a chapter's time pass and publishes its rules; its batch is left to the caller, ready to be sent.
func (l *ledger) begin(t failing, c chapter) []Operation {
	l.clock = c.pass.after(l.clock)
	l.env.Time = l.clock + c.skew
	l.env.Lane, l.env.Caller = c.lane, c.by
	if set := c.published(l.env.Time); set != nil {
		if _, err := l.publish(*set); err != nil {
			t.Fatal(err)
		}
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
	c.state, c.cast, c.once = maps.Clone(l.state), l.cast.clone(), maps.Clone(l.once)
	return &c
}

// drawLedger is a ledger after a random story, and one more random batch for it, of so many operations.
func drawLedger(t *rapid.T, least, most int) (*ledger, []intent) {
	l := newStoryLedger()
	for _, c := range drawStory(t) {
		l.mustRun(t, l.begin(t, c))
	}
	l.env.Caller = pick(rapidDice{t}, callers...)
	return l, rapid.SliceOfN(rapid.Custom(func(t *rapid.T) intent { return drawIntent(rapidDice{t}, l.env.Caller) }), least, most).Draw(t, "batch")
}
