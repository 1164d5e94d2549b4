package main

import (
	"io"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
	"github.com/destinasia/dollars/network/trace"
)

// TestTraceRefusals: what cannot be meant is said before a block is read, and what can be two things is not guessed.
func TestTraceRefusals(t *testing.T) {
	for args, want := range map[string]string{
		"x --depth 0":        "--depth is a number from 1 to 1000",
		"x --depth 1001":     "--depth is a number from 1 to 1000",
		"x --breadth 0":      "--breadth is a number above 0",
		"x --height 0":       "--height \"0\": it is a number of blocks, from 1 on",
		"x --height=":        "--height \"\": it is a number of blocks, from 1 on",
		"x --height -1":      "--height \"-1\": it is a number of blocks, from 1 on",
		"x --time yesterday": "--time \"yesterday\": it is not a time as in RFC 3339",
		"x --time=":          "--time \"\": it is not a time as in RFC 3339",
		"x --height 1 --time 2030-01-01T00:00:00Z": "--height and --time exclude each other: give one of them",
		"x y": "it is used as `destinasia trace ACCOUNT|BOOKING|ORDER|TX",
	} {
		var errs strings.Builder
		code := run(t.Context(), append([]string{"trace", "--dir", t.TempDir()}, strings.Fields(args)...), io.Discard, &errs)
		if code != 1 || !strings.Contains(errs.String(), want) {
			t.Errorf("trace %s ends with %d: %s", args, code, errs.String())
		}
	}
}

func TestTraceSubject(t *testing.T) {
	g, booked := trace.New(), dollars.NewBookingID("urn:example:bookings", "lisbon", "hotel")
	entries := []dollars.Entry{
		{Kind: dollars.KindJoin, Outcome: dollars.Applied, Ref: [32]byte{1, 2, 3, 4, 5}},
		{Kind: dollars.KindJoin, Outcome: dollars.Applied, Ref: [32]byte{1, 2, 3, 4, 6}},
		{Kind: dollars.KindConfirm, Outcome: dollars.Applied, Ref: booked, After: dollars.BookingPending},
	}
	if err := g.Add(audit.Applied{Journal: dollars.Journal{Entries: entries}}); err != nil {
		t.Fatal(err)
	}
	offline := auditedLedger{blocks: "blocks"}
	for _, c := range []struct {
		tracing
		want string
	}{
		{tracing{subject: "0x0102030405"}, "order 0x0102030405" + strings.Repeat("0", 54)},
		{tracing{subject: "0x01020304"}, `"0x01020304" can be 2 things`},
		{tracing{subject: "0102030405"}, "0x0102030405 is something: was the 0x left out?"},
		{tracing{subject: "lisbon"}, `"lisbon" is nothing on this ledger`},
		{tracing{subject: "lisbon", source: "urn:example:bookings"}, "booking " + booked.Trip().String()},
		{tracing{subject: "lisbon", source: "urn:example:bookings", item: "hotel"}, "item " + booked.String()},
		{tracing{subject: "lisbon", source: "urn:example:bookings", item: "car"}, "is nothing on this ledger"},
	} {
		c.auditedLedger = offline
		s, err := (&app{dir: t.TempDir()}).traceSubject(t.Context(), g, c.tracing)
		got := s.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %s %s is %s, want %s", c.subject, c.source, c.item, got, c.want)
		}
	}
}
