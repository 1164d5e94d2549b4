package native

import (
	"fmt"
	"time"
)

// Rehearsal is what makes a network one for rehearsals: it lives at a time of its own, ahead of the machine's.
type Rehearsal struct {
	// Clock is the time it was last set to.
	Clock time.Time `json:"clock"`
	// ClockOffset is how many seconds its time is ahead of the machine's since then.
	ClockOffset int64 `json:"clockOffset"`
}

// The bounds of what a network's clock may be set to. What was earned long ago would have expired before it could be
// spent; and what is in force longer than the programs are is nobody's to rehearse.
const (
	rehearseBehind = 24 * time.Hour
	rehearseUntil  = 2035
)

// How far from its own time a peer takes transactions to be dated. Peers keep the machine's time in rehearsals too, so
// there it reaches to rehearseUntil and beyond.
const (
	presentWindow   = 15 * time.Minute
	rehearsalWindow = 20 * 365 * 24 * time.Hour
)

// ClockOffset is how far the network's time is ahead of the machine's.
func (n *Network) ClockOffset() time.Duration {
	if n.Rehearsal == nil {
		return 0
	}
	return time.Duration(n.Rehearsal.ClockOffset) * time.Second
}

// Now is what time it is in the network.
func (n *Network) Now() time.Time { return time.Now().Add(n.ClockOffset()) }

func (n *Network) timeWindow() time.Duration {
	if n.Rehearsal == nil {
		return presentWindow
	}
	return rehearsalWindow
}

// setClock makes a planned network one for rehearsals, or moves the clock of one on. Asked again for the time it was
// last set to, the network goes on from wherever it is: so the same command continues what it began.
func (n *Network) setClock(clock, now time.Time) error {
	there := now.Add(n.ClockOffset())
	switch {
	case n.settled() && n.Rehearsal == nil:
		return fmt.Errorf("the network in %s lives in the present, and its ledger is for keeps: leave --clock out, or choose another --dir for a rehearsal", n.Dir)
	case n.Rehearsal != nil && clock.Equal(n.Rehearsal.Clock):
		return nil
	case n.settled() && clock.Before(there):
		return fmt.Errorf("it is %s already in the network in %s, and time on a ledger only goes on: choose a later --clock, or another --dir to begin anew",
			there.UTC().Format(time.RFC3339), n.Dir)
	case clock.Before(now.Add(-rehearseBehind)):
		return fmt.Errorf("--clock %s is past: a rehearsal may begin a day ago at the earliest, or later", clock.Format(time.RFC3339))
	case clock.UTC().Year() > rehearseUntil:
		return fmt.Errorf("--clock %s is too far ahead: rehearsals go up to the end of %d", clock.Format(time.RFC3339), rehearseUntil)
	}
	n.Rehearsal = &Rehearsal{Clock: clock.UTC(), ClockOffset: int64(clock.Sub(now) / time.Second)}
	return nil
}
