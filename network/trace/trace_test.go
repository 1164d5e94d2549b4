package trace

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

var rewrite = flag.Bool("rewrite", false, "write the files in testdata anew instead of comparing with them")

var ann, ben, cleo, dan = people[0], people[1], people[2], people[3]

// golden compares what is told with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-file +now):\n%s", file, diff)
	}
}

// tell traces subjects one after the other; whose words they are is said before each.
func (w *world) tell(l Limits, subjects ...string) string {
	w.t.Helper()
	var b strings.Builder
	for _, text := range subjects {
		fmt.Fprintf(&b, "> %s\n%s\n", text, w.trace(text, l).Text())
	}
	return b.String()
}

func (w *world) trace(text string, l Limits) Answer {
	w.t.Helper()
	s, known := w.graph.FindBooking("test", text, "")
	if !known {
		found := w.graph.Find(text)
		if len(found) != 1 {
			w.t.Fatalf("%s is %v", text, found)
		}
		s = found[0]
	}
	return w.graph.Trace(s, l)
}

// trip is the life of some points: earned, given, given on, held, captured, released, redeemed, reversed, expired.
func trip(t *testing.T) (w *world, hold, redeemed string) {
	w = newWorld(t, "2030-01-15T10:00:00Z", nil)
	w.must(issuer, confirm("flight", ann.account, 10_00), confirm("hotel", ann.account, 20_00))
	w.must(issuer, dollars.Complete{Booking: bookingOf("flight")}, dollars.Complete{Booking: bookingOf("hotel")})
	w.must(issuer, w.order(ann, dollars.Order{Kind: dollars.KindTransfer, To: ben.account, Amount: 8_00}))
	aside := w.order(ann, dollars.Order{Kind: dollars.KindHold, Amount: 12_00, Until: w.now + 86_400})
	w.must(issuer, aside, w.order(ben, dollars.Order{Kind: dollars.KindTransfer, To: cleo.account, Amount: 3_00}))
	hold = orderID(aside.Order).String()
	of := dollars.Order{To: ann.account, Ref: [32]byte(orderID(aside.Order)), Kind: dollars.KindCapture, Amount: 5_00, Reference: [32]byte{1}}
	w.must(shop, dollars.SignedOrder{Order: of})
	of.Kind, of.Amount, of.Reference = dollars.KindRelease, 0, [32]byte{}
	w.must(shop, dollars.SignedOrder{Order: of})
	bought := w.order(cleo, dollars.Order{Kind: dollars.KindRedeem, Amount: 1_50})
	w.must(issuer, bought, dollars.Cancel{Booking: bookingOf("flight"), Credits: w.credits(ann.account)})
	w.now += 60 * 86_400
	w.must(issuer, dollars.Expire{Account: ben.account, Credits: w.credits(ben.account)})
	w.check()
	return w, hold, orderID(bought.Order).String()
}

func TestTrip(t *testing.T) {
	w, hold, redeemed := trip(t)
	last := w.graph.transactions[len(w.graph.transactions)-2].id.String()
	golden(t, "trip.txt", w.tell(Limits{}, "flight", "hotel", hold, redeemed, last, ann.account.String(), ben.account.String()))
	out, err := json.MarshalIndent(w.trace(hold, Limits{}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "hold.json", string(out)+"\n")
}

// TestHousehold: what a member spends is of their own share first, and who leaves takes what is theirs, though all of it
// lies in one account.
func TestHousehold(t *testing.T) {
	w := newWorld(t, "2030-01-15T10:00:00Z", nil)
	form := w.order(ann, dollars.Order{Kind: dollars.KindForm})
	home := dollars.NewHousehold(orderID(form.Order))
	w.must(issuer, form)
	w.must(issuer, w.order(ann, dollars.Order{Kind: dollars.KindInvite, To: home, Other: ben.account, Amount: 50_00}))
	w.must(issuer, w.order(ben, dollars.Order{Kind: dollars.KindJoin, To: home, Amount: 50_00}))
	w.earn("of ann", ann.account, 30_00)
	w.earn("of ben", ben.account, 30_00)
	w.must(issuer, w.order(ann, dollars.Order{Kind: dollars.KindContribute, To: home, Amount: 25_00}))
	w.must(issuer, w.order(ben, dollars.Order{Kind: dollars.KindContribute, To: home, Amount: 25_00}))
	// The pool has 20.00 that end early, half of them Ann's: Ben takes hers too, and makes it good in later ones.
	spent := w.order(ben, dollars.Order{Kind: dollars.KindRedeem, From: home, Amount: 15_00})
	w.must(issuer, spent)
	left := w.order(ann, dollars.Order{Kind: dollars.KindLeave, To: home, Other: ben.account})
	w.must(issuer, left)
	w.check()
	golden(t, "household.txt", w.tell(Limits{}, "of ann", orderID(spent.Order).String(), orderID(left.Order).String(), home.String()))
}

// TestReversals: a reversal takes its own award first, a recall what its account gave, and what is missing is a debt that
// later points repay.
func TestReversals(t *testing.T) {
	w := newWorld(t, "2030-01-15T10:00:00Z", &earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 30, AdjustmentDayMost: 100_00})
	w.earn("first", ann.account, 6_00)
	w.earn("second", ann.account, 9_00)
	w.earn("of ben", ben.account, 3_00)
	w.must(issuer, w.order(ann, dollars.Order{Kind: dollars.KindTransfer, To: ben.account, Amount: 10_00}))
	w.must(issuer, w.order(ben, dollars.Order{Kind: dollars.KindRedeem, Amount: 8_00}))
	w.must(issuer, dollars.Cancel{
		Booking: bookingOf("second"), Credits: w.credits(ann.account),
		Recall: []dollars.NamedCredits{{Account: ben.account, Credits: w.credits(ben.account)}},
	})
	id := [32]byte{7}
	w.must(operator, dollars.ProposeAdjustment{ID: id, Adjustment: dollars.Adjustment{Account: ann.account, Amount: 5_00, Months: 2, Reason: "goodwill"}})
	w.must(approver, dollars.ApproveAdjustment{ID: id})
	w.must(issuer, dollars.Absorb{Account: ann.account, Credits: w.credits(ann.account)})
	w.check()
	golden(t, "reversals.txt", w.tell(Limits{}, "first", "second", dollars.WordText(id), ann.account.String()))
}

// TestBounds: what is left out is counted, and points that go in circles come to an end.
func TestBounds(t *testing.T) {
	w := newWorld(t, "2030-01-15T10:00:00Z", nil)
	for i := range 9 {
		w.earn(fmt.Sprint("booking ", i), ann.account, 1_00)
	}
	for i := range 6 {
		from, to := people[i%3], people[(i+1)%3]
		w.must(issuer, w.order(from, dollars.Order{Kind: dollars.KindTransfer, To: to.account, Amount: 8_50}))
	}
	w.check()
	s := ann.account.String()
	golden(t, "bounds.txt", w.tell(Limits{Depth: 2, Breadth: 3}, "booking 3", w.last(), s)+w.tell(Limits{Nodes: 4}, w.last()))
	for _, l := range []Limits{{Depth: 2}, {Breadth: 3}, {Nodes: 4}} {
		if !w.trace(w.last(), l).Bounded() {
			t.Errorf("%+v leaves nothing out", l)
		}
	}
	if w.trace(w.last(), Limits{}).Bounded() {
		t.Error("without limits something is left out")
	}
}

// last is the id of the last order.
func (w *world) last() string {
	return refText(&w.graph.entries[len(w.graph.entries)-1])
}

// TestFind: ids are known by their form, in full, by their beginning and as trees have them.
func TestFind(t *testing.T) {
	w, hold, _ := trip(t)
	item := bookingOf("hotel").String()
	tx := w.graph.transactions[4].id.String()
	for _, c := range []struct{ text, want string }{
		{ann.account.String(), "[account " + ann.account.String() + "]"},
		{strings.ToLower(ann.account.String()), "[account " + ann.account.String() + "]"},
		{ann.account.String()[:12], "[account " + ann.account.String() + "]"},
		{hold, "[order " + hold + "]"},
		{ann.account.String() + "/" + hold, "[order " + hold + "]"},
		{Short(AnOrder, hold), "[order " + hold + "]"},
		{item, "[item " + item + "]"},
		{Short(AnItem, item), "[item " + item + "]"},
		{item[:32], "[booking " + item[:32] + "]"},
		{Short(ABooking, item[:32]), "[booking " + item[:32] + "]"},
		{tx, "[transaction " + tx + "]"},
		{Short(ATransaction, tx), "[transaction " + tx + "]"},
		{hold[:9], "[]"}, // too short
		{"lisbon-1", "[]"},
		{"0x" + item, "[]"},
		{strings.TrimPrefix(hold, "0x"), "[]"},
		{"0x" + strings.Repeat("0", 40), "[]"},
	} {
		if got := fmt.Sprint(w.graph.Find(c.text)); got != c.want {
			t.Errorf("%s is %s, want %s", c.text, got, c.want)
		}
	}
	if _, known := w.graph.FindBooking("test", "hotel", "hotel"); !known {
		t.Error("the item is not found by its names")
	}
	if s, known := w.graph.FindBooking("test", "hotel", "car"); known {
		t.Errorf("%v is found", s)
	}
	if s, known := w.graph.FindAccount(dan.account); known {
		t.Errorf("%v is found", s)
	}
}

// TestMisunderstood: a transaction whose writes are not what its journal moved is not followed.
func TestMisunderstood(t *testing.T) {
	for name, spoil := range map[string]func(w *dollars.Write) bool{
		"a record": func(w *dollars.Write) bool {
			if dollars.ParseStateKey(w.Key).Kind != dollars.StateAccount {
				return false
			}
			rec, err := dollars.DecodeAccountRecord(w.Value)
			rec.Buckets[0].Amount++
			w.Value = rec.Encode()
			return err == nil
		},
		"a credit": func(w *dollars.Write) bool {
			if dollars.ParseStateKey(w.Key).Kind != dollars.StateCredit || w.Value == nil {
				return false
			}
			w.Value = dollars.EncodeCredit(99_00)
			return true
		},
		"a hold": func(w *dollars.Write) bool {
			if dollars.ParseStateKey(w.Key).Kind != dollars.StateHold {
				return false
			}
			rec, err := dollars.DecodeHoldRecord(w.Value)
			rec.Buckets[0].Amount--
			w.Value = rec.Encode()
			return err == nil
		},
		"no record": func(w *dollars.Write) bool {
			if dollars.ParseStateKey(w.Key).Kind != dollars.StateAccount {
				return false
			}
			w.Key = dollars.RecoveryKey(ann.account)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2030-01-15T10:00:00Z", nil)
			w.earn("hotel", ann.account, 30_00)
			w.spoil = spoil
			_, err := w.run(issuer, []dollars.Operation{
				w.order(ann, dollars.Order{Kind: dollars.KindHold, Amount: 1_00, Until: w.now + 60}),
				w.order(ann, dollars.Order{Kind: dollars.KindTransfer, To: ben.account, Amount: 1_00}),
			})
			if err == nil || !strings.Contains(err.Error(), "trace block 5") {
				t.Errorf("it answers %v", err)
			}
		})
	}
}
