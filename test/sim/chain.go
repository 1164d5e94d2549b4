package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

const (
	channel   = "dollars"
	chaincode = "dsd"
)

// The codes of validation that happen here, as Fabric names them.
var (
	valid     = peer.TxValidationCode_VALID.String()
	conflict  = peer.TxValidationCode_MVCC_READ_CONFLICT.String()
	duplicate = peer.TxValidationCode_DUPLICATE_TXID.String()
	refused   = peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE.String()
)

// lifecycleKey is where the chaincode's definition lies. Every transaction reads it, so an upgrade invalidates those in
// flight. The contract cannot write it: none of its keys starts so.
const lifecycleKey = "\x00lifecycle"

// version is the place of the transaction that wrote a key; the zero one of a key that is not there.
type version struct{ block, tx uint64 }

type versioned struct {
	value   []byte
	version version
}

// proposal is what endorsers are asked to run.
type proposal struct {
	id      string
	time    int64 // Unix seconds, by the clock of who proposes
	creator []byte
	by      person
	batch   []byte
}

// envelope is an endorsed transaction.
type envelope struct {
	proposal
	reads  map[string]version
	writes []dollars.Write
	event  []byte
}

// block is one of the chain.
type block struct {
	number               uint64
	hash, previous, data [32]byte
	txs                  []ordered
}

// ordered is an envelope in its block, with what became of it.
type ordered struct {
	*envelope
	code string
}

// chain is Fabric: two organisations' peers, who endorse on the state they have, and one order of blocks, in which
// transactions are valid if nothing they read has changed since.
type chain struct {
	w        *world
	contract *contract.Contract
	peers    []*endorser
	blocks   []*block
	state    map[string]versioned // after all blocks
	made     map[string]*envelope // all that were ever endorsed, by id
	decided  map[string]place     // what became of those in blocks
	pending  []*envelope
	cutting  bool
	ids      uint64
}

// place is where an id was first in a block.
type place struct {
	block uint64
	index int
	code  string
}

// endorser is a peer.
type endorser struct {
	msp    string
	height uint64 // blocks it has committed
	state  map[string]versioned
	down   bool
	due    time.Time // when it commits the newest block that is on its way to it
}

func newChain(w *world) *chain {
	c := &chain{
		w: w, contract: &contract.Contract{Log: slog.New(slog.DiscardHandler)},
		state: map[string]versioned{}, made: map[string]*envelope{}, decided: map[string]place{},
	}
	for _, msp := range []string{"DestinasiaMSP", "AircncMSP"} {
		c.peers = append(c.peers, &endorser{msp: msp, state: map[string]versioned{}})
	}
	return c
}

// height is how many blocks there are.
func (c *chain) height() uint64 { return uint64(len(c.blocks)) }

// propose gives a batch an id, which is the same whenever the seed is.
func (c *chain) propose(by person, unix int64, batch []byte) proposal {
	c.ids++
	id := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, c.w.seed), c.ids))
	return proposal{id: hex.EncodeToString(id[:]), time: unix, creator: creators()[by], by: by, batch: batch}
}

// run is what a peer makes of a proposal: an envelope, or what the contract said instead.
func (c *chain) run(p proposal, state map[string]versioned) (*envelope, string) {
	s := &stub{proposal: p, state: state, reads: map[string]version{}}
	s.reads[lifecycleKey] = state[lifecycleKey].version
	answer := c.contract.Invoke(s)
	if answer.GetStatus() != shim.OK {
		return nil, fmt.Sprintf("chaincode response %d, %s", answer.GetStatus(), answer.GetMessage())
	}
	if s.batching {
		return nil, "chaincode response 500, the write batch was not finished"
	}
	return &envelope{proposal: p, reads: s.reads, writes: s.writes, event: s.event}, ""
}

// same tells whether two endorsers signed the same thing.
func (e *envelope) same(other *envelope) bool {
	return maps.Equal(e.reads, other.reads) && bytes.Equal(e.event, other.event) &&
		slices.EqualFunc(e.writes, other.writes, func(x, y dollars.Write) bool {
			return x.Key == y.Key && bytes.Equal(x.Value, y.Value)
		})
}

// order puts an envelope in line for the next block.
func (c *chain) order(e *envelope) {
	c.pending = append(c.pending, e)
	if !c.cutting {
		c.cutting = true
		c.w.after(c.w.within(20*time.Millisecond, 80*time.Millisecond), "the orderer cuts a block", c.cut)
	}
}

// maxBlock is how many transactions a block has at most.
const maxBlock = 8

// cut makes a block of what is pending, and sends it to the peers.
func (c *chain) cut() {
	c.cutting = false
	if len(c.pending) == 0 {
		return
	}
	if len(c.pending) > 1 && c.w.strikes(reordered) {
		c.w.rng.Shuffle(len(c.pending), func(i, j int) { c.pending[i], c.pending[j] = c.pending[j], c.pending[i] })
	}
	n := min(len(c.pending), maxBlock)
	txs := c.pending[:n]
	c.pending = slices.Clone(c.pending[n:])
	if len(c.pending) > 0 {
		c.cutting = true
		c.w.after(time.Millisecond, "the orderer cuts another block", c.cut)
	}
	c.append(txs)
}

// append adds a block.
func (c *chain) append(txs []*envelope) {
	b := &block{number: c.height()}
	for i, e := range txs {
		code := c.validate(e)
		if code == valid {
			c.write(c.state, b.number, i, e)
		}
		if _, again := c.decided[e.id]; !again {
			c.decided[e.id] = place{b.number, i, code}
		}
		b.txs = append(b.txs, ordered{e, code})
		c.w.totals.codes[code]++
	}
	if b.number > 0 {
		b.previous = c.blocks[b.number-1].hash
	}
	b.data = b.content()
	b.hash = sha256.Sum256(slices.Concat(b.previous[:], b.data[:]))
	c.blocks = append(c.blocks, b)
	c.w.trace.add("block %d of %d transactions, %x", b.number, len(b.txs), b.hash[:6])
	c.w.observe(b)
	for i, p := range c.peers {
		delay := c.w.within(2*time.Millisecond, 30*time.Millisecond)
		if c.w.strikes(staleEndorser) {
			delay = c.w.within(200*time.Millisecond, 4*time.Second)
		}
		p.due = later(p.due, time.Now().Add(delay))
		c.w.after(time.Until(p.due), fmt.Sprintf("peer %d commits block %d", i, b.number), func() { c.commit(p, b.number) })
	}
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x.Add(time.Microsecond)
	}
	return y
}

// commit has a peer take in the blocks up to one.
func (c *chain) commit(p *endorser, upTo uint64) {
	for ; p.height <= upTo; p.height++ {
		for i, tx := range c.blocks[p.height].txs {
			if tx.code == valid {
				c.write(p.state, p.height, i, tx.envelope)
			}
		}
	}
}

// validate is Fabric's: an id counts once, and what was read must still be so.
func (c *chain) validate(e *envelope) string {
	if _, again := c.decided[e.id]; again {
		if c.w.mutation == acceptCopies {
			return valid
		}
		return duplicate
	}
	if e.by != lifecycle && c.w.strikes(invalidated) {
		return refused
	}
	for key, v := range e.reads {
		if c.state[key].version != v && c.w.mutation != ignoreReads {
			return conflict
		}
	}
	return valid
}

func (c *chain) write(state map[string]versioned, number uint64, index int, e *envelope) {
	for _, w := range e.writes {
		if w.Value == nil {
			delete(state, w.Key)
		} else {
			state[w.Key] = versioned{w.Value, version{number, uint64(index)}}
		}
	}
}

// content is the hash of all that is in a block.
func (b *block) content() (sum [32]byte) {
	h := sha256.New()
	fmt.Fprintln(h, b.number)
	for _, tx := range b.txs {
		fmt.Fprintln(h, tx.id, tx.time, tx.by.name, tx.code)
		h.Write(tx.batch)
		for _, key := range slices.Sorted(maps.Keys(tx.reads)) {
			fmt.Fprintln(h, key, tx.reads[key])
		}
		for _, w := range tx.writes {
			fmt.Fprintf(h, "%s %x\n", w.Key, w.Value)
		}
		h.Write(tx.event)
	}
	return [32]byte(h.Sum(nil))
}

// lifecycle is who upgrades the chaincode.
var lifecycle = person{name: "lifecycle"}

// upgrade commits a new definition of the chaincode.
func (c *chain) upgrade() {
	now := c.w.now().Unix()
	e := &envelope{proposal: c.propose(lifecycle, now, nil), reads: map[string]version{lifecycleKey: c.state[lifecycleKey].version}}
	e.writes = []dollars.Write{{Key: lifecycleKey, Value: []byte(e.id)}}
	c.made[e.id] = e
	c.append([]*envelope{e})
}

// settle has a batch endorsed and committed at once, by everyone: what happened before the story begins.
func (c *chain) settle(by person, unix int64, ops ...dollars.Operation) {
	encoded := make([][]byte, len(ops))
	for i, op := range ops {
		encoded[i] = dollars.EncodeOperation(op)
	}
	e, refusal := c.run(c.propose(by, unix, dollars.EncodeBatch(0, encoded)), c.state)
	if refusal != "" {
		c.w.fail("%s: %s", by.name, refusal)
		return
	}
	c.made[e.id] = e
	c.append([]*envelope{e})
	for _, p := range c.peers {
		c.commit(p, c.height()-1)
	}
}

// deliver is a block as the gateway has it from a peer: of the contract's transactions, the first copy of each.
func (b *block) deliver(seen map[string]place) (wallet.Block, error) {
	out := wallet.Block{Number: b.number, Hash: b.hash, PreviousHash: b.previous, DataHash: b.data, Size: len(b.txs)}
	for i, tx := range b.txs {
		first := seen[tx.id]
		if tx.by == lifecycle || first.block != b.number || first.index != i {
			continue
		}
		t := wallet.Transaction{ID: tx.id, Index: i, Time: tx.time, Code: tx.code, Valid: tx.code == valid, Creator: tx.by.mspID}
		if t.Valid {
			var err error
			if t.Journal, err = dollars.DecodeJournal(tx.event); err != nil {
				return out, err
			}
			t.Writes = slices.Clone(tx.writes)
		}
		out.Transactions = append(out.Transactions, t)
	}
	return out, nil
}
