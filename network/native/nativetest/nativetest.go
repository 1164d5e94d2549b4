package nativetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/topology"
)

// serveCommand is the argument by which the test binary is run as a contract service.
const serveCommand = "serve-contract"

// Main runs a package's tests, or serves the contract where the test binary was started for that. It is for TestMain.
func Main(m *testing.M, serve func(context.Context, contract.Config, *slog.Logger) error) {
	if len(os.Args) != 3 || os.Args[1] != serveCommand {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	config, err := contract.LoadConfig(os.Args[2])
	if err == nil {
		err = serve(ctx, config, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Start brings up a network that has these chaincodes beside the issuer's, on these ports, and sees to its end.
func Start(t *testing.T, portBase int, beside ...string) *native.Network {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a real Fabric network, which -short leaves out")
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "network")
	t.Cleanup(func() {
		if _, err := native.Down(dir, progress{t}); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute) // the first of them builds Fabric
	defer cancel()
	n, err := native.Up(ctx, native.Options{
		Dir: dir, PortBase: portBase, Beside: beside, Executable: executable, Progress: progress{t},
		Contract: func(n *native.Network, plan native.ContractPlan) (args, files []string, err error) {
			file := n.Dir.Config(plan.Service.Name + ".json")
			return []string{serveCommand, file}, []string{file}, native.WriteJSON(file, contract.Config{
				PackageID: plan.PackageID, Listen: topology.Address(plan.Service.Port),
				TLS: contract.TLS{Cert: plan.TLS.Cert, Key: plan.TLS.Key, ClientCA: plan.TLS.CA},
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// progress goes into the test's log.
type progress struct{ t *testing.T }

func (p progress) Begin(stage string)      { p.t.Log(stage) }
func (p progress) Advance(done, total int) {}
