package rest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// fillSlots has every slot of a gate taken until the test ends.
func fillSlots(t *testing.T, g *gate) {
	t.Helper()
	for range cap(g.slots) {
		g.slots <- struct{}{}
	}
	t.Cleanup(func() {
		for range cap(g.slots) {
			<-g.slots
		}
	})
}

// refusedBy checks that an answer is a refusal of a gate: it says when to come back, and was not logged.
func refusedBy(t *testing.T, a api, got answer) {
	t.Helper()
	got.problem(t, http.StatusServiceUnavailable, wallet.CodeOverloaded, "")
	if after := got.Header.Get("Retry-After"); after < "1" || after > "3" || len(after) != 1 {
		t.Errorf("Retry-After is %q", after)
	}
	if log := a.logged.String(); strings.Contains(log, `"status":503`) {
		t.Errorf("it was logged: %s", log)
	}
}

func TestFullQueuesRefuseBeforeAnythingElse(t *testing.T) {
	var full wallet.Class
	a := newAPI(t, Options{Room: func(c wallet.Class) int {
		if c == full {
			return 0
		}
		return 1
	}})
	alice := a.enrol(t, "alice")
	const rubbish = `{"neither": "decoded nor authenticated"`
	full = wallet.ClassOrder
	for _, path := range []string{"orders", "orders/prepare", "transfers", "redemptions"} {
		refusedBy(t, a, a.send(t, "nobody", "POST", "/v1/members/alice/"+path, rubbish))
	}
	a.earns(t, "alice", "b1", "1000.00")
	a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200)
	full = wallet.ClassBooking
	refusedBy(t, a, a.send(t, "nobody", "POST", "/v1/booking-events", rubbish))
	a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"1"}`).want(t, 200)
	a.send(t, "dsk_booking", "POST", "/v1/booking-events/status", `{"ids":["`+strings.Repeat("0", 64)+`"]}`).want(t, 200)
	metrics := string(a.send(t, "", "GET", "/metrics", "").body)
	for _, counted := range []string{`wallet_http_refused_total{class="order",of="queue"} 4`, `wallet_http_refused_total{class="booking",of="queue"} 1`} {
		if !strings.Contains(metrics, counted) {
			t.Errorf("no %s in the metrics", counted)
		}
	}
}

// A flood of one class, even one that is stuck, takes nothing of what another needs.
func TestClassesDoNotTakeEachOthersSlots(t *testing.T) {
	requests := map[string]struct{ token, method, path, body, media string }{
		"order":   {"dsk_member", "POST", "/v1/members/alice/orders/prepare", `{"kind":"redemption","amount":"1"}`, mediaJSON},
		"booking": {"dsk_booking", "POST", "/v1/booking-events", completed("b1"), mediaEvent},
		"read":    {"dsk_member", "GET", "/v1/members/alice/balance", "", ""},
		"admin":   {"dsk_operator", "POST", "/v1/expirations", `{}`, mediaJSON},
	}
	for stuck := range requests {
		synctest.Test(t, func(t *testing.T) {
			a := newAPI(t, Options{})
			a.enrol(t, "alice")
			for _, g := range a.gates.all() {
				if g.class == stuck {
					fillSlots(t, g)
				}
			}
			for class, r := range requests {
				got := a.send(t, r.token, r.method, r.path, r.body, "Content-Type", r.media)
				if class == stuck {
					refusedBy(t, a, got)
				} else if got.StatusCode >= 400 {
					t.Errorf("%s is stuck, and %s answers %d: %s", stuck, class, got.StatusCode, got.body)
				}
			}
			a.send(t, "", "GET", "/healthz", "").want(t, 200)
			a.send(t, "", "GET", "/readyz", "").want(t, 200)
		})
	}
}

// Those inside are bounded, and those past the bound are refused at once rather than after a wait.
func TestCrowdsAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, Options{})
		g := &a.gates.admin
		fillSlots(t, g)
		var waiting sync.WaitGroup
		for range g.places {
			waiting.Go(func() { a.Handler().ServeHTTP(silent{}, newRequest("DELETE", "/v1/members/x")) })
		}
		synctest.Wait()
		start := time.Now()
		refusedBy(t, a, a.send(t, "dsk_member", "DELETE", "/v1/members/x", ""))
		if took := time.Since(start); took > 0 {
			t.Errorf("it waited %s for its refusal", took)
		}
		waiting.Wait()
		if took := time.Since(start); took != patience {
			t.Errorf("those inside waited %s for a slot, not %s", took, patience)
		}
		if inside := g.inside.Load(); inside != 0 {
			t.Errorf("%d places are still taken", inside)
		}
	})
}

// Where requests take long, the line is short, rather than everybody waiting to be refused.
func TestTheLineIsAsShortAsWorkIsSlow(t *testing.T) {
	g := &newGates(nil).admin
	slots := int64(cap(g.slots))
	for _, test := range []struct {
		pace time.Duration
		line int64
	}{{0, g.places - slots}, {longestLine / 2, 2*slots + 1}, {longestLine, slots + 1}, {4 * longestLine, slots/4 + 1}} {
		g.pace.Store(int64(test.pace))
		for g.inside.Store(0); ; {
			if why, ok := g.enter(1); !ok {
				if why != refusedCrowded {
					t.Errorf("refused for %s", refusalNames[why])
				}
				break
			}
		}
		if line := g.inside.Load() - slots; line != test.line {
			t.Errorf("where a request takes %s %d are in line, not %d", test.pace, line, test.line)
		}
	}
}

func TestBodiesTakePlaces(t *testing.T) {
	for _, test := range []struct {
		length int
		places int64
	}{{0, 1}, {1, 1}, {placeSize, 1}, {placeSize + 1, 2}, {maxEventsBody, 256}, {2 * maxEventsBody, 257}} {
		for _, announced := range []bool{true, false} {
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest("POST", "/v1/booking-events", bytes.NewReader(make([]byte, test.length)))
			if !announced {
				c.Request.ContentLength = -1
			}
			if got := takeBody(c, maxEventsBody); got != test.places {
				t.Errorf("a body of %d bytes takes %d places, not %d", test.length, got, test.places)
			}
		}
	}
}

// Who waits for a commit holds neither slot nor place, and too many are not kept waiting.
func TestWhoWaitsHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, Options{MemberRate: Rate{PerSecond: 1000}})
		alice := a.enrol(t, "alice")
		a.earns(t, "alice", "b1", "1000.00")
		a.ledger.eager = false
		redeem := func() answer {
			return a.send(t, alice, "POST", "/v1/members/alice/redemptions", `{"amount":"0.01"}`, "Prefer", "wait=30")
		}
		var waiting sync.WaitGroup
		for range cap(a.gates.orders.slots) + 1 {
			waiting.Go(func() {
				if got := redeem(); got.StatusCode != 200 {
					t.Errorf("answered %d: %s", got.StatusCode, got.body)
				}
			})
			synctest.Wait()
		}
		if inside, working := a.gates.orders.inside.Load(), len(a.gates.orders.slots); inside != 0 || working != 0 {
			t.Errorf("those who wait have %d places and %d slots", inside, working)
		}
		a.waits.Add(maxWaits)
		if got := redeem(); got.StatusCode != 202 || got.Header.Get("Preference-Applied") != "" {
			t.Errorf("one too many was answered %d, %v: %s", got.StatusCode, got.Header, got.body)
		}
		a.waits.Add(-maxWaits)
		a.ledger.commit()
		waiting.Wait()
		if left := a.waits.Load(); left != 0 {
			t.Errorf("%d still wait", left)
		}
	})
}

// Who waits for the disk, or for another order of the same account, holds no slot; but a place.
func TestWaitingForTheDiskTakesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, Options{MemberRate: Rate{PerSecond: 1000}})
		alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
		a.earns(t, "alice", "b1", "1000.00")
		a.earns(t, "bob", "b2", "1000.00")
		a.ledger.slow = make(chan struct{})
		var waiting sync.WaitGroup
		for _, token := range []string{alice, alice, bob} {
			member := map[string]string{alice: "alice", bob: "bob"}[token]
			waiting.Go(func() {
				a.send(t, token, "POST", "/v1/members/"+member+"/redemptions", `{"amount":"0.01"}`).want(t, 200)
			})
		}
		synctest.Wait()
		if inside, working := a.gates.orders.inside.Load(), len(a.gates.orders.slots); inside != 3 || working != 0 {
			t.Errorf("three who wait have %d places and %d slots", inside, working)
		}
		close(a.ledger.slow)
		waiting.Wait()
	})
}

// TestSlowSendersHoldNoSlot sends bodies that never end, over connections. However long they say, or do not say, that they
// are going to be, each holds one place, and no slot, for as long as bodies are waited for.
func TestSlowSendersHoldNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, Options{})
		l := make(pipes)
		a.run(t, l)
		senders := int64(cap(a.gates.orders.slots) + 1)
		for i := range senders {
			conn, far := net.Pipe()
			t.Cleanup(func() { conn.Close() })
			l <- far
			fmt.Fprintf(conn, "POST /v1/orders HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n1\r\n{",
				[]string{"Content-Length: 500000", "Transfer-Encoding: chunked"}[i%2])
		}
		synctest.Wait()
		if inside := a.gates.orders.inside.Load(); inside != senders {
			t.Errorf("%d who send slowly hold %d places", senders, inside)
		}
		if working := len(a.gates.orders.slots); working != 0 {
			t.Errorf("%d slots are taken by requests that are not there yet", working)
		}
		a.send(t, "dsk_member", "POST", "/v1/members/alice/orders/prepare", "{}").want(t, 400)
		time.Sleep(bodyPatience - time.Nanosecond)
		if inside := a.gates.orders.inside.Load(); inside != senders {
			t.Errorf("of %d whose bodies are waited for %d hold places", senders, inside)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if inside := a.gates.orders.inside.Load(); inside != 0 {
			t.Errorf("%d bodies are waited for longer than %s", inside, bodyPatience)
		}
	})
}

// pipes is a listener whose connections are in memory, where a synctest bubble knows that they are waited for.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// Past the bound of connections new ones may ask for health, are refused anything else, and do not stay.
func TestLateConnections(t *testing.T) {
	a := newAPI(t, Options{})
	address := a.serve(t)
	ask := func(conn net.Conn, path string) *http.Response {
		t.Helper()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got
	}
	early := dialed(t, address)
	if got := ask(early, "/v1/ledger"); got.StatusCode != 200 || got.Close {
		t.Fatalf("an early connection was answered %+v", got)
	}
	a.crowd.open.Add(maxConnections)
	if got := ask(dialed(t, address), "/healthz"); got.StatusCode != 200 || !got.Close {
		t.Errorf("a late connection that asks for health was answered %+v", got)
	}
	got := ask(dialed(t, address), "/v1/ledger")
	if got.StatusCode != 503 || !got.Close || got.Header.Get("Retry-After") == "" {
		t.Errorf("a late connection was answered %+v", got)
	}
	if got := ask(early, "/v1/ledger"); got.StatusCode != 200 || got.Close {
		t.Errorf("a connection that was early was answered %+v", got)
	}
	a.crowd.open.Add(-maxConnections)
	if got := ask(dialed(t, address), "/v1/ledger"); got.StatusCode != 200 || got.Close {
		t.Errorf("when others had gone, a new connection was answered %+v", got)
	}
}

// What costs its sender nothing must not fill the disk with lines either.
func TestTheLogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, Options{ClientRate: Rate{PerSecond: 1, Burst: 1}})
		for range 1000 {
			a.send(t, "", "GET", "/v1/members/alice", "").want(t, 401)
			a.Handler().ServeHTTP(silent{}, newRequest("GET", "/nowhere"))
		}
		if lines := strings.Count(a.logged.String(), "\n"); lines > 500 {
			t.Errorf("%d lines for 2000 requests of nobody", lines)
		}
		a.logged.Reset()
		summed := a.sumUp(nil)
		if log := a.logged.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, `"other":`) {
			t.Errorf("summed up as %s", log)
		}
		a.logged.Reset()
		if a.sumUp(summed); a.logged.Len() > 0 {
			t.Errorf("nothing happened, and it was summed up as %s", a.logged)
		}
		a.gates.orders.refused[refusedFull].Add(7)
		if a.sumUp(summed); !strings.Contains(a.logged.String(), `"order":7`) {
			t.Errorf("summed up as %s", a.logged)
		}
	})
}

// serve runs the server until the test ends.
func (a api) serve(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.run(t, l)
	return l.Addr().String()
}

// run runs the server on a listener until the test ends.
func (a api) run(t *testing.T, l net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func dialed(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func newRequest(method, path string) *http.Request {
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		panic(err)
	}
	return r
}

// silent is a client that does not listen.
type silent struct{}

func (silent) Header() http.Header         { return http.Header{} }
func (silent) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (silent) WriteHeader(int)             {}

func BenchmarkRefusal(b *testing.B) {
	a := newAPI(b, Options{Room: func(wallet.Class) int { return 0 }})
	r := newRequest("POST", "/v1/members/alice/orders")
	b.ReportAllocs()
	for b.Loop() {
		a.Handler().ServeHTTP(silent{}, r)
	}
}

// A member whose requests take long must not have all slots.
func TestAMemberHasAFewSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t, Options{})
		alice, bob := a.enrol(t, "alice"), a.enrol(t, "bob")
		held := make(chan struct{})
		a.engine.GET("/held", func(*gin.Context) { <-held })
		table["GET /held"] = everybody
		defer delete(table, "GET /held")
		var holding sync.WaitGroup
		for range maxInside {
			holding.Go(func() { a.send(t, alice, "GET", "/held", "") })
		}
		synctest.Wait()
		got := a.send(t, alice, "GET", "/v1/members/alice/balance", "")
		if got.problem(t, http.StatusTooManyRequests, codeRateLimited, ""); got.Header.Get("Retry-After") == "" {
			t.Error("not told when to come back")
		}
		a.send(t, bob, "GET", "/v1/members/bob/balance", "").want(t, 200)
		close(held)
		holding.Wait()
		a.send(t, alice, "GET", "/v1/members/alice/balance", "").want(t, 200)
	})
}
