package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/ethereum/go-ethereum/crypto"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a ledger, what a service keeps on disk, and the service when it runs.
type world struct {
	t      *testing.T
	chain  *chain
	disk   *disk
	proc   *process
	engine *Engine

	options Options
	kill    func() // ends the service at once, wherever it is
	stop    func() // ends it in good order
	log     *slog.Logger
}

// simulate runs a test in a world of its own, on simulated time.
func simulate(t *testing.T, seed uint64, f faults, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, chain: newChain(seed, f), disk: newDisk(), log: slog.New(slog.DiscardHandler)}
		w.chain.durable = w.disk.durable
		w.chain.publish(1, unlimited())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.chain.run(ctx, 100*time.Millisecond)
		}()
		test(w)
		if w.proc != nil {
			w.kill()
		}
		cancel()
		<-done
		for _, v := range w.chain.violations {
			t.Error(v)
		}
	})
}

// start runs the service on what is on disk.
func (w *world) start() {
	w.t.Helper()
	w.proc = w.disk.open()
	o := w.options
	o.Log = w.log
	e, err := NewEngine(w.proc, w.proc, o.withDefaults())
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx, w.chain)
	}()
	proc := w.proc
	w.engine = e
	w.stop = func() {
		stop()
		<-done
		w.proc = nil
	}
	w.kill = func() {
		proc.kill()
		e.stopTimeout = 0
		w.stop()
	}
}

// settled waits until all accepted work is settled.
func (w *world) settled(within time.Duration) {
	w.t.Helper()
	for deadline := time.Now().Add(within); w.disk.unsettled() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%d works are not settled after %s", w.disk.unsettled(), within)
		}
	}
	synctest.Wait()
}

// outcome is how a work was told.
func (w *world) outcome(id wallet.WorkID) wallet.Status {
	w.disk.mu.Lock()
	defer w.disk.mu.Unlock()
	return w.disk.done[id]
}

// verify checks everything that was told against the ledger.
func (w *world) verify() {
	w.t.Helper()
	entries := map[string][]dollars.Entry{} // by transaction
	applied := map[[32]byte]int{}           // orders
	for _, b := range w.chain.blocks {
		for _, tx := range b.Transactions {
			if !tx.Valid {
				continue
			}
			entries[tx.ID] = tx.Journal.Entries
			for _, e := range tx.Journal.Entries {
				if e.Outcome == dollars.Applied && (e.Kind == dollars.KindTransfer || e.Kind == dollars.KindRedeem) {
					applied[e.Ref]++
				}
			}
		}
	}
	for id, st := range w.disk.done {
		w.verifyStatus(id, st, entries[st.TxID], applied)
	}
	for ref, n := range applied {
		if n > 1 {
			w.t.Errorf("order %x was applied %d times", ref, n)
		}
	}
	if n := len(w.disk.submissions); n > 0 {
		w.t.Errorf("%d submissions are not forgotten", n)
	}
}

// verifyStatus checks one outcome: that the journal of the transaction it names has it.
func (w *world) verifyStatus(id wallet.WorkID, st wallet.Status, entries []dollars.Entry, applied map[[32]byte]int) {
	if len(st.Results) != len(st.Work.Ops) {
		w.t.Errorf("%s has %d results for %d operations", st.Work.Label, len(st.Results), len(st.Work.Ops))
		return
	}
	for i, op := range st.Work.Ops {
		ref := refOf(id, op)
		if !slices.ContainsFunc(entries, func(e dollars.Entry) bool {
			return e.Kind == op.Kind() && (ref == [32]byte{} || e.Ref == ref) && wallet.ResultOf(e) == st.Results[i]
		}) {
			w.t.Errorf("%s was told as %+v, which is not what transaction %s did", st.Work.Label, st.Results[i], st.TxID)
		}
		if _, ok := op.(dollars.SignedOrder); ok && (st.Results[i].Outcome == dollars.Applied) != (applied[ref] == 1) {
			w.t.Errorf("%s was told as %+v, and is applied %d times", st.Work.Label, st.Results[i], applied[ref])
		}
	}
}

func refOf(id wallet.WorkID, op dollars.Operation) [32]byte {
	switch o := op.(type) {
	case dollars.Confirm:
		return o.Booking
	case dollars.Complete:
		return o.Booking
	case dollars.Cancel:
		return o.Booking
	case dollars.SignedOrder:
		return id
	}
	return [32]byte{}
}

// member is somebody who can sign.
type member struct {
	key     *ecdsa.PrivateKey
	account dollars.Account
	nonce   uint64
}

func newMember(n int) *member {
	key, err := crypto.ToECDSA(crypto.Keccak256(fmt.Appendf(nil, "member %d", n)))
	if err != nil {
		panic(err)
	}
	return &member{key: key, account: dollars.Account(crypto.PubkeyToAddress(key.PublicKey))}
}

// redeem is work that burns an amount of the member's points.
func (m *member) redeem(amount dollars.Amount) wallet.Work { return m.order(amount, nil) }

// send is work that transfers an amount.
func (m *member) send(to dollars.Account, amount dollars.Amount) wallet.Work {
	return m.order(amount, &to)
}

func (m *member) order(amount dollars.Amount, to *dollars.Account) wallet.Work {
	m.nonce++
	o := dollars.Order{Kind: dollars.KindRedeem, From: m.account, Amount: amount, Nonce: m.nonce, Deadline: time.Now().Add(time.Hour).Unix()}
	if to != nil {
		o.Kind, o.To = dollars.KindTransfer, *to
	}
	currency, _ := dollars.CurrencyOf(testChaincode)
	id := o.ID(currency, testChannel, testChaincode)
	sig, err := crypto.Sign(id[:], m.key)
	if err != nil {
		panic(err)
	}
	return wallet.Work{
		ID: wallet.WorkID(id), Class: wallet.ClassOrder, Label: fmt.Sprintf("order %d of %s", m.nonce, m.account),
		Accepted: time.Now(), Ops: []dollars.Operation{dollars.SignedOrder{Order: o, Signature: eip712.Signature(sig)}},
	}
}

func bookingID(n int) dollars.BookingID { return itemID(n, "room") }

func itemID(n int, item string) dollars.BookingID {
	return dollars.NewBookingID("test", fmt.Sprint(n), item)
}

// event is work of a booking event.
func event(label string, ops ...dollars.Operation) wallet.Work {
	return wallet.Work{
		ID: sha256.Sum256([]byte(label)), Class: wallet.ClassBooking, Label: label, Accepted: time.Now(), Ops: ops,
	}
}

func confirm(n int, a dollars.Account, price dollars.Amount) wallet.Work {
	facts := dollars.Facts{Kind: earn.Hotel, Price: price, Currency: "EUR", Start: 20000, End: 20001}
	return event(fmt.Sprintf("confirm %d", n), dollars.Confirm{Booking: bookingID(n), Account: a, Facts: facts})
}

func complete(n int) wallet.Work {
	return event(fmt.Sprintf("complete %d", n), dollars.Complete{Booking: bookingID(n)})
}

func cancel(n int) wallet.Work {
	return event(fmt.Sprintf("cancel %d", n), dollars.Cancel{Booking: bookingID(n)})
}

// fund gives an account that many credits of D$ 5.00 each, in as many transactions of another replica.
func (w *world) fund(a dollars.Account, credits int) {
	for range credits {
		n := int(rand.Uint64() >> 1)
		w.chain.apply(wallet.AsIssuer, confirm(n, a, 10_000).Ops[0], dollars.Complete{Booking: bookingID(n)})
	}
}

// unlimited is the standard rules for tests that move more than their policy lets.
func unlimited() earn.RuleSet {
	rules := earn.Standard()
	rules.Policy = nil
	return rules
}
