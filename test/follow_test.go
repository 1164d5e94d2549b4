package test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/test/network"
)

// followed is what the test reads of a line of `audit --follow --json`.
type followed struct {
	Event, Peer, Message string
	Height               uint64
	Believed             *struct{ Height uint64 }
}

// follow starts to follow a network and hands out what it says, until it has ended.
func follow(t *testing.T, n *network.Network, args ...string) (process *exec.Cmd, events <-chan followed) {
	t.Helper()
	process = n.Command(append([]string{"audit", "--follow", "--json"}, args...)...)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan followed, 1000)
	go func() {
		defer close(said)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var e followed
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				e = followed{Event: "no JSON", Message: lines.Text()}
			}
			said <- e
		}
	}()
	return process, said
}

// wait waits for an event, a minute at most.
func wait(t *testing.T, events <-chan followed, what string, is func(followed) bool) followed {
	t.Helper()
	var seen []string
	for late := time.After(time.Minute); ; {
		select {
		case e, more := <-events:
			seen = append(seen, fmt.Sprintf("%+v", e))
			switch {
			case !more || e.Event == "no JSON":
				t.Fatalf("it ended before %s:\n%s", what, strings.Join(seen, "\n"))
			case is(e):
				return e
			}
		case <-late:
			t.Fatalf("a minute later there is no %s:\n%s", what, strings.Join(seen, "\n"))
		}
	}
}

// TestAuditFollowsTheChain: blocks are audited as they come, a peer may go and come back, and whoever ends it finds a
// checkpoint.
func TestAuditFollowsTheChain(t *testing.T) {
	n := network.Start(t)
	n.Run("demo", "--bookings", "200")
	kept := filepath.Join(t.TempDir(), "kept")
	port, err := network.PortBase()
	if err != nil {
		t.Fatal(err)
	}
	metrics := fmt.Sprintf("127.0.0.1:%d", port)
	process, events := follow(t, n, "--checkpoint", kept, "--metrics", metrics)
	known := supply(t, n).Height // "audited" is told from time to time: what comes after it, below, is then of new blocks
	begun := wait(t, events, "first blocks", func(e followed) bool { return e.Event == "audited" && e.Height >= known })

	n.Kill("peer0-aircnc")
	wait(t, events, "message of the peer that is gone", func(e followed) bool {
		return e.Event == "peer" && e.Peer == "peer0-aircnc" && strings.Contains(e.Message, "broke off")
	})
	n.Up()
	n.Run("freeze", "m000001", "--reason", "test")
	after := wait(t, events, "block after the peer was gone", func(e followed) bool { return e.Event == "audited" && e.Height > begun.Height })
	checkMetrics(t, metrics, fmt.Sprintf("destinasia_audit_height %d", after.Height), "destinasia_audit_diverged 0",
		fmt.Sprintf(`destinasia_audit_peer_height{peer="peer0-aircnc"} %d`, after.Height))
	end(t, process, events)

	var r struct {
		Height   uint64
		Balanced bool
		Believed struct{ Height uint64 }
	}
	n.RunJSON(&r, "audit", "--checkpoint", kept, "--json")
	if r.Believed.Height != after.Height || r.Height != r.Believed.Height || !r.Balanced {
		t.Errorf("the audit after it came to %+v; it had followed %d blocks", r, after.Height)
	}
}

// end interrupts it as Ctrl-C does.
func end(t *testing.T, process *exec.Cmd, events <-chan followed) {
	t.Helper()
	if err := process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	wait(t, events, "checkpoint", func(e followed) bool { return e.Event == "checkpoint" && strings.Contains(e.Message, "left at height") })
	wait(t, events, "end", func(e followed) bool { return e.Event == "ended" })
	if err := process.Wait(); err != nil {
		t.Errorf("interrupted, it ended with %v", err)
	}
}

// checkMetrics waits until the metrics have these lines.
func checkMetrics(t *testing.T, address string, lines ...string) {
	t.Helper()
	var text []byte
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		answer, err := http.Get("http://" + address + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err = io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		missing := false
		for _, line := range lines {
			missing = missing || !strings.Contains(string(text), line+"\n")
		}
		if !missing {
			return
		}
	}
	t.Errorf("a minute later the metrics lack one of %q:\n%s", lines, text)
}
