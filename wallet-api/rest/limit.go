package rest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Rate is how often one sender may ask: a token bucket.
type Rate struct {
	PerSecond float64
	Burst     int // PerSecond if zero
}

func (r Rate) or(perSecond float64) Rate {
	if r.PerSecond == 0 {
		r = Rate{PerSecond: perSecond}
	}
	if r.Burst == 0 {
		r.Burst = max(1, int(r.PerSecond))
	}
	return r
}

// rates keeps a bucket for each sender. A sender unseen for as long as it takes to fill one is forgotten: a new bucket
// is as full.
type rates struct {
	client, member Rate

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	limiter *rate.Limiter
	used    time.Time
	inside  atomic.Int64 // requests of a member that are being worked on
}

// maxInside is how many requests of one member are inside at once. Without a bound those of one member, which take turns
// where they are orders from custody, could take all places, or all slots of reads.
const maxInside = 16

const sweepEvery = time.Minute

func newRates(client, member Rate) rates {
	return rates{client: client, member: member, buckets: map[string]*bucket{}}
}

// wait is for how long the sender has to, before so many requests; zero lets them through. The bucket is the sender's.
func (r *rates) wait(who caller, requests int, now time.Time) (*bucket, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.swept) > sweepEvery {
		r.sweep(now)
	}
	b := r.buckets[who.owner()]
	if b == nil {
		limit := r.client
		if who.role == RoleSession {
			limit = r.member
		}
		b = &bucket{limiter: rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst)}
		r.buckets[who.owner()] = b
	}
	b.used = now
	reservation := b.limiter.ReserveN(now, min(requests, b.limiter.Burst()))
	delay := reservation.DelayFrom(now)
	if delay > 0 {
		reservation.CancelAt(now)
	}
	return b, delay
}

func (r *rates) sweep(now time.Time) {
	r.swept = now
	for owner, b := range r.buckets {
		full := time.Duration(float64(b.limiter.Burst()) / float64(b.limiter.Limit()) * float64(time.Second))
		if now.Sub(b.used) > full && b.inside.Load() == 0 {
			delete(r.buckets, owner)
		}
	}
}

// limit refuses who asks too often.
func (s *Server) limit(c *gin.Context) {
	who := callerOf(c)
	if who.role == "" {
		return
	}
	sender, delay := s.rates.wait(who, 1, time.Now())
	if v := visitOf(c); v != nil && delay == 0 && who.role == RoleSession {
		v.sender = sender
		if sender.inside.Add(1) > maxInside {
			delay = time.Second
		}
	}
	if delay > 0 {
		retryAfter(c, delay)
		s.fail(c, errTooOften)
	}
}

var errTooOften = &wallet.Error{Code: codeRateLimited, Detail: "too many requests from this client; nothing was accepted, send it again after the time in Retry-After"}
