package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// fasthttp looks for idle connections now and then, and finds out only then that there are none any more.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

// service answers like the wallet service.
func service(t *testing.T, answer http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func order(i int) Request {
	return Request{Path: "/orders", Token: "secret", Media: "application/json", Body: []byte(strconv.Itoa(i))}
}

func numberIn(r *http.Request) int {
	body, _ := io.ReadAll(r.Body)
	i, _ := strconv.Atoi(string(body))
	return i
}

const applied = `{"orderId":"0x","status":"applied"}`

func TestEveryRequestIsSentOnce(t *testing.T) {
	const count = 500
	var seen [count]atomic.Int32
	var most, now atomic.Int32
	address := service(t, func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Prefer") != "wait=30" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		seen[numberIn(r)].Add(1)
		fmt.Fprint(w, applied)
	})
	answered := atomic.Int32{}
	got, err := Run(t.Context(), address, Options{Connections: 7, Answered: func() { answered.Add(1) }}, count, order)
	if err != nil {
		t.Fatal(err)
	}
	for i := range seen {
		if n := seen[i].Load(); n != 1 {
			t.Errorf("request %d was sent %d times", i, n)
		}
	}
	if got.Sent != count || len(got.Took) != count || answered.Load() != count || got.Seconds <= 0 || len(got.Refused) > 0 || most.Load() > 7 {
		t.Errorf("%d sent, %d measured, %d answered, %v s, refused %v, at most %d at a time", got.Sent, len(got.Took), answered.Load(), got.Seconds, got.Refused, most.Load())
	}
	for i, took := range got.Took {
		if took <= 0 {
			t.Errorf("request %d took %s", i, took)
		}
	}
}

// Whatever is not applied yet is asked for again, when the service says so.
func TestOrdersAreSentUntilApplied(t *testing.T) {
	var mu sync.Mutex
	sent := map[int][]time.Time{}
	address := service(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		i := numberIn(r)
		sent[i] = append(sent[i], time.Now())
		switch {
		case i == 1 && len(sent[i]) == 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		case i == 2 && len(sent[i]) < 3:
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{"status":"accepted"}`)
		case i == 3 && len(sent[i]) == 1:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			fmt.Fprint(w, applied)
		}
	})
	got, err := Run(t.Context(), address, Options{Connections: 4}, 5, order)
	if err != nil {
		t.Fatal(err)
	}
	if len(sent[0]) != 1 || len(sent[1]) != 2 || len(sent[2]) != 3 || len(sent[3]) != 2 || len(sent[4]) != 1 {
		t.Fatalf("sent at %v", sent)
	}
	if pause := sent[1][1].Sub(sent[1][0]); pause < time.Second || got.Took[1] < time.Second {
		t.Errorf("what is to be sent again after a second was sent again after %s, and took %s in all", pause, got.Took[1])
	}
	if got.Refused["503"] != 1 || got.Refused["429"] != 1 || len(got.Refused) != 2 {
		t.Errorf("refused: %v", got.Refused)
	}
}

func TestAFailureEndsTheRun(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"rejected": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"code":"insufficient_balance"}`)
		},
		"200, and not applied": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"status":"insufficient_balance"}`)
		},
	} {
		var asked atomic.Int32
		release := make(chan struct{})
		address := service(t, func(w http.ResponseWriter, r *http.Request) {
			switch n := asked.Add(1); {
			case n == 10:
				answer(w, r)
				return
			case n > 10: // What the other connection had begun must not let it go on.
				<-release
			}
			fmt.Fprint(w, applied)
		})
		_, err := Run(t.Context(), address, Options{Connections: 2}, 1_000_000, order)
		close(release)
		if err == nil || !strings.Contains(err.Error(), "insufficient_balance") {
			t.Errorf("%s: %v", name, err)
		}
		if n := asked.Load(); n > 11 {
			t.Errorf("%s: %d requests were made", name, n)
		}
	}
}

func TestReadsNeedNoOutcome(t *testing.T) {
	address := service(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.String() != "/balance?x=1" || r.Header.Get("Prefer") != "" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		fmt.Fprint(w, `{"available":"1.00"}`)
	})
	got, err := Run(t.Context(), address, Options{Connections: 2}, 10, func(int) Request { return Request{Path: "/balance?x=1"} })
	if err != nil || got.Sent != 10 {
		t.Errorf("%+v, %v", got, err)
	}
}

// With a time to last, the requests that were sent are the first ones, whichever connection was slow.
func TestTheFirstAreSentInTheTimeGiven(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]bool{}
	address := service(t, func(w http.ResponseWriter, r *http.Request) {
		i := numberIn(r)
		mu.Lock()
		seen[i] = true
		mu.Unlock()
		if i%10 == 0 {
			time.Sleep(20 * time.Millisecond)
		}
		fmt.Fprint(w, applied)
	})
	const count = 100_000 // many times what so slow a service answers meanwhile
	got, err := Run(t.Context(), address, Options{Connections: 8, Last: time.Second}, count, order)
	if err != nil {
		t.Fatal(err)
	}
	if got.Sent != len(seen) || got.Sent == count {
		t.Fatalf("%d were sent, it says %d", len(seen), got.Sent)
	}
	for i := range got.Sent {
		if !seen[i] {
			t.Errorf("request %d of %d was not sent", i, got.Sent)
		}
	}
}

func TestNoneIsTooFarAhead(t *testing.T) {
	const ahead = 16
	var mu sync.Mutex
	done, oldest := map[int]bool{}, 0
	address := service(t, func(w http.ResponseWriter, r *http.Request) {
		i := numberIn(r)
		mu.Lock()
		if i-oldest >= ahead {
			t.Errorf("request %d is sent while %d is not answered", i, oldest)
		}
		mu.Unlock()
		if i%50 == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		mu.Lock()
		defer mu.Unlock()
		done[i] = true
		for done[oldest] {
			oldest++
		}
		fmt.Fprint(w, applied)
	})
	if got, err := Run(t.Context(), address, Options{Connections: 64, Ahead: ahead}, 500, order); err != nil || got.Sent != 500 {
		t.Errorf("%d sent, %v", got.Sent, err)
	}
}

// A service that stands still for a while must not look fast because little was sent meanwhile.
func TestWaitingCountsFromTheTimeGiven(t *testing.T) {
	const stop = 300 * time.Millisecond
	address := service(t, func(w http.ResponseWriter, r *http.Request) {
		if numberIn(r) == 0 {
			time.Sleep(stop)
		}
		fmt.Fprint(w, applied)
	})
	got, err := Run(t.Context(), address, Options{Connections: 1, Rate: 100}, 20, order)
	if err != nil || got.Sent != 20 {
		t.Fatalf("%d sent, %v", got.Sent, err)
	}
	for i, took := range got.Took[:10] {
		if least := stop - time.Duration(i)*10*time.Millisecond; took < least {
			t.Errorf("request %d took %s, though it was due %s before the first was answered", i, took, least)
		}
	}
}

func TestAnEndedContextEndsRequestsUnderWay(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	release, arrived := make(chan struct{}), make(chan struct{}, 8)
	address := service(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	go func() {
		<-arrived
		end()
	}()
	defer close(release)
	if _, err := Run(ctx, address, Options{Connections: 4, Ahead: 2}, 100, order); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
