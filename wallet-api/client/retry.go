package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a refusal or failure that was answered. Code is stable, and empty where it was not the service that
// answered; Field points to what is wrong.
type Error struct {
	Problem
	RetryAfter time.Duration // with statuses 429 and 503
}

func (e *Error) Error() string {
	text := "wallet service: " + strings.TrimSpace(fmt.Sprintf("%s (%d)", e.Code, e.Status))
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Field != "" {
		text += " [" + e.Field + "]"
	}
	return text
}

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// CodeOf is the service's code in an error's chain, or "".
func CodeOf(err error) Code {
	if e, ok := asError(err); ok {
		return e.Code
	}
	return ""
}

// repetition says whether a request may be sent again; it travels in the request's context.
type repetition struct{}

const (
	always = iota + 1 // even where the first may have arrived
	never
)

// repeatable marks a change that happens once however often it is sent.
func repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repetition{}, always)
}

func once(ctx context.Context) context.Context { return context.WithValue(ctx, repetition{}, never) }

// doer sends requests, again where that is safe, and turns problems into errors.
type doer struct {
	http     *http.Client
	token    string
	retryFor time.Duration
}

// Bounds of the pause before a request is sent again.
const (
	minPause = 50 * time.Millisecond
	maxPause = 5 * time.Second
)

// Do sends the request. It is what the generated client calls.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	deadline := time.Now().Add(d.retryFor)
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		resp, err := d.try(req)
		if err == nil {
			return resp, nil
		}
		wait, again := retryable(req, err)
		if !again {
			return nil, err
		}
		// Half of the pause is chance, so that clients that were refused together do not come back together.
		wait = max(wait, pause/2+rand.N(pause/2))
		if time.Now().Add(wait).After(deadline) {
			return nil, err
		}
		select {
		case <-req.Context().Done():
			return nil, fmt.Errorf("%w, after %w", context.Cause(req.Context()), err)
		case <-time.After(wait):
		}
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

func (d *doer) try(req *http.Request) (*http.Response, error) {
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("wallet service: %w", err)
	}
	if resp.StatusCode < 400 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // What was cut off is no JSON, and said so below.
	e := &Error{}
	if err := json.Unmarshal(body, &e.Problem); err != nil || e.Code == "" {
		e.Problem = Problem{Status: resp.StatusCode, Detail: req.Method + " " + req.URL.Path + " was not answered with a problem of the wallet service; is the address right?"}
	}
	if seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return nil, e
}

// retryable tells whether to send a request again after an error, and how long to wait at least. What was refused with
// 429 or 503 was not accepted and may always be sent again; after any other failure only what happens once at most.
func retryable(req *http.Request, err error) (wait time.Duration, again bool) {
	mode := req.Context().Value(repetition{})
	if mode == never || req.Context().Err() != nil || (req.Body != nil && req.Body != http.NoBody && req.GetBody == nil) {
		return 0, false
	}
	if e, ok := asError(err); ok {
		return e.RetryAfter, e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
	}
	return 0, mode == always || req.Method == http.MethodGet
}
