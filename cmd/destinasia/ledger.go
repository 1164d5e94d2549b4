package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/lifecycle"
	"github.com/destinasia/dollars/network/native"
)

// ledgerSums are what the state of an organisation's peer adds up to: the same figures as the wallet service's supply,
// without its help. They fit each other exactly while nothing is under way.
type ledgerSums struct {
	Organisation string         `json:"organisation"`
	Asset        string         `json:"asset"`
	Outstanding  dollars.Amount `json:"outstanding"` // what accounts have
	Held         dollars.Amount `json:"held"`        // what is left of holds
	Pending      dollars.Amount `json:"pending"`
	Awarded      dollars.Amount `json:"awarded"` // points of awarded and reversed bookings: what was minted
	Debt         dollars.Amount `json:"debt"`
	Bookings     stateCounts    `json:"bookings"`
}

// stateCounts are booked items by state.
type stateCounts struct {
	Pending   int64 `json:"pending"`
	Awarded   int64 `json:"awarded"`
	Cancelled int64 `json:"cancelled"`
	Reversed  int64 `json:"reversed"`
	Noted     int64 `json:"noted"`
}

// askLedger adds up the state of every organisation, key by key.
func askLedger(ctx context.Context, n *native.Network) ([]ledgerSums, error) {
	name, err := ledgerOf(n)
	if err != nil {
		return nil, err
	}
	admin, err := lifecycle.Connect(n.Topology, n.Dir.Material())
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	tallies, err := tally(ctx, admin, name.chaincode)
	if err != nil {
		return nil, fmt.Errorf("add up the ledger: %w", err)
	}
	var sums []ledgerSums
	for _, org := range n.Topology.Members() {
		t := tallies[org.Name]
		sums = append(sums, ledgerSums{
			Organisation: org.Name, Asset: name.currency.Asset,
			Outstanding: t.Outstanding, Held: t.Held, Pending: t.Pending, Awarded: t.Awarded, Debt: t.Debt,
			Bookings: stateCounts{
				Pending:   t.Bookings[dollars.BookingPending],
				Awarded:   t.Bookings[dollars.BookingAwarded],
				Cancelled: t.Bookings[dollars.BookingCancelled],
				Reversed:  t.Bookings[dollars.BookingReversed],
				Noted:     t.Bookings[dollars.BookingNoted],
			},
		})
	}
	return sums, nil
}

// tally asks for page after page. The organisations hold the same keys, so they turn pages together; where they do not,
// it says so.
func tally(ctx context.Context, admin *lifecycle.Admin, chaincode string) (map[string]*dollars.Tally, error) {
	totals := map[string]*dollars.Tally{}
	for from := ""; ; {
		pages, err := admin.Evaluate(ctx, chaincode, "Tally", []byte(from))
		if err != nil {
			return nil, err
		}
		next := map[string]bool{}
		for org, raw := range pages {
			var page contract.TallyPage
			if err := json.Unmarshal(raw, &page); err != nil {
				return nil, fmt.Errorf("what %s answers: %w", org, err)
			}
			if totals[org] == nil {
				totals[org] = &dollars.Tally{}
			}
			if err := totals[org].Merge(page.Tally); err != nil {
				return nil, err
			}
			next[page.Next] = true
			from = page.Next
		}
		switch {
		case len(next) != 1:
			return nil, fmt.Errorf("the organisations' states differ, or are being written to: their pages end at %d different keys", len(next))
		case from == "":
			return totals, nil
		}
	}
}

func (a *app) printLedger(sums []ledgerSums) {
	if len(sums) == 0 {
		return
	}
	t := rightTable(a.out, 2, 3, 4, 5, 6)
	t.AppendHeader(table.Row{"ledger of", "outstanding", "held", "pending", "minted", "debt"})
	for _, s := range sums {
		t.AppendRow(table.Row{s.Organisation, s.Outstanding, s.Held, s.Pending, s.Awarded, s.Debt})
	}
	t.Render()
}
