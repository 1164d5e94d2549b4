package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/bench"
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/wallet-api/client"
)

func TestWatchRemembersWhatItSaw(t *testing.T) {
	heights, pending, awarded := []uint64{7, 7, 8, 8, 10}, []int64{5, 5, 9, 9, 3}, []int64{0, 0, 0, 0, 6}
	asked := -1
	enough := make(chan struct{})
	w, err := newWatch(t.Context(), func(context.Context) (s client.AssetSupply, err error) {
		asked++
		i := min(asked, len(heights)-1)
		if asked == len(heights)-1 {
			close(enough)
		}
		s.Height, s.Bookings.Pending, s.Bookings.Awarded = heights[i], pending[i], awarded[i]
		return s, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.run(t.Context(), enough); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, s := range w.sightings {
		seen = append(seen, fmt.Sprint(s.height, s.applied))
	}
	if got, want := fmt.Sprint(seen), "[7 0 8 4 10 10]"; got != want {
		t.Fatalf("it saw %s, want %s", got, want)
	}
	for block, sighting := range map[uint64]int{7: 1, 8: 2, 9: 2} {
		if got, want := w.sawBlock(block), w.sightings[sighting].at; !got.Equal(want) {
			t.Errorf("it saw block %d at %s, want %s", block, got, want)
		}
	}
	for operations, sighting := range map[int]int{1: 1, 4: 1, 5: 2, 10: 2} {
		since := w.sightings[0].at.Add(-time.Second)
		got, err := w.took(since, operations)
		if want := w.sightings[sighting].at.Sub(since).Seconds(); err != nil || got != want {
			t.Errorf("%d operations took %v s, %v; want %v", operations, got, err, want)
		}
	}
	if got, err := w.took(time.Now(), 11); err == nil {
		t.Errorf("11 operations took %v s, though there were 10", got)
	}
}

func TestEventsArePaced(t *testing.T) {
	awards := workload.Award("a", 10_000)
	w := &watch{}
	given := 0
	for e := range paced(t.Context(), awards.Events, w) {
		if given += len(e.Data.Items); given-int(w.applied.Load()) >= benchItemsUnderWay {
			w.applied.Store(int64(given)) // As if all of it had come to the ledger.
		}
	}
	if given != awards.Operations {
		t.Errorf("%d of %d operations were given", given, awards.Operations)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	given = 0
	for e := range paced(stopped, awards.Events, &watch{}) {
		given += len(e.Data.Items)
	}
	if given < benchItemsUnderWay || given > benchItemsUnderWay+4 {
		t.Errorf("%d operations were given while nothing was committed; want %d", given, benchItemsUnderWay)
	}
}

func TestMetricsAreRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "# HELP a b c 1\n# TYPE a counter\n"+
			"wallet_gateway_retries_total{reason=\"conflict\"} 1.2e+03\n"+
			"wallet_gateway_batches_total{class=\"booking\",code=\"VALID\"} 40\n"+
			"wallet_gateway_batches_total{class=\"booking\",code=\"MVCC_READ_CONFLICT\"} 3\n"+
			"wallet_gateway_height 9\n")
	}))
	defer server.Close()
	values, err := readMetrics(t.Context(), server.URL)
	if err != nil || len(values) != 4 || values["wallet_gateway_height"] != 9 {
		t.Fatalf("%v, %v", values, err)
	}
	before := use{metrics: map[string]float64{`wallet_gateway_retries_total{reason="conflict"}`: 1000}}
	m := use{metrics: values}.since(before)
	if !maps.Equal(m.Retried, map[string]int{"conflict": 200}) || !maps.Equal(m.Aborted, map[string]int{"MVCC_READ_CONFLICT": 3}) {
		t.Errorf("retried %v, aborted %v", m.Retried, m.Aborted)
	}
}

func TestBenchmarkIsRefused(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for _, args := range [][]string{
		{"--seconds", "0"},
		{"--seconds", "31"},
		{"--rounds", "0"},
		{"--rounds", "21"},
		{"--rounds", "7", "--workloads", "rules"},
		{"extra"},
		{"--workloads", "transfer,none"},
		{"--workloads", "mix,mix"},
		{"--workloads", ""},
		{"--port-base", "80"},
	} {
		if code := run(t.Context(), append([]string{"bench"}, args...), io.Discard, io.Discard); code != 1 {
			t.Errorf("bench %v: exit code %d", args, code)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v, %v", left, err)
	}
}

func TestBenchmarkIsPrinted(t *testing.T) {
	rate := func(median, ratio float64) bench.Summary {
		return bench.Summary{
			Rate: bench.Spread{Median: median, Min: median - 1, Max: median + 1}, Ratio: bench.Spread{Median: ratio, Min: ratio, Max: ratio},
			Latency: bench.Latency{P50: 0.0123, P95: 0.5, P99: 1.5},
		}
	}
	baseline, ours, alone := rate(5.04, 1), rate(4321.4, 857.4), rate(900, 1)
	baseline.Variant, ours.Variant, alone.Variant = variantBaseline, variantDollars, variantDollars
	baseline.Cost = bench.Cost{Aborted: map[string]int{"MVCC_READ_CONFLICT": 7}, Unfinished: 2}
	ours.Light = &bench.Light{PerSecond: 432, Latency: bench.Latency{P50: 0.2, P95: 0.3, P99: 0.4}}
	ours.Disk = map[string]float64{"ledger": 700, "views": -20}
	ours.CPU = map[string]float64{"peer0-a": 0.1, "peer0-b": 0.2, "contract-a-baseline": 0.05, "wallet": 0.3, bench.LoadGenerator: 9}
	ours.Memory = map[string]uint64{"peer0-a": 300 << 20, "peer0-b": 200 << 20}
	var out strings.Builder
	benchPrinter{out: &out, markdown: true}.print(bench.Report{Workloads: []bench.Workload{
		{Name: "hot-to", Unit: "orders", Variants: []bench.Summary{baseline, ours}},
		{Name: "history", Unit: "pages", Variants: []bench.Summary{alone}},
	}})
	for _, want := range []string{
		"| hot-to | baseline | 5.0 | orders | 4.0 - 6.0 |  |  | 12.3 | 500 | 1500 |  |  |  |",
		"|  | dollars | 4321 | orders | 4320 - 4322 | 857 | 857 - 857 | 12.3 | 500 | 1500 | 200 | 300 | 400 |",
		"| history | dollars | 900 | pages | 899 - 901 | - |  | 12.3 | 500 | 1500 |  |  |  |",
		"| hot-to | baseline |  |  |  |  | 7 MVCC_READ_CONFLICT | 0 | 0 | 2 |",
		"|  | dollars | 700 |  | -20 |  | 0 | 0 | 0 | 0 |",
		"|  | dollars | 0.300 | 0.000 | 0.050 | 0.300 | 9.000 | 0.650 |",
		"|  | dollars | 500 | 0 | 0 | 0 | 0 | 500 |",
	} {
		if !strings.Contains(out.String(), "\n"+want+"\n") {
			t.Errorf("no row %s in\n%s", want, out.String())
		}
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	statuses := []int{http.StatusServiceUnavailable, http.StatusAccepted, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadRequest}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[asked])
		asked++
	}))
	defer server.Close()
	var r refusals
	for range statuses {
		answer, err := (&http.Client{Transport: &r}).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	if got := r.taken(); !maps.Equal(got, map[string]int{"429": 1, "503": 2}) {
		t.Errorf("%v", got)
	}
	if got := r.taken(); len(got) > 0 {
		t.Errorf("%v were counted twice", got)
	}
}
