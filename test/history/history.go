package history

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Key names an operation as the ledger does: by what kind of thing was to happen to what. Link is the reference of a
// capture, of which a hold may have several, and zero for other kinds.
type Key struct {
	Kind      dollars.Kind
	Ref, Link [32]byte
}

// Told is what an answer said of an operation.
type Told uint8

// What clients are told.
const (
	Nothing   Told = iota // no answer came, or one that does not say
	Accepted              // it will have an outcome
	Committed             // the ledger has applied it, now or earlier
	Refused               // nothing was applied, nor will be on account of this request
)

func (t Told) String() string { return [...]string{"nothing", "accepted", "committed", "refused"}[t] }

// Intent is what is to happen.
type Intent struct {
	Key
	From, To dollars.Account // of whose points and to whom; zero where nobody's change, or they are nobody's
	Amount   dollars.Amount
}

// Answer is what a client was told, when it had asked at Call. Times are since the history began.
type Answer struct {
	Call, Return time.Duration
	Told         Told
	Code         string // of a refusal
	Block        uint64 // of what is committed
	Name         string // the service's, by which it knows the request: repeats under one name have one answer
	Asked        bool   // what had become of it, rather than for it to happen
}

// Operation is an intent with all that was told of it, in the order in which it was.
type Operation struct {
	Intent
	Answers []Answer
}

// called is when the operation could first take effect.
func (o *Operation) called() time.Duration {
	first := o.Answers[0].Call
	for _, a := range o.Answers {
		first = min(first, a.Call)
	}
	return first
}

// committed is the first answer that told so, or nil.
func (o *Operation) committed() *Answer {
	for i := range o.Answers {
		if o.Answers[i].Told == Committed {
			return &o.Answers[i]
		}
	}
	return nil
}

// Open tells whether nobody knows yet what became of it.
func (o *Operation) Open() bool {
	return o.committed() == nil && !o.refused()
}

// refused tells whether it can have no effect: everything ever sent of it was refused, or whoever asked what had become of
// it, after all was sent, was told that nothing had.
func (o *Operation) refused() bool {
	last := o.Answers[len(o.Answers)-1]
	if last.Asked && last.Told == Refused {
		return true
	}
	for _, a := range o.Answers {
		if a.Told != Refused {
			return false
		}
	}
	return true
}

// Read is a balance that was told.
type Read struct {
	Account      dollars.Account
	Call, Return time.Duration
	Height       uint64 // blocks it takes into account
	Available    dollars.Amount
}

// History is what all clients were told. It is safe for concurrent use.
type History struct {
	start time.Time

	mu    sync.Mutex
	ops   map[Key]*Operation
	order []*Operation // as they were first answered
	reads []Read
}

// New begins a history.
func New() *History { return &History{start: time.Now(), ops: map[Key]*Operation{}} }

// Now is the time in the history.
func (h *History) Now() time.Duration { return time.Since(h.start) }

// Told adds an answer that came just now.
func (h *History) Told(intent Intent, a Answer) {
	a.Return = h.Now()
	h.add(intent, a)
}

func (h *History) add(intent Intent, a Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.ops[intent.Key]
	if o == nil {
		o = &Operation{Intent: intent}
		h.ops[intent.Key], h.order = o, append(h.order, o)
	}
	o.Answers = append(o.Answers, a)
}

// Read adds a balance that was told just now.
func (h *History) Read(r Read) {
	r.Return = h.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads = append(h.reads, r)
}

// Operations are those from the first on, in the order in which they were first answered; 0 is all of them.
func (h *History) Operations(first int) (list []Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.order[first:] {
		list = append(list, Operation{o.Intent, slices.Clone(o.Answers)})
	}
	return list
}

// Open are the operations of which nobody knows yet what became of them.
func (h *History) Open() []Operation {
	return slices.DeleteFunc(h.Operations(0), func(o Operation) bool { return !o.Open() })
}

// Commit is when an operation was sent first, and when it was first told committed.
type Commit struct{ Called, Told time.Duration }

// Commits are those told from a time on, in their order.
func (h *History) Commits(from time.Duration) (list []Commit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.order {
		if a := o.committed(); a != nil && a.Return >= from {
			list = append(list, Commit{o.called(), a.Return})
		}
	}
	slices.SortFunc(list, func(a, b Commit) int { return cmp.Compare(a.Told, b.Told) })
	return list
}
