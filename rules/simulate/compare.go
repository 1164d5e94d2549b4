package simulate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"golang.org/x/sync/errgroup"
)

// Compare replays the history twice, as if the one rule set had been in force all the time, and as if the other had.
// When they start is ignored.
func Compare(ctx context.Context, h *History, current, draft earn.RuleSet, o Options) (Report, error) {
	p, err := newPlan(h, o)
	if err != nil {
		return Report{}, err
	}
	return p.compare(ctx, current, draft, o)
}

func (p *plan) compare(ctx context.Context, current, draft earn.RuleSet, o Options) (Report, error) {
	var sides [2]*side
	labels := [...]string{cmp.Or(o.Current, "current"), cmp.Or(o.Draft, "draft")}
	for i, set := range []earn.RuleSet{current, draft} {
		rules, err := earn.Compile(set)
		if err != nil {
			return Report{}, fmt.Errorf("the rule set %q cannot be tried: %w", set.Name, err)
		}
		sides[i] = newSide(p, rules, labels[i])
	}
	count := counter{total: len(sides) * len(p.steps), tell: o.Progress}
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range sides {
		group.Go(func() error {
			if err := s.run(ctx, count.add); err != nil {
				return fmt.Errorf("try the rule set %q: %w", s.rules.RuleSet().Name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	return p.report(sides[0].tally, sides[1].tally), nil
}

// counter adds up the progress of both sides.
type counter struct {
	mutex       sync.Mutex
	done, total int
	tell        func(done, total int)
}

func (c *counter) add(steps int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.done += steps
	if c.tell != nil {
		c.tell(c.done, c.total)
	}
}

func (p *plan) report(current, draft *tally) Report {
	r := Report{
		Replayed: p.replayed(), Current: current.outcome, Draft: draft.outcome,
		Promotions: promotions(current, draft),
		Kinds:      groups(current.kinds, draft.kinds, kindNames()),
		Countries:  groups(current.countries, draft.countries, nil),
		Tiers:      groups(current.tiers, draft.tiers, tierNames(current.rules, draft.rules)),
		Minted:     months(current.minted, draft.minted),
		Liability:  months(current.liability, draft.liability),
		Members:    p.members(current.members, draft.members),
		Refusals:   []Refusal{},
	}
	for place := range p.items {
		before, after := current.refusals[place], draft.refusals[place]
		if before == "" && after == "" {
			continue
		}
		if r.RefusedItems++; r.RefusedItems <= MaxRefusals {
			it := p.item(place)
			r.Refusals = append(r.Refusals, Refusal{it.id.String(), it.bookedOn().String(), it.kind, it.price, before, after})
		}
	}
	return r
}

func (p *plan) replayed() Replayed {
	r := Replayed{Items: len(p.items), Outside: len(p.history.items) - len(p.items), Noted: p.history.noted}
	seen := make([]bool, len(p.history.accounts))
	var first, last dollars.Date
	for place := range p.items {
		it := p.item(place)
		switch it.state {
		case dollars.BookingPending:
			r.Pending++
		case dollars.BookingAwarded:
			r.Awarded++
		case dollars.BookingCancelled:
			r.Cancelled++
		case dollars.BookingReversed:
			r.Reversed++
		}
		if !seen[it.account] {
			seen[it.account] = true
			r.Members++
		}
		day := p.booked(it)
		if place == 0 {
			first, last = day, day
		}
		first, last = min(first, day), max(last, day)
	}
	if r.Items > 0 {
		r.First, r.Last = first.String(), last.String()
	}
	return r
}

// promotions are the draft's rows, then those that only the current rule set has.
func promotions(current, draft *tally) []Promotion {
	list := []Promotion{}
	index := map[string]int{}
	for _, t := range []*tally{draft, current} {
		for i, table := range t.rules.RuleSet().Tables {
			for j := range table.Rows {
				id := table.Rows[j].ID
				at, known := index[id]
				if !known {
					at = len(list)
					index[id] = at
					list = append(list, Promotion{Row: id})
				}
				if t == draft {
					list[at].Draft = &t.rows[i][j]
				} else {
					list[at].Current = &t.rows[i][j]
				}
			}
		}
	}
	return list
}

// groups are both sides' sums by key: those of the order first, then the others by name.
func groups(current, draft map[string]Sum, order []string) []Group {
	keys := maps.Clone(current)
	maps.Copy(keys, draft)
	rank := func(key string) int {
		if i := slices.Index(order, key); i >= 0 {
			return i
		}
		return len(order)
	}
	list := []Group{}
	for _, key := range slices.SortedFunc(maps.Keys(keys), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	}) {
		list = append(list, Group{key, current[key], draft[key]})
	}
	return list
}

func kindNames() (names []string) {
	for k := earn.Hotel; k.Valid(); k++ {
		names = append(names, k.String())
	}
	return names
}

// tierNames are the draft's tiers, the lowest first, then those that only the current rule set has.
func tierNames(current, draft *earn.Evaluator) []string {
	names := []string{""}
	for _, rules := range []*earn.Evaluator{draft, current} {
		for _, level := range rules.RuleSet().Tiers {
			if !slices.Contains(names, level.Tier) {
				names = append(names, level.Tier)
			}
		}
	}
	return names
}

func months(current, draft map[dollars.Expiry]dollars.Amount) []Month {
	keys := maps.Clone(current)
	maps.Copy(keys, draft)
	list := []Month{}
	for _, month := range slices.Sorted(maps.Keys(keys)) {
		list = append(list, Month{month, current[month], draft[month]})
	}
	return list
}

// percents are the percentiles of a report.
var percents = [...]int{0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100}

func (p *plan) members(current, draft []dollars.Amount) Members {
	m := Members{Spread: []Percentile{}}
	changes := []Change{}
	replayed := make([]bool, len(p.history.accounts))
	for place := range p.items {
		replayed[p.item(place).account] = true
	}
	for i, yes := range replayed {
		if yes {
			changes = append(changes, Change{p.history.accounts[i], current[i], draft[i]})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Difference(), b.Difference()), slices.Compare(a.Account[:], b.Account[:]))
	})
	for _, c := range changes {
		switch d := c.Difference(); {
		case d < 0:
			m.Lose++
		case d > 0:
			m.Win++
		default:
			m.Same++
		}
	}
	m.Losers = slices.Clone(changes[:min(m.Lose, MaxChanges)])
	m.Winners = slices.Clone(changes[len(changes)-min(m.Win, MaxChanges):])
	slices.Reverse(m.Winners)
	for _, percent := range percents {
		if n := len(changes); n > 0 {
			at := max(0, (percent*n+99)/100-1) // the nearest rank
			m.Spread = append(m.Spread, Percentile{percent, changes[at].Difference()})
		}
	}
	return m
}
