package gateway

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// TestHeldIsWhatTheLedgerTouches runs an operation of every kind on a ledger, and compares the records that it read and
// wrote with those that the gateway would have held.
func TestHeldIsWhatTheLedgerTouches(t *testing.T) {
	l := heldLedger{t: t, chain: newChain(1, faults{})}
	rules := earn.Standard()
	rules.Policy = &earn.Policy{
		Reversal: earn.ReversalRecall, RecallDays: 30, CoolingSeconds: 60, CoolingMost: 10_00, RecoverySeconds: 60, AdjustmentDayMost: 100_00,
	}
	l.chain.publish(1, rules)
	ann, ben, key, code := newMember(1), newMember(2), account(9), [32]byte{7}
	for n, m := range []*member{ann, ben} {
		l.do(wallet.AsIssuer, confirm(n, m.account, 10_000_00))
		l.do(wallet.AsIssuer, complete(n))
	}

	l.order(ann, dollars.Order{Kind: dollars.KindTransfer, To: ben.account, Amount: 1_00})
	l.order(ann, dollars.Order{Kind: dollars.KindRedeem, Amount: 1_00})
	hold := l.order(ann, dollars.Order{Kind: dollars.KindHold, Amount: 2_00, Until: time.Now().Add(time.Hour).Unix()})
	l.merchant(dollars.Order{Kind: dollars.KindCapture, To: ann.account, Ref: hold, Amount: 1_00, Reference: [32]byte{1}})
	l.merchant(dollars.Order{Kind: dollars.KindRelease, To: ann.account, Ref: hold})
	l.admin(wallet.AsMerchant, dollars.SetReward{ID: "lounge", Reward: dollars.Reward{Price: 1_00, Stock: 5, Until: 1 << 40, Days: 1}})
	l.order(ann, dollars.Order{Kind: dollars.KindClaim, Ref: dollars.RewardID("lounge"), Amount: 1_00, Reference: dollars.CodeHash(code)})
	l.merchant(dollars.Order{Kind: dollars.KindUse, Ref: code, Reference: [32]byte{2}})

	house := dollars.NewHousehold(l.order(ann, dollars.Order{Kind: dollars.KindForm}))
	l.order(ann, dollars.Order{Kind: dollars.KindInvite, To: house, Other: ben.account, Amount: 5_00})
	l.order(ben, dollars.Order{Kind: dollars.KindJoin, To: house, Amount: 5_00})
	l.order(ben, dollars.Order{Kind: dollars.KindContribute, To: house, Amount: 3_00})
	l.order(ben, dollars.Order{Kind: dollars.KindRedeem, From: house, Amount: 1_00})
	hold = l.order(ben, dollars.Order{Kind: dollars.KindHold, From: house, Amount: 1_00, Until: time.Now().Add(time.Hour).Unix()})
	l.merchant(dollars.Order{Kind: dollars.KindRelease, To: house, Ref: hold})
	l.order(ann, dollars.Order{Kind: dollars.KindLeave, To: house, Other: ben.account})

	for n, burn := range []bool{true, false} {
		a := dollars.Adjustment{Account: ben.account, Amount: 1_00, Burn: burn, Reason: "goodwill"}
		if !burn {
			a.Months = 1
		}
		l.admin(wallet.AsOperator, dollars.ProposeAdjustment{ID: [32]byte{byte(n)}, Adjustment: a})
		l.admin(wallet.AsApprover, dollars.ApproveAdjustment{ID: [32]byte{byte(n)}})
	}
	l.do(wallet.AsIssuer, cancel(0)) // recalls from Ben
	l.order(ann, dollars.Order{Kind: dollars.KindChangeKeys, To: key})
	l.admin(wallet.AsOperator, dollars.SetFrozen{Account: ben.account, Frozen: true, Reason: "test"})
	l.admin(wallet.AsIssuer, dollars.Expire{Account: ann.account})
	l.admin(wallet.AsOperator, dollars.Recovery{Step: dollars.KindProposeRecovery, Account: ann.account, Key: account(8)})
	l.order(ann, dollars.Order{Kind: dollars.KindObject, To: account(8)})
}

// heldLedger runs work on a ledger one by one.
type heldLedger struct {
	t     *testing.T
	chain *chain
}

// do runs a work and checks what it touches.
func (l heldLedger) do(as wallet.Certificate, w wallet.Work) {
	l.t.Helper()
	it := newItem(w)
	r := records{state: func(key string) ([]byte, error) { return l.chain.state[key].value, nil }}
	behind, _, err := r.behind(it)
	if err != nil {
		l.t.Fatal(err)
	}
	by := callerOf(as)
	by.ID = dollars.CertificateID{byte(as) + 1} // who approves is another than who proposed
	tx, err := l.chain.simulate(by, 0, w.Ops)
	if err != nil {
		l.t.Fatalf("%s: %v", w.Label, err)
	}
	if e := tx.journal.Entries[0]; e.Outcome != dollars.Applied && w.Ops[0].Kind() != dollars.KindExpire {
		l.t.Fatalf("%s was %s: %s", w.Label, e.Outcome, e.Code)
	}
	held := append(it.wants, behind...)
	for state := range tx.reads {
		l.check(w, state, held, false)
	}
	for _, write := range tx.writes {
		l.check(w, write.Key, held, true)
	}
	l.chain.write(tx.writes)
}

func (l heldLedger) check(w wallet.Work, state string, held []key, written bool) {
	l.t.Helper()
	// What is named after the order itself nobody else touches yet.
	own := strings.HasSuffix(state, "/"+hex.EncodeToString(w.ID[:])) || state == dollars.AccountKey(dollars.NewHousehold(dollars.OrderID(w.ID)))
	if k, shared := recordOf(state); !shared && !own && !slices.Contains(held, k) {
		l.t.Errorf("%s touches %s (written: %v), which the gateway does not hold", w.Ops[0].Kind(), state, written)
	}
}

// recordOf is what the gateway would hold of a record; shared are those that work in flight has in common: credits, which
// are new or of an account that is held, the rules, and of budgets and stocks a share that is the batch's own. The catalogue
// is held by who changes it.
func recordOf(state string) (k key, shared bool) {
	prefix, rest, _ := strings.Cut(state, "/")
	name, _, _ := strings.Cut(rest, "/")
	id, _ := hex.DecodeString(name)
	switch prefix {
	case "c", "r", "p", "w":
		return key{}, true
	case "b":
		return tripKey(dollars.ParseStateKey(state).Booking), false
	case "d":
		return key{kind: 'd'}, false
	case "h":
		order := dollars.ParseStateKey(state).Hold.Order
		return keyOf('h', order[:]), false
	case "k", "n":
		return keyOf('a', id), false
	}
	return keyOf(prefix[0], id), false
}

// credits are those that an account has.
func (l heldLedger) credits(a dollars.Account) (refs []dollars.CreditRef) {
	for state, v := range l.chain.state {
		if c := dollars.ParseStateKey(state).Credit; v.value != nil && c.Account == a && !a.IsZero() {
			refs = append(refs, dollars.CreditRef{Expiry: c.Expiry, TxID: c.TxID})
		}
	}
	return refs
}

func (l heldLedger) admin(as wallet.Certificate, op dollars.Operation) {
	l.t.Helper()
	l.do(as, wallet.Work{Class: wallet.ClassAdmin, As: as, Label: op.Kind().String(), Ops: []dollars.Operation{op}})
}

func (l heldLedger) merchant(o dollars.Order) {
	l.t.Helper()
	l.admin(wallet.AsMerchant, dollars.SignedOrder{Order: o})
}

func (l heldLedger) order(by *member, o dollars.Order) dollars.OrderID {
	l.t.Helper()
	by.nonce++
	if o.Nonce, o.Deadline = by.nonce, time.Now().Add(time.Hour).Unix(); o.From.IsZero() {
		o.From = by.account
	}
	currency, _ := dollars.CurrencyOf(testChaincode)
	id := o.ID(currency, testChannel, testChaincode)
	sig, err := crypto.Sign(id[:], by.key)
	if err != nil {
		l.t.Fatal(err)
	}
	op := dollars.SignedOrder{Order: o, Signature: eip712.Signature(sig), Credits: l.credits(o.From)}
	l.do(wallet.AsIssuer, wallet.Work{
		ID: wallet.WorkID(id), Class: wallet.ClassOrder, Owner: wallet.AccountOwner(by.account), Label: o.Kind.String(), Ops: []dollars.Operation{op},
	})
	return id
}
