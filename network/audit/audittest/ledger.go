package audittest

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/network/audit"
	"github.com/ethereum/go-ethereum/crypto"
)

// Start is when a ledger's first block was made; each block after it takes a minute.
var Start = time.Date(2030, 3, 1, 10, 0, 0, 0, time.UTC)

// The names that orders are bound to.
const (
	Chaincode = "dsd"
	channel   = "dollars"
)

// Ledger does batches, each a transaction in a block of its own.
type Ledger struct {
	t      testing.TB
	Now    time.Time // of the next block
	Told   []audit.Applied
	state  map[string][]byte
	supply dollars.Supply
}

// New is an empty ledger.
func New(t testing.TB) *Ledger {
	return &Ledger{t: t, Now: Start, state: map[string][]byte{}}
}

func currency() dollars.Currency {
	c, _ := dollars.CurrencyOf(Chaincode)
	return c
}

// Caller is somebody with a certificate.
func Caller(msp, role, name string) dollars.Caller {
	return dollars.Caller{MSP: msp, Role: role, ID: sha256.Sum256([]byte(name))}
}

// Get reads the state.
func (l *Ledger) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = l.state[key]
	}
	return values, nil
}

// Do applies a batch.
func (l *Ledger) Do(by dollars.Caller, ops ...dollars.Operation) dollars.Journal {
	l.t.Helper()
	block := uint64(len(l.Told) + 1)
	id := sha256.Sum256(fmt.Append(nil, "transaction ", block))
	env := dollars.Env{Currency: currency(), Channel: channel, Chaincode: Chaincode, TxID: id, Time: l.Now.Unix(), Caller: by}
	result, err := dollars.Apply(env, ops, l)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, w := range result.Writes {
		if l.state[w.Key] = w.Value; w.Value == nil {
			delete(l.state, w.Key)
		}
	}
	for _, e := range result.Journal.Entries {
		if err := l.supply.Fold(e); err != nil {
			l.t.Fatal(err)
		}
	}
	l.Told = append(l.Told, audit.Applied{
		Block: block, TxID: id, Time: env.Time, Caller: by, Journal: result.Journal, Writes: result.Writes,
	})
	l.Now = l.Now.Add(time.Minute)
	return result.Journal
}

// Must is Do, of which nothing may be refused.
func (l *Ledger) Must(by dollars.Caller, ops ...dollars.Operation) dollars.Journal {
	l.t.Helper()
	j := l.Do(by, ops...)
	for i, e := range j.Entries {
		if e.Outcome != dollars.Applied {
			l.t.Fatalf("operation %d, %s, is %s: %s", i, e.Kind, e.Outcome, e.Code)
		}
	}
	return j
}

// Tell tells of every transaction, as an audit does.
func (l *Ledger) Tell(applied func(audit.Applied) error) error {
	for _, a := range l.Told {
		if err := applied(a); err != nil {
			return err
		}
	}
	return nil
}

// Report is what an audit would find, but for the state, and with hashes that are made up.
func (l *Ledger) Report() audit.Report {
	height := uint64(len(l.Told) + 1)
	return audit.Report{
		Height: height, HeaderHash: sha256.Sum256(fmt.Append(nil, "header ", height)), StateDigest: sha256.Sum256(fmt.Append(nil, "state ", height)),
		Supply: l.supply, Outstanding: l.supply.Outstanding(), Keys: len(l.state),
	}
}

// State is the state in ascending order of keys.
func (l *Ledger) State() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, key := range slices.Sorted(maps.Keys(l.state)) {
			if !yield(key, l.state[key]) {
				return
			}
		}
	}
}

// Credits are those of an account.
func (l *Ledger) Credits(a dollars.Account) (list []dollars.CreditRef) {
	for key := range l.State() {
		if k := dollars.ParseStateKey(key); k.Kind == dollars.StateCredit && k.Credit.Account == a {
			list = append(list, dollars.CreditRef{Expiry: k.Credit.Expiry, TxID: k.Credit.TxID})
		}
	}
	return list
}

// Member holds their own key.
type Member struct {
	Account dollars.Account
	key     *ecdsa.PrivateKey
	nonce   uint64
}

// NewMember makes the key out of a name.
func NewMember(name string) *Member {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err) // no name hashes to a number beyond the curve's order
	}
	return &Member{Account: dollars.Account(crypto.PubkeyToAddress(key.PublicKey)), key: key}
}

// Order is the member's order with their next nonce, and its id. It absorbs all credits of the account it is of.
func (l *Ledger) Order(m *Member, o dollars.Order) (dollars.SignedOrder, dollars.OrderID) {
	m.nonce++
	if o.From.IsZero() {
		o.From, o.Nonce = m.Account, m.nonce
	}
	o.Deadline = l.Now.Unix() + 60
	id := o.ID(currency(), channel, Chaincode)
	sig, err := crypto.Sign(id[:], m.key)
	if err != nil {
		l.t.Fatal(err)
	}
	return dollars.SignedOrder{Order: o, Signature: eip712.Signature(sig), Credits: l.Credits(o.From)}, id
}
