package test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/destinasia/dollars/test/network"
)

func TestMain(m *testing.M) { network.Main(m, 12_000, 20_000) }

// status is what the tests read of `status --json`.
type status struct {
	Problems []string
	Assets   []asset
	Ledger   []ledgerAsset
}

type asset struct {
	Asset, Minted, Reversed, Redeemed, Expired, Outstanding, Pending, Debt string
	Height                                                                 uint64
	Bookings                                                               bookingCounts
}

type bookingCounts struct{ Pending, Awarded, Cancelled, Reversed, Noted int64 }

// ledgerAsset is what an organisation's state adds up to, with no help of the wallet service.
type ledgerAsset struct {
	Organisation, Asset, Outstanding, Pending, Awarded, Debt string
	Bookings                                                 bookingCounts
}

// supply asks for the supply, in the read model and on the ledger of both organisations, and checks that they agree. It asks
// until nothing is wrong, a minute at most: a part that is slow for a moment is a problem for just as long.
func supply(t *testing.T, n *network.Network) asset {
	t.Helper()
	out, err := n.Try("status", "--json", "--ledger")
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		out, err = n.Try("status", "--json", "--ledger")
	}
	var s status
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Assets) != 1 || len(s.Ledger) != 2 || len(s.Problems) != 0 {
		t.Fatalf("status is %+v", s)
	}
	views := s.Assets[0]
	for _, ledger := range s.Ledger {
		if views.Outstanding != ledger.Outstanding || views.Pending != ledger.Pending || views.Debt != ledger.Debt ||
			views.Minted != ledger.Awarded || views.Bookings != ledger.Bookings {
			t.Errorf("the read model and the ledger differ:\n%+v\n%+v", views, ledger)
		}
	}
	return views
}
