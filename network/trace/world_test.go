package trace

import (
	"crypto/ecdsa"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/network/audit"
)

// memory is a state.
type memory map[string][]byte

func (m memory) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = m[key]
	}
	return values, nil
}

// member is a key and its account, made from a name.
type member struct {
	key     *ecdsa.PrivateKey
	account dollars.Account
}

func memberNamed(name string) member {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err) // one name in 2^128
	}
	return member{key, dollars.Account(crypto.PubkeyToAddress(key.PublicKey))}
}

func callerOf(msp, role, name string) dollars.Caller {
	return dollars.Caller{MSP: msp, Role: role, ID: dollars.NewCertificateID([]byte(name), []byte(msp))}
}

var (
	issuer   = callerOf("DestinasiaMSP", dollars.RoleIssuer, "issuer")
	operator = callerOf("DestinasiaMSP", dollars.RoleOperator, "operator")
	approver = callerOf("AircncMSP", dollars.RoleOperator, "approver")
	shop     = callerOf("DestinasiaMSP", dollars.RoleMerchant, "shop")
	planner  = callerOf("DestinasiaMSP", dollars.RoleRules, "planner")
	keeper   = callerOf("DestinasiaMSP", dollars.RoleRules, "keeper")
)

// failing is a test that can fail, by chance or not.
type failing interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// world is a ledger, and the graph that follows it. Each transaction is a block of its own.
type world struct {
	t      failing
	state  memory
	graph  *Graph
	now    int64
	blocks uint64
	spoil  func(*dollars.Write) bool // what to do to the writes that the graph is told; nil: nothing
	nonces map[dollars.Account]uint64
}

func newWorld(t failing, start string, policy *earn.Policy) *world {
	t.Helper()
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, state: memory{}, graph: New(), now: at.Unix(), blocks: 1, nonces: map[dollars.Account]uint64{}}
	w.publish(policy)
	return w
}

// currency is the one that all of this is about.
var currency, _ = dollars.CurrencyOf("dsd")

// apply does a batch, and fails the test unless the graph says of every key what the ledger does.
func (w *world) apply(by dollars.Caller, ops ...dollars.Operation) []dollars.Entry {
	w.t.Helper()
	entries, err := w.run(by, ops)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

// run does a batch. The error is the graph's.
func (w *world) run(by dollars.Caller, ops []dollars.Operation) ([]dollars.Entry, error) {
	w.t.Helper()
	var id dollars.TxID
	binary.BigEndian.PutUint64(id[:], w.blocks<<32) // ids that differ early on, as real ones do
	id[0], id[31] = byte(w.blocks*37), byte(w.blocks)
	env := dollars.Env{Currency: currency, Channel: "dollars", Chaincode: "dsd", TxID: id, Time: w.now, Caller: by}
	result, err := dollars.Apply(env, ops, w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, x := range result.Writes {
		if x.Value == nil {
			delete(w.state, x.Key)
			continue
		}
		w.state[x.Key] = x.Value
	}
	if w.spoil != nil {
		i := 0
		for i < len(result.Writes) && !w.spoil(&result.Writes[i]) {
			i++
		}
		if i == len(result.Writes) {
			w.t.Fatal("there is nothing to spoil")
		}
	}
	err = w.graph.Add(audit.Applied{
		Block: w.blocks, TxID: id, Time: w.now, Caller: by, Journal: result.Journal, Writes: result.Writes,
	})
	w.blocks++
	return result.Journal.Entries, err
}

// must is apply where every operation is to be applied.
func (w *world) must(by dollars.Caller, ops ...dollars.Operation) []dollars.Entry {
	w.t.Helper()
	entries := w.apply(by, ops...)
	for i, e := range entries {
		if e.Outcome != dollars.Applied {
			w.t.Fatalf("block %d, entry %d: %s is %s %s", w.blocks-1, i, e.Kind, e.Outcome, e.Code)
		}
	}
	return entries
}

// publish makes rules with a policy the next version: a cent of points for a cent of price, two thirds of it valid for
// longer than the rest.
func (w *world) publish(policy *earn.Policy) {
	w.t.Helper()
	version := uint32(1)
	if value := w.state[dollars.ScheduleKey]; value != nil {
		s, err := dollars.DecodeSchedule(value)
		if err != nil {
			w.t.Fatal(err)
		}
		version = s.Latest() + 1
	}
	set := earn.RuleSet{Name: "plain", Currency: "EUR", Policy: policy, Tables: []earn.Table{
		{Name: "base", Hit: earn.Collect, Rows: []earn.Row{
			{ID: "soon", BasisPoints: 3_333, Months: 1}, {ID: "late", BasisPoints: 6_667, Months: 3},
		}},
	}}.Encode()
	w.must(planner, dollars.ProposeRules{Version: version, Set: set})
	w.must(keeper, dollars.ApproveRules{Version: version, Hash: earn.HashOf(set)})
	w.must(planner, dollars.PublishRules{Version: version, Hash: earn.HashOf(set)})
}

// order is a signed order that names all credits its account has.
func (w *world) order(by member, o dollars.Order) dollars.SignedOrder {
	if o.From.IsZero() {
		o.From = by.account
	}
	w.nonces[o.From]++
	o.Nonce, o.Deadline = w.nonces[o.From], w.now+3_600
	return w.sign(by, o, w.credits(o.From))
}

func (w *world) sign(by member, o dollars.Order, credits []dollars.CreditRef) dollars.SignedOrder {
	id := orderID(o)
	sig, err := crypto.Sign(id[:], by.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return dollars.SignedOrder{Order: o, Signature: eip712.Signature(sig), Credits: credits}
}

func orderID(o dollars.Order) dollars.OrderID { return o.ID(currency, "dollars", "dsd") }

// credits are all that an account has.
func (w *world) credits(a dollars.Account) (refs []dollars.CreditRef) {
	for _, key := range slices.Sorted(maps.Keys(w.state)) {
		if k := dollars.ParseStateKey(key); strings.HasPrefix(key, dollars.CreditPrefix(a)) {
			refs = append(refs, dollars.CreditRef{Expiry: k.Credit.Expiry, TxID: k.Credit.TxID})
		}
	}
	return refs
}

func bookingOf(name string) dollars.BookingID { return dollars.NewBookingID("test", name, "hotel") }

// confirm is a booking of a price.
func confirm(name string, of dollars.Account, price dollars.Amount) dollars.Confirm {
	return dollars.Confirm{
		Booking: bookingOf(name), Account: of,
		Facts: dollars.Facts{Kind: earn.Hotel, Price: price, Currency: "EUR", Start: 20_000, End: 20_001},
	}
}

// earn books and completes.
func (w *world) earn(name string, of dollars.Account, points dollars.Amount) {
	w.t.Helper()
	w.must(issuer, confirm(name, of, points), dollars.Complete{Booking: bookingOf(name)})
}

// differs says where the graph and the ledger do not agree on what is where; nothing is left out on either side.
func (w *world) differs() error {
	ledger, graph := map[string]dollars.Amount{}, map[string]dollars.Amount{}
	add := func(b dollars.Buckets, where string, args ...any) {
		for _, x := range b {
			ledger[fmt.Sprintf(where, args...)+" "+x.Expiry.String()] += x.Amount
		}
	}
	for key, value := range w.state {
		switch k := dollars.ParseStateKey(key); k.Kind {
		case dollars.StateAccount:
			rec, err := dollars.DecodeAccountRecord(value)
			if err != nil {
				return err
			}
			if rec.Pool == nil {
				add(rec.Buckets, "record %s", k.Account)
				continue
			}
			for _, m := range rec.Pool.Members {
				add(m.Share, "record %s share %s", k.Account, m.Account)
			}
		case dollars.StateCredit:
			amount, err := dollars.DecodeCredit(value)
			if err != nil {
				return err
			}
			add(dollars.Buckets{{Expiry: k.Credit.Expiry, Amount: amount}}, "credit %s %s", k.Credit.Account, k.Credit.TxID)
		case dollars.StateHold:
			rec, err := dollars.DecodeHoldRecord(value)
			if err != nil {
				return err
			}
			add(rec.Buckets, "hold %s %s", k.Hold.Account, k.Hold.Order)
		}
	}
	g := w.graph
	for at, x := range g.stock {
		where := "record " + g.accounts[at.account].String()
		switch {
		case at.what == inTransaction:
			return fmt.Errorf("points are left over of a transaction: %+v", at)
		case at.what == inCredit:
			where = fmt.Sprintf("credit %s %s", g.accounts[at.account], g.transactions[at.number].id)
		case at.what == inHold:
			where = fmt.Sprintf("hold %s %s", g.accounts[at.account], dollars.OrderID(g.entries[at.number].ref))
		case at.number != 0:
			where += " share " + g.accounts[at.number].String()
		}
		graph[where+" "+at.month.String()] += x.total
	}
	if !maps.Equal(ledger, graph) {
		return fmt.Errorf("block %d: the ledger has\n%v\nthe graph\n%v", w.blocks-1, ledger, graph)
	}
	return nil
}

// lost says where cents of a movement are in two places, or in none.
func (g *Graph) lost() error {
	type stretch struct{ at, amount dollars.Amount }
	gone := make([][]stretch, len(g.movements))
	for i, m := range g.movements {
		var sum dollars.Amount
		for _, p := range g.partsOf(uint32(i)) {
			sum += p.amount
			gone[p.source] = append(gone[p.source], stretch{p.at, p.amount})
			if s := g.movements[p.source]; s.month != m.month || s.way.ends() || p.amount <= 0 || p.source >= uint32(i) || s.to != m.from {
				return fmt.Errorf("movement %d, %s, has a part of movement %d, %s", i, m.way, p.source, s.way)
			}
		}
		if sum != m.amount && !m.way.begins() || m.way.begins() && sum != 0 || m.amount <= 0 {
			return fmt.Errorf("movement %d, %s of %s, has parts of %s", i, m.way, m.amount, sum)
		}
	}
	for at, x := range g.stock {
		var sum dollars.Amount
		for i, p := range x.pieces {
			sum += p.amount
			gone[p.movement] = append(gone[p.movement], stretch{p.at, p.amount})
			if i > 0 && x.pieces[i-1].since > p.since {
				return fmt.Errorf("what lies in %+v is not in its order", at)
			}
		}
		if sum != x.total || sum == 0 {
			return fmt.Errorf("%+v has %s, in pieces of %s", at, x.total, sum)
		}
	}
	for i, list := range gone {
		slices.SortFunc(list, func(a, b stretch) int { return int(a.at - b.at) })
		var end dollars.Amount
		for _, s := range list {
			if s.at != end {
				return fmt.Errorf("movement %d: what begins at %s does not end what ends at %s", i, s.at, end)
			}
			end += s.amount
		}
		if m := g.movements[i]; end != m.amount && !m.way.ends() || m.way.ends() && end != 0 {
			return fmt.Errorf("movement %d, %s of %s, went on with %s", i, m.way, m.amount, end)
		}
	}
	return nil
}

func (w *world) check() {
	w.t.Helper()
	if err := w.differs(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.graph.lost(); err != nil {
		w.t.Fatalf("block %d: %v", w.blocks-1, err)
	}
}

var _ failing = (*testing.T)(nil)
