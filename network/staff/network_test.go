package staff

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-gateway/pkg/client"

	"github.com/destinasia/dollars/chaincode/contract"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/native"
	"github.com/destinasia/dollars/network/native/nativetest"
	"github.com/destinasia/dollars/network/topology"
)

func TestMain(m *testing.M) { nativetest.Main(m, contract.Serve) }

func person(t *testing.T, n *native.Network, user string) *Staff {
	t.Helper()
	s, err := Connect(n.Topology, n.Dir.Material(), "destinasia", user, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestPeopleActOnARealLedger(t *testing.T) {
	n := nativetest.Start(t, freePortBase(t))
	operator, planner := person(t, n, "operator"), person(t, n, "planner")
	account := dollars.Account{7}
	apply := func(s *Staff, op dollars.Operation) Applied {
		t.Helper()
		begun := time.Now()
		applied, err := s.Apply(t.Context(), "dsd", op)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v in block %d after %.3fs", op.Kind(), applied.Journal.Entries[0].Outcome, applied.Block, time.Since(begun).Seconds())
		return applied
	}
	entry := func(what string, got Applied, want dollars.Entry) {
		t.Helper()
		if diff := cmp.Diff([]dollars.Entry{want}, got.Journal.Entries); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	frozen := apply(operator, dollars.SetFrozen{Account: account, Frozen: true, Reason: "test"})
	entry("freeze", frozen, dollars.Entry{Kind: dollars.KindFreeze, Outcome: dollars.Applied, Account: account, Name: "test"})
	thawed := apply(operator, dollars.SetFrozen{Account: account, Reason: "test"})
	entry("unfreeze", thawed, dollars.Entry{Kind: dollars.KindUnfreeze, Outcome: dollars.Applied, Account: account, Name: "test"})
	if thawed.Block <= frozen.Block || thawed.TxID == frozen.TxID {
		t.Errorf("unfrozen in %+v, frozen in %+v", thawed, frozen)
	}
	refused := apply(planner, dollars.SetFrozen{Account: account, Frozen: true, Reason: "test"})
	entry("a planner's freeze", refused, dollars.Entry{Kind: dollars.KindFreeze, Outcome: dollars.Rejected, Code: dollars.CodeNotAuthorized})
	entry("absorb of nothing", apply(planner, dollars.Absorb{Account: account}),
		dollars.Entry{Kind: dollars.KindAbsorb, Outcome: dollars.Duplicate, Account: account})

	t.Run("two at once", func(t *testing.T) { testTwoAtOnce(t, n, account) })
	t.Run("much at once", func(t *testing.T) {
		ops := make([]dollars.Operation, 40)
		for i := range ops {
			ops[i] = dollars.Absorb{Account: account, Credits: make([]dollars.CreditRef, dollars.MaxCredits)}
			for c := range dollars.MaxCredits {
				ops[i].(dollars.Absorb).Credits[c].TxID = dollars.TxID{byte(i), byte(c)}
			}
		}
		begun := time.Now()
		applied, err := planner.Apply(t.Context(), "dsd", ops...)
		if err != nil || len(applied.Journal.Entries) != len(ops) {
			t.Fatalf("%d entries: %v", len(applied.Journal.Entries), err)
		}
		t.Logf("%d operations of %d bytes in block %d after %.3fs", len(ops), len(dollars.EncodeOperation(ops[0])), applied.Block, time.Since(begun).Seconds())
	})
	t.Run("parts down", func(t *testing.T) { testPartsDown(t, n, operator, account) })
}

// testTwoAtOnce has two people change one record at once, again and again: one of them has to lose and start anew.
func testTwoAtOnce(t *testing.T, n *native.Network, account dollars.Account) {
	people := []*Staff{person(t, n, "operator"), person(t, n, "operator")}
	for round := range 3 {
		// Both are endorsed before either is submitted, on a record that is not there: so one conflicts for certain.
		batch := encode([]dollars.Operation{dollars.SetFrozen{Account: dollars.Account{8, byte(round)}, Frozen: true, Reason: "test"}})
		var ends [2]*Error
		var endorsed, done sync.WaitGroup
		endorsed.Add(len(people))
		for i, s := range people {
			done.Go(func() {
				tx, failure := s.endorse(t.Context(), "dsd", batch)
				endorsed.Done()
				endorsed.Wait()
				if failure == nil {
					var status *client.Status
					if status, failure = s.commit(t.Context(), tx); failure == nil && !status.Successful {
						failure = invalid(status)
					}
				}
				ends[i] = failure
			})
		}
		done.Wait()
		if (ends[0] == nil) == (ends[1] == nil) {
			t.Fatalf("of two at once ended %v and %v", ends[0], ends[1])
		}
		for _, end := range ends {
			if end != nil && end.Reason != Conflict {
				t.Error(end)
			}
		}
	}
	const answers = attempts / 2 // so that losing to each of the other's leaves attempts to spare
	var done sync.WaitGroup
	blocks := make([]map[string]uint64, len(people))
	for i, s := range people {
		blocks[i] = map[string]uint64{}
		done.Go(func() {
			for round := range answers {
				begun := time.Now()
				applied, err := s.Apply(t.Context(), "dsd", dollars.SetFrozen{Account: account, Frozen: round%2 == 0, Reason: "test"})
				// A peer that is seconds behind endorses otherwise all the time; then people are told to try again.
				for e := (*Error)(nil); errors.As(err, &e) && e.Reason == Conflict && time.Since(begun) < time.Minute; {
					applied, err = s.Apply(t.Context(), "dsd", dollars.SetFrozen{Account: account, Frozen: round%2 == 0, Reason: "test"})
				}
				if err != nil {
					t.Error(err)
					return
				}
				blocks[i][applied.TxID] = applied.Block
				t.Logf("person %d answered after %.3fs", i, time.Since(begun).Seconds())
			}
		})
	}
	done.Wait()
	if len(blocks[0]) != answers || len(blocks[1]) != answers {
		t.Errorf("answered: %v", blocks)
	}
}

// testPartsDown takes away the orderer, AIRCNC's peer and Destinasia's, one after the other.
func testPartsDown(t *testing.T, n *native.Network, operator *Staff, account dollars.Account) {
	pids := map[string]int{}
	for _, part := range n.Status(t.Context()).Parts {
		pids[part.Name] = part.PID
	}
	signal := func(part string, s syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(pids[part], s); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what string, want Reason) {
		t.Helper()
		begun := time.Now()
		_, err := operator.Apply(t.Context(), "dsd", dollars.SetFrozen{Account: account, Frozen: true, Reason: "test"})
		failure(t, err, want)
		t.Logf("%s, after %.1fs: %v", what, time.Since(begun).Seconds(), err)
	}
	all := operator.patience.all
	operator.patience.all = 8 * time.Second // enough to be endorsed, however slow the machine
	signal("orderer0", syscall.SIGSTOP)
	refused("the orderer says nothing", Unknown)
	signal("orderer0", syscall.SIGCONT)
	operator.patience.all = all
	begun := time.Now()
	applied, err := operator.Apply(t.Context(), "dsd", dollars.SetFrozen{Account: account, Frozen: true, Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the orderer is back: %v after %.1fs", applied.Journal.Entries[0].Outcome, time.Since(begun).Seconds())

	signal("orderer0", syscall.SIGKILL)
	awaitClosed(t, n.Topology.Organisations[0].Orderers[0].ListenPort)
	// The peer may find out by the first transaction that it submits, and then cannot tell where that one is.
	operator.patience.all = 5 * time.Second
	if _, err := operator.Apply(t.Context(), "dsd", dollars.SetFrozen{Account: account, Reason: "test"}); err == nil {
		t.Fatal("a transaction was committed without an orderer")
	}
	operator.patience.all = all
	refused("without an orderer", Unavailable)
	for _, part := range []string{"peer0-aircnc", "peer0-destinasia"} {
		signal(part, syscall.SIGKILL)
		refused("without "+part, Unavailable)
	}
}

func awaitClosed(t *testing.T, port int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("tcp", topology.Address(port))
		if err != nil {
			return
		}
		connection.Close()
	}
	t.Fatalf("port %d is still listened on", port)
}
