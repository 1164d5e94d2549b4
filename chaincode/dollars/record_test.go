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
			EarningKey(a):  {Kind: StateEarning, Account: a},
			ScheduleKey:    {Kind: StateSchedule},

			BudgetKey("spring"):         {Kind: StateBudget, Row: "spring"},
			ShareKey("spring", Lanes-1): {Kind: StateShare, Row: "spring", Lane: Lanes - 1},

			BudgetKey(StockName("mug")):         {Kind: StateBudget, Row: "@mug"},
			ShareKey(StockName("mug"), 0):       {Kind: StateShare, Row: "@mug"},
			RewardKey("mug-2"):                  {Kind: StateReward, Reward: "mug-2"},
			HoldKey(HoldID{a, OrderID(c.TxID)}): {Kind: StateHold, Hold: HoldID{a, OrderID(c.TxID)}},
			VoucherKey(c.TxID):                  {Kind: StateVoucher, Hash: c.TxID},
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
		"a rule set":                    RulesKey(1),
		"a proposal":                    ProposalKey,
		"a trip":                        TripKey(id.Trip()),
		"a budget of no row":            BudgetKey(""),
		"a share of no row":             ShareKey("", 1),
		"a share of no lane":            BudgetKey("spring/"),
		"a share of a lane too many":    ShareKey("spring", Lanes),
		"a share with more":             ShareKey("spring", 1) + "0",
		"a share of a share":            ShareKey("spring/1", 1),
		"a member in upper case":        "e/" + strings.ToUpper(a.hex()),
		"another prefix":                "x/" + a.hex(),
		"all holds of an account":       HoldPrefix(a),
		"a hold in upper case":          strings.Replace(HoldKey(HoldID{a, OrderID{0xab}}), "ab", "AB", 1),
		"a hold with more":              HoldKey(HoldID{a, OrderID{1}}) + "/0",
		"a hold of nobody":              "h/" + HoldKey(HoldID{a, OrderID{1}})[42:],
		"the catalogue":                 RewardKey(""),
		"a reward in upper case":        RewardKey("Mug"),
		"a reward of too many letters":  RewardKey(strings.Repeat("x", MaxRewardID+1)),
		"a voucher in upper case":       "v/" + strings.ToUpper(VoucherKey([32]byte{0xab})[2:]),
		"a voucher a byte short":        VoucherKey([32]byte{1})[:64],
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
	// The id is on the ledger for ever: of the booking and of the item in it, 16 bytes each of SHA-256 over each name with
	// its length before it.
	trip, item := sha256.Sum256([]byte("\x01s\x01b")), sha256.Sum256([]byte("\x01s\x01b\x01i"))
	got := NewBookingID("s", "b", "i")
	if want := BookingID(append(trip[:16:16], item[:16]...)); got != want {
		t.Errorf("id is %s, want %x", got, want)
	}
	if got.Trip() != NewTripID("s", "b") || !strings.HasPrefix(BookingKey(got), TripPrefix(got.Trip())) {
		t.Errorf("%s is not of trip %s", got, NewTripID("s", "b"))
	}
}

// TestRecordsRoundTrip: any record that Apply may write reads back as itself.
func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		booking := drawBookingRecord(t)
		if got, err := DecodeBookingRecord(booking.Encode()); err != nil || !reflect.DeepEqual(got, booking) {
			t.Fatalf("%+v reads back as %+v, %v", booking, got, err)
		}
		rules := RulesRecord{
			Version: rapid.Uint32().Draw(t, "version"), Set: rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "set"),
			Proposer: CertificateID(drawBytes(t, 32, "proposer")), Approver: CertificateID(drawBytes(t, 32, "approver")),
			Approved:  rapid.Int64Min(0).Draw(t, "approved"),
			Published: rapid.Int64Min(0).Draw(t, "published"), Starts: rapid.Int64Min(0).Draw(t, "starts"),
		}
		if got, err := DecodeRulesRecord(rules.Encode()); err != nil || !reflect.DeepEqual(got, rules) {
			t.Fatalf("%+v reads back as %+v, %v", rules, got, err)
		}
		trip := TripRecord(drawUses(t))
		if got, err := DecodeTripRecord(trip.Encode()); err != nil || !reflect.DeepEqual(got, trip) {
			t.Fatalf("%+v reads back as %+v, %v", trip, got, err)
		}
		earning := drawEarningRecord(t)
		if got, err := DecodeEarningRecord(earning.Encode()); err != nil || !reflect.DeepEqual(got, earning) {
			t.Fatalf("%+v reads back as %+v, %v", earning, got, err)
		}
		left := drawAmount(t)
		budget := BudgetRecord{Total: Amount(rapid.Int64Min(max(1, int64(left))).Draw(t, "total")), Left: left}
		if got, err := DecodeBudgetRecord(budget.Encode()); err != nil || got != budget {
			t.Fatalf("%+v reads back as %+v, %v", budget, got, err)
		}
		if got, err := DecodeShare(EncodeShare(left)); err != nil || got != left {
			t.Fatalf("a share of %s reads back as %s, %v", left, got, err)
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
		want := uint8(rapid.IntRange(0, Lanes-1).Draw(t, "lane"))
		lane, got, err := DecodeBatch(EncodeBatch(want, encodeAll(ops)))
		if err != nil || lane != want || !slices.EqualFunc(got, ops, func(x, y Operation) bool { return reflect.DeepEqual(x, y) }) {
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
	batch := func(b ...byte) error { _, _, err := DecodeBatch(b); return err }
	trip := func(b ...byte) error { _, err := DecodeTripRecord(b); return err }
	earning := func(b ...byte) error { _, err := DecodeEarningRecord(b); return err }
	budget := func(b ...byte) error { _, err := DecodeBudgetRecord(b); return err }
	share := func(b ...byte) error { _, err := DecodeShare(b); return err }
	rules := func(b ...byte) error { _, err := DecodeRulesRecord(b); return err }
	booking := func(b ...byte) error { _, err := DecodeBookingRecord(b); return err }
	schedule := func(versions ...Scheduled) error { _, err := DecodeSchedule(Schedule(versions).Encode()); return err }
	// part is a pending booking's record whose only part holds this, and has no cuts.
	part := func(held ...byte) error {
		b := slices.Concat([]byte{1, byte(BookingPending)}, make([]byte, 20), []byte{1, 1, 3, 'E', 'U', 'R', 1, 1, 0})
		b = append(b, 1, 1, 0, 0, 0, 1) // time, version, tier, awarded, counted, parts
		b = append(b, 0, 0, 1, 1, 24)
		return booking(append(append(b, held...), 0)...)
	}
	facts := func(b ...byte) error {
		_, err := DecodeOperation(slices.Concat([]byte{byte(KindConfirm)}, make([]byte, 32+20), []byte{1, 1, 3, 'E', 'U', 'R', 1, 1}, b))
		return err
	}
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
		"a batch of another version":            batch(1, 0, 0),
		"a batch of no lane":                    batch(2, Lanes, 0),
		"a batch that promises more":            batch(2, 0, 1),
		"a batch with something after":          batch(2, 0, 0, 0),
		"an operation longer than its batch":    batch(2, 0, 1, 9, 1),
		"a trip of another version":             trip(2, 0),
		"a use of nothing":                      trip(1, 1, 1, 'a', 0),
		"uses out of order":                     trip(1, 2, 1, 'b', 1, 1, 'a', 1),
		"a use twice":                           trip(1, 2, 1, 'a', 1, 1, 'a', 1),
		"a month of nothing earned":             earning(1, 1, 9, 0, 0, 0),
		"months out of order":                   earning(1, 2, 9, 1, 0, 8, 1, 0, 0),
		"a month of no uses":                    earning(1, 0, 1, 9, 0, 0, 0, 0),
		"months of uses out of order":           earning(1, 0, 2, 9, 1, 1, 'a', 1, 8, 1, 1, 'a', 1),
		"an earning record of another version":  earning(2, 0, 0),
		"a budget of nothing":                   budget(1, 0, 0),
		"a pot above its budget":                budget(1, 1, 2),
		"a budget of another version":           budget(2, 1, 1),
		"a share of another version":            share(2, 0),
		"a share with something after":          share(1, 0, 0),
		"rules of another version":              rules(append([]byte{2, 1, 0}, make([]byte, 67)...)...),
		"rules that end early":                  rules(append([]byte{1, 1, 0}, make([]byte, 66)...)...),
		"versions that go back":                 schedule(Scheduled{Version: 2, Starts: 1}, Scheduled{Version: 1, Starts: 2}),
		"starts that go back":                   schedule(Scheduled{Version: 1, Starts: 2}, Scheduled{Version: 2, Starts: 2}),
		"a booking in no state":                 booking(1, byte(BookingNone)),
		"a noted booking with more":             booking(1, byte(BookingNoted), 0),
		"a part that holds without a row's id":  part(1<<earn.LimitBudget, 0),
		"a part that holds an unknown limit":    part(1<<6, 1, 'a'),
		"facts with one too many":               facts(0x80, 0x10),
		"a day of booking of nothing":           facts(1, 0),
		"a code of nothing":                     facts(2, 0),
		"a code longer than any":                facts(append([]byte{2, 65}, make([]byte, 65)...)...),
		"a party of nobody":                     facts(0x40, 0),
		"a journal that promises more":          journal(2, 0xff, 0xff, 0xff, 0xff, 0x0f),
		"an entry without outcome":              journal(2, 1, 1, 0, 0),
		"an entry of an unknown kind":           journal(2, 1, kinds, 1, 0),
		"an entry with an amount of nothing":    journal(2, 1, 1, 1, hasAmount, 0),
		"an entry with states of none":          journal(2, 1, 1, 1, hasStates, 0, 0),
		"an entry with an unknown field":        journal(2, 1, 1, 1, 0x80, 0x80, 0x08),
	} {
		if codeOf(err) != CodeMalformed {
			t.Errorf("%s: %v, want malformed", name, err)
		}
	}
	for name, err := range map[string]error{
		"the empty account record": account(1, 0, 0, 0, 0, 0), "an empty trip": trip(1, 0), "an empty earning record": earning(1, 0, 0),
		"a batch of the last lane": batch(2, Lanes-1, 0), "no facts but the first": facts(0), "a code": facts(2, 1, 'a'),
		"a part that holds": part(1<<earn.LimitBudget, 1, 'a'), "a part that holds nothing": part(0),
		"a noted booking": booking(1, byte(BookingNoted)), "rules": rules(append([]byte{1, 1, 0}, make([]byte, 67)...)...),
	} {
		if err != nil {
			t.Errorf("%s itself: %v", name, err)
		}
	}
	if err := batch(EncodeBatch(0, make([][]byte, MaxOperations+1))...); codeOf(err) != CodeMalformed {
		t.Errorf("a batch above the limit: %v", err)
	}
	if err := batch(EncodeBatch(0, make([][]byte, MaxOperations))...); err != nil {
		t.Errorf("a batch at the limit: %v", err)
	}
}
