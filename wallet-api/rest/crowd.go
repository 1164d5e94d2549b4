package rest

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"

	"golang.org/x/net/netutil"
)

// Bounds on open connections. One that comes when there are maxConnections is late: it is asked about health and nothing
// else, and is closed after its first answer. When there are lateConnections too, others are left to wait where they cost
// this process nothing: with the system, which has not heard of them being accepted.
const (
	maxConnections  = 4096
	lateConnections = 256
)

// crowd counts connections.
type crowd struct{ open atomic.Int64 }

func (c *crowd) bound(l net.Listener) net.Listener {
	return netutil.LimitListener(l, maxConnections+lateConnections)
}

// greet marks a new connection that is late.
func (c *crowd) greet(ctx context.Context, _ net.Conn) context.Context {
	if c.open.Load() >= maxConnections {
		ctx = context.WithValue(ctx, late{}, true)
	}
	return ctx
}

func (c *crowd) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

type late struct{}

func isLate(ctx context.Context) bool { return ctx.Value(late{}) != nil }
