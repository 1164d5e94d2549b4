package rest

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestForgottenMembersAreUnknown(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	account := a.ledger.members["alice"].Account
	a.earns(t, "alice", "b1", "1000.00")
	got := a.send(t, alice, "DELETE", "/v1/members/alice", "")
	if p := got.problem(t, 409, wallet.CodePointsLeft, "/abandonPoints"); !strings.Contains(p.Detail, "50.00 available, 0.00 held and 0.00 pending") {
		t.Error(p.Detail)
	}
	a.send(t, alice, "DELETE", "/v1/members/alice?abandonPoints=yes!", "").problem(t, 400, wallet.CodeMalformed, "/abandonPoints")
	a.send(t, alice, "DELETE", "/v1/members/alice?abandonPoints=true", `{}`).problem(t, 400, wallet.CodeMalformed, "")
	a.send(t, alice, "GET", "/v1/members/alice", "").want(t, 200)

	got = a.send(t, alice, "DELETE", "/v1/members/alice?abandonPoints=true", "").want(t, 200)
	var cert ErasureCertificate
	got.decode(t, &cert)
	if cert.Account != account || !slices.Equal(cert.Destroyed, []Destroyed{DestroyedMapping, DestroyedCustodyKey}) ||
		cert.Abandoned == nil || cert.Abandoned.Available != 5000 || cert.Height != uint64(len(a.ledger.chain)) || len(cert.Remains) == 0 {
		t.Errorf("%s", got.body)
	}
	if strings.Contains(string(got.body), "alice") {
		t.Errorf("the certificate names the member: %s", got.body)
	}
	a.send(t, alice, "GET", "/v1/members/alice", "").problem(t, 401, wallet.CodeUnauthorized, "")
	a.send(t, "dsk_member", "DELETE", "/v1/members/alice", "").problem(t, 404, wallet.CodeMemberUnknown, "")
	a.send(t, "dsk_operator", "DELETE", "/v1/members/0xalice", "").problem(t, 422, wallet.CodeMemberInvalid, "")

	// Whoever has the id next has another account, which the old token is no good for.
	a.enrol(t, "alice")
	if again := a.ledger.members["alice"].Account; again == account {
		t.Error("the new member has the old account")
	}
	a.send(t, alice, "GET", "/v1/members/alice", "").problem(t, 401, wallet.CodeUnauthorized, "")
}

func TestMembersWithOwnKeysLoseNothing(t *testing.T) {
	a := newAPI(t, Options{})
	carol(t, a)
	got := a.send(t, "dsk_operator", "DELETE", "/v1/members/carol", "").want(t, 200)
	var cert ErasureCertificate
	got.decode(t, &cert)
	if cert.Abandoned != nil || !slices.Equal(cert.Destroyed, []Destroyed{DestroyedMapping}) {
		t.Errorf("%s", got.body)
	}
}

// What the intake keeps must tell nothing of members once the directory has forgotten them, not even to whoever tries ids.
func TestWorkNamesNoMember(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice-in-person")
	a.enrol(t, "bob-in-person")
	a.earns(t, "alice-in-person", "b1", "1000.00")
	const body = `{"toMember":"bob-in-person","amount":"1","memo":"for bob-in-person"}`
	const path = "/v1/members/alice-in-person/transfers"
	a.send(t, alice, "POST", path, body, "Idempotency-Key", "alice-in-person/1").want(t, 200)
	account, orders := a.ledger.members["alice-in-person"].Account, 0
	for _, st := range a.ledger.work {
		w := st.Work
		if w.Class != wallet.ClassOrder {
			continue
		}
		orders++
		if w.Owner != "account:"+account.String() || w.Key.Client != w.Owner {
			t.Errorf("the order is of %q, its key of %q", w.Owner, w.Key.Client)
		}
		if strings.Contains(w.Key.Key+w.Label, "in-person") {
			t.Errorf("kept: %q, %q", w.Key.Key, w.Label)
		}
		request := []string{"POST", " ", path, "\n", body}
		if w.Key.Digest != [32]byte(hmacOf(a.digests, request...)) || w.Key.Digest == sha256.Sum256([]byte(strings.Join(request, ""))) {
			t.Error("the digest of the request can be worked out without the service's secret")
		}
	}
	if orders != 1 {
		t.Fatalf("%d orders", orders)
	}
	if strings.Contains(a.logged.String(), "in-person") {
		t.Errorf("logged: %s", a.logged)
	}
}

// What a member put into a household would be lost with them too.
func TestForgettingAMemberOfAHousehold(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	a.orders(t, alice, "alice", `{"kind":"form"}`).want(t, 200)
	a.orders(t, alice, "alice", `{"kind":"contribute","amount":"50"}`).want(t, 200)
	p := a.send(t, "dsk_member", "DELETE", "/v1/members/alice", "").problem(t, 409, wallet.CodePointsLeft, "/abandonPoints")
	if !strings.Contains(p.Detail, "50.00 in their household") {
		t.Error(p.Detail)
	}
	var cert ErasureCertificate
	a.send(t, "dsk_member", "DELETE", "/v1/members/alice?abandonPoints=true", "").want(t, 200).decode(t, &cert)
	if cert.Abandoned == nil || *cert.Abandoned != (PointsLeft{Pooled: 50_00}) {
		t.Errorf("%+v", cert.Abandoned)
	}
}
