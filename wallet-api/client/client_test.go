package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/destinasia/dollars/wallet-api/client"
)

// serve answers the n-th request, counted from 0, with a handler's answer.
func serve(t *testing.T, o client.Options, answer func(n int, w http.ResponseWriter, r *http.Request)) (*client.Client, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(int(n.Add(1)-1), w, r)
	}))
	t.Cleanup(srv.Close)
	c, err := client.New(srv.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, &n
}

// inMemory answers as serve does, without a connection: in a synctest bubble nothing but pauses takes time.
func inMemory(t *testing.T, o client.Options, answer func(n int, w http.ResponseWriter, r *http.Request)) (*client.Client, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	o.HTTP = roundTrip(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		answer(int(n.Add(1)-1), w, r)
		return w.Result(), nil
	})
	c, err := client.New("http://in.memory", o)
	if err != nil {
		t.Fatal(err)
	}
	return c, &n
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func refuse(w http.ResponseWriter, status int, code, retryAfter string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"type":"x","title":"x","status":%d,"code":%q,"detail":"why","field":"/amount"}`, status, code)
}

func TestRefusalsAreTyped(t *testing.T) {
	c, n := serve(t, client.Options{Token: "dsk_x"}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer dsk_x" {
			t.Error("no token")
		}
		refuse(w, http.StatusUnprocessableEntity, "insufficient_balance", "")
	})
	_, err := c.Send(t.Context(), "alice", client.Transfer{ToMember: "bob", Amount: 1}, client.Change{})
	var e *client.Error
	if !errors.As(err, &e) || e.Code != "insufficient_balance" || e.Field != "/amount" || client.CodeOf(err) != e.Code {
		t.Fatalf("got %v", err)
	}
	if n.Load() != 1 {
		t.Errorf("sent %d times", n.Load())
	}
}

func TestOverloadIsRepeatedWithTheSameKeyAndBody(t *testing.T) {
	// A handler whose connection breaks ends without anything that the next one's, or this test, could wait for: hence the channel.
	type request struct{ key, body string }
	seen := make(chan request, 8)
	c, _ := serve(t, client.Options{}, func(n int, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- request{r.Header.Get("Idempotency-Key"), string(body)}
		switch n {
		case 0:
			refuse(w, http.StatusServiceUnavailable, "overloaded", "0")
		case 1:
			panic(http.ErrAbortHandler) // the connection breaks: nobody knows whether it arrived
		default:
			_, _ = io.WriteString(w, `{"orderId":"0x00","status":"accepted"}`)
		}
	})
	order, err := c.Redeem(t.Context(), "alice", client.Redemption{Amount: 12_30}, client.Change{})
	if err != nil || order.Status != client.StateAccepted {
		t.Fatal(order, err)
	}
	if len(seen) != 3 {
		t.Fatalf("sent %d times", len(seen))
	}
	for first, again := <-seen, 1; again < 3; again++ {
		if r := <-seen; r != first || r.key == "" || r.body != `{"amount":"12.30"}` {
			t.Fatalf("sent %q, then %q", first, r)
		}
	}
}

func TestRetryAfterIsHonouredWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, n := inMemory(t, client.Options{RetryFor: 3 * time.Second}, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				refuse(w, http.StatusTooManyRequests, "rate_limited", "1")
				return
			}
			refuse(w, http.StatusTooManyRequests, "rate_limited", "3600")
		})
		start := time.Now()
		_, err := c.Balance(t.Context(), "alice")
		if took := time.Since(start); client.CodeOf(err) != "rate_limited" || n.Load() != 2 || took != time.Second {
			t.Fatalf("%v after %d requests and %s", err, n.Load(), took)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := inMemory(t, client.Options{}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusServiceUnavailable, "unavailable", "20")
		})
		const most = 50 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), most)
		defer cancel()
		start := time.Now()
		_, err := c.Supply(ctx)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || client.CodeOf(err) != "unavailable" || took != most {
			t.Fatalf("%v after %s", err, took)
		}
	})
}

func TestReadyAsksOnce(t *testing.T) {
	c, n := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusServiceUnavailable, "unavailable", "")
	})
	if err := c.Ready(t.Context()); client.CodeOf(err) != "unavailable" || n.Load() != 1 {
		t.Fatal(err, n.Load())
	}
}

func TestAnotherServiceIsNotRepeated(t *testing.T) {
	c, n := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, _ *http.Request) { http.Error(w, "nginx", http.StatusNotFound) })
	_, err := c.Ledger(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is the address right?") || n.Load() != 1 {
		t.Fatal(err, n.Load())
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:7080", "ftp://x", "http://"} {
		if _, err := client.New(address, client.Options{}); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}

func TestARefusedBatchAnswersEachEvent(t *testing.T) {
	c, _ := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/cloudevents-batch+json" {
			t.Error(r.Header)
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"type":"x","title":"x","status":422,"code":"events_refused","events":[{"status":"refused","problem":{"type":"x","title":"x","status":422,"code":"kind_unknown"}}]}`)
	})
	receipts, err := c.ReportEvents(t.Context(), []byte(`[{}]`))
	if err != nil || len(receipts) != 1 || receipts[0].Status != client.EventRefused || receipts[0].Problem.Code != "kind_unknown" {
		t.Fatal(receipts, err)
	}
}

// TestRulesAreAskedForByVersion also holds the types of answers to what the service sends.
func TestRulesAreAskedForByVersion(t *testing.T) {
	answers := map[string]string{
		"/v1/rules":         `{"current":2,"versions":[{"version":2,"hash":"h","starts":"2026-11-22T12:00:00Z"}]}`,
		"/v1/rules/current": `{"version":2,"hash":"h","starts":"2026-11-22T12:00:00Z","published":"2026-11-22T12:00:00Z","set":{"name":"n","currency":"EUR","tables":[{"name":"t","hit":"first","rows":[{"id":"r","kinds":["hotel"],"fixed":"1.50","months":1}]}]}}`,
		"/v1/rules/1":       `{"version":1,"hash":"h","starts":"2026-11-22T12:00:00Z","published":"2026-11-22T12:00:00Z","set":{"name":"n","currency":"EUR","tables":[]}}`,
		"/v1/explanations?source=urn%3Ax&booking=a%26b&item=1": `{"items":[{"booking":"x","kind":"car","state":"pending","points":"3.00",` +
			`"confirmedAt":"2026-11-22T12:00:00Z","version":1,"hash":"h","sentences":["why"],"explanation":{"ruleSet":"n","hash":"h","kind":"car","price":"100.00","currency":"EUR","points":"3.00","tables":[]}}]}`,
	}
	c, _ := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.String()]
		if !ok {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	})
	if s, err := c.Schedule(t.Context()); err != nil || s.Current != 2 || len(s.Versions) != 1 {
		t.Error(s, err)
	}
	if v, err := c.Rules(t.Context()); err != nil || v.Version != 2 || v.Set.Tables[0].Rows[0].Fixed != 1_50 {
		t.Error(v, err)
	}
	if v, err := c.RulesAt(t.Context(), 1); err != nil || v.Version != 1 {
		t.Error(v, err)
	}
	items, err := c.Explain(t.Context(), "urn:x", "a&b", "1")
	if err != nil || len(items) != 1 || items[0].Explanation.Points != 3_00 || items[0].Sentences[0] != "why" {
		t.Error(items, err)
	}
}
