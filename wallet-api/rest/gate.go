package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// gate lets requests of one class in, as many as the service has room for, and has a bounded number of them worked on at
// once. Each class has a gate of its own, so that a flood of one cannot take what another needs.
//
// A request takes a place when it comes and, once its body is there, one for each further placeSize bytes of it, and a slot:
// whoever sends slowly keeps nobody from working. Where the places are taken, those inside would take too long, or the
// queue behind the gate has no room for them, it is refused at once. A place counts as one work in the queue, so of
// requests with one work hardly any is refused late.
type gate struct {
	class  string
	places int64
	room   func() int // of the queue behind

	inside  atomic.Int64 // places taken
	slots   chan struct{}
	pace    atomic.Int64 // for how long a request has its slot, lately, in nanoseconds
	refused [refusals]atomic.Int64
}

const (
	placeSize = 16 << 10

	// longestLine is how long it may take until there is a slot. Requests come in bursts, whenever a batch is committed, and
	// a burst is to be worked off rather than refused.
	longestLine = time.Second

	// patience is how long a request waits for a slot. They are taken for milliseconds, so it passes only when a part that
	// requests need hangs.
	patience = 2 * time.Second
)

// gates by class. Orders and events give their slots back before they wait for the disk (Waiting): so a few keep all
// processors busy, and those who work do not keep the gateway, or those who are refused, from getting their turn. Others may
// wait in their slots, so one member must not have all of them. Bodies inside are at most 68 MB in all.
type gates struct{ orders, bookings, reads, admin gate }

func newGates(room func(wallet.Class) int) *gates {
	if room == nil {
		room = func(wallet.Class) int { return math.MaxInt }
	}
	behind := func(c wallet.Class) func() int { return func() int { return room(c) } }
	unbounded := func() int { return math.MaxInt }
	return &gates{
		orders: gate{
			class: wallet.ClassOrder.String(), places: 2048,
			slots: working(), room: behind(wallet.ClassOrder),
		},
		bookings: gate{
			class: wallet.ClassBooking.String(), places: 1024,
			slots: working(), room: behind(wallet.ClassBooking),
		},
		reads: gate{class: "read", places: 1024, slots: make(chan struct{}, 2*maxInside), room: unbounded},
		admin: gate{class: wallet.ClassAdmin.String(), places: 256, slots: make(chan struct{}, 2*maxInside), room: unbounded},
	}
}

// working are the slots of those who only work. Two for each processor would do, if whoever has one had a processor, too: in
// a flood of other requests they wait for theirs most of the time.
func working() chan struct{} { return make(chan struct{}, 16*runtime.GOMAXPROCS(0)) }

func (g *gates) all() []*gate { return []*gate{&g.orders, &g.bookings, &g.reads, &g.admin} }

// of is the gate of a route. Health has none: whoever asks for it in a rush must be told.
func (g *gates) of(method, route string) *gate {
	switch route {
	case "/healthz", "/readyz":
		return nil
	case "/v1/booking-events":
		return &g.bookings
	case "/v1/booking-events/status":
		return &g.reads
	case "/v1/orders", "/v1/members/:id/orders", "/v1/members/:id/orders/prepare", "/v1/members/:id/transfers", "/v1/members/:id/redemptions":
		return &g.orders
	case "/metrics":
		return &g.admin // it is asked for by those who look after the service, and must be answered when members' reads are not
	case "":
		return &g.reads
	}
	if method == http.MethodGet {
		return &g.reads
	}
	return &g.admin
}

// refusal is why a gate let a request not in.
type refusal int

const (
	refusedFull    refusal = iota // the queue behind the gate
	refusedCrowded                // too many requests of the class
	refusedLate                   // no slot in time
	refusedOpen                   // too many connections
	refusals
)

var refusalNames = [refusals]string{refusedFull: "queue", refusedCrowded: "requests", refusedLate: "patience", refusedOpen: "connections"}

// refusalBody is made ahead: refusing must cost next to nothing.
var refusalBody = func() (bodies [refusals][]byte) {
	for why, detail := range map[refusal]string{
		refusedFull:    wallet.ErrOverloaded.Detail,
		refusedCrowded: "too many such requests are being worked on; nothing was accepted, send it again after the time in Retry-After",
		refusedLate:    "the request waited too long for its turn; nothing was accepted, send it again after the time in Retry-After",
		refusedOpen:    "too many connections are open; nothing was accepted, send it again after the time in Retry-After",
	} {
		body, err := json.Marshal(newProblem(wallet.CodeOverloaded, detail, statuses[wallet.CodeOverloaded]))
		if err != nil {
			panic(err) // a problem is text and a number
		}
		bodies[why] = body
	}
	return bodies
}()

// comeBack are the seconds to stay away. Those who are refused in the same moment should not come back in the same one.
var comeBack = [...][]string{{"1"}, {"2"}, {"3"}}

// enter takes places, or tells why there are none.
func (g *gate) enter(places int64) (refusal, bool) {
	switch inside := g.inside.Add(places); {
	case inside > g.places || (inside > places && g.line(inside-places) > longestLine):
		g.inside.Add(-places)
		return refusedCrowded, false
	case inside > int64(g.room()):
		g.inside.Add(-places)
		return refusedFull, false
	}
	return 0, true
}

// line is how long the last of those inside will wait for a slot.
func (g *gate) line(inside int64) time.Duration {
	slots := int64(cap(g.slots))
	return time.Duration(max(0, inside-slots) * g.pace.Load() / slots)
}

// slot waits for a slot.
func (g *gate) slot(ctx context.Context) bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case g.slots <- struct{}{}:
		return true
	case <-late.C:
	case <-ctx.Done():
	}
	return false
}

// visit is a request inside a gate.
type visit struct {
	gate    *gate
	since   time.Time
	places  int64
	working bool
	began   time.Time // to work
	sender  *bucket   // where the sender may have only so many requests inside
}

// enter takes further places; those taken before are given back by leave, whatever comes of it.
func (v *visit) enter(places int64) (refusal, bool) {
	if places == 0 {
		return 0, true
	}
	why, ok := v.gate.enter(places)
	if ok {
		v.places += places
	}
	return why, ok
}

// work takes a slot, and tells whether there was one in time.
func (v *visit) work(ctx context.Context) bool {
	v.working = v.gate.slot(ctx)
	v.began = time.Now()
	return v.working
}

// pause gives the slot back, once.
func (v *visit) pause() {
	if !v.working {
		return
	}
	v.working = false
	<-v.gate.slots
	// An average of some dozens. That another request may change it in between does not matter.
	pace := v.gate.pace.Load()
	v.gate.pace.Store(pace + (int64(time.Since(v.began))-pace)/32)
}

// leave gives back all that the request took, once: whoever only waits for a commit leaves early.
func (v *visit) leave() {
	v.pause()
	v.gate.inside.Add(-v.places)
	v.places = 0
	if v.sender != nil {
		v.sender.inside.Add(-1)
		v.sender = nil
	}
}

// pass lets a request through its gate, or refuses it before anything else is done for it: it is neither decoded nor
// authenticated, and counted rather than logged.
func (s *Server) pass(c *gin.Context) {
	late := isLate(c.Request.Context())
	if late {
		c.Header("Connection", "close")
	}
	g := s.gates.of(c.Request.Method, c.FullPath())
	if g == nil {
		return
	}
	if late {
		s.refuse(c, g, refusedOpen)
		return
	}
	v := &visit{gate: g, since: time.Now()}
	defer v.leave()
	if why, ok := v.enter(1); !ok {
		s.refuse(c, g, why)
		return
	}
	// What the body is longer than a place is taken when it is there: else a few who send nothing could take all of them.
	if why, ok := v.enter(takeBody(c, bodyOf(c.FullPath())) - 1); !ok {
		s.refuse(c, g, why)
		return
	}
	if !v.work(c.Request.Context()) {
		s.refuse(c, g, refusedLate)
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), visitKey{}, v))
	c.Next()
}

type visitKey struct{}

// visitIn is the visit of a request's context; nil where its route has no gate.
func visitIn(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

func visitOf(c *gin.Context) *visit { return visitIn(c.Request.Context()) }

// Waiting gives back the slot of the request that a context is of, for what waits does not work, and returns what takes one
// again. It is for wallet.Options.
func Waiting(ctx context.Context) (resume func()) {
	v := visitIn(ctx)
	if v == nil || !v.working {
		return func() {}
	}
	v.pause()
	return func() {
		// Where there is none in time the request goes on all the same: it has waited enough.
		_ = v.work(ctx)
	}
}

// bodyOf is how many bytes of a route's bodies are read here. Of longer ones, the handler finds that they are.
func bodyOf(route string) int64 {
	switch route {
	case "/v1/booking-events":
		return maxEventsBody
	case "/v1/booking-events/status":
		return maxIDsBody
	case "/v1/orders":
		return maxRelayBody
	}
	return maxBody
}

// bodyPatience is how long a body may take to come.
const bodyPatience = 5 * time.Second

// takeBody waits for the body, and tells how many places it takes. What is wrong with it is for the handler to find.
func takeBody(c *gin.Context, limit int64) (places int64) {
	r := c.Request
	if r.ContentLength == 0 || r.Method == http.MethodGet {
		return 1
	}
	deadline := http.NewResponseController(c.Writer)
	_ = deadline.SetReadDeadline(time.Now().Add(bodyPatience)) // tests have no connection
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, limit)) + bytes.MinRead) // or the buffer doubles to see the end
	}
	size, err := body.ReadFrom(io.LimitReader(r.Body, limit+1))
	r.Body = io.NopCloser(io.MultiReader(&body, failed{err}))
	_ = deadline.SetReadDeadline(time.Time{})
	return 1 + max(0, size-1)/placeSize
}

// failed is the rest of a body: nothing, or the error that cut it short.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

func (s *Server) refuse(c *gin.Context, g *gate, why refusal) {
	n := g.refused[why].Add(1)
	h := c.Writer.Header()
	h["Content-Type"] = problemType
	h["Retry-After"] = comeBack[n%int64(len(comeBack))]
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Content-Length"] = []string{strconv.Itoa(len(refusalBody[why]))}
	c.Writer.WriteHeader(http.StatusServiceUnavailable)
	_, _ = c.Writer.Write(refusalBody[why]) // the client may have gone
	c.Abort()
}

var (
	problemType = []string{"application/problem+json"}
	noStore     = []string{"no-store"}
	noSniff     = []string{"nosniff"}
)
