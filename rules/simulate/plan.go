package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
)

const secondsPerDay = 24 * 60 * 60

// MaxShift is by how many years a history may be moved, in either direction.
const MaxShift = 100

// Options are what of a history is replayed, and when.
type Options struct {
	// From and Until leave out what was booked before the one or after the other; 0 leaves out nothing. They are days
	// of the history, before Shift.
	From, Until dollars.Date

	// Shift moves all days by so many years, to try next summer's season on an old summer.
	Shift int

	// Current and Draft are what the report's tables and chart call the two sides; "" is "current" and "draft".
	Current, Draft string

	// Progress, if not nil, is told how many of the steps of both replays are done. It is called by one goroutine at a
	// time.
	Progress func(done, total int)
}

func (o Options) check() error {
	switch {
	case o.From < 0 || o.Until < 0:
		return errors.New("no day is before 1970-01-01")
	case o.From != 0 && o.Until != 0 && o.Until < o.From:
		return fmt.Errorf("nothing was booked from %s until %s: the end is before the beginning", o.From, o.Until)
	case o.Shift < -MaxShift || o.Shift > MaxShift:
		return fmt.Errorf("a shift of %d years is more than %d", o.Shift, MaxShift)
	}
	return nil
}

// plan is what is replayed on both sides, in its order.
type plan struct {
	history *History
	shift   int
	items   []uint32 // places in history.items, by the time of their confirmation on the ledger
	steps   []step   // ascending
	batch   int      // at most so many steps are one batch
}

// step is something that happens to an item: the day, what happens, and the place in plan.items, in this order from the
// most significant bits on. So steps sort by themselves.
type step uint64

// What happens to items on one day happens in this order: first bookings, so that one may end on its day, and
// cancellations last, so that what they give back of caps and budgets is there from the next day on.
const (
	confirms = iota
	completes
	cancels
)

func newStep(day dollars.Date, what int, place int) step {
	return step(min(day, lastDay))<<34 | step(what)<<32 | step(place)
}

func (s step) day() dollars.Date { return dollars.Date(s >> 34) }
func (s step) what() int         { return int(s >> 32 & 3) }
func (s step) place() int        { return int(uint32(s)) }

// together tells whether two steps may be in one batch.
func (s step) together(other step) bool { return s>>32 == other>>32 }

func newPlan(h *History, o Options) (*plan, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &plan{history: h, shift: o.Shift, batch: dollars.MaxOperations}
	for i := range h.items {
		day := h.items[i].bookedOn()
		if day >= o.From && (o.Until == 0 || day <= o.Until) {
			p.items = append(p.items, uint32(i))
		}
	}
	slices.SortFunc(p.items, func(a, b uint32) int {
		x, y := &h.items[a], &h.items[b]
		return cmp.Or(cmp.Compare(x.time, y.time), slices.Compare(x.id[:], y.id[:]))
	})
	p.steps = make([]step, 0, 2*len(p.items))
	for place := range p.items {
		if err := p.add(place); err != nil {
			return nil, err
		}
	}
	slices.Sort(p.steps)
	return p, nil
}

// add plans the steps of an item.
func (p *plan) add(place int) error {
	it := p.item(place)
	// The first day of all has the number 0, which as a day of booking means that the booking system did not say.
	booked, start, end := p.booked(it), shifted(it.start, p.shift), p.end(it)
	if booked < 1 || start < 0 {
		return fmt.Errorf("a shift of %d years takes a booking of %s, starting %s, before 1970", p.shift, it.bookedOn(), it.start)
	}
	booked = min(booked, lastDay) // so that Start-1 and End below cannot leave the days
	p.steps = append(p.steps, newStep(booked, confirms, place))
	completed := min(max(end, booked), lastDay)
	if it.completed() {
		p.steps = append(p.steps, newStep(completed, completes, place))
	}
	switch it.state {
	case dollars.BookingReversed:
		p.steps = append(p.steps, newStep(completed+1, cancels, place))
	case dollars.BookingCancelled:
		p.steps = append(p.steps, newStep(max(start-1, booked), cancels, place))
	}
	return nil
}

func (p *plan) item(place int) *item { return &p.history.items[p.items[place]] }

func (p *plan) booked(it *item) dollars.Date { return shifted(it.bookedOn(), p.shift) }

// end keeps the item as long as it was: over the end of a February, the same days of another year may be one more or
// one less.
func (p *plan) end(it *item) dollars.Date {
	return clamped(int64(shifted(it.start, p.shift)) + int64(it.end-it.start))
}

// confirm is the item's confirmation.
func (p *plan) confirm(it *item) dollars.Confirm {
	f := p.history.facts(it)
	f.Start, f.End = shifted(it.start, p.shift), p.end(it)
	if it.booked != 0 {
		f.Booked = shifted(it.booked, p.shift)
	}
	return dollars.Confirm{Booking: it.id, Account: p.history.accounts[it.account], Facts: f}
}

// shifted is the same day some years later. 29 February becomes the 28th in a year without one, so that it stays in
// its month, and no day overtakes another.
func shifted(d dollars.Date, years int) dollars.Date {
	if years == 0 {
		return d
	}
	year, month, day := time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
	t := time.Date(year+years, month, day, 0, 0, 0, 0, time.UTC)
	if t.Month() != month {
		t = t.AddDate(0, 0, -1)
	}
	return clamped(t.Unix() / secondsPerDay)
}

func clamped(day int64) dollars.Date {
	return dollars.Date(max(math.MinInt32, min(day, math.MaxInt32)))
}
