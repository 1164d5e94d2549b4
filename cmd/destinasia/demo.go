package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/bookings/sample"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

func newDemoCommand(a *app) *cobra.Command {
	o := sample.Options{Bookings: 2000}
	command := &cobra.Command{
		Use:   "demo",
		Short: "Start everything, send made-up bookings, and show what became of them",
		Long: "Start the network, send made-up bookings (some cancelled, some sent twice, some faulty) to the REST API, make a\n" +
			"transfer and a redemption, and show what came of it all. The network goes on running.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Bookings < 1 {
				return errors.New("--bookings is a number from 1 on")
			}
			n, err := a.up(cmd.Context())
			if err != nil {
				return err
			}
			return a.demo(cmd.Context(), n, sample.New(o))
		},
	}
	command.Flags().Uint64Var(&o.Seed, "seed", 0, "another seed makes up other bookings")
	command.Flags().IntVar(&o.Bookings, "bookings", o.Bookings, "how many bookings to make up")
	a.portFlag(command)
	return command
}

// demonstration is a demo under way: whom it talks to, and what it has seen.
type demonstration struct {
	*app
	network *native.Network
	ledger  ledgerName
	events  *client.Client // as a booking system
	members *client.Client // as a member service
	sample  *sample.Sample

	counts             feedCounts
	before, fed, after client.AssetSupply // the supply before anything, after the messages, and after the orders
	orders             []demoOrder
}

func (a *app) demo(ctx context.Context, n *native.Network, s *sample.Sample) error {
	d := demonstration{app: a, network: n, sample: s}
	for _, step := range []func(context.Context) error{d.connect, d.send, d.placeOrders} {
		if err := step(ctx); err != nil {
			return a.advise(err)
		}
	}
	wrong, err := d.check(ctx)
	if err != nil {
		return a.advise(err)
	}
	d.print(wrong)
	if len(wrong) > 0 {
		return errReported
	}
	return nil
}

func (d *demonstration) connect(ctx context.Context) (err error) {
	if d.ledger, err = ledgerOf(d.network); err != nil {
		return err
	}
	if d.events, err = connect(d.network, roleBooking, feedPatience); err != nil {
		return err
	}
	if d.members, err = connect(d.network, roleMember, feedPatience); err != nil {
		return err
	}
	d.before, err = d.supply(ctx)
	return err
}

func (d *demonstration) supply(ctx context.Context) (client.AssetSupply, error) {
	return readSupply(ctx, d.events, d.ledger.currency.Asset)
}

// demoConnections is how many requests with one message each are under way at once: enough to share the service's
// writes to disk.
const demoConnections = 32

// send enrols the members and sends the messages, each in a request of its own as booking systems do.
func (d *demonstration) send(ctx context.Context) error {
	if _, err := d.enrolAll(ctx, d.members, d.sample.Members); err != nil {
		return fmt.Errorf("enrol members: %w", err)
	}
	m := &meter{what: "events", total: len(d.sample.Messages)}
	sending := feed[sample.Message]{
		connections: demoConnections, batch: 1, meter: m,
		booking: func(message sample.Message) string { return message.Booking },
		report: func(ctx context.Context, batch []sample.Message) ([]eventReceipt, error) {
			return reportOne(ctx, d.events, batch[0].Body)
		},
		statuses: func(ctx context.Context, ids []string) ([]eventStatus, error) { return askStatuses(ctx, d.events, ids) },
	}
	stop := m.show(d.errs)
	counts, err := sending.run(ctx, slices.Values(d.sample.Messages))
	stop()
	if err != nil {
		return fmt.Errorf("send bookings: %w", err)
	}
	d.counts = counts
	d.fed, err = d.supply(ctx)
	return err
}

// reportOne reports an event as it was written, faults included. Its refusal is an answer like any other.
func reportOne(ctx context.Context, c *client.Client, body []byte) ([]eventReceipt, error) {
	answer, err := c.ReportEvent(ctx, body)
	var refused *client.Error
	if errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusTooManyRequests {
		return []eventReceipt{{refused: string(refused.Code)}}, nil
	}
	if err != nil {
		return nil, err
	}
	return []eventReceipt{receiptOf(answer)}, nil
}
