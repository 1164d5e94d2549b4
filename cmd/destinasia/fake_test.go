package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/wallet-api/client"
)

// fakeService is a wallet service in memory. It accepts every event, and settles the ones it is asked about every second
// time.
type fakeService struct {
	t *testing.T

	mu        sync.Mutex
	seen      map[string]bool // ids of events
	arrived   []string        // ids of events as they came, repeated ones too
	asked     map[string]int
	overload  int // so many reports more are answered 503
	failAfter int // once so many events have arrived, reports are answered 500
	members   map[string]client.Member
	prepared  dollars.Order                // what prepare answers
	keys      map[string][]dollars.Account // that sign for a member; without an entry, their account
	placed    []placed
	scripted  script // comes first
}

// newFake starts a fake service and a network that seems to run it.
func newFake(t *testing.T) (*fakeService, *native.Network) {
	f := &fakeService{t: t, seen: map[string]bool{}, asked: map[string]int{}, members: map[string]client.Member{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := topology.Development(topology.DefaultPortBase)
	if err != nil {
		t.Fatal(err)
	}
	if plan.WalletPort, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	n := &native.Network{Dir: native.Dir(t.TempDir()), Topology: plan}
	keys := []byte(`{"booking":"b","member":"m","operator":"o","auditor":"a","merchant":"s","approver":"p"}`)
	if err := native.WriteFile(apiKeysFile(n.Dir), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	return f, n
}

func (f *fakeService) client(n *native.Network) *client.Client {
	c, err := connect(n, roleMember, feedPatience)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fakeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		f.t.Error(err)
	}
	if f.scripted.serve(w, r, body.Bytes()) {
		return
	}
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	switch {
	case r.URL.Path == "/readyz":
		answer(w, 200, map[string]string{"status": "ok"})
	case r.URL.Path == "/v1/booking-events":
		f.report(w, body.Bytes())
	case r.URL.Path == "/v1/booking-events/status":
		f.statuses(w, body.Bytes())
	case r.URL.Path == "/v1/ledger/supply":
		answer(w, 200, map[string]any{"assets": []client.AssetSupply{{Asset: "DSD", Height: 7}}})
	case r.URL.Path == "/v1/members" && r.Method == http.MethodPost:
		f.create(w, body.Bytes())
	case r.URL.Path == "/v1/members":
		f.list(w)
	case path[0] == "members" && r.Method == http.MethodDelete:
		f.forget(w, path[1])
	case path[0] == "members" && len(path) == 2:
		answer(w, 200, f.members[path[1]])
	case path[0] == "members" && path[2] == "sessions":
		answer(w, 201, client.Session{Token: "session of " + path[1]})
	case path[0] == "members" && path[2] == "keys":
		answer(w, 200, client.Keys{Account: f.members[path[1]].Account, Keys: f.keysOf(path[1])})
	case path[0] == "members" && path[2] == "orders" && len(path) == 4:
		o := f.expected(body.Bytes())
		answer(w, 200, client.PreparedOrder{Nonce: o.Nonce, Deadline: o.Deadline, OrderID: f.orderID(o).String()})
	case path[0] == "members" && path[2] == "orders":
		f.place(w, r, path[1], body.Bytes())
	default:
		refuse(w, 404, "not_found")
	}
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func refuse(w http.ResponseWriter, status int, code dollars.Code) {
	answer(w, status, client.Problem{Type: "about:blank", Title: "no", Status: status, Code: code})
}

// arrivals are the ids of events as they came so far: reports of a run that failed may still be under way.
func (f *fakeService) arrivals() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.arrived)
}

func (f *fakeService) report(w http.ResponseWriter, body []byte) {
	if f.failAfter > 0 && len(f.arrived) >= f.failAfter {
		refuse(w, 500, "internal")
		return
	}
	if f.overload > 0 {
		f.overload--
		w.Header().Set("Retry-After", "0")
		refuse(w, 503, "overloaded")
		return
	}
	var events []struct {
		ID   string
		Data struct {
			Items []struct{ Price struct{ Amount string } }
		}
	}
	if err := json.Unmarshal(body, &events); err != nil {
		f.t.Error(err)
	}
	receipts := make([]client.EventReceipt, len(events))
	for i, e := range events {
		f.arrived = append(f.arrived, e.ID)
		receipts[i] = client.EventReceipt{ID: hex.EncodeToString(crypto.Keccak256([]byte(e.ID))), Status: client.EventAccepted}
		switch {
		case strings.HasPrefix(e.Data.Items[0].Price.Amount, "-"):
			receipts[i] = client.EventReceipt{Status: client.EventRefused, Problem: &client.Problem{Code: dollars.CodeAmountNegative}}
		case f.seen[e.ID]:
			receipts[i].Status = client.EventRepeated
		}
		f.seen[e.ID] = true
	}
	answer(w, 202, map[string]any{"events": receipts})
}

func (f *fakeService) statuses(w http.ResponseWriter, body []byte) {
	var request struct{ IDs []string }
	if err := json.Unmarshal(body, &request); err != nil || len(request.IDs) > askAtOnce {
		f.t.Errorf("asked for %d statuses: %v", len(request.IDs), err)
	}
	statuses := make([]map[string]any, len(request.IDs))
	for i, id := range request.IDs {
		f.asked[id]++
		statuses[i] = map[string]any{"id": id, "status": client.StateAccepted}
		if f.asked[id]%2 == 0 {
			operation := map[string]string{"kind": "confirm", "outcome": "applied", "amount": "1.00"}
			statuses[i] = map[string]any{"id": id, "status": client.StateApplied, "operations": []any{operation}}
		}
	}
	answer(w, 200, map[string]any{"events": statuses})
}

func (f *fakeService) create(w http.ResponseWriter, body []byte) {
	var request struct {
		ID      string
		Account *dollars.Account
	}
	if err := json.Unmarshal(body, &request); err != nil {
		f.t.Error(err)
	}
	f.enrol(request.ID, request.Account)
	answer(w, 201, f.members[request.ID])
}

// enrol adds a member; without an account, one with a key in custody.
func (f *fakeService) enrol(id string, account *dollars.Account) {
	m := client.Member{ID: id, Custody: account == nil, Account: dollars.Account(crypto.Keccak256([]byte(id))[12:])}
	if account != nil {
		m.Account = *account
	}
	f.members[id] = m
}

func (f *fakeService) forget(w http.ResponseWriter, id string) {
	m, known := f.members[id]
	if !known {
		refuse(w, 404, "member_unknown")
		return
	}
	delete(f.members, id)
	answer(w, 200, map[string]any{"account": m.Account, "destroyed": []string{"mapping"}})
}

func (f *fakeService) list(w http.ResponseWriter) {
	list := client.Members{Members: []client.Member{}}
	for _, m := range f.members {
		list.Members = append(list.Members, m)
	}
	slices.SortFunc(list.Members, func(a, b client.Member) int { return strings.Compare(a.ID, b.ID) })
	answer(w, 200, list)
}

func (f *fakeService) orderID(o dollars.Order) dollars.OrderID {
	c, _ := dollars.CurrencyOf("dsd")
	return o.ID(c, "dollars", "dsd")
}

func (f *fakeService) keysOf(member string) []dollars.Account {
	if keys, known := f.keys[member]; known {
		return keys
	}
	return []dollars.Account{f.members[member].Account}
}

// placed is an order as it was placed; Signed is nil where the service is to sign.
type placed struct {
	client.Intent
	Signed *client.SignedFields
}

// expected is the order that the fake was told to expect, with the hash of the code that only the member chooses.
func (f *fakeService) expected(body []byte) dollars.Order {
	var intent client.Intent
	if err := json.Unmarshal(body, &intent); err != nil {
		f.t.Error(err)
	}
	o := f.prepared
	if intent.CodeHash != "" {
		hash, err := hex.DecodeString(intent.CodeHash[2:])
		if err != nil || len(hash) != 32 {
			f.t.Fatalf("code hash %q: %v", intent.CodeHash, err)
		}
		o.Reference = [32]byte(hash)
	}
	return o
}

func (f *fakeService) place(w http.ResponseWriter, r *http.Request, member string, body []byte) {
	var p placed
	if err := json.Unmarshal(body, &p); err != nil {
		f.t.Error(err)
	}
	switch token := r.Header.Get("Authorization"); {
	case p.Signed == nil && token != "Bearer session of "+member:
		refuse(w, 403, "forbidden")
		return
	case p.Signed != nil:
		order := f.expected(body)
		order.Nonce, order.Deadline = p.Signed.Nonce, p.Signed.Deadline
		sig, err := hex.DecodeString(p.Signed.Signature[2:])
		var signer dollars.Account
		if err == nil {
			signer, err = dollars.Signer(f.orderID(order), eip712.Signature(sig))
		}
		if err != nil || !slices.Contains(f.keysOf(member), signer) {
			f.t.Errorf("signed by %s: %v", signer, err)
		}
	}
	f.placed = append(f.placed, p)
	answer(w, 200, client.Order{OrderID: "0x" + strings.Repeat("0", 64), Status: client.StateApplied, Kind: p.Kind})
}

// appForTest writes to buffers and uses the fake's directory.
func appForTest(n *native.Network) (a *app, out, errs *bytes.Buffer) {
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	return &app{dir: filepath.Clean(string(n.Dir)), out: out, errs: errs}, out, errs
}
