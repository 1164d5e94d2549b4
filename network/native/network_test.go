package native

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/destinasia/dollars/network/topology"
)

// TestMain lets the test program stand in for the product's: the network copies it and runs its services from the copy.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case "test-contract":
			exitOn(serveNotes(os.Args[2]))
		case "test-wallet":
			exitOn(http.ListenAndServe(os.Args[2], http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		}
	}
	os.Exit(m.Run())
}

func exitOn(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// notes is the smallest contract there is: it writes and reads keys.
type notes struct{}

func (notes) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (notes) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	args := stub.GetStringArgs()
	if args[0] == "put" {
		if err := stub.PutState(args[1], []byte(args[2])); err != nil {
			return shim.Error(err.Error())
		}
		return shim.Success(nil)
	}
	value, err := stub.GetState(args[1])
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(value)
}

type notesConfig struct{ CCID, Address, Cert, Key, ClientCA string }

func serveNotes(file string) error {
	var c notesConfig
	var cert, key, ca []byte
	text, err := os.ReadFile(file)
	for _, step := range []func(){
		func() { err = json.Unmarshal(text, &c) },
		func() { cert, err = os.ReadFile(c.Cert) },
		func() { key, err = os.ReadFile(c.Key) },
		func() { ca, err = os.ReadFile(c.ClientCA) },
	} {
		if err == nil {
			step()
		}
	}
	if err != nil {
		return err
	}
	server := shim.ChaincodeServer{CCID: c.CCID, Address: c.Address, CC: notes{}, TLSProps: shim.TLSProperties{Cert: cert, Key: key, ClientCACerts: ca}}
	return server.Start()
}

func testOptions(t *testing.T, dir string, portBase int) Options {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Dir: dir, PortBase: portBase, Executable: executable, Progress: testProgress{t, time.Now()},
		Contract: func(n *Network, plan ContractPlan) (args, files []string, err error) {
			file := n.Dir.Config(plan.Service.Name + ".json")
			err = WriteJSON(file, notesConfig{plan.PackageID, topology.Address(plan.Service.Port), plan.TLS.Cert, plan.TLS.Key, plan.TLS.CA})
			return []string{"test-contract", file}, []string{file}, err
		},
		Wallet: func(n *Network) (args, files []string, err error) {
			return []string{"test-wallet", topology.Address(n.Topology.WalletPort)}, nil, nil
		},
	}
}

type testProgress struct {
	t     *testing.T
	start time.Time
}

func (p testProgress) Begin(stage string) {
	p.t.Logf("%6.2fs %s", time.Since(p.start).Seconds(), stage)
}
func (p testProgress) Advance(done, total int) {}

// freePortBase is one apart from those that other packages' tests use.
func freePortBase(t *testing.T) int {
	t.Helper()
	base, err := FreePorts(23_000, 25_900)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func TestNetworkLivesThroughItsCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real Fabric network, which -short leaves out")
	}
	dir := filepath.Join(t.TempDir(), "a network")
	base := freePortBase(t)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	t.Cleanup(func() {
		if _, err := Down(dir, testProgress{t, time.Now()}); err != nil {
			t.Error(err)
		}
	})
	up := func(what string) *Network {
		t.Helper()
		begun := time.Now()
		n, err := Up(ctx, testOptions(t, dir, base))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		t.Logf("%s took %.2fs", what, time.Since(begun).Seconds())
		return n
	}
	n := up("cold up")
	put(t, ctx, n, "greeting", "hello")
	if _, err := contract(t, n, "aircnc", "operator").SubmitWithContext(ctx, "put", client.WithArguments("by", "a partner")); err != nil {
		t.Errorf("a user of another organisation, through this one's peer: %v", err)
	}
	first := pids(t, n)

	up("up while running")
	if second := pids(t, n); fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("a second up changed processes: %v, then %v", first, second)
	}

	for _, victim := range []string{"peer0-aircnc", "contract-destinasia", "orderer0"} {
		kill9(t, first[victim])
		if status := n.Status(ctx); len(status.Problems) == 0 {
			t.Errorf("status sees no problem without %s", victim)
		}
		up("up after kill -9 of " + victim)
		put(t, ctx, n, "after", victim)
	}

	before := pids(t, n)
	stopped, err := Down(dir, testProgress{t, time.Now()})
	if err != nil || len(stopped) != len(before) {
		t.Errorf("down stopped %v: %v", stopped, err)
	}
	for name, pid := range before {
		if _, err := processBirth(pid); err == nil {
			t.Errorf("%s still runs after down", name)
		}
	}
	if stopped, err := Down(dir, testProgress{t, time.Now()}); err != nil || len(stopped) != 0 {
		t.Errorf("second down stopped %v: %v", stopped, err)
	}

	n = up("resumed up")
	if got := evaluate(t, ctx, n, "greeting"); got != "hello" {
		t.Errorf("the resumed ledger says %q", got)
	}
	status := n.Status(ctx)
	if len(status.Problems) > 0 || status.Committed["dsd"] != "1.0" || len(status.Heights) != 3 {
		t.Errorf("status: %+v", status)
	}
}

func pids(t *testing.T, n *Network) map[string]int {
	t.Helper()
	records, err := n.Dir.records()
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]int{}
	for _, r := range records {
		if !r.Running() {
			t.Errorf("%s does not run", r.Name)
		}
		list[r.Name] = r.PID
	}
	return list
}

// kill9 ends a process at once and waits until it is gone.
func kill9(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := processBirth(pid); err != nil {
			return
		}
	}
	t.Fatalf("process %d outlived SIGKILL", pid)
}

// contract is the chaincode through Destinasia's peer, for a user of any organisation.
func contract(t *testing.T, n *Network, organisation, user string) *client.Contract {
	t.Helper()
	own, err := n.Topology.Organisation("destinasia")
	if err != nil {
		t.Fatal(err)
	}
	org, err := n.Topology.Organisation(organisation)
	if err != nil {
		t.Fatal(err)
	}
	files, err := n.Dir.Material().User(org, user)
	if err != nil {
		t.Fatal(err)
	}
	read := func(file string) []byte {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	cert, err := identity.CertificateFromPEM(read(files.Cert))
	if err != nil {
		t.Fatal(err)
	}
	id, err := identity.NewX509Identity(files.MSPID, cert)
	if err != nil {
		t.Fatal(err)
	}
	key, err := identity.PrivateKeyFromPEM(read(files.Key))
	if err != nil {
		t.Fatal(err)
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(read(n.Dir.Material().TLSRoot(own.Name)))
	connection, err := grpc.NewClient(topology.Address(own.Peers[0].ListenPort), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	gateway, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(connection))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gateway.Close() })
	return gateway.GetNetwork("dollars").GetContract("dsd")
}

// put writes a key. After a kill the first attempts may meet a peer that has not yet noticed, or an orderer that confirms what
// it then passes to a leader that is gone: such a transaction is in no block, ever, so each attempt has an end of its own.
func put(t *testing.T, ctx context.Context, n *Network, key, value string) {
	t.Helper()
	const patience, attemptPatience = time.Minute, 5 * time.Second
	attempt := func() error {
		ctx, cancel := context.WithTimeout(ctx, attemptPatience)
		defer cancel()
		_, err := contract(t, n, "destinasia", "issuer").SubmitWithContext(ctx, "put", client.WithArguments(key, value))
		return err
	}
	begun := time.Now()
	for {
		err := attempt()
		if err == nil {
			t.Logf("a transaction committed after %.2fs", time.Since(begun).Seconds())
			return
		}
		if time.Since(begun) > patience {
			t.Fatalf("put %s: not committed after %.0fs: %v; %+v", key, time.Since(begun).Seconds(), err, n.Status(ctx))
		}
		t.Logf("put %s, %.2fs: %v", key, time.Since(begun).Seconds(), err)
		time.Sleep(100 * time.Millisecond)
	}
}

func evaluate(t *testing.T, ctx context.Context, n *Network, key string) string {
	t.Helper()
	value, err := contract(t, n, "destinasia", "issuer").EvaluateWithContext(ctx, "get", client.WithArguments(key))
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}

// cancelAt ends a command when it reaches a stage, as an interrupt would.
type cancelAt struct {
	testProgress
	stage  string
	cancel context.CancelFunc
}

func (p cancelAt) Begin(stage string) {
	p.testProgress.Begin(stage)
	if stage == p.stage {
		p.cancel()
	}
}

func TestInterruptedUpLeavesNothingRunningAndIsContinued(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real Fabric network, which -short leaves out")
	}
	dir, base := t.TempDir(), freePortBase(t)
	t.Cleanup(func() { _, _ = Down(dir, testProgress{t, time.Now()}) })
	for _, stage := range []string{"orderer and peers", "channel", "contract services and chaincode", "wallet service"} {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		options := testOptions(t, dir, base)
		options.Progress = cancelAt{testProgress{t, time.Now()}, stage, cancel}
		if _, err := Up(ctx, options); err == nil {
			t.Errorf("up succeeded although interrupted at %q", stage)
		}
		cancel()
		if records, err := Dir(dir).records(); err != nil || len(records) > 0 {
			t.Errorf("interrupted at %q, left running: %v, %v", stage, records, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	n, err := Up(ctx, testOptions(t, dir, base))
	if err != nil {
		t.Fatal(err)
	}
	put(t, ctx, n, "greeting", "hello")
}

// TestLargerTopologiesSurviveTheirLeader kills the orderer that leads, and a peer with its contract service, goes on without
// them, and has them back.
func TestLargerTopologiesSurviveTheirLeader(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real Fabric networks, which -short leaves out")
	}
	for _, name := range topology.Names()[1:] {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			options := testOptions(t, dir, freePortBase(t))
			options.Topology = name
			ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
			defer cancel()
			t.Cleanup(func() {
				if _, err := Down(dir, testProgress{t, time.Now()}); err != nil {
					t.Error(err)
				}
			})
			n, err := Up(ctx, options)
			if err != nil {
				t.Fatal(err)
			}
			put(t, ctx, n, "greeting", "hello")
			leader := awaitLeader(t, ctx, n, "")
			running := pids(t, n)
			for _, victim := range []string{leader, "peer1-aircnc", "contract0-destinasia"} {
				kill9(t, running[victim])
				t.Logf("without %s", victim)
				put(t, ctx, n, "without", victim)
			}
			status := n.Status(ctx)
			nodes := 4 + len(n.Topology.Ordering()[0].Orderers)
			if len(status.Heights) != nodes-2 || status.Committed["dsd"] != "1.0" || len(status.Problems) < 3 {
				t.Errorf("without three parts: %+v", status)
			}
			awaitLeader(t, ctx, n, leader)
			if n, err = Up(ctx, options); err != nil {
				t.Fatal(err)
			}
			put(t, ctx, n, "with", "all")
			awaitEqualHeights(t, ctx, n, options, nodes)
		})
	}
}

// awaitLeader waits until an orderer leads that is not the old one.
func awaitLeader(t *testing.T, ctx context.Context, n *Network, old string) string {
	t.Helper()
	var leader string
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if leader, err = n.Leader(ctx); err == nil && leader != old {
			return leader
		}
	}
	t.Fatalf("after a minute %q leads, and not another than %q: %v", leader, old, err)
	return ""
}

// awaitEqualHeights waits until so many peers and orderers, all of them, have every block. With SmartBFT, an orderer that was
// restarted may learn only from the next block that it misses one, so there are more of them; and those that still miss some
// after half of the time are restarted, as `status` tells operators to do (decision 032).
func awaitEqualHeights(t *testing.T, ctx context.Context, n *Network, options Options, nodes int) {
	t.Helper()
	const patience = 90 * time.Second
	var status Status
	restarted := n.Topology.Channel.SmartBFT == nil
	begun, next := time.Now(), 5*time.Second
	for ; time.Since(begun) < patience; time.Sleep(200 * time.Millisecond) {
		if time.Since(begun) > next {
			put(t, ctx, n, "with", "all")
			next += 5 * time.Second
		}
		status = n.Status(ctx)
		heights := slices.Sorted(maps.Values(status.Heights))
		if len(status.Problems) == 0 && len(heights) == nodes && heights[0] == heights[nodes-1] {
			return
		}
		if restarted || time.Since(begun) < patience/2 {
			continue
		}
		restarted = true
		for name, pid := range pids(t, n) {
			if height, known := status.Heights[name]; known && !n.isPeer(name) && height < heights[len(heights)-1] {
				t.Logf("%s is behind and restarted: %v", name, status.Heights)
				kill9(t, pid)
			}
		}
		if _, err := Up(ctx, options); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("the nodes do not come together: %+v", status)
}
