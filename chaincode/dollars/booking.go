package dollars

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// BookingID names one booked item on the ledger: SHA-256 over source, booking and item, each with its length before
// it. Whoever holds the booking file can reconcile it; nobody else can look a person's booking up.
type BookingID [32]byte

// NewBookingID hashes the names the booking system uses.
func NewBookingID(source, booking, item string) BookingID {
	var b []byte
	for _, s := range []string{source, booking, item} {
		b = appendBytes(b, []byte(s))
	}
	return sha256.Sum256(b)
}

func (id BookingID) String() string { return hex.EncodeToString(id[:]) }

// Facts are what a booked item earns by. They go onto the ledger in the operation, so that anyone can recompute
// the points; nothing in them says who travels or where.
type Facts struct {
	Kind     earn.Kind
	Price    Amount // cents of Currency
	Currency string // ISO 4217
	Start    Date   // first day: check-in, pick-up, departure
	End      Date   // last day; not before Start
}

// Check says what is wrong with the facts, or nil.
func (f Facts) Check() error {
	switch {
	case !f.Kind.Valid():
		return refuse(CodeKindUnknown, fmt.Sprintf("unknown kind of item %d", f.Kind))
	case f.Price < 0:
		return refuse(CodeAmountNegative, "the price is negative")
	case f.Price > MaxPrice:
		return refuse(CodeAmountTooLarge, fmt.Sprintf("the price is more than %s", MaxPrice))
	case len(f.Currency) != 3:
		return refuse(CodeCurrencyUnknown, "the currency is not an ISO 4217 code")
	case f.Start < 0 || f.End < f.Start:
		return refuse(CodeDateInvalid, "the item ends before it starts")
	}
	return nil
}

func appendFacts(b []byte, f Facts) []byte {
	b = append(b, byte(f.Kind))
	b = appendAmount(b, f.Price)
	b = appendBytes(b, []byte(f.Currency))
	b = appendUint(b, uint64(f.Start))
	return appendUint(b, uint64(f.End))
}

func (r *reader) facts() Facts {
	const maxDate = 1<<31 - 1
	return Facts{
		Kind:     earn.Kind(r.byte()),
		Price:    r.amount(),
		Currency: string(r.bytes(8)),
		Start:    Date(r.uintMax(maxDate)),
		End:      Date(r.uintMax(maxDate)),
	}
}

// digest binds the facts to the account, so that a booking confirmed for somebody else is other facts.
func (f Facts) digest(a Account) [32]byte { return sha256.Sum256(appendFacts(a[:], f)) }

// BookingState is how far a booked item has come.
type BookingState uint8

// The states. The numbers are on the ledger: never renumber, only add.
//
//	(none) -> pending -> awarded -> reversed
//	             \-----> cancelled
//	(none) -> noted ---> cancelled
const (
	BookingNone      BookingState = iota
	BookingPending                // confirmed; the points are promised
	BookingAwarded                // completed; the points are minted
	BookingCancelled              // cancelled before completion; nothing was minted
	BookingReversed               // cancelled after completion; the points were taken back
	BookingNoted                  // a cancellation came before its booking and waits for it
)

var bookingStateNames = [...]string{"none", "pending", "awarded", "cancelled", "reversed", "noted"}

func (s BookingState) String() string {
	if int(s) < len(bookingStateNames) {
		return bookingStateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// BookingRecord is what the ledger keeps of one booked item. Of a noted one only the state is known.
type BookingRecord struct {
	State        BookingState
	Account      Account
	Points       Amount // promised, or minted
	RulesVersion uint32 // the version in force when the item was confirmed
	ValidMonths  uint32 // for how long after the award the points stay valid
	FactsDigest  [32]byte
}

// Encode writes the record.
func (r BookingRecord) Encode() []byte {
	b := []byte{recordVersion, byte(r.State)}
	if r.State == BookingNoted {
		return b
	}
	b = append(b, r.Account[:]...)
	b = appendAmount(b, r.Points)
	b = appendUint(b, uint64(r.RulesVersion))
	b = appendUint(b, uint64(r.ValidMonths))
	return append(b, r.FactsDigest[:]...)
}

// DecodeBookingRecord reads what Encode wrote.
func DecodeBookingRecord(data []byte) (BookingRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := BookingRecord{State: BookingState(r.byte())}
	if rec.State != BookingNoted {
		r.fixed(rec.Account[:])
		rec.Points = r.amount()
		rec.RulesVersion = uint32(r.uintMax(1<<32 - 1))
		rec.ValidMonths = uint32(r.uintMax(earn.MaxValidMonths))
		r.fixed(rec.FactsDigest[:])
	}
	if !r.end() || version != recordVersion || rec.State == BookingNone || rec.State > BookingNoted {
		return BookingRecord{}, malformed("booking record")
	}
	return rec, nil
}
