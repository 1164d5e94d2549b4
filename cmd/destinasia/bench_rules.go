package main

import (
	"context"
	"fmt"
	"time"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/chaincode/earn"
)

// rules compares rule sets: the workload award under each of them.
func (b *benchRun) rules() (benchWorkload, error) {
	w := benchWorkload{name: workloadRules, unit: "events", aside: true}
	sets, err := workload.RuleSets()
	if err != nil {
		return w, err
	}
	for _, set := range sets {
		w.variants = append(w.variants, benchVariant{name: set.Name, ready: func(ctx context.Context, id string) (benchRound, error) {
			return b.roundUnder(ctx, set, id, b.awardEvents())
		}})
	}
	// Before the first lap caches fill, and budgets are shared out among batches for the first time.
	w.prepare = func(ctx context.Context) error {
		for i, set := range bench.Lap(0, sets) {
			round, err := b.roundUnder(ctx, set, fmt.Sprintf("%s-warm-%d", w.name, i), b.awardEvents()/2)
			if err == nil {
				_, err = round(ctx)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return w, nil
}

// roundUnder makes a round under a rule set ready.
func (b *benchRun) roundUnder(ctx context.Context, rules workload.Rules, id string, events int) (benchRound, error) {
	version, err := b.publish(ctx, rules.Set)
	if err != nil {
		return nil, err
	}
	awards := workload.Award(id, events)
	return func(ctx context.Context) (benchOutcome, error) {
		o, err := b.sendAwards(ctx, id, awards)
		if err == nil {
			err = b.earnedBy(ctx, awards, version)
		}
		return o, err
	}, nil
}

// publish puts a rule set in force as its two people would, unless it is.
func (b *benchRun) publish(ctx context.Context, rules earn.RuleSet) (version uint32, err error) {
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

// earnedBy checks that the last booking of a round earned by the version that the round is about.
func (b *benchRun) earnedBy(ctx context.Context, awards workload.Awards, version uint32) error {
	booking := awards.Events[len(awards.Events)-1].Data.Booking
	items, err := b.events.Explain(ctx, workload.Source, booking, "")
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
