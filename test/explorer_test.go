package test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/test/network"
	"github.com/destinasia/dollars/wallet-api/client"
)

// lived is what alice did, by its ids.
type lived struct{ hold, voucher, adjustment string }

// live gives alice points, and has her and others do something with them.
func live(t *testing.T, n *network.Network) (l lived) {
	t.Helper()
	wait := client.Change{Wait: 20 * time.Second}
	report(t, n.API("booking"), bookings.Confirmed, "1", trip("HX-1", "2026-12-10", 3))
	report(t, n.API("booking"), bookings.Completed, "2", ended("HX-1"))
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := n.API("merchant").SetReward(t.Context(), "lounge", client.NewReward{Price: 2_00, Until: time.Now().AddDate(1, 0, 0), Days: 30}, wait)
	done(err)
	session, err := n.API("member").CreateSession(t.Context(), "alice")
	done(err)
	alice := n.API("member").As(session.Token)
	hold, err := alice.Place(t.Context(), "alice", client.Intent{Kind: client.OrderHold, Amount: 3_00, Until: time.Now().Add(24 * time.Hour)}, nil, wait)
	done(err)
	claim, err := alice.Place(t.Context(), "alice", client.Intent{Kind: client.OrderClaim, Reward: "lounge"}, nil, wait)
	done(err)
	_, err = alice.Send(t.Context(), "alice", client.Transfer{ToMember: "bob", Amount: 1_00}, wait)
	done(err)
	proposed, err := n.API("operator").ProposeAdjustment(t.Context(), client.NewAdjustment{Account: hold.From, Amount: 5_00, Months: 12, Reason: "goodwill"}, wait)
	done(err)
	return lived{hold.OrderID, claim.Voucher.CodeHash, proposed.Adjustment}
}

// TestExplorer walks the ledger as an auditor does who has nothing but the REST API, and holds what it shows against an audit, which
// believes only the peers' blocks.
func TestExplorer(t *testing.T) {
	n := network.Start(t)
	n.Run("member", "create", "alice")
	n.Run("member", "create", "bob")
	did := live(t, n)
	auditor := n.API("auditor")
	var audit struct {
		Height     uint64
		HeaderHash string
		Operations uint64
		Supply     struct{ Minted, Outstanding, Held, Redeemed dollars.Amount }
	}
	n.RunJSON(&audit, "audit", "--json")

	// From the list of blocks to their transactions and operations.
	var blocks []client.Block
	for l := (client.Listing{Limit: 3}); ; {
		page, err := auditor.Blocks(t.Context(), l)
		if err != nil || page.Height != audit.Height {
			t.Fatalf("height %d, want %d; %v", page.Height, audit.Height, err)
		}
		blocks = append(blocks, page.Blocks...)
		if l.Cursor = page.Next; l.Cursor == "" {
			break
		}
	}
	if uint64(len(blocks)) != audit.Height || blocks[0].Hash != audit.HeaderHash {
		t.Errorf("%d blocks, the newest is %s; the audit has %d and %s", len(blocks), blocks[0].Hash, audit.Height, audit.HeaderHash)
	}
	var operations, listed uint64
	for i, b := range blocks {
		if i > 0 && blocks[i-1].PreviousHash != b.Hash {
			t.Errorf("block %d is %s, and the next one follows %s", b.Number, b.Hash, blocks[i-1].PreviousHash)
		}
		content, err := auditor.Block(t.Context(), b.Number, "", 0)
		if err != nil || uint64(len(content.Transactions)) != b.Transactions {
			t.Fatalf("block %+v has %+v, %v", b, content.Transactions, err)
		}
		operations += b.Operations.Applied + b.Operations.Duplicate + b.Operations.Rejected
		for _, tx := range content.Transactions {
			page, err := auditor.Transaction(t.Context(), tx.ID, "", 500)
			if err != nil || page.Transaction != tx || tx.Creator == "" {
				t.Fatalf("transaction %+v is %+v, %v", tx, page, err)
			}
			listed += uint64(len(page.Operations))
		}
	}
	if operations != audit.Operations || listed != audit.Operations {
		t.Errorf("blocks count %d operations, transactions have %d, the audit %d", operations, listed, audit.Operations)
	}

	// To an account, and back to what made it what it is.
	alice, err := n.API("member").Member(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	history, err := auditor.Operations(t.Context(), &alice.Account, client.Listing{})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, o := range history.Operations {
		kinds = append(kinds, o.Kind)
	}
	// What was merely proposed moved nothing, and is not in anybody's history.
	if got := strings.Join(kinds, " "); got != "transfer claim hold complete complete confirm confirm" {
		t.Errorf("alice's operations are %s", got)
	}
	state, err := auditor.Account(t.Context(), alice.Account)
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := auditor.Accounts(t.Context(), "", 0)
	if err != nil || len(accounts.Accounts) != 2 {
		t.Fatalf("accounts are %+v, %v", accounts, err)
	}
	for _, a := range accounts.Accounts {
		if a.Account == alice.Account && (a.Available != state.Available || a.Held != 3_00) {
			t.Errorf("alice's account is listed as %+v, and is %+v", a, state)
		}
	}

	supply, err := auditor.Supply(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	days, err := auditor.SupplyHistory(t.Context(), client.Days{})
	if err != nil || len(days.Points) == 0 {
		t.Fatalf("supply over time: %+v, %v", days, err)
	}
	if last := days.Points[len(days.Points)-1]; last.Supply != supply[0] || last.Supply.Height != audit.Height || last.Supply.Minted != audit.Supply.Minted ||
		last.Supply.Outstanding != audit.Supply.Outstanding || last.Supply.Held != audit.Supply.Held || last.Supply.Redeemed != audit.Supply.Redeemed {
		t.Errorf("the supply ends with %+v, is %+v, and %+v by the audit", last, supply, audit.Supply)
	}
	searchAll(t, n, alice.Account, did, blocks[0])
}

// searchAll finds each kind of thing by its id, and follows the addresses that are answered.
func searchAll(t *testing.T, n *network.Network, alice client.Account, did lived, newest client.Block) {
	t.Helper()
	auditor := n.API("auditor")
	content, err := auditor.Block(t.Context(), newest.Number, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	number, tx := strconv.FormatUint(newest.Number, 10), content.Transactions[0].ID
	booking := dollars.NewBookingID(tripSource, "HX-1", "hotel")
	flight := dollars.NewBookingID(tripSource, "HX-1", "flight")
	hold := alice.String() + "/" + did.hold
	for id, want := range map[string][]string{
		number: {"block " + number}, newest.Hash: {"block " + number}, tx: {"transaction " + tx},
		did.hold: {"order " + did.hold, "hold " + hold}, hold: {"hold " + hold},
		did.voucher: {"voucher " + did.voucher}, did.adjustment: {"adjustment " + did.adjustment}, "lounge": {"reward lounge"},
		alice.String(): {"account " + alice.String()}, "alice": {"member alice"},
		booking.String(): {"booking " + booking.String()}, booking.Trip().String(): {"booking " + flight.String(), "booking " + booking.String()},
	} {
		result, err := auditor.Search(t.Context(), id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		found := map[string]bool{}
		for _, f := range result.Found {
			found[f.What+" "+f.ID] = true
			if got := get(t, n, f.Href); !strings.Contains(strings.ToLower(string(got)), strings.ToLower(f.ID[strings.LastIndex(f.ID, "/")+1:])) {
				t.Errorf("%s is at %s: %s", f.ID, f.Href, got)
			}
		}
		for _, w := range want {
			if !found[w] || len(found) != len(want) {
				t.Errorf("%s is %v, want %v", id, found, want)
			}
		}
	}
	item, err := auditor.SearchBooking(t.Context(), tripSource, "HX-1", "hotel")
	if err != nil || len(item.Found) != 1 || item.Found[0].ID != booking.String() {
		t.Errorf("the hotel is %+v, %v", item, err)
	}
	if _, err := auditor.Search(t.Context(), strings.Repeat("ab", 32)); client.CodeOf(err) != "not_found" {
		t.Errorf("an id of nothing: %v", err)
	}
	if _, err := n.API("member").Search(t.Context(), number); client.CodeOf(err) != "forbidden" {
		t.Errorf("the member service may search: %v", err)
	}
}

// get answers what is at an address of the API, as the auditor.
func get(t *testing.T, n *network.Network, href string) json.RawMessage {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+n.Address+href, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+n.Key("auditor"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %s: %s %v", href, resp.Status, body, err)
	}
	return body
}
