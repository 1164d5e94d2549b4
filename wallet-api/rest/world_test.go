package rest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// ledger is the four ports of the use cases in memory. It applies what it accepted by the real rules, each work as a
// transaction and block of its own: at once if eager, else when a test says so.
type ledger struct {
	slow    chan struct{} // if not nil, nothing is accepted before it is closed
	mu      sync.Mutex
	now     time.Time
	eager   bool
	full    bool  // refuses work as an intake does that has too much
	broken  error // fails every intake
	discard bool  // accepts, and keeps nothing

	// commitWhenWaited commits what was accepted as soon as somebody waits for any of it, once.
	commitWhenWaited bool

	state   map[string][]byte
	work    map[wallet.WorkID]*wallet.Status
	done    map[wallet.WorkID]chan struct{}
	queue   []wallet.WorkID
	keyed   map[string]wallet.IdempotencyKey
	keyOf   map[string]wallet.WorkID
	orders  map[dollars.OrderID]wallet.OrderAt
	history []wallet.HistoryEntry // oldest first
	supply  dollars.Supply
	blocks  uint64         // with operations
	chain   []wallet.Block // all of them, with the first, which is empty

	members map[wallet.MemberID]wallet.Member
	keys    map[wallet.MemberID]*ecdsa.PrivateKey
}

func newLedger() *ledger {
	l := &ledger{
		now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), eager: true,
		state: map[string][]byte{},
		work:  map[wallet.WorkID]*wallet.Status{}, done: map[wallet.WorkID]chan struct{}{},
		keyed: map[string]wallet.IdempotencyKey{}, keyOf: map[string]wallet.WorkID{},
		orders:  map[dollars.OrderID]wallet.OrderAt{},
		chain:   []wallet.Block{made(0)},
		members: map[wallet.MemberID]wallet.Member{}, keys: map[wallet.MemberID]*ecdsa.PrivateKey{},
	}
	l.publish(1, earn.Standard())
	return l
}

// publish puts rules on the ledger as staff do, past the service.
func (l *ledger) publish(version uint32, rules earn.RuleSet) {
	set := rules.Encode()
	hash := earn.HashOf(set)
	planner := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{1}}
	controller := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{2}}
	l.apply(planner, dollars.ProposeRules{Version: version, Set: set})
	l.apply(controller, dollars.ApproveRules{Version: version, Hash: hash})
	_, j := l.apply(planner, dollars.PublishRules{Version: version, Hash: hash})
	if e := j.Entries[0]; e.Outcome != dollars.Applied {
		panic("rules were not published: " + e.Code)
	}
}

// apply runs operations as one transaction and block.
func (l *ledger) apply(by dollars.Caller, ops ...dollars.Operation) (txID string, journal dollars.Journal) {
	info := l.info()
	if by.MSP == "" {
		by.MSP = info.Currency.IssuerMSP
	}
	l.blocks++
	env := dollars.Env{
		Currency: info.Currency, Channel: info.Channel, Chaincode: info.Chaincode,
		TxID: dollars.TxID{byte(l.blocks), byte(l.blocks >> 8)}, Time: l.now.Unix(), Caller: by,
	}
	result, err := dollars.Apply(env, ops, l)
	if err != nil {
		panic(err)
	}
	for _, w := range result.Writes {
		if l.state[w.Key] = w.Value; w.Value == nil {
			delete(l.state, w.Key)
		}
	}
	l.chain = append(l.chain, made(l.blocks, wallet.Transaction{
		ID: env.TxID.String(), Time: env.Time, Valid: true, Code: "VALID", Creator: by.MSP, Journal: result.Journal,
	}))
	return env.TxID.String(), result.Journal
}

func (l *ledger) info() wallet.LedgerInfo {
	currency, _ := dollars.CurrencyOf("dsd")
	return wallet.LedgerInfo{Currency: currency, Channel: "dollars", Chaincode: "dsd"}
}

func (l *ledger) Accept(_ context.Context, work []wallet.Work) ([]wallet.Receipt, error) {
	if l.slow != nil {
		<-l.slow
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return nil, wallet.ErrOverloaded
	}
	if l.broken != nil {
		return nil, l.broken
	}
	receipts := make([]wallet.Receipt, len(work))
	for i, w := range work {
		if l.discard {
			receipts[i].ID = w.ID
			continue
		}
		receipts[i] = l.accept(w)
	}
	if l.eager {
		l.settle()
	}
	return receipts, nil
}

func (l *ledger) accept(w wallet.Work) wallet.Receipt {
	if w.Key != nil {
		name := w.Key.Client + "/" + w.Key.Key
		if k, ok := l.keyed[name]; ok {
			if k.Digest != w.Key.Digest {
				return wallet.Receipt{ID: w.ID, Err: wallet.ErrKeyReused}
			}
			return wallet.Receipt{ID: l.keyOf[name], Repeated: true}
		}
		l.keyed[name], l.keyOf[name] = *w.Key, w.ID
	}
	if old, ok := l.work[w.ID]; ok && !old.Rejected() {
		if old.Work.Digest != w.Digest {
			return wallet.Receipt{ID: w.ID, Err: wallet.ErrConflict}
		}
		return wallet.Receipt{ID: w.ID, Repeated: true}
	}
	l.work[w.ID] = &wallet.Status{Work: w}
	l.done[w.ID] = make(chan struct{})
	l.queue = append(l.queue, w.ID)
	return wallet.Receipt{ID: w.ID}
}

// certificates are the service's, as the ledger sees them.
var certificates = map[wallet.Certificate]dollars.Caller{
	wallet.AsIssuer:   {Role: dollars.RoleIssuer, ID: dollars.CertificateID{11}},
	wallet.AsOperator: {Role: dollars.RoleOperator, ID: dollars.CertificateID{12}},
	wallet.AsMerchant: {Role: dollars.RoleMerchant, ID: dollars.CertificateID{13}},
	wallet.AsApprover: {Role: dollars.RoleOperator, ID: dollars.CertificateID{14}, MSP: "AircncMSP"},
}

// commit applies what waits.
func (l *ledger) commit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle()
}

func (l *ledger) settle() {
	for _, id := range l.queue {
		st := l.work[id]
		ops := slices.Clone(st.Work.Ops)
		for i, op := range ops {
			switch o := op.(type) {
			case dollars.SignedOrder:
				o.Credits = l.credits(o.From)
				ops[i] = o
			case dollars.Expire:
				o.Credits = l.credits(o.Account)
				ops[i] = o
			case dollars.Cancel:
				ops[i] = l.named(o)
			}
		}
		tx, journal := l.apply(certificates[st.Work.As], ops...)
		l.fold(st, tx, journal)
		close(l.done[id])
	}
	l.queue = nil
}

func (l *ledger) fold(st *wallet.Status, tx string, journal dollars.Journal) {
	st.Done, st.TxID, st.Block, st.Results = true, tx, l.blocks, nil
	for i, e := range journal.Entries {
		st.Results = append(st.Results, wallet.ResultOf(e))
		l.history = append(l.history, wallet.HistoryEntry{Block: l.blocks, TxID: tx, Index: i, Time: l.now.Unix(), Entry: e})
		if err := l.supply.Fold(e); err != nil {
			panic(err)
		}
		if e.Outcome == dollars.Applied && isOrder(st.Work) {
			l.orders[e.Ref] = wallet.OrderAt{TxID: tx, Block: l.blocks, Time: l.now.Unix(), Entry: e}
		}
	}
}

func (l *ledger) Status(_ context.Context, id wallet.WorkID) (wallet.Status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if st, ok := l.work[id]; ok {
		return *st, nil
	}
	return wallet.Status{}, wallet.ErrNotFound
}

func (l *ledger) Wait(ctx context.Context, ids ...wallet.WorkID) (list []wallet.Status, err error) {
	l.mu.Lock()
	if l.commitWhenWaited && ctx.Err() == nil { // A wait that is over before it begins sees no commit.
		l.commitWhenWaited = false
		l.settle()
	}
	l.mu.Unlock()
	for _, id := range ids {
		l.mu.Lock()
		done := l.done[id]
		l.mu.Unlock()
		if done != nil {
			select {
			case <-done:
			case <-ctx.Done():
			}
		}
		st, err := l.Status(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}

func (l *ledger) Keyed(_ context.Context, client, key string) (wallet.WorkID, [32]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k, ok := l.keyed[client+"/"+key]
	if !ok {
		return wallet.WorkID{}, [32]byte{}, wallet.ErrNotFound
	}
	return l.keyOf[client+"/"+key], k.Digest, nil
}

// Get makes the ledger a dollars.State. It takes no lock, because settle calls it with the lock held.
func (l *ledger) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = l.state[k]
	}
	return values, nil
}

func (l *ledger) credits(a dollars.Account) (refs []dollars.CreditRef) {
	for key := range l.state {
		if strings.HasPrefix(key, dollars.CreditPrefix(a)) {
			c := dollars.ParseStateKey(key).Credit
			refs = append(refs, dollars.CreditRef{Expiry: c.Expiry, TxID: c.TxID})
		}
	}
	return refs
}

// named names the credits of everyone that a reversal may take from.
func (l *ledger) named(o dollars.Cancel) dollars.Cancel {
	rec, err := dollars.DecodeBookingRecord(l.state[dollars.BookingKey(o.Booking)])
	if err != nil {
		return o // not confirmed
	}
	o.Credits = l.credits(rec.Account)
	for _, m := range l.members {
		if credits := l.credits(m.Account); m.Account != rec.Account && len(credits) > 0 {
			o.Recall = append(o.Recall, dollars.NamedCredits{Account: m.Account, Credits: credits})
		}
	}
	return o
}

func (l *ledger) Create(ctx context.Context, id wallet.MemberID) (dollars.Account, error) {
	if address, err := l.Address(ctx, id); err == nil {
		return address, nil
	}
	key, err := crypto.GenerateKey()
	if err != nil {
		return dollars.Account{}, err
	}
	l.keys[id] = key
	return accountOf(key), nil
}

func (l *ledger) Sign(_ context.Context, id wallet.MemberID, digest eip712.Word) (eip712.Signature, error) {
	sig, err := crypto.Sign(digest[:], l.keys[id])
	return eip712.Signature(sig), err
}

func (l *ledger) Address(_ context.Context, id wallet.MemberID) (dollars.Account, error) {
	if key, ok := l.keys[id]; ok {
		return accountOf(key), nil
	}
	return dollars.Account{}, wallet.ErrNotFound
}

func (l *ledger) Secret(_ context.Context, id wallet.MemberID, label string) ([32]byte, error) {
	if key, ok := l.keys[id]; ok {
		return sha256.Sum256(append(crypto.FromECDSA(key), label...)), nil
	}
	return [32]byte{}, wallet.ErrNotFound
}

func (l *ledger) Forget(_ context.Context, id wallet.MemberID) error {
	delete(l.keys, id)
	return nil
}

func accountOf(key *ecdsa.PrivateKey) dollars.Account {
	return dollars.Account(crypto.PubkeyToAddress(key.PublicKey))
}

// api is a server over a ledger in memory, with a client of each role: its key is dsk_ and the role.
type api struct {
	*Server
	ledger *ledger
	logged *bytes.Buffer
}

func newAPI(t testing.TB, o Options) api {
	t.Helper()
	l := newLedger()
	svc := wallet.New(wallet.Ports{Intake: l, Views: views{l}, Directory: directory{l}, Keys: l}, l.info(),
		wallet.Options{Now: func() time.Time { return l.now }, Waiting: Waiting})
	keys := APIKeys{}
	for _, role := range clients {
		keys[sha256.Sum256([]byte("dsk_"+role))] = APIClient{Role: role, Client: "the-" + string(role)}
	}
	logged := &bytes.Buffer{}
	o.Log = slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Now = func() time.Time { return l.now }
	return api{Server: New(svc, keys, [32]byte{1}, o), ledger: l, logged: logged}
}

// answer is a response and its body.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("answered %d, want %d: %s", a.StatusCode, status, a.body)
	}
	return a
}

// problem is the answer's, which must have that status, code and field.
func (a answer) problem(t testing.TB, status int, code dollars.Code, field string) Problem {
	t.Helper()
	var p Problem
	a.want(t, status).decode(t, &p)
	if p.Code != code || p.Field != field || p.Status != status || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("got %+v, want %s about %q", p, code, field)
	}
	return p
}

// send makes a request; headers are names and values in turn. Bodies are JSON if the headers do not say otherwise.
func (a api) send(t testing.TB, token, method, path, body string, headers ...string) answer {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", mediaJSON)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	a.Handler().ServeHTTP(rec, req)
	got := answer{rec.Result(), rec.Body.Bytes()}
	conforms(t, req, got)
	return got
}

// post sends a batch of events, without checking the answer against the document: that would be most of a benchmark.
func (a api) post(t testing.TB, batch string) {
	req := httptest.NewRequest(http.MethodPost, "/v1/booking-events", strings.NewReader(batch))
	req.Header.Set("Content-Type", mediaEvents)
	req.Header.Set("Authorization", "Bearer dsk_booking")
	rec := httptest.NewRecorder()
	a.Handler().ServeHTTP(rec, req)
	if rec.Code != http.StatusAccepted {
		t.Fatal(rec.Body)
	}
}

// enrol makes a member with a key in custody and answers a session's token.
func (a api) enrol(t testing.TB, id string) (token string) {
	t.Helper()
	a.send(t, "dsk_member", "POST", "/v1/members", `{"id":"`+id+`"}`).want(t, http.StatusCreated)
	return a.session(t, id)
}

func (a api) session(t testing.TB, id string) string {
	t.Helper()
	var s Session
	a.send(t, "dsk_member", "POST", "/v1/members/"+id+"/sessions", "").want(t, http.StatusCreated).decode(t, &s)
	return s.Token
}

// earns gives a member 5 % of a hotel's price.
func (a api) earns(t testing.TB, member, booking, price string) {
	t.Helper()
	batch := "[" + confirmed(booking, member, price) + "," + completed(booking) + "]"
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", batch, "Content-Type", mediaEvents).want(t, http.StatusAccepted)
}

func confirmed(booking, member, price string) string {
	return `{"specversion":"1.0","id":"` + booking + `/confirmed","source":"urn:test","type":"com.destinasia.booking.confirmed.v1",` +
		`"time":"2026-07-01T00:30:00Z","datacontenttype":"application/json","data":{"booking":"` + booking + `","member":"` + member +
		`","items":[{"item":"1","kind":"hotel","price":{"amount":"` + price + `","currency":"EUR"},"start":"2026-07-01","end":"2026-07-03"}]}}`
}

func completed(booking string) string {
	return `{"specversion":"1.0","id":"` + booking + `/completed","source":"urn:test","type":"com.destinasia.booking.completed.v1",` +
		`"data":{"booking":"` + booking + `","items":[{"item":"1"}]}}`
}
