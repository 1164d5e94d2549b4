package gateway

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

const (
	testChannel   = "dollars"
	testChaincode = "dsd"
)

// chain is a simulated Fabric: it endorses by running dollars.Apply on a versioned map, orders what is submitted, cuts
// blocks, and validates them with Fabric's MVCC rule. Faults are drawn from a seeded source.
type chain struct {
	mu     sync.Mutex
	rng    *rand.Rand
	faults faults

	state    map[string]versioned
	blocks   []wallet.Block
	pending  []*simulated
	endorsed map[string]*simulated // by transaction id; what envelopes stand for
	decided  map[string]bool       // ids in a block
	live     map[[32]byte]string   // bookings and orders in an envelope that may be ordered: its id
	changed  chan struct{}         // closed and replaced when a block is cut
	nextID   uint64

	refuse     func(ops []dollars.Operation) error // what the contract refuses as a whole
	durable    func(txID string) bool              // whether the inbox has the envelope
	violations []string
	codes      map[string]int // of transactions in blocks
	submits    int
	batches    []int         // operations of each endorsed batch
	lanes      map[uint8]int // how many of them had each lane
}

// faults are probabilities.
type faults struct {
	endorseDown, endorseMismatch  float64
	submitLost, submitUnsure      float64 // said to be queued and lost; queued, or not, and not said
	submitTwice, refused          float64
	invalid, rival, reorder, drop float64 // of blocks: a transaction invalidated, a rival's write before it, shuffled, stream broken
}

type versioned struct {
	value   []byte
	version uint64
}

type simulated struct {
	id      string
	time    int64
	reads   map[string]uint64
	writes  []dollars.Write
	journal dollars.Journal
}

func newChain(seed uint64, f faults) *chain {
	c := &chain{
		rng: rand.New(rand.NewPCG(seed, 0)), faults: f,
		state: map[string]versioned{}, endorsed: map[string]*simulated{}, decided: map[string]bool{}, live: map[[32]byte]string{},
		changed: make(chan struct{}), codes: map[string]int{}, lanes: map[uint8]int{},
	}
	c.blocks = []wallet.Block{{}} // genesis: configuration only
	return c
}

// run cuts a block every so often until the context ends.
func (c *chain) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.cut()
		}
	}
}

// suffer changes what goes wrong from now on.
func (c *chain) suffer(f faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

func (c *chain) chance(p float64) bool { return p > 0 && c.rng.Float64() < p }

// reader gives dollars.Apply the state and notes what was read.
type reader struct {
	chain *chain
	reads map[string]uint64
}

func (r reader) Get(keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, k := range keys {
		v := r.chain.state[k]
		r.reads[k] = v.version
		values[i] = v.value
	}
	return values, nil
}

func (c *chain) Endorse(ctx context.Context, as wallet.Certificate, batch []byte) (Envelope, error) {
	if err := sleep(ctx, 20*time.Millisecond); err != nil {
		return Envelope{}, &endorseError{overdue, err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.chance(c.faults.endorseDown):
		return Envelope{}, &endorseError{unavailable, errors.New("simulated: a peer is down")}
	case c.chance(c.faults.endorseMismatch):
		return Envelope{}, &endorseError{conflict, errors.New("simulated: ProposalResponsePayloads do not match")}
	}
	lane, ops, err := dollars.DecodeBatch(batch)
	if err == nil && c.refuse != nil {
		err = c.refuse(ops)
	}
	if err != nil {
		return Envelope{}, &endorseError{rejected, err}
	}
	tx, err := c.simulate(callerOf(as), lane, ops)
	if err != nil {
		return Envelope{}, &endorseError{rejected, err}
	}
	for _, e := range tx.journal.Entries {
		if id := c.live[e.Ref]; e.Ref != [32]byte{} && id != "" && !c.decided[id] {
			c.violations = append(c.violations, fmt.Sprintf("%s of %x was endorsed anew while %s may be ordered", e.Kind, e.Ref[:4], id[:16]))
		}
	}
	c.batches = append(c.batches, len(ops))
	c.lanes[lane]++
	c.endorsed[tx.id] = tx
	return Envelope{TxID: tx.id, Signed: []byte(tx.id)}, nil
}

// callerOf is who the service is to the ledger.
func callerOf(as wallet.Certificate) dollars.Caller {
	return dollars.Caller{Role: [...]string{
		wallet.AsIssuer: dollars.RoleIssuer, wallet.AsOperator: dollars.RoleOperator, wallet.AsMerchant: "merchant", wallet.AsApprover: dollars.RoleOperator,
	}[as]}
}

func (c *chain) simulate(by dollars.Caller, lane uint8, ops []dollars.Operation) (*simulated, error) {
	c.nextID++
	var id dollars.TxID
	for i := range 8 {
		id[i] = byte(c.nextID >> (8 * (7 - i)))
	}
	currency, _ := dollars.CurrencyOf(testChaincode)
	by.MSP = currency.IssuerMSP
	env := dollars.Env{
		Currency: currency, Channel: testChannel, Chaincode: testChaincode, TxID: id, Time: time.Now().Unix(),
		Lane: lane, Caller: by,
	}
	state := reader{c, map[string]uint64{}}
	result, err := dollars.Apply(env, ops, state)
	if err != nil {
		return nil, err
	}
	return &simulated{hex.EncodeToString(id[:]), env.Time, state.reads, result.Writes, result.Journal}, nil
}

func (c *chain) Submit(ctx context.Context, signed []byte) error {
	if err := ctx.Err(); err != nil {
		return &submitError{err: err}
	}
	c.mu.Lock()
	// Asked before the envelope travels: while it does, a block may settle an earlier copy of it.
	if tx := c.endorsed[string(signed)]; c.durable != nil && !c.durable(tx.id) {
		c.violations = append(c.violations, fmt.Sprintf("%s was submitted and is not durable", tx.id))
	}
	c.mu.Unlock()
	if err := sleep(ctx, 5*time.Millisecond); err != nil {
		return &submitError{err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.submits++
	tx := c.endorsed[string(signed)]
	if c.chance(c.faults.refused) {
		return &submitError{refused: true, err: errors.New("simulated: refused")}
	}
	for _, e := range tx.journal.Entries {
		c.live[e.Ref] = tx.id
	}
	switch {
	case c.chance(c.faults.submitLost):
		return nil
	case c.chance(c.faults.submitUnsure):
		if c.rng.IntN(2) == 0 {
			c.pending = append(c.pending, tx)
		}
		return &submitError{err: errors.New("simulated: no answer")}
	case c.chance(c.faults.submitTwice):
		c.pending = append(c.pending, tx)
	}
	c.pending = append(c.pending, tx)
	return nil
}

// cut makes a block of what is pending.
func (c *chain) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 {
		return
	}
	if c.chance(c.faults.reorder) {
		c.rng.Shuffle(len(c.pending), func(i, j int) { c.pending[i], c.pending[j] = c.pending[j], c.pending[i] })
	}
	b := wallet.Block{Number: uint64(len(c.blocks))}
	for i, p := range c.pending {
		if c.decided[p.id] {
			c.codes["DUPLICATE_TXID"]++ // which followers leave out
			continue
		}
		c.decided[p.id] = true
		tx := wallet.Transaction{ID: p.id, Index: i, Time: p.time, Code: c.validate(p)}
		c.codes[tx.Code]++
		if tx.Code == "VALID" {
			tx.Valid, tx.Journal, tx.Writes = true, p.journal, p.writes
			c.write(p.writes)
		}
		b.Transactions = append(b.Transactions, tx)
	}
	c.pending = nil
	c.append(b)
}

func (c *chain) validate(p *simulated) string {
	if c.chance(c.faults.invalid) {
		return "ENDORSEMENT_POLICY_FAILURE"
	}
	for key, version := range p.reads {
		if c.state[key].version != version || (c.faults.rival > 0 && c.chance(c.faults.rival/float64(len(p.reads)))) {
			return "MVCC_READ_CONFLICT"
		}
	}
	return "VALID"
}

func (c *chain) write(writes []dollars.Write) {
	for _, w := range writes {
		c.state[w.Key] = versioned{w.Value, c.state[w.Key].version + 1}
	}
}

func (c *chain) append(b wallet.Block) {
	c.blocks = append(c.blocks, b)
	close(c.changed)
	c.changed = make(chan struct{})
}

// apply commits a batch as another replica would.
func (c *chain) apply(as wallet.Certificate, ops ...dollars.Operation) wallet.Transaction {
	return c.applyAs(callerOf(as), ops...)
}

func (c *chain) applyAs(by dollars.Caller, ops ...dollars.Operation) wallet.Transaction {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.simulate(by, 0, ops)
	if err != nil {
		panic(err)
	}
	c.write(p.writes)
	tx := wallet.Transaction{ID: p.id, Time: p.time, Valid: true, Code: "VALID", Journal: p.journal, Writes: p.writes}
	c.append(wallet.Block{Number: uint64(len(c.blocks)), Transactions: []wallet.Transaction{tx}})
	return tx
}

// publish puts rules on the ledger as staff do, in three transactions that are not the service's.
func (c *chain) publish(version uint32, rules earn.RuleSet) {
	set := rules.Encode()
	hash := earn.HashOf(set)
	planner := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{1}}
	controller := dollars.Caller{Role: dollars.RoleRules, ID: dollars.CertificateID{2}}
	c.applyAs(planner, dollars.ProposeRules{Version: version, Set: set})
	c.applyAs(controller, dollars.ApproveRules{Version: version, Hash: hash})
	tx := c.applyAs(planner, dollars.PublishRules{Version: version, Hash: hash})
	if e := tx.Journal.Entries[0]; e.Outcome != dollars.Applied {
		panic("rules were not published: " + e.Code)
	}
}

var errStream = errors.New("simulated: the stream broke")

func (c *chain) Blocks(ctx context.Context, from uint64, each func(wallet.Block) error) error {
	for {
		c.mu.Lock()
		changed := c.changed
		var next []wallet.Block
		if from < uint64(len(c.blocks)) {
			next = c.blocks[from:]
		}
		broken := len(next) > 0 && c.chance(c.faults.drop)
		c.mu.Unlock()
		for _, b := range next {
			if err := each(b); err != nil {
				return err
			}
			from++
		}
		if broken {
			return errStream
		}
		if len(next) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (c *chain) Height(ctx context.Context) (uint64, error) {
	if err := sleep(ctx, time.Millisecond); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return uint64(len(c.blocks)), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
