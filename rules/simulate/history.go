package simulate

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// History is booked items as a ledger has them, packed so that a million take about 100 MB. The zero value is empty.
// It may be compared by several goroutines at once, but not while something is added.
type History struct {
	items    []item
	accounts []dollars.Account
	texts    []string
	noted    int

	accountIndex map[dollars.Account]uint32
	textIndex    map[string]uint32
}

// item is a booking record without what the rules of its day made of it. It holds no pointers, so that the garbage
// collector need not look at a million of them.
type item struct {
	id      dollars.BookingID
	price   dollars.Amount
	time    int64     // Unix seconds at which it was confirmed
	account uint32    // of History.accounts
	texts   [6]uint32 // of History.texts: currency, cabin, route, country, hotel, channel
	start   dollars.Date
	end     dollars.Date
	booked  dollars.Date // 0 where the booking system did not say
	party   uint16
	trip    [4]uint16 // hotels, cars, flights, nights
	kind    earn.Kind
	state   dollars.BookingState
}

// lastDay is the last day of 9989: points awarded then expire, after at most ten years, in a month of four digits.
const lastDay dollars.Date = 2_929_244

// Add adds one booked item. One of which only a cancellation was ever reported is counted and left out, because
// nothing is known of it.
func (h *History) Add(id dollars.BookingID, rec dollars.BookingRecord) error {
	if rec.State == dollars.BookingNoted {
		h.noted++
		return nil
	}
	if err := rec.Facts.Check(); err != nil {
		return fmt.Errorf("booked item %s is none that a ledger takes: %w", id, err)
	}
	if rec.State < dollars.BookingPending || rec.State > dollars.BookingReversed {
		return fmt.Errorf("booked item %s is %s, which no item on a ledger is", id, rec.State)
	}
	if rec.Time < 0 || rec.Time/secondsPerDay > int64(lastDay) {
		return fmt.Errorf("booked item %s was confirmed at %d, which is no time in Unix seconds from 1970 to 9989", id, rec.Time)
	}
	f := rec.Facts
	t := f.Trip
	h.items = append(h.items, item{
		id: id, price: f.Price, time: rec.Time, account: h.account(rec.Account),
		texts: [...]uint32{h.text(f.Currency), h.text(f.Cabin), h.text(f.Route), h.text(f.Country), h.text(f.Hotel), h.text(f.Channel)},
		start: f.Start, end: f.End, booked: f.Booked,
		party: uint16(f.Party), trip: [...]uint16{uint16(t.Hotels), uint16(t.Cars), uint16(t.Flights), uint16(t.Nights)}, // Check bounds them.
		kind: f.Kind, state: rec.State,
	})
	return nil
}

// AddState adds a booked item as it is in a ledger's state.
func (h *History) AddState(key string, value []byte) error {
	k := dollars.ParseStateKey(key)
	if k.Kind != dollars.StateBooking {
		return fmt.Errorf("%.80q is not the state key of a booked item", key)
	}
	rec, err := dollars.DecodeBookingRecord(value)
	if err != nil {
		return fmt.Errorf("state under %s: %w", key, err)
	}
	return h.Add(k.Booking, rec)
}

// Len is how many items there are, without those left out.
func (h *History) Len() int { return len(h.items) }

func (h *History) account(a dollars.Account) uint32 {
	if h.accountIndex == nil {
		h.accountIndex = map[dollars.Account]uint32{}
	}
	return intern(a, &h.accounts, h.accountIndex)
}

func (h *History) text(s string) uint32 {
	if h.textIndex == nil {
		h.textIndex = map[string]uint32{}
	}
	return intern(s, &h.texts, h.textIndex)
}

func intern[T comparable](v T, list *[]T, index map[T]uint32) uint32 {
	i, known := index[v]
	if !known {
		i = uint32(len(*list))
		*list = append(*list, v)
		index[v] = i
	}
	return i
}

// facts are those that were reported.
func (h *History) facts(it *item) dollars.Facts {
	text := func(i int) string { return h.texts[it.texts[i]] }
	return dollars.Facts{
		Kind: it.kind, Price: it.price, Currency: text(0), Start: it.start, End: it.end, Booked: it.booked,
		Cabin: text(1), Route: text(2), Country: text(3), Hotel: text(4), Channel: text(5), Party: uint32(it.party),
		Trip: earn.Trip{Hotels: uint32(it.trip[0]), Cars: uint32(it.trip[1]), Flights: uint32(it.trip[2]), Nights: uint32(it.trip[3])},
	}
}

// bookedOn is the day the item was booked, or else the day its confirmation reached the ledger.
func (it *item) bookedOn() dollars.Date {
	if it.booked != 0 {
		return it.booked
	}
	return dollars.DateOf(it.time)
}

// stands tells whether the item was neither cancelled nor reversed.
func (it *item) stands() bool {
	return it.state == dollars.BookingPending || it.state == dollars.BookingAwarded
}

// completed tells whether the item was completed, and perhaps reversed later.
func (it *item) completed() bool {
	return it.state == dollars.BookingAwarded || it.state == dollars.BookingReversed
}
