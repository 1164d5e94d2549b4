package rest

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/swaggest/swgui/v5emb"
	"golang.org/x/time/rate"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

//go:embed openapi.yaml
var document []byte

// Options of a Server; the zero value is useful.
type Options struct {
	Ready      func(context.Context) error // why the service cannot serve yet, or nil; always ready if nil
	Room       func(wallet.Class) int      // how much more work the intake would take; without end if nil
	Registry   *prometheus.Registry        // what /metrics shows, for one Server; one of its own if nil
	Log        *slog.Logger                // slog.Default if nil
	Now        func() time.Time            // time.Now if nil
	ClientRate Rate                        // requests of each API client; 10,000 a second if zero
	MemberRate Rate                        // requests of each member; 50 a second if zero
}

// Server is the REST API.
type Server struct {
	wallet         *wallet.Service
	authenticators []authenticator
	sessions       sessions
	digests        []byte // key of the digests of requests
	ready          func(context.Context) error
	log            *slog.Logger
	metrics        metrics
	rates          rates
	gates          *gates
	crowd          crowd
	waits          atomic.Int64 // requests that wait for a commit
	unlogged       unlogged
	serving        context.Context // ends when the server stops: nobody should wait on
	drain          context.CancelFunc
	engine         *gin.Engine
}

// Server implements every operation of the document.
var _ ServerInterface = (*Server)(nil)

// New makes a server. secret signs the tokens of members' sessions; the same secret honours tokens issued before.
func New(svc *wallet.Service, keys APIKeys, secret [32]byte, o Options) *Server {
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	tokens := sessions{secret: secret, now: o.Now, member: svc.Member}
	s := &Server{
		wallet:         svc,
		authenticators: []authenticator{keys, tokens},
		sessions:       tokens,
		digests:        hmacOf(secret[:], "idempotency"),
		ready:          o.Ready,
		log:            o.Log,
		rates:          newRates(o.ClientRate.or(10_000), o.MemberRate.or(50)),
		gates:          newGates(o.Room),
		unlogged:       unlogged{lines: rate.NewLimiter(10, 100)},
	}
	s.metrics = newMetrics(o.Registry, s.gates)
	s.serving, s.drain = context.WithCancel(context.Background())
	queries() // now rather than in the first request with a query
	s.engine = s.routes(o.Registry)
	return s
}

func (s *Server) routes(registry *prometheus.Registry) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.Use(s.pass, s.observe, s.admit, s.limit, s.readQuery)
	e.NoRoute(func(c *gin.Context) {
		s.fail(c, &wallet.Error{Code: wallet.CodeNotFound, Detail: "there is no such address; see /docs"})
	})
	e.NoMethod(func(c *gin.Context) {
		s.fail(c, &wallet.Error{Code: codeMethod, Detail: "this address does not take " + c.Request.Method + "; see Allow"})
	})
	RegisterHandlersWithOptions(e, s, GinServerOptions{ErrorHandler: func(c *gin.Context, err error, _ int) {
		s.fail(c, unreadable(err))
	}})
	e.GET("/metrics", gin.WrapH(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	e.GET("/v1/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", document) })
	page := gin.WrapH(v5emb.New("Destinasia Dollars", "/v1/openapi.yaml", "/docs/"))
	e.GET("/docs", page)
	e.GET("/docs/*asset", page)
	return e
}

// unreadable says which parameter is missing or not of its type, in words of this API and not of the library that reads it.
func unreadable(err error) *wallet.Error {
	refused := &wallet.Error{Code: wallet.CodeMalformed, Detail: err.Error()}
	if said, is := strings.CutPrefix(err.Error(), "Invalid format for parameter "); is {
		name, _, _ := strings.Cut(said, ":")
		refused.Field, refused.Detail = "/"+name, "is missing, or not of the type that the API's description says"
	}
	return refused
}

// Handler is the API as an http.Handler, for tests.
func (s *Server) Handler() http.Handler { return s.engine }

// Bounds on connections. Writing may take as long as the longest wait and then some.
const (
	readTimeout  = 30 * time.Second
	writeTimeout = maxWait + 30*time.Second
	idleTimeout  = 2 * time.Minute
	drainTimeout = 15 * time.Second
	maxHeader    = 16 << 10
)

// Run serves on the listener until the context ends, then finishes the requests under way. It runs once.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.engine,
		ReadHeaderTimeout: readTimeout / 3,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       s.crowd.greet,
		ConnState:         s.crowd.count,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(s.crowd.bound(l)) }()
	summary := time.NewTicker(summaryEvery)
	defer summary.Stop()
	var summed map[string]int64
	for serving := true; serving; {
		select {
		case err := <-failed:
			return fmt.Errorf("serve the REST API on %s: %w", l.Addr(), err)
		case <-summary.C:
			summed = s.sumUp(summed)
		case <-ctx.Done():
			serving = false
		}
	}
	s.drain()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := srv.Shutdown(ending); err != nil {
		return errors.Join(fmt.Errorf("requests were still under way %s after the end: %w", drainTimeout, err), srv.Close())
	}
	return nil
}

// CheckHealth answers that the process lives.
func (s *Server) CheckHealth(c *gin.Context) { reply(c, http.StatusOK, Health{Status: HealthOK}) }

// CheckReady answers whether requests can be served.
func (s *Server) CheckReady(c *gin.Context) {
	if s.serving.Err() != nil {
		s.fail(c, &wallet.Error{Code: wallet.CodeUnavailable, Detail: "the service is stopping"})
		return
	}
	if err := s.ready(c.Request.Context()); err != nil {
		s.fail(c, &wallet.Error{Code: wallet.CodeUnavailable, Detail: err.Error()})
		return
	}
	reply(c, http.StatusOK, Health{Status: HealthOK})
}

// reply answers with JSON.
func reply(c *gin.Context, status int, body any) { writeJSON(c, status, mediaJSON, body) }

func writeJSON(c *gin.Context, status int, media string, body any) {
	var buf bytes.Buffer
	enc := newEncoder(&buf)
	if err := enc.Encode(body); err != nil {
		// Every type that is answered is one of the document's, all of which can be encoded.
		panic(fmt.Sprintf("encode %T: %v", body, err))
	}
	c.Data(status, media, buf.Bytes())
}
