package dollars

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

// AccountRecord is what the ledger keeps under the account's own key. An account that never spent has none.
type AccountRecord struct {
	Frozen  bool
	Debt    Amount // points owed after a reversal found too little; repaid before anything else
	Window  Window
	Buckets Buckets // what earlier spends absorbed and left
}

// recordVersion is the first byte of every record, so that a later layout can be told from this one.
const recordVersion = 1

// Encode writes the record.
func (r AccountRecord) Encode() []byte {
	b := []byte{recordVersion, 0}
	if r.Frozen {
		b[1] = 1
	}
	return appendBuckets(appendWindow(appendAmount(b, r.Debt), r.Window), r.Buckets)
}

// DecodeAccountRecord reads what Encode wrote.
func DecodeAccountRecord(data []byte) (AccountRecord, error) {
	r := reader{buf: data}
	version, frozen := r.byte(), r.byte()
	rec := AccountRecord{Frozen: frozen == 1, Debt: r.amount(), Window: r.window(), Buckets: r.buckets()}
	if !r.end() || version != recordVersion || frozen > 1 {
		return AccountRecord{}, malformed("account record")
	}
	return rec, nil
}

// Keys of the state. They are text, because Fabric keys must be valid UTF-8, and start with what they hold, so that
// a scan by prefix finds one kind.
const (
	accountPrefix = "a/"
	bookingPrefix = "b/"
	creditPrefix  = "c/"

	rulesAtPrefix = "r/version/"
)

// RulesKey is the state key of the rule set in force.
const RulesKey = "r/current"

// AccountKey is the state key of the account's record.
func AccountKey(a Account) string { return accountPrefix + a.hex() }

// BookingKey is the state key of the booked item's record.
func BookingKey(id BookingID) string { return bookingPrefix + id.String() }

// CreditPrefix is what the keys of all of an account's credits start with; they sort by expiry.
func CreditPrefix(a Account) string { return creditPrefix + a.hex() + "/" }

// Credit names an append-only entry of points received: all that one transaction gave an account in one expiry.
type Credit struct {
	Account Account
	Expiry  Expiry
	TxID    TxID
}

// TxID is the id of a Fabric transaction: SHA-256 of nonce and creator, so no two are alike.
type TxID [32]byte

// ParseTxID reads 64 lower-case hex digits.
func ParseTxID(s string) (TxID, error) {
	raw, ok := parseHex(s, 32)
	if !ok {
		return TxID{}, malformed("transaction id")
	}
	return TxID(raw), nil
}

func (t TxID) String() string { return hex.EncodeToString(t[:]) }

// parseHex reads so many bytes in lower-case hex. Upper case is refused, so that a key has one spelling.
func parseHex(s string, size int) (raw []byte, ok bool) {
	raw, err := hex.DecodeString(s)
	return raw, err == nil && len(raw) == size && strings.ToLower(s) == s
}

// Key is the state key of the credit; its value is the amount as an unsigned varint.
func (c Credit) Key() string {
	return fmt.Sprintf("%s%04d%02d/%s", CreditPrefix(c.Account), c.Expiry/12, c.Expiry%12+1, c.TxID)
}

// EncodeCredit writes a credit's value.
func EncodeCredit(a Amount) []byte { return appendAmount(nil, a) }

// DecodeCredit reads a credit's value.
func DecodeCredit(data []byte) (Amount, error) {
	r := reader{buf: data}
	a := r.amount()
	if !r.end() || a == 0 {
		return 0, malformed("credit")
	}
	return a, nil
}

// StateKind is what a state key holds.
type StateKind uint8

// The kinds of state.
const (
	StateOther StateKind = iota
	StateAccount
	StateBooking
	StateCredit
	StateRules // the rule set in force
)

// StateKey is a state key taken apart; which field is set follows from the kind.
type StateKey struct {
	Kind    StateKind
	Account Account
	Booking BookingID
	Credit  Credit
}

// ParseStateKey takes a state key apart. Keys this package never writes are StateOther.
func ParseStateKey(key string) StateKey {
	switch {
	case key == RulesKey:
		return StateKey{Kind: StateRules}
	case strings.HasPrefix(key, accountPrefix):
		if raw, ok := parseHex(key[len(accountPrefix):], 20); ok {
			return StateKey{Kind: StateAccount, Account: Account(raw)}
		}
	case strings.HasPrefix(key, bookingPrefix):
		if raw, ok := parseHex(key[len(bookingPrefix):], 32); ok {
			return StateKey{Kind: StateBooking, Booking: BookingID(raw)}
		}
	case strings.HasPrefix(key, creditPrefix):
		if c, ok := parseCredit(key[len(creditPrefix):]); ok {
			return StateKey{Kind: StateCredit, Credit: c}
		}
	}
	return StateKey{}
}

// parseCredit reads account/YYYYMM/txid.
func parseCredit(s string) (c Credit, ok bool) {
	if len(s) != 40+1+6+1+64 || s[40] != '/' || s[47] != '/' {
		return Credit{}, false
	}
	account, ok := parseHex(s[:40], 20)
	if !ok {
		return Credit{}, false
	}
	expiry, err := parseMonth(s[41:45], s[45:47])
	if err != nil {
		return Credit{}, false
	}
	tx, err := ParseTxID(s[48:])
	if err != nil {
		return Credit{}, false
	}
	return Credit{Account(account), expiry, tx}, true
}

// EncodeRules writes a rule set.
func EncodeRules(r earn.Rules) []byte {
	b := []byte{recordVersion}
	b = appendUint(b, uint64(r.Version))
	b = appendBytes(b, []byte(r.Currency))
	b = appendUint(b, uint64(r.HotelBasisPoints))
	b = appendUint(b, uint64(r.CarBasisPoints))
	b = appendUint(b, uint64(r.FlightBasisPoints))
	return appendUint(b, uint64(r.ValidMonths))
}

// DecodeRules reads what EncodeRules wrote; it does not Check the rules.
func DecodeRules(data []byte) (earn.Rules, error) {
	r := reader{buf: data}
	version := r.byte()
	rules := r.rules()
	if !r.end() || version != recordVersion {
		return earn.Rules{}, malformed("rule set")
	}
	return rules, nil
}

func (r *reader) rules() earn.Rules {
	const max32 = 1<<32 - 1
	return earn.Rules{
		Version:           uint32(r.uintMax(max32)),
		Currency:          string(r.bytes(8)),
		HotelBasisPoints:  uint32(r.uintMax(max32)),
		CarBasisPoints:    uint32(r.uintMax(max32)),
		FlightBasisPoints: uint32(r.uintMax(max32)),
		ValidMonths:       uint32(r.uintMax(max32)),
	}
}
