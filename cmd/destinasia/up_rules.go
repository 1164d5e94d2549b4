package main

import (
	"context"
	"fmt"
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// publishFirstRules puts the standard earning rules on a ledger that has none. It is the operator's act, done for them
// once, because without rules no booking can be confirmed.
func publishFirstRules(ctx context.Context, n *native.Network) error {
	key, err := apiKey(n, roleOperator)
	if err != nil {
		return err
	}
	operator, err := client.New(restURL(n), client.Options{Token: key})
	if err != nil {
		return err
	}
	if _, err := operator.Rules(ctx); client.CodeOf(err) != "not_found" {
		return err
	}
	r := earn.Standard()
	st, err := operator.PublishRules(ctx, client.Rules{
		Version: r.Version, Currency: r.Currency, ValidMonths: r.ValidMonths,
		BasisPoints: client.BasisPoints{Hotel: r.HotelBasisPoints, Car: r.CarBasisPoints, Flight: r.FlightBasisPoints},
	}, client.Change{Wait: 30 * time.Second})
	if err != nil {
		return fmt.Errorf("publish the first earning rules: %w", err)
	}
	if st.Status != client.StateApplied {
		return fmt.Errorf("the first earning rules are %s but not on the ledger yet; everything runs, and another `up` will look again", st.Status)
	}
	return nil
}
