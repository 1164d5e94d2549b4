package network

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
	"github.com/destinasia/dollars/wallet-api/client"
)

// Network is a running network of one test.
type Network struct {
	Program string
	Dir     string
	// Address is host and port where the wallet service answers HTTP.
	Address string

	t    testing.TB
	base int
	keys map[string]string // API keys, by role
}

// Start brings one up with these arguments of `up`, and sees to its end.
func Start(t testing.TB, args ...string) *Network {
	t.Helper()
	n := New(t)
	n.Up(args...)
	return n
}

// New is one of which nothing runs yet, nor is there anything in its directory. Whatever is started there ends with the test.
func New(t testing.TB) *Network {
	t.Helper()
	n := &Network{t: t, Program: Program(t), Dir: filepath.Join(t.TempDir(), "network")}
	var err error
	if n.base, err = PortBase(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			n.showLogs()
		}
		if err := End(n.Program, n.Dir); err != nil {
			t.Error(err)
		}
	})
	return n
}

// Up brings the network up, or what is not up of it.
func (n *Network) Up(args ...string) {
	n.t.Helper()
	var up struct{ REST, APIKeys string }
	n.RunJSON(&up, append([]string{"up", "--json", "--port-base", strconv.Itoa(n.base)}, args...)...)
	n.Address = strings.TrimPrefix(up.REST, "http://")
	text, err := os.ReadFile(up.APIKeys)
	if err == nil {
		err = json.Unmarshal(text, &n.keys)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// Make writes the network down, with links between its parts, for Up to bring up: what listens there can be started before.
func (n *Network) Make(name string, links []topology.Link) topology.Network {
	n.t.Helper()
	made, err := native.Make(native.Options{Dir: n.Dir, Topology: name, PortBase: n.base, Links: links})
	if err != nil {
		n.t.Fatal(err)
	}
	return made.Topology
}

// Command is a command of the program on this network; it does not outlive the test.
func (n *Network) Command(args ...string) *exec.Cmd {
	return exec.CommandContext(n.t.Context(), n.Program, append([]string{"--dir", n.Dir}, args...)...)
}

// Try runs a command and returns what it printed; the error has what it complained of.
func (n *Network) Try(args ...string) ([]byte, error) {
	cmd := n.Command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("destinasia %s: %w\n%s\n%s", strings.Join(args, " "), err, stderr.Bytes(), out)
	}
	return out, err
}

// Run runs a command that must succeed, and returns what it printed.
func (n *Network) Run(args ...string) []byte {
	n.t.Helper()
	out, err := n.Try(args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// RunJSON is Run for a command that answers JSON.
func (n *Network) RunJSON(into any, args ...string) {
	n.t.Helper()
	out := n.Run(args...)
	if err := json.Unmarshal(out, into); err != nil {
		n.t.Fatalf("destinasia %s: %v in\n%s", strings.Join(args, " "), err, out)
	}
}

// Refused runs a command that must fail, and must say why.
func (n *Network) Refused(says string, args ...string) {
	n.t.Helper()
	out, err := n.Command(args...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), says) {
		n.t.Errorf("destinasia %s: %v, want a refusal that says %q:\n%s", strings.Join(args, " "), err, says, out)
	}
}

// Key is the API key of a role.
func (n *Network) Key(role string) string {
	n.t.Helper()
	key := n.keys[role]
	if key == "" {
		n.t.Fatalf("there is no API key of %q", role)
	}
	return key
}

// API is a client of the wallet service with the API key of a role.
func (n *Network) API(role string) *client.Client {
	n.t.Helper()
	c, err := client.New("http://"+n.Address, client.Options{Token: n.Key(role), RetryFor: 30 * time.Second})
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

func (n *Network) showLogs() {
	logs, err := filepath.Glob(filepath.Join(n.Dir, "logs", "*.log"))
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
