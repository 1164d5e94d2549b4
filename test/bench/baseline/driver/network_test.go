package driver

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/native/nativetest"
	"github.com/destinasia/dollars/test/bench/baseline"
)

func TestMain(m *testing.M) {
	nativetest.Main(m, func(ctx context.Context, config contract.Config, log *slog.Logger) error {
		return contract.Host(ctx, config, baseline.Contract{}, log)
	})
}

// freePortBase is one apart from those that other packages' tests use.
func freePortBase(t *testing.T) int {
	t.Helper()
	base, err := native.FreePorts(26_000, 27_000)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// TestOperationsOnARealNetwork checks what a run reports against what is on the ledger afterwards.
func TestOperationsOnARealNetwork(t *testing.T) {
	n := nativetest.Start(t, freePortBase(t), baseline.Name)
	d, err := Connect(n.Topology, n.Dir.Material(), "destinasia", "issuer")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	run := func(connections int, next func(i int) Op) Result {
		t.Helper()
		awaitLevel(t, n)
		r, err := d.Run(t.Context(), connections, time.Second, next)
		if err != nil {
			t.Fatal(err)
		}
		if r.Committed == 0 || len(r.Took) != r.Committed || r.Seconds < 1 {
			t.Errorf("a run gave %+v", r)
		}
		t.Logf("%d connections: %.0f/s, aborts %v, unfinished %d", connections, r.Rate(), r.Aborts, r.Unfinished)
		return r
	}
	name := func(i int) string { return "account-" + strconv.Itoa(i) }

	minted := run(64, func(i int) Op { return Mint(name(i), 100) })
	first := name(0)
	toOne := run(16, func(int) Op { return Mint(first, 1) })
	if toOne.Aborts["MVCC_READ_CONFLICT"] == 0 || toOne.Retries > total(toOne.Aborts) {
		t.Errorf("many minted to one account, and got in each other's way so: %+v", toOne)
	}
	sent := run(64, func(i int) Op { return Transfer(name(i%minted.Committed), "somebody-"+strconv.Itoa(i), 1) })
	burned := run(2, func(i int) Op { return Burn(name(i%minted.Committed), 1) })
	want := uint64(minted.Committed*100 + toOne.Committed - burned.Committed)
	if sum := supply(t, d, name, minted.Committed+minted.Unfinished, sent.Committed+sent.Unfinished); sum != want {
		t.Errorf("what is on the ledger adds up to %d, and to %d in the results", sum, want)
	}

	if _, err := d.Run(t.Context(), 1, time.Second, func(int) Op { return Burn("nobody-yet", 1) }); err == nil || !strings.Contains(err.Error(), "cannot give") {
		t.Errorf("more was burned than there is: %v", err)
	}
	read, err := d.Read(t.Context(), 8, time.Second, name)
	if err != nil || read.Committed == 0 || len(read.Took) != read.Committed {
		t.Errorf("reads gave %+v: %v", read, err)
	}
	best := 0
	for try := 0; try < 3 && best != 16; try++ { // what else the machine does may spoil a second
		if best, err = d.Best(t.Context(), func(i int) Op { return Mint(name(i), 1) }, []int{1, 16}, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if best != 16 {
		t.Errorf("of 1 and 16 connections, each with its own accounts, %d did best", best)
	}
}

// awaitLevel waits until all peers have the same blocks: one that is behind knows nothing of what was minted on another.
func awaitLevel(t *testing.T, n *native.Network) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		heights := n.Status(t.Context()).Heights
		if own, other := heights["peer0-destinasia"], heights["peer0-aircnc"]; own > 0 && own == other {
			return
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("the peers do not come together: %v", heights)
		}
	}
}

// supply adds up the balances of all accounts that there are.
func supply(t *testing.T, d *Driver, name func(int) string, minted, sent int) (sum uint64) {
	t.Helper()
	add := func(account string) {
		text, err := d.balance(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		cents, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			t.Fatal(err)
		}
		sum += cents
	}
	for i := range minted {
		add(name(i))
	}
	for i := range sent {
		add("somebody-" + strconv.Itoa(i))
	}
	return sum
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
