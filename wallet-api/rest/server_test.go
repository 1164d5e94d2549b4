package rest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"github.com/destinasia/dollars/wallet-api/client"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

func TestHTTP(t *testing.T) {
	a := newAPI(t, Options{})
	a.enrol(t, "alice")
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		want                     string // in the body
	}{
		{"no such address", "GET", "/v2/members", "", nil, 404, "not_found"},
		{"no trailing slash", "GET", "/v1/members/", "", nil, 404, "not_found"},
		{"no such method", "DELETE", "/v1/members", "", nil, 405, "method_not_allowed"},
		{"no content type", "POST", "/v1/members", `{"id":"x"}`, []string{"Content-Type", ""}, 415, "application/json"},
		{"a form", "POST", "/v1/members", `id=x`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "application/json"},
		{"another charset", "POST", "/v1/members", `{"id":"x"}`, []string{"Content-Type", "application/json; charset=latin1"}, 415, "UTF-8"},
		{"compressed", "POST", "/v1/members", `{"id":"x"}`, []string{"Content-Encoding", "gzip"}, 415, "compressed"},
		{"too large", "POST", "/v1/members", `{"id":"` + strings.Repeat("x", maxBody) + `"}`, nil, 413, "too_large"},
		{"two preferences", "GET", "/v1/members?limit=1&limit=2", "", nil, 400, "limit"},
		{"the document", "GET", "/v1/openapi.yaml", "", nil, 200, "openapi: 3.1.0"},
		{"the page", "GET", "/docs", "", nil, 200, "/v1/openapi.yaml"},
		{"its parts", "GET", "/docs/swagger-ui-bundle.js", "", nil, 200, "function"},
		{"metrics", "GET", "/metrics", "", nil, 200, `wallet_http_requests_total{method="POST",route="/v1/members",status="201"} 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := a.send(t, "dsk_member", test.method, test.path, test.body, test.headers...)
			if got.want(t, test.status); !strings.Contains(string(got.body), test.want) {
				t.Errorf("no %q in %.500s", test.want, got.body)
			}
		})
	}
	got := a.send(t, "dsk_member", "DELETE", "/v1/members", "")
	if allow := got.Header.Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "POST") {
		t.Errorf("allows %q", allow)
	}
	if page := a.send(t, "", "GET", "/docs", "").body; strings.Contains(string(page), "cdn") || strings.Contains(string(page), "//unpkg") {
		t.Error("the page needs another host")
	}
}

func TestRequestsAreNamed(t *testing.T) {
	a := newAPI(t, Options{})
	if got := a.send(t, "", "GET", "/healthz", "", "X-Request-Id", "from-the-gateway-1").Header.Get("X-Request-Id"); got != "from-the-gateway-1" {
		t.Errorf("named %q", got)
	}
	for _, bad := range []string{"", "short", "with space in it", strings.Repeat("x", 65), "line\nbreak-------"} {
		if got := a.send(t, "", "GET", "/healthz", "", "X-Request-Id", bad).Header.Get("X-Request-Id"); got == bad || !plain(got) {
			t.Errorf("%q was named %q", bad, got)
		}
	}
}

func TestTheLogHoldsNoPersonalData(t *testing.T) {
	a := newAPI(t, Options{})
	alice := a.enrol(t, "alice-liddell")
	a.earns(t, "alice-liddell", "rabbit-hole", "1000.00")
	a.send(t, alice, "GET", "/v1/members/alice-liddell/balance", "")
	a.send(t, alice, "POST", "/v1/members/alice-liddell/redemptions", `{"amount":"1","memo":"looking-glass"}`)
	a.send(t, alice, "GET", "/v1/members/mad-hatter", "")
	a.send(t, alice, "GET", "/v1/members/mad-hatter/nothing", "")
	log := a.logged.String()
	for _, secret := range []string{"alice", "rabbit", "looking", "hatter", "dsk_", alice[:20], a.ledger.members["alice-liddell"].Account.String()} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
	for _, useful := range []string{`"route":"/v1/members/:id/balance"`, `"client":"the-booking"`, `"role":"session"`, `"code":"forbidden"`, `"route":"none"`} {
		if !strings.Contains(log, useful) {
			t.Errorf("%s is not in the log:\n%s", useful, log)
		}
	}
}

func TestAPanicIsA500(t *testing.T) {
	a := newAPI(t, Options{})
	a.engine.GET("/panic", func(*gin.Context) { panic("of the engine") })
	table["GET /panic"] = public
	defer delete(table, "GET /panic")
	if p := a.send(t, "", "GET", "/panic", "").problem(t, 500, codeInternal, ""); p.Detail != "" || p.RequestID == "" {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(a.logged.String(), "of the engine") {
		t.Error("the log does not say why")
	}
}

func TestARouteThatIsInNoTableAnswersNobody(t *testing.T) {
	a := newAPI(t, Options{})
	a.engine.GET("/v1/forgotten", func(c *gin.Context) { c.String(http.StatusOK, "secret") })
	for _, token := range []string{"dsk_operator", "dsk_auditor"} {
		if got := a.send(t, token, "GET", "/v1/forgotten", ""); got.StatusCode != 500 {
			t.Errorf("answered %d", got.StatusCode)
		}
	}
}

func TestReady(t *testing.T) {
	failure := errors.New("views are 12 blocks behind")
	a := newAPI(t, Options{Ready: func(context.Context) error { return failure }})
	a.send(t, "", "GET", "/healthz", "").want(t, 200)
	if p := a.send(t, "", "GET", "/readyz", "").problem(t, 503, wallet.CodeUnavailable, ""); p.Detail != failure.Error() {
		t.Errorf("%+v", p)
	}
	failure = nil
	a.send(t, "", "GET", "/readyz", "").want(t, 200)
}

// TestClient runs the server as it is run, and the client against it.
func TestClient(t *testing.T) {
	defer goleak.VerifyNone(t)
	a := newAPI(t, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l) }()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	service := func(token string) *client.Client {
		c, err := client.New("http://"+l.Addr().String(), client.Options{Token: token, HTTP: transport})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	members, reports := service("dsk_member"), service("dsk_booking")
	for _, id := range []string{"alice", "bob"} {
		if m, err := members.CreateMember(ctx, id, nil); err != nil || m.ID != id || !m.Custody {
			t.Fatal(m, err)
		}
	}
	receipts, err := reports.ReportEvents(ctx, []byte("["+confirmed("b1", "alice", "1000.00")+","+completed("b1")+","+completed("")+"]"))
	if err != nil || len(receipts) != 3 || receipts[0].Status != client.EventAccepted || receipts[2].Problem == nil {
		t.Fatal(receipts, err)
	}
	statuses, err := reports.BookingEvents(ctx, []string{receipts[1].ID, receipts[0].ID})
	if err != nil || len(statuses) != 2 || statuses[0].ID != receipts[1].ID || statuses[0].Status != client.StateApplied {
		t.Fatal(statuses, err)
	}
	if one, err := reports.ReportEvent(ctx, []byte(completed("b1"))); err != nil || one.Status != client.EventRepeated {
		t.Fatal(one, err)
	}
	if _, err := reports.ReportEvent(ctx, []byte("{")); client.CodeOf(err) != "malformed" {
		t.Fatal(err)
	}
	if receipts, err = reports.ReportEvents(ctx, []byte("[{}]")); err != nil || receipts[0].Status != client.EventRefused {
		t.Fatal(receipts, err)
	}
	session, err := members.CreateSession(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	alice := members.As(session.Token)
	order, err := alice.Send(ctx, "alice", client.Transfer{ToMember: "bob", Amount: 12_30}, client.Change{Wait: 5 * time.Second})
	if err != nil || order.Status != client.StateApplied || order.Balance.Available != 37_70 {
		t.Fatal(order, err)
	}
	if _, err = alice.Redeem(ctx, "alice", client.Redemption{Amount: 40_00}, client.Change{}); client.CodeOf(err) != "insufficient_balance" {
		t.Fatal(err)
	}
	if supply, err := reports.Supply(ctx); err != nil || supply[0].Outstanding != 50_00 {
		t.Fatal(supply, err)
	}
	if ledger, err := alice.Ledger(ctx); err != nil || ledger.Domain.Salt == "" {
		t.Fatal(ledger, err)
	}

	// Ending does not wait for those who wait for a commit.
	a.ledger.mu.Lock()
	a.ledger.eager = false
	a.ledger.mu.Unlock()
	waited := make(chan error, 1)
	go func() {
		order, err := alice.Redeem(context.WithoutCancel(ctx), "alice", client.Redemption{Amount: 1_00}, client.Change{Wait: 30 * time.Second})
		if err == nil && order.Status != client.StateAccepted {
			err = errors.New("is " + string(order.Status))
		}
		waited <- err
	}()
	for len(a.queued()) == 0 {
		select {
		case err := <-waited:
			t.Fatal("there is nothing to wait for: ", err)
		case <-time.After(time.Millisecond):
		}
	}
	start := time.Now()
	stop()
	if err := errors.Join(<-ended, <-waited); err != nil || time.Since(start) > 14*time.Second { // of drainTimeout
		t.Errorf("ended after %s: %v", time.Since(start), err)
	}
	a.send(t, "", "GET", "/readyz", "").problem(t, 503, wallet.CodeUnavailable, "")
}

func (a api) queued() []wallet.WorkID {
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	return a.ledger.queue
}

func TestRunFailsOnAClosedListener(t *testing.T) {
	a := newAPI(t, Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), l); err == nil {
		t.Error("it ran")
	}
}
