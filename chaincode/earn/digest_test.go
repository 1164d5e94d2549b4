package earn

import (
	"fmt"
	"testing"
)

// TestDigestTellsApart changes everything that goes into a digest, one by one.
func TestDigestTellsApart(t *testing.T) {
	item := func(change func(*Item)) Item {
		i := trip()[0]
		if change != nil {
			change(&i)
		}
		return i
	}
	part := func(change func(*Part)) []Part {
		p := Part{Table: 1, Row: 2, Earned: 3, Cuts: []Cut{{LimitItem, 2}}, Points: 2, Months: 4}
		if change != nil {
			change(&p)
		}
		return []Part{p}
	}
	seen := map[[32]byte]string{}
	add := func(name string, h Hash, i Item, p []Part) {
		d := Digest(h, i, p)
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d] = name
	}
	add("plain", Hash{}, item(nil), part(nil))
	add("another rule set", Hash{1}, item(nil), part(nil))
	for n, change := range []func(*Item){
		func(i *Item) { i.Kind = Car },
		func(i *Item) { i.Price++ },
		func(i *Item) { i.Currency = "USD" },
		func(i *Item) { i.Start++ },
		func(i *Item) { i.End++ },
		func(i *Item) { i.Booked++ },
		func(i *Item) { i.Cabin = "x" },
		func(i *Item) { i.Route = "x" },
		func(i *Item) { i.Country = "" },
		func(i *Item) { i.Country, i.Hotel = i.Country+i.Hotel, "" },
		func(i *Item) { i.Hotel = "" },
		func(i *Item) { i.Channel = "" },
		func(i *Item) { i.Party++ },
		func(i *Item) { i.Trip.Hotels += 9 },
		func(i *Item) { i.Trip.Cars += 9 },
		func(i *Item) { i.Trip.Flights += 9 },
		func(i *Item) { i.Trip.Nights += 9 },
		func(i *Item) { i.Tier = "" },
		func(i *Item) { i.Time++ },
	} {
		add(fmt.Sprint("item change ", n), Hash{}, item(change), part(nil))
	}
	for n, change := range []func(*Part){
		func(p *Part) { p.Table++ },
		func(p *Part) { p.Row++ },
		func(p *Part) { p.Earned++ },
		func(p *Part) { p.Cuts = nil },
		func(p *Part) { p.Cuts = append(p.Cuts, Cut{LimitBudget, 2}) },
		func(p *Part) { p.Cuts[0].Limit = LimitBudget },
		func(p *Part) { p.Cuts[0].Left++ },
		func(p *Part) { p.Points++ },
		func(p *Part) { p.Months++ },
	} {
		add(fmt.Sprint("part change ", n), Hash{}, item(nil), part(change))
	}
	add("no parts", Hash{}, item(nil), nil)
	add("two parts", Hash{}, item(nil), append(part(nil), part(nil)...))

	const want = "0f088cd38fed4d015f4474ac56e2b09af3d44bf438edd5e6f02f068edf829b0e"
	if got := fmt.Sprintf("%x", Digest(Hash{}, item(nil), part(nil))); got != want {
		t.Errorf("the digest of the plain one is %s: digests are on the ledger and must never change", got)
	}
}
