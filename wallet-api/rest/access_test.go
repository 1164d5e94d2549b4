package rest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// The rows of who may call what, written out a second time and by hand: a slip in the table is a difference here.
// B booking, M member, O operator, A auditor, C merchant, P approver, s a member's session for what is theirs, x one for
// what is another's.
const allowed = `
GET  /healthz                        - public
GET  /readyz                         - public
GET  /metrics                        - public
GET  /v1/openapi.yaml                - public
GET  /docs                           - public
GET  /docs/*asset                    - public
POST /v1/booking-events              - B
POST /v1/booking-events/status       - BOA
GET  /v1/booking-events/:id          - BOA
POST /v1/members                     - M
GET  /v1/members                     - MOA
GET  /v1/members/:id                 - MOAs
DELETE /v1/members/:id               - MOs
GET  /v1/members/:id/balance         - MOAs
GET  /v1/members/:id/history         - MOAs
POST /v1/members/:id/sessions        - M
POST /v1/members/:id/transfers       - s
POST /v1/members/:id/redemptions     - s
POST /v1/members/:id/orders          - s
POST /v1/members/:id/orders/prepare  - Ms
GET  /v1/members/:id/balance/explanation - MOAs
GET  /v1/members/:id/statements/:month   - MOAs
GET  /v1/members/:id/holds           - MOAs
GET  /v1/members/:id/vouchers        - MOAs
GET  /v1/members/:id/vouchers/:codeHash/code - s
GET  /v1/members/:id/household       - MOAs
GET  /v1/members/:id/keys            - MOAs
POST /v1/members/:id/custody         - Ms
DELETE /v1/members/:id/custody       - Ms
POST /v1/members/:id/custody/key     - Ms
GET  /v1/reminders                   - M
GET  /v1/rewards                     - BMOACPsx
PUT  /v1/rewards/:id                 - C
GET  /v1/rewards/:id                 - BMOACPsx
GET  /v1/blocks                      - OA
GET  /v1/blocks/:number              - OA
GET  /v1/transactions                - OA
GET  /v1/transactions/:txId          - OA
GET  /v1/operations                  - OA
GET  /v1/accounts                    - OA
GET  /v1/bookings/:booking           - OA
GET  /v1/vouchers/:codeHash          - OA
GET  /v1/search                      - OA
GET  /v1/ledger/supply/history       - OA
GET  /v1/holds/:account/:order       - OAC
POST /v1/holds/:account/:order/captures - C
POST /v1/holds/:account/:order/release  - C
POST /v1/vouchers/use                - C
POST /v1/orders                      - M
GET  /v1/orders/:orderId             - MOAs
GET  /v1/receipts/:orderId           - MOAs
GET  /v1/rules                       - BMOACPsx
GET  /v1/rules/current               - BMOACPsx
GET  /v1/rules/:version              - BMOACPsx
GET  /v1/explanations                - BMOAs
GET  /v1/accounts/:address           - OA
POST /v1/accounts/:address/recovery  - O
POST /v1/accounts/:address/recovery/approve  - P
POST /v1/accounts/:address/recovery/complete - O
POST /v1/adjustments                 - O
GET  /v1/adjustments/:id             - OAP
POST /v1/adjustments/:id/approve     - P
POST /v1/expirations                 - O
POST /v1/accounts/:address/freeze    - O
POST /v1/accounts/:address/unfreeze  - O
GET  /v1/changes/:id                 - OA
GET  /v1/ledger                      - public
GET  /v1/ledger/supply               - public
`

func expectations(t *testing.T) map[string]string {
	t.Helper()
	want := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(allowed)) {
		f := strings.Fields(line)
		want[f[0]+" "+f[1]] = f[3]
	}
	return want
}

// TestEveryRouteWithEveryRole walks the router, so a route that is in no table fails.
func TestEveryRouteWithEveryRole(t *testing.T) {
	a := newAPI(t, Options{MemberRate: Rate{PerSecond: 1e6}})
	tokens := map[string]string{
		"B": "dsk_booking", "M": "dsk_member", "O": "dsk_operator", "A": "dsk_auditor", "C": "dsk_merchant", "P": "dsk_approver",
		"s": a.enrol(t, "alice"), "x": a.enrol(t, "mallory"),
	}
	a.earns(t, "alice", "b1", "1000.00")
	var order Order
	a.send(t, tokens["s"], "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`).want(t, 200).decode(t, &order)
	var change Status
	a.send(t, "dsk_operator", "POST", "/v1/accounts/"+order.From.String()+"/unfreeze", `{"reason":"checked"}`).want(t, 200).decode(t, &change)
	var event EventReceipts
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", confirmed("b2", "alice", "1.00"), "Content-Type", mediaEvent).want(t, 202).decode(t, &event)

	life := a.live(t, tokens["s"])

	paths := strings.NewReplacer(":orderId", order.OrderID, ":address", order.From.String(), "*asset", "swagger-ui.css", ":version", "1",
		":account", order.From.String(), ":order", life.hold, ":codeHash", life.voucher, ":month", "2026-11",
		":number", "1", ":txId", a.ledger.chain[1].Transactions[0].ID, ":booking", dollars.NewBookingID("urn:test", "b1", "1").String(), "/v1/search", "/v1/search?id=1",
		"/v1/explanations", "/v1/explanations?source=urn:test&booking=b1", "/v1/reminders", "/v1/reminders?day=2026-11-22")
	ids := map[string]string{
		"/v1/booking-events/": event.Events[0].ID, "/v1/changes/": change.ID, "/v1/members/": "alice",
		"/v1/rewards/": "spa", "/v1/adjustments/": life.adjustment,
	}
	key := `{"key":"0x000000000000000000000000000000000000dEaD"}`
	bodies := map[string]string{
		"/v1/booking-events": confirmed("b3", "alice", "1.00"), "/v1/members": `{"id":"carol"}`,
		"/v1/booking-events/status": `{"ids":["` + event.Events[0].ID + `"]}`,
		"/v1/members/:id/transfers": `{"toMember":"mallory","amount":"1"}`, "/v1/members/:id/redemptions": `{"amount":"1"}`,
		"/v1/orders":                         `{"orders":[]}`,
		"/v1/members/:id/orders":             `{"kind":"redemption","amount":"1"}`,
		"/v1/members/:id/orders/prepare":     `{"kind":"redemption","amount":"1"}`,
		"/v1/rewards/:id":                    `{"price":"2","until":"2027-01-01T00:00:00Z","days":30}`,
		"/v1/holds/:account/:order/captures": `{"amount":"1","reference":"r"}`, "/v1/holds/:account/:order/release": `{}`,
		"/v1/vouchers/use":             `{"code":"` + life.code + `","reference":"r"}`,
		"/v1/accounts/:address/freeze": `{"reason":"x"}`, "/v1/accounts/:address/unfreeze": `{"reason":"x"}`,
		"/v1/accounts/:address/recovery": key, "/v1/accounts/:address/recovery/approve": key, "/v1/accounts/:address/recovery/complete": key,
		"/v1/adjustments": `{"account":"` + order.From.String() + `","amount":"1","months":1,"reason":"x"}`, "/v1/expirations": `{}`,
	}
	want := expectations(t)
	for _, route := range a.engine.Routes() {
		who, known := want[route.Method+" "+route.Path]
		if _, inTable := table[route.Method+" "+route.Path]; !known || !inTable {
			t.Errorf("%s %s is in no table", route.Method, route.Path)
			continue
		}
		path := paths.Replace(route.Path)
		for prefix, id := range ids {
			if strings.HasPrefix(path, prefix) {
				path = strings.Replace(path, ":id", id, 1)
			}
		}
		body := ""
		if route.Method == http.MethodPost || route.Method == http.MethodPut {
			body = bodies[route.Path]
		}
		for role, token := range tokens {
			headers := []string{"X-Request-Id", "walk-" + role + "-00000"}
			if route.Path == "/v1/booking-events" {
				headers = append(headers, "Content-Type", mediaEvent)
			}
			got := a.send(t, token, route.Method, path, body, headers...)
			denied := got.StatusCode == http.StatusForbidden || got.StatusCode == http.StatusNotFound || got.StatusCode == http.StatusUnauthorized
			if may := who == "public" || strings.Contains(who, role); may == denied {
				t.Errorf("%s %s by %s answered %d, allowed is %s: %s", route.Method, path, role, got.StatusCode, who, got.body)
			}
		}
		if got := a.send(t, "", route.Method, path, body); (got.StatusCode != http.StatusUnauthorized) != (who == "public") {
			t.Errorf("%s %s by nobody answered %d", route.Method, path, got.StatusCode)
		}
		delete(want, route.Method+" "+route.Path)
	}
	if len(want) > 0 {
		t.Errorf("no such routes: %v", want)
	}
	if len(table) != len(a.engine.Routes()) {
		t.Errorf("%d routes, %d in the table", len(a.engine.Routes()), len(table))
	}
}

// lived is something of everything that a member can have.
type lived struct{ hold, voucher, code, adjustment string }

func (a api) live(t *testing.T, alice string) (l lived) {
	t.Helper()
	a.send(t, "dsk_merchant", "PUT", "/v1/rewards/spa", `{"price":"2","until":"2027-01-01T00:00:00Z","days":30}`).want(t, 200)
	var hold, claim Order
	a.send(t, alice, "POST", "/v1/members/alice/orders", `{"kind":"hold","amount":"5","until":"2026-11-30T00:00:00Z"}`).want(t, 200).decode(t, &hold)
	a.send(t, alice, "POST", "/v1/members/alice/orders", `{"kind":"claim","reward":"spa"}`).want(t, 200).decode(t, &claim)
	a.send(t, alice, "POST", "/v1/members/alice/orders", `{"kind":"form"}`).want(t, 200)
	var code VoucherCode
	a.send(t, alice, "GET", "/v1/members/alice/vouchers/"+claim.Voucher.CodeHash+"/code", "").want(t, 200).decode(t, &code)
	var proposed Status
	a.send(t, "dsk_operator", "POST", "/v1/adjustments", `{"account":"`+claim.From.String()+`","amount":"1","months":12,"reason":"goodwill"}`).want(t, 200).decode(t, &proposed)
	return lived{hold.OrderID, claim.Voucher.CodeHash, code.Code, proposed.Adjustment}
}

func TestOneBookingSystemDoesNotSeeAnothersEvents(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	var event EventReceipts
	a.send(t, "dsk_booking", "POST", "/v1/booking-events", confirmed("b2", "alice", "1.00"), "Content-Type", mediaEvent).want(t, 202).decode(t, &event)
	for _, st := range a.ledger.work {
		st.Work.Owner = "client:another"
	}
	a.send(t, "dsk_booking", "GET", event.Events[0].Href, "").problem(t, 404, wallet.CodeNotFound, "")
	for token, want := range map[string]int{"dsk_booking": 0, "dsk_auditor": 1} {
		var many EventStatuses
		ids := `{"ids":["` + strings.Repeat("0", 64) + `","` + event.Events[0].ID + `"]}`
		a.send(t, token, "POST", "/v1/booking-events/status", ids).want(t, 200).decode(t, &many)
		if len(many.Events) != want {
			t.Errorf("%s sees %+v", token, many)
		}
	}
	a.send(t, "dsk_auditor", "GET", event.Events[0].Href, "").want(t, 200)
	// An event is no change, whoever asks.
	a.send(t, "dsk_auditor", "GET", "/v1/changes/"+event.Events[0].ID, "").problem(t, 404, wallet.CodeNotFound, "")
}

func TestOnlyTheMemberSpendsFromCustody(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	a.earns(t, "alice", "b1", "1000.00")
	a.send(t, "dsk_member", "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`).problem(t, 403, wallet.CodeForbidden, "/signed")
	if a.ledger.supply.Redeemed != 0 {
		t.Error("something was redeemed")
	}
}

func TestOrdersKnownOnlyToTheLedgerAreTheSendersToSee(t *testing.T) {
	a := newAPI(t, Options{})
	alice, mallory := a.enrol(t, "alice"), a.enrol(t, "mallory")
	a.earns(t, "alice", "b1", "1000.00")
	var order Order
	a.send(t, alice, "POST", "/v1/members/alice/transfers", `{"toMember":"mallory","amount":"1"}`).want(t, 200).decode(t, &order)
	a.ledger.work = map[wallet.WorkID]*wallet.Status{}
	for token, status := range map[string]int{alice: 200, mallory: 404, "dsk_member": 200, "dsk_auditor": 200} {
		a.send(t, token, "GET", "/v1/orders/"+order.OrderID, "").want(t, status)
	}
	a.ledger.members = map[wallet.MemberID]wallet.Member{}
	a.send(t, "dsk_member", "GET", "/v1/orders/"+order.OrderID, "").want(t, 404)
}

func TestTokens(t *testing.T) {
	a := newAPI(t, Options{})
	good := a.enrol(t, "alice")
	now := a.ledger.now
	alice := a.ledger.members["alice"]
	claims := func(change func(*sessionClaims)) string {
		c := sessionClaims{jwt.RegisteredClaims{
			Issuer: sessionIssuer, Audience: jwt.ClaimStrings{sessionAudience}, Subject: "alice",
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Minute)),
		}, alice.Account.String()}
		change(&c)
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(a.sessions.secret[:])
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	other := sessions{secret: [32]byte{2}, now: func() time.Time { return now }}
	forged, _, err := other.issue(alice)
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.RegisteredClaims{Issuer: sessionIssuer, Subject: "alice"}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"another secret": forged, "no signature": unsigned, "cut off": good[:len(good)-2], "unknown key": "dsk_nobody", "empty": "",
		"another issuer":   claims(func(c *sessionClaims) { c.Issuer = "x" }),
		"another audience": claims(func(c *sessionClaims) { c.Audience = jwt.ClaimStrings{"x"} }),
		"no subject":       claims(func(c *sessionClaims) { c.Subject = "" }),
		"no end":           claims(func(c *sessionClaims) { c.ExpiresAt = nil }),
		"another account":  claims(func(c *sessionClaims) { c.Account = dollars.Account{1}.String() }),
		"no such member":   claims(func(c *sessionClaims) { c.Subject = "nobody" }),
		"expired":          claims(func(c *sessionClaims) { c.ExpiresAt = jwt.NewNumericDate(now.Add(-time.Second)) }),
	} {
		if got := a.send(t, token, "GET", "/v1/members/alice", ""); got.StatusCode != 401 || got.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: answered %d", name, got.StatusCode)
		}
	}
	for _, token := range []string{good, claims(func(*sessionClaims) {})} {
		a.send(t, token, "GET", "/v1/members/alice", "").want(t, 200)
	}
	a.ledger.now = now.Add(sessionLifetime + time.Second)
	a.send(t, good, "GET", "/v1/members/alice", "").problem(t, 401, wallet.CodeUnauthorized, "")
}

func TestParseAPIKeys(t *testing.T) {
	const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	keys, err := ParseAPIKeys([]byte(`{"` + digest + `":{"role":"auditor","client":"audit"}}`))
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	for _, bad := range []string{
		``, `[]`, `{"` + digest[2:] + `":{"role":"auditor","client":"x"}}`, `{"` + digest + `":{"role":"session","client":"x"}}`,
		`{"` + digest + `":{"role":"auditor"}}`, `{"` + digest + `":{"role":"auditor","client":"x","rate":1}}`,
		`{"` + digest + `":{"role":"auditor","client":"x"}} {}`,
	} {
		if _, err := ParseAPIKeys([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestEveryoneIsLimited(t *testing.T) {
	a := newAPI(t, Options{MemberRate: Rate{PerSecond: 0.001, Burst: 2}})
	alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
	var statuses []int
	for range 3 {
		statuses = append(statuses, a.send(t, alice, "GET", "/v1/members/alice", "").StatusCode)
	}
	if !slices.Equal(statuses, []int{200, 200, 429}) {
		t.Errorf("answered %v", statuses)
	}
	got := a.send(t, alice, "GET", "/v1/members/alice", "")
	got.problem(t, 429, codeRateLimited, "")
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	a.send(t, bob, "GET", "/v1/members/bob", "").want(t, 200)
}

func TestIdleSendersAreForgotten(t *testing.T) {
	r := newRates(Rate{PerSecond: 1, Burst: 1}, Rate{PerSecond: 1, Burst: 1})
	start := time.Now()
	for _, name := range []string{"a", "b"} {
		r.wait(caller{role: RoleAuditor, client: name}, 1, start)
	}
	r.wait(caller{role: RoleAuditor, client: "a"}, 1, start.Add(2*sweepEvery))
	if len(r.buckets) != 1 {
		t.Errorf("%d senders are remembered", len(r.buckets))
	}
}
