package hotels

import (
	"cmp"
	"encoding/hex"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/destinasia/dollars/bookings"
)

// Source is the source of all events of the file.
const Source = "urn:destinasia:replay:hotel-booking-demand"

// Options of Read. The zero value reads the whole file with seed 0.
type Options struct {
	Limit int    // Only the first Limit rows of the file; zero means all.
	Seed  uint64 // Another seed spreads the same bookings over other members.
}

// File is the file as read. It does not change and may be used concurrently.
type File struct {
	rows  []row
	order []uint32 // An event each, as they happened: the row's index times two, plus one for its end.
}

// row is one booking. There are many, hence no strings and no pointers, and numbers no wider than
// the parser lets them become.
type row struct {
	booking [16]byte
	price   bookings.Cents
	booked  int64 // Unix time of the confirmation.
	ended   int64 // Unix time of the completion or cancellation.
	arrival bookings.Date
	member  int32
	nights  int16
	party   int16
	outcome outcome
	hotel   hotel
	channel channel
}

// Read reads the file, plain or compressed with gzip.
func Read(r io.Reader, options Options) (*File, error) {
	rows, err := readRows(r, options)
	if err != nil {
		return nil, err
	}
	// An index times two fits: 2^31 rows would not fit into memory.
	f := &File{rows: rows, order: make([]uint32, 2*len(rows))}
	for i := range f.order {
		f.order[i] = uint32(i)
	}
	slices.SortFunc(f.order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(f.unix(a), f.unix(b)), cmp.Compare(a, b))
	})
	return f, nil
}

func (f *File) unix(event uint32) int64 {
	if event%2 == 0 {
		return f.rows[event/2].booked
	}
	return f.rows[event/2].ended
}

// Len is the number of events.
func (f *File) Len() int { return len(f.order) }

// Events yields all events in the order they happened. A booking is confirmed before it ends.
func (f *File) Events() iter.Seq[bookings.Event] {
	return func(yield func(bookings.Event) bool) {
		for _, event := range f.order {
			r := &f.rows[event/2]
			e := r.confirmed()
			if event%2 == 1 {
				e = r.end()
			}
			if !yield(e) {
				return
			}
		}
	}
}

// Members are the distinct members of the bookings, the most frequent traveller first.
func (f *File) Members() []string {
	var met [members + 1]bool
	for i := range f.rows {
		met[f.rows[i].member] = true
	}
	var ids []string
	for n, yes := range met {
		if yes {
			ids = append(ids, bookings.MemberID(n))
		}
	}
	return ids
}

func (r *row) confirmed() bookings.Event {
	e := r.event("/confirmed", bookings.Confirmed, r.booked)
	e.Data.Member = bookings.MemberID(int(r.member))
	e.Data.Channel = channelCodes[r.channel]
	e.Data.Party = int(r.party)
	e.Data.Items[0] = bookings.Item{
		Item:    item,
		Kind:    bookings.Hotel,
		Price:   bookings.Price{Amount: r.price, Currency: "EUR"},
		Start:   r.arrival,
		End:     r.arrival + bookings.Date(r.nights),
		Country: "PT",
		Hotel:   hotelCodes[r.hotel],
	}
	return e
}

func (r *row) end() bookings.Event {
	switch r.outcome {
	case canceled:
		e := r.event("/cancelled", bookings.Cancelled, r.ended)
		e.Data.Reason = "cancellation"
		return e
	case noShow:
		e := r.event("/cancelled", bookings.Cancelled, r.ended)
		e.Data.Reason = "no-show"
		return e
	default:
		return r.event("/completed", bookings.Completed, r.ended)
	}
}

const item = "1" // A row has one item.

func (r *row) event(suffix, typ string, unix int64) bookings.Event {
	booking := "h" + hex.EncodeToString(r.booking[:])
	return bookings.Event{
		Source: Source,
		ID:     booking + suffix,
		Type:   typ,
		Time:   time.Unix(unix, 0).UTC(),
		Data:   bookings.Data{Booking: booking, Items: []bookings.Item{{Item: item}}},
	}
}
