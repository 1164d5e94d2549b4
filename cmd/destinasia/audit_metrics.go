package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/topology"
)

// auditMetrics are what an audit that follows the chain shows to Prometheus.
type auditMetrics struct {
	registry                                              *prometheus.Registry
	height, operations, outstanding, diverged, checkpoint prometheus.Gauge
	peerHeight, peerUp, lag                               *prometheus.GaugeVec

	mu        sync.Mutex
	heights   map[string]uint64 // of peers
	audited   uint64
	lastBlock time.Time
	final     atomic.Bool   // the metrics will not change any more
	scraped   chan struct{} // has room for one: somebody read them since
}

func newAuditMetrics() *auditMetrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "destinasia_audit_" + name, Help: help})
	}
	ofPeer := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "destinasia_audit_" + name, Help: help}, []string{"peer"})
	}
	m := &auditMetrics{
		registry:    prometheus.NewRegistry(),
		height:      gauge("height", "Blocks found right, from the genesis block on."),
		operations:  gauge("operations", "Operations executed again and found right, those behind the checkpoint included."),
		outstanding: gauge("outstanding_cents", "What all accounts have, in hundredths of a D$."),
		diverged:    gauge("diverged", "1 after the first divergence, which ends the audit."),
		checkpoint:  gauge("checkpoint_height", "Height of the last checkpoint that was left; 0 if none was."),
		peerHeight:  ofPeer("peer_height", "Blocks a peer had when it last answered."),
		peerUp:      ofPeer("peer_up", "1 if a peer answers, 0 if it does not: its height and lag are then those of before."),
		lag:         ofPeer("lag_blocks", "Blocks that a peer had when it last answered and that are not audited yet; 0 if it is behind what is."),
		heights:     map[string]uint64{}, lastBlock: time.Now(), scraped: make(chan struct{}, 1),
	}
	m.registry.MustRegister(m.height, m.operations, m.outstanding, m.diverged, m.checkpoint, m.peerHeight, m.peerUp, m.lag,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "destinasia_audit_seconds_since_block", Help: "Since the last block was found right, or since the audit began.",
		}, func() float64 {
			m.mu.Lock()
			defer m.mu.Unlock()
			return time.Since(m.lastBlock).Seconds()
		}))
	return m
}

// block takes in a block that was found right.
func (m *auditMetrics) block(r audit.Report) {
	m.height.Set(float64(r.Height))
	m.operations.Set(float64(r.Operations))
	m.outstanding.Set(float64(r.Outstanding))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.audited, m.lastBlock = r.Height, time.Now()
	for peer := range m.heights {
		m.setLag(peer)
	}
}

// peer takes in how many blocks a peer has.
func (m *auditMetrics) peer(name string, height uint64) {
	m.peerUp.WithLabelValues(name).Set(1)
	m.peerHeight.WithLabelValues(name).Set(float64(height))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heights[name] = height
	m.setLag(name)
}

// silent takes in that a peer does not answer.
func (m *auditMetrics) silent(name string) { m.peerUp.WithLabelValues(name).Set(0) }

// setLag is called with the lock held. A peer that is behind what is audited lags by nothing: others had the blocks.
func (m *auditMetrics) setLag(peer string) {
	m.lag.WithLabelValues(peer).Set(float64(max(m.heights[peer], m.audited) - m.audited))
}

// handler answers /metrics.
func (m *auditMetrics) handler() http.Handler {
	answer := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		final := m.final.Load()
		answer.ServeHTTP(w, r)
		if final {
			select {
			case m.scraped <- struct{}{}:
			default:
			}
		}
	})
	return mux
}

// serve answers /metrics until stop is called. Without a host it listens on the loopback only.
func (m *auditMetrics) serve(address string) (stop func(), err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--metrics %s: %w; it takes an address such as 127.0.0.1:9400", address, err)
	}
	if host == "" {
		host = topology.Host
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("--metrics: %w", err)
	}
	server := &http.Server{Handler: m.handler(), ReadHeaderTimeout: 5 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // ends when it is closed
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx) // who is still reading may finish
		_ = server.Close()
		serving.Wait()
	}, nil
}

// showDivergence returns when somebody has read of it, or nobody did in time.
func (m *auditMetrics) showDivergence(ctx context.Context, patience time.Duration) {
	m.diverged.Set(1)
	m.final.Store(true)
	select {
	case <-m.scraped:
	case <-time.After(patience):
	case <-ctx.Done():
	}
}
