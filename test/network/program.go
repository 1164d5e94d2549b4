package network

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// own is what the tests of one binary share.
var own struct {
	folder string // where the program is built

	mu        sync.Mutex
	next, end int // ports that no test has been given yet
}

// Main runs a package's tests, for its TestMain. Their networks have ports from first on and below last, apart from those
// that other packages' tests use.
func Main(m *testing.M, first, last int) {
	var err error
	if own.folder, err = os.MkdirTemp("", "destinasia-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	own.next, own.end = first, last
	code := m.Run()
	os.RemoveAll(own.folder)
	os.Exit(code)
}

// build builds the program of this checkout, if a test needs it.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(own.folder, "destinasia")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/destinasia/dollars/cmd/destinasia").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// Program is the path of the program. A test that needs it starts a real network, and is skipped in a short run.
func Program(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a real network; run without -short")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// PortBase is the base of a span of ports that nobody listens on; tests of one run never share one.
func PortBase() (int, error) {
	own.mu.Lock()
	defer own.mu.Unlock()
	base, err := native.FreePorts(own.next, own.end)
	own.next = base + topology.PortSpan
	return base, err
}
