package reconciliation

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// Options of New.
type Options struct {
	// Members are the members' accounts; nil if they are not known.
	Members map[string]dollars.Account
	// Progress is told of every event of the file; nil if nobody wants to know.
	Progress func()
}

// Reconciliation holds a file against a ledger: first it is told of the file (Read, Event), then by an audit of the ledger
// (Applied), and then it compares the two.
type Reconciliation struct {
	options Options
	items   map[dollars.BookingID]*item
	trips   map[dollars.TripID]string // bookings of the file, by what the ledger names them
	events  map[digest]told
	extras  map[dollars.BookingID]place // where items came to be that the file does not have
	found   []Finding
	summary Summary
}

// told is an event of the file.
type told struct {
	digest digest
	line   int
}

// item is a booked item of the file, and what happened to it on the ledger.
type item struct {
	hash          dollars.BookingID
	booking, name string
	said          [steps][]mention
	done          [steps]step
	loud          bool // something was found of it
}

// What can happen to an item. Each happens once at most.
const (
	confirmed = iota
	completed
	cancelled
	steps
)

var kinds = [steps]dollars.Kind{dollars.KindConfirm, dollars.KindComplete, dollars.KindCancel}

// mention is an event of the file about an item.
type mention struct {
	line, event, item int // line of the file; number of the event, and of the item in it
	cause             string
	facts             *dollars.Facts // of a confirmation
	account           *dollars.Account
}

// step is what the ledger made of it.
type step struct {
	applied bool
	code    dollars.Code // otherwise, with which it was refused last; "" never
	at      place
	cause   string
}

// place is an operation on the ledger.
type place struct {
	block     uint64
	index     int32
	operation int32
	tx        dollars.TxID
}

// New begins a reconciliation.
func New(o Options) *Reconciliation {
	return &Reconciliation{
		options: o, items: map[dollars.BookingID]*item{}, trips: map[dollars.TripID]string{}, events: map[digest]told{},
		extras: map[dollars.BookingID]place{},
	}
}

// Event adds an event of the file, as JSON, that begins on a line; 0 where the file has none.
func (r *Reconciliation) Event(line int, raw []byte) {
	s, err := decode(raw)
	if err != nil {
		f := Finding{Line: line, Reason: err.Error()}
		if s.booking != "" {
			f.Event, f.Booking = s.kind.String(), s.booking
		}
		r.invalid(f)
		return
	}
	r.count()
	if earlier, known := r.events[s.id]; known {
		r.summary.Repeated++
		if earlier.digest == s.digest {
			return
		}
		r.found = append(r.found, Finding{
			Class: Different, Line: line, Event: s.kind.String(), Booking: s.booking, order: r.now(),
			Reason: fmt.Sprintf("an earlier event%s has the same source and id, and says something else; the service takes one of them only", onLine(earlier.line)),
		})
	} else {
		r.events[s.id] = told{s.digest, line}
	}
	for i, one := range s.items {
		m := mention{line: line, event: r.summary.Events, item: i, cause: s.cause}
		if s.kind == dollars.KindConfirm {
			m.facts = &one.facts
			if account, known := r.options.Members[s.member]; known {
				m.account = &account
			}
		}
		it := r.item(s.source, s.booking, one.name)
		which := slices.Index(kinds[:], s.kind)
		it.said[which] = append(it.said[which], m)
	}
}

func onLine(line int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(", on line %d,", line)
}

// now is the place among findings of the event that was counted last.
func (r *Reconciliation) now() [3]int64 { return [3]int64{int64(r.summary.Events)} }

// count counts an event.
func (r *Reconciliation) count() {
	r.summary.Events++
	if r.options.Progress != nil {
		r.options.Progress()
	}
}

func (r *Reconciliation) invalid(f Finding) {
	r.count()
	f.Class, f.order = Invalid, r.now()
	r.found = append(r.found, f)
}

func (r *Reconciliation) item(source, booking, name string) *item {
	hash := dollars.NewBookingID(source, booking, name)
	it := r.items[hash]
	if it == nil {
		it = &item{hash: hash, booking: booking, name: name}
		r.items[hash], r.trips[hash.Trip()] = it, booking
	}
	return it
}

// Applied adds what a transaction did; it is for audit.Options.
func (r *Reconciliation) Applied(a audit.Applied) error {
	for i, e := range a.Journal.Entries {
		which := slices.Index(kinds[:], e.Kind)
		if which < 0 || e.Outcome == dollars.Duplicate || e.Code == dollars.CodeNotAuthorized {
			continue // what strangers send says nothing of the booking system
		}
		at := place{a.Block, int32(a.Index), int32(i), a.TxID}
		hash, applied := dollars.BookingID(e.Ref), e.Outcome == dollars.Applied
		it := r.items[hash]
		if it == nil {
			if _, known := r.extras[hash]; applied && !known {
				r.extras[hash] = at
			}
			continue
		}
		if !it.done[which].applied {
			it.done[which] = step{applied, e.Code, at, e.Name}
		}
	}
	return nil
}

// Compare compares the file with the ledger, whose state is that at the end of the audit.
func (r *Reconciliation) Compare(state iter.Seq2[string, []byte]) ([]Finding, Summary, error) {
	var extra []Finding
	for key, value := range state {
		k := dollars.ParseStateKey(key)
		if k.Kind != dollars.StateBooking {
			continue
		}
		rec, err := dollars.DecodeBookingRecord(value)
		if err != nil {
			return nil, Summary{}, fmt.Errorf("key %s: %w", key, err)
		}
		if it := r.items[k.Booking]; it != nil {
			r.compareFacts(it, rec)
			continue
		}
		extra = append(extra, r.extra(k.Booking, rec))
	}
	for _, it := range r.items {
		r.compareSteps(it)
		if !it.loud {
			r.summary.Agreed++
		}
	}
	r.summary.Items = len(r.items)
	for _, list := range [][]Finding{r.found, extra} {
		slices.SortStableFunc(list, func(a, b Finding) int {
			return cmp.Or(slices.Compare(a.order[:], b.order[:]), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Hash, b.Hash))
		})
	}
	all := append(r.found, extra...)
	for _, f := range all {
		*map[Class]*int{
			Missing: &r.summary.Missing, Extra: &r.summary.Extra, Different: &r.summary.Different, Invalid: &r.summary.Invalid,
		}[f.Class]++
	}
	return all, r.summary, nil
}

// extra is an item that is in no event of the file.
func (r *Reconciliation) extra(hash dollars.BookingID, rec dollars.BookingRecord) Finding {
	at := r.extras[hash]
	f := at.found(Finding{
		Class: Extra, Hash: hash.String(), Reason: fmt.Sprintf("the ledger has an item, which is %s, and the file has no event of it", rec.State),
		order: [3]int64{int64(at.block), int64(at.index), int64(at.operation)},
	})
	if booking, known := r.trips[hash.Trip()]; known {
		f.Booking = booking
	}
	return f
}

// compareSteps compares what happened to an item.
func (r *Reconciliation) compareSteps(it *item) {
	for which, done := range it.done {
		kind, said := kinds[which], it.said[which]
		if done.applied && len(said) == 0 {
			f := done.at.found(it.finding(Extra, kind, it.last()))
			f.Line, f.Reason = 0, fmt.Sprintf("the ledger has this %s, and the file has no event of it", kind)
			r.add(it, f)
		}
		for _, m := range said {
			if done.applied {
				break
			}
			f := it.finding(Missing, kind, m)
			if f.Reason = "the ledger has no trace of it"; done.code != "" {
				f = done.at.found(f)
				f.Code, f.Reason = string(done.code), fmt.Sprintf("the ledger refused it: %s", done.code)
			}
			r.add(it, f)
		}
	}
	done, said := it.done[cancelled], it.said[cancelled]
	if done.applied && len(said) > 0 && !slices.ContainsFunc(said, func(m mention) bool { return m.cause == done.cause }) {
		r.different(it, cancelled, said[0], []Field{{"cause", said[0].cause, done.cause}})
	}
}

// last is the last event about the item.
func (it *item) last() (m mention) {
	for _, said := range it.said {
		for _, one := range said {
			if one.event > m.event {
				m = one
			}
		}
	}
	return m
}

// compareFacts compares what confirmations say with what the ledger has.
func (r *Reconciliation) compareFacts(it *item, rec dollars.BookingRecord) {
	said := it.said[confirmed]
	if rec.State == dollars.BookingNoted || len(said) == 0 {
		return
	}
	situated := false
	compared := false
	for _, m := range said {
		fields := differences(*m.facts, rec.Facts)
		if m.account != nil {
			compared = true
			if *m.account != rec.Account {
				fields = append([]Field{{"account", m.account.String(), rec.Account.String()}}, fields...)
			}
		}
		if len(fields) > 0 {
			r.different(it, confirmed, m, fields)
		}
		situated = situated || len(situation(*m.facts, rec.Facts)) == 0
	}
	if !situated {
		r.different(it, confirmed, said[0], situation(*said[0].facts, rec.Facts))
	}
	if !compared {
		r.summary.Uncompared++
	}
}

func (r *Reconciliation) different(it *item, which int, m mention, fields []Field) {
	f := it.done[which].at.found(it.finding(Different, kinds[which], m))
	f.Fields, f.Reason = fields, inWords(fields)
	r.add(it, f)
}

func (r *Reconciliation) add(it *item, f Finding) {
	it.loud = true
	r.found = append(r.found, f)
}
