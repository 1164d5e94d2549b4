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
		env:         env,
		state:       state,
		bookings:    map[BookingID]*slot[BookingRecord]{},
		accounts:    map[Account]*slot[AccountRecord]{},
		credits:     map[Credit]*creditSlot{},
		births:      map[Account]Buckets{},
		members:     map[Account]*slot[EarningRecord]{},
		trips:       map[TripID]*slot[TripRecord]{},
		pots:        map[string]*slot[BudgetRecord]{},
		shares:      map[string]*shareSlot{},
		holds:       map[HoldID]*slot[HoldRecord]{},
		rewards:     map[string]*slot[RewardRecord]{},
		vouchers:    map[[32]byte]*slot[VoucherRecord]{},
		payees:      map[Payee]*slot[PayeeRecord]{},
		recoveries:  map[Account]*slot[RecoveryRecord]{},
		adjustments: map[[32]byte]*slot[AdjustmentRecord]{},
		adjusted:    map[Date]*slot[AdjustedRecord]{},
		rules:       rulesOverlay{versions: map[uint32]*rulesVersion{}, past: map[uint32]*earn.Hash{}},
		orders:      verifyOrders(env, ops),
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

	bookings    map[BookingID]*slot[BookingRecord]
	accounts    map[Account]*slot[AccountRecord]
	credits     map[Credit]*creditSlot
	births      map[Account]Buckets // received in this batch and not yet absorbed
	members     map[Account]*slot[EarningRecord]
	trips       map[TripID]*slot[TripRecord]
	pots        map[string]*slot[BudgetRecord] // by row
	shares      map[string]*shareSlot          // by row, of the batch's lane
	holds       map[HoldID]*slot[HoldRecord]
	rewards     map[string]*slot[RewardRecord]
	vouchers    map[[32]byte]*slot[VoucherRecord] // by the hash of the code
	payees      map[Payee]*slot[PayeeRecord]
	recoveries  map[Account]*slot[RecoveryRecord]
	adjustments map[[32]byte]*slot[AdjustmentRecord] // by id
	adjusted    map[Date]*slot[AdjustedRecord]
	rules       rulesOverlay
	orders      []orderCheck // by operation index
}

// slot is a record in the overlay: as it was read, the zero record where there is none, or as the batch changed it.
type slot[R record] struct {
	rec   R
	found bool // in the state, or made by this batch
	gone  bool // deleted by this batch
	dirty bool
}

// put changes the record.
func (s *slot[R]) put(rec R) { s.rec, s.found, s.gone, s.dirty = rec, true, false, true }

// drop deletes the record.
func (s *slot[R]) drop() {
	var none R
	s.rec, s.found, s.gone, s.dirty = none, false, true, true
}

// record is what the ledger keeps under a key.
type record interface{ Encode() []byte }

type creditSlot struct {
	amount Amount // 0 where the credit does not exist, or no more
	spent  bool   // it was there, and this batch absorbed it
}

// orderCheck is what of an order can be checked without state, done ahead and in parallel.
type orderCheck struct {
	id     OrderID
	signer Account // zero where a certificate stands for a signature
	err    error
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
			check := orderCheck{id: OrderID(eip712.Digest(sep, o.hash(forms[o.Order.Kind], asset)))}
			check.err = o.Check(env.Time)
			if check.err == nil && !o.From.IsZero() {
				check.signer, check.err = Signer(check.id, o.Signature)
			}
			checks[i] = check
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
		w.operation(op, b.orders[i])
	}
	if err := w.read(); err != nil {
		return err
	}
	for i, op := range ops {
		w.behind(op, b.orders[i])
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

// writes is everything the batch changed, sorted by key.
func (b *batch) writes() []Write {
	out := make([]Write, 0, len(b.bookings)+len(b.accounts)+len(b.credits)+2*len(b.births)+len(b.members)+len(b.trips))
	out = changed(out, b.bookings, BookingKey)
	out = changed(out, b.accounts, AccountKey)
	out = changed(out, b.members, EarningKey)
	out = changed(out, b.trips, TripKey)
	out = changed(out, b.pots, BudgetKey)
	out = changed(out, b.holds, HoldKey)
	out = changed(out, b.rewards, RewardKey)
	out = changed(out, b.vouchers, VoucherKey)
	out = changed(out, b.payees, PayeeKey)
	out = changed(out, b.recoveries, RecoveryKey)
	out = changed(out, b.adjustments, AdjustmentKey)
	out = changed(out, b.adjusted, AdjustedKey)
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
		switch {
		case !s.dirty:
		case s.gone:
			out = append(out, Write{Key: key(name)})
		default:
			out = append(out, Write{key(name), s.rec.Encode()})
		}
	}
	return out
}
