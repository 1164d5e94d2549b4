package dollars

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
)

// Env is all that a batch may know of the world outside the state.
type Env struct {
	Currency  Currency
	Channel   string
	Chaincode string
	TxID      TxID  // of this transaction; one that wrote to this state before is an error
	Time      int64 // Unix seconds, of the transaction; whoever sends it chooses it, from 0 to maxTime
	Lane      uint8 // of the batch: which share of each budget it spends from
	Caller    Caller
}

// State reads the ledger before the batch: the value of each key, nil where there is none. It answers all keys or
// an error.
type State interface {
	Get(keys []string) ([][]byte, error)
}

// Write is a change of one key; a nil value deletes it.
type Write struct {
	Key   string
	Value []byte
}

// Result is what a batch does: the writes, sorted by key, and the journal.
type Result struct {
	Writes  []Write
	Journal Journal
}

// Apply runs a batch on a state. An operation that is refused is an entry of the journal, not an error; an error
// means that nothing can be said of the batch, because state could not be read or does not hold what Apply wrote, or
// because no transaction can have that time.
func Apply(env Env, ops []Operation, state State) (Result, error) {
	if env.Time < 0 || env.Time > maxTime {
		return Result{}, fmt.Errorf("the transaction's time, %d seconds after 1970, is not between 1970 and 9989; nothing was done: set the clock of whoever sent it", env.Time)
	}
	b := &batch{
		env:      env,
		state:    state,
		bookings: map[BookingID]*slot[BookingRecord]{},
		accounts: map[Account]*slot[AccountRecord]{},
		credits:  map[Credit]*creditSlot{},
		births:   map[Account]Buckets{},
		members:  map[Account]*slot[EarningRecord]{},
		trips:    map[TripID]*slot[TripRecord]{},
		pots:     map[string]*slot[BudgetRecord]{},
		shares:   map[string]*shareSlot{},
		rules:    rulesOverlay{versions: map[uint32]*rulesVersion{}, past: map[uint32]*earn.Hash{}},
		orders:   verifyOrders(env, ops),
	}
	if err := b.prefetch(ops); err != nil {
		return Result{}, err
	}
	journal := Journal{Entries: make([]Entry, len(ops))}
	for i, op := range ops {
		entry, err := b.apply(i, op)
		if err != nil {
			code, refused := CodeOf(err)
			if !refused {
				return Result{}, fmt.Errorf("operation %d: %w", i, err)
			}
			entry = Entry{Kind: entry.Kind, Outcome: Rejected, Code: code, Ref: entry.Ref}
		}
		journal.Entries[i] = entry
	}
	b.reserveBudgets()
	writes := b.writes()
	for i := 1; i < len(writes); i++ {
		// Keys differ but for credits, and theirs do while transaction ids do: Fabric refuses a second use.
		if writes[i].Key == writes[i-1].Key {
			return Result{}, fmt.Errorf("transaction id %s wrote to this state before", env.TxID)
		}
	}
	return Result{Writes: writes, Journal: journal}, nil
}

// batch is the overlay of one Apply: what was read, and what earlier operations of the batch changed.
type batch struct {
	env   Env
	state State

	bookings map[BookingID]*slot[BookingRecord]
	accounts map[Account]*slot[AccountRecord]
	credits  map[Credit]*creditSlot
	births   map[Account]Buckets // received in this batch and not yet absorbed
	members  map[Account]*slot[EarningRecord]
	trips    map[TripID]*slot[TripRecord]
	pots     map[string]*slot[BudgetRecord] // by row
	shares   map[string]*shareSlot          // by row, of the batch's lane
	rules    rulesOverlay
	orders   []orderCheck // by operation index
}

// slot is a record in the overlay: as it was read, the zero record where there is none, or as the batch changed it.
type slot[R record] struct {
	rec   R
	dirty bool
}

// record is what the ledger keeps under a key.
type record interface{ Encode() []byte }

type creditSlot struct {
	amount Amount // 0 where the credit does not exist, or no more
	spent  bool   // it was there, and this batch absorbed it
}

// orderCheck is what of an order can be checked without state, done ahead and in parallel.
type orderCheck struct {
	id  OrderID
	err error
}

// verifyOrders recovers the signers of all orders, which is most of a batch's work, on all processors. Each result
// goes to its own place, so the outcome does not depend on how the work was spread.
func verifyOrders(env Env, ops []Operation) []orderCheck {
	checks := make([]orderCheck, len(ops))
	asset := eip712.String(env.Currency.Asset)
	separator := env.Currency.Domain(env.Channel, env.Chaincode, 0).Separator()
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(ops) {
				return
			}
			o, ok := ops[i].(SignedOrder)
			if !ok {
				continue
			}
			sep := separator
			if o.ChainID != 0 {
				sep = env.Currency.Domain(env.Channel, env.Chaincode, o.ChainID).Separator()
			}
			id := OrderID(eip712.Digest(sep, o.hash(asset)))
			err := o.Check(env.Time)
			if err == nil {
				err = o.Verify(id, o.Signature)
			}
			checks[i] = orderCheck{id, err}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0)-1, len(ops)/8) {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return checks
}

// prefetch reads what the batch is known to need, in as few goes as it takes to know it.
func (b *batch) prefetch(ops []Operation) error {
	w := wanted{b: b}
	ops = b.authorized(ops)
	for i, op := range ops {
		w.operation(op, b.orders[i].err == nil)
	}
	if err := w.read(); err != nil {
		return err
	}
	b.wantVersions(&w, ops)
	if err := w.read(); err != nil {
		return err
	}
	b.wantEarnings(&w, ops)
	return w.read()
}

// authorized is the operations with nothing in the place of those that the caller may not send: nobody shall make peers
// read and compile by what is refused.
func (b *batch) authorized(ops []Operation) []Operation {
	ops = slices.Clone(ops)
	for i, op := range ops {
		if b.authorize(op) != nil {
			ops[i] = nil
		}
	}
	return ops
}

// operation wants what an operation names.
func (w *wanted) operation(op Operation, valid bool) {
	switch o := op.(type) {
	case Confirm:
		w.booking(o.Booking)
		w.rules()
	case Complete:
		w.booking(o.Booking)
		w.rules()
	case Cancel:
		w.booking(o.Booking)
	case SignedOrder:
		if valid && len(o.Credits) <= MaxCredits {
			w.account(o.From, o.Credits)
		}
	case Absorb:
		if len(o.Credits) <= MaxCredits {
			w.account(o.Account, o.Credits)
		}
	case SetFrozen:
		w.account(o.Account, nil)
	case ProposeRules, ApproveRules, PublishRules:
		w.rules()
		w.proposal()
	}
}

// wantVersions wants the rule sets by which the batch's bookings are promised and counted, and those that it publishes
// though they are over.
func (b *batch) wantVersions(w *wanted, ops []Operation) {
	now := b.rules.schedule.At(b.env.Time)
	for _, op := range ops {
		switch o := op.(type) {
		case Confirm:
			if now.Version != 0 {
				w.version(now.Version)
			}
		case Complete:
			if now.Members {
				w.version(now.Version)
			}
		case PublishRules:
			w.over(o.Version)
		}
	}
}

// wantEarnings wants the records that those rule sets look at. What only turns out to be needed later is read then.
func (b *batch) wantEarnings(w *wanted, ops []Operation) {
	now := b.rules.schedule.At(b.env.Time)
	v := b.rules.versions[now.Version]
	trips := v != nil && v.rules != nil && v.rules.UsesBooking()
	for _, op := range ops {
		switch o := op.(type) {
		case Confirm:
			if now.Members {
				w.member(o.Account)
			}
			if trips {
				w.trip(o.Booking.Trip())
			}
		case Complete:
			if rec := b.bookings[o.Booking].rec; now.Members && rec.State == BookingPending {
				w.member(rec.Account)
			}
		case Cancel:
			if rec := b.bookings[o.Booking].rec; rec.Live() {
				w.heldBy(o.Booking, rec)
			}
		}
	}
}

// heldBy wants the records that change when a booking is cancelled.
func (w *wanted) heldBy(id BookingID, rec BookingRecord) {
	if rec.TouchesMember() {
		w.member(rec.Account)
	}
	if rec.holdsFor(earn.LimitBooking) {
		w.trip(id.Trip())
	}
	for _, p := range rec.Parts {
		if p.HoldsBudget() {
			w.share(p.ID)
		}
	}
}

// wanted collects keys that are not in the overlay yet, and how to put their values there.
type wanted struct {
	b    *batch
	keys []string
	put  []func(value []byte) error
}

func (w *wanted) add(key string, put func([]byte) error) {
	w.keys = append(w.keys, key)
	w.put = append(w.put, put)
}

// want wants a record, unless it is in the overlay.
func want[K comparable, R record](w *wanted, slots map[K]*slot[R], name K, key func(K) string, decode func([]byte) (R, error)) {
	if slots[name] != nil {
		return
	}
	s := &slot[R]{}
	slots[name] = s
	w.add(key(name), func(value []byte) (err error) {
		s.rec, err = decode(value)
		return err
	})
}

func (w *wanted) booking(id BookingID) {
	want(w, w.b.bookings, id, BookingKey, DecodeBookingRecord)
}

func (w *wanted) account(a Account, refs []CreditRef) {
	want(w, w.b.accounts, a, AccountKey, DecodeAccountRecord)
	for _, ref := range refs {
		c := ref.Of(a)
		if w.b.credits[c] != nil {
			continue
		}
		slot := &creditSlot{}
		w.b.credits[c] = slot
		w.add(c.Key(), func(value []byte) (err error) {
			slot.amount, err = DecodeCredit(value)
			return err
		})
	}
}

func (w *wanted) read() error {
	if len(w.keys) == 0 {
		return nil
	}
	values, err := w.b.state.Get(w.keys)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	keys, put := w.keys, w.put
	w.keys, w.put = nil, nil
	if len(values) != len(keys) {
		return fmt.Errorf("read state: %d values for %d keys", len(values), len(keys))
	}
	for i, value := range values {
		if len(value) == 0 {
			continue
		}
		if err := put[i](value); err != nil {
			// Not wrapped: what is wrong in the state is no refusal of an operation.
			return fmt.Errorf("state under %s does not hold what was written there: %v", keys[i], err)
		}
	}
	return nil
}

// writes is everything the batch changed, sorted by key.
func (b *batch) writes() []Write {
	out := make([]Write, 0, len(b.bookings)+len(b.accounts)+len(b.credits)+2*len(b.births)+len(b.members)+len(b.trips))
	out = changed(out, b.bookings, BookingKey)
	out = changed(out, b.accounts, AccountKey)
	out = changed(out, b.members, EarningKey)
	out = changed(out, b.trips, TripKey)
	out = changed(out, b.pots, BudgetKey)
	for c, slot := range b.credits {
		if slot.spent {
			out = append(out, Write{Key: c.Key()})
		}
	}
	for a, buckets := range b.births {
		for _, x := range buckets {
			out = append(out, Write{Credit{a, x.Expiry, b.env.TxID}.Key(), EncodeCredit(x.Amount)})
		}
	}
	for row, slot := range b.shares {
		if slot.dirty {
			out = append(out, Write{ShareKey(row, b.env.Lane), EncodeShare(slot.left)})
		}
	}
	out = append(out, b.rules.writes()...)
	// The maps were walked in no order; the keys, all different, make one.
	slices.SortFunc(out, func(x, y Write) int { return cmp.Compare(x.Key, y.Key) })
	return out
}

// changed appends the writes of records that the batch changed, in no order.
func changed[K comparable, R record](out []Write, slots map[K]*slot[R], key func(K) string) []Write {
	for name, s := range slots {
		if s.dirty {
			out = append(out, Write{key(name), s.rec.Encode()})
		}
	}
	return out
}
