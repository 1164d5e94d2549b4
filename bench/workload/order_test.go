package workload

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/bench/load"
	"github.com/destinasia/dollars/bookings"
	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/client"
)

func someOrders(t *testing.T, members int) *Orders {
	t.Helper()
	m, err := NewMembers(members)
	if err != nil {
		t.Fatal(err)
	}
	currency, _ := dollars.CurrencyOf("dsd")
	return NewOrders(m, Ledger{currency, "dollars", "dsd"}, "secret", time.Unix(1_800_000_000, 0))
}

// order reads a request back as the ledger will see it, and checks the signature.
func order(t *testing.T, o *Orders, path string, body []byte) dollars.Order {
	t.Helper()
	var sent struct {
		client.Intent
		Signed client.SignedFields `json:"signed"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	from, ok := strings.CutPrefix(path, "/v1/members/")
	from, end := strings.CutSuffix(from, "/orders")
	if !ok || !end {
		t.Fatalf("sent to %s", path)
	}
	member, err := newMember(from)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[client.OrderKind]dollars.Kind{client.OrderTransfer: dollars.KindTransfer, client.OrderRedemption: dollars.KindRedeem}
	read := dollars.Order{
		Kind: kinds[sent.Kind], From: member.Account, Amount: sent.Amount, Nonce: sent.Signed.Nonce, Deadline: sent.Signed.Deadline,
	}
	if sent.To != nil {
		read.To = *sent.To
	}
	signature, err := hex.DecodeString(strings.TrimPrefix(sent.Signed.Signature, "0x"))
	if err != nil {
		t.Fatal(err)
	}
	id := read.ID(o.ledger.Currency, o.ledger.Channel, o.ledger.Chaincode)
	if signer, err := dollars.Signer(id, eip712.Signature(signature)); err != nil || signer != member.Account {
		t.Fatalf("%s is signed by %s, %v", body, signer, err)
	}
	if err := read.Check(1_800_000_000); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return read
}

func TestOrdersAreSignedAsAsked(t *testing.T) {
	o := someOrders(t, 10)
	for name, payment := range map[string]func(int) Payment{"transfer": o.Transfer, "hot-to": o.HotTo, "hot-from": o.HotFrom, "redeem": o.Redeem} {
		before := map[dollars.Account]uint64{}
		for account, nonce := range o.nonces {
			before[account] = nonce
		}
		signed, err := o.Sign(25, payment)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range signed.Requests {
			got, want := order(t, o, r.Path, r.Body), payment(i)
			before[got.From]++
			var to dollars.Account
			if want.To != nil {
				to = want.To.Account
			}
			if got.From != want.From.Account || got.To != to || got.Amount != want.Amount || got.Nonce != before[got.From] || r.Token != "secret" || r.Media != "application/json" {
				t.Errorf("%s %d is %+v (%s, %s)", name, i, got, r.Token, r.Media)
			}
		}
	}
}

func TestWhatWasNotSentLeavesNoGap(t *testing.T) {
	o := someOrders(t, 10)
	first, err := o.Sign(20, o.Transfer)
	if err != nil {
		t.Fatal(err)
	}
	o.Unsent(first, 7)
	second, err := o.Sign(20, o.Transfer)
	if err != nil {
		t.Fatal(err)
	}
	used := map[dollars.Account]uint64{}
	for _, r := range append(first.Requests[:7], second.Requests...) {
		got := order(t, o, r.Path, r.Body)
		if used[got.From]++; got.Nonce != used[got.From] {
			t.Errorf("order %d of %s has nonce %d", used[got.From], got.From, got.Nonce)
		}
	}
}

func TestTransfersFollowingEachOtherShareNoAccount(t *testing.T) {
	const members = 50
	m, err := NewMembers(members)
	if err != nil {
		t.Fatal(err)
	}
	last, paid := map[string]int{}, map[string]int{}
	for i := range 10 * members {
		p := m.Transfer(i)
		for _, id := range []string{p.From.ID, p.To.ID} {
			if at, used := last[id]; used && i-at < members/2-1 {
				t.Errorf("transfers %d and %d share %s", at, i, id)
			}
			last[id] = i
		}
		paid[p.From.ID]++
	}
	for id, n := range paid {
		if n != 10 {
			t.Errorf("%s paid %d times", id, n)
		}
	}
}

func TestMembersAreTheSameEveryTime(t *testing.T) {
	a, err := NewMembers(3)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewMembers(5)
	if err != nil {
		t.Fatal(err)
	}
	accounts := map[dollars.Account]bool{}
	for _, m := range b.All() {
		accounts[m.Account] = true
	}
	if len(accounts) != 7 || a.Many[2].Account != b.Many[2].Account || a.Payer.Account != b.Payer.Account || a.Many[2].ID != bookings.MemberID(3) {
		t.Errorf("%d accounts; %+v, %+v", len(accounts), a, b)
	}
}

func TestMixIsMixed(t *testing.T) {
	const steps = 100_000
	m, err := NewMembers(1000)
	if err != nil {
		t.Fatal(err)
	}
	mix := m.Mix(steps)
	turns, acts := map[Turn]int{}, map[string]int{}
	lag, recent := 0, map[string][]int{}
	for i, s := range mix {
		turns[s.Turn]++
		if s.Turn == TurnAward {
			continue
		}
		if s.To == s.From {
			t.Fatalf("step %d pays oneself", i)
		}
		id := s.From.ID
		acts[id]++
		for recent[id] = append(recent[id], i); i-recent[id][0] > MixAhead; {
			recent[id] = recent[id][1:]
		}
		lag = max(lag, len(recent[id]))
	}
	for turn, want := range map[Turn]int{TurnTransfer: 70, TurnRedeem: 15, TurnAward: 15} {
		if got := turns[turn] * 100 / steps; got < want-1 || got > want+1 {
			t.Errorf("%d %% are of kind %d, want %d %%", got, turn, want)
		}
	}
	first, tenth := acts[bookings.MemberID(1)], acts[bookings.MemberID(10)]
	if ratio := float64(first) / float64(tenth); ratio < 11 || ratio > 14.5 { // 10^1.1 is 12.6
		t.Errorf("the first member acts %d times, the tenth %d", first, tenth)
	}
	if lag > dollars.WindowSize {
		t.Errorf("of one member %d orders may be under way, and the ledger takes %d", lag, dollars.WindowSize)
	}
	if diff := cmp.Diff(turnsOf(m.Mix(1000)), turnsOf(mix[:1000])); diff != "" {
		t.Error(diff)
	}
}

func turnsOf(steps []Step) (turns []Turn) {
	for _, s := range steps {
		turns = append(turns, s.Turn)
	}
	return turns
}

// What completes a booking is further behind its confirmation than requests are ahead of each other.
func TestMixCompletesWhatIsConfirmed(t *testing.T) {
	o := someOrders(t, 100)
	signed, beforehand, err := o.MixRound("r1", 20_000, "booking secret")
	if err != nil {
		t.Fatal(err)
	}
	confirmed := map[string]int{}
	for _, e := range beforehand {
		if e.Type != bookings.Confirmed {
			t.Fatalf("beforehand: %+v", e)
		}
		confirmed[e.Data.Booking] = -1 << 30
	}
	orders, completed := 0, 0
	for i, r := range signed.Requests {
		if r.Token == "secret" {
			if orders++; orders%20 == 0 {
				order(t, o, r.Path, r.Body)
			}
			continue
		}
		var e struct {
			Type string
			Data struct{ Booking string }
		}
		if err := json.Unmarshal(r.Body, &e); err != nil || r.Path != "/v1/booking-events" || r.Token != "booking secret" {
			t.Fatalf("%+v: %v", r, err)
		}
		at, open := confirmed[e.Data.Booking]
		switch {
		case e.Type == bookings.Confirmed && !open:
			confirmed[e.Data.Booking] = i
		case e.Type == bookings.Completed && open && i-at > MixAhead:
			delete(confirmed, e.Data.Booking)
			completed++
		default:
			t.Fatalf("request %d is %s of booking %s, confirmed by request %d (%v)", i, e.Type, e.Data.Booking, at, open)
		}
	}
	if completed < len(signed.Requests)*3/100 || orders < len(signed.Requests)*8/10 {
		t.Errorf("%d orders and %d completions of %d", orders, completed, len(signed.Requests))
	}
	o.Unsent(signed, 0)
	for account, nonce := range o.nonces {
		if nonce != 0 {
			t.Errorf("%s has used %d nonces though nothing was sent", account, nonce)
		}
	}
}

func TestEverybodyIsEndowed(t *testing.T) {
	m, err := NewMembers(4)
	if err != nil {
		t.Fatal(err)
	}
	given, completed := map[string]string{}, map[string]bool{}
	for _, e := range Endow(m) {
		if e.Type == bookings.Confirmed {
			given[e.Data.Booking] = e.Data.Member
		} else if given[e.Data.Booking] == "" {
			t.Errorf("%s is completed first", e.Data.Booking)
		} else {
			completed[given[e.Data.Booking]] = true
		}
	}
	if len(completed) != 5 || !completed[hotPayer] || completed[hotReceiver] {
		t.Errorf("endowed are %v", completed)
	}
}

// Orders that are relayed are those that would be sent one by one.
func TestOrdersAreRelayed(t *testing.T) {
	o := someOrders(t, 10)
	signed, err := o.Sign(2*Together+7, o.Redeem)
	if err != nil {
		t.Fatal(err)
	}
	relayed := signed.Relayed()
	var got []load.Request
	for i, r := range relayed.Requests {
		var body struct {
			Orders []struct {
				Member string          `json:"member"`
				Order  json.RawMessage `json:"order"`
			} `json:"orders"`
		}
		if err := json.Unmarshal(r.Body, &body); err != nil || r.Path != "/v1/orders" || r.Many != len(body.Orders) {
			t.Fatalf("request %d to %s of %d orders, has %d: %v", i, r.Path, r.Many, len(body.Orders), err)
		}
		for _, x := range body.Orders {
			got = append(got, load.Request{Path: "/v1/members/" + x.Member + "/orders", Token: r.Token, Media: r.Media, Body: x.Order})
		}
	}
	if diff := cmp.Diff(signed.Requests, got); diff != "" {
		t.Error(diff)
	}
	if sent := relayed.Sent(2); sent != 2*Together || relayed.Sent(3) != 2*Together+7 {
		t.Errorf("two requests have %d orders, three %d", sent, relayed.Sent(3))
	}
	o.Unsent(relayed, 2)
	again, err := o.Sign(1, func(int) Payment { return o.Redeem(2 * Together) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(signed.Requests[2*Together], again.Requests[0]); diff != "" {
		t.Errorf("what was not sent is not taken back: %s", diff)
	}
}
