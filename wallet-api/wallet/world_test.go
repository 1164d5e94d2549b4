package wallet

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/crypto"
)

// world is the ports of the use cases in memory: an intake whose work is applied only when a test says so, by the
// real rules.
type world struct {
	*Service
	mu    sync.Mutex
	now   time.Time
	state map[string][]byte
	work  map[WorkID]*Status
	queue []WorkID
	keyed map[string]IdempotencyKey
	keyOf map[string]WorkID
	full  bool

	history []HistoryEntry // oldest first
	orders  map[dollars.OrderID]OrderAt
	members map[MemberID]Member
	keys    map[MemberID]*ecdsa.PrivateKey
	blocks  int
	pending dollars.Amount // of every balance
	held    dollars.Amount // of every balance
}

var testLedger = LedgerInfo{Channel: "dollars", Chaincode: "dsd"}

func newWorld(t *testing.T) *world {
	t.Helper()
	currency, ok := dollars.CurrencyOf("dsd")
	if !ok {
		t.Fatal("no currency")
	}
	testLedger.Currency = currency
	w := &world{
		now:   time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		state: map[string][]byte{},
		work:  map[WorkID]*Status{}, keyed: map[string]IdempotencyKey{}, keyOf: map[string]WorkID{},
		orders: map[dollars.OrderID]OrderAt{}, members: map[MemberID]Member{}, keys: map[MemberID]*ecdsa.PrivateKey{},
	}
	w.Service = New(Ports{Intake: w, Views: views{w: w}, Directory: directory{w}, Keys: keyring{w}}, testLedger, Options{Now: func() time.Time { return w.now }})
	w.publish(t, 1, earn.Standard())
	return w
}

// publish puts rules on the ledger as staff do, past the service.
func (w *world) publish(t *testing.T, version uint32, rules earn.RuleSet) {
	t.Helper()
	set := rules.Encode()
	hash := earn.HashOf(set)
	planner, controller := dollars.CertificateID{1}, dollars.CertificateID{2}
	w.apply(t, dollars.Caller{Role: dollars.RoleRules, ID: planner}, dollars.ProposeRules{Version: version, Set: set})
	w.apply(t, dollars.Caller{Role: dollars.RoleRules, ID: controller}, dollars.ApproveRules{Version: version, Hash: hash})
	j := w.apply(t, dollars.Caller{Role: dollars.RoleRules, ID: planner}, dollars.PublishRules{Version: version, Hash: hash})
	if e := j.Entries[0]; e.Outcome != dollars.Applied {
		t.Fatalf("publish version %d: %s", version, e.Code)
	}
}

// apply runs operations as one transaction of the issuer's organisation.
func (w *world) apply(t *testing.T, by dollars.Caller, ops ...dollars.Operation) dollars.Journal {
	t.Helper()
	by.MSP = testLedger.Currency.IssuerMSP
	w.blocks++
	result, err := dollars.Apply(dollars.Env{
		Currency: testLedger.Currency, Channel: testLedger.Channel, Chaincode: testLedger.Chaincode,
		TxID: dollars.TxID{byte(w.blocks), byte(w.blocks >> 8)}, Time: w.now.Unix(), Caller: by,
	}, ops, views{w: w})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range result.Writes {
		if x.Value == nil {
			delete(w.state, x.Key)
		} else {
			w.state[x.Key] = x.Value
		}
	}
	for i, e := range result.Journal.Entries {
		w.history = append(w.history, HistoryEntry{Block: uint64(w.blocks), Index: i, Time: w.now.Unix(), Entry: e})
	}
	return result.Journal
}

func (w *world) Accept(_ context.Context, work []Work) ([]Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.full {
		return nil, ErrOverloaded
	}
	receipts := make([]Receipt, len(work))
	for i, x := range work {
		receipts[i] = Receipt{ID: x.ID}
		if x.Key != nil {
			if id, ok := w.keyOf[x.Key.Client+"/"+x.Key.Key]; ok {
				receipts[i] = Receipt{ID: id, Repeated: true}
				continue
			}
			w.keyOf[x.Key.Client+"/"+x.Key.Key] = x.ID
			w.keyed[x.Key.Client+"/"+x.Key.Key] = *x.Key
		}
		if old, ok := w.work[x.ID]; ok && !old.Rejected() {
			receipts[i].Repeated = true
			if old.Work.Digest != x.Digest {
				receipts[i] = Receipt{ID: x.ID, Err: ErrConflict}
			}
			continue
		}
		w.work[x.ID] = &Status{Work: x}
		w.queue = append(w.queue, x.ID)
	}
	return receipts, nil
}

func (w *world) Status(_ context.Context, id WorkID) (Status, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if st, ok := w.work[id]; ok {
		return *st, nil
	}
	return Status{}, ErrNotFound
}

func (w *world) Wait(ctx context.Context, ids ...WorkID) (list []Status, err error) {
	for _, id := range ids {
		st, err := w.Status(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}

func (w *world) Keyed(_ context.Context, client, key string) (WorkID, [32]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, ok := w.keyed[client+"/"+key]
	if !ok {
		return WorkID{}, [32]byte{}, ErrNotFound
	}
	return w.keyOf[client+"/"+key], k.Digest, nil
}

// settle applies what waits, as the ledger would: each work in a transaction of its own.
func (w *world) settle(t *testing.T) {
	t.Helper()
	for _, id := range w.queue {
		st := w.work[id]
		role := dollars.RoleIssuer
		if st.Work.Class == ClassAdmin {
			role = dollars.RoleOperator
		}
		ops := slices.Clone(st.Work.Ops)
		for i, op := range ops {
			if o, ok := op.(dollars.SignedOrder); ok {
				o.Credits = w.credits(o.From)
				ops[i] = o
			}
		}
		journal := w.apply(t, dollars.Caller{Role: role}, ops...)
		st.Done, st.Block = true, uint64(w.blocks)
		for _, e := range journal.Entries {
			st.Results = append(st.Results, ResultOf(e))
			if e.Outcome == dollars.Applied && (e.Kind == dollars.KindTransfer || e.Kind == dollars.KindRedeem) {
				w.orders[e.Ref] = OrderAt{Block: st.Block, Entry: e}
			}
		}
	}
	w.queue = nil
}

func (w *world) credits(a dollars.Account) (refs []dollars.CreditRef) {
	for key := range w.state {
		if strings.HasPrefix(key, dollars.CreditPrefix(a)) {
			c := dollars.ParseStateKey(key).Credit
			refs = append(refs, dollars.CreditRef{Expiry: c.Expiry, TxID: c.TxID})
		}
	}
	return refs
}

// keyring, views and directory give the world's other ports, whose method names collide.
type keyring struct{ w *world }

func (k keyring) Create(ctx context.Context, id MemberID) (dollars.Account, error) {
	if address, err := k.Address(ctx, id); err == nil {
		return address, nil
	}
	key, err := crypto.GenerateKey()
	if err != nil {
		return dollars.Account{}, err
	}
	k.w.keys[id] = key
	return dollars.Account(crypto.PubkeyToAddress(key.PublicKey)), nil
}

func (k keyring) Sign(_ context.Context, id MemberID, digest eip712.Word) (eip712.Signature, error) {
	if k.w.keys[id] == nil {
		return eip712.Signature{}, ErrNotFound
	}
	sig, err := crypto.Sign(digest[:], k.w.keys[id])
	return eip712.Signature(sig), err
}

func (k keyring) Address(_ context.Context, id MemberID) (dollars.Account, error) {
	if key, ok := k.w.keys[id]; ok {
		return dollars.Account(crypto.PubkeyToAddress(key.PublicKey)), nil
	}
	return dollars.Account{}, ErrNotFound
}

func (k keyring) Secret(context.Context, MemberID, string) (secret [32]byte, err error) {
	return secret, ErrNotFound
}

func (k keyring) Forget(_ context.Context, id MemberID) error {
	delete(k.w.keys, id)
	return nil
}

type views struct {
	w        *world
	Explorer // none
	Finder   // what a test gives
}

func (v views) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = v.w.state[k]
	}
	return values, nil
}

func (v views) Bookings(_ context.Context, id dollars.TripID, asked func(dollars.BookingRecord) bool, limit int) (items []BookedItem, err error) {
	for _, key := range slices.Sorted(maps.Keys(v.w.state)) {
		if strings.HasPrefix(key, dollars.TripPrefix(id)) && len(items) < limit {
			rec, err := dollars.DecodeBookingRecord(v.w.state[key])
			if err != nil {
				return nil, err
			}
			if asked(rec) {
				items = append(items, BookedItem{dollars.ParseStateKey(key).Booking, rec})
			}
		}
	}
	return items, nil
}

func (v views) Balance(_ context.Context, a dollars.Account, now int64) (Balance, error) {
	b := Balance{Account: a, NextNonce: 1, Pending: v.w.pending, Held: v.w.held}
	held := map[dollars.Expiry]dollars.Amount{}
	if raw := v.w.state[dollars.AccountKey(a)]; raw != nil {
		rec, err := dollars.DecodeAccountRecord(raw)
		if err != nil {
			return b, err
		}
		b.Debt, b.Frozen, b.NextNonce = rec.Debt, rec.Frozen, rec.Window.Next()
		b.Keys, b.Pool = rec.Keys, rec.Pool
		for _, x := range rec.Buckets {
			held[x.Expiry] += x.Amount
		}
	}
	for _, ref := range v.w.credits(a) {
		amount, err := dollars.DecodeCredit(v.w.state[ref.Of(a).Key()])
		if err != nil {
			return b, err
		}
		held[ref.Expiry] += amount
	}
	for e, amount := range held {
		if !e.Passed(now) {
			b.Buckets = append(b.Buckets, dollars.Bucket{Expiry: e, Amount: amount})
		}
	}
	slices.SortFunc(b.Buckets, func(x, y dollars.Bucket) int { return int(x.Expiry) - int(y.Expiry) })
	return b, nil
}

func (v views) History(context.Context, dollars.Account, string, int) ([]HistoryEntry, string, error) {
	return nil, "", nil
}

func (v views) Credits(_ context.Context, a dollars.Account, _ dollars.Amount, limit int) ([]dollars.CreditRef, error) {
	refs := v.w.credits(a)
	return refs[:min(limit, len(refs))], nil
}

func (v views) Supply(context.Context) (SupplyAt, error) { return SupplyAt{}, nil }

func (v views) Order(_ context.Context, id dollars.OrderID) (OrderAt, error) {
	if at, ok := v.w.orders[id]; ok {
		return at, nil
	}
	return OrderAt{}, ErrNotFound
}

type directory struct{ w *world }

func (d directory) Add(_ context.Context, m Member) error {
	d.w.members[m.ID] = m
	return nil
}

func (d directory) SetCustody(_ context.Context, id MemberID, custody bool) error {
	m, ok := d.w.members[id]
	if !ok {
		return ErrNotFound
	}
	m.Custody = custody
	d.w.members[id] = m
	return nil
}

func (d directory) Forget(_ context.Context, id MemberID) error {
	if _, ok := d.w.members[id]; !ok {
		return ErrNotFound
	}
	delete(d.w.members, id)
	return nil
}

func (d directory) Member(_ context.Context, id MemberID) (Member, error) {
	if m, ok := d.w.members[id]; ok {
		return m, nil
	}
	return Member{}, ErrNotFound
}

func (d directory) Owner(_ context.Context, a dollars.Account) (Member, error) {
	for _, m := range d.w.members {
		if m.Account == a {
			return m, nil
		}
	}
	return Member{}, ErrNotFound
}

func (d directory) List(context.Context, MemberID, int) ([]Member, error) { return nil, nil }

// earns gives a member that many points, by bookings of a hotel at twenty times the price.
func (w *world) earns(t *testing.T, member string, points dollars.Amount) {
	t.Helper()
	booking := fmt.Sprintf("b%d", w.blocks)
	for _, typ := range []string{EventConfirmed, EventCompleted} {
		e := BookingEvent{
			Source: "test", ID: booking + typ, Type: typ, Booking: booking, Member: member,
			Items: []BookingItem{{Item: "1", Kind: "hotel", Amount: (points * 20).String(), Currency: "EUR", Start: "2026-01-01", End: "2026-01-02"}},
		}
		receipts, err := w.ReportEvents(t.Context(), "test", []BookingEvent{e})
		if err != nil || receipts[0].Err != nil {
			t.Fatal(err, receipts)
		}
	}
	w.settle(t)
}
