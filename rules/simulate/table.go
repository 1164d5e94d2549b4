package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Table is a part of a report as text.
type Table struct {
	Title   string
	Header  []string
	Rows    [][]string
	Numbers []int // the columns of numbers, counted from 1
}

// mostRows is how many rows a table of many has; where there are more, the last one says how many.
const mostRows = 20

// Tables are the report for a terminal, without tables that would be empty. They leave out what only a spreadsheet has
// room for.
func (r Report) Tables() []Table {
	var list []Table
	for _, t := range []Table{
		r.totals(), r.promotions(),
		r.groups("By kind", "kind", r.Kinds), r.groups("By country", "country", r.Countries), r.groups("By tier", "tier", r.Tiers),
		years("Minted by year of award, D$", r.Minted), years("Liability by year of expiry, D$", r.Liability),
		r.members(), changes("Who would win most, D$", r.Members.Winners), changes("Who would lose most, D$", r.Members.Losers),
		r.refusals(),
	} {
		if len(t.Rows) > 0 {
			list = append(list, t)
		}
	}
	return list
}

func (r Report) totals() Table {
	t := Table{
		Title:   fmt.Sprintf("%d items replayed: %s", r.Replayed.Items, r.Replayed.states()),
		Header:  []string{"", "current: " + r.Current.Name, "draft: " + r.Draft.Name, "difference"},
		Numbers: []int{2, 3, 4},
	}
	for i, m := range r.measures() {
		t.Rows = append(t.Rows, append([]string{m.name}, m.texts()...))
		if i != refusedItems {
			continue
		}
		for _, c := range r.refusedByCode() {
			t.Rows = append(t.Rows, append([]string{"  " + c.name}, c.texts()...))
		}
	}
	return t
}

func (r Replayed) states() string {
	text := fmt.Sprintf("%d awarded, %d pending, %d cancelled, %d reversed, of %d members", r.Awarded, r.Pending, r.Cancelled, r.Reversed, r.Members)
	if r.First != "" {
		text += fmt.Sprintf(", booked from %s until %s", r.First, r.Last)
	}
	return text
}

func (r Report) promotions() Table {
	t := Table{
		Title: "Promotions, points in D$ of items that stand",
		Header: []string{
			"row", "items, current", "items, draft", "points, current", "points, draft", "difference", "cut in the draft", "budget in the draft",
		},
		Numbers: []int{2, 3, 4, 5, 6},
	}
	for _, p := range r.Promotions {
		c, d := p.sides()
		cut := d.cuts()
		if p.Draft == nil {
			cut = "not in the draft"
		}
		t.Rows = append(t.Rows, []string{
			p.Row, strconv.Itoa(c.Items), strconv.Itoa(d.Items),
			c.standing().String(), d.standing().String(), difference(d.standing() - c.standing()), cut, d.budget(),
		})
	}
	return t
}

// standing is the points of items that stand.
func (g Given) standing() dollars.Amount { return g.Minted - g.Reversed + g.Pending }

func (g Given) cuts() string {
	var list []string
	for _, c := range g.Cuts {
		list = append(list, fmt.Sprintf("%s: %s of %d items", c.Limit, c.Points, c.Items))
	}
	return strings.Join(list, "; ")
}

func (g Given) budget() string {
	if g.Budget == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s used", g.Used, g.Budget)
}

func (r Report) groups(title, what string, groups []Group) Table {
	t := Table{
		Title: title + ", points in D$ of items that stand",
		Header: []string{
			what, "items, current", "items, draft", "price", "points, current", "points, draft", "difference", "rate, current", "rate, draft",
		},
		Numbers: []int{2, 3, 4, 5, 6, 7, 8, 9},
	}
	shown := groups
	if len(groups) > mostRows { // Then those that matter most come first.
		shown = slices.SortedFunc(slices.Values(groups), func(a, b Group) int {
			return cmp.Or(cmp.Compare(b.size(), a.size()), cmp.Compare(a.Key, b.Key))
		})
	}
	for _, g := range shown {
		rate := rates("", g.Current, g.Draft).texts()
		t.Rows = append(t.Rows, []string{
			cmp.Or(g.Key, "-"), strconv.Itoa(g.Current.Items), strconv.Itoa(g.Draft.Items), max(g.Current.Price, g.Draft.Price).String(),
			g.Current.Points.String(), g.Draft.Points.String(), difference(g.Draft.Points - g.Current.Points),
			rate[0], rate[1],
		})
	}
	return t.cut(len(groups))
}

// size is what a group matters.
func (g Group) size() dollars.Amount { return max(g.Current.Points, g.Draft.Points) }

func years(title string, months []Month) Table {
	t := Table{Title: title, Header: []string{"year", "current", "draft", "difference"}, Numbers: []int{2, 3, 4}}
	for len(months) > 0 {
		sum := Month{Month: months[0].Month / 12}
		n := 0
		for ; n < len(months) && months[n].Month/12 == sum.Month; n++ {
			sum.Current += months[n].Current
			sum.Draft += months[n].Draft
		}
		months = months[n:]
		t.Rows = append(t.Rows, append([]string{strconv.Itoa(int(sum.Month))}, amounts("", sum.Current, sum.Draft).texts()...))
	}
	return t.cut(len(t.Rows))
}

func (r Report) members() Table {
	m := r.Members
	t := Table{Title: "Members", Header: []string{"", "members or D$"}, Numbers: []int{2}}
	if r.Replayed.Members == 0 {
		return t
	}
	for _, row := range []struct {
		what    string
		members int
	}{{"win", m.Win}, {"lose", m.Lose}, {"have the same", m.Same}} {
		t.Rows = append(t.Rows, []string{row.what, strconv.Itoa(row.members)})
	}
	for _, s := range m.Spread {
		what := fmt.Sprintf("%d %% have a difference up to", s.Percent)
		if s.Percent == 0 {
			what = "least difference"
		}
		t.Rows = append(t.Rows, []string{what, difference(s.Difference)})
	}
	return t
}

func changes(title string, list []Change) Table {
	t := Table{Title: title, Header: []string{"account", "current", "draft", "difference"}, Numbers: []int{2, 3, 4}}
	for _, c := range list {
		t.Rows = append(t.Rows, append([]string{c.Account.String()}, amounts("", c.Current, c.Draft).texts()...))
	}
	return t
}

func (r Report) refusals() Table {
	t := Table{
		Title:   fmt.Sprintf("Refused items: %d", r.RefusedItems),
		Header:  []string{"booked item", "booked", "kind", "price", "current", "draft"},
		Numbers: []int{4},
	}
	for _, x := range r.Refusals {
		t.Rows = append(t.Rows, []string{x.Booking, x.Booked, x.Kind.String(), x.Price.String(), string(x.Current), string(x.Draft)})
	}
	return t.cut(r.RefusedItems)
}

// cut leaves no more rows than a table of many has, and says how many of them all are missing.
func (t Table) cut(of int) Table {
	t.Rows = t.Rows[:min(len(t.Rows), mostRows)]
	if left := of - len(t.Rows); left > 0 {
		row := make([]string, len(t.Header))
		row[0] = fmt.Sprintf("and %d more", left)
		t.Rows = append(t.Rows, row)
	}
	return t
}
