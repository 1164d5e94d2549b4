package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/destinasia/dollars/bookings/sample"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/client"
)

// check compares what happened with what the sample says must happen, and the supply with what the ledger adds up to.
func (d *demonstration) check(ctx context.Context) (wrong []string, err error) {
	wrong = append(d.checkAnswers(), d.checkChanges()...)
	wrong = append(wrong, d.checkOrders()...)
	if err := balanced(d.after); err != nil {
		wrong = append(wrong, err.Error())
	}
	differ, err := d.checkState(ctx)
	return append(wrong, differ...), err
}

// Other organisations' peers commit a block a little later than the one the wallet service follows.
const (
	stateTries = 10
	statePause = 300 * time.Millisecond
)

// checkState compares the supply, which is folded from what transactions did, with the sums over the state of every
// organisation.
func (d *demonstration) checkState(ctx context.Context) (wrong []string, err error) {
	for try := 0; ; try++ {
		states, err := askLedger(ctx, d.network)
		wrong = nil
		for _, state := range states {
			wrong = append(wrong, differences(state, d.after)...)
		}
		if (err == nil && len(wrong) == 0) || try == stateTries {
			return wrong, err
		}
		if err := sleep(ctx, statePause); err != nil {
			return nil, err
		}
	}
}

func differences(state ledgerSums, supply client.AssetSupply) (list []string) {
	for _, c := range []struct {
		what          string
		state, supply dollars.Amount
	}{
		{"outstanding", state.Outstanding, supply.Outstanding},
		{"held", state.Held, supply.Held},
		{"minted", state.Awarded, supply.Minted},
		{"pending", state.Pending, supply.Pending},
		{"debt", state.Debt, supply.Debt},
	} {
		if c.state != c.supply {
			list = append(list, fmt.Sprintf("%s: the state of %s adds up to %s, the supply says %s", c.what, state.Organisation, c.state, c.supply))
		}
	}
	if b := supply.Bookings; state.Bookings != (stateCounts{b.Pending, b.Awarded, b.Cancelled, b.Reversed, b.Noted}) {
		list = append(list, fmt.Sprintf("bookings: the state of %s has %+v, the supply says %+v", state.Organisation, state.Bookings, b))
	}
	return list
}

// repeated is how many messages the service had accepted earlier.
func (c feedCounts) repeated() int { return c.Events - c.Accepted - sum(c.Refused) }

func sum(counts map[string]int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

// checkAnswers checks how the service answered the messages. A sample that was sent before is accepted no second time.
func (d *demonstration) checkAnswers() (wrong []string) {
	c, tally := d.counts, d.sample.Tally
	if got, want := c.Accepted+c.repeated(), tally.Accepted+tally.Duplicates; got != want {
		wrong = append(wrong, fmt.Sprintf("the service accepted %d messages, now or earlier, of %d good ones", got, want))
	}
	if got := sum(c.Refused); got != tally.Refused {
		wrong = append(wrong, fmt.Sprintf("the service refused %d messages; %d are faulty", got, tally.Refused))
	}
	if got := sum(c.Rejected); got > 0 {
		wrong = append(wrong, fmt.Sprintf("the ledger rejected %d events that the service had accepted", got))
	}
	if c.Forgotten > 0 {
		wrong = append(wrong, fmt.Sprintf("the service does not know any more what became of %d events", c.Forgotten))
	}
	return wrong
}

// share is how much of the sample this run brought to the ledger.
type share int

const (
	allOfIt  share = iota // a ledger that had nothing of it
	noneOfIt              // it was all there
	someOfIt              // an earlier demo was interrupted
)

func (d *demonstration) share() share {
	switch d.counts.Accepted {
	case d.sample.Tally.Accepted:
		return allOfIt
	case 0:
		return noneOfIt
	}
	return someOfIt
}

// checkChanges checks what the messages changed on the ledger.
func (d *demonstration) checkChanges() (wrong []string) {
	var want sample.Tally
	switch d.share() {
	case allOfIt:
		want = d.sample.Tally
	case someOfIt:
		return nil // How much was there before is not known.
	}
	for _, c := range []struct {
		what string
		got  func(client.AssetSupply) int64
		want int64
	}{
		{"points minted", func(s client.AssetSupply) int64 { return int64(s.Minted) }, int64(want.Minted())},
		// What somebody who had spent their points owes, or is forgiven, counts as taken back.
		{"points reversed", func(s client.AssetSupply) int64 { return int64(s.Reversed + s.Debt + s.Forgiven) }, int64(want.Reversed.Points)},
		{"points pending", func(s client.AssetSupply) int64 { return int64(s.Pending) }, int64(want.Pending.Points)},
		{"items pending", func(s client.AssetSupply) int64 { return s.Bookings.Pending }, int64(want.Pending.Items)},
		{"items awarded", func(s client.AssetSupply) int64 { return s.Bookings.Awarded }, int64(want.Awarded.Items)},
		{"items cancelled", func(s client.AssetSupply) int64 { return s.Bookings.Cancelled }, int64(want.Cancelled.Items)},
		{"items reversed", func(s client.AssetSupply) int64 { return s.Bookings.Reversed }, int64(want.Reversed.Items)},
	} {
		if got := c.got(d.fed) - c.got(d.before); got != c.want {
			wrong = append(wrong, fmt.Sprintf("%s: the ledger has %d more, the sample says %d", c.what, got, c.want))
		}
	}
	return wrong
}

func (d *demonstration) checkOrders() (wrong []string) {
	var redeemed dollars.Amount
	for _, o := range d.orders {
		if o.Status != client.StateApplied {
			wrong = append(wrong, fmt.Sprintf("the %s is not on the ledger, but %s %s", o.Kind, o.Status, o.Code))
		} else if o.Kind == client.OrderRedemption {
			redeemed += o.Amount
		}
	}
	if got := d.after.Redeemed - d.fed.Redeemed; got != redeemed {
		wrong = append(wrong, fmt.Sprintf("%s was redeemed, the ledger has %s more", redeemed, got))
	}
	return wrong
}

func (d *demonstration) print(wrong []string) {
	d.printMessages()
	d.printBookings()
	d.printOrders()
	fmt.Fprintf(d.out, "\n%s\n", equation(d.after))
	if len(wrong) == 0 {
		fmt.Fprintln(d.out, "It balances, and is what every account in each organisation's state adds up to.")
	}
	for _, what := range wrong {
		fmt.Fprintln(d.out, "WRONG:", what)
	}
	fmt.Fprint(d.out, "\nIt goes on running. Look at:\n")
	rest := restURL(d.network)
	fields{
		{"  the API's page", rest + "/docs"},
		{"  the supply", rest + "/v1/ledger/supply"},
		{"  keys for the rest", apiKeysFile(d.network.Dir)},
		{"  metrics", rest + "/metrics"},
		{"  the demo's own key", keyfileOf(d.network.Dir, demoMember)},
		{"  a member", d.commandLine("history " + d.sample.Members[0])},
		{"  everything", d.commandLine("status")},
		{"Stop it with", d.commandLine("down")},
	}.print(d.out)
}

func (d *demonstration) printMessages() {
	tally := d.sample.Tally
	t := rightTable(d.out, 2, 3)
	t.SetTitle("Messages of booking systems")
	t.AppendHeader(table.Row{"", "sample", "answered"})
	t.AppendRows([]table.Row{
		{"accepted", tally.Accepted, d.counts.Accepted},
		{"repeated: counted once", tally.Duplicates, d.counts.repeated()},
		{"refused: faulty", tally.Refused, sum(d.counts.Refused)},
	})
	for _, code := range slices.Sorted(maps.Keys(d.counts.Refused)) {
		t.AppendRow(table.Row{"  " + code, "", d.counts.Refused[code]})
	}
	t.Render()
	switch d.share() {
	case noneOfIt:
		fmt.Fprintln(d.out, "This sample had been sent before, and changed nothing now. Another --seed makes another one.")
	case someOfIt:
		fmt.Fprintln(d.out, "Part of this sample had been sent before, so what it changed now is not compared with it.")
	}
}

func (d *demonstration) printBookings() {
	s, tally := d.fed, d.sample.Tally
	t := rightTable(d.out, 2, 3, 4)
	t.SetTitle("Booked items")
	t.AppendHeader(table.Row{"", "sample", "sample's points, D$", "ledger"})
	for _, row := range []struct {
		state  string
		sample sample.Sum
		items  int64
	}{
		{"pending", tally.Pending, s.Bookings.Pending},
		{"awarded", tally.Awarded, s.Bookings.Awarded},
		{"cancelled", tally.Cancelled, s.Bookings.Cancelled},
		{"reversed", tally.Reversed, s.Bookings.Reversed},
	} {
		t.AppendRow(table.Row{row.state, row.sample.Items, row.sample.Points, row.items})
	}
	t.Render()
}

func (d *demonstration) printOrders() {
	if len(d.orders) == 0 {
		fmt.Fprintln(d.out, "No member has points yet, so no orders were made.")
		return
	}
	t := rightTable(d.out, 2, 5)
	t.SetTitle("Orders")
	t.AppendHeader(table.Row{"", "D$", "of", "signed", "block", "transaction"})
	for _, o := range d.orders {
		block, transaction := "", string(o.Status)
		if o.Transaction != nil {
			block, transaction = fmt.Sprint(o.Transaction.Block), o.Transaction.ID
		}
		t.AppendRow(table.Row{o.Kind, o.Amount, o.who, o.signed, block, transaction})
	}
	t.Render()
}
