package lint

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/overloads"

	"github.com/destinasia/dollars/chaincode/earn"
)

const (
	daySeconds = 86_400

	// What an item is like where nothing asks for something else.
	usualPrice  = 100_00
	usualParty  = 2
	usualNights = 2
	usualLead   = 30

	exactTries = 20  // of items in a box that only what the box cannot say could spoil
	looseTries = 300 // of items in a box whose conditions are not all understood
)

// witness looks for an item in a box that holds. The first one tried is an ordinary one, the others are random, and then
// made as ordinary as they can be; the same box always gives the same item.
func (s *space) witness(b box, since int64, holds func(earn.Item) bool) *earn.Item {
	tries := looseTries
	if b.exact {
		tries = exactTries
	}
	w := maker{space: s, box: b, since: since, tries: tries, random: rand.New(rand.NewPCG(1, 2))}
	fits := func(i *earn.Item) bool { return s.possible(i) && b.has(i) && holds(*i) }
	for w.try = range tries {
		if i, ok := w.item(); ok && fits(&i) {
			if w.try > 0 {
				i = w.plainer(i, fits)
			}
			return &i
		}
	}
	return nil
}

// maker makes items in a box.
type maker struct {
	*space
	box
	since  int64
	try    int // the first is 0
	tries  int
	random *rand.Rand
}

// item makes one; it may be beside the box all the same, where facts depend on each other.
func (w *maker) item() (earn.Item, bool) {
	i := earn.Item{
		Kind: w.kind, Currency: w.text(currency), Tier: w.text(tier),
		Cabin: w.text(cabin), Route: w.route(), Country: w.text(country), Hotel: w.text(hotel), Channel: w.text(channel),
		Price: w.number(price, usualPrice), Party: w.number(party, usualParty),
	}
	first := w.first()
	var ahead int64
	if w.at(moment) != nil {
		i.Time = w.number(moment, w.since)
		ahead = w.number(lead, max(0, first-floorDay(i.Time)))
	} else {
		ahead = w.number(lead, usualLead)
		i.Time = (first-ahead)*daySeconds + daySeconds/2
	}
	length := w.number(span, usualNights)
	w.trip(&i, length)
	for _, d := range []int64{first, first + length, first - ahead} {
		if d < math.MinInt32 || d > math.MaxInt32 {
			return i, false
		}
	}
	i.Start, i.End, i.Booked = int32(first), int32(first+length), int32(first-ahead)
	return i, true
}

func (w *maker) trip(i *earn.Item, length int64) {
	wanted := [3]int64{}
	wanted[i.Kind-earn.Hotel] = 1
	longestStay := int64(0)
	switch {
	case i.Kind == earn.Hotel:
		if longestStay = w.number(longest, length); longestStay > length {
			wanted[0] = 2
		}
	case !w.in(hotels).(numbers).has(0):
		wanted[0] = 1
	}
	i.Trip.Hotels = uint32(w.number(hotels, wanted[0]))
	i.Trip.Cars = uint32(w.number(cars, wanted[1]))
	i.Trip.Flights = uint32(w.number(flights, wanted[2]))
	if i.Kind != earn.Hotel && i.Trip.Hotels > 0 {
		longestStay = w.number(longest, usualNights)
	}
	i.Trip.Nights = uint32(longestStay)
}

// in is what an axis may be.
func (w *maker) in(a axis) set {
	if in := w.at(a); in != nil {
		return in
	}
	return w.domains[a]
}

// number takes one from an axis: at first the one nearest to what is usual, then those that are often booked, then any.
func (w *maker) number(a axis, usual int64) int64 {
	in := w.in(a).(numbers)
	if w.try == 0 || w.random.IntN(3) == 0 {
		return nearest(in, usual)
	}
	if w.try <= w.tries/2 {
		return nearest(in, w.likely(a, usual))
	}
	some := in[w.random.IntN(len(in))]
	width := uint64(some.hi) - uint64(some.lo)
	switch w.random.IntN(4) {
	case 0:
		return some.lo
	case 1:
		return some.hi
	case 2:
		width = min(width, 10)
	default: // All magnitudes are as likely.
		width = min(width, 1<<w.random.IntN(40))
	}
	if width == math.MaxUint64 {
		return some.lo
	}
	return int64(uint64(some.lo) + w.random.Uint64N(width+1))
}

// likely is a number that bookings have.
func (w *maker) likely(a axis, usual int64) int64 {
	switch a {
	case price:
		return usualPrice * w.random.Int64N(100)
	case start:
		return usual + w.random.Int64N(365)
	case moment:
		return usual + w.random.Int64N(365)*daySeconds
	}
	return w.random.Int64N(10)
}

func nearest(in numbers, to int64) int64 {
	for _, some := range in {
		if to <= some.hi {
			return max(to, some.lo)
		}
	}
	return in.max()
}

// first is a first day, in the month if there is one.
func (w *maker) first() int64 {
	from := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC).Unix() / daySeconds // Any time, where nothing says when.
	if w.since > 0 {
		from = floorDay(w.since) + 30
	}
	in, months := w.in(start).(numbers), w.in(month).(numbers)
	from = w.number(start, from)
	for d := range int64(366) {
		if v := from + d; in.has(v) && months.has(monthOf(v)) {
			return v
		}
	}
	for d := range int64(366) {
		if v := from - d; in.has(v) && months.has(monthOf(v)) {
			return v
		}
	}
	return from
}

func floorDay(unix int64) int64 {
	d := unix / daySeconds
	if unix%daySeconds < 0 {
		d--
	}
	return d
}

// route takes one that fits the origin and the destination.
func (w *maker) route() string {
	if w.at(origin) == nil && w.at(destination) == nil || !w.in(route).(texts).open {
		return w.text(route)
	}
	from, to := w.text(origin), w.text(destination)
	if from == "" && to == "" && w.in(route).(texts).has("") {
		return ""
	}
	return from + "-" + to
}

// text takes one from an axis: at first "" if that is possible.
func (w *maker) text(a axis) string {
	in := w.in(a).(texts)
	if !in.open {
		if w.try == 0 || w.random.IntN(3) == 0 {
			return in.values[0]
		}
		return in.values[w.random.IntN(len(in.values))]
	}
	if w.try == 0 && in.has("") {
		return ""
	}
	usual := slices.DeleteFunc(in.likely(a), func(s string) bool { return !in.has(s) })
	if len(usual) == 0 {
		return ""
	}
	if w.try == 0 {
		return usual[0]
	}
	return usual[w.random.IntN(len(usual))]
}

// examples are what codes look like.
var examples = map[axis]string{
	cabin: "economy", route: "FRA-LIS", origin: "FRA", destination: "LIS", country: "PT", hotel: "HOTEL-1", channel: "app",
}

// likely are texts that may be in an open set, made from its patterns.
func (t texts) likely(a axis) []string {
	var begin, within, end string
	var found []string
	for _, p := range t.patterns {
		switch {
		case p.not || p.op == isCode || p.op == isHalf:
		case p.op == overloads.StartsWith && len(p.text) > len(begin):
			begin = p.text
		case p.op == overloads.EndsWith && len(p.text) > len(end):
			end = p.text
		case p.op == overloads.Contains:
			within += p.text
		case p.op != overloads.StartsWith && p.op != overloads.EndsWith:
			found = append(found, p.text, p.text+"0", p.text[:len(p.text)/2], "0", "z")
		}
	}
	found = append(found, examples[a], begin, within, end, begin+within+end, begin+end)
	for _, fill := range []string{"a", "0", "X1", "Z9", "q7"} {
		found = append(found, fill, begin+fill+within+end, begin+within+fill+end, begin+within+end+fill)
	}
	// begin and end may share some bytes.
	for n := range min(len(begin), len(end)) {
		if strings.HasSuffix(begin, end[:n+1]) {
			found = append(found, begin+end[n+1:])
		}
	}
	return found
}

// tell describes an item.
func tell(i *earn.Item) string {
	words := []string{"a " + i.Kind.String()}
	length := int64(i.End) - int64(i.Start)
	if i.Kind == earn.Hotel {
		words[0] += " for " + count(length, "night")
	} else {
		words[0] += " for " + count(length+1, "day")
	}
	date := func(d int32) string { return time.Unix(int64(d)*daySeconds, 0).UTC().Format(time.DateOnly) }
	words = append(words, fmt.Sprintf("from %s, booked %s, at %s %s", date(i.Start), date(i.Booked), earn.Cents(i.Price), i.Currency))
	for _, c := range codes {
		if is := *c.of(i); is != "" {
			words = append(words, c.name+" "+is)
		}
	}
	words = append(words, "party of "+fmt.Sprint(i.Party))
	trip := fmt.Sprintf("in a trip with %s, %s and %s", count(int64(i.Trip.Hotels), "hotel"), count(int64(i.Trip.Cars), "car"), count(int64(i.Trip.Flights), "flight"))
	if i.Trip.Nights > 0 {
		trip += ", the longest stay " + count(int64(i.Trip.Nights), "night")
	}
	return strings.Join(append(words, trip), ", ")
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
