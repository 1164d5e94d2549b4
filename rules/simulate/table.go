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
	Title   string // at most 40 characters, so that it fits above the columns
	Header  []string
	Rows    [][]string
	Numbers []int    // the columns of numbers, counted from 1
	Notes   []string // to be shown below, each a line of at most 80 characters: what words mean and what is left out
}

// mostRows is how many rows a table of many has; where there are more, the last one says how many.
const mostRows = 20

// Tables are the report for a terminal, without tables that would be empty. They leave out what only a spreadsheet has
// room for. Where nothing was replayed, the only one says so: a table of zeros would look like a result.
func (r Report) Tables() []Table {
	if r.Replayed.Items == 0 {
		return []Table{r.noBookings()}
	}
	var list []Table
	for _, t := range []Table{
		r.replayed(), r.totals(), r.promotions(),
		r.groups("kind", r.Kinds), r.groups("country", r.Countries), r.groups("tier", r.Tiers),
		r.byMonth("Minted", "award", r.Minted), r.byMonth("Liability", "expiry", r.Liability, liabilityNote),
		r.members(), r.changes("Who would win most, D$", r.Members.Winners), r.changes("Who would lose most, D$", r.Members.Losers),
		r.refusals(), r.policies(),
	} {
		if len(t.Rows)+len(t.Notes) > 0 {
			list = append(list, t)
		}
	}
	return list
}

func (r Report) noBookings() Table {
	t := Table{
		Title: "No bookings", Header: []string{"", "items"}, Numbers: []int{2},
		Rows: [][]string{
			{"replayed", "0"},
			{"left out, booked on other days than were asked for", strconv.Itoa(r.Replayed.Outside)},
			{"left out, only their cancellation is known", strconv.Itoa(r.Replayed.Noted)},
		},
		Notes: []string{"Nothing was replayed, so there is nothing to compare."},
	}
	if r.Replayed.Outside > 0 {
		t.Notes = append(t.Notes, "Choose other days of booking.")
	}
	return t
}

func (r Report) replayed() Table {
	p := r.Replayed
	t := Table{
		Title: "Replayed bookings", Header: []string{"", "items"}, Numbers: []int{2},
		Notes: []string{fmt.Sprintf("Booked from %s until %s, by %s.", p.First, p.Last, count(p.Members, "member"))},
	}
	for _, row := range []struct {
		what  string
		items int
	}{
		{"all", p.Items},
		{"  awarded", p.Awarded},
		{"  pending", p.Pending},
		{"  cancelled", p.Cancelled},
		{"  reversed", p.Reversed},
		{"left out, booked on other days", p.Outside},
		{"left out, only their cancellation is known", p.Noted},
	} {
		if row.items > 0 {
			t.Rows = append(t.Rows, []string{row.what, strconv.Itoa(row.items)})
		}
	}
	return t
}

func (r Report) totals() Table {
	t := Table{
		Title:   "Totals",
		Header:  []string{"", r.Current.title(), r.Draft.title(), "difference"},
		Numbers: []int{2, 3, 4},
		Notes: []string{
			"promised: given at confirmation; minted: awarded when the item was completed",
			"reversed: taken back after the award; cost: what was minted and not reversed",
			"pending: promised, and the item neither completed nor cancelled yet",
			"standing: of items that were neither cancelled nor reversed; cost and pending",
		},
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

// title is what people call the side and its rule set.
func (o Outcome) title() string { return o.Label + ": " + o.Name }

// both are headings of a figure on both sides.
func (r Report) both(what string) []string {
	return []string{what + ", " + r.Current.Label, what + ", " + r.Draft.Label}
}

func (r Report) promotions() Table {
	t := Table{
		Title: "Promotions: standing points, D$",
		Header: slices.Concat([]string{"row"}, r.both("items"), r.both("points"),
			[]string{"difference", "cut, " + r.Draft.Label, "budget, " + r.Draft.Label}),
		Numbers: []int{2, 3, 4, 5, 6},
	}
	idle := 0
	for _, p := range r.Promotions {
		c, d := p.sides()
		if c.idle() && d.idle() {
			idle++
			continue
		}
		cut := d.cuts()
		if p.Draft == nil {
			cut = "not in " + r.Draft.Label
		}
		t.Rows = append(t.Rows, []string{
			p.Row, strconv.Itoa(c.Items), strconv.Itoa(d.Items),
			c.standing().String(), d.standing().String(), difference(d.standing() - c.standing()), cut, d.budget(),
		})
	}
	if idle > 0 {
		t.Notes = append(t.Notes, "Left out: "+count(idle, "row")+" that gave nothing on either side.")
	}
	return t
}

// idle tells whether the row never matched, as far as can be seen: it neither gave anything nor was cut.
func (g Given) idle() bool { return g.Items == 0 && len(g.Cuts) == 0 }

// standing is the points of items that stand.
func (g Given) standing() dollars.Amount { return g.Minted - g.Reversed + g.Pending }

func (g Given) cuts() string {
	var list []string
	for _, c := range g.Cuts {
		list = append(list, fmt.Sprintf("%s: %s of %s", c.Limit, c.Points, count(c.Items, "item")))
	}
	return strings.Join(list, "; ")
}

func (g Given) budget() string {
	if g.Budget == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s used", g.Used, g.Budget)
}

func (r Report) groups(what string, groups []Group) Table {
	t := Table{
		Title: "By " + what + ": standing points, D$",
		Header: slices.Concat([]string{what}, r.both("items"), []string{"price"}, r.both("points"),
			[]string{"difference"}, r.both("rate")),
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

// liabilityNote says what the word means.
const liabilityNote = "liability: minted and not reversed, were nothing ever spent, by when it expires"

// mostMonths is of how many months a table shows each.
const mostMonths = 36

// byMonth are points by month, or by year where there are too many months for a screen.
func (r Report) byMonth(what, of string, list []Month, notes ...string) Table {
	unit := monthly
	if len(list) > mostMonths {
		unit = yearly
	}
	t := Table{
		Title:  fmt.Sprintf("%s by %s of %s, D$", what, unit.name(), of),
		Header: []string{unit.name(), r.Current.Label, r.Draft.Label, "difference"}, Numbers: []int{2, 3, 4},
	}
	if len(list) == 0 {
		return t
	}
	sums := unit.sums(list)
	for _, m := range sums {
		t.Rows = append(t.Rows, append([]string{unit.label(m.Month)}, amounts("", m.Current, m.Draft).texts()...))
	}
	t.Notes = notes
	if unit == monthly {
		return t
	}
	t.Notes = append(t.Notes, fmt.Sprintf("There are %d months: the CSV file has each of them.", len(list)))
	return t.cut(len(sums))
}

func (r Report) members() Table {
	m := r.Members
	t := Table{Title: "Members", Header: []string{"", "members or D$"}, Numbers: []int{2}}
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

func (r Report) changes(title string, list []Change) Table {
	t := Table{Title: title, Header: []string{"account", r.Current.Label, r.Draft.Label, "difference"}, Numbers: []int{2, 3, 4}}
	for _, c := range list {
		t.Rows = append(t.Rows, append([]string{c.Account.String()}, amounts("", c.Current, c.Draft).texts()...))
	}
	return t
}

func (r Report) refusals() Table {
	t := Table{
		Title:   fmt.Sprintf("Refused items: %d", r.RefusedItems),
		Header:  []string{"booked item", "booked", "kind", "price", r.Current.Label, r.Draft.Label},
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

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
