package load

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/wallet-api/client"
)

// network is a running network of the test.
type network struct {
	address string            // of the wallet service
	keys    map[string]string // API keys by role
	pids    map[string]int    // by part
	logs    string
}

// newNetwork builds the program, starts a network of its own, and sees to its end.
func newNetwork(t *testing.T) network {
	t.Helper()
	folder := t.TempDir()
	program, dir := filepath.Join(folder, "destinasia"), filepath.Join(folder, "network")
	command(t, 5*time.Minute, "go", "build", "-o", program, "../../cmd/destinasia")
	t.Cleanup(func() { command(t, 2*time.Minute, program, "--dir", dir, "down") })
	base := freePortBase(t)
	command(t, 5*time.Minute, program, "--dir", dir, "up", "--port-base", strconv.Itoa(base))

	n := network{address: topology.Address(base), pids: map[string]int{}, logs: filepath.Join(dir, "logs")}
	text, err := os.ReadFile(filepath.Join(dir, "secrets", "api-keys.json"))
	if err == nil {
		err = json.Unmarshal(text, &n.keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	opened, err := native.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range opened.Status(t.Context()).Parts {
		n.pids[part.Name] = part.PID
	}
	return n
}

// command runs a program that must succeed in time. It is also used when the test has ended.
func command(t *testing.T, within time.Duration, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
}

func freePortBase(t *testing.T) int {
	t.Helper()
	const first, last = 27_500, 28_500 // apart from those other packages' tests use
	for base := first; base < last; base += topology.PortSpan {
		free := true
		for port := base; free && port < base+topology.PortSpan; port++ {
			l, err := net.Listen("tcp", topology.Address(port))
			if free = err == nil; free {
				l.Close()
			}
		}
		if free {
			return base
		}
	}
	t.Fatalf("no %d free ports in a row from %d to %d", topology.PortSpan, first, last)
	return 0
}

// as is a client with a role's key.
func (n network) as(t *testing.T, role string) *client.Client {
	t.Helper()
	c, err := client.New("http://"+n.address, client.Options{Token: n.keys[role]})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// metrics of the wallet service, by series.
func (n network) metrics(t *testing.T) map[string]float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
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
func (n network) applied(t *testing.T) float64 {
	t.Helper()
	return n.metrics(t)[`wallet_gateway_operations_total{outcome="applied"}`]
}

// refusals are how many orders gates have refused, by what there was too much of.
func (n network) refusals(t *testing.T) string {
	t.Helper()
	values, text := n.metrics(t), ""
	for _, of := range []string{"queue", "requests", "patience", "connections"} {
		text += fmt.Sprintf(" %.0f for %s", values[`wallet_http_refused_total{class="order",of="`+of+`"}`], of)
	}
	return text
}

// pause stops a part as it is, until the test says so or ends.
func (n network) pause(t *testing.T, part string) (resume func()) {
	t.Helper()
	pid := n.pids[part]
	if pid == 0 {
		t.Fatalf("there is no part %s in %v", part, n.pids)
	}
	resume = func() {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	return resume
}

// cpu is what this process, the load generator, has used.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // of oneself it cannot fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func perSecond(n float64, d time.Duration) string { return fmt.Sprintf("%.0f/s", n/d.Seconds()) }
