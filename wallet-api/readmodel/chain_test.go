package readmodel

import (
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/ethereum/go-ethereum/crypto"
)

const (
	channel   = "dollars"
	chaincode = "dsd"
)

// tester is what tests, benchmarks and properties share.
type tester interface {
	Helper()
	Fatal(...any)
}

// chain is a ledger in a map, and the blocks that led to it.
type chain struct {
	t      tester
	state  memory
	time   int64
	blocks []wallet.Block
	txs    uint64
}

type memory map[string][]byte

func (m memory) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = m[k]
	}
	return values, nil
}

func newChain(t tester) *chain {
	c := &chain{t: t, state: memory{}, time: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC).Unix()}
	c.publish(1, earn.Standard())
	return c
}

// publish puts rules on the ledger, in a block.
func (c *chain) publish(version uint32, rules earn.RuleSet) {
	c.t.Helper()
	set := rules.Encode()
	hash := earn.HashOf(set)
	planner := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{1}}
	controller := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{2}}
	proposed := c.applyAs(planner, dollars.ProposeRules{Version: version, Set: set})
	approved := c.applyAs(controller, dollars.ApproveRules{Version: version, Hash: hash})
	published := c.applyAs(planner, dollars.PublishRules{Version: version, Hash: hash})
	if e := published.Journal.Entries[0]; e.Outcome != dollars.Applied {
		c.t.Fatal("rules were not published:", e.Code)
	}
	c.add(proposed, approved, published)
}

// apply runs a batch as one transaction of the block to come.
func (c *chain) apply(role string, ops ...dollars.Operation) wallet.Transaction {
	c.t.Helper()
	return c.applyAs(dollars.Caller{Role: role}, ops...)
}

func (c *chain) applyAs(by dollars.Caller, ops ...dollars.Operation) wallet.Transaction {
	c.t.Helper()
	currency, _ := dollars.CurrencyOf(chaincode)
	by.MSP = currency.IssuerMSP
	c.txs++
	id := txID(c.txs)
	result, err := dollars.Apply(dollars.Env{
		Currency: currency, Channel: channel, Chaincode: chaincode, TxID: id, Time: c.time, Caller: by,
	}, ops, c.state)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, w := range result.Writes {
		if w.Value == nil {
			delete(c.state, w.Key)
		} else {
			c.state[w.Key] = w.Value
		}
	}
	return wallet.Transaction{
		ID: id.String(), Time: c.time, Valid: true, Code: "VALID", Creator: by.MSP, Journal: result.Journal, Writes: result.Writes,
	}
}

func (c *chain) add(txs ...wallet.Transaction) {
	for i := range txs {
		txs[i].Index = i
	}
	c.blocks = append(c.blocks, made(uint64(len(c.blocks)), txs...))
}

// made is a block with a header; beside the chaincode's transactions it has one of another.
func made(number uint64, txs ...wallet.Transaction) wallet.Block {
	b := wallet.Block{Number: number, Hash: blockHash(number), DataHash: [32]byte{3, byte(number)}, Size: len(txs) + 1, Transactions: txs}
	if number > 0 {
		b.PreviousHash = blockHash(number - 1)
	}
	return b
}

func blockHash(number uint64) (hash [32]byte) {
	hash[0] = 0xb1
	binary.BigEndian.PutUint64(hash[24:], number)
	return hash
}

func txID(n uint64) (id dollars.TxID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

func bookingID(n int) (id dollars.BookingID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// price of a hotel item that earns so many points.
func confirm(n int, a dollars.Account, points dollars.Amount) dollars.Confirm {
	return dollars.Confirm{
		Booking: bookingID(n), Account: a,
		Facts: dollars.Facts{Kind: earn.Hotel, Price: points * 20, Currency: "EUR", Start: 20000, End: 20002},
	}
}

// member is an account whose orders can be signed.
type member struct {
	key     *ecdsa.PrivateKey
	account dollars.Account
	nonce   uint64
}

func newMember(t tester, n byte) *member {
	t.Helper()
	key, err := crypto.HexToECDSA(hex.EncodeToString(slices.Repeat([]byte{n}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return &member{key: key, account: dollars.Account(crypto.PubkeyToAddress(key.PublicKey))}
}

func (m *member) order(t tester, o dollars.Order, credits []dollars.CreditRef) (dollars.SignedOrder, dollars.OrderID) {
	t.Helper()
	if o.From.IsZero() {
		m.nonce++
		o.From, o.Nonce = m.account, m.nonce
	}
	currency, _ := dollars.CurrencyOf(chaincode)
	id := o.ID(currency, channel, chaincode)
	sig, err := crypto.Sign(id[:], m.key)
	if err != nil {
		t.Fatal(err)
	}
	return dollars.SignedOrder{Order: o, Signature: eip712.Signature(sig), Credits: credits}, id
}

func opened(t testing.TB, dir string) *Views {
	t.Helper()
	v, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !v.db.IsClosed() {
			_ = v.Close()
		}
	})
	return v
}

func foldAll(t tester, v *Views, blocks ...wallet.Block) {
	t.Helper()
	for _, b := range blocks {
		if err := v.Fold(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
}
