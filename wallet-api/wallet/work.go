package wallet

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// WorkID names a unit of accepted work: for an event, SHA-256 of its source and id; for a member's order, its order id; for
// a merchant's order and the release of an ended hold, SHA-256 of what it says; for anything else a random one.
type WorkID [32]byte

func (id WorkID) String() string { return hex.EncodeToString(id[:]) }

// ParseWorkID reads 64 hex digits.
func ParseWorkID(s string) (WorkID, error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(WorkID{}) {
		return WorkID{}, &Error{Code: CodeNotFound, Detail: "there is no work with this id"}
	}
	return WorkID(raw), nil
}

// Class is the queue that work waits in; each has its own bound and its share of the ledger.
type Class uint8

// The classes. They are written to disk: never renumber.
const (
	ClassBooking Class = iota + 1 // booking events
	ClassOrder                    // what members and merchants signed
	ClassAdmin                    // what the service's certificates ask for: changes, what Destinasia's checkout takes, cleaning up
)

var classNames = [...]string{ClassBooking: "booking", ClassOrder: "order", ClassAdmin: "admin"}

func (c Class) String() string {
	if c >= ClassBooking && c <= ClassAdmin {
		return classNames[c]
	}
	return "unknown"
}

// Certificate is which of the service's Fabric identities creates the transaction that work goes into. What each of them
// may do is for the ledger to say.
type Certificate uint8

// The certificates. They are written to disk: never renumber.
const (
	AsIssuer   Certificate = iota // booking events, and what anyone may relay or ask for
	AsOperator                    // operators' changes
	AsMerchant                    // the catalogue, and what Destinasia's checkout takes
	AsApprover                    // what takes an operator of another organisation
)

// Work is what is accepted as a whole: the operations of one booking event, one order, or one change.
type Work struct {
	ID       WorkID
	Class    Class
	As       Certificate         // of the transaction it goes into, with nothing of another certificate
	Digest   [32]byte            // of what was asked for: the same ID with another digest is a conflict
	Owner    string              // who sent it and may ask for it: ClientOwner or AccountOwner
	Label    string              // what it is called in logs and answers, e.g. the event's type; no personal data
	Accepted time.Time           // when; set by the use case
	Ops      []dollars.Operation // at least one, applied in order
	Key      *IdempotencyKey     // nil where the sender gave none
}

// ClientOwner is how work remembers that an API client sent it.
func ClientOwner(client string) string { return "client:" + client }

// AccountOwner is how work remembers that a member sent it: by the account rather than the member's id, so that once the
// directory forgets the member nothing here tells who it was.
func AccountOwner(a dollars.Account) string { return accountOwner + a.String() }

const accountOwner = "account:"

// OwnedByAccount tells whether work of an owner is a member's.
func OwnedByAccount(owner string) bool { return strings.HasPrefix(owner, accountOwner) }

// OwnerAccount is the account of who owns a member's work.
func OwnerAccount(owner string) (a dollars.Account, ok bool) {
	text, ok := strings.CutPrefix(owner, accountOwner)
	if !ok {
		return a, false
	}
	a, err := dollars.ParseAccount(text)
	return a, err == nil
}

// IdempotencyKey ties a sender's key to the request it came with (draft-ietf-httpapi-idempotency-key-header).
type IdempotencyKey struct {
	Client string   // who sent it: keys of different clients never meet
	Key    string   // at most 255 bytes
	Digest [32]byte // of the request
}

// Receipt answers one Work of an Accept.
type Receipt struct {
	ID       WorkID // of the work that stands; another than was asked for when an idempotency key was used before
	Repeated bool   // it had been accepted before, with the same digest; nothing new was queued
	Err      error  // ErrConflict or ErrKeyReused: not accepted
}

// What an Intake refuses. ErrOverloaded refuses a whole Accept, the others one Work.
var (
	ErrConflict   = &Error{Code: CodeConflict, Detail: "this id was used before with another content; nothing was changed"}
	ErrKeyReused  = &Error{Code: CodeKeyReused, Detail: "this Idempotency-Key was used before with another request; nothing was changed"}
	ErrOverloaded = &Error{Code: CodeOverloaded, Detail: "too much work is waiting; nothing was accepted, send it again after the time in Retry-After"}
	ErrNotFound   = errors.New("not found")
)

// Result is what became of one operation, as the ledger's journal has it.
type Result struct {
	Kind    dollars.Kind
	Outcome dollars.Outcome
	Code    dollars.Code // of a rejection
	Amount  dollars.Amount
	State   dollars.BookingState // of a booked item, after the operation
}

// ResultOf is the part of a journal's entry that the sender of the operation is told.
func ResultOf(e dollars.Entry) Result {
	return Result{Kind: e.Kind, Outcome: e.Outcome, Code: e.Code, Amount: e.Amount, State: e.After}
}

// Status is how far accepted work has come.
type Status struct {
	Work    Work
	Done    bool     // the ledger has answered every operation
	Results []Result // in the order of Work.Ops, once Done
	TxID    string   // Fabric transaction that answered, once Done
	Block   uint64   // its block, once Done
}

// Applied tells whether the work is done and changed the ledger, now or an earlier time.
func (s Status) Applied() bool {
	for _, r := range s.Results {
		if r.Outcome == dollars.Rejected {
			return false
		}
	}
	return s.Done
}

// Rejected tells whether the work is done and every operation of it was refused: such work changed nothing and may
// be accepted again.
func (s Status) Rejected() bool {
	for _, r := range s.Results {
		if r.Outcome != dollars.Rejected {
			return false
		}
	}
	return s.Done
}

// Submission is a transaction on its way to the ledger. It is made durable before it is submitted, so that after a
// crash the same envelope can be followed, or submitted again, instead of endorsing its work anew.
type Submission struct {
	TxID     string
	Envelope []byte // the signed, endorsed transaction, as submitted
	Work     []Work
}
