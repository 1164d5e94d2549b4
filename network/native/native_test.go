package native

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/network/topology"
)

func TestRecycledProcessIDIsNotTakenForOurs(t *testing.T) {
	birth, err := processBirth(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Name: "me", PID: os.Getpid(), Birth: birth}
	if !r.Running() {
		t.Error("this very process does not run")
	}
	if r.Memory() == 0 {
		t.Error("this very process has no memory")
	}
	r.Birth = "another " + birth
	if r.Running() {
		t.Error("a process with another start time was taken for the recorded one")
	}
	d := Dir(t.TempDir())
	if err := WriteJSON(d.record(r.Name), r); err != nil {
		t.Fatal(err)
	}
	if err := d.stop(r); err != nil { // would end this test if it signalled
		t.Fatal(err)
	}
	if list, err := d.records(); err != nil || len(list) != 0 {
		t.Errorf("stale record stays: %v, %v", list, err)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	if testing.Short() {
		t.Skip("waits out the polite signal")
	}
	d := Dir(t.TempDir())
	p := &process{name: "deaf", path: "/bin/sh", args: []string{"-c", "trap '' TERM; while :; do sleep 1; done"}}
	if err := p.start(d); err != nil {
		t.Fatal(err)
	}
	list, err := d.records()
	if err != nil || len(list) != 1 || !list[0].Running() {
		t.Fatalf("records: %+v, %v", list, err)
	}
	if err := d.stop(list[0]); err != nil {
		t.Fatal(err)
	}
	if list[0].Running() {
		t.Error("still runs")
	}
	<-p.exited
}

func TestProcessOfARemovedDirectoryIsEnded(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "network"))
	p := &process{name: "left", path: "/bin/sleep", args: []string{"60"}}
	if err := p.start(d); err != nil {
		t.Fatal(err)
	}
	list, err := d.records()
	if err != nil || len(list) != 1 {
		t.Fatalf("records: %+v, %v", list, err)
	}
	started(t, d, list[0].PID)
	if ended, err := d.endStrays(); err != nil || len(ended) != 0 || !list[0].Running() {
		t.Fatalf("a process with a record: ended %v, %v", ended, err)
	}
	if err := os.RemoveAll(string(d)); err != nil {
		t.Fatal(err)
	}
	ended, err := Down(string(d), testProgress{t, time.Now()})
	if err != nil || len(ended) != 1 || list[0].Running() {
		t.Errorf("ended %v, %v; runs: %v", ended, err, list[0].Running())
	}
}

// started waits until a process has passed the gate: before, it goes by another name.
func started(t *testing.T, d Dir, pid int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if pids, err := processesFrom(d.runDir()); err == nil && slices.Contains(pids, pid) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a process that was started is not found")
		}
	}
}

func TestZombieIsGone(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "exit 0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // only reaps
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := processBirth(cmd.Process.Pid); errors.Is(err, errGone) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("an ended process that was not waited for counts as alive")
		}
	}
}

func TestEarlyEndIsReportedWithTheLog(t *testing.T) {
	d := Dir(t.TempDir())
	p := &process{
		name: "brief", path: "/bin/sh", args: []string{"-c", "echo what went wrong; exit 3"},
		ready: answers("http://127.0.0.1:1/"),
	}
	if err := p.start(d); err != nil {
		t.Fatal(err)
	}
	err := p.await(t.Context(), d, unheard)
	if err == nil || !strings.Contains(err.Error(), "what went wrong") || !strings.Contains(err.Error(), d.Log("brief")) {
		t.Errorf("error: %v", err)
	}
}

func TestPanicIsShownFromItsBeginning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	text := "before\npanic: the reason\n" + strings.Repeat("main.f()\n", 40)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if tail := tailOf(file); !strings.HasPrefix(tail, "panic: the reason\n") {
		t.Errorf("tail:\n%s", tail)
	}
}

func TestDataIsClearedOnlyWithoutAChain(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := &process{data: data, chain: filepath.Join(data, "chains", "dollars"), derived: filepath.Join(data, "builds")}
	if err := errors.Join(os.MkdirAll(p.chain, 0o755), os.MkdirAll(p.derived, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := p.clear(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.chain); err != nil {
		t.Fatal("a chain was removed")
	}
	if _, err := os.Stat(p.derived); err == nil {
		t.Error("what is derived stays")
	}
	if err := os.Remove(p.chain); err != nil {
		t.Fatal(err)
	}
	if err := p.clear(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("what was left behind stays")
	}
}

func TestProgramDoesNotStartWhenItsStarterDies(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	cmd := exec.Command("/bin/sh", "-c", gate, "name", "touch", mark)
	open, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := open.Close(); err != nil { // as the system does when the starter is killed
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Error("the gate opened")
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the program ran")
	}
}

func TestSpecChangesWithConfigurationAndArguments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	spec := func(content string, args ...string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := (&process{path: "/bin/sh", args: args, files: []string{file}}).spec()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := spec("a", "x")
	if first != spec("a", "x") {
		t.Error("the same gives another spec")
	}
	if first == spec("b", "x") || first == spec("a", "y") {
		t.Error("a change gives the same spec")
	}
}

func TestLockKeepsTheSecondCommandOut(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir); err == nil || !strings.Contains(err.Error(), "another destinasia command") {
		t.Errorf("error: %v", err)
	}
	unlock()
	unlock, err = lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestUnusableDirectoryIsOneClearSentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := prepare(filepath.Join(file, "below")); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("error: %v", err)
	}
}

func TestPortBaseMayChangeUntilTheGenesisBlockIsMade(t *testing.T) {
	dir := Dir(t.TempDir())
	if _, err := Open(string(dir)); !errors.Is(err, ErrNoNetwork) {
		t.Errorf("an empty directory opens: %v", err)
	}
	for _, base := range []int{23000, 24000} {
		n, err := plan(dir, Options{PortBase: base})
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(n.Dir.description(), description{PortBase: base}); err != nil {
			t.Fatal(err)
		}
	}
	n, err := plan(dir, Options{PortBase: 25000})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.settle(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := plan(dir, Options{PortBase: 26000}); err == nil || !strings.Contains(err.Error(), "25000") {
		t.Errorf("error: %v", err)
	}
	again, err := plan(dir, Options{})
	if err != nil || again.Topology.PortBase != 25000 {
		t.Errorf("reopened as %+v, %v", again, err)
	}
}

func TestNetworkKeepsTheChaincodesItWasMadeWith(t *testing.T) {
	dir := Dir(t.TempDir())
	n, err := plan(dir, Options{Beside: []string{"baseline"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.settle(time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, beside := range [][]string{nil, {"baseline"}, {"other"}} {
		again, err := plan(dir, Options{Beside: beside})
		if err != nil || !reflect.DeepEqual(again.Topology, n.Topology) {
			t.Errorf("planned again with %v it is %+v: %v", beside, again, err)
		}
	}
}

func TestNetworkKeepsItsTopologyAndItsLinks(t *testing.T) {
	dir := Dir(t.TempDir())
	links := []topology.Link{{To: "orderer0", Port: 31000}, {From: "peer0-aircnc", To: "orderer0", Port: 31001}}
	n, err := plan(dir, Options{Topology: "resilient", Links: links})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.settle(time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "resilient"} {
		again, err := plan(dir, Options{Topology: name})
		if err != nil || !reflect.DeepEqual(again.Topology, n.Topology) {
			t.Errorf("planned again as %q it is %+v: %v", name, again, err)
		}
	}
	if _, err := plan(dir, Options{Topology: "bft"}); err == nil || !strings.Contains(err.Error(), "--topology resilient") {
		t.Errorf("another topology: %v", err)
	}
	org, err := n.Topology.Organisation("aircnc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.peer(org, org.Peers[0], Programs{}); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(n.Dir.nodeConfig(org.Peers[0].Name), "core.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "{from: 127.0.0.1:31000, to: 127.0.0.1:31001, "; !strings.Contains(string(config), want) {
		t.Errorf("its configuration lacks %q:\n%s", want, config)
	}
}

func TestTakenPortIsOneClearSentence(t *testing.T) {
	n, err := plan(Dir(t.TempDir()), Options{PortBase: freePortBase(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.checkPorts(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", topology.Address(n.Topology.WalletPort))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := n.checkPorts(); err == nil || !strings.Contains(err.Error(), "is taken") || !strings.Contains(err.Error(), "--port-base") {
		t.Errorf("error: %v", err)
	}
}

func TestExternalBuilderScriptsMakeAConnection(t *testing.T) {
	dir := t.TempDir()
	n, err := plan(Dir(dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.settle(time.Now()); err != nil {
		t.Fatal(err)
	}
	org := n.Topology.Members()[0]
	builder := filepath.Join(dir, "the builder")
	if err := writeBuilder(builder, org.Peers[0].Name, n.Dir.Material().NodeTLS(org.Name, org.Peers[0].Name)); err != nil {
		t.Fatal(err)
	}
	run := func(script string, args ...string) error {
		return exec.Command(filepath.Join(builder, "bin", script), args...).Run()
	}
	code, metadata, build, release := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	for file, content := range map[string]string{
		filepath.Join(code, "address"):           "127.0.0.1:7",
		filepath.Join(metadata, "metadata.json"): `{"label":"dsd_1.0","type":"golang"}`,
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if run("detect", code, metadata) == nil {
		t.Error("detects packages of other types")
	}
	if err := os.WriteFile(filepath.Join(metadata, "metadata.json"), []byte(`{"label":"dsd_1.0","type":"dollars-service"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run("detect", code, metadata), run("build", code, metadata, build), run("release", build, release)); err != nil {
		t.Fatal(err)
	}
	connection := filepath.Join(release, "chaincode", "server", "connection.json")
	checkConnection(t, connection)
	services := []topology.ContractService{{Peer: "another", Port: 6}, {Peer: org.Peers[0].Name, Port: 7}}
	if err := os.WriteFile(filepath.Join(build, "address"), []byte(addresses(services)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("release", build, release); err != nil {
		t.Fatal(err)
	}
	checkConnection(t, connection)
}

func checkConnection(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var connection struct {
		Address    string
		ClientCert string `json:"client_cert"`
		ClientKey  string `json:"client_key"`
		RootCert   string `json:"root_cert"`
	}
	if err := json.Unmarshal(text, &connection); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if _, err := tls.X509KeyPair([]byte(connection.ClientCert), []byte(connection.ClientKey)); err != nil {
		t.Error(err)
	}
	if connection.Address != "127.0.0.1:7" || !strings.HasPrefix(connection.RootCert, "-----BEGIN") {
		t.Errorf("connection: %+v", connection)
	}
}

func TestUserPlannedAfterTheNetworkWasMadeGetsACertificate(t *testing.T) {
	dir := t.TempDir()
	n, err := plan(Dir(dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.settle(time.Now()); err != nil {
		t.Fatal(err)
	}
	org, err := n.Topology.Organisation("destinasia")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Dir(n.Dir.Material().UserMSP(org.Name, "planner"))); err != nil {
		t.Fatal(err)
	}
	if n, err = plan(Dir(dir), Options{}); err != nil || !n.settled() {
		t.Fatalf("the network is gone: %v", err)
	}
	if err := n.settle(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Dir.Material().User(org, "planner"); err != nil {
		t.Error(err)
	}
}

// A part that gets on says so, and is waited for; one that says the same all the time is not, nor one that says nothing.
func TestWhoeverGetsOnIsWaitedFor(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var heard []string
	w := waiting{until: now.Add(readyPatience), told: func(says string) { heard = append(heard, says) }}
	for _, step := range []struct {
		after time.Duration
		says  string
		on    bool
	}{
		{readyPatience / 2, "", true},
		{readyPatience * 3 / 4, "1 of 2 blocks", true},
		{readyPatience * 3 / 2, "1 of 2 blocks", true},
		{readyPatience * 8 / 5, "2 of 2 blocks", true},
		{readyPatience * 13 / 5, "2 of 2 blocks", true},
		{readyPatience * 14 / 5, "2 of 2 blocks", false},
	} {
		answer := fmt.Errorf("ask: %w", &notReady{url: "http://x/readyz", status: "503", says: step.says})
		if on := w.on(answer, now.Add(step.after)); on != step.on {
			t.Errorf("after %v of %q: waits is %v", step.after, step.says, on)
		}
	}
	if w.on(errors.New("refused"), now.Add(readyPatience*4)) || len(heard) != 2 {
		t.Errorf("heard %q", heard)
	}
}
