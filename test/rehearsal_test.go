package test

import (
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/test/network"
	"github.com/destinasia/dollars/wallet-api/client"
)

// TestRehearsal earns points two years ahead, and sees them expire three years later.
func TestRehearsal(t *testing.T) {
	today := time.Now().UTC()
	// In the middle of a month, so that adding months is the same to everybody.
	clock := time.Date(today.Year()+2, today.Month(), 15, 9, 0, 0, 0, time.UTC)
	n := network.Start(t, "--clock", clock.Format(time.RFC3339))
	if out := string(n.Run("status")); !strings.Contains(out, "This is a rehearsal: it is "+clock.Format("2 January 2006, 09:")) {
		t.Errorf("status does not say what time it is:\n%s", out)
	}

	system := n.API("booking")
	n.Run("member", "create", "alice")
	report(t, system, bookings.Confirmed, "1", trip("ahead", clock.AddDate(0, 0, -7).Format(time.DateOnly), 5))
	report(t, system, bookings.Completed, "2", ended("ahead"))
	balance := func() (b client.Balance) {
		t.Helper()
		n.RunJSON(&b, "balance", "alice", "--json")
		return b
	}
	// A flight at 2 % and a hotel at 5 %, valid for 24 months.
	b, until := balance(), clock.AddDate(0, 24, 0).Format("2006-01")
	if b.Available.String() != "58.00" || len(b.Expiring) != 1 || b.Expiring[0].Month.String() != until {
		t.Errorf("alice has %s, expiring %+v; want 58.00, all in %s", b.Available, b.Expiring, until)
	}
	n.Run("redeem", "alice", "8")

	n.Refused("later --clock", "up", "--clock", clock.AddDate(-1, 0, 0).Format(time.RFC3339))
	n.Run("up", "--clock", clock.AddDate(3, 0, 0).Format(time.RFC3339))
	if b := balance(); b.Available != 0 {
		t.Errorf("after three years alice has %s, expiring %+v", b.Available, b.Expiring)
	}
	n.Refused("insufficient_balance", "redeem", "alice", "8")
	n.Run("audit")
}
