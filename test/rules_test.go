package test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/block"
	"github.com/destinasia/dollars/test/network"
	"github.com/destinasia/dollars/wallet-api/client"
)

// publish takes a file of rules all the way.
func publish(t *testing.T, n *network.Network, file string) {
	t.Helper()
	n.Run("rules", "propose", file)
	n.Run("rules", "approve", file)
	n.Run("rules", "publish", file)
}

// report sends an event and waits until the ledger has applied it.
func report(t *testing.T, c *client.Client, kind, id string, data bookings.Data) {
	t.Helper()
	text, err := bookings.Event{
		Source: tripSource, ID: id, Type: kind, Time: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Data: data,
	}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := c.ReportEvent(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		st, err := c.BookingEvent(t.Context(), receipt.ID)
		if err != nil {
			t.Fatal(err)
		}
		if st.Status == client.StateApplied {
			return
		}
		if st.Status != client.StateAccepted || time.Now().After(end) {
			t.Fatalf("event %s is %+v", id, st)
		}
	}
}

const tripSource = "urn:example:trips"

// trip is a flight there and a hotel of so many nights.
func trip(booking, from string, nights int) bookings.Data {
	day, err := time.Parse(time.DateOnly, from)
	if err != nil {
		panic(err)
	}
	start := bookings.DateOf(day)
	return bookings.Data{Booking: booking, Member: "alice", Channel: "app", Party: 2, Items: []bookings.Item{
		{
			Item: "flight", Kind: bookings.Flight, Price: bookings.Price{Amount: 400_00, Currency: "EUR"},
			Start: start, End: start, Cabin: "economy", Route: "FRA-LIS", Country: "PT",
		},
		{
			Item: "hotel", Kind: bookings.Hotel, Price: bookings.Price{Amount: 1000_00, Currency: "EUR"},
			Start: start, End: start + bookings.Date(nights), Hotel: "lisbon-1", Country: "PT",
		},
	}}
}

func ended(booking string) bookings.Data {
	return bookings.Data{Booking: booking, Items: []bookings.Item{{Item: "flight"}, {Item: "hotel"}}}
}

// TestSeason is the story of the article: who stays long gets a better rate on the flight in one season, and not in the
// next; what was booked under a version keeps it.
func TestSeason(t *testing.T) {
	n := network.Start(t)
	system := n.API("booking")
	n.Run("member", "create", "alice")

	const season, after = "testdata/rules/season.yaml", "testdata/rules/after.yaml"
	n.Run("rules", "check", season)
	n.Run("rules", "propose", season)
	n.Refused("rules_own_proposal", "rules", "approve", season, "--as", "planner")
	n.Refused("rules_unapproved", "rules", "publish", season)
	n.Refused("not_authorized", "rules", "approve", season, "--as", "operator")
	n.Refused("is not what is proposed", "rules", "approve", after)
	n.Run("rules", "approve", season)
	n.Refused("is not what is proposed", "rules", "publish", after)
	n.Run("rules", "publish", season)

	report(t, system, bookings.Confirmed, "1", trip("winter-long", "2026-12-10", 8))
	report(t, system, bookings.Confirmed, "2", trip("winter-short", "2026-12-10", 6))
	report(t, system, bookings.Confirmed, "3", trip("spring-long", "2027-03-01", 8))
	publish(t, n, after)
	report(t, system, bookings.Confirmed, "4", trip("winter-late", "2026-12-10", 8))
	for i, booking := range []string{"winter-long", "winter-short", "spring-long", "winter-late"} {
		report(t, system, bookings.Completed, strconv.Itoa(10+i), ended(booking))
	}

	// Four hotels of 5 % and four flights of 2 % are 232; the one winter flight of a long stay that was booked in time
	// has 3 % more.
	var balance client.Balance
	n.RunJSON(&balance, "balance", "alice", "--json")
	if got := balance.Available.String(); got != "244.00" {
		t.Errorf("alice has %s, want 244.00", got)
	}
	if len(balance.Expiring) != 2 || balance.Expiring[0].Amount.String() != "12.00" {
		t.Errorf("the promotion's points do not expire on their own: %+v", balance.Expiring)
	}
	for booking, version := range map[string]string{"winter-long": "version 2", "winter-late": "version 3"} {
		if out := string(n.Run("explain", booking, "--source", tripSource)); !strings.Contains(out, version) {
			t.Errorf("%s is not explained by %s:\n%s", booking, version, out)
		}
	}
	if out := string(n.Run("explain", "winter-long", "--source", tripSource, "--item", "flight")); !strings.Contains(out, "winter-flights") {
		t.Errorf("the row that fired is not named:\n%s", out)
	}
	if out := string(n.Run("explain", "winter-short", "--source", tripSource, "--item", "flight")); !strings.Contains(out, "trip.nights") {
		t.Errorf("the row that nearly fired is not named:\n%s", out)
	}
	n.Run("rules", "simulate", season)
	n.Run("audit")
}

// TestRulesChangeInReplay publishes other rules in the middle of a replay of the real file, and finds on the chain that
// every booking has the version that was in force at its place there.
func TestRulesChangeInReplay(t *testing.T) {
	needsHotelFile(t)
	n := network.Start(t)
	const limit, other = 6000, "testdata/rules/season.yaml"
	n.Run("rules", "propose", other)
	n.Run("rules", "approve", other)
	replay := n.Command("replay", hotelFile, "--limit", strconv.Itoa(limit))
	if err := replay.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- replay.Wait() }()
	if !waitForBookings(t, n, 500, done) {
		t.Fatal("the replay was over before the rules could be changed: take more rows")
	}
	published := make(chan error, 1)
	go func() {
		_, err := n.Try("rules", "publish", other)
		published <- err
	}()
	resume := func() {}
	if waitForBookings(t, n, limit/2, published) {
		resume = n.Pause("wallet") // on a machine where publishing takes longer, so that there are bookings after it
	}
	if err := <-published; err != nil {
		t.Error(err)
	}
	resume()
	if err := <-done; err != nil {
		t.Fatal(err)
	}

	exported := filepath.Join(t.TempDir(), "blocks")
	n.Run("audit", "export", "blocks", exported)
	confirmed := versionsOnChain(t, exported)
	if confirmed[1] == 0 || confirmed[2] == 0 || confirmed[1]+confirmed[2] < limit-10 {
		t.Errorf("bookings by version are %v; want both, and all", confirmed)
	}
	n.Run("audit", "--blocks", exported)
}

// versionsOnChain walks the chain with a schedule of its own, holds every confirmation against it, and counts.
func versionsOnChain(t *testing.T, folder string) map[uint32]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.block"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d blocks, %v", len(files), err)
	}
	slices.Sort(files)
	confirmed := map[uint32]int{}
	inForce, starts := uint32(0), int64(0)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var raw common.Block
		if err := proto.Unmarshal(data, &raw); err != nil {
			t.Fatal(err)
		}
		b, err := block.Decode(&raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range b.Transactions {
			if !tx.Valid() || tx.Event == nil || tx.Event.Name != "journal" {
				continue
			}
			journal, err := dollars.DecodeJournal(tx.Event.Payload)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range journal.Entries {
				switch {
				case e.Outcome != dollars.Applied:
				case e.Kind == dollars.KindPublishRules:
					inForce, starts = e.Version, tx.Timestamp.Unix()
				case e.Kind == dollars.KindConfirm:
					confirmed[e.Version]++
					if late := tx.Timestamp.Unix() < starts; e.Version != inForce && !late {
						t.Fatalf("block %d: a booking has version %d; version %d is in force", b.Number, e.Version, inForce)
					}
				}
			}
		}
	}
	return confirmed
}
