package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/gateway"
	"github.com/destinasia/dollars/wallet-api/inbox"
	"github.com/destinasia/dollars/wallet-api/readmodel"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// replica is one of the wallet services: its disk, its clock, and the process that runs, if one does.
type replica struct {
	w      *world
	number int
	disk   *platter
	skew   time.Duration
	runs   int
	known  uint64   // the most blocks its views have had, now or before a power loss
	proc   *process // the newest
}

// now is the time by the replica's clock.
func (r *replica) now() time.Time { return r.w.now().Add(r.skew) }

// process is one life of a replica's service.
type process struct {
	w    *world
	r    *replica
	name string
	died chan struct{}
	over chan struct{} // closed when it has ended
	stop context.CancelFunc

	// Set when it serves. They are read by the world's goroutine, and by clients'.
	serves bool
	inbox  *inbox.Inbox
	views  *readmodel.Views
	wallet *wallet.Service
	intake wallet.Intake

	requests sync.WaitGroup // of clients, under way

	folding bool // a block is going into the views
}

// start starts the service on what is on its disk.
func (r *replica) start() {
	r.runs++
	ctx, stop := context.WithCancel(context.Background())
	p := &process{
		w: r.w, r: r, name: fmt.Sprintf("replica %d.%d", r.number, r.runs),
		died: make(chan struct{}), over: make(chan struct{}), stop: stop,
	}
	r.proc = p
	r.w.processes = append(r.w.processes, p)
	go func() {
		defer close(p.over)
		if err := p.run(ctx); err != nil && !p.dead() {
			p.w.arrive(&call{key: p.name + " ended", do: func() { p.ended(err) }})
		}
	}()
}

// ended is a process that could not go on: because of its disk, or it should have.
func (p *process) ended(err error) {
	if !errors.Is(err, errDisk) {
		p.w.fail("%s could not run: %v", p.name, err)
	}
	p.w.bury(p, false)
}

func (p *process) dead() bool {
	select {
	case <-p.died:
		return true
	default:
		return false
	}
}

// run is what package service does, but for the network.
func (p *process) run(ctx context.Context) error {
	in, err := inbox.Open("inbox", inbox.Options{Now: p.r.now, Medium: medium{p, "inbox"}})
	if err != nil {
		return err
	}
	defer in.Close()
	views, err := readmodel.Open("views", readmodel.Options{Now: p.r.now, Medium: medium{p, "views"}})
	if err != nil {
		return err
	}
	defer views.Close()
	gate := newInboxGate(p, in)
	jitter := rand.New(rand.NewPCG(p.w.seed, uint64(p.r.number)<<32|uint64(p.r.runs)))
	engine, err := gateway.NewEngine(gate, viewsGate{views, p}, gateway.Options{
		BatchOperations: p.w.batch, InFlight: 4,
		Log:         slog.New(slog.DiscardHandler),
		Jitter:      func(most time.Duration) time.Duration { return time.Duration(jitter.Int64N(int64(most))) },
		ClockOffset: time.Until(p.r.now()),
	})
	if err != nil {
		return err
	}
	pending, err := in.Pending(ctx, wallet.ClassOrder)
	if err != nil {
		return err
	}
	currency, _ := dollars.CurrencyOf(chaincode)
	service := wallet.New(
		wallet.Ports{Intake: gate, Views: views, Directory: p.w.directory},
		wallet.LedgerInfo{Currency: currency, Channel: channel, Chaincode: chaincode},
		wallet.Options{Pending: pending, CaughtUp: engine.CaughtUp, Now: p.r.now},
	)
	if err := p.turn(ctx, &call{key: "serves", do: func() {
		p.inbox, p.views, p.wallet, p.intake, p.serves = in, views, service, gate, true
		p.w.checkViews(p) // what the process before this one folded, though it may have died before that was looked at
	}}); err != nil {
		return err
	}
	var parts sync.WaitGroup
	parts.Go(func() { gate.forward(ctx) })
	parts.Go(func() { p.watch(ctx, in) })
	parts.Go(func() { p.sweep(ctx, service) })
	engine.Run(ctx, ledger{p})
	p.stop()
	parts.Wait()
	err = p.turn(context.Background(), &call{key: "has stopped", do: func() { p.w.bury(p, false) }})
	p.requests.Wait() // before the stores are closed under them
	return err
}

// watch ends the process when its disk has failed, as the service does.
func (p *process) watch(ctx context.Context, in *inbox.Inbox) {
	select {
	case <-ctx.Done():
	case <-in.Failed():
		_ = p.turn(ctx, &call{key: "gives up, for its disk failed", do: func() { p.w.crash(p.r, false) }})
	}
}

// sweep releases holds that have ended, as the service does.
func (p *process) sweep(ctx context.Context, service *wallet.Service) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, _ = service.Sweep(ctx) // tried again
	}
}

// write waits for the turn of a write to the disk, which may fail.
func (p *process) write(what string) error { return p.writeTorn(what, nil) }

func (p *process) writeTorn(what string, torn func()) error {
	failed := false
	err := p.turn(context.Background(), &call{key: what, delay: 50 * time.Microsecond, worst: 4 * time.Millisecond, torn: torn, write: true, do: func() {
		failed = p.w.strikes(diskFailed)
	}})
	if err == nil && failed {
		err = errDisk
	}
	return err
}

// inboxGate is the inbox with a turn before and after whatever it is asked for by the gateway and the use cases.
type inboxGate struct {
	*inbox.Inbox
	p     *process
	ready chan struct{}
}

func newInboxGate(p *process, in *inbox.Inbox) *inboxGate {
	return &inboxGate{Inbox: in, p: p, ready: make(chan struct{}, 1)}
}

// forward hands on that there is work.
func (g *inboxGate) forward(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.Inbox.Ready():
		}
		if err := g.p.turn(ctx, &call{key: "hears that there is work"}); err != nil {
			return
		}
		select {
		case g.ready <- struct{}{}:
		default:
		}
	}
}

func (g *inboxGate) Ready() <-chan struct{} { return g.ready }

// around has something happen between two turns.
func (p *process) around(ctx context.Context, what string, do func() error) error {
	if err := p.turn(ctx, &call{key: what}); err != nil {
		return err
	}
	err := do()
	if dead := p.turn(context.WithoutCancel(ctx), &call{key: what + ": done"}); dead != nil {
		return dead
	}
	return err
}

func (g *inboxGate) Accept(ctx context.Context, work []wallet.Work) (receipts []wallet.Receipt, err error) {
	err = g.p.around(ctx, fmt.Sprintf("accepts %x and %d more", work[0].ID[:6], len(work)-1), func() (err error) {
		receipts, err = g.Inbox.Accept(ctx, work)
		return err
	})
	return receipts, err
}

func (g *inboxGate) Submitting(ctx context.Context, s wallet.Submission) error {
	return g.p.around(ctx, "keeps "+s.TxID[:12], func() error { return g.Inbox.Submitting(ctx, s) })
}

func (g *inboxGate) Settle(ctx context.Context, done []wallet.Status, txIDs []string) error {
	what := "settles"
	for _, s := range done {
		what += fmt.Sprintf(" %x", s.Work.ID[:4])
	}
	for _, id := range txIDs {
		what += " " + id[:12]
	}
	return g.p.around(ctx, what, func() error { return g.Inbox.Settle(ctx, done, txIDs) })
}

// viewsGate is the views with a turn before and after a block goes into them, and before couriers look into them.
type viewsGate struct {
	*readmodel.Views
	p *process
}

func (g viewsGate) Transaction(ctx context.Context, txID string) (wallet.TransactionAt, error) {
	if err := g.p.turn(ctx, &call{key: "looks for " + txID[:12]}); err != nil {
		return wallet.TransactionAt{}, err
	}
	return g.Views.Transaction(ctx, txID)
}

func (g viewsGate) Fold(ctx context.Context, b wallet.Block) error {
	what := fmt.Sprintf("folds block %d", b.Number)
	if err := g.p.turn(ctx, &call{key: what, do: func() { g.p.folding = true }}); err != nil {
		return err
	}
	err := g.Views.Fold(ctx, b)
	if dead := g.p.turn(context.WithoutCancel(ctx), &call{key: what + ": done", do: func() {
		g.p.folding = false
		if err == nil {
			g.p.w.checkViews(g.p)
		}
	}}); dead != nil {
		return dead
	}
	return err
}
