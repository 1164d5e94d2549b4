package sample

import (
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/destinasia/dollars/bookings"
)

// dice are the chance of a sample. They use of math/rand/v2 only the sequence of PCG, which is
// specified, and not the methods of Rand, which are free to change.
type dice struct{ *rand.PCG }

// The dice of a seed. They are any constants; others would give other samples.
const (
	eventDice = 0x64657374696e6173 // What is booked, at which price, and what becomes of it.
	factDice  = 0x6661637473206f66 // What else is told of it.
)

func newDice(seed, which uint64) dice { return dice{rand.NewPCG(seed, which)} }

// below is a number from 0 to n-1. Its bias is n in 2^64.
func (d dice) below(n int) int {
	high, _ := bits.Mul64(d.Uint64(), uint64(n))
	return int(high)
}

// between is a number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.below(high-low+1) }

// during is a second of the day.
func (d dice) during(day bookings.Date) time.Time {
	return day.At(time.Duration(d.below(24*3600)) * time.Second)
}
