package test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/bench"
)

// benchCommand is a benchmark as small as can be, with its network below a folder of the test.
func benchCommand(t *testing.T, args ...string) (cmd *exec.Cmd, folder string) {
	t.Helper()
	path := needsNetwork(t)
	base, err := freePortBase()
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	t.Cleanup(func() {
		if err := endNetworks(path, folder); err != nil {
			t.Error(err)
		}
	})
	args = append([]string{"bench", "--quick", "--port-base", strconv.Itoa(base)}, args...)
	cmd = exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	return cmd, folder
}

// nothingLeft checks that a benchmark ended its network and removed it.
func nothingLeft(t *testing.T, folder string) {
	t.Helper()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v, %v", left, err)
	}
	if err := endOrphans(folder); err != nil {
		t.Error(err)
	}
}

// TestBench runs the benchmark with tiny rounds. It fails by itself where anything is not committed; how fast it was is
// nobody's business here.
func TestBench(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	cmd, folder := benchCommand(t, "--events", "200", "--rounds", "2", "--markdown", "--out", file)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v\n%s\n%s", err, out, exit.Stderr)
	}
	nothingLeft(t, folder)
	if !strings.Contains(string(out), "\n| "+bench.Limits+" | ") {
		t.Errorf("no Markdown table in\n%s", out)
	}
	var report bench.Report
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil || len(report.Workloads) != 1 || report.Machine.Cores == 0 {
		t.Fatalf("%v in\n%s", err, text)
	}
	w := report.Workloads[0]
	order := []string{bench.Standard, bench.Table, bench.Limits, bench.Limits, bench.Table, bench.Standard}
	if w.Name != "award" || len(w.Rounds) != len(order) || len(w.Rules) != 3 {
		t.Fatalf("%s\nhas not the rounds that were asked for", text)
	}
	for i, m := range w.Rounds {
		if m.Rules != order[i] || m.Lap != i/3+1 || m.Events != 200 || m.Operations < 200 || m.Seconds <= 0 {
			t.Errorf("round %d is %+v", i+1, m)
		}
		if l := m.Latency; l.P50 <= 0 || l.P50 > l.P95 || l.P95 > l.P99 || l.P99 > m.Seconds+0.001 { // They are to the millisecond.
			t.Errorf("round %d, which took %.3f s, has latencies %+v", i+1, m.Seconds, l)
		}
		if len(m.CPU) != len(w.Peaks) {
			t.Errorf("round %d knows the CPU of %v, the benchmark the memory of %v", i+1, m.CPU, w.Peaks)
		}
	}
	for _, s := range w.Rules {
		if s.EventsPerSecond.Min <= 0 || s.Ratio.Min <= 0 || (s.Rules == bench.Standard) != (s.Ratio == bench.Spread{Median: 1, Min: 1, Max: 1}) {
			t.Errorf("%+v", s)
		}
	}
}

// TestBenchIsInterrupted interrupts it when everything runs: its processes and directory must be gone.
func TestBenchIsInterrupted(t *testing.T) {
	cmd, folder := benchCommand(t, "--events", "1000000")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for end := time.Now().Add(4 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if records, _ := filepath.Glob(filepath.Join(folder, "*", "run", "wallet.json")); len(records) > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the wallet service was never started")
		}
	}
	time.Sleep(2 * time.Second) // It is busy with members, rules or events by then; any will do.
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	select {
	case err := <-done:
		if !errors.As(err, &exit) || exit.ExitCode() != 130 {
			t.Errorf("%v, want exit code 130:\n%s", err, said.String())
		}
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		t.Fatal("the benchmark does not end")
	}
	nothingLeft(t, folder)
}
