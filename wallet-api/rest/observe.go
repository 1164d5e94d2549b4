package rest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// What a request carries through its handlers.
const (
	keyCaller  = "caller"
	keyRequest = "request"
	keyCode    = "code"
	keyFailure = "failure"
	keyRefused = "refused"
)

func newEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

// observe answers panics, counts the request and logs it in one line, which is for debugging where something was read. The line names the route rather than the path and
// the client rather than the member, so that it holds no personal data.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	if v := visitOf(c); v != nil {
		start = v.since
	}
	id := nameRequest(c)
	h := c.Writer.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			s.fail(c, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}
		s.record(c, id, time.Since(start))
	}()
	c.Next()
}

func (s *Server) record(c *gin.Context, id string, took time.Duration) {
	route, status := c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "none"
	}
	s.metrics.requests.WithLabelValues(method(c), route, strconv.Itoa(status)).Inc()
	s.metrics.seconds.WithLabelValues(method(c), route).Observe(took.Seconds())

	who := callerOf(c)
	level := slog.LevelInfo
	if status < http.StatusBadRequest && c.Request.Method == http.MethodGet {
		level = slog.LevelDebug // metrics count them; a line for each was a tenth of what answering a balance costs
	}
	if !s.log.Enabled(c.Request.Context(), level) || !s.unlogged.mayLog(who, status) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", id), slog.String("method", method(c)), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took),
		slog.Int64("in", max(0, c.Request.ContentLength)), slog.Int("out", max(0, c.Writer.Size())),
	}
	if who.role != "" {
		attrs = append(attrs, slog.String("role", string(who.role)), slog.String("client", who.client))
	}
	if code, ok := c.Get(keyCode); ok {
		attrs = append(attrs, slog.Any("code", code.(dollars.Code)))
	}
	if refused, ok := c.Get(keyRefused); ok {
		attrs = append(attrs, slog.Any("refused", refused))
	}
	if err, ok := c.Get(keyFailure); ok {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err.(error)))
	}
	s.log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// method is the request's, or other: anybody may invent one, and a metric has a series for each.
func method(c *gin.Context) string {
	switch m := c.Request.Method; m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions:
		return m
	}
	return "other"
}

// nameRequest takes the sender's id of the request, where it is fit for a log, or makes one.
func nameRequest(c *gin.Context) string {
	id := c.GetHeader("X-Request-Id")
	if !plain(id) {
		var b [8]byte
		_, _ = rand.Read(b[:]) // crypto/rand never fails
		id = hex.EncodeToString(b[:])
	}
	c.Set(keyRequest, id)
	return id
}

func plain(id string) bool {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' {
			return false
		}
	}
	return len(id) >= 8 && len(id) <= 64
}

func requestID(c *gin.Context) string { return c.GetString(keyRequest) }

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	events   *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer, g *gates) metrics {
	m := metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wallet_http_requests_total", Help: "Requests answered.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wallet_http_request_seconds", Help: "Time to answer a request, waiting for commits included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wallet_booking_events_total", Help: "Booking events by answer: accepted, repeated or refused.",
		}, []string{"status"}),
	}
	r.MustRegister(m.requests, m.seconds, m.events)
	for _, g := range g.all() {
		class := prometheus.Labels{"class": g.class}
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wallet_http_inside", Help: "Places taken by requests that are worked on, or are to be, by class.", ConstLabels: class,
		}, func() float64 { return float64(g.inside.Load()) }))
		for why, name := range refusalNames {
			r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
				Name: "wallet_http_refused_total", Help: "Requests refused before anything was done for them, by class and what there was too much of.",
				ConstLabels: prometheus.Labels{"class": g.class, "of": name},
			}, func() float64 { return float64(g.refused[why].Load()) }))
		}
	}
	return m
}
