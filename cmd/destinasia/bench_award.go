package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/wallet-api/client"
)

// How events are sent. The service is kept full but not flooded: with more under way, it would only queue longer.
const (
	benchConnections = 4
	benchBatch       = 100
	benchUnderWay    = 6_000 // operations: what the service takes out of its inbox at a time
)

// awarding is the workload award under way: bookings are confirmed and completed.
type awarding struct {
	*app
	network   *native.Network
	ledger    *rulesLedger
	asset     string
	events    *client.Client // as a booking system
	processes map[string]int // process ids by name, the load generator's among them
}

// benchAward runs the rounds of the workload award.
func (a *app) benchAward(ctx context.Context, n *native.Network, o benchOptions) (w bench.Workload, err error) {
	w.Name = "award"
	b, err := a.newAwarding(ctx, n)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, b.ledger.close()) }()
	sets, err := bench.RuleSets()
	if err != nil {
		return w, err
	}
	if err := b.enrol(ctx); err != nil {
		return w, err
	}
	var names []string
	for _, rules := range sets {
		names = append(names, rules.Name)
	}
	// Before the first lap caches fill, and budgets are shared out among batches for the first time.
	for i, rules := range bench.Lap(0, sets) {
		if _, err := b.roundUnder(ctx, rules, "warming up, "+rules.Name, bench.Award(fmt.Sprintf("w%d", i+1), o.events/2)); err != nil {
			return w, err
		}
	}
	for lap := 1; lap <= o.rounds; lap++ {
		for _, rules := range bench.Lap(lap, sets) {
			number := len(w.Rounds) + 1
			name := fmt.Sprintf("round %d of %d, %s", number, o.rounds*len(sets), rules.Name)
			m, err := b.roundUnder(ctx, rules, name, bench.Award(fmt.Sprintf("r%d", number), o.events))
			if err != nil {
				return w, err
			}
			m.Lap = lap
			w.Rounds = append(w.Rounds, m)
			fmt.Fprintf(a.errs, "%s: %.0f events/s\n", name, m.EventsPerSecond())
		}
	}
	w.Rules = bench.Summarise(names, w.Rounds)
	w.Peaks, err = b.peaks()
	return w, err
}

func (a *app) newAwarding(ctx context.Context, n *native.Network) (*awarding, error) {
	name, err := ledgerOf(n)
	if err != nil {
		return nil, err
	}
	b := &awarding{app: a, network: n, asset: name.currency.Asset, processes: map[string]int{bench.LoadGenerator: os.Getpid()}}
	if b.events, err = connect(n, roleBooking, feedPatience); err != nil {
		return nil, err
	}
	for _, part := range n.Status(ctx).Parts {
		b.processes[part.Name] = part.PID
	}
	b.ledger, err = openRulesLedger(n)
	return b, err
}

func (b *awarding) enrol(ctx context.Context) error {
	members, err := connect(b.network, roleMember, feedPatience)
	if err == nil {
		_, err = b.enrolAll(ctx, members, bench.Members())
	}
	if err != nil {
		return fmt.Errorf("enrol members: %w", err)
	}
	return nil
}

// roundUnder runs a round under a rule set.
func (b *awarding) roundUnder(ctx context.Context, rules bench.Rules, name string, round bench.Round) (m bench.Measured, err error) {
	version, err := b.publish(ctx, rules.Set)
	if err == nil {
		m, err = b.round(ctx, name, round)
	}
	if err == nil {
		err = b.earnedBy(ctx, round, version)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	m.Rules = rules.Name
	return m, nil
}

// publish puts a rule set in force as its two people would, unless it is.
func (b *awarding) publish(ctx context.Context, rules earn.RuleSet) (version uint32, err error) {
	state, err := b.ledger.state(ctx)
	if err != nil {
		return 0, err
	}
	if now := state.schedule.At(time.Now().Unix()); now.Hash == earn.HashOf(rules.Encode()) {
		return now.Version, nil
	}
	version = state.schedule.Latest() + 1
	return version, b.ledger.publish(ctx, version, rules)
}

// quiet is how long the network is left alone between rounds, so that what it does in the background is done.
const quiet = time.Second

// settle waits until every peer and the service's views have all blocks, and then a little longer.
func (b *awarding) settle(ctx context.Context) error {
	for {
		heights, err := b.ledger.admin.Heights(ctx)
		if err != nil {
			return err
		}
		supply, err := readSupply(ctx, b.events, b.asset)
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
			return err
		}
	}
}

// earnedBy checks that the last booking of a round earned by the version that the round is about.
func (b *awarding) earnedBy(ctx context.Context, round bench.Round, version uint32) error {
	booking := round.Events[len(round.Events)-1].Data.Booking
	items, err := b.events.Explain(ctx, bench.Source, booking, "")
	if err != nil {
		return err
	}
	for _, item := range items {
		if item.Version != version {
			return fmt.Errorf("booking %s earned by version %d of the rules; version %d should have been in force", booking, item.Version, version)
		}
	}
	return nil
}

// round sends the events of a round when what was before is settled, waits until all are committed, and measures.
func (b *awarding) round(ctx context.Context, name string, round bench.Round) (m bench.Measured, err error) {
	m = bench.Measured{Events: len(round.Events), Operations: round.Operations}
	if err := b.settle(ctx); err != nil {
		return m, err
	}
	before, err := b.use(ctx)
	if err != nil {
		return m, err
	}
	watch, err := newWatch(ctx, b.supply)
	if err != nil {
		return m, err
	}
	sent, err := b.send(ctx, name, round, watch)
	if err != nil {
		return m, err
	}
	if m.Seconds, err = watch.took(sent.begun, round.Operations); err != nil {
		return m, err
	}
	if err := b.settle(ctx); err != nil {
		return m, err
	}
	after, err := b.use(ctx)
	if err != nil {
		return m, err
	}
	m.CPU, m.Retried, m.Invalid = after.since(before)
	took, err := b.latencies(ctx, sent, watch)
	m.Latency = bench.LatencyOf(took)
	return m, err
}

func (b *awarding) supply(ctx context.Context) (client.AssetSupply, error) {
	return readSupply(ctx, b.events, b.asset)
}

// sending remembers when which event was sent, by the ids in the receipts.
type sending struct {
	begun time.Time
	mu    sync.Mutex
	ids   []string
	at    []time.Time
}

// send sends the events while the ledger is watched. All of them must be applied.
func (b *awarding) send(ctx context.Context, name string, round bench.Round, w *watch) (*sending, error) {
	sent := &sending{begun: time.Now()}
	feeding := feed[bookings.Event]{
		connections: benchConnections, batch: benchBatch, meter: &meter{what: name + ", events", total: len(round.Events)},
		booking: func(e bookings.Event) string { return e.Data.Booking },
		report: func(ctx context.Context, batch []bookings.Event) ([]eventReceipt, error) {
			at := time.Now()
			receipts, err := reportBatch(ctx, b.events, batch)
			sent.mu.Lock()
			defer sent.mu.Unlock()
			for _, r := range receipts {
				sent.ids, sent.at = append(sent.ids, r.id), append(sent.at, at)
			}
			return receipts, err
		},
		statuses: func(ctx context.Context, ids []string) ([]eventStatus, error) { return askStatuses(ctx, b.events, ids) },
	}
	stop := feeding.meter.show(b.errs)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	var counts feedCounts
	fed := make(chan struct{})
	group.Go(func() error { return w.run(ctx, fed) })
	group.Go(func() (err error) {
		defer close(fed)
		counts, err = feeding.run(ctx, paced(ctx, round.Events, w))
		return err
	})
	if err := group.Wait(); err != nil {
		return sent, err
	}
	if counts.Applied != len(round.Events) {
		return sent, fmt.Errorf("only %d of %d events were applied: %d are duplicates, rejected by the ledger are %v, refused by the service %v",
			counts.Applied, len(round.Events), counts.Duplicate, counts.Rejected, counts.Refused)
	}
	return sent, nil
}

// paced hands out events as the ledger takes them. What waits in connections for a batch to become full is much less
// than what may be under way, so this never waits for what was not sent.
func paced(ctx context.Context, events []bookings.Event, w *watch) iter.Seq[bookings.Event] {
	return func(yield func(bookings.Event) bool) {
		given := int64(0)
		for _, e := range events {
			for given-w.applied.Load() >= benchUnderWay {
				if sleep(ctx, watchPeriod) != nil {
					return
				}
			}
			if !yield(e) {
				return
			}
			given += int64(len(e.Data.Items))
		}
	}
}

// latencies asks for the block of every event, and works out how long after its request the block was in the views.
func (b *awarding) latencies(ctx context.Context, sent *sending, w *watch) ([]time.Duration, error) {
	at := make(map[string]time.Time, len(sent.ids))
	for i, id := range sent.ids {
		at[id] = sent.at[i]
	}
	took := make([]time.Duration, 0, len(sent.ids))
	for from := 0; from < len(sent.ids); from += askAtOnce {
		statuses, err := b.events.BookingEvents(ctx, sent.ids[from:min(from+askAtOnce, len(sent.ids))])
		if err != nil {
			return nil, err
		}
		for _, s := range statuses {
			if s.Transaction == nil {
				return nil, fmt.Errorf("the service does not tell the block of event %s", s.Label)
			}
			took = append(took, w.sawBlock(s.Transaction.Block).Sub(at[s.ID]))
		}
	}
	if len(took) != len(sent.ids) {
		return nil, fmt.Errorf("the service knows only %d of %d events", len(took), len(sent.ids))
	}
	return took, nil
}

// use is what processes and the gateway's counters stood at.
type use struct {
	cpu     map[string]time.Duration
	metrics map[string]float64
}

func (b *awarding) use(ctx context.Context) (u use, err error) {
	u.cpu = map[string]time.Duration{}
	for name, pid := range b.processes {
		usage, err := bench.UsageOf(pid)
		if errors.Is(err, errors.ErrUnsupported) {
			break
		}
		if err != nil {
			return u, fmt.Errorf("%s: %w", name, err)
		}
		u.cpu[name] = usage.CPU
	}
	u.metrics, err = readMetrics(ctx, "http://"+topology.Address(b.network.Topology.WalletPort)+"/metrics")
	return u, err
}

func (u use) since(before use) (cpu map[string]float64, retried, invalid map[string]int) {
	cpu, retried, invalid = map[string]float64{}, map[string]int{}, map[string]int{}
	for name, used := range u.cpu {
		cpu[name] = (used - before.cpu[name]).Seconds()
	}
	for series, value := range u.metrics {
		grown := int(value - before.metrics[series])
		if grown == 0 {
			continue
		}
		if reason, ok := label(series, "wallet_gateway_retries_total", "reason"); ok {
			retried[reason] += grown
		}
		if code, ok := label(series, "wallet_gateway_batches_total", "code"); ok && code != "VALID" {
			invalid[code] += grown
		}
	}
	return cpu, retried, invalid
}

// peaks are the most memory that each process held.
func (b *awarding) peaks() (map[string]uint64, error) {
	peaks := map[string]uint64{}
	for name, pid := range b.processes {
		usage, err := bench.UsageOf(pid)
		if errors.Is(err, errors.ErrUnsupported) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		peaks[name] = usage.Peak
	}
	return peaks, nil
}
