package dollars

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/destinasia/dollars/chaincode/earn"
)

// BookingID names one booked item on the ledger: half of it the booking, half the item in it, each the first 16 bytes
// of a SHA-256 over the names with their lengths before them. Whoever holds the booking file can reconcile it; nobody
// else can look a person's booking up.
type BookingID [32]byte

// NewBookingID hashes the names the booking system uses.
func NewBookingID(source, booking, item string) BookingID {
	var id BookingID
	trip := NewTripID(source, booking)
	copy(id[copy(id[:], trip[:]):], hashNames(source, booking, item))
	return id
}

func (id BookingID) String() string { return hex.EncodeToString(id[:]) }

// Trip is the booking that the item belongs to.
func (id BookingID) Trip() TripID { return TripID(id[:16]) }

// TripID names a booking with everything in it.
type TripID [16]byte

// NewTripID hashes the names the booking system uses.
func NewTripID(source, booking string) TripID { return TripID(hashNames(source, booking)) }

func (id TripID) String() string { return hex.EncodeToString(id[:]) }

func hashNames(names ...string) []byte {
	var b []byte
	for _, s := range names {
		b = appendBytes(b, []byte(s))
	}
	sum := sha256.Sum256(b)
	return sum[:16]
}

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
	State   BookingState
	Account Account
	Facts   Facts
	Time    int64  // Unix seconds at which it was confirmed
	Version uint32 // of the rules in force then
	Tier    string // of the member then
	Parts   []Part // what it earns
	Awarded Expiry // the month in which it was awarded; 0 before
	Counted bool   // the award counts towards the member's tier: the rules then in force had tiers
}

// Part is what one row of the rules gives a booked item.
type Part struct {
	earn.Part
	Held limits // what it took up of limits that go beyond the item, and gives back when it is cancelled
	ID   string // of the row, under which that is counted; "" where nothing is held
}

// HoldsBudget tells whether the part's points are out of its row's budget.
func (p Part) HoldsBudget() bool { return p.Held.has(earn.LimitBudget) }

// Points are promised, or minted.
func (r BookingRecord) Points() (Amount, error) {
	var sum Amount
	for _, p := range r.Parts {
		var err error
		if sum, err = sum.Plus(Amount(p.Points)); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// Item is what the rules saw of the booked item.
func (r BookingRecord) Item() earn.Item {
	item := r.Facts.Item(r.Time)
	item.Tier = r.Tier
	return item
}

// EarnParts are the parts as the rules gave them.
func (r BookingRecord) EarnParts() []earn.Part {
	parts := make([]earn.Part, len(r.Parts))
	for i, p := range r.Parts {
		parts[i] = p.Part
	}
	return parts
}

// buckets are the points as they are minted at a time (Unix seconds).
func (r BookingRecord) buckets(unix int64) (Buckets, error) {
	var minted Buckets
	for _, p := range r.Parts {
		if err := minted.add(ExpiryAfter(unix, p.Months), Amount(p.Points)); err != nil {
			return nil, err
		}
	}
	return minted, nil
}

// Live tells whether the booking is promised or has its points: it holds limits, and a cancellation gives them back.
func (r BookingRecord) Live() bool {
	return r.State == BookingPending || r.State == BookingAwarded
}

// holdsFor tells whether any part took up this limit.
func (r BookingRecord) holdsFor(l earn.Limit) bool {
	return slices.ContainsFunc(r.Parts, func(p Part) bool { return p.Held.has(l) })
}

// TouchesMember tells whether cancelling the booking changes the member's earning record.
func (r BookingRecord) TouchesMember() bool {
	return r.Counted || r.holdsFor(earn.LimitMember)
}

// limits is a set of earn.Limit, a bit each.
type limits uint8

func (l limits) has(x earn.Limit) bool { return l&(1<<x) != 0 }

const knownLimits limits = 1<<earn.LimitBooking | 1<<earn.LimitMember | 1<<earn.LimitBudget

// Encode writes the record.
func (r BookingRecord) Encode() []byte {
	b := append(make([]byte, 0, 96), recordVersion, byte(r.State))
	if r.State == BookingNoted {
		return b
	}
	b = append(b, r.Account[:]...)
	b = appendFacts(b, r.Facts)
	b = appendUint(b, uint64(r.Time))
	b = appendUint(b, uint64(r.Version))
	b = appendBytes(b, []byte(r.Tier))
	b = append(appendUint(b, uint64(r.Awarded)), boolByte(r.Counted))
	b = appendUint(b, uint64(len(r.Parts)))
	for _, p := range r.Parts {
		b = appendPart(b, p)
	}
	return b
}

func appendPart(b []byte, p Part) []byte {
	b = appendUint(b, uint64(p.Table))
	b = appendUint(b, uint64(p.Row))
	b = appendUint(b, uint64(p.Earned))
	b = appendUint(b, uint64(p.Points))
	b = appendUint(b, uint64(p.Months))
	if b = append(b, byte(p.Held)); p.Held != 0 {
		b = appendBytes(b, []byte(p.ID))
	}
	b = appendUint(b, uint64(len(p.Cuts)))
	for _, c := range p.Cuts {
		b = appendUint(append(b, byte(c.Limit)), uint64(c.Left))
	}
	return b
}

// DecodeBookingRecord reads what Encode wrote.
func DecodeBookingRecord(data []byte) (BookingRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := BookingRecord{State: BookingState(r.byte())}
	if rec.State != BookingNoted {
		r.fixed(rec.Account[:])
		rec.Facts = r.facts()
		rec.Time = r.int64()
		rec.Version = uint32(r.uintMax(1<<32 - 1))
		rec.Tier = string(r.bytes(earn.MaxName))
		rec.Awarded = Expiry(r.uintMax(uint64(maxExpiry)))
		rec.Counted = r.bool()
		rec.Parts = r.parts()
	}
	if !r.end() || version != recordVersion || rec.State == BookingNone || rec.State > BookingNoted {
		return BookingRecord{}, malformed("booking record")
	}
	return rec, nil
}

func (r *reader) parts() []Part {
	n := r.count(7)
	if n == 0 {
		return nil
	}
	parts := make([]Part, n)
	for i := range parts {
		p := &parts[i]
		p.Table = int(r.uintMax(earn.MaxTables - 1))
		p.Row = int(r.uintMax(earn.MaxRows - 1))
		p.Earned = int64(r.amount())
		p.Points = int64(r.amount())
		p.Months = uint32(r.uintMax(earn.MaxValidMonths))
		if p.Held = limits(r.byte()); p.Held != 0 {
			p.ID = string(r.bytes(earn.MaxName))
			r.bad = r.bad || p.ID == "" || p.Held&^knownLimits != 0
		}
		cuts := r.count(2)
		for range cuts {
			p.Cuts = append(p.Cuts, earn.Cut{Limit: earn.Limit(r.byte()), Left: int64(r.amount())})
		}
	}
	return parts
}
