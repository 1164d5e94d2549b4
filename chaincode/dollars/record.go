package dollars

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// AccountRecord is what the ledger keeps under the account's own key. An account that never spent has none.
type AccountRecord struct {
	Debt    Amount // points owed after a reversal found too little; repaid before anything else
	Window  Window
	Buckets Buckets // what earlier spends absorbed and left

	// What few accounts have; absent it costs nothing.
	Frozen    string    // the reason, a code; "" is not frozen
	Keys      []Account // that sign for the account; none: the key that its address is of
	Day       Spent     // of orders, where the policy limits a day's
	Given     []Given   // oldest first, where the policy recalls
	Household Account   // of which it is a member
	Pool      *Pool     // of a household
}

// recordVersion is the first byte of every record, so that a later layout can be told from this one.
const recordVersion = 1

// Presence bits of an account's optional fields.
const (
	hasFrozen = 1 << iota
	hasKeys
	hasDay
	hasGiven
	hasHousehold
	hasPool
	hasAllOfAccount = 1<<iota - 1
)

func (r *AccountRecord) presence() (bits byte) {
	for i, set := range [...]bool{
		r.Frozen != "", len(r.Keys) > 0, r.Day != Spent{}, len(r.Given) > 0, !r.Household.IsZero(), r.Pool != nil,
	} {
		if set {
			bits |= 1 << i
		}
	}
	return bits
}

// Encode writes the record.
func (r AccountRecord) Encode() []byte {
	bits := r.presence()
	b := appendBuckets(appendWindow(appendAmount([]byte{recordVersion, bits}, r.Debt), r.Window), r.Buckets)
	if bits&hasFrozen != 0 {
		b = appendBytes(b, []byte(r.Frozen))
	}
	if bits&hasKeys != 0 {
		b = appendUint(b, uint64(len(r.Keys)))
		for _, k := range r.Keys {
			b = append(b, k[:]...)
		}
	}
	if bits&hasDay != 0 {
		b = appendSpent(b, r.Day)
	}
	if bits&hasGiven != 0 {
		b = appendGiven(b, r.Given)
	}
	if bits&hasHousehold != 0 {
		b = append(b, r.Household[:]...)
	}
	if bits&hasPool != 0 {
		b = appendPool(b, r.Pool)
	}
	return b
}

// DecodeAccountRecord reads what Encode wrote.
func DecodeAccountRecord(data []byte) (AccountRecord, error) {
	r := reader{buf: data}
	version, bits := r.byte(), r.byte()
	rec := AccountRecord{Debt: r.amount(), Window: r.window(), Buckets: r.buckets()}
	if bits&hasFrozen != 0 {
		rec.Frozen = string(r.bytes(MaxFactCode))
	}
	if bits&hasKeys != 0 {
		for range r.count(20) {
			var k Account
			r.fixed(k[:])
			rec.Keys = append(rec.Keys, k)
		}
	}
	if bits&hasDay != 0 {
		rec.Day = r.spent()
	}
	if bits&hasGiven != 0 {
		rec.Given = r.given()
	}
	if bits&hasHousehold != 0 {
		r.fixed(rec.Household[:])
	}
	if bits&hasPool != 0 {
		rec.Pool = r.pool()
	}
	if !r.end() || version != recordVersion || bits > hasAllOfAccount || rec.presence() != bits {
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

	earningPrefix = "e/"
	budgetPrefix  = "p/"
	tripPrefix    = "t/"
	rulesPrefix   = "r/version/"

	adjustedPrefix   = "d/"
	adjustmentPrefix = "j/"
	holdPrefix       = "h/"
	payeePrefix      = "n/"
	recoveryPrefix   = "k/"
	rewardPrefix     = "w/"
	voucherPrefix    = "v/"
)

// ScheduleKey is the state key of the schedule of rules, and ProposalKey that of what is proposed to come next.
const (
	ScheduleKey = "r/schedule"
	ProposalKey = "r/proposal"
)

// RulesKey is the state key of a published version of the rules.
func RulesKey(version uint32) string { return fmt.Sprintf("%s%010d", rulesPrefix, version) }

// EarningKey is the state key of the earning record of the member with this account.
func EarningKey(a Account) string { return earningPrefix + a.hex() }

// TripKey is the state key of what a booking took up of caps.
func TripKey(id TripID) string { return tripPrefix + id.String() }

// BudgetKey is the state key of the pot of a row's budget, or of a reward's stock (StockName).
func BudgetKey(row string) string { return budgetPrefix + row }

// ShareKey is the state key of a lane's share of a row's budget. Lanes are below 10.
func ShareKey(row string, lane uint8) string { return fmt.Sprintf("%s%s/%d", budgetPrefix, row, lane) }

// TripPrefix is what the keys of all booked items of a booking start with.
func TripPrefix(id TripID) string { return bookingPrefix + id.String() }

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
	b := append(make([]byte, 0, 128), creditPrefix...)
	b = hex.AppendEncode(b, c.Account[:])
	b = fmt.Appendf(b, "/%04d%02d/", uint32(c.Expiry/12), uint32(c.Expiry%12+1))
	return string(hex.AppendEncode(b, c.TxID[:]))
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
	StateEarning
	StateSchedule
	StateBudget // the pot of it
	StateShare
	StateHold
	StateReward
	StateVoucher
	StateRecovery
	StateAdjustment
)

// StateKey is a state key taken apart; which field is set follows from the kind.
type StateKey struct {
	Kind    StateKind
	Account Account
	Booking BookingID
	Credit  Credit
	Row     string // of a budget or a share of it; StockName of a reward
	Lane    uint8  // of a share
	Hold    HoldID
	Reward  string
	Hash    [32]byte // of a voucher's code; of an adjustment its id
}

// ParseStateKey takes a state key apart. Keys this package never writes are StateOther, and so are those that nobody finds
// by their kind: rule sets, what bookings took up of caps, payees and what was adjusted in a day.
func ParseStateKey(key string) StateKey {
	switch {
	case key == ScheduleKey:
		return StateKey{Kind: StateSchedule}
	case strings.HasPrefix(key, earningPrefix):
		if raw, ok := parseHex(key[len(earningPrefix):], 20); ok {
			return StateKey{Kind: StateEarning, Account: Account(raw)}
		}
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
	case strings.HasPrefix(key, budgetPrefix):
		return parseBudget(key[len(budgetPrefix):])
	}
	return parseLaterKey(key)
}

// parseLaterKey takes keys apart of the records that have a file of their own.
func parseLaterKey(key string) StateKey {
	switch {
	case strings.HasPrefix(key, holdPrefix):
		account, order, _ := strings.Cut(key[len(holdPrefix):], "/")
		a, okA := parseHex(account, 20)
		o, okO := parseHex(order, 32)
		if okA && okO {
			return StateKey{Kind: StateHold, Hold: HoldID{Account(a), OrderID(o)}}
		}
	case strings.HasPrefix(key, rewardPrefix):
		if id := key[len(rewardPrefix):]; isRewardID(id) {
			return StateKey{Kind: StateReward, Reward: id}
		}
	case strings.HasPrefix(key, voucherPrefix):
		if raw, ok := parseHex(key[len(voucherPrefix):], 32); ok {
			return StateKey{Kind: StateVoucher, Hash: [32]byte(raw)}
		}
	case strings.HasPrefix(key, recoveryPrefix):
		if raw, ok := parseHex(key[len(recoveryPrefix):], 20); ok {
			return StateKey{Kind: StateRecovery, Account: Account(raw)}
		}
	case strings.HasPrefix(key, adjustmentPrefix):
		if raw, ok := parseHex(key[len(adjustmentPrefix):], 32); ok {
			return StateKey{Kind: StateAdjustment, Hash: [32]byte(raw)}
		}
	}
	return StateKey{}
}

// parseBudget reads row, or row/lane.
func parseBudget(s string) StateKey {
	row, lane, isShare := strings.Cut(s, "/")
	switch {
	case row == "":
	case !isShare:
		return StateKey{Kind: StateBudget, Row: row}
	case len(lane) == 1 && lane[0] >= '0' && lane[0] < '0'+Lanes:
		return StateKey{Kind: StateShare, Row: row, Lane: lane[0] - '0'}
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
