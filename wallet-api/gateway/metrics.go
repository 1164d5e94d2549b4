package gateway

import (
	"time"

	"github.com/destinasia/dollars/wallet-api/wallet"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the gateway counts, under wallet_gateway_.
type metrics struct {
	batches     *prometheus.CounterVec // class, code
	operations  *prometheus.CounterVec // outcome
	retries     *prometheus.CounterVec // reason
	resubmitted prometheus.Counter
	inFlight    *prometheus.GaugeVec // class
	age         *prometheus.GaugeVec // class
	size        prometheus.Histogram
	endorse     prometheus.Histogram
	commit      prometheus.Histogram
	height      prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	const space, part = "wallet", "gateway"
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: space, Subsystem: part, Name: name, Help: help}, labels)
	}
	gauges := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: space, Subsystem: part, Name: name, Help: help}, []string{"class"})
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: space, Subsystem: part, Name: name, Help: help, Buckets: buckets})
	}
	m := &metrics{
		batches:    counters("batches_total", "Transactions in blocks, by class and Fabric's validation code.", "class", "code"),
		operations: counters("operations_total", "Operations of valid transactions, by outcome.", "outcome"),
		retries:    counters("retries_total", "Works that were tried again, by reason.", "reason"),
		resubmitted: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: space, Subsystem: part, Name: "resubmissions_total", Help: "Envelopes submitted again because no block showed them in time.",
		}),
		inFlight: gauges("in_flight", "Batches formed and not settled."),
		age:      gauges("queue_age_seconds", "Age of the oldest work that is in no batch."),
		size:     histogram("batch_operations", "Operations of endorsed batches.", prometheus.ExponentialBuckets(1, 2, 12)),
		endorse:  histogram("endorse_seconds", "Time to endorse a batch.", prometheus.ExponentialBuckets(0.005, 2, 12)),
		commit:   histogram("commit_seconds", "Time from forming a batch to its block being folded.", prometheus.ExponentialBuckets(0.025, 2, 12)),
		height: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: space, Subsystem: part, Name: "height", Help: "Blocks folded into the views.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.batches, m.operations, m.retries, m.resubmitted, m.inFlight, m.age, m.size, m.endorse, m.commit, m.height,
	} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) endorsed(operations int, took time.Duration) {
	m.size.Observe(float64(operations))
	m.endorse.Observe(took.Seconds())
}

func (m *metrics) committed(b *batch, at wallet.TransactionAt, now time.Time) {
	m.batches.WithLabelValues(b.class.String(), at.Code).Inc()
	m.commit.Observe(now.Sub(b.formed).Seconds())
	for _, r := range at.Results {
		m.operations.WithLabelValues(r.Outcome.String()).Inc()
	}
}
