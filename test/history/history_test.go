package history

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

var alice, bob = dollars.Account{1}, dollars.Account{2}

// world is a history with the ledger that bears it out, both made up.
type world struct {
	*History
	*Ledger
	t *testing.T
}

func (w world) apply(block uint64, e dollars.Entry) {
	w.t.Helper()
	if err := w.Ledger.Add(block, []dollars.Entry{e}); err != nil {
		w.t.Fatal(err)
	}
}

func order(kind dollars.Kind, n byte, from, to dollars.Account, amount dollars.Amount) Intent {
	return Intent{Key{Kind: kind, Ref: [32]byte{n}}, from, to, amount}
}

func entry(i Intent, outcome dollars.Outcome) dollars.Entry {
	e := dollars.Entry{Kind: i.Kind, Ref: i.Ref, Link: i.Link, Outcome: outcome, Account: i.From, Other: i.To, Amount: i.Amount}
	if i.Kind == dollars.KindComplete {
		e.Account, e.Other = i.To, dollars.Account{}
	}
	return e
}

// at is an answer that came at second to, to what was sent at second from.
func at(from, to float64, told Told) Answer {
	return Answer{Call: time.Duration(from * 1e9), Return: time.Duration(to * 1e9), Told: told, Name: "n"}
}

func in(block uint64, a Answer) Answer {
	a.Block = block
	return a
}

func asked(a Answer) Answer {
	a.Asked = true
	return a
}

var (
	award    = order(dollars.KindComplete, 1, dollars.Account{}, alice, 100)
	gift     = order(dollars.KindTransfer, 2, alice, bob, 30)
	pushed   = order(dollars.KindTransfer, 3, alice, bob, 5)
	taken    = order(dollars.KindRedeem, 4, bob, dollars.Account{}, 10)
	tooMuch  = order(dollars.KindTransfer, 5, bob, alice, 1000)
	unheard  = order(dollars.KindRedeem, 6, bob, dollars.Account{}, 1)
	vanished = order(dollars.KindRedeem, 7, bob, dollars.Account{}, 2)
	hold     = order(dollars.KindHold, 8, alice, dollars.Account{}, 20)
	capture  = Intent{Key: Key{Kind: dollars.KindCapture, Ref: [32]byte{8}, Link: [32]byte{9}}, Amount: 15}
)

// honest has an operation of every fate: applied at once, sent again, accepted and told later, refused, unknown and applied,
// unknown and never arrived; and balances in between.
func honest(t *testing.T) world {
	w := world{New(), NewLedger(), t}
	w.apply(5, entry(award, dollars.Applied))
	w.add(award, in(5, at(0, 1, Committed)))
	w.balance(alice, 1, 1.5, 6, 100)

	w.apply(6, entry(gift, dollars.Applied))
	w.add(gift, at(2, 3, Nothing))
	w.add(gift, in(6, at(3, 4, Committed)))
	w.add(gift, in(6, at(4, 5, Committed)))

	w.add(pushed, at(3, 3.1, Accepted))
	w.balance(alice, 4, 4.1, 7, 70)
	w.apply(8, entry(pushed, dollars.Applied))
	w.apply(9, entry(pushed, dollars.Duplicate))
	w.add(pushed, asked(in(8, at(9, 9.1, Committed))))
	w.balance(bob, 9.2, 9.3, 9, 35)

	w.apply(10, entry(tooMuch, dollars.Rejected))
	w.add(tooMuch, at(9.5, 10, Refused))
	w.apply(10, entry(taken, dollars.Applied))
	w.add(taken, Answer{Call: 1e9, Return: 2e9, Told: Refused, Code: "overloaded"})
	w.add(taken, in(10, at(10, 11, Committed)))
	w.apply(11, entry(unheard, dollars.Applied))
	w.add(unheard, at(10.5, 20, Nothing))
	w.add(unheard, asked(in(11, at(20, 21, Committed))))
	w.balance(bob, 12, 12.1, 11, 25)
	w.balance(bob, 12.2, 12.3, 12, 24)
	w.add(vanished, at(10, 20, Nothing))
	w.add(vanished, asked(Answer{Call: 21e9, Return: 22e9, Told: Refused, Code: "not_found"}))

	w.apply(12, entry(hold, dollars.Applied))
	w.add(hold, in(12, at(22, 23, Committed)))
	w.apply(13, entry(capture, dollars.Applied))
	w.add(capture, in(13, at(23, 24, Committed)))
	w.balance(alice, 24, 25, 14, 45)
	return w
}

func (w world) balance(a dollars.Account, from, to float64, height uint64, available dollars.Amount) {
	w.reads = append(w.reads, Read{a, time.Duration(from * 1e9), time.Duration(to * 1e9), height, available})
}

func (w world) lies() []Lie {
	return append(Check(w.History, w.Ledger), CheckAccounts(w.History, w.Ledger, time.Minute)...)
}

func TestWhatIsTrueIsNoLie(t *testing.T) {
	w := honest(t)
	if lies := w.lies(); len(lies) > 0 {
		t.Errorf("%v", lies)
	}
	if tally := TallyOf(w.Operations(0)); tally != (Tally{9, 7, 2, 0}) {
		t.Errorf("%+v", tally)
	}
	if open := w.Open(); len(open) > 0 {
		t.Errorf("open: %+v", open)
	}
}

// drop takes what a block has of an operation off the ledger.
func (w world) drop(k Key) {
	delete(w.places, k)
	w.Ledger.order = slices.DeleteFunc(w.Ledger.order, func(other Key) bool { return other == k })
	for a := range w.postings {
		w.postings[a] = slices.DeleteFunc(w.postings[a], func(p posting) bool { return p.key == k })
	}
}

func TestEverySortOfLieIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		corrupt func(w world)
		want    []Sort // among others
	}{
		"an acknowledged commit that is lost": {func(w world) { w.drop(gift.Key) }, []Sort{Lost, Order, Balance}},
		"a lost event": {func(w world) {
			event := order(dollars.KindConfirm, 77, dollars.Account{}, dollars.Account{}, 0)
			w.add(event, in(5, at(0, 1, Committed)))
		}, []Sort{Lost}},
		"an event that counts twice": {func(w world) { w.apply(14, entry(award, dollars.Applied)) }, []Sort{Doubled}},
		"an order that is applied twice, as balances show": {func(w world) {
			w.apply(14, entry(taken, dollars.Applied))
			w.balance(bob, 30, 31, 15, 14)
		}, []Sort{Doubled, Order}},
		"a refused order that is applied": {func(w world) { w.apply(14, entry(tooMuch, dollars.Applied)) }, []Sort{Applied}},
		"what had not arrived is applied": {func(w world) { w.apply(14, entry(vanished, dollars.Applied)) }, []Sort{Applied}},
		"an outcome in another block":     {func(w world) { w.add(gift, in(5, at(5, 6, Committed))) }, []Sort{Swapped, Changed}},
		"an outcome of another amount": {func(w world) {
			w.ops[gift.Key].Amount = 31
		}, []Sort{Swapped}},
		"outcomes of two orders swapped": {func(w world) {
			w.ops[gift.Key].Answers, w.ops[tooMuch.Key].Answers = w.ops[tooMuch.Key].Answers, w.ops[gift.Key].Answers
		}, []Sort{Applied, Lost}},
		"a refusal of what was committed": {func(w world) {
			w.add(gift, Answer{Call: 6e9, Return: 7e9, Told: Refused, Code: "nonce_used"})
		}, []Sort{Changed}},
		"accepted and never told": {func(w world) {
			w.add(order(dollars.KindRedeem, 78, bob, dollars.Account{}, 1), at(3, 4, Accepted))
		}, []Sort{Undecided}},
		"what nobody sent": {func(w world) {
			w.apply(14, entry(order(dollars.KindRedeem, 79, bob, dollars.Account{}, 1), dollars.Applied))
		}, []Sort{Unsent}},
		"a balance that never was":           {func(w world) { w.balance(alice, 26, 27, 14, 46) }, []Sort{Balance, Order}},
		"a balance of before a told commit":  {func(w world) { w.balance(alice, 26, 27, 7, 70) }, []Sort{Order}},
		"a balance of after an unsent order": {func(w world) { w.balance(bob, 2.1, 2.2, 13, 24) }, []Sort{Order}},
		"balances that go back": {func(w world) {
			w.balance(bob, 10.6, 10.7, 12, 24) // the order nobody was told of: it may have been applied by then
			w.balance(bob, 10.8, 10.9, 11, 25)
		}, []Sort{Order}},
	} {
		t.Run(name, func(t *testing.T) {
			w := honest(t)
			test.corrupt(w)
			found := w.lies()
			for _, want := range test.want {
				if !slices.ContainsFunc(found, func(l Lie) bool { return l.Sort == want }) {
					t.Errorf("want %v among %s: %v", want, Count(found), found)
				}
			}
			if !strings.Contains(Count(found), string(test.want[0])) {
				t.Errorf("counted as %s", Count(found))
			}
		})
	}
}

func TestAccountsThatCannotBeFollowedAreRefused(t *testing.T) {
	if err := NewLedger().Add(3, []dollars.Entry{{Kind: dollars.KindCancel, Outcome: dollars.Applied, Account: alice, Amount: 1}}); err == nil {
		t.Error("a reversal was added")
	}
}

// A long outage leaves many requests under way that could have taken effect in any order.
func TestManyUnderWayAtOnceAreOrderedSoon(t *testing.T) {
	w := world{New(), NewLedger(), t}
	w.apply(5, entry(award, dollars.Applied))
	w.add(award, in(5, at(0, 1, Committed)))
	for i := range byte(90) {
		o := order(dollars.KindTransfer, 100+i, alice, bob, 1)
		w.apply(6, entry(o, dollars.Applied))
		w.add(o, at(2+float64(i)/100, 3, Accepted))
		w.add(o, asked(in(6, at(60, 61, Committed))))
		w.balance(alice, 3+float64(i)/10, 3.05+float64(i)/10, 6, 100)
	}
	w.balance(alice, 62, 63, 7, 10)
	if lies := w.lies(); len(lies) > 0 {
		t.Errorf("%v", lies)
	}
	w.balance(alice, 64, 65, 6, 100)
	if lies := w.lies(); len(lies) != 1 || lies[0].Sort != Order {
		t.Errorf("a stale balance after the outage: %v", lies)
	}
}
