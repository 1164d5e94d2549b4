package wallet

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	self   = dollars.Account{1}
	friend = dollars.Account{2}
	shop   = dollars.Account{3}
	family = dollars.Account{4}
)

// arrival is points that came to the account at one time.
type arrival struct {
	ref    [32]byte
	amount dollars.Amount
}

// life is an account as a dumb model has it: points one by one in the order they came, and the history they left.
type life struct {
	rapid   *rapid.T
	now     int64
	has     map[dollars.Expiry][]arrival
	gone    map[dollars.Expiry][]arrival // that were taken, in that order
	holds   map[[32]byte]map[dollars.Expiry]dollars.Amount
	history []HistoryEntry // oldest first
	closing map[Month]dollars.Amount
}

func (l *life) int(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(l.rapid, label)
}

// shown is what the account has, without what has expired, and with what is held.
func (l *life) shown(at int64) (sum dollars.Amount) {
	for e, list := range l.has {
		for _, x := range list {
			if !e.Passed(at) {
				sum += x.amount
			}
		}
	}
	for _, hold := range l.holds {
		for _, a := range hold {
			sum += a
		}
	}
	return sum
}

func (l *life) pass(days int) {
	next := l.now + int64(days)*24*3600 + int64(l.int("seconds", 0, 24*3600))
	for m := MonthOf(l.now); m < MonthOf(next); m++ {
		l.closing[m] = l.shown((m + 1).Start() - 1)
	}
	l.now = next
}

// take removes valid points of the earliest expiry, and of those the ones that came first.
func (l *life) take(want dollars.Amount) (taken dollars.Buckets) {
	for _, e := range slices.Sorted(maps.Keys(l.has)) {
		var part dollars.Amount
		for want > 0 && len(l.has[e]) > 0 && !e.Passed(l.now) {
			x := &l.has[e][0]
			n := min(want, x.amount)
			want, part, x.amount = want-n, part+n, x.amount-n
			l.gone[e] = append(l.gone[e], arrival{x.ref, n})
			if x.amount == 0 {
				l.has[e] = l.has[e][1:]
			}
		}
		if part > 0 {
			taken = append(taken, dollars.Bucket{Expiry: e, Amount: part})
		}
	}
	return taken
}

func (l *life) burnExpired() (burned dollars.Buckets) {
	for _, e := range slices.Sorted(maps.Keys(l.has)) {
		var sum dollars.Amount
		for _, x := range l.has[e] {
			sum += x.amount
		}
		if e.Passed(l.now) && sum > 0 {
			burned = append(burned, dollars.Bucket{Expiry: e, Amount: sum})
			delete(l.has, e)
		}
	}
	return burned
}

func (l *life) give(ref [32]byte, buckets dollars.Buckets) {
	for _, b := range buckets {
		l.has[b.Expiry] = append(l.has[b.Expiry], arrival{ref, b.Amount})
	}
}

// giveBack puts points back that were taken: those taken last are the first to go again.
func (l *life) giveBack(buckets dollars.Buckets) {
	for _, b := range buckets {
		e, want := b.Expiry, b.Amount
		for want > 0 {
			last := &l.gone[e][len(l.gone[e])-1]
			n := min(want, last.amount)
			want, last.amount = want-n, last.amount-n
			if len(l.has[e]) > 0 && l.has[e][0].ref == last.ref {
				l.has[e][0].amount += n
			} else {
				l.has[e] = slices.Insert(l.has[e], 0, arrival{last.ref, n})
			}
			if last.amount == 0 {
				l.gone[e] = l.gone[e][:len(l.gone[e])-1]
			}
		}
	}
}

// fresh is points that came from somewhere, in up to three expiries.
func (l *life) fresh() (b dollars.Buckets) {
	first := dollars.ExpiryAfter(l.now, uint32(l.int("months", 0, 4)))
	for i := range l.int("expiries", 1, 3) {
		b = append(b, dollars.Bucket{Expiry: first + dollars.Expiry(i), Amount: dollars.Amount(l.int("points", 1, 500))})
	}
	return b
}

// step is one entry.
func (l *life) step() {
	e := dollars.Entry{Outcome: dollars.Applied, Account: self, Other: friend, Ref: [32]byte{byte(len(l.history) + 1), 7}}
	amount := dollars.Amount(l.int("amount", 1, 700))
	switch l.int("kind", 0, 13) {
	case 0:
		e.Kind, e.After, e.Moved, e.Version = dollars.KindComplete, dollars.BookingAwarded, l.fresh(), 3
		l.give(e.Ref, e.Moved)
	case 1:
		e.Kind, e.Account, e.Other, e.Moved = dollars.KindTransfer, friend, self, l.fresh()
		e.Expired = l.fresh() // the sender's, which is no business of ours
		l.give(e.Ref, e.Moved)
	case 2:
		e.Kind, e.Moved = dollars.KindApproveAdjustment, l.fresh()
		l.give(e.Ref, e.Moved)
	case 3:
		e.Kind, e.Account, e.Other, e.Moved = dollars.KindLeave, family, self, l.fresh()
		l.give(e.Ref, e.Moved)
	case 4:
		e.Kind, e.Account = dollars.KindCancel, friend
		e.Recalled = []dollars.Recalled{{Account: self, Moved: l.take(amount)}}
		e.Moved = dollars.Buckets{{Expiry: 30_000, Amount: 5}}
	case 5:
		e.Kind, e.Burn, e.Expired = dollars.KindApproveAdjustment, true, l.burnExpired()
		e.Moved = l.take(amount)
	case 6:
		e.Kind, e.Expired = dollars.KindExpire, l.burnExpired()
	case 7, 8:
		e.Kind, e.Other, e.Expired = dollars.KindHold, shop, l.burnExpired()
		e.Repaid = l.take(2)
		if e.Moved = l.take(amount); len(e.Moved) > 0 {
			l.holds[e.Ref] = map[dollars.Expiry]dollars.Amount{}
			for _, b := range e.Moved {
				l.holds[e.Ref][b.Expiry] = b.Amount
			}
		}
	case 9, 10:
		l.endHold(&e, amount)
	default:
		e.Kind = rapid.SampledFrom([]dollars.Kind{
			dollars.KindTransfer, dollars.KindRedeem, dollars.KindClaim, dollars.KindContribute, dollars.KindCancel,
		}).Draw(l.rapid, "spend")
		e.Expired = l.burnExpired()
		e.Moved = l.take(amount)
	}
	l.history = append(l.history, HistoryEntry{Block: uint64(len(l.history)), Time: l.now, Entry: e})
}

// endHold captures part of a hold, or releases it.
func (l *life) endHold(e *dollars.Entry, amount dollars.Amount) {
	refs := slices.SortedFunc(maps.Keys(l.holds), func(x, y [32]byte) int { return slices.Compare(x[:], y[:]) })
	e.Kind, e.Other = dollars.KindCapture, shop
	if len(refs) == 0 {
		return
	}
	e.Ref = rapid.SampledFrom(refs).Draw(l.rapid, "hold")
	hold := l.holds[e.Ref]
	release := l.int("release", 0, 1) == 1
	if release {
		e.Kind = dollars.KindRelease
	}
	for _, x := range slices.Sorted(maps.Keys(hold)) {
		b := dollars.Bucket{Expiry: x, Amount: hold[x]}
		switch {
		case release && x.Passed(l.now):
			e.Expired = append(e.Expired, b)
		case release:
			e.Moved = append(e.Moved, b)
		case amount > 0:
			b.Amount = min(b.Amount, amount)
			amount -= b.Amount
			e.Moved = append(e.Moved, b)
		default:
			continue
		}
		if hold[x] -= b.Amount; hold[x] == 0 {
			delete(hold, x)
		}
	}
	if release {
		l.giveBack(e.Moved)
	}
	if len(hold) == 0 {
		delete(l.holds, e.Ref)
	}
}

func (l *life) holding() Holding {
	h := Holding{Account: self}
	for _, e := range slices.Sorted(maps.Keys(l.has)) {
		var sum dollars.Amount
		for _, x := range l.has[e] {
			sum += x.amount
		}
		if sum > 0 {
			h.Buckets = append(h.Buckets, dollars.Bucket{Expiry: e, Amount: sum})
		}
	}
	for _, hold := range l.holds {
		for _, a := range hold {
			h.Held += a
		}
	}
	return h
}

func (l *life) newestFirst() iter.Seq[HistoryEntry] {
	return func(yield func(HistoryEntry) bool) {
		for _, h := range slices.Backward(l.history) {
			if !yield(h) {
				return
			}
		}
	}
}

// drawLife is an account with a random history.
func drawLife(rt *rapid.T) *life {
	l := &life{
		rapid: rt, now: time.Date(2027, 11, 28, 0, 0, 0, 0, time.UTC).Unix(),
		has: map[dollars.Expiry][]arrival{}, gone: map[dollars.Expiry][]arrival{}, holds: map[[32]byte]map[dollars.Expiry]dollars.Amount{}, closing: map[Month]dollars.Amount{},
	}
	for range l.int("steps", 0, 40) {
		l.pass(rapid.SampledFrom([]int{0, 0, 1, 12, 40}).Draw(rt, "days"))
		l.step()
	}
	return l
}

// TestStatementsAddUp holds statements of random histories against a model that counts points one by one.
func TestStatementsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLife(rt)
		first := MonthOf(time.Date(2027, 11, 1, 0, 0, 0, 0, time.UTC).Unix())
		l.closing[MonthOf(l.now)] = l.shown(l.now)
		var before dollars.Amount
		for m := first; m <= MonthOf(l.now); m++ {
			st, err := MakeStatement(l.holding(), l.newestFirst(), m, l.now)
			if err != nil {
				rt.Fatal(err)
			}
			sum, totals := st.Opening, Totals{}
			for i, x := range st.Lines {
				if i > 0 && x.Time < st.Lines[i-1].Time {
					rt.Fatalf("%s: line %d is out of order", m, i)
				}
				if totals[x.Line] += x.Amount; x.Line.Counts() {
					sum += x.Amount
				}
			}
			if st.Opening != before || st.Closing != l.closing[m] || sum != st.Closing || totals != st.Totals {
				rt.Fatalf("%s: opens with %s after %s, closes with %s, has %s by the model; lines make it %s\n%+v",
					m, st.Opening, before, st.Closing, l.closing[m], sum, st)
			}
			before = st.Closing
		}
	})
}

// TestExplainedBalancesAddUp holds the parts of balances against the same model.
func TestExplainedBalancesAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLife(rt)
		x, err := explainHolding(l.holding(), l.newestFirst(), l.now)
		if err != nil {
			rt.Fatal(err)
		}
		explained := map[dollars.Expiry][]arrival{}
		for _, b := range x.Buckets {
			var sum dollars.Amount
			for _, p := range slices.Backward(b.Parts) {
				sum += p.Amount
				explained[b.Expiry] = append(explained[b.Expiry], arrival{p.Ref, p.Amount})
			}
			if sum != b.Amount {
				rt.Fatalf("the parts of %s make %s of %s", b.Expiry, sum, b.Amount)
			}
		}
		want := map[dollars.Expiry][]arrival{}
		for e, list := range l.has {
			if len(list) > 0 && !e.Passed(l.now) {
				want[e] = list
			}
		}
		if diff := cmp.Diff(want, explained, cmp.AllowUnexported(arrival{})); diff != "" {
			rt.Fatal(diff)
		}
		held := map[[32]byte]map[dollars.Expiry]dollars.Amount{}
		for _, h := range x.Holds {
			held[h.Order] = map[dollars.Expiry]dollars.Amount{}
			for _, b := range h.Buckets {
				held[h.Order][b.Expiry] = b.Amount
			}
		}
		if diff := cmp.Diff(l.holds, held); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestExplainRefusesHistoriesThatDoNotAddUp(t *testing.T) {
	has := Holding{Account: self, Buckets: dollars.Buckets{{Expiry: 30_000, Amount: 5}}}
	if _, err := explainHolding(has, slices.Values([]HistoryEntry(nil)), 0); err == nil {
		t.Fatal("points from nowhere were explained")
	}
}

// TestLongHistories walks as far as it may, and not further.
func TestLongHistories(t *testing.T) {
	now := time.Date(2028, 6, 1, 0, 0, 0, 0, time.UTC).Unix()
	endless := func(yield func(HistoryEntry) bool) {
		for yield(HistoryEntry{Time: now, Entry: dollars.Entry{Kind: dollars.KindFreeze, Account: self}}) {
		}
	}
	var refused *Error
	if _, err := MakeStatement(Holding{Account: self}, endless, MonthOf(now)-1, now); !errors.As(err, &refused) || refused.Code != CodeHistoryTooLong {
		t.Error(err)
	}
	has := Holding{Account: self, Held: 1}
	if _, err := explainHolding(has, endless, now); !errors.As(err, &refused) || refused.Code != CodeHistoryTooLong {
		t.Error(err)
	}
	// What lies before the month is not even looked at.
	looked := 0
	old := func(yield func(HistoryEntry) bool) {
		for looked = 1; yield(HistoryEntry{Time: now - 1000*24*3600}); looked++ {
		}
	}
	if _, err := MakeStatement(Holding{Account: self}, old, MonthOf(now), now); err != nil || looked != 1 {
		t.Error(looked, err)
	}
}

// TestAHouseholdsStatement has the household's side of what its members do.
func TestAHouseholdsStatement(t *testing.T) {
	now := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC).Unix()
	points := func(a dollars.Amount) dollars.Buckets { return dollars.Buckets{{Expiry: 30_000, Amount: a}} }
	history := []HistoryEntry{
		{Time: now - 1, Entry: dollars.Entry{Kind: dollars.KindLeave, Account: family, Other: friend, Moved: points(30)}},
		{Time: now - 2, Entry: dollars.Entry{Kind: dollars.KindRedeem, Account: family, By: self, Moved: points(20)}},
		{Time: now - 3, Entry: dollars.Entry{Kind: dollars.KindContribute, Account: self, Other: family, Moved: points(100)}},
	}
	st, err := MakeStatement(Holding{Account: family, Buckets: points(50)}, slices.Values(history), MonthOf(now), now)
	want := Totals{LineContributed: 100, LineRedeemed: -20, LineWithdrawn: -30}
	if err != nil || st.Totals != want || st.Opening != 0 || st.Closing != 50 {
		t.Errorf("%+v, %v", st, err)
	}
	if st.Lines[1].By != self || st.Lines[2].Other != friend {
		t.Errorf("%+v", st.Lines)
	}
}

func TestMonths(t *testing.T) {
	for month, want := range map[string]string{"2028-02": "2028-02-29", "2027-02": "2027-02-28", "2028-12": "2028-12-31", "2100-02": "2100-02-28"} {
		m, err := ParseMonth(month)
		if err != nil || m.String() != month || m.LastDay().String() != want || MonthOf(m.Start()) != m || MonthOf(m.Start()-1) != m-1 {
			t.Errorf("%s ends on %s, want %s, %v", m, m.LastDay(), want, err)
		}
	}
}

func TestStatementOfAMember(t *testing.T) {
	w, alice, bob := twoMembers(t)
	w.earns(t, "alice", 1000)
	st, err := w.Statement(t.Context(), alice.Account, MonthOf(w.now.Unix()))
	if err != nil || st.Opening != 0 || st.Closing != 1000 || st.Totals[LineEarned] != 1000 || len(st.Lines) != 1 {
		t.Fatalf("%+v, %v", st, err)
	}
	if st, err = w.Statement(t.Context(), bob.Account, MonthOf(w.now.Unix())-7); err != nil || st.Closing != 0 || len(st.Lines) != 0 {
		t.Errorf("%+v, %v", st, err)
	}
	_, err = w.Statement(t.Context(), alice.Account, MonthOf(w.now.Unix())+1)
	wantCode(t, err, dollars.CodeDateInvalid, "/month")
	x, err := w.ExplainBalance(t.Context(), alice.Account)
	if err != nil || len(x.Buckets) != 1 || len(x.Buckets[0].Parts) != 1 {
		t.Fatalf("%+v, %v", x, err)
	}
	if p := x.Buckets[0].Parts[0]; p.Amount != 1000 || p.Version != 1 || fmt.Sprint(p.Item) != "hotel" || p.Line != LineEarned || p.Ref == [32]byte{} {
		t.Errorf("%+v", p)
	}
}
