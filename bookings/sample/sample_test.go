package sample_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/bookings/sample"
)

// event is a message as its receiver reads it.
type event struct {
	SpecVersion string
	ID          string
	Source      string
	Type        string
	Time        time.Time
	Data        struct {
		Booking, Member, Reason string
		Channel                 string
		Party                   int
		Items                   []item
	}
}

type item struct {
	Item, Kind                   string
	Price                        struct{ Amount, Currency string }
	Start, End                   string
	Cabin, Route, Country, Hotel string
}

func drawOptions(t *rapid.T) sample.Options {
	return sample.Options{
		Seed:     rapid.Uint64().Draw(t, "seed"),
		Bookings: rapid.IntRange(1, 150).Draw(t, "bookings"),
		Members:  rapid.IntRange(1, 50).Draw(t, "members"),
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		options := drawOptions(t)
		if !reflect.DeepEqual(sample.New(options), sample.New(options)) {
			t.Fatal("the same options gave another sample")
		}
	})
}

// If this fails without intent, samples of one seed differ between versions of the program or of
// Go, and a demo that is run again on its ledger counts its bookings a second time.
func TestSampleIsStable(t *testing.T) {
	s := sample.New(sample.Options{Seed: 1})
	hash := sha256.New()
	for _, message := range s.Messages {
		hash.Write(append(message.Body, '\n'))
	}
	got := hex.EncodeToString(hash.Sum(nil))
	if want := "494d9c5c697769b5440f389da7351167a00598582a885ef12d1ce8f5a0966fec"; got != want {
		t.Errorf("the messages of seed 1 hash to %s, want %s", got, want)
	}
	want := sample.Tally{
		Accepted:   4390,
		Duplicates: 212,
		Refused:    50,
		Pending:    sample.Sum{Items: 725, Points: 16_012_83},
		Awarded:    sample.Sum{Items: 2465, Points: 52_589_26},
		Cancelled:  sample.Sum{Items: 709, Points: 16_079_68},
		Reversed:   sample.Sum{Items: 118, Points: 2_502_03},
	}
	if diff := cmp.Diff(want, s.Tally); diff != "" {
		t.Error(diff)
	}
}

// judge finds the fault of a body, by means of its own.
func judge(body []byte) sample.Fault {
	var e event
	if json.Unmarshal(body, &e) != nil {
		return sample.BrokenJSON
	}
	switch e.Type {
	case bookings.Completed, bookings.Cancelled:
		return ""
	case bookings.Confirmed:
	default:
		return sample.UnknownType
	}
	if e.Data.Member == "" {
		return sample.MissingField
	}
	for _, item := range e.Data.Items {
		amount, ok := new(big.Rat).SetString(item.Price.Amount)
		switch {
		case !ok:
			return "no amount"
		case item.Price.Currency != "EUR":
			return sample.UnknownCurrency
		case amount.Sign() < 0:
			return sample.NegativePrice
		case amount.Cmp(big.NewRat(1e9, 1)) > 0:
			return sample.AbsurdPrice
		case !new(big.Rat).Mul(amount, big.NewRat(100, 1)).IsInt():
			return sample.TooManyDecimals
		case item.End < item.Start:
			return sample.EndBeforeStart
		}
	}
	return ""
}

func TestMessagesKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sample.New(drawOptions(t))
		sent := map[string][]byte{}
		last := time.Time{}
		faults := map[sample.Fault]bool{}
		for i, message := range s.Messages {
			if got := judge(message.Body); got != message.Fault {
				t.Fatalf("message %d should have fault %q, has %q: %s", i, message.Fault, got, message.Body)
			}
			if (message.Want == sample.Refused) != (message.Fault != "") {
				t.Fatalf("message %d with fault %q should be %s", i, message.Fault, message.Want)
			}
			faults[message.Fault] = true
			if message.Fault != "" {
				continue
			}
			var e event
			if err := json.Unmarshal(message.Body, &e); err != nil {
				t.Fatal(err)
			}
			if e.Data.Booking != message.Booking {
				t.Fatalf("message %d is about %s, not %s", i, e.Data.Booking, message.Booking)
			}
			earlier, again := sent[e.ID]
			if again != (message.Want == sample.Duplicate) || again && !bytes.Equal(earlier, message.Body) {
				t.Fatalf("message %d should be %s: %s after %s", i, message.Want, message.Body, earlier)
			}
			sent[e.ID] = message.Body
			if !again && e.Time.Before(last) {
				t.Fatalf("%s at %s comes after an event at %s", e.ID, e.Time, last)
			}
			if !again {
				last = e.Time
			}
		}
		for _, fault := range sample.Faults {
			if !faults[fault] {
				t.Fatalf("no message has the fault %q", fault)
			}
		}
	})
}

// ledger is a dumb model of what a receiver does with good messages.
type ledger struct {
	states map[string]string // Of booking and item.
	points map[string]int64
	seen   map[string]bool
}

func (l *ledger) apply(t *rapid.T, e event) (duplicate bool) {
	if l.seen[e.ID] {
		return true
	}
	l.seen[e.ID] = true
	for _, item := range e.Data.Items {
		key := e.Data.Booking + "/" + item.Item
		before := l.states[key]
		switch {
		case e.Type == bookings.Confirmed && before == "":
			l.states[key] = "pending"
			euros, err := strconv.ParseFloat(item.Price.Amount, 64)
			if err != nil {
				t.Fatal(err)
			}
			cents := int64(euros*100 + 0.5)
			l.points[key] = cents * map[string]int64{"hotel": 5, "car": 3, "flight": 2}[item.Kind] / 100
		case e.Type == bookings.Completed && before == "pending":
			l.states[key] = "awarded"
		case e.Type == bookings.Cancelled && before == "pending":
			l.states[key] = "cancelled"
		case e.Type == bookings.Cancelled && before == "awarded":
			l.states[key] = "reversed"
		default:
			t.Fatalf("%s meets %s in state %q", e.ID, key, before)
		}
	}
	return false
}

func TestTallyIsWhatALedgerHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sample.New(drawOptions(t))
		l := ledger{map[string]string{}, map[string]int64{}, map[string]bool{}}
		var got sample.Tally
		members := map[string]bool{}
		for _, message := range s.Messages {
			var e event
			_ = json.Unmarshal(message.Body, &e) // Broken ones are refused below.
			if e.Data.Member != "" {
				members[e.Data.Member] = true
			}
			switch {
			case judge(message.Body) != "":
				got.Refused++
			case l.apply(t, e):
				got.Duplicates++
			default:
				got.Accepted++
			}
		}
		sums := map[string]*sample.Sum{
			"pending": &got.Pending, "awarded": &got.Awarded, "cancelled": &got.Cancelled, "reversed": &got.Reversed,
		}
		for key, state := range l.states {
			sums[state].Items++
			sums[state].Points += bookings.Cents(l.points[key])
		}
		if diff := cmp.Diff(s.Tally, got); diff != "" {
			t.Fatal(diff)
		}
		for member := range members {
			if !slices.Contains(s.Members, member) {
				t.Fatalf("member %s is not listed", member)
			}
		}
		if !slices.IsSorted(s.Members) {
			t.Fatal("members are not in their order")
		}
	})
}

// The shares that doc.go promises, of a sample large enough to show them.
func TestShares(t *testing.T) {
	const count = 20_000
	s := sample.New(sample.Options{Seed: 7, Bookings: count, Members: 1000})
	kinds := map[string]int{}
	fates := map[string]int{}
	free, cars := 0, 0
	for _, message := range s.Messages {
		var e event
		if message.Want != sample.Accepted || json.Unmarshal(message.Body, &e) != nil {
			continue
		}
		fates[e.Type+e.Data.Reason]++
		if e.Type != bookings.Confirmed {
			continue
		}
		for _, item := range e.Data.Items {
			kinds[item.Kind]++
			if item.Kind == bookings.Car {
				cars++
				if item.Price.Amount == "0.00" {
					free++
				}
			}
		}
	}
	share := func(name string, part, whole int, want float64) {
		t.Helper()
		if got := float64(part) / float64(whole); got < want*0.85 || got > want*1.15 {
			t.Errorf("%s: a share of %.3f, want about %.3f", name, got, want)
		}
	}
	share("cancelled before, whole or in part", fates[bookings.Cancelled+"cancellation"], count, 0.20)
	share("no-show", fates[bookings.Cancelled+"no-show"], count, 0.03)
	share("refunded", fates[bookings.Cancelled+"refund"], count, 0.05)
	share("pending", s.Tally.Pending.Items, kinds["hotel"]+kinds["car"]+kinds["flight"], 0.17)
	share("copies", s.Tally.Duplicates, s.Tally.Accepted, 0.04)
	share("free cars", free, cars, 0.05)
	if want := count / 40; s.Tally.Refused != want {
		t.Errorf("%d messages are to be refused, want %d", s.Tally.Refused, want)
	}
	if kinds["hotel"] == 0 || kinds["car"] == 0 || kinds["flight"] == 0 || len(kinds) != 3 {
		t.Errorf("kinds: %v", kinds)
	}
}
