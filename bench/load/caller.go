package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// patience is how long a request may take, with all its repetitions.
	patience = 2 * time.Minute

	// longestWait is what an order's commit is waited for in one request, the most the service offers. The answer may
	// take a little longer.
	longestWait   = "wait=30"
	answerTimeout = 45 * time.Second

	// shortestPause is before a request is sent again where the service does not say when.
	shortestPause = 50 * time.Millisecond
)

// caller makes requests, again where they are to be made again.
type caller struct {
	client *fasthttp.HostClient

	mu      sync.Mutex
	conns   map[net.Conn]struct{}
	closed  bool
	refused map[string]int
}

func newCaller(address string, connections int) *caller {
	c := &caller{conns: map[net.Conn]struct{}{}, refused: map[string]int{}}
	c.client = &fasthttp.HostClient{
		Addr: address, Dial: c.dial, MaxConns: connections, NoDefaultUserAgentHeader: true,
		ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, MaxIdleConnDuration: answerTimeout,
		RetryIfErr: func(*fasthttp.Request, int, error) (resetTimeout, retry bool) { return false, false },
	}
	return c
}

var errClosed = errors.New("the run has ended")

// dial remembers connections, so that close can end requests under way.
func (c *caller) dial(address string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", address, answerTimeout)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.Join(errClosed, conn.Close())
	}
	c.conns[conn] = struct{}{}
	return conn, nil
}

func (c *caller) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.conns {
		_ = conn.Close() // Nothing is lost with it: what was answered was read.
	}
	clear(c.conns)
}

// do makes a request until it is answered for good.
func (c *caller) do(ctx context.Context, r Request) error {
	request, answer := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(answer)
	request.Header.SetMethod(fasthttp.MethodGet)
	request.SetRequestURI("http://" + c.client.Addr + r.Path)
	request.Header.Set("Authorization", "Bearer "+r.Token)
	if r.Body != nil {
		request.Header.SetMethod(fasthttp.MethodPost)
		request.Header.SetContentType(r.Media)
		request.Header.Set("Prefer", longestWait)
		request.SetBodyRaw(r.Body)
	}
	for until := time.Now().Add(patience); ; {
		if err := c.client.Do(request, answer); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%s: the service does not answer: %w", r.Path, err)
		}
		pause, err := c.judge(r, answer)
		if err != nil || pause < 0 {
			return err
		}
		if time.Now().Add(pause).After(until) {
			return fmt.Errorf("%s was not applied within %s; the service last answered %d: %s", r.Path, patience, answer.StatusCode(), answer.Body())
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

var isApplied, isAccepted = []byte(`"status":"applied"`), []byte(`"status":"accepted"`)

// judge tells how long to wait before a request is made again; not at all, if negative.
func (c *caller) judge(r Request, answer *fasthttp.Response) (pause time.Duration, err error) {
	switch status := answer.StatusCode(); {
	case status == fasthttp.StatusOK && (r.Body == nil || bytes.Count(answer.Body(), isApplied) == max(1, r.Many)):
		return -1, nil
	case status == fasthttp.StatusAccepted || (status == fasthttp.StatusOK && r.Many > 0 && bytes.Count(answer.Body(), isApplied)+bytes.Count(answer.Body(), isAccepted) == r.Many):
		return 0, nil // Half a minute was too short; the same again waits on.
	case status == fasthttp.StatusTooManyRequests || status == fasthttp.StatusServiceUnavailable:
		c.count(status)
		if seconds, err := strconv.ParseUint(string(answer.Header.Peek("Retry-After")), 10, 16); err == nil && seconds > 0 {
			return time.Duration(seconds) * time.Second, nil
		}
		return shortestPause, nil
	default:
		return 0, fmt.Errorf("%s was answered with %d: %s", r.Path, status, answer.Body())
	}
}

// count counts a refusal by its status.
func (c *caller) count(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[strconv.Itoa(status)]++
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
