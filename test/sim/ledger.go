package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/destinasia/dollars/wallet-api/gateway"
	"github.com/destinasia/dollars/wallet-api/wallet"
	gatewaypb "github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ledger is the chain as a process sees it, through its organisation's peer.
type ledger struct{ p *process }

var _ gateway.Ledger = ledger{}

// maxSkew is how far a transaction's time may be from a peer's clock: Fabric's bound.
const maxSkew = 15 * time.Minute

func (l ledger) chain() *chain   { return l.p.w.chain }
func (l ledger) peer() *endorser { return l.chain().peers[l.p.r.number%len(l.chain().peers)] }

// How long messages travel.
const (
	quick = 1 * time.Millisecond
	slow  = 25 * time.Millisecond
)

// answer is the way back of what was asked; a lost one never comes.
func answer(what string, lost bool) *call {
	c := &call{key: what, delay: quick, worst: slow}
	if lost {
		c.ready = func() bool { return false }
	}
	return c
}

func unavailable(what string) error { return status.Error(codes.Unavailable, "simulated: "+what) }

func (l ledger) Endorse(ctx context.Context, as wallet.Certificate, batch []byte) (gateway.Envelope, error) {
	var e *envelope
	var err error
	var lost bool
	sum := sha256.Sum256(append([]byte{byte(as)}, batch...))
	turn := l.p.turn(ctx, &call{key: fmt.Sprintf("asks to endorse %x", sum[:6]), delay: quick, worst: slow, do: func() {
		e, err = l.endorse(as, batch)
		lost = l.p.w.strikes(endorsementLost)
	}})
	if turn == nil {
		turn = l.p.turn(ctx, answer(fmt.Sprintf("hears of the endorsement %x", sum[:6]), lost))
	}
	if turn != nil {
		return gateway.Envelope{}, gateway.NotEndorsed(turn)
	}
	if err != nil {
		return gateway.Envelope{}, gateway.NotEndorsed(err)
	}
	return gateway.Envelope{TxID: e.id, Signed: []byte(e.id)}, nil
}

// endorse has both organisations' peers run a batch.
func (l ledger) endorse(as wallet.Certificate, batch []byte) (*envelope, error) {
	c := l.chain()
	by := map[wallet.Certificate]person{
		wallet.AsIssuer: issuer, wallet.AsOperator: operator, wallet.AsMerchant: checkout, wallet.AsApprover: approver,
	}[as]
	p := c.propose(by, l.p.r.now().Unix(), batch)
	var results []*envelope
	var details []*gatewaypb.ErrorDetail
	say := func(peer *endorser, message string) {
		details = append(details, &gatewaypb.ErrorDetail{Address: peer.msp, MspId: peer.msp, Message: message})
	}
	for _, peer := range c.peers {
		if peer.down {
			return nil, unavailable(peer.msp + "'s peer is down")
		}
		if d := time.Unix(p.time, 0).Sub(c.w.now()); d.Abs() > maxSkew {
			say(peer, "chaincode response 500, the transaction's time is out of bounds")
			continue
		}
		result, refusal := c.run(p, peer.state)
		if refusal != "" {
			say(peer, refusal)
			continue
		}
		results = append(results, result)
	}
	if len(details) == 0 && !results[0].same(results[1]) {
		c.w.count("endorsers differed", 1)
		say(c.peers[1], "ProposalResponsePayloads do not match")
	}
	if len(details) > 0 {
		return nil, aborted(details)
	}
	c.made[p.id] = results[0]
	return results[0], nil
}

func aborted(details []*gatewaypb.ErrorDetail) error {
	st := status.New(codes.Aborted, "failed to collect enough transaction endorsements")
	for _, d := range details {
		with, err := st.WithDetails(d)
		if err != nil {
			panic(err) // a message of our own making
		}
		st = with
	}
	return st.Err()
}

func (l ledger) Submit(ctx context.Context, signed []byte) error {
	id := string(signed)
	var err error
	var lost bool
	turn := l.p.turn(ctx, &call{key: "submits " + id[:12], delay: quick, worst: slow, do: func() {
		err = l.submit(id)
		lost = l.p.w.strikes(submitAnswerLost)
	}})
	if turn == nil {
		turn = l.p.turn(ctx, answer("hears of the submission "+id[:12], lost))
	}
	if turn != nil {
		return gateway.NotSubmitted(turn)
	}
	if err != nil {
		return gateway.NotSubmitted(err)
	}
	return nil
}

// submit is what the orderer does with an envelope.
func (l ledger) submit(id string) error {
	c := l.chain()
	e := c.made[id]
	if e == nil {
		c.w.fail("%s submitted %s, which was never endorsed", l.p.name, id)
		return nil
	}
	c.w.checkDurable(l.p, id)
	switch {
	case c.w.strikes(submitRefused):
		return status.Error(codes.Aborted, "received unsuccessful response from orderer: status=FORBIDDEN, info=simulated")
	case c.w.strikes(submitLost):
		return nil // the orderer took it, and its leader died
	case c.w.strikes(submitUnsure):
		if c.w.rng.IntN(2) == 0 {
			c.order(e)
		}
		return unavailable("no orderers could successfully process transaction")
	case c.w.strikes(submitTwice):
		c.w.after(c.w.within(0, 3*time.Second), "a second copy of "+id[:12]+" reaches the orderer", func() { c.order(e) })
	case c.w.strikes(submitDelayed):
		c.w.after(c.w.within(0, 10*time.Second), id[:12]+" reaches the orderer late", func() { c.order(e) })
		return nil
	}
	c.order(e)
	return nil
}

func (l ledger) Height(ctx context.Context) (height uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	turn := l.p.turn(ctx, &call{key: "asks for the height", delay: quick, worst: slow, do: func() {
		if height = l.peer().height; l.peer().down {
			err = unavailable("the peer is down")
		}
	}})
	return height, errors.Join(turn, err)
}

func (l ledger) Blocks(ctx context.Context, from uint64, each func(wallet.Block) error) error {
	for n := from; ; n++ {
		var blocks []wallet.Block
		var err error
		stuck := false
		turn := l.p.turn(ctx, &call{
			key: fmt.Sprintf("gets block %d", n), delay: quick, worst: slow,
			ready: func() bool { return l.peer().down || l.peer().height > n },
			do:    func() { blocks, stuck, err = l.deliver(n) },
		})
		if stuck {
			turn = l.p.turn(ctx, answer("gets no more blocks", true))
		}
		if turn != nil || err != nil {
			return errors.Join(turn, err)
		}
		for _, b := range blocks {
			if err := each(b); err != nil {
				return err
			}
		}
	}
}

// deliver is what a stream of blocks brings next.
func (l ledger) deliver(n uint64) (blocks []wallet.Block, stuck bool, err error) {
	c := l.chain()
	switch {
	case l.peer().down || c.w.strikes(streamBroken):
		return nil, false, unavailable("the stream of blocks broke")
	case c.w.strikes(streamStuck):
		return nil, true, nil
	}
	numbers := []uint64{n}
	switch {
	case n > 0 && c.w.strikes(blockRepeated):
		numbers = []uint64{n - 1, n}
	case l.peer().height > n+1 && c.w.strikes(blockSkipped):
		numbers = []uint64{n + 1}
	}
	for _, n := range numbers {
		b, err := c.blocks[n].deliver(c.decided)
		if err != nil {
			return nil, false, err
		}
		if c.w.mutation == hideEntry {
			hide(&b)
		}
		blocks = append(blocks, b)
	}
	return blocks, false, nil
}
