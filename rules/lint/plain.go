package lint

import "github.com/destinasia/dollars/chaincode/earn"

// plainer moves an item, one thing after another, as near to what is usual as it can be while it holds: what is strange
// about a random item would hide what matters about it.
func (w *maker) plainer(i earn.Item, holds func(*earn.Item) bool) earn.Item {
	w.try = 0 // From here on numbers are those nearest to what is usual.
	for range 2 {
		for _, c := range codes {
			i = c.plainer(i, holds)
		}
		for _, k := range w.knobs() {
			i = k.turned(i, holds)
		}
	}
	return i
}

// code is a text of an item.
type code struct {
	axis axis
	name string
	of   func(*earn.Item) *string
}

var codes = [...]code{
	{cabin, "cabin", func(i *earn.Item) *string { return &i.Cabin }},
	{route, "route", func(i *earn.Item) *string { return &i.Route }},
	{country, "country", func(i *earn.Item) *string { return &i.Country }},
	{hotel, "hotel", func(i *earn.Item) *string { return &i.Hotel }},
	{channel, "channel", func(i *earn.Item) *string { return &i.Channel }},
	{tier, "tier", func(i *earn.Item) *string { return &i.Tier }},
}

// plainer takes no text if that holds, or else the example.
func (c code) plainer(i earn.Item, holds func(*earn.Item) bool) earn.Item {
	for _, text := range [...]string{"", examples[c.axis]} {
		next := i
		*c.of(&next) = text
		if *c.of(&i) == text || holds(&next) {
			return next
		}
	}
	return i
}

// knob is a number of an item that can be changed, with all that must follow.
type knob struct {
	axis  axis
	usual func(*earn.Item) int64
	set   func(i *earn.Item, to int64)
}

// knobs are in the order in which strange numbers are most disturbing.
func (w *maker) knobs() []knob {
	usually := func(a axis, n int64) func(*earn.Item) int64 {
		return func(*earn.Item) int64 { return w.number(a, n) }
	}
	return []knob{
		{start, func(*earn.Item) int64 { return w.first() }, func(i *earn.Item, to int64) {
			ahead, length := readNumber(lead, i), readNumber(span, i)
			i.Start, i.End = int32(to), int32(to+length)
			w.book(i, to-ahead)
		}},
		{span, usually(span, usualNights), func(i *earn.Item, to int64) {
			if i.Kind == earn.Hotel && int64(i.Trip.Nights) == readNumber(span, i) {
				i.Trip.Nights = uint32(to)
			}
			i.End = i.Start + int32(to)
		}},
		{longest, func(i *earn.Item) int64 {
			switch {
			case i.Kind == earn.Hotel:
				return w.number(longest, readNumber(span, i))
			case i.Trip.Hotels == 0:
				return 0
			}
			return w.number(longest, usualNights)
		}, func(i *earn.Item, to int64) { i.Trip.Nights = uint32(to) }},
		{hotels, usually(hotels, 0), func(i *earn.Item, to int64) {
			if i.Trip.Hotels = uint32(to); to == 0 {
				i.Trip.Nights = 0
			}
		}},
		{cars, usually(cars, 0), func(i *earn.Item, to int64) { i.Trip.Cars = uint32(to) }},
		{flights, usually(flights, 0), func(i *earn.Item, to int64) { i.Trip.Flights = uint32(to) }},
		{lead, usually(lead, usualLead), func(i *earn.Item, to int64) { w.book(i, int64(i.Start)-to) }},
		{party, usually(party, usualParty), func(i *earn.Item, to int64) { i.Party = to }},
		{price, usually(price, usualPrice), func(i *earn.Item, to int64) { i.Price = to }},
	}
}

// book changes the day of the booking, and the time on the ledger with it unless a season asks for that.
func (w *maker) book(i *earn.Item, day int64) {
	i.Booked = int32(day)
	if w.at(moment) == nil {
		i.Time = day*daySeconds + daySeconds/2
	}
}

// turned is the item with the number as near to what is usual as is found by halving the way.
func (k knob) turned(i earn.Item, holds func(*earn.Item) bool) earn.Item {
	try := func(to int64) bool {
		next := i
		k.set(&next, to)
		if readNumber(k.axis, &next) != to || !holds(&next) {
			return false
		}
		i = next
		return true
	}
	off, on := k.usual(&i), readNumber(k.axis, &i)
	if off == on || try(off) {
		return i
	}
	for on-off > 1 || off-on > 1 {
		if between := off + (on-off)/2; try(between) {
			on = between
		} else {
			off = between
		}
	}
	return i
}
