package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

// reportPatience bounds how long the ledger is waited for to answer all events of a file.
const reportPatience = 2 * time.Minute

// maxReport is how many events a file may hold, and how many the service takes in one request.
const maxReport = 1_000

// reported is what became of one event.
type reported struct {
	ID     string `json:"id"` // the event's
	Type   string `json:"type"`
	Status string `json:"status"`         // applied, repeated (the ledger or the service had it), rejected
	Code   string `json:"code,omitempty"` // of a rejection
}

func newReportCommand(a *app) *cobra.Command {
	asJSON := false
	command := &cobra.Command{
		Use:   "report FILE",
		Short: "Report booking events of a file, as the booking system does",
		Long: "Report booking events (CloudEvents in JSON: one, several one after another, or an array) in their order, and wait until\n" +
			"the ledger has answered each. - is standard input. Reported again, an event changes nothing. Exit code 1 if one was\n" +
			"rejected.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			events, err := readEvents(args[0])
			if err != nil {
				return err
			}
			_, system, err := a.openAs(roleBooking)
			if err != nil {
				return err
			}
			list, err := reportEvents(cmd.Context(), system, events)
			if err != nil {
				return a.advise(err)
			}
			return a.printReported(list, asJSON)
		},
	}
	jsonFlag(command, &asJSON)
	return command
}

// readEvents takes a file of events apart, without judging them: that is the service's to do.
func readEvents(path string) ([]json.RawMessage, error) {
	raw, err := readFileOrStdin(path)
	if err != nil {
		return nil, err
	}
	var events []json.RawMessage
	if trimmed := bytes.TrimSpace(raw); bytes.HasPrefix(trimmed, []byte("[")) {
		err = json.Unmarshal(trimmed, &events)
	} else {
		dec := json.NewDecoder(bytes.NewReader(raw))
		for err == nil {
			var event json.RawMessage
			if err = dec.Decode(&event); err == nil {
				events = append(events, event)
			}
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s is not JSON: %w; nothing was reported", path, err)
	case len(events) == 0:
		return nil, fmt.Errorf("there is no event in %s; nothing was reported", path)
	case len(events) > maxReport:
		return nil, fmt.Errorf("%s has %d events, more than %d; nothing was reported: report them in parts", path, len(events), maxReport)
	}
	return events, nil
}

func readFileOrStdin(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(path)
}

// reportEvents reports events one by one, each once the one before is answered: a file tells a story, and what it tells
// later depends on what came earlier.
func reportEvents(ctx context.Context, system *client.Client, events []json.RawMessage) ([]reported, error) {
	ctx, cancel := context.WithTimeout(ctx, reportPatience)
	defer cancel()
	list := make([]reported, len(events))
	for i, event := range events {
		if err := json.Unmarshal(event, &list[i]); err != nil {
			return nil, fmt.Errorf("event %d: %w; those before it were reported", i+1, err)
		}
		receipt, err := system.ReportEvent(ctx, event)
		if err != nil {
			return nil, fmt.Errorf("event %d (%s): %w; those before it were reported", i+1, list[i].ID, err)
		}
		list[i].Status = string(receipt.Status)
		if err := settle(ctx, system, receipt, &list[i]); err != nil {
			return nil, fmt.Errorf("event %d (%s) is accepted, and what became of it unknown: %w", i+1, list[i].ID, err)
		}
	}
	return list, nil
}

// settle waits for what the ledger makes of an event.
func settle(ctx context.Context, system *client.Client, receipt client.EventReceipt, r *reported) error {
	for {
		s, err := system.BookingEvent(ctx, receipt.ID)
		if err != nil {
			return err
		}
		if s.Status != client.StateAccepted {
			if r.Status != string(client.EventRepeated) {
				r.Status = string(s.Status)
			}
			for _, op := range s.Operations {
				if op.Outcome == "rejected" && r.Code == "" {
					r.Status, r.Code = "rejected", string(op.Code)
				}
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the ledger has not answered within %s; report the file again to see", reportPatience)
		case <-time.After(feedPause):
		}
	}
}

func (a *app) printReported(list []reported, asJSON bool) error {
	if asJSON {
		if err := printJSON(a.out, list); err != nil {
			return err
		}
	} else {
		t := newTable(a.out)
		t.AppendHeader(table.Row{"event", "type", "status", "code"})
		for _, r := range list {
			t.AppendRow(table.Row{r.ID, r.Type, r.Status, r.Code})
		}
		t.Render()
	}
	for _, r := range list {
		if r.Code != "" {
			return errReported
		}
	}
	return nil
}
