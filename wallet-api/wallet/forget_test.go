package wallet

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/ethereum/go-ethereum/crypto"
)

func TestForget(t *testing.T) {
	w, alice, bob := twoMembers(t)
	w.earns(t, "alice", 1000)
	if _, err := w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 400}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Forget(t.Context(), "alice", false)
	wantCode(t, err, CodePointsLeft, "/abandonPoints")
	if !strings.Contains(err.Error(), "10.00 available") {
		t.Errorf("the refusal does not tell how much is left: %v", err)
	}
	if w.keys["alice"] == nil || w.members["alice"] != alice {
		t.Error("refused, and destroyed all the same")
	}
	cert, err := w.Forget(t.Context(), "alice", true)
	if err != nil || cert.Account != alice.Account || !cert.CustodyKey || cert.Abandoned == nil || *cert.Abandoned != (PointsLeft{Available: 1000}) {
		t.Errorf("%+v, %v", cert, err)
	}
	if _, there := w.members["alice"]; there || w.keys["alice"] != nil {
		t.Error("not destroyed")
	}
	// The order that was accepted is signed, and applied.
	w.settle(t)
	if b, err := w.Balance(t.Context(), "bob"); err != nil || b.Available() != 400 {
		t.Errorf("%+v, %v", b, err)
	}
	_, err = w.Forget(t.Context(), "alice", true)
	wantCode(t, err, CodeMemberUnknown, "")
	again, created, err := w.CreateMember(t.Context(), "alice", nil)
	if err != nil || !created || again.Account == alice.Account || again.Account == bob.Account {
		t.Errorf("enrolled anew: %+v, %t, %v", again, created, err)
	}
}

func TestPendingAndHeldPointsAreLeftToo(t *testing.T) {
	w, _, _ := twoMembers(t)
	if cert, err := w.Forget(t.Context(), "bob", false); err != nil || cert.Abandoned != nil {
		t.Errorf("a member without points: %+v, %v", cert, err)
	}
	w.pending, w.held = 700, 300
	_, err := w.Forget(t.Context(), "alice", false)
	wantCode(t, err, CodePointsLeft, "/abandonPoints")
	if !strings.Contains(err.Error(), "3.00 held and 7.00 pending") {
		t.Error(err)
	}
}

// What a crash left undone is finished by whoever asks again.
func TestForgettingIsFinished(t *testing.T) {
	w, alice, _ := twoMembers(t)
	broken := errors.New("the disk is full")
	w.Directory = forgetful{w.Directory, broken}
	if _, err := w.Forget(t.Context(), "alice", false); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	_, err := w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 1})
	if err == nil {
		t.Error("an order was signed with a destroyed key")
	}
	w.Directory = directory{w}
	if cert, err := w.Forget(t.Context(), "alice", false); err != nil || cert.Account != alice.Account {
		t.Errorf("%+v, %v", cert, err)
	}
}

type forgetful struct {
	Directory
	err error
}

func (f forgetful) Forget(context.Context, MemberID) error { return f.err }

func TestUnknownBalancesAreNotForgotten(t *testing.T) {
	w, _, _ := twoMembers(t)
	behind := New(w.Ports, testLedger, Options{Now: w.Service.now, CaughtUp: func() bool { return false }})
	_, err := behind.Forget(t.Context(), "alice", true)
	wantCode(t, err, CodeUnavailable, "")
}

// listKeys writes down which keys sign for an account, as a change of keys does.
func (w *world) listKeys(t *testing.T, a dollars.Account, keys ...dollars.Account) {
	t.Helper()
	rec, err := read(w.Views, dollars.AccountKey(a), dollars.DecodeAccountRecord)
	if err != nil {
		t.Fatal(err)
	}
	rec.Keys = keys
	w.state[dollars.AccountKey(a)] = rec.Encode()
}

// A member takes their key out of custody, keeps the account, and comes back to another key.
func TestCustodyEndsAndBegins(t *testing.T) {
	w, alice, _ := twoMembers(t)
	w.earns(t, "alice", 1000)
	_, err := w.EndCustody(t.Context(), "alice")
	wantCode(t, err, CodeOnlyKey, "")
	if m, err := w.Member(t.Context(), "alice"); err != nil || !m.Custody || w.keys["alice"] == nil {
		t.Fatalf("refused, and ended all the same: %+v, %v", m, err)
	}
	own := dollars.Account{0x0e}
	w.listKeys(t, alice.Account, alice.Account, own)
	for range 2 { // the second time there is nothing left to do
		if m, err := w.EndCustody(t.Context(), "alice"); err != nil || m.Custody || m.Account != alice.Account {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	if m, err := w.Member(t.Context(), "alice"); err != nil || m.Custody || m.Account != alice.Account || w.keys["alice"] != nil {
		t.Errorf("%+v, %v", m, err)
	}
	_, err = w.PlaceOrder(t.Context(), OrderRequest{Kind: dollars.KindTransfer, Member: "alice", To: Party{Member: "bob"}, Amount: 1})
	wantCode(t, err, CodeNoCustody, "/signed")
	_, err = w.BeginCustody(t.Context(), "alice")
	wantCode(t, err, CodeNoCustody, "")

	address, err := w.CustodyKey(t.Context(), "alice")
	if err != nil || address == alice.Account {
		t.Fatalf("the new key has the address %s, %v", address, err)
	}
	if again, err := w.CustodyKey(t.Context(), "alice"); err != nil || again != address {
		t.Errorf("a second key was made: %s, %v", again, err)
	}
	if m, err := w.Member(t.Context(), "alice"); err != nil || m.Custody {
		t.Errorf("the service signs with a key the ledger does not know: %+v, %v", m, err)
	}
	_, err = w.BeginCustody(t.Context(), "alice")
	wantCode(t, err, CodeNoCustody, "")
	w.listKeys(t, alice.Account, own, address)
	if m, err := w.BeginCustody(t.Context(), "alice"); err != nil || !m.Custody || m.Account != alice.Account {
		t.Errorf("%+v, %v", m, err)
	}
	for _, use := range []func() error{
		func() error { _, err := w.CustodyKey(t.Context(), "nobody"); return err },
		func() error { _, err := w.BeginCustody(t.Context(), "nobody"); return err },
		func() error { _, err := w.EndCustody(t.Context(), "nobody"); return err },
	} {
		wantCode(t, use(), CodeMemberUnknown, "")
	}
}

// Whose key in custody is one of several can spend without it.
func TestForgettingOneKeyOfSeveral(t *testing.T) {
	w, alice, _ := twoMembers(t)
	w.earns(t, "alice", 1000)
	w.listKeys(t, alice.Account, alice.Account, dollars.Account{0x0e})
	if cert, err := w.Forget(t.Context(), "alice", false); err != nil || cert.Abandoned != nil || !cert.CustodyKey {
		t.Errorf("%+v, %v", cert, err)
	}
}

// A member with a key of their own can spend without the service, so forgetting loses nothing; a key that was being
// taken into custody is destroyed all the same.
func TestForgettingOwnKeys(t *testing.T) {
	w := newWorld(t)
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	account := dollars.Account(crypto.PubkeyToAddress(key.PublicKey))
	if _, _, err := w.CreateMember(t.Context(), "carol", &account); err != nil {
		t.Fatal(err)
	}
	w.earns(t, "carol", 1000)
	if _, err := w.CustodyKey(t.Context(), "carol"); err != nil {
		t.Fatal(err)
	}
	cert, err := w.Forget(t.Context(), "carol", false)
	if err != nil || cert.Abandoned != nil || !cert.CustodyKey || w.keys["carol"] != nil {
		t.Errorf("%+v, %v", cert, err)
	}
	if m, created, err := w.CreateMember(t.Context(), "carol", &account); err != nil || !created || m.Account != account {
		t.Errorf("carol cannot come back with the same key: %+v, %v", m, err)
	}
}
