package dollars

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

// This file compares a ledger with the model, in everything both know.

// live runs a chapter on the ledger and on the model.
func (l *ledger) live(t failing, m *model, c chapter) []Entry {
	ops := l.begin(t, c)
	m.now, m.lane, m.caller = l.env.Time, c.lane, c.by
	if set := c.published(m.now); set != nil {
		m.publish(*set)
	}
	entries := l.mustRun(t, ops)
	for i, e := range entries {
		outcome, code := m.apply(ops[i])
		if _, absorb := ops[i].(Absorb); absorb && e.Outcome == Duplicate {
			e.Outcome = Applied // the model has no credits, so it cannot tell that there was nothing to absorb
		}
		if e.Outcome != outcome || enough(e.Code) != code {
			t.Fatalf("operation %d, %s, is %s %s; the model says %s %s: %+v", i, e.Kind, e.Outcome, e.Code, outcome, code, ops[i])
		}
	}
	m.endBatch()
	if err := l.compare(m); err != nil {
		t.Fatalf("after a batch at %d: %v", m.now, err)
	}
	return entries
}

// enough takes both ways of having too little for one. The model has no credits, so it cannot tell that one which was
// named had been absorbed by an earlier operation of the batch.
func enough(c Code) Code {
	if c == CodeStaleCredits {
		return CodeBalance
	}
	return c
}

// compare tells where ledger and model differ.
func (l *ledger) compare(m *model) error {
	got, err := l.tell()
	if err != nil {
		return err
	}
	want := m.tell()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			return fmt.Errorf("%s is\n%s\nthe model says\n%s", key, got[key], want[key])
		}
	}
	for key, text := range got {
		if want[key] == "" {
			return fmt.Errorf("%s is\n%s\nof which the model knows nothing", key, text)
		}
	}
	return nil
}

// story is a state in words, by what is told of.
type story map[string]string

func (s story) add(key string, value any) {
	if text := fmt.Sprintf("%+v", value); text != Amount(0).String() {
		s[key] = text
	}
}

// addAccount leaves out those that nothing has happened to.
func (s story) addAccount(a Account, text string) {
	if text != tellAccount(AccountRecord{}, a, &holding{}) {
		s["account "+a.String()] = text
	}
}

// tell puts into words what the state says.
func (l *ledger) tell() (story, error) {
	all, err := l.state.holdings()
	if err != nil {
		return nil, err
	}
	sets, err := l.published()
	if err != nil {
		return nil, err
	}
	s := story{"supply": fmt.Sprintf("%+v", l.supply)}
	for a, h := range all {
		s.addAccount(a, tellAccount(l.account(a), a, h))
	}
	for key, value := range l.state {
		if err := s.tellRecord(key, value, sets); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func tellAccount(rec AccountRecord, a Account, h *holding) string {
	text := fmt.Sprintf("has %v, owes %s, frozen %q, nonces %d to %d, keys %v, sent %v, in %s, gave",
		bucketsOf(h.points), rec.Debt, rec.Frozen, rec.Window.Floor, rec.Window.Next(), rec.KeysOf(a), rec.Day, rec.Household)
	for _, g := range rec.Given {
		text += fmt.Sprintf(" %s %s of %s on %s,", g.To, g.Amount, g.Expiry, g.Day)
	}
	if rec.Pool != nil {
		for _, m := range rec.Pool.Members {
			text += fmt.Sprintf(" %s %t %s a day, %v, has %v;", m.Account, m.Joined, m.DayLimit, m.Day, m.Share)
		}
	}
	return text
}

func (s story) tellRecord(key string, value []byte, sets map[uint32]*earn.Evaluator) (err error) {
	switch k := ParseStateKey(key); {
	case k.Kind == StateBooking:
		var rec BookingRecord
		rec, err = DecodeBookingRecord(value)
		s.add(key, describe(sets, rec))
	case k.Kind == StateHold:
		var rec HoldRecord
		rec, err = DecodeHoldRecord(value)
		captured := map[[32]byte]Amount{}
		for _, c := range rec.Captures {
			captured[c.Reference] = c.Amount
		}
		s.add(key, fmt.Sprint(rec.Merchant, rec.Borne, rec.Until, rec.Buckets, captured))
	case k.Kind == StateVoucher:
		var rec VoucherRecord
		rec, err = DecodeVoucherRecord(value)
		s.add(key, fmt.Sprint(rec.Account, rec.Merchant, rec.Reward, rec.Until, rec.Used != 0, rec.Reference))
	case k.Kind == StateReward:
		var rec RewardRecord
		rec, err = DecodeRewardRecord(value)
		s.add(key, fmt.Sprint(rec.Reward))
	case k.Kind == StateRecovery:
		var rec RecoveryRecord
		rec, err = DecodeRecoveryRecord(value)
		s.add(key, fmt.Sprint(rec.Key, rec.Proposer, rec.Approved, rec.Completable))
	case k.Kind == StateAdjustment:
		var rec AdjustmentRecord
		rec, err = DecodeAdjustmentRecord(value)
		s.add(key, fmt.Sprint(rec.Adjustment, rec.Proposer, rec.Applied != 0))
	case k.Kind == StateBudget:
		var rec BudgetRecord
		rec, err = DecodeBudgetRecord(value)
		s.add(key, rec.Left)
	case k.Kind == StateShare:
		var left Amount
		left, err = DecodeShare(value)
		s.add(key, left)
	case strings.HasPrefix(key, adjustedPrefix):
		var rec AdjustedRecord
		rec, err = DecodeAdjustedRecord(value)
		s.add(key, rec.Amount)
	case strings.HasPrefix(key, payeePrefix):
		var rec PayeeRecord
		rec, err = DecodePayeeRecord(value)
		s.add(key, fmt.Sprint(rec.First, rec.Sent))
	}
	return err
}

// describe writes down what model and ledger must agree on.
func describe(sets map[uint32]*earn.Evaluator, rec BookingRecord) string {
	if rec.State == BookingNoted {
		return rec.State.String()
	}
	text := fmt.Sprintf("%s for %s by version %d at %d, tier %q, awarded %d, counts %t:",
		rec.State, rec.Account, rec.Version, rec.Time, rec.Tier, rec.Awarded, rec.Counted)
	for _, p := range rec.Parts {
		text += fmt.Sprintf(" %s %s of %s for %d months", sets[rec.Version].Row(p.Table, p.Row).ID, Amount(p.Points), Amount(p.Earned), p.Months)
	}
	return text
}

func (b *modelBooking) String() string {
	if b.state == BookingNoted {
		return b.state.String()
	}
	text := fmt.Sprintf("%s for %s by version %d at %d, tier %q, awarded %d, counts %t:",
		b.state, b.owner, b.version, b.time, b.tier, b.awarded, b.counted)
	for _, p := range b.parts {
		text += fmt.Sprintf(" %s %s of %s for %d months", p.row.ID, p.points, p.earned, p.row.Months)
	}
	return text
}

// tell puts into words what the model says.
func (m *model) tell() story {
	s := story{}
	sums := m.sums
	for id, b := range m.bookings {
		if b.state == BookingNone {
			continue
		}
		sums.Bookings[b.state]++
		if b.state == BookingPending {
			sums.Pending += b.points()
		}
		s.add(BookingKey(id), b)
	}
	s["supply"] = fmt.Sprintf("%+v", sums)
	for a, p := range m.people {
		s.addAccount(a, m.tellPerson(a, p))
	}
	for id, h := range m.holds {
		s.add(HoldKey(id), fmt.Sprint(h.merchant, h.borne, h.until, bucketsOf(h.points), h.captured))
	}
	for hash, v := range m.vouchers {
		s.add(VoucherKey(hash), fmt.Sprint(v.owner, v.merchant, v.reward, v.until, v.used, v.reference))
	}
	for id, w := range m.rewards {
		s.add(RewardKey(id), fmt.Sprint(*w))
	}
	for a, x := range m.losses {
		s.add(RecoveryKey(a), fmt.Sprint(x.key, x.by, x.approved, x.ready))
	}
	for id, x := range m.changes {
		s.add(AdjustmentKey(id), fmt.Sprint(x.Adjustment, x.by, x.made))
	}
	for day, sum := range m.adjusted {
		s.add(AdjustedKey(day), sum)
	}
	for p, x := range m.payees {
		s.add(PayeeKey(p), fmt.Sprint(x.first, x.sent))
	}
	for row, left := range m.pots {
		s.add(BudgetKey(row), left)
	}
	for share, left := range m.shares {
		s.add(share, left)
	}
	return s
}

func (m *model) tellPerson(a Account, p *modelPerson) string {
	text := fmt.Sprintf("has %v, owes %s, frozen %q, nonces %d to %d, keys %v, sent %v, in %s, gave", bucketsOf(m.all(a)), p.debt, p.frozen,
		p.nonces.floor(), p.nonces.high+1, p.keys, Spent{p.day, p.sent}, p.household)
	for _, g := range p.given {
		text += fmt.Sprintf(" %s %s of %s on %s,", g.to, g.amount, g.expiry, g.day)
	}
	if p.modelHousehold != nil {
		for _, x := range p.places {
			text += fmt.Sprintf(" %s %t %s a day, %v, has %v;", x.account, x.joined, x.limit, Spent{x.day, x.spent}, bucketsOf(x.share))
		}
	}
	return text
}
