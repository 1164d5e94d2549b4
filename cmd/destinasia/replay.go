package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/bookings/hotels"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/wallet-api/client"
)

// replayOptions are how to replay.
type replayOptions struct {
	limit       int
	seed        uint64
	connections int
	batch       int
	json        bool
}

func newReplayCommand(a *app) *cobra.Command {
	o := replayOptions{connections: 4, batch: 250}
	command := &cobra.Command{
		Use:   "replay FILE",
		Short: "Send the bookings of the published hotel file, in the order they happened",
		Long: "Send the bookings of the hotel booking demand file (CSV, also gzipped) as events in the order they happened, and\n" +
			"wait until the ledger has answered each. It may be stopped and run again at any time: an event counts once.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			file, err := readHotels(args[0], o)
			if err != nil {
				return err
			}
			return a.replay(cmd.Context(), file, o)
		},
	}
	flags := command.Flags()
	flags.IntVar(&o.limit, "limit", 0, "only the first rows of the file (default all)")
	flags.Uint64Var(&o.seed, "seed", 0, "another seed spreads the bookings over other members")
	flags.IntVar(&o.connections, "connections", o.connections, "how many connections to send over")
	flags.IntVar(&o.batch, "batch", o.batch, "how many events to send in a request, at most 1000")
	jsonFlag(command, &o.json)
	return command
}

func (o replayOptions) check() error {
	switch {
	case o.limit < 0:
		return errors.New("--limit is a number of rows, 0 for all")
	case o.connections < 1 || o.connections > 64:
		return errors.New("--connections is from 1 to 64")
	case o.batch < 1 || o.batch > 1000:
		return errors.New("--batch is from 1 to 1000")
	}
	return nil
}

func readHotels(path string, o replayOptions) (*hotels.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	read, err := hotels.Read(file, hotels.Options{Limit: o.limit, Seed: o.seed})
	if err == nil && read.Len() == 0 {
		return nil, fmt.Errorf("%s holds no bookings, only the header", path)
	}
	return read, err
}

// replaySummary is what a replay ends with.
type replaySummary struct {
	Total   int `json:"total"` // events of the file
	Members int `json:"members"`
	Created int `json:"membersCreated"`
	feedCounts
	Seconds         float64             `json:"seconds"` // of sending and settling events
	EventsPerSecond float64             `json:"eventsPerSecond"`
	Supply          *client.AssetSupply `json:"supply,omitempty"` // afterwards; nil if it was stopped
}

func (a *app) replay(ctx context.Context, file *hotels.File, o replayOptions) error {
	n, err := a.open()
	if err != nil {
		return err
	}
	summary, err := a.replayOn(ctx, n, file, o)
	if o.json {
		err = errors.Join(err, printJSON(a.out, summary))
	} else if summary.Events > 0 {
		a.printReplay(summary)
	}
	switch {
	case err != nil && summary.Events > 0:
		fmt.Fprintf(a.errs, "Stopped after %d of %d events, %d of them still under way. Run the same command again to go on: no event counts twice.\n",
			summary.Events, summary.Total, summary.Unsettled)
		return a.advise(err)
	case err != nil:
		return a.advise(err)
	case summary.Forgotten > 0:
		return fmt.Errorf("the service no longer knows what became of %d events it had accepted: run the same command again", summary.Forgotten)
	}
	return balanced(*summary.Supply)
}

func (a *app) replayOn(ctx context.Context, n *native.Network, file *hotels.File, o replayOptions) (replaySummary, error) {
	ids := file.Members()
	summary := replaySummary{Total: file.Len(), Members: len(ids), feedCounts: newFeedCounts()}
	ledger, err := ledgerOf(n)
	if err != nil {
		return summary, err
	}
	members, err := connect(n, roleMember, feedPatience)
	if err != nil {
		return summary, err
	}
	events, err := connect(n, roleBooking, feedPatience)
	if err != nil {
		return summary, err
	}
	if err := events.Ready(ctx); err != nil {
		return summary, err
	}
	if summary.Created, err = a.enrolAll(ctx, members, ids); err != nil {
		return summary, fmt.Errorf("enrol members: %w", err)
	}
	m := &meter{what: "events", total: file.Len()}
	sending := feed[bookings.Event]{
		connections: o.connections, batch: o.batch, meter: m,
		booking: func(e bookings.Event) string { return e.Data.Booking },
		report: func(ctx context.Context, batch []bookings.Event) ([]eventReceipt, error) {
			return reportBatch(ctx, events, batch)
		},
		statuses: func(ctx context.Context, ids []string) ([]eventStatus, error) {
			return askStatuses(ctx, events, ids)
		},
	}
	begun, stop := time.Now(), m.show(a.errs)
	summary.feedCounts, err = sending.run(ctx, file.Events())
	stop()
	summary.Seconds = time.Since(begun).Seconds()
	summary.EventsPerSecond = float64(summary.Events-summary.Unsettled) / summary.Seconds
	if err != nil {
		return summary, err
	}
	supply, err := readSupply(ctx, events, ledger.currency.Asset)
	if err != nil {
		return summary, fmt.Errorf("read the supply: %w", err)
	}
	summary.Supply = &supply
	return summary, nil
}

// reportBatch reports events in one request.
func reportBatch(ctx context.Context, c *client.Client, batch []bookings.Event) ([]eventReceipt, error) {
	body, err := json.Marshal(batch)
	if err != nil {
		return nil, err
	}
	answers, err := c.ReportEvents(ctx, body)
	if err != nil {
		return nil, err
	}
	receipts := make([]eventReceipt, len(answers))
	for i, answer := range answers {
		receipts[i] = receiptOf(answer)
	}
	return receipts, nil
}

func receiptOf(r client.EventReceipt) eventReceipt {
	receipt := eventReceipt{id: r.ID, repeated: r.Status == client.EventRepeated}
	if r.Problem != nil {
		receipt.refused = string(r.Problem.Code)
	}
	return receipt
}

// askStatuses asks how far events have come.
func askStatuses(ctx context.Context, c *client.Client, ids []string) ([]eventStatus, error) {
	answers, err := c.BookingEvents(ctx, ids)
	if err != nil {
		return nil, err
	}
	statuses := make([]eventStatus, len(answers))
	for i, answer := range answers {
		s := eventStatus{id: answer.ID, done: answer.Status != client.StateAccepted, duplicate: true}
		for _, operation := range answer.Operations {
			s.duplicate = s.duplicate && operation.Outcome == "duplicate"
			if operation.Outcome == "rejected" && s.rejected == "" {
				s.rejected = string(operation.Code)
			}
		}
		statuses[i] = s
	}
	return statuses, nil
}

func (a *app) printReplay(s replaySummary) {
	t := rightTable(a.out, 2)
	t.AppendHeader(table.Row{"events", "number"})
	t.AppendRows([]table.Row{
		{"sent", s.Events}, {"accepted", s.Accepted}, {"applied", s.Applied}, {"duplicate", s.Duplicate},
	})
	appendCodes(t, "rejected by the ledger: ", s.Rejected)
	appendCodes(t, "refused by the service: ", s.Refused)
	for _, row := range []struct {
		name  string
		count int
	}{{"not sent: their booking was refused", s.Skipped}, {"still under way", s.Unsettled}, {"no longer known", s.Forgotten}} {
		if row.count > 0 {
			t.AppendRow(table.Row{row.name, row.count})
		}
	}
	t.Render()
	fmt.Fprintf(a.out, "%d members, of whom %d were enrolled now. %.0f events/s over %.1f s.\n", s.Members, s.Created, s.EventsPerSecond, s.Seconds)
	if s.Supply != nil {
		a.printSupply(*s.Supply)
	}
}
