package lint

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// axis is something about an item that conditions and seasons limit independently of the rest, nearly: tighten knows
// what else follows.
type axis uint8

const (
	kindAxis axis = iota
	price
	currency
	span // days from the first to the last: the nights of a hotel stay, and days - 1
	cabin
	route
	origin
	destination
	country
	hotel
	channel
	lead
	party
	month
	tier
	hotels
	cars
	flights
	longest // nights of the trip's longest hotel stay
	start   // the first day
	moment  // of confirmation on the ledger
	axes
)

// variableAxes is where variables are. The rest is what number and text make of them.
var variableAxes = map[string]axis{
	"kind": kindAxis, "price": price, "currency": currency, "nights": span, "days": span, "cabin": cabin,
	"route": route, "origin": origin, "destination": destination, "country": country, "hotel": hotel, "channel": channel,
	"lead": lead, "party": party, "month": month, "tier": tier,
	"trip.hotels": hotels, "trip.cars": cars, "trip.flights": flights, "trip.nights": longest,
}

// space is the items of one kind that a rule set may be asked about.
type space struct {
	kind    earn.Kind
	domains [axes]set
}

// newSpace takes the domains from the variables and narrows them to what the kind and the rule set allow.
func newSpace(k earn.Kind, rules earn.RuleSet) *space {
	s := &space{kind: k}
	for _, v := range earn.Variables {
		a, known := variableAxes[v.Name]
		switch {
		case !known || v.Name == "days": // nights has the same axis.
		case v.Type == earn.Int:
			s.domains[a] = between(v.Min, v.Max)
		default:
			s.domains[a] = like(pattern{op: isCode})
		}
	}
	tiers := []string{""}
	for _, l := range rules.Tiers {
		tiers = append(tiers, l.Tier)
	}
	s.domains[tier] = these(tiers...)
	s.domains[kindAxis] = these(k.String())
	s.domains[currency] = these(rules.Currency)
	s.domains[origin] = like(pattern{op: isHalf})
	s.domains[destination] = like(pattern{op: isHalf})
	s.domains[start] = between(0, math.MaxInt32)
	s.narrow(price, int64(dollars.MaxPrice))
	s.narrow(party, dollars.MaxParty)
	for _, a := range [...]axis{hotels, cars, flights, longest} {
		s.narrow(a, maxTrip)
	}
	s.domains[moment] = allNumbers
	own := map[earn.Kind]axis{earn.Hotel: hotels, earn.Car: cars, earn.Flight: flights}[k]
	s.domains[own] = s.domains[own].and(between(1, math.MaxInt64))
	return s
}

// maxTrip is how many items of a kind, or nights, a trip has at most. The ledger refuses other facts.
const maxTrip = 1<<16 - 1

// narrow bounds numbers of which a ledger takes no more.
func (s *space) narrow(a axis, most int64) {
	s.domains[a] = s.domains[a].and(between(0, most))
}

// read is what an item has at an axis: a number or a text.
func read(a axis, i *earn.Item) (int64, string) {
	switch a {
	case kindAxis:
		return 0, i.Kind.String()
	case currency:
		return 0, i.Currency
	case cabin:
		return 0, i.Cabin
	case route:
		return 0, i.Route
	case origin, destination:
		from, to := halves(i.Route)
		if a == origin {
			return 0, from
		}
		return 0, to
	case country:
		return 0, i.Country
	case hotel:
		return 0, i.Hotel
	case channel:
		return 0, i.Channel
	case tier:
		return 0, i.Tier
	}
	return readNumber(a, i), ""
}

func readNumber(a axis, i *earn.Item) int64 {
	switch a {
	case price:
		return i.Price
	case span:
		return int64(i.End) - int64(i.Start)
	case lead:
		return max(0, int64(i.Start)-int64(i.Booked))
	case party:
		return i.Party
	case month:
		return monthOf(int64(i.Start))
	case hotels:
		return int64(i.Trip.Hotels)
	case cars:
		return int64(i.Trip.Cars)
	case flights:
		return int64(i.Trip.Flights)
	case longest:
		return int64(i.Trip.Nights)
	case start:
		return int64(i.Start)
	}
	return i.Time
}

func monthOf(day int64) int64 { return int64(time.Unix(day*daySeconds, 0).UTC().Month()) }

// halves are the origin and the destination of a route.
func halves(route string) (from, to string) {
	hyphen := strings.IndexByte(route, '-')
	if hyphen < 0 {
		return "", ""
	}
	return route[:hyphen], route[strings.LastIndexByte(route, '-')+1:]
}

// has tells whether an item of the space's kind is in the box.
func (b box) has(i *earn.Item) bool {
	for _, l := range b.limits {
		number, text := read(l.axis, i)
		switch in := l.in.(type) {
		case numbers:
			if !in.has(number) {
				return false
			}
		case texts:
			if !in.has(text) {
				return false
			}
		}
	}
	return true
}

// possible tells whether there can be such an item: each fact in its domain, and the facts in accord.
func (s *space) possible(i *earn.Item) bool {
	for a := range axes {
		if !(box{limits: []limit{{a, s.domains[a]}}}).has(i) {
			return false
		}
	}
	if i.Booked < 0 {
		return false
	}
	stay, t := readNumber(span, i), i.Trip
	if i.Kind == earn.Hotel {
		return int64(t.Nights) >= stay && (t.Hotels > 1 || int64(t.Nights) == stay)
	}
	return t.Hotels > 0 || t.Nights == 0
}

// tighten narrows a box to what else follows from its limits; false where no item can be in it.
func (s *space) tighten(b box) (box, bool) {
	t := tight{space: s, possible: true}
	for a := range axes {
		t.in[a] = s.domains[a]
	}
	for _, l := range b.limits {
		t.in[l.axis] = l.in
	}
	for range 2 { // What the first round finds may tell the second more. Stopping early is only less precise.
		t.route()
		t.calendar()
		t.stays()
	}
	if !t.possible {
		return box{}, false
	}
	narrow := box{exact: b.exact}
	for a := range axes {
		if !t.in[a].covers(s.domains[a]) {
			narrow.limits = append(narrow.limits, limit{a, t.in[a]})
		}
	}
	return narrow, true
}

// tight is a box while it is tightened.
type tight struct {
	*space
	in       [axes]set
	possible bool
}

func (t *tight) narrow(a axis, to set) {
	t.in[a] = t.in[a].and(to)
	t.possible = t.possible && !t.in[a].empty()
}

// numbers is what a number may be; not to be asked once nothing is possible.
func (t *tight) numbers(a axis) numbers { return t.in[a].(numbers) }

// route: its halves are the origin and the destination.
func (t *tight) route() {
	routes := t.in[route].(texts)
	if routes.open {
		return
	}
	from, to := t.in[origin].(texts), t.in[destination].(texts)
	routes = routes.filter(func(r string) bool {
		o, d := halves(r)
		return from.has(o) && to.has(d)
	})
	var origins, destinations []string
	for _, r := range routes.values {
		o, d := halves(r)
		origins, destinations = append(origins, o), append(destinations, d)
	}
	t.narrow(route, routes)
	t.narrow(origin, these(origins...))
	t.narrow(destination, these(destinations...))
}

// calendar: the first day is in the month.
func (t *tight) calendar() {
	if !t.possible {
		return
	}
	var months numbers
	for _, days := range t.numbers(start) {
		if days.hi-days.lo >= 365 {
			return
		}
		for day := days.lo; day <= days.hi; day++ {
			if m := monthOf(day); !months.has(m) {
				either, _ := months.or(only(m))
				months = either.(numbers)
			}
		}
	}
	t.narrow(month, months)
}

// stays: the longest hotel stay of a trip is no shorter than the item, where that is one, and is it, where it is the
// only one; without hotels there is none.
func (t *tight) stays() {
	if !t.possible {
		return
	}
	if t.kind == earn.Hotel {
		t.narrow(longest, between(t.numbers(span).min(), math.MaxInt64))
		if t.possible {
			t.narrow(span, between(0, t.numbers(longest).max()))
		}
		if t.possible && t.numbers(hotels).max() == 1 {
			t.narrow(longest, t.in[span])
			t.narrow(span, t.in[longest])
		}
		if t.possible && !t.in[longest].meets(t.in[span]) {
			t.narrow(hotels, between(2, math.MaxInt64))
		}
		return
	}
	if t.numbers(hotels).max() == 0 {
		t.narrow(longest, only(0))
	}
	if t.possible && t.numbers(longest).min() > 0 {
		t.narrow(hotels, between(1, math.MaxInt64))
	}
}

// both is the items in two boxes, tightened; false where there are none.
func (s *space) both(b, c box) (box, bool) {
	d, ok := b.and(c)
	if !ok {
		return box{}, false
	}
	return s.tighten(d)
}

// tightened is the boxes of a union in which items are possible.
func (s *space) tightened(u union) union {
	var narrow union
	for _, b := range u {
		if b, ok := s.tighten(b); ok {
			narrow = append(narrow, b)
		}
	}
	return slices.Clip(narrow)
}
