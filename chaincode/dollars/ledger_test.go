package dollars

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/ethereum/go-ethereum/crypto"
)

// memory is the state of a ledger as a map.
type memory map[string][]byte

func (m memory) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = m[key]
	}
	return values, nil
}

func (m memory) write(writes []Write) {
	for _, w := range writes {
		if w.Value == nil {
			delete(m, w.Key)
		} else {
			m[w.Key] = w.Value
		}
	}
}

// holding is what an account has, records and credits taken together.
type holding struct {
	points map[Expiry]Amount
	held   map[Expiry]Amount // in holds
	debt   Amount
	frozen string
	window Window
}

// holdings reads every account out of the state.
func (m memory) holdings() (map[Account]*holding, error) {
	all := map[Account]*holding{}
	of := func(a Account) *holding {
		if all[a] == nil {
			all[a] = &holding{points: map[Expiry]Amount{}, held: map[Expiry]Amount{}}
		}
		return all[a]
	}
	for key, value := range m {
		switch k := ParseStateKey(key); k.Kind {
		case StateAccount:
			rec, err := DecodeAccountRecord(value)
			if err != nil {
				return nil, err
			}
			h := of(k.Account)
			h.debt, h.frozen, h.window = rec.Debt, rec.Frozen, rec.Window
			for _, b := range rec.Buckets {
				h.points[b.Expiry] += b.Amount
			}
		case StateCredit:
			a, err := DecodeCredit(value)
			if err != nil {
				return nil, err
			}
			of(k.Credit.Account).points[k.Credit.Expiry] += a
		case StateHold:
			rec, err := DecodeHoldRecord(value)
			if err != nil {
				return nil, err
			}
			for _, b := range rec.Buckets {
				of(k.Hold.Account).held[b.Expiry] += b.Amount
			}
		}
	}
	return all, nil
}

// credits are all the credits an account has, as a wallet's view would name them.
func (m memory) credits(a Account) (refs []CreditRef) {
	var keys []string
	prefix := CreditPrefix(a)
	for key := range m {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		c := ParseStateKey(key).Credit
		refs = append(refs, CreditRef{c.Expiry, c.TxID})
	}
	return refs
}

// ledger is a state with the supply folded from every journal. It runs batches as the contract does, from bytes,
// and holds each of them to what must be true of any batch.
type ledger struct {
	env    Env
	state  memory
	supply Supply
	txs    uint64
	once   map[string]bool // what can be done once, and was

	// Of a story.
	clock int64 // Unix seconds, as it is right
	cast  *cast
}

const (
	testChannel   = "dollars"
	testChaincode = "dsd"
)

func newLedger() *ledger {
	currency, _ := CurrencyOf(testChaincode)
	return &ledger{
		env:   Env{Currency: currency, Channel: testChannel, Chaincode: testChaincode},
		state: memory{}, once: map[string]bool{},
	}
}

var (
	issuer   = callerNamed("DestinasiaMSP", RoleIssuer, "issuer")
	operator = callerNamed("DestinasiaMSP", RoleOperator, "operator")
	anna     = callerNamed("DestinasiaMSP", RoleRules, "anna")
	ben      = callerNamed("DestinasiaMSP", RoleRules, "ben")
)

func callerNamed(mspID, role, name string) Caller {
	return Caller{mspID, role, NewCertificateID([]byte(name), []byte(mspID))}
}

// standard is the rule set of most tests.
var standard = earn.Standard()

// publish makes a rule set the next version: Anna proposes it, Ben approves it, and Anna publishes it. It answers the
// entry of the publication. The three transactions count as one: they make no credits, so their ids may come again.
func (l *ledger) publish(set earn.RuleSet) (Entry, error) {
	schedule, err := l.schedule()
	if err != nil {
		return Entry{}, err
	}
	encoded, version, caller := set.Encode(), schedule.Latest()+1, l.env.Caller
	defer func() { l.env.Caller = caller }()
	var last Entry
	for _, step := range []struct {
		by Caller
		op Operation
	}{
		{anna, ProposeRules{version, encoded}},
		{ben, ApproveRules{version, earn.HashOf(encoded)}},
		{anna, PublishRules{version, earn.HashOf(encoded)}},
	} {
		l.env.Caller = step.by
		res, err := l.run(encodeAll([]Operation{step.op}))
		if err != nil {
			return Entry{}, err
		}
		if last = res.Journal.Entries[0]; last.Outcome != Applied {
			return last, fmt.Errorf("%s: %s", last.Kind, last.Code)
		}
	}
	l.txs -= 2
	return last, nil
}

func (l *ledger) schedule() (Schedule, error) {
	if value, ok := l.state[ScheduleKey]; ok {
		return DecodeSchedule(value)
	}
	return nil, nil
}

// txID is the id of the n-th transaction; its number can be read off it.
func txID(n uint64) (id TxID) {
	binary.BigEndian.PutUint64(id[24:], n)
	return id
}

// next is the environment of the transaction after the last one that ran. Its id is new, as Fabric sees to: with one
// that was used before, a credit absorbed and a credit born could share a key.
func (l *ledger) next() Env {
	env := l.env
	env.TxID = txID(l.txs + 1)
	return env
}

// run applies encoded operations in the next transaction.
func (l *ledger) run(ops [][]byte) (Result, error) {
	env := l.next()
	l.txs++
	lane, decoded, err := DecodeBatch(EncodeBatch(env.Lane, ops))
	if err != nil || lane != env.Lane {
		return Result{}, fmt.Errorf("lane %d reads as %d: %w", env.Lane, lane, err)
	}
	res, err := Apply(env, decoded, l.state)
	if err != nil {
		return Result{}, err
	}
	l.state.write(res.Writes)
	for _, e := range res.Journal.Entries {
		if err := l.supply.Fold(e); err != nil {
			return Result{}, err
		}
	}
	return res, errors.Join(checkResult(res), l.first(decoded, res.Journal), l.conserved(), l.state.shared(), l.withinLimits(), l.explained(res.Journal))
}

func encodeAll(ops []Operation) [][]byte {
	encoded := make([][]byte, len(ops))
	for i, op := range ops {
		encoded[i] = EncodeOperation(op)
	}
	return encoded
}

// checkResult: writes are sorted without doubles, every value and the journal read back as written, and what was not
// applied has moved nothing.
func checkResult(res Result) error {
	if !slices.IsSortedFunc(res.Writes, func(a, b Write) int { return cmp.Compare(a.Key, b.Key) }) {
		return errors.New("writes are not sorted")
	}
	for i, w := range res.Writes {
		if i > 0 && res.Writes[i-1].Key == w.Key {
			return fmt.Errorf("%s is written twice", w.Key)
		}
		if err := readsBack(w); err != nil {
			return err
		}
	}
	encoded := res.Journal.Encode()
	back, err := DecodeJournal(encoded)
	if err != nil || !bytes.Equal(back.Encode(), encoded) {
		return fmt.Errorf("the journal does not read back: %v", err)
	}
	for _, e := range res.Journal.Entries {
		if e.Outcome != Applied && len(e.Moved)+len(e.Expired)+len(e.Repaid) > 0 {
			return fmt.Errorf("a %s %s moved points", e.Outcome, e.Kind)
		}
		if (e.Outcome == Rejected) != (e.Code != "") {
			return fmt.Errorf("a %s %s has code %q", e.Outcome, e.Kind, e.Code)
		}
	}
	return nil
}

func readsBack(w Write) error {
	if w.Value == nil { // only credits, proposals and recoveries are ever deleted
		if kind := ParseStateKey(w.Key).Kind; w.Key != ProposalKey && kind != StateCredit && kind != StateRecovery {
			return fmt.Errorf("deleted %s", w.Key)
		}
		return nil
	}
	again, err := recode(w)
	if err != nil || !bytes.Equal(again, w.Value) {
		return fmt.Errorf("%s does not read back: %w", w.Key, err)
	}
	return nil
}

func recode(w Write) ([]byte, error) {
	switch kind := ParseStateKey(w.Key).Kind; {
	case kind == StateAccount:
		rec, err := DecodeAccountRecord(w.Value)
		return rec.Encode(), err
	case kind == StateBooking:
		rec, err := DecodeBookingRecord(w.Value)
		return rec.Encode(), err
	case kind == StateCredit:
		a, err := DecodeCredit(w.Value)
		return EncodeCredit(a), err
	case kind == StateEarning:
		rec, err := DecodeEarningRecord(w.Value)
		return rec.Encode(), err
	case kind == StateSchedule:
		s, err := DecodeSchedule(w.Value)
		return s.Encode(), err
	case strings.HasPrefix(w.Key, tripPrefix):
		rec, err := DecodeTripRecord(w.Value)
		return rec.Encode(), err
	case w.Key == ProposalKey || strings.HasPrefix(w.Key, rulesPrefix):
		rec, err := DecodeRulesRecord(w.Value)
		return rec.Encode(), err
	}
	row, isBudget := strings.CutPrefix(w.Key, budgetPrefix)
	if !isBudget {
		return recodeLater(w)
	}
	if strings.Contains(row, "/") {
		left, err := DecodeShare(w.Value)
		return EncodeShare(left), err
	}
	rec, err := DecodeBudgetRecord(w.Value)
	return rec.Encode(), err
}

func recodeLater(w Write) ([]byte, error) {
	switch w.Key[:2] {
	case holdPrefix:
		rec, err := DecodeHoldRecord(w.Value)
		return rec.Encode(), err
	case rewardPrefix:
		rec, err := DecodeRewardRecord(w.Value)
		return rec.Encode(), err
	case voucherPrefix:
		rec, err := DecodeVoucherRecord(w.Value)
		return rec.Encode(), err
	case recoveryPrefix:
		rec, err := DecodeRecoveryRecord(w.Value)
		return rec.Encode(), err
	case payeePrefix:
		rec, err := DecodePayeeRecord(w.Value)
		return rec.Encode(), err
	case adjustmentPrefix:
		rec, err := DecodeAdjustmentRecord(w.Value)
		return rec.Encode(), err
	case adjustedPrefix:
		rec, err := DecodeAdjustedRecord(w.Value)
		return rec.Encode(), err
	}
	return nil, errors.New("an unknown key")
}

// conserved: what the journals say came about is what the state adds up to.
func (l *ledger) conserved() error {
	all, err := l.state.holdings()
	if err != nil {
		return err
	}
	var outstanding, held Amount
	for _, h := range all {
		outstanding += sum(h.points)
		held += sum(h.held)
	}
	// Counted in two parts, as whoever reads a large state would.
	var tally, rest Tally
	start, end := TallyRange()
	for key, value := range l.state {
		part := &tally
		if len(key)%2 == 0 {
			part = &rest
		}
		if start <= key && key < end {
			err = errors.Join(err, part.Add(key, value))
		}
	}
	if err := errors.Join(err, tally.Merge(rest)); err != nil {
		return err
	}
	s := l.supply
	want := Tally{
		Outstanding: outstanding, Held: held, Debt: s.Debt, Pending: s.Pending, Awarded: s.Minted, Bookings: s.Bookings,
		Accounts: tally.Accounts, Credits: tally.Credits,
	}
	if tally != want || outstanding != s.Outstanding() || held != s.Held {
		return fmt.Errorf("accounts have %s and holds %s, the state adds up to %+v; the journals say %+v, outstanding %s",
			outstanding, held, tally, s, s.Outstanding())
	}
	return nil
}

// member is a key and its account, made from a name as EIP-712's example makes Cow's.
type member struct {
	key     *ecdsa.PrivateKey
	account Account
}

var members sync.Map // name to member: deriving a key is slow

func memberNamed(name string) member {
	if m, ok := members.Load(name); ok {
		return m.(member)
	}
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err) // one name in 2^128
	}
	m := member{key, Account(crypto.PubkeyToAddress(key.PublicKey))}
	members.Store(name, m)
	return m
}

// sign signs an order for a channel; the chaincode is the test's.
func (m member) sign(o Order, channel string) eip712.Signature {
	currency, _ := CurrencyOf(testChaincode)
	id := o.ID(currency, channel, testChaincode)
	sig, err := crypto.Sign(id[:], m.key)
	if err != nil {
		panic(err)
	}
	return eip712.Signature(sig)
}

// order is a signed order for the test's ledger.
func (m member) order(o Order, credits []CreditRef) SignedOrder {
	o.From = m.account
	return SignedOrder{Order: o, Signature: m.sign(o, testChannel), Credits: credits}
}

// highS is the same signature with the other s, as valid in mathematics, and refused here.
func highS(sig eip712.Signature) eip712.Signature {
	n := crypto.S256().Params().N
	s := new(big.Int).SetBytes(sig[32:64])
	n = new(big.Int).Sub(n, s)
	n.FillBytes(sig[32:64])
	sig[64] ^= 1
	return sig
}
