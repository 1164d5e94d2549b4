package rest

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// unchanged runs a request and checks that it left nothing behind.
func (a api) unchanged(t *testing.T, request func() answer) answer {
	t.Helper()
	work, state, members := len(a.ledger.work), maps.Clone(a.ledger.state), len(a.ledger.members)
	got := request()
	if len(a.ledger.work) != work || !reflect.DeepEqual(a.ledger.state, state) || len(a.ledger.members) != members {
		t.Error("something was changed")
	}
	return got
}

func TestBadEvents(t *testing.T) {
	good := confirmed("bad", "alice", "100.00")
	with := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, test := range []struct {
		name, event string
		status      int
		code        dollars.Code
		field       string
	}{
		{"not JSON", `{"specversion":`, 400, wallet.CodeMalformed, "/specversion"},
		{"nothing", ` `, 400, wallet.CodeMalformed, ""},
		{"another value", `"x"`, 400, wallet.CodeMalformed, ""},
		{"more after it", good + `{}`, 400, wallet.CodeMalformed, ""},
		{"not UTF-8", with(`"bad"`, "\"\x80\""), 400, wallet.CodeMalformed, "/data/booking"},
		{"half a character", with(`"bad"`, `"\ud83d"`), 400, wallet.CodeMalformed, "/data/booking"},
		{"a field twice", with(`"member"`, `"booking":"other","member"`), 400, wallet.CodeMalformed, "/data/booking"},
		{"a field in another case", with(`"booking"`, `"Booking"`), 400, wallet.CodeMalformed, "/data/Booking"},
		{"an unknown field", with(`"kind"`, `"a/b~":1,"kind"`), 400, wallet.CodeMalformed, "/data/items/0/a~1b~0"},
		{"an unknown attribute", with(`"time"`, `"Time"`), 400, wallet.CodeMalformed, "/Time"},
		{"a number for a string", with(`"100.00"`, `100.00`), 400, wallet.CodeMalformed, "/data/items/0/price/amount"},
		{"null for a string", with(`"bad"`, `null`), 400, wallet.CodeMalformed, "/data/booking"},
		{"another version", with(`"1.0"`, `"0.3"`), 400, wallet.CodeMalformed, "/specversion"},
		{"no id", with(`"id":"bad/confirmed",`, ``), 400, wallet.CodeMalformed, "/id"},
		{"no source", with(`"urn:test"`, `""`), 400, wallet.CodeMalformed, "/source"},
		{"no reference", with(`"urn:test"`, `":%zz"`), 400, wallet.CodeMalformed, "/source"},
		{"no type", with(`"com.destinasia.booking.confirmed.v1"`, `""`), 400, wallet.CodeMalformed, "/type"},
		{"unknown type", with(`confirmed.v1`, `confirmed.v2`), 422, wallet.CodeEventUnknown, "/type"},
		{"no time", with(`2026-07-01T00:30:00Z`, `yesterday`), 400, wallet.CodeMalformed, "/time"},
		{"other content", with(`application/json`, `text/xml`), 400, wallet.CodeMalformed, "/datacontenttype"},
		{"no data", good[:strings.Index(good, `,"data"`)] + `}`, 400, wallet.CodeMalformed, "/data"},
		{"binary data", with(`"data"`, `"data_base64":"e30=","data"`), 400, wallet.CodeMalformed, "/data_base64"},
		{"long id", with(`bad/confirmed`, strings.Repeat("x", 300)), 400, wallet.CodeMalformed, "/id"},
		{"no booking", with(`"booking":"bad",`, ``), 400, wallet.CodeMalformed, "/data/booking"},
		{"no member", with(`"member":"alice",`, ``), 422, wallet.CodeMemberInvalid, "/data/member"},
		{"unknown member", with(`"alice"`, `"nobody"`), 404, wallet.CodeMemberUnknown, "/data/member"},
		{"no items", with(good[strings.Index(good, `[{`):len(good)-2], `[]`), 422, wallet.CodeItemInvalid, "/data/items"},
		{"item without a name", with(`"item":"1",`, ``), 400, wallet.CodeMalformed, "/data/items/0/item"},
		{"unknown kind", with(`"hotel"`, `"boat"`), 422, dollars.CodeKindUnknown, "/data/items/0/kind"},
		{"unknown currency", with(`"EUR"`, `"XYZ"`), 422, dollars.CodeCurrencyUnknown, "/data/items/0/price/currency"},
		{"negative amount", with(`"100.00"`, `"-0.01"`), 422, dollars.CodeAmountNegative, "/data/items/0/price/amount"},
		{"absurd amount", with(`"100.00"`, `"1000000000000000000"`), 422, dollars.CodeAmountTooLarge, "/data/items/0/price/amount"},
		{"too high a price", with(`"100.00"`, `"1000000000.01"`), 422, dollars.CodeAmountTooLarge, "/data/items/0/price/amount"},
		{"too many decimals", with(`"100.00"`, `"1.001"`), 422, dollars.CodeAmountInvalid, "/data/items/0/price/amount"},
		{"an exponent", with(`"100.00"`, `"1e3"`), 422, dollars.CodeAmountInvalid, "/data/items/0/price/amount"},
		{"no price", with(`"price":{"amount":"100.00","currency":"EUR"},`, ``), 422, dollars.CodeAmountInvalid, "/data/items/0/price/amount"},
		{"no such day", with(`2026-07-01"`, `2026-02-30"`), 422, dollars.CodeDateInvalid, "/data/items/0/start"},
		{"an empty code", with(`"kind"`, `"cabin":"","kind"`), 422, dollars.CodeFactInvalid, "/data/items/0/cabin"},
		{"no code", with(`"kind"`, `"hotel":"Grand Hotel","kind"`), 422, dollars.CodeFactInvalid, "/data/items/0/hotel"},
		{"a long code", with(`"kind"`, `"route":"`+strings.Repeat("x", 25)+`","kind"`), 422, dollars.CodeFactInvalid, "/data/items/0/route"},
		{"a number for a code", with(`"kind"`, `"country":7,"kind"`), 400, wallet.CodeMalformed, "/data/items/0/country"},
		{"a country by its name", with(`"kind"`, `"country":"Portugal","kind"`), 422, dollars.CodeFactInvalid, "/data/items/0/country"},
		{"a country in small letters", with(`"kind"`, `"country":"pt","kind"`), 422, dollars.CodeFactInvalid, "/data/items/0/country"},
		{"no channel", with(`"member"`, `"channel":"the web","member"`), 422, dollars.CodeFactInvalid, "/data/channel"},
		{"nobody travels", with(`"member"`, `"party":0,"member"`), 422, dollars.CodeFactInvalid, "/data/party"},
		{"too many travel", with(`"member"`, `"party":1001,"member"`), 422, dollars.CodeFactInvalid, "/data/party"},
		{"half a traveller", with(`"member"`, `"party":1.5,"member"`), 400, wallet.CodeMalformed, "/data/party"},
		{"an endless stay", with(`2026-07-03"`, `9999-07-03"`), 422, dollars.CodeFactInvalid, "/data/items"},
		{"before computers", with(`2026-07-01T`, `1926-07-01T`), 422, dollars.CodeDateInvalid, "/time"},
		{"of the day after tomorrow", with(`2026-07-01T00:30:00Z`, `2026-11-23T12:00:01Z`), 422, dollars.CodeDateInvalid, "/time"},
		{"a time that no calendar reaches", with(`2026-07-01T`, `9999-07-01T`), 422, dollars.CodeDateInvalid, "/time"},
		{"less than nobody travels", with(`"member"`, `"party":-1,"member"`), 400, wallet.CodeMalformed, "/data/party"},
		{"a world travels", with(`"member"`, `"party":18446744073709551617,"member"`), 400, wallet.CodeMalformed, "/data/party"},
		{"a fact twice", with(`"kind"`, `"cabin":"first","cabin":"economy","kind"`), 400, wallet.CodeMalformed, "/data/items/0/cabin"},
		{"a fact in the wrong place", with(`"member"`, `"cabin":"economy","member"`), 400, wallet.CodeMalformed, "/data/cabin"},
		{"a book for a code", with(`"kind"`, `"hotel":"`+strings.Repeat("x", 1<<20)+`","kind"`), 422, dollars.CodeFactInvalid, "/data/items/0/hotel"},
		{"end before start", with(`2026-07-03"`, `2026-06-30"`), 422, dollars.CodeDateInvalid, "/data/items/0/end"},
		{"a reason to confirm", with(`"items"`, `"reason":"x","items"`), 400, wallet.CodeMalformed, "/data/reason"},
		{"a cause to confirm", with(`"items"`, `"cause":"x","items"`), 400, wallet.CodeMalformed, "/data/cause"},
		{"completed with a price", with(`confirmed.v1`, `completed.v1`), 400, wallet.CodeMalformed, "/data/member"},
		{"completed with a channel", strings.Replace(completed("b"), `"items"`, `"channel":"web","items"`, 1), 400, wallet.CodeMalformed, "/data/channel"},
		{"completed with a party", strings.Replace(completed("b"), `"items"`, `"party":2,"items"`, 1), 400, wallet.CodeMalformed, "/data/party"},
		{"completed with a cabin", strings.Replace(completed("b"), `"item":"1"`, `"item":"1","cabin":"economy"`, 1), 400, wallet.CodeMalformed, "/data/items/0"},
		{"cancelled with dates", strings.Replace(strings.Replace(completed("b"), "completed.v1", "cancelled.v1", 1), `"item":"1"`, `"item":"1","end":"2026-01-01"`, 1), 400, wallet.CodeMalformed, "/data/items/0"},
		{"the same id with another body", with(`"100.00"`, `"100.01"`), 409, wallet.CodeConflict, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t, Options{})
			a.enrol(t, "alice")
			if test.status == 409 {
				a.send(t, "dsk_booking", "POST", "/v1/booking-events", good, "Content-Type", mediaEvent).want(t, 202)
			}
			a.logged.Reset()
			got := a.unchanged(t, func() answer {
				return a.send(t, "dsk_booking", "POST", "/v1/booking-events", test.event, "Content-Type", mediaEvent)
			})
			got.problem(t, test.status, test.code, test.field)
			if lines := strings.Count(a.logged.String(), "\n"); lines != 1 || strings.Contains(a.logged.String(), "alice") {
				t.Errorf("%d lines in the log: %s", lines, a.logged)
			}
		})
	}
}

func TestBadBinaryEvents(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	for _, test := range []struct {
		name, body string
		headers    []string
		field      string
	}{
		{"no attributes", `{"booking":"b","items":[{"item":"1"}]}`, nil, "/specversion"},
		{"no id", `{"booking":"b","items":[{"item":"1"}]}`, []string{"ce-specversion", "1.0"}, "/id"},
		{"not percent-encoded", `{}`, []string{"ce-specversion", "1.0", "ce-id", "%zz"}, "/id"},
		{"no UTF-8", `{}`, []string{"ce-specversion", "1.0", "ce-id", "%80"}, "/id"},
		{"unknown field", `{"bookings":"b"}`, []string{"ce-specversion", "1.0", "ce-id", "x"}, "/data/bookings"},
		{"not JSON", `{`, []string{"ce-specversion", "1.0", "ce-id", "x"}, "/data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.unchanged(t, func() answer {
				return a.send(t, "dsk_booking", "POST", "/v1/booking-events", test.body, test.headers...)
			}).
				problem(t, 400, wallet.CodeMalformed, test.field)
		})
	}
}

func TestACancellationBeforeItsBookingIsKept(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	cancel := strings.ReplaceAll(completed("b1"), "completed", "cancelled")
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", cancel, "Content-Type", mediaEvent).want(t, 202)
	var receipts EventReceipts
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", confirmed("b1", "alice", "100.00"), "Content-Type", mediaEvent).want(t, 202).decode(t, &receipts)
	var st Status
	a.send(t, "dsk_booking", "GET", receipts.Events[0].Href, "").want(t, 200).decode(t, &st)
	if st.Operations[0].BookingState != "cancelled" {
		t.Errorf("%+v", st)
	}
}

func TestBadOrders(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	self := a.ledger.members["alice"].Account.String()
	for _, test := range []struct {
		name, route, body string
		status            int
		code              dollars.Code
		field             string
	}{
		{"not JSON", "transfers", `{`, 400, wallet.CodeMalformed, ""},
		{"unknown field", "transfers", `{"toMember":"bob","amount":"1","nonce":1}`, 400, wallet.CodeMalformed, "/nonce"},
		{"no amount", "redemptions", `{}`, 400, wallet.CodeMalformed, "/amount"},
		{"amount as a number", "redemptions", `{"amount":1}`, 400, wallet.CodeMalformed, "/amount"},
		{"negative", "redemptions", `{"amount":"-1"}`, 422, dollars.CodeAmountNegative, "/amount"},
		{"zero", "redemptions", `{"amount":"0.00"}`, 422, dollars.CodeAmountZero, "/amount"},
		{"absurd", "redemptions", `{"amount":"1000000000000000000"}`, 422, dollars.CodeAmountTooLarge, "/amount"},
		{"three decimals", "redemptions", `{"amount":"1.005"}`, 422, dollars.CodeAmountInvalid, "/amount"},
		{"over the balance", "redemptions", `{"amount":"50.01"}`, 422, dollars.CodeBalance, "/amount"},
		{"a receiver of a redemption", "redemptions", `{"amount":"1","toMember":"bob"}`, 400, wallet.CodeMalformed, "/toMember"},
		{"to nobody", "transfers", `{"amount":"1"}`, 400, wallet.CodeMalformed, "/to"},
		{"to two", "transfers", `{"amount":"1","toMember":"bob","to":"` + self + `"}`, 400, wallet.CodeMalformed, "/to"},
		{"to an unknown member", "transfers", `{"amount":"1","toMember":"bob"}`, 404, wallet.CodeMemberUnknown, "/toMember"},
		{"to oneself", "transfers", `{"amount":"1","to":"` + self + `"}`, 422, dollars.CodeSelfTransfer, "/to"},
		{"to the zero address", "transfers", `{"amount":"1","to":"0x0000000000000000000000000000000000000000"}`, 422, dollars.CodeZeroAddress, "/to"},
		{"to no address", "transfers", `{"amount":"1","to":"0x12"}`, 422, dollars.CodeAccountInvalid, "/to"},
		{"to a mistyped address", "transfers", `{"amount":"1","to":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"}`, 422, dollars.CodeAccountInvalid, "/to"},
		{"long memo", "redemptions", `{"amount":"1","memo":"` + strings.Repeat("x", 201) + `"}`, 400, wallet.CodeMalformed, "/memo"},
		{"half a signature", "redemptions", `{"amount":"1","signed":{"nonce":1,"deadline":1,"signature":"0x12"}}`, 422, dollars.CodeSignatureInvalid, "/signed/signature"},
		{"no nonce", "redemptions", `{"amount":"1","signed":{"deadline":1,"signature":"0x` + strings.Repeat("0", 130) + `"}}`, 400, wallet.CodeMalformed, "/signed/nonce"},
		{"nonce with a fraction", "redemptions", `{"amount":"1","signed":{"nonce":1.5}}`, 400, wallet.CodeMalformed, "/signed/nonce"},
		{"an intent of another kind", "orders/prepare", `{"kind":"gift","amount":"1"}`, 400, wallet.CodeMalformed, "/kind"},
		{"a redemption to somebody", "orders/prepare", `{"kind":"redemption","amount":"1","toMember":"bob"}`, 400, wallet.CodeMalformed, "/toMember"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := a.unchanged(t, func() answer { return a.send(t, alice, "POST", "/v1/members/alice/"+test.route, test.body) })
			got.problem(t, test.status, test.code, test.field)
		})
	}
}

func TestBadSignatures(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "bob")
	key, token := carol(t, a)
	ledger := a.ledger.info()
	now := a.ledger.now.Unix()
	order := dollars.Order{Kind: dollars.KindRedeem, From: accountOf(key), Amount: 1_00, Nonce: 1, Deadline: now + 600}
	place := func(o dollars.Order, signature []byte) answer {
		return a.send(t, token, "POST", "/v1/members/carol/redemptions", fmt.Sprintf(
			`{"amount":"1","signed":{"nonce":%d,"deadline":%d,"signature":"0x%x"}}`, o.Nonce, o.Deadline, signature))
	}
	signOn := func(o dollars.Order, channel, chaincode string) []byte {
		id := o.ID(ledger.Currency, channel, chaincode)
		sig, err := crypto.Sign(id[:], key)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	good := signOn(order, "dollars", "dsd")
	with := func(change func(o *dollars.Order)) dollars.Order {
		o := order
		change(&o)
		return o
	}
	for _, test := range []struct {
		name  string
		order dollars.Order
		sig   []byte
		code  dollars.Code
		field string
	}{
		{"for another channel", order, signOn(order, "other", "dsd"), dollars.CodeSignatureInvalid, "/signed/signature"},
		{"for another chaincode", order, signOn(order, "dollars", "air"), dollars.CodeSignatureInvalid, "/signed/signature"},
		{"for another chain", order, signOn(with(func(o *dollars.Order) { o.ChainID = 1 }), "dollars", "dsd"), dollars.CodeSignatureInvalid, "/signed/signature"},
		{"for another nonce", with(func(o *dollars.Order) { o.Nonce = 2 }), good, dollars.CodeSignatureInvalid, "/signed/signature"},
		{"with a high s", order, highS(good), dollars.CodeSignatureHighS, "/signed/signature"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.unchanged(t, func() answer { return place(test.order, test.sig) }).problem(t, 422, test.code, test.field)
		})
	}
	for name, test := range map[string]struct {
		order dollars.Order
		code  dollars.Code
		field string
	}{
		"an expired deadline": {with(func(o *dollars.Order) { o.Deadline = now - 1 }), dollars.CodeDeadlinePassed, "/signed/deadline"},
		"a far deadline":      {with(func(o *dollars.Order) { o.Deadline = now + 30*86400 }), dollars.CodeDeadlineTooFar, "/signed/deadline"},
		"a far nonce":         {with(func(o *dollars.Order) { o.Nonce = 1 << 40 }), dollars.CodeNonceTooHigh, "/signed/nonce"},
	} {
		t.Run(name, func(t *testing.T) {
			a.unchanged(t, func() answer { return place(test.order, signOn(test.order, "dollars", "dsd")) }).problem(t, 422, test.code, test.field)
		})
	}
	place(order, good).want(t, 200)
	replayed := with(func(o *dollars.Order) { o.Deadline++ })
	a.unchanged(t, func() answer { return place(replayed, signOn(replayed, "dollars", "dsd")) }).
		problem(t, 409, dollars.CodeNonceUsed, "/signed/nonce")
}

// highS is the other signature of the same key over the same digest.
func highS(sig []byte) []byte {
	n, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	s := new(big.Int).Sub(n, new(big.Int).SetBytes(sig[32:64]))
	out := append([]byte(nil), sig...)
	s.FillBytes(out[32:64])
	out[64] ^= 1
	return out
}

func TestBadMembers(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	account := a.ledger.members["alice"].Account.String()
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		code                     dollars.Code
		field                    string
	}{
		{"no id", "POST", "/v1/members", `{}`, 400, wallet.CodeMalformed, "/id"},
		{"bad id", "POST", "/v1/members", `{"id":"a b"}`, 422, wallet.CodeMemberInvalid, "/id"},
		{"taken account", "POST", "/v1/members", `{"id":"bob","account":"` + account + `"}`, 409, wallet.CodeMemberExists, "/account"},
		{"taken id", "POST", "/v1/members", `{"id":"alice","account":"` + account + `"}`, 409, wallet.CodeMemberExists, "/id"},
		{"zero address", "POST", "/v1/members", `{"id":"bob","account":"0x` + hex.EncodeToString(make([]byte, 20)) + `"}`, 422, dollars.CodeZeroAddress, "/account"},
		{"unknown", "GET", "/v1/members/bob", ``, 404, wallet.CodeMemberUnknown, ""},
		{"session of nobody", "POST", "/v1/members/bob/sessions", ``, 404, wallet.CodeMemberUnknown, ""},
		{"session with a body", "POST", "/v1/members/alice/sessions", `{}`, 400, wallet.CodeMalformed, ""},
		{"page of none", "GET", "/v1/members?limit=0", ``, 400, wallet.CodeLimitInvalid, "/limit"},
		{"page of words", "GET", "/v1/members?limit=x", ``, 400, wallet.CodeMalformed, "/limit"},
		{"holds of nobody", "GET", "/v1/members/bob/holds", ``, 404, wallet.CodeMemberUnknown, ""},
		{"a page of no holds", "GET", "/v1/members/alice/holds?limit=0", ``, 400, wallet.CodeLimitInvalid, "/limit"},
		{"holds, perhaps open", "GET", "/v1/members/alice/holds?open=perhaps", ``, 400, wallet.CodeMalformed, "/open"},
		{"holds of no household", "GET", "/v1/members/alice/holds?fromHousehold=true", ``, 404, dollars.CodeHouseholdOther, ""},
		{"a page of too many vouchers", "GET", "/v1/members/alice/vouchers?limit=501", ``, 400, wallet.CodeLimitInvalid, "/limit"},
		{"vouchers of no household", "GET", "/v1/members/alice/vouchers?fromHousehold=true", ``, 404, dollars.CodeHouseholdOther, ""},
		{"an explanation of no household", "GET", "/v1/members/alice/balance/explanation?fromHousehold=true", ``, 404, dollars.CodeHouseholdOther, ""},
		{"a page of too many rewards", "GET", "/v1/rewards?limit=501", ``, 400, wallet.CodeLimitInvalid, "/limit"},
		{"keys of nobody", "GET", "/v1/members/bob/keys", ``, 404, wallet.CodeMemberUnknown, ""},
		{"custody of nobody", "POST", "/v1/members/bob/custody/key", ``, 404, wallet.CodeMemberUnknown, ""},
		{"foreign cursor", "GET", "/v1/members/alice/history?cursor=x", ``, 400, wallet.CodeCursorInvalid, "/cursor"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.unchanged(t, func() answer { return a.send(t, "dsk_member", test.method, test.path, test.body) }).
				problem(t, test.status, test.code, test.field)
		})
	}
	a.send(t, "dsk_booking", "POST", "/v1/booking-events/status", `{"ids":[]}`).problem(t, 400, wallet.CodeMalformed, "/ids")
	a.send(t, "dsk_booking", "POST", "/v1/booking-events/status", `{"ids":["x"]}`).problem(t, 400, wallet.CodeMalformed, "/ids/0")
	a.send(t, "dsk_operator", "POST", "/v1/accounts/0x12/freeze", "").problem(t, 422, dollars.CodeAccountInvalid, "")
	a.send(t, "dsk_operator", "GET", "/v1/changes/x", "").problem(t, 404, wallet.CodeNotFound, "")
	a.send(t, "dsk_operator", "GET", "/v1/orders/x", "").problem(t, 404, wallet.CodeNotFound, "")
}

func TestMembersInPages(t *testing.T) {
	a := newAPI(t, Options{})
	for _, id := range []string{"c", "a", "b"} {
		a.enrol(t, id)
	}
	var got []string
	next := ""
	for range 3 {
		var page Members
		a.send(t, "dsk_auditor", "GET", "/v1/members?limit=2&after="+next, "").want(t, 200).decode(t, &page)
		for _, m := range page.Members {
			got = append(got, m.ID)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if fmt.Sprint(got) != "[a b c]" {
		t.Errorf("got %v", got)
	}
}
