package load

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/test/network"
)

func TestMain(m *testing.M) { network.Main(m, 27_500, 28_500) }

// metrics of the wallet service, by series.
func (r *rush) metrics() map[string]float64 {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Address+"/metrics", nil)
	if err != nil {
		r.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	values := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if series, value, ok := strings.Cut(lines.Text(), " "); ok && !strings.HasPrefix(series, "#") {
			if number, err := strconv.ParseFloat(value, 64); err == nil {
				values[series] = number
			}
		}
	}
	return values
}

// applied is how many operations the ledger has applied since the service started.
func (r *rush) applied() float64 {
	r.Helper()
	return r.metrics()[`wallet_gateway_operations_total{outcome="applied"}`]
}

// refusals are how many orders gates have refused, by what there was too much of.
func (r *rush) refusals() string {
	r.Helper()
	values, text := r.metrics(), ""
	for _, of := range []string{"queue", "requests", "patience", "connections"} {
		text += fmt.Sprintf(" %.0f for %s", values[`wallet_http_refused_total{class="order",of="`+of+`"}`], of)
	}
	return text
}

// cpu is what this process, the load generator, has used.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // of oneself it cannot fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func perSecond(n float64, d time.Duration) string { return fmt.Sprintf("%.0f/s", n/d.Seconds()) }
