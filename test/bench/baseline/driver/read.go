package driver

import (
	"context"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/destinasia/dollars/test/bench/baseline"
)

// readPatience bounds one question to a peer's state.
const readPatience = 10 * time.Second

// Read asks the peer for balances, on so many connections at a time, for a time. account tells the i-th account to
// ask for, from 0 on; it is called concurrently.
func (d *Driver) Read(ctx context.Context, connections int, last time.Duration, account func(i int) string) (Result, error) {
	return loop(ctx, connections, last, func(ctx context.Context, r *Result, i int, _ func() bool) error {
		begun := time.Now()
		if _, err := d.balance(ctx, account(i)); err != nil {
			return err
		}
		r.Committed++
		r.Took = append(r.Took, time.Since(begun))
		return nil
	})
}

func (d *Driver) balance(ctx context.Context, account string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	text, err := d.contract.EvaluateWithContext(ctx, baseline.Balance, client.WithArguments(account), client.WithEndorsingOrganizations(d.home))
	if err != nil {
		return "", fmt.Errorf("ask for the balance of %s: %w", account, told(err))
	}
	return string(text), nil
}
