package audit

import (
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// TestOrdersAreNotDoneAgain: peers that forget what an account has signed do an old order again, and all they write fits
// what they believe.
func TestOrdersAreNotDoneAgain(t *testing.T) {
	w := newWorld(t)
	var c *chain
	tell(t, w, plot{chain: func(begun *chain) { c = begun }})
	key := dollars.AccountKey(account(alice))
	again := spend(dollars.Order{Kind: dollars.KindTransfer, To: dollars.Account{7}, Amount: 1_00, Nonce: 1})
	forget := func(s *state) {
		record, err := dollars.DecodeAccountRecord(s.get("dsd", key))
		if err != nil {
			t.Fatal(err)
		}
		record.Window = dollars.Window{}
		entries := s.entries[place{"dsd", ""}]
		entries[key] = entry{record.Encode(), entries[key].version}
	}
	at := len(c.blocks)
	c.order([]byte{0}, c.envelope(t, request{creator: w.issuer, ops: []dollars.Operation{again}, onState: forget}))
	_, err := w.audit(c.blocks)
	found{at, 0, true, "do not write"}.check(t, err)
}
