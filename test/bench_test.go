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
	"github.com/destinasia/dollars/bench/workload"
	"github.com/destinasia/dollars/test/network"
)

// benchCommand is a benchmark as small as can be, with its network below a folder of the test.
func benchCommand(t *testing.T, args ...string) (cmd *exec.Cmd, folder string) {
	t.Helper()
	path := network.Program(t)
	base, err := network.PortBase()
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	t.Cleanup(func() {
		if err := network.End(path, folder); err != nil {
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
	if err := network.EndOrphans(folder); err != nil {
		t.Error(err)
	}
}

// TestBench runs the benchmark with short rounds of workloads that take every way there is: orders, the mix of them with
// events, reads, and rule sets. It fails by itself where anything is not committed; how fast it was is nobody's business here.
func TestBench(t *testing.T) {
	file, chart := filepath.Join(t.TempDir(), "bench.json"), filepath.Join(t.TempDir(), "bench.svg")
	cmd, folder := benchCommand(t, "--workloads", "transfer,mix,history,rules", "--seconds", "1", "--markdown", "--out", file, "--svg", chart)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v\n%s\n%s", err, out, exit.Stderr)
	}
	nothingLeft(t, folder)
	if !strings.Contains(string(out), "\n|  | "+workload.Limits+" | ") {
		t.Errorf("no Markdown table in\n%s", out)
	}
	if svg, err := os.ReadFile(chart); err != nil || !strings.Contains(string(svg), "transfer, orders in a second: baseline ") {
		t.Errorf("the chart, %v, is\n%s", err, svg)
	}
	var report bench.Report
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil || report.Machine.Cores == 0 || report.Settings.Laps != 1 || report.Settings.Seconds != 1 {
		t.Fatalf("%v in\n%s", err, text)
	}
	want := []struct {
		name     string
		variants []string
	}{
		{"transfer", []string{"baseline", "dollars", "dollars, relayed"}},
		{"mix", []string{"baseline", "dollars"}},
		{"history", []string{"dollars"}},
		{"rules", []string{workload.Standard, workload.Table, workload.Limits}},
	}
	if len(report.Workloads) != len(want) {
		t.Fatalf("%s\nhas not the workloads that were asked for", text)
	}
	for i, w := range report.Workloads {
		if w.Name != want[i].name {
			t.Errorf("workload %d is %s, want %s", i+1, w.Name, want[i].name)
		}
		checkWorkload(t, w, want[i].variants)
	}
}

// checkWorkload checks what a lap of a workload found.
func checkWorkload(t *testing.T, w bench.Workload, variants []string) {
	t.Helper()
	if len(w.Rounds) != len(variants) || len(w.Variants) != len(variants) {
		t.Fatalf("%s: %d rounds of %d variants", w.Name, len(w.Rounds), len(w.Variants))
	}
	for i, m := range w.Rounds {
		if m.Variant != variants[i] || m.Lap != 1 || m.Done < 1 || m.Seconds <= 0 {
			t.Errorf("%s, round %d is %+v", w.Name, i+1, m)
		}
		if l := m.Latency; l.P50 <= 0 || l.P50 > l.P95 || l.P95 > l.P99 || l.P99 > m.Seconds+0.001 { // They are to less than a millisecond.
			t.Errorf("%s, round %d, which took %.3f s, has latencies %+v", w.Name, i+1, m.Seconds, l)
		}
		if light := m.Light; (light != nil) != (w.Name == "transfer" && m.Variant == "dollars") || light != nil && light.Latency.P50 <= 0 {
			t.Errorf("%s, round %d has at a tenth of the load %+v", w.Name, i+1, light)
		}
		if len(m.CPU) != len(m.Memory) || len(m.Disk) > 0 == (w.Name == "history") {
			t.Errorf("%s, round %d knows the CPU of %v, the memory of %v and the bytes of %v", w.Name, i+1, m.CPU, m.Memory, m.Disk)
		}
	}
	for i, s := range w.Variants {
		if s.Variant != variants[i] || s.Rate.Min <= 0 || s.Ratio.Min <= 0 || (i == 0) != (s.Ratio == bench.Spread{Median: 1, Min: 1, Max: 1}) {
			t.Errorf("%s: %+v", w.Name, s)
		}
	}
}

// TestBenchIsInterrupted interrupts it when everything runs: its processes and directory must be gone.
func TestBenchIsInterrupted(t *testing.T) {
	cmd, folder := benchCommand(t, "--seconds", "30")
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
	time.Sleep(2 * time.Second) // It is busy with members, points or orders by then; any will do.
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
