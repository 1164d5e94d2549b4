package bookings

import (
	"fmt"
	"math/bits"
	"sort"
)

// MemberID is the member number of the n-th most frequent traveller, counted from 1.
func MemberID(n int) string { return fmt.Sprintf("m%06d", n) }

// Crowd is a number of members of whom a few travel often and most seldom (Zipf-Mandelbrot):
// member n is drawn with weight 1/(n+100). So some accounts are hot, and the many others are used
// now and then, as in a real membership.
//
// Only integers are involved, so the same draws give the same members on every machine and with
// every version of Go. The weights do not depend on the size: a Crowd of 1,000 is the most
// frequent 1,000 members of a Crowd of 20,000.
type Crowd struct {
	cumulated []uint64 // cumulated[i] is the sum of the weights of members 1 to i+1.
}

// NewCrowd makes a crowd of the given size, which must be positive.
func NewCrowd(size int) Crowd {
	const (
		one      = 1 << 32 // The fixed point of weights.
		flatness = 100     // Without it the first member would make a tenth of all bookings.
	)
	if size < 1 {
		panic("bookings: a crowd of nobody")
	}
	cumulated := make([]uint64, size)
	sum := uint64(0)
	for i := range cumulated {
		sum += max(1, one/(uint64(i)+1+flatness))
		cumulated[i] = sum
	}
	return Crowd{cumulated}
}

// Pick turns a uniformly distributed draw into a member, as a number for [MemberID].
func (c Crowd) Pick(draw uint64) int {
	below, _ := bits.Mul64(draw, c.cumulated[len(c.cumulated)-1])
	return 1 + sort.Search(len(c.cumulated), func(i int) bool { return c.cumulated[i] > below })
}
