package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// readSupply asks what exists of the ledger's currency. Every role may.
func readSupply(ctx context.Context, c *client.Client, asset string) (client.AssetSupply, error) {
	assets, err := c.Supply(ctx)
	if err != nil {
		return client.AssetSupply{}, err
	}
	for _, s := range assets {
		if s.Asset == asset {
			return s, nil
		}
	}
	return client.AssetSupply{}, fmt.Errorf("the service knows no supply of %s", asset)
}

// supplyOf is what the service says of a currency's supply, as the ledger's own type, which knows the equation.
func supplyOf(s client.AssetSupply) dollars.Supply {
	return dollars.Supply{
		Minted: s.Minted, Adjusted: s.Adjusted, Reversed: s.Reversed, Redeemed: s.Redeemed, Expired: s.Expired,
		WrittenOff: s.WrittenOff, Held: s.Held, Pending: s.Pending, Debt: s.Debt, Forgiven: s.Forgiven,
	}
}

// equation is how a supply came about, in words.
func equation(s client.AssetSupply) string {
	return fmt.Sprintf("Supply at %d blocks, in D$: %s.", s.Height, supplyOf(s).Equation())
}

// balanced checks the equation.
func balanced(s client.AssetSupply) error {
	if supplyOf(s).Outstanding() != s.Outstanding {
		return fmt.Errorf("the supply does not balance: %s, but %s are said to be", supplyOf(s).Equation(), s.Outstanding)
	}
	return nil
}

// printSupply prints bookings by state and the equation.
func (a *app) printSupply(s client.AssetSupply) {
	t := rightTable(a.out, 2)
	t.AppendHeader(table.Row{"booked items", "number"})
	for _, row := range []struct {
		state string
		items int64
	}{
		{"pending", s.Bookings.Pending},
		{"awarded", s.Bookings.Awarded},
		{"cancelled", s.Bookings.Cancelled},
		{"reversed", s.Bookings.Reversed},
		{"cancelled before confirmed", s.Bookings.Noted},
	} {
		t.AppendRow(table.Row{row.state, row.items})
	}
	t.Render()
	fmt.Fprintf(a.out, "%s Pending: %s.\n", equation(s), s.Pending)
}
