package simulate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// measure is a figure on both sides.
type measure struct {
	name           string
	current, draft int64
	unit           unit
}

// unit is what a figure counts.
type unit int

const (
	items       unit = iota
	cents            // of points, or of a price
	basisPoints      // of a price
)

func counts(name string, current, draft int) measure {
	return measure{name, int64(current), int64(draft), items}
}

func amounts(name string, current, draft dollars.Amount) measure {
	return measure{name, int64(current), int64(draft), cents}
}

func rates(name string, current, draft Sum) measure {
	return measure{name, current.BasisPoints(), draft.BasisPoints(), basisPoints}
}

// texts are the figures and the difference as people read them.
func (m measure) texts() []string {
	return []string{m.text(m.current), m.text(m.draft), plus(m.draft-m.current, m.text)}
}

func (m measure) text(n int64) string {
	switch m.unit {
	case cents:
		return dollars.Amount(n).String()
	case basisPoints:
		return dollars.Amount(n).String() + " %" // A hundredth of a per cent is a basis point.
	}
	return strconv.FormatInt(n, 10)
}

// numbers are the figures and the difference as programs read them.
func (m measure) numbers() []string {
	text := m.text
	if m.unit == basisPoints {
		text = func(n int64) string { return strconv.FormatInt(n, 10) }
	}
	return []string{text(m.current), text(m.draft), text(m.draft - m.current)}
}

// plus shows the sign of a difference.
func plus(n int64, text func(int64) string) string {
	if n > 0 {
		return "+" + text(n)
	}
	return text(n)
}

func difference(a dollars.Amount) string {
	return plus(int64(a), func(n int64) string { return dollars.Amount(n).String() })
}

func (r Replayed) measures() []measure {
	same := func(name string, n int) measure { return counts(name, n, n) }
	return []measure{
		same("items", r.Items), same("pending items", r.Pending), same("awarded items", r.Awarded),
		same("cancelled items", r.Cancelled), same("reversed items", r.Reversed), same("members", r.Members),
		same("items outside the days", r.Outside), same("items only cancelled", r.Noted),
	}
}

// refusedItems is which of the totals it is.
const refusedItems = 1

// measures are the totals.
func (r Report) measures() []measure {
	c, d := r.Current, r.Draft
	return []measure{
		counts("confirmed items", c.Confirmed, d.Confirmed),
		counts("refused items", r.Replayed.Items-c.Confirmed, r.Replayed.Items-d.Confirmed),
		amounts("promised points", c.Promised, d.Promised),
		amounts("minted points", c.Minted, d.Minted),
		amounts("reversed points", c.Reversed, d.Reversed),
		amounts("cost: minted and not reversed", c.Cost, d.Cost),
		amounts("pending points", c.Pending, d.Pending),
		counts("standing items", c.Standing.Items, d.Standing.Items),
		amounts("standing items' price", c.Standing.Price, d.Standing.Price),
		amounts("standing items' points", c.Standing.Points, d.Standing.Points),
		rates("standing items' rate", c.Standing, d.Standing),
	}
}

func (g Group) measures() []measure {
	return []measure{
		counts("items", g.Current.Items, g.Draft.Items),
		amounts("price", g.Current.Price, g.Draft.Price),
		amounts("points", g.Current.Points, g.Draft.Points),
		rates("basis points", g.Current, g.Draft),
	}
}

// sides are what the row gave, nothing where it is not there.
func (p Promotion) sides() (current, draft Given) {
	if p.Current != nil {
		current = *p.Current
	}
	if p.Draft != nil {
		draft = *p.Draft
	}
	return current, draft
}

func (p Promotion) measures() []measure {
	c, d := p.sides()
	list := []measure{
		counts("items", c.Items, d.Items),
		amounts("promised points", c.Promised, d.Promised),
		amounts("pending points", c.Pending, d.Pending),
		amounts("minted points", c.Minted, d.Minted),
		amounts("reversed points", c.Reversed, d.Reversed),
		amounts("budget", c.Budget, d.Budget),
		amounts("budget used", c.Used, d.Used),
	}
	for _, limit := range limits {
		x, y := c.cutBy(limit), d.cutBy(limit)
		list = append(list,
			counts(fmt.Sprintf("items cut by %s limit", limit), x.Items, y.Items),
			amounts(fmt.Sprintf("points cut by %s limit", limit), x.Points, y.Points))
	}
	return list
}

func (g Given) cutBy(limit string) Cut {
	for _, c := range g.Cuts {
		if c.Limit == limit {
			return c
		}
	}
	return Cut{}
}

// limits are the limits' names in their order.
var limits = [...]string{
	earn.LimitItem.String(), earn.LimitBooking.String(), earn.LimitMember.String(), earn.LimitBudget.String(),
}

// refusedByCode is how many items each side refused, named by the codes.
func (r Report) refusedByCode() []measure {
	codes := map[dollars.Code]measure{}
	for _, c := range r.Current.Refused {
		codes[c.Code] = counts(string(c.Code), c.Items, 0)
	}
	for _, c := range r.Draft.Refused {
		codes[c.Code] = counts(string(c.Code), int(codes[c.Code].current), c.Items)
	}
	return slices.SortedFunc(maps.Values(codes), func(a, b measure) int { return cmp.Compare(a.name, b.name) })
}
