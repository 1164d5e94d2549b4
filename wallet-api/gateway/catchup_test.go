package gateway

import (
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestCatchUpTellsHowFarAndHowLong(t *testing.T) {
	begun := time.Unix(1_000_000, 0)
	c := catchUp{from: 10, begun: begun}
	if got := c.state(10, 50, begun); got != "catching up with the ledger: 10 of 50 blocks" {
		t.Error(got)
	}
	for range 10 {
		c.folded(&wallet.Block{Transactions: []wallet.Transaction{{Journal: dollars.Journal{Entries: make([]dollars.Entry, 300)}}, {}}})
	}
	want := "catching up with the ledger: 20 of 50 blocks, 3000 operations, 1500 a second, about 6s left"
	if got := c.state(20, 50, begun.Add(2*time.Second)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
