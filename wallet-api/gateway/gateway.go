package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Options are how the gateway runs. What says "default" may be left zero; the rest is required.
type Options struct {
	Channel   string
	Chaincode string
	Peers     []Peer   // of one organisation; the first that works is used
	Endorsers []string // MSPs whose peers all endorse
	Issuer    Identity // role=issuer
	Operator  Identity // role=operator
	Merchant  Identity // role=merchant
	Approver  Identity // role=operator, of another organisation

	BatchOperations int // operations of a batch; default 500
	BatchBytes      int // bytes of a batch's operations; default 1 MiB
	InFlight        int // batches of bookings and orders in flight; default 6

	EndorseTimeout time.Duration // default 20 s
	SubmitTimeout  time.Duration // default 10 s
	StatusTimeout  time.Duration // until what no block shows is submitted again; default 3 s
	StopTimeout    time.Duration // how long Run waits for what is in flight when it is to stop; default 5 s

	Log     *slog.Logger          // default: slog.Default()
	Metrics prometheus.Registerer // default: none

	// Jitter draws from nothing to less than most; what failed waits so much longer, so that replicas that conflict do not
	// meet again in step. Default: at random.
	Jitter func(most time.Duration) time.Duration

	// ClockOffset is how far ahead of the machine's clock it lives, and dates transactions: 0 but in rehearsals.
	ClockOffset time.Duration
}

func (o Options) withDefaults() Options {
	o.BatchOperations = cmp.Or(o.BatchOperations, 500)
	o.BatchBytes = cmp.Or(o.BatchBytes, 1<<20)
	o.InFlight = cmp.Or(o.InFlight, 6)
	o.EndorseTimeout = cmp.Or(o.EndorseTimeout, 20*time.Second)
	o.SubmitTimeout = cmp.Or(o.SubmitTimeout, 10*time.Second)
	o.StatusTimeout = cmp.Or(o.StatusTimeout, 3*time.Second)
	o.StopTimeout = cmp.Or(o.StopTimeout, 5*time.Second)
	o.Log = cmp.Or(o.Log, slog.Default())
	if o.Jitter == nil {
		o.Jitter = rand.N[time.Duration]
	}
	return o
}

func (o Options) check() error {
	switch {
	case o.Channel == "" || o.Chaincode == "":
		return errors.New("the gateway needs the names of the channel and the chaincode")
	case len(o.Endorsers) == 0:
		return errors.New("the gateway needs the organisations that endorse")
	case o.BatchOperations < 1 || o.BatchOperations > dollars.MaxOperations/2:
		return fmt.Errorf("a batch of %d operations is not within 1 to %d", o.BatchOperations, dollars.MaxOperations/2)
	case o.BatchBytes < 1 || o.BatchBytes > maxWorkBytes:
		return fmt.Errorf("a batch of %d bytes is not within 1 to %d", o.BatchBytes, maxWorkBytes)
	case o.InFlight < 1:
		return fmt.Errorf("%d batches in flight are not enough", o.InFlight)
	}
	return nil
}

// Gateway carries work between the inbox and the ledger. Make it with New; it works while Run does.
type Gateway struct {
	options Options
	peers   []credentials.TransportCredentials
	signers [certificates]signer
	engine  *Engine
	blocks  atomic.Pointer[peers] // while Run works
}

// New reads the identities and roots. It does not connect: Run does, and keeps trying.
func New(inbox Inbox, views Views, o Options) (*Gateway, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	g := &Gateway{options: o}
	if len(o.Peers) == 0 {
		return nil, errors.New("the gateway needs a peer")
	}
	for _, p := range o.Peers {
		transport, err := p.transport()
		if err != nil {
			return nil, err
		}
		g.peers = append(g.peers, transport)
	}
	var err error
	for as, id := range [certificates]Identity{
		wallet.AsIssuer: o.Issuer, wallet.AsOperator: o.Operator, wallet.AsMerchant: o.Merchant, wallet.AsApprover: o.Approver,
	} {
		if g.signers[as], err = id.load(); err != nil {
			return nil, err
		}
	}
	g.engine, err = NewEngine(inbox, views, o)
	return g, err
}

// Run works until the context ends, then finishes what is in flight, for at most StopTimeout; what is not finished by
// then is durable and is followed up by the next Run. It may be called once. Losing a peer is no error: it goes to
// another, or waits, and Ready tells.
func (g *Gateway) Run(ctx context.Context) error {
	p, err := newPeers(g.options, g.peers, g.signers)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx)) // for as long as the engine works
	var watch sync.WaitGroup
	watch.Go(func() { p.watch(watching) })
	g.blocks.Store(p)
	g.engine.Run(ctx, p)
	g.blocks.Store(nil)
	stop()
	watch.Wait()
	return p.close()
}

// Ready is nil while blocks are being followed and the views are where the peer was when that began, and no certificate has
// expired; otherwise it says what is missing.
func (g *Gateway) Ready() error {
	for _, s := range g.signers {
		if err := s.valid(time.Now()); err != nil { // in rehearsals, too, peers keep the machine's time
			return err
		}
	}
	return g.engine.follower.ready()
}

// CaughtUp tells whether the views have been where the ledger was since the start: what they say before may be of any
// age. Losing the peer later does not change it.
func (g *Gateway) CaughtUp() bool { return g.engine.CaughtUp() }

// Engine is the gateway but for its connection: it works on any Ledger, as test/sim's is one. Make it with NewEngine.
type Engine struct {
	follower    *follower
	dispatcher  *dispatcher
	stopTimeout time.Duration
}

// NewEngine makes an engine. What of the options is about connections it does not look at.
func NewEngine(inbox Inbox, views Views, o Options) (*Engine, error) {
	o = o.withDefaults()
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	flying := &flights{byID: map[string]*batch{}}
	f := &follower{views: views, flights: flying, metrics: m, log: o.Log, trouble: errStarting, caughtUp: make(chan struct{})}
	d := &dispatcher{
		inbox: inbox, views: views, flights: flying, metrics: m, log: o.Log, now: func() time.Time { return time.Now().Add(o.ClockOffset) },
		sched:         newScheduler(limits{o.BatchOperations, o.BatchBytes, o.InFlight}),
		statusTimeout: o.StatusTimeout,
		jitter:        o.Jitter,
		reports:       make(chan report),
		active:        map[*batch]bool{},
		courier: &courier{
			inbox: inbox, views: views, flights: flying, folded: f.height, metrics: m, log: o.Log,
			endorseTimeout: o.EndorseTimeout, submitTimeout: o.SubmitTimeout,
		},
	}
	f.tell = d.tell
	return &Engine{follower: f, dispatcher: d, stopTimeout: o.StopTimeout}, nil
}

// Run works on a ledger until the context ends and what is in flight is finished, or its time to is over. It may be called
// once.
func (e *Engine) Run(ctx context.Context, l Ledger) {
	e.follower.ledger, e.dispatcher.courier.ledger = l, l
	// What is in flight outlives the context by stopTimeout.
	working, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(e.stopTimeout, cancel) })
	defer stop()

	var following sync.WaitGroup
	following.Go(func() { e.follower.run(working) })
	select {
	case <-e.follower.caughtUp:
		e.dispatcher.run(working, ctx.Done())
	case <-ctx.Done():
	}
	cancel()
	following.Wait()
	e.dispatcher.legs.Wait()
}

// CaughtUp tells whether the views have been where the ledger was since the start.
func (e *Engine) CaughtUp() bool { return e.follower.current() }
