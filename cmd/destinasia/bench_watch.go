package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/destinasia/dollars/wallet-api/client"
)

// watch looks at the service's views many times a second, and remembers when it first saw what. That is when a member
// could have seen it, and finer than asking for the status of thousands of events.
type watch struct {
	ask       func(context.Context) (client.AssetSupply, error)
	before    int64        // operations on the ledger when it began
	applied   atomic.Int64 // operations since
	sightings []sighting   // in their order; only run writes them
}

// sighting is what the views held at a moment.
type sighting struct {
	at      time.Time
	height  uint64 // blocks
	applied int64
}

const (
	watchPeriod = 20 * time.Millisecond
	// watchPatience is how long nothing may come to the ledger while there is work for it.
	watchPatience = time.Minute
)

func newWatch(ctx context.Context, ask func(context.Context) (client.AssetSupply, error)) (*watch, error) {
	supply, err := ask(ctx)
	return &watch{ask: ask, before: operations(supply)}, err
}

// operations are how many confirmations and completions made the supply what it is.
func operations(s client.AssetSupply) int64 { return s.Bookings.Pending + 2*s.Bookings.Awarded }

// run looks until it is enough, and once more then. It fails where nothing comes any more.
func (w *watch) run(ctx context.Context, enough <-chan struct{}) error {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	latest, last := time.Now(), false
	for {
		select {
		case <-ticker.C:
		case <-enough:
			last = true
		case <-ctx.Done():
			return ctx.Err()
		}
		supply, err := w.ask(ctx)
		if err != nil {
			return err
		}
		if n := len(w.sightings); n == 0 || supply.Height > w.sightings[n-1].height {
			latest = time.Now()
			w.applied.Store(operations(supply) - w.before)
			w.sightings = append(w.sightings, sighting{latest, supply.Height, w.applied.Load()})
		}
		if last {
			return nil
		}
		if time.Since(latest) > watchPatience {
			return fmt.Errorf("nothing was committed for %s; the network has stopped working", watchPatience)
		}
	}
}

// took is how many seconds after a moment so many operations were there.
func (w *watch) took(since time.Time, operations int) (float64, error) {
	for _, s := range w.sightings {
		if s.applied >= int64(operations) {
			return s.at.Sub(since).Seconds(), nil
		}
	}
	return 0, fmt.Errorf("the views show %d of %d operations", w.applied.Load(), operations)
}

// sawBlock is when a block was first in the views.
func (w *watch) sawBlock(number uint64) time.Time {
	i := sort.Search(len(w.sightings), func(i int) bool { return w.sightings[i].height > number })
	return w.sightings[min(i, len(w.sightings)-1)].at
}

// readMetrics reads counters and gauges in Prometheus' text format: values by name with labels.
func readMetrics(ctx context.Context, url string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		if values[lines.Text()[:at]], err = strconv.ParseFloat(lines.Text()[at+1:], 64); err != nil {
			return nil, fmt.Errorf("metrics of the wallet service: %w", err)
		}
	}
	return values, lines.Err()
}

// label is the value of a label, if the series is of a metric that has it.
func label(series, metric, name string) (value string, ok bool) {
	labels, ok := strings.CutPrefix(series, metric+"{")
	if !ok {
		return "", false
	}
	_, after, ok := strings.Cut(labels, name+`="`)
	value, _, closed := strings.Cut(after, `"`)
	return value, ok && closed
}
