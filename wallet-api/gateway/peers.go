package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// When a peer is left for another. Looks are short beside what a client waits for, and long beside what a peer that works
// takes on a machine with much to do.
const (
	lookEvery = time.Second
	// lookTimeout is how long a peer may be silent.
	lookTimeout = 3 * time.Second
	// lagPatience is how long a peer may stand still while another has more blocks.
	lagPatience = 5 * time.Second
	// idlePatience is how long a peer may carry nothing of what it is given. It doubles with every peer that is left so
	// and did no better: then it is not the peers.
	idlePatience, mostIdle = 5 * time.Second, 2 * time.Minute
)

var errLeft = errors.New("the gateway has left this peer for another")

// peers is a Ledger that several peers of one organisation lead to. It uses one of them, and goes to another when that
// one is gone, hangs, gets no blocks, or carries nothing. Blocks then ends: whoever follows goes on where they were, from
// the other peer, which waits for blocks that it does not have yet.
type peers struct {
	list    []*fabric
	suspect chan struct{} // capacity 1: have a look now
	inUse   *prometheus.GaugeVec
	log     *slog.Logger
	now     func() time.Time

	mu      sync.Mutex
	use     int
	left    chan struct{} // closed when the peer in use is left
	highest uint64        // number of blocks that any peer ever had
	health  health        // of the peer in use
	idle    int           // how many peers were left in a row because they carried nothing
}

// health is what is known of the peer in use.
type health struct {
	height          uint64
	grew            time.Time // when it had more blocks than before, or as many as any other peer
	endorse, submit streak
}

// streak is when what a peer was given failed, first and last, with no success in between.
type streak struct{ first, last time.Time }

// tell adds to the streak, or ends it. Long after a failure the next begins another: in between nothing was asked.
func (s *streak) tell(failed bool, now time.Time) {
	switch {
	case !failed:
		*s = streak{}
	case now.Sub(s.last) > mostIdle:
		*s = streak{now, now}
	default:
		s.last = now
	}
}

func (s *streak) lasted() time.Duration { return s.last.Sub(s.first) }

func newPeers(o Options, transports []credentials.TransportCredentials, signers [certificates]signer) (*peers, error) {
	p := &peers{
		suspect: make(chan struct{}, 1), log: o.Log, now: time.Now, left: make(chan struct{}),
		inUse: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "wallet", Subsystem: "gateway", Name: "peer_in_use", Help: "1 for the peer that is used, 0 for the others.",
		}, []string{"peer"}),
	}
	if o.Metrics != nil {
		if err := o.Metrics.Register(p.inUse); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	for i, peer := range o.Peers {
		f, err := newFabric(peer, transports[i], o, signers)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.list = append(p.list, f)
		p.inUse.WithLabelValues(f.address)
	}
	p.begin(0)
	return p, nil
}

func (p *peers) close() error {
	var errs []error
	for _, f := range p.list {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// begin uses a peer. The caller holds mu, or nobody else knows p yet.
func (p *peers) begin(use int) {
	p.inUse.WithLabelValues(p.list[p.use].address).Set(0)
	p.inUse.WithLabelValues(p.list[use].address).Set(1)
	p.use, p.health = use, health{grew: p.now()}
}

// leave goes to another peer, and has everything end that is under way with this one.
func (p *peers) leave(next int, why error) {
	p.log.Warn("going to another peer", slog.String("from", p.list[p.use].address), slog.String("to", p.list[next].address), slog.Any("error", why))
	p.begin(next)
	close(p.left)
	p.left = make(chan struct{})
}

// with calls the peer in use, for as long as it is, and tells of its health what came of that.
func (p *peers) with(ctx context.Context, call func(context.Context, *fabric) error, tell func(*health, error)) error {
	p.mu.Lock()
	f, left := p.list[p.use], p.left
	p.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-left:
			cancel(errLeft)
		case <-ctx.Done():
		}
	}()
	err := call(ctx, f)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == left { // what a peer did that was left meanwhile is not the other's doing
		tell(&p.health, err)
	}
	if err != nil {
		p.look()
	}
	return err
}

// untold is of calls that say nothing about health.
func untold(*health, error) {}

// look has the peers looked at without waiting for the time to.
func (p *peers) look() {
	select {
	case p.suspect <- struct{}{}:
	default:
	}
}

func (p *peers) Endorse(ctx context.Context, as wallet.Certificate, batch []byte) (tx Envelope, err error) {
	err = p.with(ctx, func(ctx context.Context, f *fabric) (err error) {
		tx, err = f.Endorse(ctx, as, batch)
		return err
	}, func(h *health, err error) {
		var failed *endorseError
		h.endorse.tell(errors.As(err, &failed) && failed.reason == unavailable, p.now())
	})
	return tx, err
}

func (p *peers) Submit(ctx context.Context, signed []byte) error {
	return p.with(ctx, func(ctx context.Context, f *fabric) error {
		return f.Submit(ctx, signed)
	}, func(h *health, err error) {
		var failed *submitError
		h.submit.tell(errors.As(err, &failed) && !failed.refused, p.now())
		if err == nil {
			p.idle = 0
		}
	})
}

func (p *peers) Blocks(ctx context.Context, from uint64, each func(wallet.Block) error) error {
	return p.with(ctx, func(ctx context.Context, f *fabric) error {
		err := f.Blocks(ctx, from, each)
		return cmp.Or(context.Cause(ctx), err)
	}, untold)
}

// Height is the number of blocks of the ledger as far as any peer has told: one that another peer lacks is committed all
// the same.
func (p *peers) Height(ctx context.Context) (height uint64, err error) {
	err = p.with(ctx, func(ctx context.Context, f *fabric) (err error) {
		height, err = f.Height(ctx)
		return err
	}, untold)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.highest = max(p.highest, height)
	return p.highest, err
}

func (p *peers) raw(ctx context.Context, number uint64) (block []byte, err error) {
	err = p.with(ctx, func(ctx context.Context, f *fabric) (err error) {
		block, err = f.raw(ctx, number)
		return err
	}, untold)
	return block, err
}

// watch looks after the peer in use until the context ends. Where there is no other it has nothing to do.
func (p *peers) watch(ctx context.Context) {
	if len(p.list) == 1 {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.suspect:
		}
		p.judge(p.ask(ctx))
		// Calls that fail come in swarms.
		if wait := (&pause{first: lookEvery / 10, most: lookEvery / 10}); !wait.sleep(ctx) {
			return
		}
	}
}

// told is what a peer answered.
type told struct {
	height uint64
	err    error
}

// ask asks every peer how many blocks it has.
func (p *peers) ask(ctx context.Context) []told {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	answers := make([]told, len(p.list))
	var asking sync.WaitGroup
	for i, f := range p.list {
		asking.Go(func() { answers[i].height, answers[i].err = f.Height(ctx) })
	}
	asking.Wait()
	return answers
}

// judge goes to another peer if there is reason to, and one that answers.
func (p *peers) judge(answers []told) {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1 // of the others, the one with the most blocks, and the first after the one in use if several have as many
	for i := 1; i < len(p.list); i++ {
		other := (p.use + i) % len(p.list)
		if answers[other].err == nil && (best < 0 || answers[other].height > answers[best].height) {
			best = other
		}
	}
	if best < 0 {
		return
	}
	now, own := p.now(), answers[p.use]
	p.highest = max(p.highest, own.height, answers[best].height)
	if own.err != nil {
		p.leave(best, own.err)
		return
	}
	if own.height > p.health.height || own.height >= answers[best].height {
		p.health.height, p.health.grew = own.height, now
	}
	switch {
	case now.Sub(p.health.grew) > lagPatience:
		p.leave(best, fmt.Errorf("the peer has had %d blocks for %v, another has %d", own.height, lagPatience, answers[best].height))
	case max(p.health.endorse.lasted(), p.health.submit.lasted()) > doubled(idlePatience, mostIdle, p.idle):
		p.idle++
		p.leave(best, errors.New("the peer carries nothing of what it is given"))
	}
}
