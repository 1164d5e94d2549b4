package gateway

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// twoPeers is the ledger behind two peers with so many blocks each.
func twoPeers(t *testing.T, blocks ...int) (*peers, []*testPeer, *prometheus.Registry) {
	t.Helper()
	var list []*testPeer
	var o Options
	var transports []credentials.TransportCredentials
	var signers [certificates]signer
	for _, n := range blocks {
		one := &testPeer{follow: true}
		one.grow(n)
		own := one.serve(t)
		g, err := New(newDisk().open(), newDisk().open(), own)
		if err != nil {
			t.Fatal(err)
		}
		transports, signers = append(transports, g.peers...), g.signers
		own.Peers = append(o.Peers, own.Peers...)
		o, list = own, append(list, one)
	}
	metrics := prometheus.NewRegistry()
	o.Log, o.Metrics = slog.New(slog.DiscardHandler), metrics
	p, err := newPeers(o, transports, signers)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.watch(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p, list, metrics
}

// peerInUse is the peer that the metric says is used.
func peerInUse(t *testing.T, metrics *prometheus.Registry) (used string) {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if m.GetGauge().GetValue() == 1 {
				used += m.GetLabel()[0].GetValue()
			}
		}
	}
	return used
}

// grow gives the peer more blocks.
func (p *testPeer) grow(to int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.blocks); n < to; n++ {
		p.blocks = append(p.blocks, testBlock(uint64(n), nil))
	}
}

func (p *testPeer) hang() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung = make(chan struct{})
}

// follow collects the numbers of blocks as a follower would: it begins again where it was, whenever a stream ends.
func follow(ctx context.Context, p *peers) <-chan uint64 {
	numbers := make(chan uint64)
	go func() {
		defer close(numbers)
		for next := uint64(0); ctx.Err() == nil; {
			_ = p.Blocks(ctx, next, func(b wallet.Block) error {
				select {
				case numbers <- b.Number:
				case <-ctx.Done():
				}
				next = b.Number + 1
				return ctx.Err()
			})
		}
	}()
	return numbers
}

// limit is for what takes some seconds at most where the machine does nothing else.
const limit = time.Minute

// unlessLeft repeats what failed because the peer in use was left meanwhile: where the machine has much to do, that may be
// one that is merely slow.
func (p *peers) unlessLeft(call func() error) (err error) {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		p.mu.Lock()
		left := p.left
		p.mu.Unlock()
		if err = call(); err == nil {
			return nil
		}
		select {
		case <-left:
		default:
			return err
		}
	}
	return err
}

func expectBlocks(t *testing.T, numbers <-chan uint64, from, to uint64) {
	t.Helper()
	for want := from; want < to; want++ {
		select {
		case got := <-numbers:
			if got != want {
				t.Fatalf("block %d follows, want %d", got, want)
			}
		case <-time.After(limit):
			t.Fatalf("block %d does not come", want)
		}
	}
}

func TestPeerThatIsGoneOrHangsIsLeft(t *testing.T) {
	for name, harm := range map[string]func(*testPeer){
		"gone":  func(p *testPeer) { p.server.Stop() },
		"hangs": (*testPeer).hang,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, list, metrics := twoPeers(t, 5, 4) // the other is a block behind
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			numbers := follow(ctx, p)
			expectBlocks(t, numbers, 0, 5)
			var height uint64
			var tx Envelope
			heightOf := func() (err error) { height, err = p.Height(ctx); return err }
			endorse := func() (err error) { tx, err = p.Endorse(ctx, wallet.AsIssuer, []byte("batch")); return err }
			if err := p.unlessLeft(heightOf); err != nil || height != 5 {
				t.Fatalf("height %d, %v", height, err)
			}
			if err := p.unlessLeft(endorse); err != nil {
				t.Fatal(err)
			}
			harm(list[0])
			deadline := time.Now().Add(limit)
			for p.Submit(ctx, tx.Signed) != nil {
				if time.Now().After(deadline) {
					t.Fatal("the other peer is not used")
				}
				time.Sleep(10 * time.Millisecond)
			}
			list[1].mu.Lock()
			if len(list[1].submitted) == 0 {
				t.Error("the other peer was given nothing")
			}
			list[1].mu.Unlock()
			// Its height is not the ledger's: block 4 is committed.
			if err := p.unlessLeft(heightOf); err != nil || height != 5 {
				t.Errorf("height %d, %v", height, err)
			}
			list[1].grow(8)
			expectBlocks(t, numbers, 5, 8)
			if used := peerInUse(t, metrics); used != p.list[1].address {
				t.Errorf("the metric says %q", used)
			}
		})
	}
}

func TestPeersAreJudgedByWhatTheyDo(t *testing.T) {
	gone := told{err: errors.New("gone")}
	at := func(heights ...uint64) (list []told) {
		for _, h := range heights {
			list = append(list, told{height: h})
		}
		return list
	}
	type look struct {
		after time.Duration
		says  []told
		fails bool // before the look, something was not carried
		use   int
	}
	for name, looks := range map[string][]look{
		"all is well":             {{0, at(5, 5), false, 0}, {time.Minute, at(5, 5), false, 0}},
		"a block behind, growing": {{0, at(5, 6), false, 0}, {4 * time.Second, at(6, 7), false, 0}, {8 * time.Second, at(7, 8), false, 0}},
		"behind and still":        {{0, at(5, 6), false, 0}, {4 * time.Second, at(5, 7), false, 0}, {6 * time.Second, at(5, 8), false, 1}},
		"gone":                    {{0, []told{gone, {height: 3}}, false, 1}},
		"both gone":               {{0, []told{gone, gone}, false, 0}, {time.Hour, []told{gone, {height: 1}}, false, 1}},
		"the other gone":          {{0, []told{{height: 5}, gone}, true, 0}, {time.Hour, []told{{height: 5}, gone}, true, 0}},
		"the best of the others":  {{0, []told{gone, {height: 3}, {height: 4}}, false, 2}},
		"carries nothing": {
			{0, at(5, 5), true, 0},
			{4 * time.Second, at(5, 5), true, 0},
			{6 * time.Second, at(5, 5), true, 1},
			{12 * time.Second, at(5, 5), true, 1}, // the other does no better: it is given longer
			{23 * time.Second, at(5, 5), true, 0},
		},
	} {
		start := time.Unix(1_000_000, 0)
		now := start
		p := &peers{now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler), left: make(chan struct{})}
		p.inUse = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "peer_in_use"}, []string{"peer"})
		for range looks[0].says {
			p.list = append(p.list, &fabric{})
		}
		p.begin(0)
		for i, l := range looks {
			now = start.Add(l.after)
			if l.fails {
				p.health.submit.tell(true, now)
			}
			left, use := p.left, p.use
			p.judge(l.says)
			if p.use != l.use {
				t.Errorf("%s: after look %d peer %d is used, want %d", name, i, p.use, l.use)
			}
			select {
			case <-left:
				if p.use == use {
					t.Errorf("%s: what was under way was ended although the peer was kept", name)
				}
			default:
				if p.use != use {
					t.Errorf("%s: what was under way with the other peer goes on", name)
				}
			}
		}
	}
}

func TestStreakIsOfFailuresWithoutSuccessBetween(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	for name, test := range map[string]struct {
		failed []bool
		pause  time.Duration
		want   time.Duration
	}{
		"one":           {[]bool{true}, time.Minute, 0},
		"three":         {[]bool{true, true, true}, time.Minute, 2 * time.Minute},
		"with success":  {[]bool{true, true, false, true}, time.Minute, 0},
		"far from each": {[]bool{true, true}, time.Hour, 0},
	} {
		var s streak
		for i, failed := range test.failed {
			s.tell(failed, start.Add(time.Duration(i)*test.pause))
		}
		if got := s.lasted(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
