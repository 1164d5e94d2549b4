package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// benchRun is a run of the benchmark on its network.
type benchRun struct {
	*app
	benchOptions
	network   *native.Network
	ledger    *rulesLedger
	asset     string
	events    *client.Client // as a booking system
	refusals  *refusals      // of what it sent
	keys      map[string]string
	processes map[string]int // process ids by name, the load generator's among them
	orders    *workload.Orders
	baseline  *benchBaseline
}

// benchWorkload is a workload as it is run: what its variants do, the one that others are compared with first.
type benchWorkload struct {
	name, unit string
	reads      bool
	aside      bool                        // it compares something else than the service with the baseline
	prepare    func(context.Context) error // once, before the first lap; nil where there is nothing to
	variants   []benchVariant
}

// benchVariant makes a round of the variant ready, which is not measured, and answers what runs it.
type benchVariant struct {
	name  string
	ready func(ctx context.Context, label string) (benchRound, error)
	// light measures how long things take at a steady rate, after a round; nil where that is not asked for.
	light func(ctx context.Context, label string, perSecond float64) (bench.Light, error)
}

type benchRound func(context.Context) (benchOutcome, error)

// benchOutcome is what came of a round.
type benchOutcome struct {
	done    int
	seconds float64
	took    []time.Duration
	// ask, if not nil, finds out what things took, after the round: asking costs.
	ask func(context.Context) ([]time.Duration, error)
	bench.Cost
}

// The variants of most workloads.
const (
	variantBaseline = "baseline"
	variantDollars  = "dollars"
	variantRelayed  = "dollars, relayed" // by a program, workload.Together at once
)

func (a *app) newBenchRun(ctx context.Context, n *native.Network, o benchOptions) (b *benchRun, err error) {
	name, err := ledgerOf(n)
	if err != nil {
		return nil, err
	}
	b = &benchRun{app: a, benchOptions: o, network: n, asset: name.currency.Asset, refusals: &refusals{}, processes: map[string]int{bench.LoadGenerator: os.Getpid()}}
	if b.keys, err = readAPIKeys(n.Dir); err != nil {
		return nil, err
	}
	if b.events, err = client.New(restURL(n), client.Options{Token: b.keys[roleBooking], RetryFor: feedPatience, HTTP: b.refusals}); err != nil {
		return nil, err
	}
	for _, part := range n.Status(ctx).Parts {
		b.processes[part.Name] = part.PID
	}
	members, err := workload.NewMembers(o.members)
	if err != nil {
		return nil, err
	}
	b.orders = workload.NewOrders(members, workload.Ledger{Currency: name.currency, Channel: name.channel, Chaincode: name.chaincode}, b.keys[roleMember], time.Now())
	if b.ledger, err = openRulesLedger(n); err != nil {
		return nil, err
	}
	b.baseline, err = newBenchBaseline(b)
	if err != nil {
		return nil, errors.Join(err, b.ledger.close())
	}
	return b, nil
}

func (b *benchRun) close() error { return errors.Join(b.baseline.close(), b.ledger.close()) }

// runAll gives everybody something to spend and runs the workloads that were asked for.
func (b *benchRun) runAll(ctx context.Context) (all []bench.Workload, err error) {
	if err := b.enrol(ctx); err != nil {
		return nil, err
	}
	rules, err := b.rules()
	if err != nil {
		return nil, err
	}
	for _, w := range []benchWorkload{
		b.award(), b.transfer(), b.hotTo(), b.hotFrom(), b.redeem(), b.mix(), b.balance(), b.history(), rules,
	} {
		if !slices.Contains(b.workloads, w.name) {
			continue
		}
		found, err := b.run(ctx, w)
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

func (b *benchRun) settings() bench.Settings {
	s := bench.Settings{
		Laps: b.laps, Seconds: b.lasts().Seconds(), Events: b.awardEvents(), Members: b.members, Connections: b.connections(), Relays: b.relays(),
		Baseline: map[string]int{},
	}
	for contention, connections := range b.baseline.best {
		s.Baseline[string(contention)] = connections
	}
	return s
}

// run runs all laps of a workload.
func (b *benchRun) run(ctx context.Context, w benchWorkload) (bench.Workload, error) {
	found := bench.Workload{Name: w.name, Unit: w.unit, Aside: w.aside}
	if w.prepare != nil {
		if err := w.prepare(ctx); err != nil {
			return found, fmt.Errorf("prepare %s: %w", w.name, err)
		}
	}
	for lap := 1; lap <= b.laps; lap++ {
		for _, v := range bench.Lap(lap, w.variants) {
			label := fmt.Sprintf("%s, lap %d of %d, %s", w.name, lap, b.laps, v.name)
			m, err := b.round(ctx, label, fmt.Sprintf("%s-round-%d", w.name, len(found.Rounds)+1), v)
			if err != nil {
				return found, fmt.Errorf("%s: %w", label, err)
			}
			m.Lap, m.Variant = lap, v.name
			if w.reads {
				m.Disk = nil // What is written meanwhile has its own workloads.
			}
			found.Rounds = append(found.Rounds, m)
			fmt.Fprintf(b.errs, "%s: %s %s/s\n", label, figure(m.Rate()), w.unit)
		}
	}
	var names []string
	for _, v := range w.variants {
		names = append(names, v.name)
	}
	found.Variants = bench.Summarise(names, found.Rounds)
	return found, nil
}

// round runs a round when what was before is settled, waits until all of it is, and measures.
func (b *benchRun) round(ctx context.Context, label, id string, v benchVariant) (m bench.Measured, err error) {
	round, err := v.ready(ctx, id)
	if err != nil {
		return m, err
	}
	if err := b.settle(ctx); err != nil {
		return m, err
	}
	for _, pid := range b.processes {
		bench.ForgetPeak(pid)
	}
	before, err := b.use(ctx)
	if err != nil {
		return m, err
	}
	outcome, err := round(ctx)
	if err != nil {
		return m, err
	}
	if err := b.settle(ctx); err != nil {
		return m, err
	}
	after, err := b.use(ctx)
	if err != nil {
		return m, err
	}
	m = after.since(before)
	m.Done, m.Seconds = outcome.done, outcome.seconds
	m.Merge(outcome.Cost)
	if outcome.ask != nil {
		if outcome.took, err = outcome.ask(ctx); err != nil {
			return m, err
		}
	}
	m.Latency = bench.LatencyOf(outcome.took)
	if v.light != nil {
		light, err := v.light(ctx, id+"-light", m.Rate()/10)
		if err != nil {
			return m, err
		}
		m.Light = &light
	}
	return m, nil
}

// quiet is how long the network is left alone between rounds, so that what it does in the background is done.
const quiet = 500 * time.Millisecond

// settle waits until every peer and the service's views have all blocks, and then a little longer.
func (b *benchRun) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, watchPatience, fmt.Errorf("peers and views do not come to the same height within %s", watchPatience))
	defer cancel()
	for {
		heights, err := b.ledger.admin.Heights(ctx)
		if err != nil {
			return err
		}
		supply, err := b.supply(ctx)
		if err != nil {
			return err
		}
		same := true
		for _, height := range heights {
			same = same && height == supply.Height
		}
		if same {
			return sleep(ctx, quiet)
		}
		if err := sleep(ctx, feedPause); err != nil {
			return context.Cause(ctx)
		}
	}
}

func (b *benchRun) supply(ctx context.Context) (client.AssetSupply, error) {
	return readSupply(ctx, b.events, b.asset)
}

// use is what processes, their data and the gateway's counters stood at.
type use struct {
	cpu     map[string]time.Duration
	memory  map[string]uint64
	disk    map[string]int64
	metrics map[string]float64
}

func (b *benchRun) use(ctx context.Context) (u use, err error) {
	u = use{cpu: map[string]time.Duration{}, memory: map[string]uint64{}}
	for name, pid := range b.processes {
		usage, err := bench.UsageOf(pid)
		if errors.Is(err, errors.ErrUnsupported) {
			break
		}
		if err != nil {
			return u, fmt.Errorf("%s: %w", name, err)
		}
		u.cpu[name], u.memory[name] = usage.CPU, usage.Peak
	}
	if u.disk, err = diskOf(b.network); err != nil {
		return u, err
	}
	u.metrics, err = readMetrics(ctx, restURL(b.network)+"/metrics")
	return u, err
}

// since is what was used since before; the peaks of memory are of then on.
func (u use) since(before use) (m bench.Measured) {
	m.CPU, m.Memory, m.Disk = map[string]float64{}, u.memory, map[string]int64{}
	m.Aborted, m.Retried, m.Refused = map[string]int{}, map[string]int{}, map[string]int{}
	for name, used := range u.cpu {
		m.CPU[name] = (used - before.cpu[name]).Seconds()
	}
	for what, bytes := range u.disk {
		m.Disk[what] = bytes - before.disk[what]
	}
	for series, value := range u.metrics {
		grown := int(value - before.metrics[series])
		if grown == 0 {
			continue
		}
		if reason, ok := label(series, "wallet_gateway_retries_total", "reason"); ok {
			m.Retried[reason] += grown
		}
		if code, ok := label(series, "wallet_gateway_batches_total", "code"); ok && code != "VALID" {
			m.Aborted[code] += grown
		}
	}
	return m
}

// refusals counts what the service refuses for the time being; the client sends it again.
type refusals struct {
	mu     sync.Mutex
	counts map[string]int
}

// RoundTrip is http.DefaultTransport's.
func (r *refusals) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err == nil && (answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.counts == nil {
			r.counts = map[string]int{}
		}
		r.counts[strconv.Itoa(answer.StatusCode)]++
	}
	return answer, err
}

// taken are the counts since they were last taken.
func (r *refusals) taken() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := r.counts
	r.counts = nil
	return counts
}
