package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/load"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/wallet-api/client"
)

const (
	// benchConnections is how many orders are under way that are sent one by one, and benchRelays how many requests that
	// relay orders: they keep the service full, and more would only wait longer, or be refused and come back too late.
	benchConnections = 1_024
	benchRelays      = 24

	// benchOrdersPerSecond is for how fast a service orders are signed ahead: above it rounds end before their time.
	benchOrdersPerSecond = 8_000

	warmUp = 2 * time.Second
)

// connections is how many orders are under way: no more than members can give without one of them having two.
func (o benchOptions) connections() int { return min(benchConnections, o.members/2) }

// relays is the same of requests that relay orders.
func (o benchOptions) relays() int { return max(1, min(benchRelays, o.members/2/workload.Together)) }

// enrol enrols members with keys of their own, gives them points to spend, and has everything warm up.
func (b *benchRun) enrol(ctx context.Context) error {
	members, err := connect(b.network, roleMember, feedPatience)
	if err != nil {
		return err
	}
	if err := b.enrolOwners(ctx, members); err != nil {
		return fmt.Errorf("enrol members: %w", err)
	}
	endowment := workload.Endow(b.orders.Members)
	watch, err := newWatch(ctx, b.supply)
	if err == nil {
		_, err = b.report(ctx, "giving members points", endowment, watch)
	}
	if err != nil {
		return fmt.Errorf("give members points: %w", err)
	}
	signed, err := b.sign("warming up", int(warmUp.Seconds())*benchOrdersPerSecond, b.orders.Transfer)
	if err == nil {
		_, err = b.send(ctx, "warming up", signed, load.Options{Connections: b.connections(), Last: warmUp})
	}
	if err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	return nil
}

// enrolOwners enrols all members with their own keys.
func (b *benchRun) enrolOwners(ctx context.Context, members *client.Client) error {
	all := b.orders.All()
	m := &meter{what: "members", total: len(all)}
	defer m.show(b.errs)()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(enrolAtOnce)
	for _, member := range all {
		group.Go(func() error {
			_, err := members.CreateMember(ctx, member.ID, &member.Account)
			m.settled.Add(1)
			return err
		})
	}
	return group.Wait()
}

// transfer: everybody sends to somebody else; where accounts were loaded, to one of those.
func (b *benchRun) transfer() benchWorkload {
	payment := b.orders.Transfer
	if b.accounts > 0 {
		payment = func(i int) workload.Payment {
			p := b.orders.Transfer(i)
			p.To = &workload.Member{Account: b.loaded(i)}
			return p
		}
	}
	v := b.orderVariant(payment, 0)
	v.light = b.lightly(payment)
	return orderWorkload("transfer", b.baselineVariant(benchSpread, payments(payment)), v, b.relayedVariant(payment, 0))
}

// hotTo: everybody sends to one account.
func (b *benchRun) hotTo() benchWorkload {
	v := b.orderVariant(b.orders.HotTo, 0)
	v.light = b.lightly(b.orders.HotTo)
	return orderWorkload("hot-to", b.baselineVariant(benchHot, payments(b.orders.HotTo)), v, b.relayedVariant(b.orders.HotTo, 0))
}

// hotFrom: one account sends to everybody. The ledger tells its nonces apart only within a window.
func (b *benchRun) hotFrom() benchWorkload {
	v := b.orderVariant(b.orders.HotFrom, dollars.WindowSize)
	return orderWorkload("hot-from", b.baselineVariant(benchHot, payments(b.orders.HotFrom)), v,
		b.relayedVariant(b.orders.HotFrom, dollars.WindowSize/workload.Together))
}

// redeem: everybody redeems.
func (b *benchRun) redeem() benchWorkload {
	return orderWorkload("redeem", b.baselineVariant(benchSpread, payments(b.orders.Redeem)), b.orderVariant(b.orders.Redeem, 0),
		b.relayedVariant(b.orders.Redeem, 0))
}

// mix: transfers, redemptions and awards of members of whom a few are busy.
func (b *benchRun) mix() benchWorkload {
	ready := func(ctx context.Context, id string) (benchRound, error) {
		defer b.signing(id, b.mostOrders())()
		signed, beforehand, err := b.orders.MixRound(id, b.mostOrders(), b.keys[roleBooking])
		if err != nil {
			return nil, err
		}
		watch, err := newWatch(ctx, b.supply)
		if err == nil {
			_, err = b.report(ctx, id+", bookings beforehand", beforehand, watch)
		}
		return b.orderRound(id, signed, load.Options{Connections: b.connections(), Ahead: workload.MixAhead}), err
	}
	return orderWorkload("mix", b.baselineVariant(benchMixed, b.baseline.mix()), benchVariant{name: variantDollars, ready: ready})
}

func orderWorkload(name string, variants ...benchVariant) benchWorkload {
	return benchWorkload{name: name, unit: "orders", variants: variants}
}

// mostOrders is how many orders are signed for a round.
func (o benchOptions) mostOrders() int { return o.seconds * benchOrdersPerSecond }

// orderVariant sends signed orders as fast as they are committed, one so far ahead of another at most; 0 is no bound.
func (b *benchRun) orderVariant(payment func(i int) workload.Payment, ahead int) benchVariant {
	return benchVariant{name: variantDollars, ready: func(_ context.Context, id string) (benchRound, error) {
		signed, err := b.sign(id, b.mostOrders(), payment)
		return b.orderRound(id, signed, load.Options{Connections: b.connections(), Ahead: ahead}), err
	}}
}

// relayedVariant sends the same as a program does that relays what members sign.
func (b *benchRun) relayedVariant(payment func(i int) workload.Payment, ahead int) benchVariant {
	return benchVariant{name: variantRelayed, ready: func(_ context.Context, id string) (benchRound, error) {
		signed, err := b.sign(id, b.mostOrders(), payment)
		if err != nil {
			return nil, err
		}
		return b.orderRound(id, signed.Relayed(), load.Options{Connections: b.relays(), Ahead: ahead}), nil
	}}
}

func (b *benchRun) orderRound(id string, signed workload.Signed, o load.Options) benchRound {
	o.Last = b.lasts()
	return func(ctx context.Context) (benchOutcome, error) {
		r, err := b.send(ctx, id, signed, o)
		out := outcomeOf(r)
		out.done = signed.Sent(r.Sent)
		return out, err
	}
}

// sign signs orders ahead.
func (b *benchRun) sign(id string, count int, payment func(i int) workload.Payment) (workload.Signed, error) {
	defer b.signing(id, count)()
	return b.orders.Sign(count, payment)
}

// signing shows the progress of signing until it is stopped.
func (b *benchRun) signing(id string, count int) (stop func()) {
	m := &meter{what: id + ", signed ahead", total: count}
	b.orders.Signed = func() { m.settled.Add(1) }
	return m.show(b.errs)
}

// lasts is for how long a round sends.
func (o benchOptions) lasts() time.Duration { return time.Duration(o.seconds) * time.Second }

// send sends signed orders, and shows the progress.
func (b *benchRun) send(ctx context.Context, label string, signed workload.Signed, o load.Options) (load.Result, error) {
	m := &meter{what: label}
	defer m.show(b.errs)()
	o.Answered = func() { m.settled.Add(int64(signed.Each)) }
	r, err := load.Run(ctx, b.address(), o, len(signed.Requests), func(i int) load.Request { return signed.Requests[i] })
	if err == nil {
		b.orders.Unsent(signed, r.Sent)
	}
	return r, err
}

func (b *benchRun) address() string { return topology.Address(b.network.Topology.WalletPort) }

func outcomeOf(r load.Result) benchOutcome {
	return benchOutcome{done: r.Sent, seconds: r.Seconds, took: r.Took, Cost: bench.Cost{Refused: r.Refused}}
}

// lightly sends orders at a steady rate, for half of a round's time.
func (b *benchRun) lightly(payment func(i int) workload.Payment) func(context.Context, string, float64) (bench.Light, error) {
	return func(ctx context.Context, id string, perSecond float64) (bench.Light, error) {
		signed, err := b.sign(id, max(1, int(perSecond*b.lasts().Seconds()/2)), payment)
		if err != nil {
			return bench.Light{}, err
		}
		r, err := b.send(ctx, id, signed, load.Options{Connections: b.connections(), Rate: perSecond})
		return bench.Light{PerSecond: perSecond, Latency: bench.LatencyOf(r.Took)}, err
	}
}
