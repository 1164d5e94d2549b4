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
	set := earn.Standard().Encode()
	hash := earn.HashOf(set)
	if _, err = ledger.apply(ctx, planner, dollars.ProposeRules{Version: 1, Set: set}); err == nil {
		_, err = ledger.apply(ctx, controller, dollars.ApproveRules{Version: 1, Hash: hash}, dollars.PublishRules{Version: 1, Hash: hash})
	}
	if err != nil {
		return fmt.Errorf("publish the first earning rules (everything runs; `up` again tries again): %w", err)
	}
	return nil
}
