package dollars

import (
	"crypto/sha256"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
	"pgregory.net/rapid"
)

func TestStateKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, id := drawAccount(t), drawBookingID(t)
		c := Credit{a, drawExpiry(t), TxID(drawBytes(t, 32, "txid"))}
		for key, want := range map[string]StateKey{
			AccountKey(a):  {Kind: StateAccount, Account: a},
			BookingKey(id): {Kind: StateBooking, Booking: id},
			c.Key():        {Kind: StateCredit, Credit: c},
			RulesKey:       {Kind: StateRules},
		} {
			if got := ParseStateKey(key); got != want {
				t.Fatalf("%s is taken apart as %+v, want %+v", key, got, want)
			}
		}
		if !strings.HasPrefix(c.Key(), CreditPrefix(a)) {
			t.Fatalf("%s does not start with %s", c.Key(), CreditPrefix(a))
		}
		later := Credit{a, drawExpiry(t), c.TxID}
		if (later.Expiry < c.Expiry) != (later.Key() < c.Key()) && later != c {
			t.Fatalf("%s and %s do not sort by expiry", later.Key(), c.Key())
		}
	})
}

// TestForeignStateKeys: what this package never writes is StateOther, near misses included, so that a key has one
// spelling.
func TestForeignStateKeys(t *testing.T) {
	a := memberNamed("alice").account
	id := NewBookingID("source", "booking", "item")
	credit := Credit{a, month(t, "2028-11"), TxID{0xab}}.Key()
	for name, key := range map[string]string{
		"nothing":                       "",
		"an account in upper case":      "a/" + strings.ToUpper(a.hex()),
		"an account a digit short":      AccountKey(a)[:41],
		"an account a byte long":        AccountKey(a) + "00",
		"a booking in upper case":       "b/" + strings.ToUpper(id.String()),
		"a booking a byte short":        BookingKey(id)[:64],
		"a credit of an upper-case one": "c/" + strings.ToUpper(a.hex()) + credit[42:],
		"a credit with upper-case txid": credit[:50] + strings.ToUpper(credit[50:]),
		"a credit of no month":          strings.Replace(credit, "/202811/", "/202813/", 1),
		"a credit without its slashes":  strings.Replace(credit, "/202811/", "0202811/", 1),
		"a credit with more":            credit + "/0",
		"the prefix alone":              CreditPrefix(a),
		"an older rule set":             rulesAtPrefix + "0000000001",
		"another prefix":                "x/" + a.hex(),
	} {
		if got := ParseStateKey(key); got.Kind != StateOther {
			t.Errorf("%s: %s is taken for kind %d", name, key, got.Kind)
		}
	}
}

func TestBookingID(t *testing.T) {
	if NewBookingID("a", "bc", "d") == NewBookingID("ab", "c", "d") || NewBookingID("a", "b", "") == NewBookingID("a", "", "b") {
		t.Error("names that meet elsewhere give one id")
	}
	// The id is on the ledger for ever: SHA-256 over each name with its length before it.
	if got, want := NewBookingID("s", "b", "i"), sha256.Sum256([]byte("\x01s\x01b\x01i")); got != want {
		t.Errorf("id is %s, want %x", got, want)
	}
}

// TestRecordsRoundTrip: any record that Apply may write reads back as itself.
func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		booking := BookingRecord{
			State:   BookingState(rapid.Uint8Range(uint8(BookingPending), uint8(BookingReversed)).Draw(t, "state")),
			Account: drawAccount(t), Points: drawAmount(t), RulesVersion: rapid.Uint32().Draw(t, "version"),
			ValidMonths: rapid.Uint32Range(0, earn.MaxValidMonths).Draw(t, "months"),
			FactsDigest: [32]byte(drawBytes(t, 32, "digest")),
		}
		if got, err := DecodeBookingRecord(booking.Encode()); err != nil || got != booking {
			t.Fatalf("%+v reads back as %+v, %v", booking, got, err)
		}
		account := AccountRecord{
			Frozen: rapid.Bool().Draw(t, "frozen"), Debt: drawAmount(t), Buckets: drawBuckets(t),
			Window: Window{Floor: rapid.Uint64().Draw(t, "floor")},
		}
		if got, err := DecodeAccountRecord(account.Encode()); err != nil || !reflect.DeepEqual(got, account) {
			t.Fatalf("%+v reads back as %+v, %v", account, got, err)
		}
		rules := drawRules(t)
		if got, err := DecodeRules(EncodeRules(rules)); err != nil || got != rules {
			t.Fatalf("%+v reads back as %+v, %v", rules, got, err)
		}
		credit := Amount(rapid.Int64Min(1).Draw(t, "credit"))
		if got, err := DecodeCredit(EncodeCredit(credit)); err != nil || got != credit {
			t.Fatalf("%s reads back as %s, %v", credit, got, err)
		}
	})
	if got, err := DecodeBookingRecord(BookingRecord{State: BookingNoted}.Encode()); err != nil || got.State != BookingNoted {
		t.Errorf("a noted booking reads back as %+v, %v", got, err)
	}
}

func TestOperationsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ops := rapid.SliceOfN(rapid.Custom(drawOperation), 0, 5).Draw(t, "operations")
		got, err := DecodeBatch(EncodeBatch(encodeAll(ops)))
		if err != nil || !slices.EqualFunc(got, ops, func(x, y Operation) bool { return reflect.DeepEqual(x, y) }) {
			t.Fatalf("%+v reads back as %+v, %v", ops, got, err)
		}
	})
}

func TestJournalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := Journal{Entries: rapid.SliceOfN(rapid.Custom(drawEntry), 0, 5).Draw(t, "entries")}
		got, err := DecodeJournal(j.Encode())
		if err != nil || !slices.EqualFunc(got.Entries, j.Entries, func(x, y Entry) bool { return reflect.DeepEqual(x, y) }) {
			t.Fatalf("%+v reads back as %+v, %v", j, got, err)
		}
	})
}

// TestDecodersRefuse shows the second spellings and hostile lengths an encoding could have, and that this one has not.
func TestDecodersRefuse(t *testing.T) {
	account := func(b ...byte) error { _, err := DecodeAccountRecord(b); return err }
	credit := func(b ...byte) error { _, err := DecodeCredit(b); return err }
	batch := func(b ...byte) error { _, err := DecodeBatch(b); return err }
	journal := func(b ...byte) error { _, err := DecodeJournal(b); return err }
	for name, err := range map[string]error{
		"an empty account record":               account(),
		"another version":                       account(2, 0, 0, 0, 0, 0),
		"frozen by halves":                      account(1, 2, 0, 0, 0, 0),
		"debt of zero in two bytes":             account(1, 0, 0x80, 0, 0, 0, 0),
		"debt below zero":                       account(1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0),
		"a bitmap that ends in zero":            account(1, 0, 0, 0, 1, 0, 0),
		"a bitmap that belongs below the floor": account(1, 0, 0, 0, 1, 1, 0),
		"a bitmap longer than the record":       account(1, 0, 0, 0, 100, 2, 0),
		"a bucket of nothing":                   account(1, 0, 0, 0, 0, 1, 5, 0),
		"buckets out of order":                  account(1, 0, 0, 0, 0, 2, 5, 1, 4, 1),
		"a bucket twice":                        account(1, 0, 0, 0, 0, 2, 5, 1, 5, 1),
		"more buckets than bytes":               account(1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f),
		"something after the end":               account(1, 0, 0, 0, 0, 0, 0),
		"a credit of nothing":                   credit(0),
		"a credit without bytes":                credit(),
		"a credit and something after":          credit(1, 1),
		"an empty batch":                        batch(),
		"a batch of another version":            batch(2, 0),
		"a batch that promises more":            batch(1, 1),
		"a batch with something after":          batch(1, 0, 0),
		"an operation longer than its batch":    batch(1, 1, 9, 1),
		"a journal that promises more":          journal(1, 0xff, 0xff, 0xff, 0xff, 0x0f),
		"an entry without outcome":              journal(1, 1, 1, 0, 0),
		"an entry of an unknown kind":           journal(1, 1, byte(KindPublishRules)+1, 1, 0),
		"an entry with an amount of nothing":    journal(1, 1, 1, 1, hasAmount, 0),
		"an entry with states of none":          journal(1, 1, 1, 1, hasStates, 0, 0),
		"an entry with an unknown field":        journal(1, 1, 1, 1, 0x80, 0x08),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	if err := account(1, 0, 0, 0, 0, 0); err != nil {
		t.Errorf("the empty record itself: %v", err)
	}
	if err := batch(EncodeBatch(make([][]byte, MaxOperations+1))...); codeOf(err) != CodeMalformed {
		t.Errorf("a batch above the limit: %v", err)
	}
	if err := batch(EncodeBatch(make([][]byte, MaxOperations))...); err != nil {
		t.Errorf("a batch at the limit: %v", err)
	}
}
