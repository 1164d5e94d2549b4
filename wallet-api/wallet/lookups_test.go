package wallet

import (
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
)

func TestHouseholdsShowWhatCountsToday(t *testing.T) {
	w, alice, bob := twoMembers(t)
	home := dollars.Account{7}
	today, month := dollars.DateOf(w.now.Unix()), dollars.ExpiryAfter(w.now.Unix(), 0)
	share := dollars.Buckets{{Expiry: month - 1, Amount: 3}, {Expiry: month, Amount: 4}}
	w.state[dollars.AccountKey(home)] = dollars.AccountRecord{Buckets: share, Pool: &dollars.Pool{Members: []dollars.Pooled{
		{Account: alice.Account, Joined: true, Day: dollars.Spent{Day: today, Amount: 5}},
		{Account: bob.Account, Joined: true, DayLimit: 9, Day: dollars.Spent{Day: today - 1, Amount: 6}, Share: share},
	}}}.Encode()
	w.state[dollars.AccountKey(bob.Account)] = dollars.AccountRecord{Household: home}.Encode()

	if a, err := w.AccountOf(t.Context(), "bob", false); err != nil || a != bob.Account {
		t.Error(a, err)
	}
	_, err := w.AccountOf(t.Context(), "alice", true)
	wantCode(t, err, dollars.CodeHouseholdOther, "")
	if strings.Contains(err.Error(), "accepted") {
		t.Errorf("of reading it says %q", err)
	}
	a, err := w.AccountOf(t.Context(), "bob", true)
	if err != nil || a != home {
		t.Fatal(a, err)
	}
	state, err := w.Account(t.Context(), a)
	if err != nil || state.Signing != nil || state.Recovery != nil || len(state.Pool.Members) != 2 {
		t.Fatalf("%+v, %v", state, err)
	}
	hers, his := state.Pool.Members[0], state.Pool.Members[1]
	if hers.Day.Amount != 5 || his.Day.Amount != 0 || !slices.Equal(his.Share, share[1:]) {
		t.Errorf("%+v", state.Pool)
	}
}

func TestSigningKeys(t *testing.T) {
	w, alice, _ := twoMembers(t)
	keys, err := w.SigningKeys(t.Context(), "alice")
	if err != nil || !slices.Equal(keys.Signing, []dollars.Account{alice.Account}) || keys.Custody != alice.Account || keys.Recovery != nil {
		t.Errorf("%+v, %v", keys, err)
	}
	listed := []dollars.Account{{1}, {2}}
	w.state[dollars.AccountKey(alice.Account)] = dollars.AccountRecord{Keys: listed}.Encode()
	delete(w.keys, "alice")
	proposed := dollars.RecoveryRecord{Key: dollars.Account{9}, Proposer: "DestinasiaMSP"}
	w.state[dollars.RecoveryKey(alice.Account)] = proposed.Encode()
	keys, err = w.SigningKeys(t.Context(), "alice")
	if err != nil || !slices.Equal(keys.Signing, listed) || !keys.Custody.IsZero() || keys.Recovery == nil || keys.Recovery.Completable != 0 {
		t.Errorf("%+v, %v", keys, err)
	}

	proposed.Approved, proposed.Completable = w.now.Unix()-10, w.now.Unix()+50
	w.state[dollars.RecoveryKey(alice.Account)] = proposed.Encode()
	keys, err = w.SigningKeys(t.Context(), "alice")
	if err != nil || keys.Recovery.Completable != proposed.Completable {
		t.Errorf("%+v, %v", keys.Recovery, err)
	}
	state, err := w.Account(t.Context(), alice.Account)
	if err != nil || state.Recovery.Completable != proposed.Completable || state.Recovery.Key != (dollars.Account{9}) {
		t.Errorf("%+v, %v", state.Recovery, err)
	}
}
