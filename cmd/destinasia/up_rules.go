package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/native"
)

// publishFirstRules puts the standard earning rules on a ledger that has none, as its two people would: without rules
// no booking can be confirmed.
func publishFirstRules(ctx context.Context, n *native.Network) (err error) {
	ledger, err := openRulesLedger(n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.close()) }()
	state, err := ledger.state(ctx)
	if err != nil || state.schedule.Latest() > 0 {
		return err
	}
	if err := ledger.publish(ctx, 1, earn.Standard()); err != nil {
		return fmt.Errorf("publish the first earning rules (everything runs; `up` again tries again): %w", err)
	}
	return nil
}

// publish takes a rule set all the way, as its two people would.
func (l *rulesLedger) publish(ctx context.Context, version uint32, rules earn.RuleSet) error {
	set := rules.Encode()
	hash := earn.HashOf(set)
	_, err := l.apply(ctx, planner, dollars.ProposeRules{Version: version, Set: set})
	if err == nil {
		_, err = l.apply(ctx, controller, dollars.ApproveRules{Version: version, Hash: hash}, dollars.PublishRules{Version: version, Hash: hash})
	}
	return err
}
