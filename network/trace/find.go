package trace

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Subject is what can be traced.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	ID   string      `json:"id"` // in full, as the ledger has it

	account     uint32
	transaction uint32
	ref         [32]byte // of all others; of a booking its first half
}

// SubjectKind is what a subject is.
type SubjectKind string

// The kinds of subject.
const (
	AnAccount     SubjectKind = "account"
	ABooking      SubjectKind = "booking" // all of its items
	AnItem        SubjectKind = "item"    // of a booking
	AnOrder       SubjectKind = "order"
	AnAdjustment  SubjectKind = "adjustment"
	ATransaction  SubjectKind = "transaction"
	leastDigits               = 8 // of an id that is not written in full
	digitsOfATrip             = 32
)

func (s Subject) String() string { return string(s.Kind) + " " + s.ID }

// Find is every subject on the ledger that a text can mean, by its form: with 0x an account, an order or an adjustment, without
// it a transaction, a booking or an item; in full, or the first 8 digits or more of it. What Short writes is found too, and
// a hold as ACCOUNT/ORDER. Names that booking systems use are hashed, and so not found here: FindBooking.
func (g *Graph) Find(text string) []Subject {
	text = strings.ToLower(text)
	if account, order, hold := strings.Cut(text, "/"); hold && strings.HasPrefix(account, "0x") {
		text = order
	}
	digits, with0x := strings.CutPrefix(text, "0x")
	digits, second, _ := strings.Cut(digits, "…")
	if len(digits) < leastDigits || !isHex(digits) || !isHex(second) {
		return nil
	}
	found := map[Subject]bool{}
	if with0x {
		for n, a := range g.accounts[1:] {
			if strings.HasPrefix(hex.EncodeToString(a[:]), digits) && second == "" {
				found[Subject{Kind: AnAccount, ID: a.String(), account: uint32(n + 1)}] = true
			}
		}
	} else {
		for n, t := range g.transactions {
			if strings.HasPrefix(t.id.String(), digits) && second == "" {
				found[Subject{Kind: ATransaction, ID: t.id.String(), transaction: uint32(n)}] = true
			}
		}
	}
	var ref [64]byte
	first, then := []byte(digits), []byte(second)
	for i := range g.entries {
		e := &g.entries[i]
		kind := subjectOf(e.kind)
		if kind == "" || (kind != AnItem) != with0x {
			continue
		}
		hex.Encode(ref[:], e.ref[:])
		switch {
		case !bytes.HasPrefix(ref[:], first) || !bytes.HasPrefix(ref[digitsOfATrip:], then):
		case kind != AnItem:
			found[Subject{Kind: kind, ID: refText(e), ref: e.ref}] = true
		case len(first) <= digitsOfATrip && len(then) == 0:
			found[bookingSubject(dollars.BookingID(e.ref).Trip())] = true
		default:
			found[Subject{Kind: AnItem, ID: refText(e), ref: e.ref}] = true
		}
	}
	list := make([]Subject, 0, len(found))
	for s := range found {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Subject) int { return cmp.Compare(a.String(), b.String()) })
	return list
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// FindBooking is a booking by the names that its booking system uses, or one item of it; false if the ledger has none.
func (g *Graph) FindBooking(source, booking, item string) (Subject, bool) {
	s := bookingSubject(dollars.NewTripID(source, booking))
	if item != "" {
		id := dollars.NewBookingID(source, booking, item)
		s = Subject{Kind: AnItem, ID: id.String(), ref: id}
	}
	return s, slices.ContainsFunc(g.entries, func(e entry) bool { return s.has(&e) })
}

func bookingSubject(trip dollars.TripID) Subject {
	s := Subject{Kind: ABooking, ID: trip.String()}
	copy(s.ref[:], trip[:])
	return s
}

// FindAccount is an account; false if nothing on the ledger is about it.
func (g *Graph) FindAccount(a dollars.Account) (Subject, bool) {
	n, known := g.known[a]
	return Subject{Kind: AnAccount, ID: a.String(), account: n}, known
}

// has tells whether an entry is about a booking, an item, an order or an adjustment.
func (s Subject) has(e *entry) bool {
	switch kind := subjectOf(e.kind); s.Kind {
	case ABooking:
		return kind == AnItem && dollars.BookingID(e.ref).Trip() == dollars.BookingID(s.ref).Trip()
	case AnAccount, ATransaction:
		return false
	default:
		return kind == s.Kind && e.ref == s.ref
	}
}

// subjectOf is what the entries of a kind have as their Ref; "" for what no points come of.
func subjectOf(k dollars.Kind) SubjectKind {
	switch k {
	case dollars.KindConfirm, dollars.KindComplete, dollars.KindCancel:
		return AnItem
	case dollars.KindProposeAdjustment, dollars.KindApproveAdjustment:
		return AnAdjustment
	case dollars.KindUse: // of a voucher, whose points the claim burned
		return ""
	case dollars.KindCapture, dollars.KindRelease:
		return AnOrder // that of the hold
	}
	if dollars.FormOf(k) != nil {
		return AnOrder
	}
	return ""
}

// refText is an entry's Ref as people write it; "" where it is none that can be traced.
func refText(e *entry) string {
	switch subjectOf(e.kind) {
	case "":
		return ""
	case AnItem:
		return hex.EncodeToString(e.ref[:])
	}
	return dollars.WordText(e.ref)
}

// Short is an id to be read: of an item the booking and the item, each by its beginning, of everything else its beginning.
// Accounts are short enough.
func Short(kind SubjectKind, id string) string {
	switch kind {
	case AnAccount:
		return id
	case AnItem:
		return id[:8] + "…" + id[digitsOfATrip:digitsOfATrip+8]
	case ABooking, ATransaction:
		return id[:12] + "…"
	}
	return id[:14] + "…"
}
