package rest

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// TestTheLedgerIsWalkedByItsLinks goes from the list of blocks to an account, and finds everything on the way by its id.
func TestTheLedgerIsWalkedByItsLinks(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	life := a.live(t, alice)
	get := func(path string, into any) {
		t.Helper()
		a.send(t, "dsk_auditor", "GET", path, "").want(t, 200).decode(t, into)
	}
	var blocks Blocks
	var all []Block
	for cursor, more := "", true; more; more = cursor != "" {
		var page Blocks
		get("/v1/blocks?limit=3&cursor="+cursor, &page)
		if blocks.Height = page.Height; page.Height != uint64(len(a.ledger.chain)) {
			t.Fatalf("height %d of %d blocks", page.Height, len(a.ledger.chain))
		}
		all, cursor = append(all, page.Blocks...), page.Next
	}
	if len(all) != len(a.ledger.chain) || all[0].Number != blocks.Height-1 || all[len(all)-1].PreviousHash != "" {
		t.Fatalf("%d blocks of %d: %+v", len(all), len(a.ledger.chain), all)
	}
	for i, b := range all {
		if i > 0 && b.Hash != all[i-1].PreviousHash {
			t.Errorf("block %d has the hash %s, the next one says %s", b.Number, b.Hash, all[i-1].PreviousHash)
		}
	}

	var supply Supply
	get("/v1/ledger/supply", &supply)
	var newest BlockContent
	get("/v1/blocks/"+strconv.FormatUint(all[0].Number, 10), &newest)
	if newest.Supply.Outstanding != supply.Assets[0].Outstanding || len(newest.Transactions) != 1 || newest.Block.Hash != all[0].Hash {
		t.Errorf("the newest block is %+v, the supply %+v", newest, supply)
	}
	var tx TransactionContent
	get("/v1/transactions/"+newest.Transactions[0].ID, &tx)
	if len(tx.Operations) != 1 || tx.Operations[0].Adjustment != life.adjustment || tx.Transaction.Creator != "DestinasiaMSP" || tx.Transaction.Operations.Applied != 1 {
		t.Fatalf("the newest transaction is %+v", tx)
	}
	var account AccountState
	get("/v1/accounts/"+tx.Operations[0].Account.String(), &account)
	var history Operations
	get("/v1/operations?account="+account.Account.String(), &history)
	kinds := ""
	for _, o := range history.Operations {
		kinds += o.Kind + " "
	}
	if kinds != "propose-adjustment form claim hold complete confirm " {
		t.Errorf("the account's operations are %s", kinds)
	}
	var accounts Accounts
	get("/v1/accounts", &accounts)
	found := false
	for _, b := range accounts.Accounts {
		found = found || (b.Account == account.Account && b.Available == account.Available && b.Held == account.Held)
	}
	if !found {
		t.Errorf("%s is not among %+v", account.Account, accounts)
	}
	a.searches(t, account.Account, life, all[0], tx.Transaction.ID)

	var days SupplyHistory
	get("/v1/ledger/supply/history", &days)
	if len(days.Points) != 1 || days.Points[0].Day != "2026-11-22" || days.Points[0].Supply.Outstanding != supply.Assets[0].Outstanding || days.Next != "2026-11-23" {
		t.Errorf("the supply over time is %+v", days)
	}
	get("/v1/ledger/supply/history?from=2026-11-23&to=2026-11-30&step=7&limit=2", &days)
}

// searches finds each kind of thing by its id, and follows where it is said to be found.
func (a api) searches(t *testing.T, account dollars.Account, life lived, b Block, txID string) {
	t.Helper()
	booking := dollars.NewBookingID("urn:test", "b1", "1")
	hold := account.String() + "/" + life.hold
	for id, want := range map[string]string{
		"id=" + strconv.FormatUint(b.Number, 10): "block " + strconv.FormatUint(b.Number, 10), "id=" + b.Hash: "block " + strconv.FormatUint(b.Number, 10),
		"id=" + txID: "transaction " + txID, "id=" + strings.ToUpper(txID): "transaction " + txID,
		"id=" + life.hold: "order " + life.hold + " hold " + hold, "id=" + hold: "hold " + hold,
		"id=" + account.String(): "account " + account.String(), "id=" + life.voucher: "voucher " + life.voucher,
		"id=spa": "reward spa", "id=" + life.adjustment: "adjustment " + life.adjustment, "id=alice": "member alice",
		"id=" + booking.String(): "booking " + booking.String(), "id=" + booking.Trip().String(): "booking " + booking.String(),
		"source=urn:test&booking=b1":        "booking " + booking.String(),
		"source=urn:test&booking=b1&item=1": "booking " + booking.String(),
	} {
		var result SearchResult
		a.send(t, "dsk_operator", "GET", "/v1/search?"+id, "").want(t, 200).decode(t, &result)
		got := ""
		for _, f := range result.Found {
			got += " " + f.What + " " + f.ID
			var at struct{ Height uint64 }
			a.send(t, "dsk_auditor", "GET", f.Href, "").want(t, 200).decode(t, &at)
			onLedger := f.What != string(wallet.ThingOrder) && f.What != string(wallet.ThingMember) // these are the service's to know, too
			if onLedger && at.Height != result.Height {
				t.Errorf("%s is answered at height %d, not %d", f.Href, at.Height, result.Height)
			}
		}
		if got = got[1:]; got != want || result.Height != uint64(len(a.ledger.chain)) {
			t.Errorf("%s is %q at height %d, want %q", id, got, result.Height, want)
		}
	}
	var item BookedItem
	a.send(t, "dsk_auditor", "GET", "/v1/bookings/"+booking.String(), "").want(t, 200).decode(t, &item)
	if item.State != "awarded" || item.Points != 5000 || item.Account != account || item.Kind != earn.Hotel {
		t.Errorf("the booked item is %+v", item)
	}
}

func TestWhatCannotBeExplored(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	many, word := "99999999999999999999999", strings.Repeat("ab", 32)
	type refusal struct {
		path, query string
		status      int
		code        dollars.Code
		field       string
	}
	tests := []refusal{
		{"/v1/blocks/9999", "", 404, wallet.CodeNotFound, ""},
		{"/v1/blocks/18446744073709551615", "", 404, wallet.CodeNotFound, ""},
		{"/v1/blocks/-1", "", 400, wallet.CodeMalformed, "/number"},
		{"/v1/blocks/" + many, "", 400, wallet.CodeMalformed, "/number"},
		{"/v1/blocks/x", "", 400, wallet.CodeMalformed, "/number"},
		{"/v1/transactions/" + word, "", 404, wallet.CodeNotFound, ""},
		{"/v1/transactions/x", "", 404, wallet.CodeNotFound, ""},
		{"/v1/transactions/" + strings.ToUpper(word), "", 404, wallet.CodeNotFound, ""},
		{"/v1/operations", "account=0x12", 422, dollars.CodeAccountInvalid, "/account"},
		{"/v1/accounts", "cursor=x", 400, wallet.CodeCursorInvalid, "/cursor"},
		{"/v1/bookings/" + word, "", 404, wallet.CodeNotFound, ""},
		{"/v1/bookings/x", "", 404, wallet.CodeNotFound, ""},
		{"/v1/vouchers/0x" + word, "", 404, dollars.CodeVoucherUnknown, ""},
		{"/v1/vouchers/x", "", 404, wallet.CodeNotFound, ""},
		{"/v1/rewards/none", "", 404, dollars.CodeRewardUnknown, ""},
		{"/v1/rewards/No%00ne", "", 404, dollars.CodeRewardUnknown, ""},
		{"/v1/search", "", 400, wallet.CodeMalformed, "/id"},
		{"/v1/search", "id=" + strings.Repeat("1", 257), 400, wallet.CodeMalformed, "/id"},
		{"/v1/search", "id=" + word, 404, wallet.CodeNotFound, "/id"},
		{"/v1/search", "id=-1", 404, wallet.CodeNotFound, "/id"},
		{"/v1/search", "id=" + many, 404, wallet.CodeNotFound, "/id"},
		{"/v1/search", "id=%00%ff", 404, wallet.CodeNotFound, "/id"},
		{"/v1/search", "id=1&source=urn:test", 400, wallet.CodeMalformed, "/id"},
		{"/v1/search", "source=urn:test", 400, wallet.CodeMalformed, "/booking"},
		{"/v1/search", "booking=b1", 400, wallet.CodeMalformed, "/source"},
		{"/v1/search", "source=urn:test&booking=" + strings.Repeat("b", 300), 400, wallet.CodeMalformed, "/booking"},
		{"/v1/search", "source=urn:test&booking=b2", 404, wallet.CodeNotFound, ""},
		{"/v1/ledger/supply/history", "step=0", 400, wallet.CodeMalformed, "/step"},
		{"/v1/ledger/supply/history", "step=367", 400, wallet.CodeMalformed, "/step"},
		{"/v1/ledger/supply/history", "step=" + many, 400, wallet.CodeMalformed, "/step"},
		{"/v1/ledger/supply/history", "from=yesterday", 422, dollars.CodeDateInvalid, "/from"},
		{"/v1/ledger/supply/history", "to=1969-12-31", 422, dollars.CodeDateInvalid, "/to"},
		{"/v1/ledger/supply/history", "from=2026-11-23&to=2026-11-22", 400, wallet.CodeMalformed, "/from"},
	}
	for _, list := range []string{"/v1/blocks", "/v1/transactions", "/v1/operations"} {
		tests = append(tests, refusal{list, "cursor=x", 400, wallet.CodeCursorInvalid, "/cursor"},
			refusal{list, "fromBlock=-1", 400, wallet.CodeMalformed, "/fromBlock"}, refusal{list, "toBlock=" + many, 400, wallet.CodeMalformed, "/toBlock"},
			refusal{list, "fromBlock=2&toBlock=1", 400, wallet.CodeMalformed, "/fromBlock"})
	}
	for _, list := range []string{
		"/v1/blocks", "/v1/transactions", "/v1/operations", "/v1/accounts", "/v1/ledger/supply/history", "/v1/blocks/1",
		"/v1/transactions/" + a.ledger.chain[1].Transactions[0].ID,
	} {
		tests = append(tests, refusal{list, "limit=0", 400, wallet.CodeLimitInvalid, "/limit"},
			refusal{list, "limit=501", 400, wallet.CodeLimitInvalid, "/limit"}, refusal{list, "limit=-1", 400, wallet.CodeLimitInvalid, "/limit"},
			refusal{list, "limit=" + many, 400, wallet.CodeMalformed, "/limit"})
	}
	for _, test := range tests {
		t.Run(test.path+"?"+test.query[:min(40, len(test.query))], func(t *testing.T) {
			a.unchanged(t, func() answer { return a.send(t, "dsk_auditor", "GET", test.path+"?"+test.query, "") }).
				problem(t, test.status, test.code, test.field)
		})
	}
	// Nor has a member, or who reports bookings, any business there.
	for _, token := range []string{"dsk_booking", "dsk_member", "dsk_merchant", a.session(t, "alice")} {
		a.send(t, token, "GET", "/v1/search?id=1", "").problem(t, 403, wallet.CodeForbidden, "")
	}
}

func TestAccountsInPages(t *testing.T) {
	a := newAPI(t, Options{})
	for _, id := range []string{"alice", "bob", "carla"} {
		a.enrol(t, id)
		a.earns(t, id, "of-"+id, "100.00")
	}
	var all Accounts
	a.send(t, "dsk_auditor", "GET", "/v1/accounts", "").want(t, 200).decode(t, &all)
	var paged []AccountBalance
	next := ""
	for range all.Accounts {
		var page Accounts
		a.send(t, "dsk_auditor", "GET", "/v1/accounts?limit=1&cursor="+next, "").want(t, 200).decode(t, &page)
		paged, next = append(paged, page.Accounts...), page.Next
	}
	if len(all.Accounts) < 3 || next != "" || !reflect.DeepEqual(paged, all.Accounts) {
		t.Errorf("%+v in pages, then %q; want %+v", paged, next, all.Accounts)
	}
}

// TestWhatIsNotValidMaySayAnything: whoever may write to the channel can have transactions ordered that say they are of any time.
func TestWhatIsNotValidMaySayAnything(t *testing.T) {
	a := newAPI(t, Options{})
	for i, at := range []int64{math.MinInt64, -1, math.MaxInt64} {
		a.ledger.blocks++
		a.ledger.chain = append(a.ledger.chain, made(a.ledger.blocks, wallet.Transaction{
			ID: dollars.TxID{9, byte(i)}.String(), Time: at, Code: "BAD_CREATOR_SIGNATURE", Creator: "<b>&\"",
		}))
	}
	var page BlockTransactions
	a.send(t, "dsk_auditor", "GET", "/v1/transactions?limit=3", "").want(t, 200).decode(t, &page)
	for i, want := range []int{9999, 1970, 1970} {
		if got := page.Transactions[i]; got.Time.Year() != want || got.Valid || got.Creator != "<b>&\"" {
			t.Errorf("got %+v, want it in %d", got, want)
		}
	}
}

func TestRejectedOperationsAreShownWithWhatTheyWereAbout(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.send(t, alice, "POST", "/v1/members/alice/orders", `{"kind":"hold","amount":"5","until":"2026-11-30T00:00:00Z"}`)
	booking := dollars.NewBookingID("urn:test", "none", "1")
	a.ledger.apply(certificates[wallet.AsIssuer], dollars.Complete{Booking: booking})
	var page Operations
	a.send(t, "dsk_auditor", "GET", "/v1/operations?limit=1", "").want(t, 200).decode(t, &page)
	if o := page.Operations[0]; o.Outcome != "rejected" || o.Code != dollars.CodeBookingUnknown || o.Booking != booking.String() || o.Before != "" || o.Reference != "" {
		t.Errorf("it is %+v", o)
	}
}
