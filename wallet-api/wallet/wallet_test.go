package wallet

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/crypto"
)

func wantCode(t *testing.T, err error, code dollars.Code, field string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Field != field {
		t.Fatalf("got %v (%+v), want %s about %q", err, e, code, field)
	}
}

func twoMembers(t *testing.T) (w *world, alice, bob Member) {
	t.Helper()
	w = newWorld(t)
	for _, m := range []struct {
		id   string
		into *Member
	}{{"alice", &alice}, {"bob", &bob}} {
		created, isNew, err := w.CreateMember(t.Context(), m.id, nil)
		if err != nil || !isNew {
			t.Fatal(isNew, err)
		}
		*m.into = created
	}
	return w, alice, bob
}

func TestBookingsBecomePointsThatCanBeSent(t *testing.T) {
	w, _, bob := twoMembers(t)
	w.earns(t, "alice", 1000)
	r, err := w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 400, Memo: "thanks"})
	if err != nil || r.Status.Done || r.Order.To != bob.Account {
		t.Fatalf("%+v, %v", r, err)
	}
	w.settle(t)
	st, err := w.Wait(t.Context(), WorkID(r.ID))
	if err != nil || !st[0].Applied() {
		t.Fatalf("%+v, %v", st, err)
	}
	for member, want := range map[string]dollars.Amount{"alice": 600, "bob": 400} {
		if b, err := w.Balance(t.Context(), member); err != nil || b.Available() != want {
			t.Errorf("%s has %s, %v; want %s", member, b.Available(), err, want)
		}
	}
}

func TestOrdersUnderWayTakeDifferentNonces(t *testing.T) {
	w, alice, _ := twoMembers(t)
	w.earns(t, "alice", 100_000)
	var wg sync.WaitGroup
	receipts := make([]OrderReceipt, 20)
	for i := range receipts {
		wg.Go(func() {
			var err error
			if receipts[i], err = w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: dollars.Amount(i + 1)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[uint64]bool{}
	for _, r := range receipts {
		if n := r.Order.Nonce; n < 1 || n > 20 || seen[n] {
			t.Errorf("nonce %d is not one of 1 to 20, or was given twice", n)
		}
		seen[r.Order.Nonce] = true
	}
	// A restart learns what is under way from the intake.
	pending := make([]Work, 0, len(receipts))
	for _, id := range w.queue {
		pending = append(pending, w.work[id].Work)
	}
	again := New(w.Ports, testLedger, Options{Now: w.Service.now, Pending: pending})
	if next := again.nonces.next(alice.Account, 1); next != 21 {
		t.Errorf("after a restart the next nonce is %d, want 21", next)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	w, _, _ := twoMembers(t)
	w.earns(t, "alice", 1000)
	key := &IdempotencyKey{Client: AccountOwner(dollars.Account{0xa1}), Key: "k1", Digest: [32]byte{1}}
	first, err := w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 400, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	again, err := w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 400, Key: key})
	if err != nil || again.ID != first.ID || !again.Repeated || !again.Status.Applied() {
		t.Fatalf("%+v, %v", again, err)
	}
	other := &IdempotencyKey{Client: key.Client, Key: key.Key, Digest: [32]byte{2}}
	_, err = w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 500, Key: other})
	wantCode(t, err, CodeKeyReused, "")
	if len(w.queue) != 0 {
		t.Error("something was queued")
	}
}

// prompt is an intake whose work is applied before its sender has the receipt.
type prompt struct {
	*world
	t *testing.T
}

func (p prompt) Accept(ctx context.Context, work []Work) ([]Receipt, error) {
	receipts, err := p.world.Accept(ctx, work)
	p.settle(p.t)
	return receipts, err
}

func TestRequestSentTwiceAtOnceIsOneOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, alice, _ := twoMembers(t)
		w.earns(t, "alice", 1000)
		ports := w.Ports
		ports.Intake = prompt{w, t}
		s := New(ports, testLedger, Options{Now: w.Service.now})
		unlock, _ := s.lock(t.Context(), alice.Account)
		var receipts [2]OrderReceipt
		var wg sync.WaitGroup
		for i := range receipts {
			wg.Go(func() {
				key := &IdempotencyKey{Client: AccountOwner(dollars.Account{0xa1}), Key: "k", Digest: [32]byte{1}}
				var err error
				if receipts[i], err = s.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 700, Key: key}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // both have found the key unused
		unlock()
		wg.Wait()
		if receipts[0].ID != receipts[1].ID || receipts[0].Repeated == receipts[1].Repeated {
			t.Errorf("%s, repeated %t, and %s, repeated %t", receipts[0].ID, receipts[0].Repeated, receipts[1].ID, receipts[1].Repeated)
		}
	})
}

func TestOrderRefusedHereAndAppliedByOthersIsTold(t *testing.T) {
	w := newWorld(t)
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	account := dollars.Account(crypto.PubkeyToAddress(key.PublicKey))
	for id, a := range map[string]*dollars.Account{"carol": &account, "bob": nil} {
		if _, _, err := w.CreateMember(t.Context(), id, a); err != nil {
			t.Fatal(err)
		}
	}
	w.earns(t, "carol", 1000)
	req := OrderRequest{Kind: dollars.KindTransfer, Member: "carol", To: Party{Member: "bob"}, Amount: 250}
	order, id, err := w.PrepareOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.Sign(id[:], key)
	if err != nil {
		t.Fatal(err)
	}
	req.Signed = &SignedFields{Nonce: order.Nonce, Deadline: order.Deadline, Signature: eip712.Signature(sig)}
	if _, err := w.PlaceOrder(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	// As if this service's transaction had been refused, and then somebody else relayed the order.
	w.work[WorkID(id)].Results = []Result{{Kind: dollars.KindTransfer, Outcome: dollars.Rejected, Code: dollars.CodeBalance}}
	r, err := w.PlaceOrder(t.Context(), req)
	if err != nil || !r.Repeated || !r.Status.Applied() || r.Status.Work.Owner != AccountOwner(account) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestOwnKeys(t *testing.T) {
	w := newWorld(t)
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	account := dollars.Account(crypto.PubkeyToAddress(key.PublicKey))
	if _, _, err := w.CreateMember(t.Context(), "carol", &account); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.CreateMember(t.Context(), "bob", nil); err != nil {
		t.Fatal(err)
	}
	w.earns(t, "carol", 1000)
	req := OrderRequest{Kind: dollars.KindTransfer, Member: "carol", To: Party{Member: "bob"}, Amount: 250}
	_, err = w.PlaceOrder(t.Context(), req)
	wantCode(t, err, CodeNoCustody, "/signed")

	order, id, err := w.PrepareOrder(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.Sign(id[:], key)
	if err != nil {
		t.Fatal(err)
	}
	req.Signed = &SignedFields{Nonce: order.Nonce, Deadline: order.Deadline, Signature: eip712.Signature(sig)}
	r, err := w.PlaceOrder(t.Context(), req)
	if err != nil || r.ID != id {
		t.Fatalf("%+v, %v", r, err)
	}
	w.settle(t)
	// The same signed order again is the same order, not a refusal.
	r, err = w.PlaceOrder(t.Context(), req)
	if err != nil || !r.Repeated || !r.Status.Applied() {
		t.Fatalf("%+v, %v", r, err)
	}
	req.Amount = 251
	_, err = w.PlaceOrder(t.Context(), req)
	wantCode(t, err, dollars.CodeSignatureInvalid, "/signed/signature")
}

func TestRefusedOrdersChangeNothing(t *testing.T) {
	w, alice, _ := twoMembers(t)
	w.earns(t, "alice", 1000)
	zero := dollars.Account{}
	for _, c := range []struct {
		name  string
		req   OrderRequest
		code  dollars.Code
		field string
	}{
		{"more than there is", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "bob"}, Amount: 1001}, dollars.CodeBalance, "/amount"},
		{"nothing", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "bob"}}, dollars.CodeAmountZero, "/amount"},
		{"too much for any order", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "bob"}, Amount: dollars.MaxAmount + 1}, dollars.CodeAmountTooLarge, "/amount"},
		{"to oneself", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "alice"}, Amount: 1}, dollars.CodeSelfTransfer, "/to"},
		{"to oneself by account", OrderRequest{Kind: dollars.KindTransfer, To: Party{Account: &alice.Account}, Amount: 1}, dollars.CodeSelfTransfer, "/to"},
		{"to nobody", OrderRequest{Kind: dollars.KindTransfer, To: Party{Account: &zero}, Amount: 1}, dollars.CodeZeroAddress, "/to"},
		{"to a stranger", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "zoe"}, Amount: 1}, CodeMemberUnknown, "/toMember"},
		{"to two", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "bob", Account: &alice.Account}, Amount: 1}, CodeMalformed, "/to"},
		{"to none", OrderRequest{Kind: dollars.KindTransfer, Amount: 1}, CodeMalformed, "/to"},
		{"long memo", OrderRequest{Kind: dollars.KindTransfer, To: Party{Member: "bob"}, Amount: 1, Memo: string(make([]byte, 201))}, CodeMalformed, "/memo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.req.Member = "alice"
			_, err := w.PlaceOrder(t.Context(), c.req)
			wantCode(t, err, c.code, c.field)
			if len(w.queue) != 0 {
				t.Error("something was queued")
			}
		})
	}
	if next := w.nonces.next(alice.Account, 1); next != 1 {
		t.Errorf("refusals took nonces: the next is %d", next)
	}
}

func TestFrozenAccountsMayNotSpend(t *testing.T) {
	w, alice, _ := twoMembers(t)
	w.earns(t, "alice", 1000)
	if _, err := w.SetFrozen(t.Context(), "client:ops", alice.Account, true, "test", nil); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	_, err := w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 1})
	wantCode(t, err, dollars.CodeAccountFrozen, "")
}

func TestOrdersWaitForTheViews(t *testing.T) {
	w, _, _ := twoMembers(t)
	w.earns(t, "alice", 1000)
	behind := true
	// Views that are folded anew know of no points yet.
	state := w.state
	w.state = map[string][]byte{}
	s := New(w.Ports, testLedger, Options{Now: w.Service.now, CaughtUp: func() bool { return !behind }})
	req := OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 400}
	_, err := s.PlaceOrder(t.Context(), req)
	wantCode(t, err, CodeUnavailable, "")
	_, _, err = s.PrepareOrder(t.Context(), req)
	wantCode(t, err, CodeUnavailable, "")
	w.state, behind = state, false
	if _, err = s.PlaceOrder(t.Context(), req); err != nil {
		t.Error(err)
	}
}

func TestEvents(t *testing.T) {
	w, _, _ := twoMembers(t)
	good := func() BookingEvent {
		return BookingEvent{
			Source: "s", ID: "e", Type: EventConfirmed, Booking: "b", Member: "alice",
			Items: []BookingItem{{Item: "1", Kind: "hotel", Amount: "100.00", Currency: "EUR", Start: "2026-01-01", End: "2026-01-03"}},
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*BookingEvent)
		code  dollars.Code
		field string
	}{
		{"type", func(e *BookingEvent) { e.Type = "other" }, CodeEventUnknown, "/type"},
		{"no source", func(e *BookingEvent) { e.Source = "" }, CodeMalformed, "/source"},
		{"no id", func(e *BookingEvent) { e.ID = "" }, CodeMalformed, "/id"},
		{"no booking", func(e *BookingEvent) { e.Booking = "" }, CodeMalformed, "/data/booking"},
		{"stranger", func(e *BookingEvent) { e.Member = "zoe" }, CodeMemberUnknown, "/data/member"},
		{"no items", func(e *BookingEvent) { e.Items = nil }, CodeItemInvalid, "/data/items"},
		{"unnamed item", func(e *BookingEvent) { e.Items[0].Item = "" }, CodeMalformed, "/data/items/0/item"},
		{"item twice", func(e *BookingEvent) { e.Items = append(e.Items, e.Items[0]) }, CodeItemInvalid, "/data/items/1/item"},
		{"kind", func(e *BookingEvent) { e.Items[0].Kind = "boat" }, dollars.CodeKindUnknown, "/data/items/0/kind"},
		{"negative", func(e *BookingEvent) { e.Items[0].Amount = "-6.38" }, dollars.CodeAmountNegative, "/data/items/0/price/amount"},
		{"decimals", func(e *BookingEvent) { e.Items[0].Amount = "1.234" }, dollars.CodeAmountInvalid, "/data/items/0/price/amount"},
		{"10^18", func(e *BookingEvent) { e.Items[0].Amount = "1000000000000000000" }, dollars.CodeAmountTooLarge, "/data/items/0/price/amount"},
		{"above the largest price", func(e *BookingEvent) { e.Items[0].Amount = (dollars.MaxPrice + 1).String() }, dollars.CodeAmountTooLarge, "/data/items/0/price/amount"},
		{"currency", func(e *BookingEvent) { e.Items[0].Currency = "DUC" }, dollars.CodeCurrencyUnknown, "/data/items/0/price/currency"},
		{"no date", func(e *BookingEvent) { e.Items[0].Start = "2026-02-30" }, dollars.CodeDateInvalid, "/data/items/0/start"},
		{"ends before it starts", func(e *BookingEvent) { e.Items[0].End = "2025-12-31" }, dollars.CodeDateInvalid, "/data/items/0/end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad, other := good(), good()
			c.spoil(&bad)
			other.ID = "other " + c.name
			other.Booking = other.ID
			receipts, err := w.ReportEvents(t.Context(), "bookings", []BookingEvent{bad, other})
			if err != nil {
				t.Fatal(err)
			}
			wantCode(t, receipts[0].Err, c.code, c.field)
			if receipts[1].Err != nil || len(w.queue) != 1 {
				t.Errorf("its neighbour was spoiled: %v, %d queued", receipts[1].Err, len(w.queue))
			}
			w.settle(t)
		})
	}
	t.Run("again", func(t *testing.T) {
		e := good()
		first, err := w.ReportEvents(t.Context(), "bookings", []BookingEvent{e})
		if err != nil || first[0].Err != nil || first[0].Repeated {
			t.Fatal(first, err)
		}
		second, err := w.ReportEvents(t.Context(), "bookings", []BookingEvent{e})
		if err != nil || second[0].Err != nil || !second[0].Repeated || second[0].ID != first[0].ID {
			t.Fatal(second, err)
		}
		e.Items[0].Amount = "100.01"
		third, err := w.ReportEvents(t.Context(), "bookings", []BookingEvent{e})
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, third[0].Err, CodeConflict, "")
	})
	t.Run("overloaded", func(t *testing.T) {
		w.full = true
		e := good()
		e.ID = "late"
		if _, err := w.ReportEvents(t.Context(), "bookings", []BookingEvent{e}); !errors.Is(err, ErrOverloaded) {
			t.Fatal(err)
		}
	})
}

func TestMembers(t *testing.T) {
	w, alice, _ := twoMembers(t)
	if m, created, err := w.CreateMember(t.Context(), "alice", nil); err != nil || created || m != alice {
		t.Fatal(m, created, err)
	}
	_, _, err := w.CreateMember(t.Context(), "alice", &alice.Account)
	wantCode(t, err, CodeMemberExists, "/id")
	for _, id := range []string{"", "-x", "a b", "a/b", "0x00", strings.Repeat("m", 65)} {
		_, _, err = w.CreateMember(t.Context(), id, nil)
		wantCode(t, err, CodeMemberInvalid, "/id")
	}
	_, _, err = w.CreateMember(t.Context(), "dave", &dollars.Account{})
	wantCode(t, err, dollars.CodeZeroAddress, "/account")
	_, err = w.Balance(t.Context(), "zoe")
	wantCode(t, err, CodeMemberUnknown, "")
}

// late is a directory that another request for the same member writes to between look and Add.
type late struct {
	directory
	first func(Member)
}

func (l late) Add(_ context.Context, m Member) error {
	l.first(m)
	return &Error{Code: CodeMemberExists, Detail: "a member with this id exists; nothing was changed"}
}

func TestMemberCreatedTwiceAtOnce(t *testing.T) {
	w := newWorld(t)
	ports := w.Ports
	ports.Directory = late{directory{w}, func(m Member) { w.members[m.ID] = m }}
	s := New(ports, testLedger, Options{})
	if m, created, err := s.CreateMember(t.Context(), "dave", nil); err != nil || created || m.ID != "dave" {
		t.Error(m, created, err)
	}
	// Somebody else's account is another matter.
	ports.Directory = late{directory{w}, func(Member) {}}
	_, _, err := New(ports, testLedger, Options{}).CreateMember(t.Context(), "eve", nil)
	wantCode(t, err, CodeMemberExists, "")
}

func TestAnEventSentAgainAtAnotherTimeIsTheSame(t *testing.T) {
	w, _, _ := twoMembers(t)
	event := BookingEvent{
		Source: "test", ID: "1", Type: EventConfirmed, Time: w.now, Booking: "b", Member: "alice", Channel: "web",
		Items: []BookingItem{{Item: "1", Kind: "hotel", Amount: "100", Currency: "EUR", Start: "2026-12-01", End: "2026-12-03"}},
	}
	report := func() EventReceipt {
		t.Helper()
		receipts, err := w.ReportEvents(t.Context(), "test", []BookingEvent{event})
		if err != nil {
			t.Fatal(err)
		}
		return receipts[0]
	}
	if r := report(); r.Err != nil || r.Repeated {
		t.Errorf("%+v", r)
	}
	event.Time = event.Time.Add(-48 * time.Hour)
	if r := report(); r.Err != nil || !r.Repeated {
		t.Errorf("%+v", r)
	}
	event.Channel = "app"
	wantCode(t, report().Err, CodeConflict, "")
}

func TestNoncesAreForgottenOnlyWhenOld(t *testing.T) {
	var n nonces
	start := time.Unix(1_000_000, 0)
	for i := range 4095 {
		n.taken(dollars.Account{1, byte(i), byte(i >> 8)}, 7, start)
	}
	n.taken(dollars.Account{2}, 9, start.Add(forgetAfter+time.Second))
	if len(n.last) != 1 || n.next(dollars.Account{2}, 1) != 10 {
		t.Errorf("%d accounts remembered", len(n.last))
	}
}
