package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/bookings/hotels"
	"github.com/destinasia/dollars/wallet-api/client"
)

const hotelsHeader = "hotel,is_canceled,lead_time,arrival_date_year,arrival_date_month,arrival_date_week_number," +
	"arrival_date_day_of_month,stays_in_weekend_nights,stays_in_week_nights,adults,children,babies,meal,country," +
	"market_segment,distribution_channel,is_repeated_guest,previous_cancellations,previous_bookings_not_canceled," +
	"reserved_room_type,assigned_room_type,booking_changes,deposit_type,agent,company,days_in_waiting_list," +
	"customer_type,adr,required_car_parking_spaces,total_of_special_requests,reservation_status,reservation_status_date\n"

// stays are bookings of two nights; the last has a negative rate.
func stays(t *testing.T, count int) *hotels.File {
	text := hotelsHeader
	for i := range count {
		rate := fmt.Sprint(50 + i)
		if i == count-1 {
			rate = "-6.38"
		}
		text += fmt.Sprintf("Resort Hotel,0,%d,2016,July,27,%d,0,2,2,0,0,BB,PRT,Direct,Direct,0,0,0,C,C,3,No Deposit,NULL,NULL,0,Transient,%s,0,0,Check-Out,2016-07-%02d\n",
			i%200, i%28+1, rate, i%28+3)
	}
	file, err := hotels.Read(strings.NewReader(text), hotels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var replayFast = replayOptions{connections: 5, batch: 7, json: true}

// confirmedFirst checks that each booking was confirmed before it ended.
func confirmedFirst(t *testing.T, arrived []string) {
	confirmed := map[string]bool{}
	for _, id := range arrived {
		booking, step, _ := strings.Cut(id, "/")
		if step == "confirmed" {
			confirmed[booking] = true
		} else if !confirmed[booking] {
			t.Errorf("%s arrived before the confirmation", id)
		}
	}
}

func TestReplay(t *testing.T) {
	service, n := newFake(t)
	service.overload = 3
	a, _, _ := appForTest(n)
	file := stays(t, 1000)

	got, err := a.replayOn(t.Context(), n, file, replayFast)
	if err != nil {
		t.Fatal(err)
	}
	want := feedCounts{Events: 1999, Accepted: 1998, Applied: 1998, Skipped: 1, Rejected: map[string]int{}, Refused: map[string]int{"amount_negative": 1}}
	if diff := cmp.Diff(want, got.feedCounts); diff != "" {
		t.Error(diff)
	}
	if got.Created != got.Members || got.Members != len(service.members) || got.Members == 0 {
		t.Errorf("of %d members %d were enrolled; the service has %d", got.Members, got.Created, len(service.members))
	}
	if got.Supply == nil || got.Supply.Height != 7 {
		t.Errorf("supply %+v", got.Supply)
	}
	confirmedFirst(t, service.arrivals())

	again, err := a.replayOn(t.Context(), n, file, replayFast)
	if err != nil {
		t.Fatal(err)
	}
	// The refused one is not known to the service and is refused again; the ledger hears nothing new.
	want.Accepted, want.Applied, want.Duplicate = 0, 0, 1998
	if diff := cmp.Diff(want, again.feedCounts); diff != "" {
		t.Errorf("a second time: %s", diff)
	}
	if again.Created != 0 {
		t.Errorf("%d members were enrolled a second time", again.Created)
	}
}

func TestReplayGoesOnWhereItFailed(t *testing.T) {
	service, n := newFake(t)
	a, _, _ := appForTest(n)
	file := stays(t, 200)
	service.failAfter = 150
	first, err := a.replayOn(t.Context(), n, file, replayFast)
	if client.CodeOf(err) != "internal" || first.Events == 0 || first.Events >= 200 {
		t.Fatalf("%d events were sent: %v", first.Events, err)
	}
	service.mu.Lock()
	service.failAfter = 0 // Reports of the first run may still be under way.
	service.mu.Unlock()
	second, err := a.replayOn(t.Context(), n, file, replayFast)
	if err != nil {
		t.Fatal(err)
	}
	// What the first run had sent is there; some of it was perhaps not counted, as its answer came too late.
	if second.Events+second.Skipped != 400 || second.repeated() < first.Accepted || second.Duplicate != second.repeated() || second.Unsettled != 0 {
		t.Errorf("first %+v, second %+v", first.feedCounts, second.feedCounts)
	}
	confirmedFirst(t, service.arrivals())
}

func TestLanesKeepOrderWithinAKey(t *testing.T) {
	var mu sync.Mutex
	got := map[string][]int{}
	l := lanes[int]{count: 4, batch: 3, key: func(i int) string { return fmt.Sprint(i % 10) }}
	l.send = func(_ context.Context, batch []int) error {
		mu.Lock()
		defer mu.Unlock()
		for _, i := range batch {
			got[l.key(i)] = append(got[l.key(i)], i)
		}
		return nil
	}
	var items []int
	for i := range 1001 {
		items = append(items, i)
	}
	if err := l.run(t.Context(), slices.Values(items)); err != nil {
		t.Fatal(err)
	}
	total := 0
	for key, list := range got {
		total += len(list)
		if !slices.IsSorted(list) {
			t.Errorf("key %s: %v", key, list)
		}
	}
	if total != len(items) {
		t.Errorf("%d of %d items were sent", total, len(items))
	}
}

func TestLanesStopAtAnError(t *testing.T) {
	broken := errors.New("broken")
	l := lanes[int]{count: 4, batch: 3, key: func(i int) string { return fmt.Sprint(i) }}
	l.send = func(_ context.Context, batch []int) error {
		if slices.Contains(batch, 50) {
			return broken
		}
		return nil
	}
	endless := func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	}
	if err := l.run(t.Context(), endless); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestLanesStopWhenInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	l := lanes[int]{count: 2, batch: 2, key: func(i int) string { return fmt.Sprint(i) }}
	l.send = func(_ context.Context, batch []int) error {
		if batch[0] > 100 {
			interrupt()
		}
		return nil
	}
	endless := func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	}
	if err := l.run(ctx, endless); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFollowerTellsEveryEventOnce(t *testing.T) {
	asked := map[string]int{}
	settled := map[string]int{}
	f := &follower{pause: 1, settled: func(r eventReceipt, status *eventStatus) {
		if known := status != nil; known == (r.id == "gone") {
			t.Errorf("%s: %+v", r.id, status)
		}
		settled[r.id]++
	}}
	f.ask = func(_ context.Context, ids []string) (statuses []eventStatus, err error) {
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("asked for %d ids, some of them twice", len(ids))
		}
		for _, id := range ids {
			if asked[id]++; id != "gone" {
				statuses = append(statuses, eventStatus{id: id, done: asked[id] > len(id)%3})
			}
		}
		return statuses, nil
	}
	want := map[string]int{"gone": 1, "twice": 2}
	for i := range 2500 {
		id := strings.Repeat("x", i%5) + fmt.Sprint(i)
		want[id] = 1
		f.add(eventReceipt{id: id})
	}
	for _, id := range []string{"twice", "gone", "twice"} {
		f.add(eventReceipt{id: id})
	}
	f.finish()
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, settled); diff != "" {
		t.Error(diff)
	}
}
