package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/topology"
)

// programDir is where the program of this checkout is built, once and only if a test needs it.
var programDir string

var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programDir, "destinasia")
	build := exec.Command("go", "build", "-o", path, "./cmd/destinasia")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	var err error
	if programDir, err = os.MkdirTemp("", "destinasia-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(programDir)
	os.Exit(code)
}

// needsNetwork skips what would start a real network in a short run, and finds the program otherwise.
func needsNetwork(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a real network; run without -short")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// nextPortBase hands out stretches of ports that nobody listens on; tests of one run never share one.
var nextPortBase atomic.Int64

func freePortBase() (int, error) {
	const first, last, stretch = 12000, 20000, topology.PortSpan // apart from those other packages' tests use
	for {
		base := first + stretch*int(nextPortBase.Add(1)-1)
		if base > last {
			return 0, errors.New("no free stretch of ports")
		}
		free := true
		for port := base; free && port < base+stretch; port++ {
			l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
			if free = err == nil; free {
				l.Close()
			}
		}
		if free {
			return base, nil
		}
	}
}

// network is a running network of one test.
type network struct {
	t       *testing.T
	program string
	dir     string
}

// newNetwork starts one with these arguments of `up`, and sees to its end.
func newNetwork(t *testing.T, args ...string) *network {
	t.Helper()
	n := &network{t: t, program: needsNetwork(t), dir: filepath.Join(t.TempDir(), "network")}
	base, err := freePortBase()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			n.showLogs()
		}
		if err := endNetworks(n.program, n.dir); err != nil {
			t.Error(err)
		}
	})
	n.run(append([]string{"up", "--port-base", strconv.Itoa(base)}, args...)...)
	return n
}

// command is a command of the program on this network; it does not outlive the test.
func (n *network) command(args ...string) *exec.Cmd {
	return exec.CommandContext(n.t.Context(), n.program, append([]string{"--dir", n.dir}, args...)...)
}

// run runs a command that must succeed, and returns what it printed.
func (n *network) run(args ...string) []byte {
	n.t.Helper()
	cmd := n.command(args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		n.t.Fatalf("destinasia %s: %v\n%s\n%s", strings.Join(args, " "), err, stderr.String(), out)
	}
	return out
}

// runJSON is run for a command that answers JSON.
func (n *network) runJSON(into any, args ...string) {
	n.t.Helper()
	out := n.run(args...)
	if err := json.Unmarshal(out, into); err != nil {
		n.t.Fatalf("destinasia %s: %v in\n%s", strings.Join(args, " "), err, out)
	}
}

// status is what the tests read of `status --json`.
type status struct {
	Parts []struct {
		Name        string
		Up          bool
		PID         int
		MemoryBytes uint64
	}
	Heights  map[string]uint64
	Problems []string
	Assets   []asset
	Ledger   []ledgerAsset
}

type asset struct {
	Asset, Minted, Reversed, Redeemed, Expired, Outstanding, Pending, Debt string
	Height                                                                 uint64
	Bookings                                                               bookingCounts
}

type bookingCounts struct{ Pending, Awarded, Cancelled, Reversed, Noted int64 }

// ledgerAsset is what an organisation's state adds up to, with no help of the wallet service.
type ledgerAsset struct {
	Organisation, Asset, Outstanding, Pending, Awarded, Debt string
	Bookings                                                 bookingCounts
}

// supply asks for the supply, in the read model and on the ledger of both organisations, and checks that they agree.
func (n *network) supply() asset {
	n.t.Helper()
	var s status
	n.runJSON(&s, "status", "--json", "--ledger")
	if len(s.Assets) != 1 || len(s.Ledger) != 2 || len(s.Problems) != 0 {
		n.t.Fatalf("status is %+v", s)
	}
	views := s.Assets[0]
	for _, ledger := range s.Ledger {
		if views.Outstanding != ledger.Outstanding || views.Pending != ledger.Pending || views.Debt != ledger.Debt ||
			views.Minted != ledger.Awarded || views.Bookings != ledger.Bookings {
			n.t.Errorf("the read model and the ledger differ:\n%+v\n%+v", views, ledger)
		}
	}
	return views
}

// kill ends a process of the network at once.
func (n *network) kill(part string) {
	n.t.Helper()
	var s status
	n.runJSON(&s, "status", "--json")
	for _, p := range s.Parts {
		if p.Name == part && p.PID != 0 {
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
				n.t.Fatal(err)
			}
			return
		}
	}
	n.t.Fatalf("%s does not run: %+v", part, s.Parts)
}

func (n *network) showLogs() {
	logs, err := filepath.Glob(filepath.Join(n.dir, "logs", "*.log"))
	if err != nil {
		n.t.Log(err)
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			n.t.Log(err)
		}
		n.t.Logf("%s ends with\n%s", path, text[max(0, len(text)-3000):])
	}
}

// endNetworks stops every network below a folder, and complains of processes that outlive that, after ending them too.
func endNetworks(program, folder string) error {
	var errs []error
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "network.json" {
			if out, err := exec.Command(program, "down", "--dir", filepath.Dir(path)).CombinedOutput(); err != nil {
				errs = append(errs, fmt.Errorf("down: %w\n%s", err, out))
			}
		}
		return nil // what vanishes while we look needs no ending
	})
	return errors.Join(append(errs, err, endOrphans(folder))...)
}

// endOrphans ends processes whose command line names the folder. It needs /proc; elsewhere `down` is trusted.
func endOrphans(folder string) error {
	var orphans []string
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		orphans = orphans[:0]
		entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			return err
		}
		for _, path := range entries {
			text, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(text), folder) {
				continue
			}
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil || pid == os.Getpid() {
				continue
			}
			orphans = append(orphans, strings.ReplaceAll(string(text), "\x00", " "))
			if time.Now().After(end) {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
			}
		}
		if len(orphans) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("processes outlived their network: %q", orphans)
		}
	}
}
