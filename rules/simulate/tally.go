package simulate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// tally is what one rule set made of the bookings replayed so far.
type tally struct {
	rules     *earn.Evaluator
	outcome   Outcome
	refusals  map[int]dollars.Code // by place in the plan
	rows      [][]Given            // by table and row
	cuts      [][]cuts             // as rows
	kinds     map[string]Sum
	countries map[string]Sum
	tiers     map[string]Sum
	minted    map[dollars.Expiry]dollars.Amount // by month of award
	liability map[dollars.Expiry]dollars.Amount
	members   []dollars.Amount // points of standing items, by account of the history
	err       error            // a sum left the integers
}

// cuts is what limits took, by earn.Limit.
type cuts [earn.LimitBudget + 1]Cut

func newTally(p *plan, rules *earn.Evaluator, label string) *tally {
	t := &tally{
		rules: rules,
		outcome: Outcome{
			Label: label, Name: rules.RuleSet().Name, Hash: rules.Hash().String(), Policy: rules.RuleSet().Policy, Refused: []CodeOfSome{},
		},
		refusals: map[int]dollars.Code{},
		kinds:    map[string]Sum{}, countries: map[string]Sum{}, tiers: map[string]Sum{},
		minted: map[dollars.Expiry]dollars.Amount{}, liability: map[dollars.Expiry]dollars.Amount{},
		members: make([]dollars.Amount, len(p.history.accounts)),
	}
	for _, table := range rules.RuleSet().Tables {
		t.rows = append(t.rows, make([]Given, len(table.Rows)))
		t.cuts = append(t.cuts, make([]cuts, len(table.Rows)))
	}
	return t
}

func (t *tally) refuse(place int, code dollars.Code) { t.refusals[place] = code }

func (t *tally) isRefused(place int) bool {
	_, refused := t.refusals[place]
	return refused
}

// confirmed counts an item by what it was promised. What comes of it is known from the history: whatever is completed
// mints what was promised, and whatever is reversed takes that back.
func (t *tally) confirmed(it *item, rec *dollars.BookingRecord) {
	points, err := rec.Points()
	if err != nil {
		t.err = err
	}
	t.outcome.Confirmed++
	t.add(&t.outcome.Promised, points)
	for i := range rec.Parts {
		t.part(it, &rec.Parts[i].Part)
	}
	if !it.stands() {
		return
	}
	if it.state == dollars.BookingPending {
		t.add(&t.outcome.Pending, points)
	}
	t.add(&t.members[it.account], points)
	t.stand(&t.outcome.Standing, it, points)
	t.group(t.kinds, it.kind.String(), it, points)
	t.group(t.countries, rec.Facts.Country, it, points)
	t.group(t.tiers, rec.Tier, it, points)
}

func (t *tally) part(it *item, p *earn.Part) {
	row, points := &t.rows[p.Table][p.Row], dollars.Amount(p.Points)
	if points > 0 {
		row.Items++
	}
	t.add(&row.Promised, points)
	if it.state == dollars.BookingPending {
		t.add(&row.Pending, points)
	}
	if it.completed() {
		t.add(&row.Minted, points)
	}
	if it.state == dollars.BookingReversed {
		t.add(&row.Reversed, points)
	}
	left := p.Earned
	for _, c := range p.Cuts {
		cut := &t.cuts[p.Table][p.Row][c.Limit]
		cut.Items++
		t.add(&cut.Points, dollars.Amount(left-c.Left))
		left = c.Left
	}
}

func (t *tally) group(groups map[string]Sum, key string, it *item, points dollars.Amount) {
	sum := groups[key]
	t.stand(&sum, it, points)
	groups[key] = sum
}

func (t *tally) stand(sum *Sum, it *item, points dollars.Amount) {
	sum.Items++
	t.add(&sum.Price, it.price)
	t.add(&sum.Points, points)
}

// completed counts what a completion minted.
func (t *tally) completed(e *dollars.Entry, now int64) {
	t.add(&t.outcome.Minted, e.Amount)
	if e.Amount > 0 {
		t.addTo(t.minted, dollars.ExpiryAfter(now, 0), e.Amount)
	}
	for _, b := range e.Moved {
		t.addTo(t.liability, b.Expiry, b.Amount)
	}
}

// cancelled counts what a cancellation took back: what the item had been given. On a ledger some of it may have expired by
// then, or be spent and become a debt; here it is as if nothing ever were.
func (t *tally) cancelled(e *dollars.Entry, rec *dollars.BookingRecord) {
	if e.After != dollars.BookingReversed {
		return
	}
	t.add(&t.outcome.Reversed, e.Amount)
	for _, p := range rec.Parts {
		t.addTo(t.liability, rec.Awarded+dollars.Expiry(p.Months), -dollars.Amount(p.Points))
	}
}

// finish completes the rows by their cuts and what is left of their budgets, and the outcome by the refusals.
func (t *tally) finish(s *state) error {
	for i, table := range t.rules.RuleSet().Tables {
		for j := range table.Rows {
			row, given := &table.Rows[j], &t.rows[i][j]
			given.Cuts = []Cut{}
			for limit, cut := range t.cuts[i][j] {
				if cut.Items > 0 {
					cut.Limit = earn.Limit(limit).String()
					given.Cuts = append(given.Cuts, cut)
				}
			}
			if row.Budget == 0 {
				continue
			}
			var err error
			given.Budget = dollars.Amount(row.Budget)
			if given.Used, err = s.budgetUsed(row.ID); err != nil {
				return err
			}
		}
	}
	counts := map[dollars.Code]int{}
	for _, code := range t.refusals {
		counts[code]++
	}
	for code, items := range counts {
		t.outcome.Refused = append(t.outcome.Refused, CodeOfSome{code, items})
	}
	slices.SortFunc(t.outcome.Refused, func(a, b CodeOfSome) int { return cmp.Compare(a.Code, b.Code) })
	maps.DeleteFunc(t.liability, func(_ dollars.Expiry, points dollars.Amount) bool { return points == 0 })
	t.outcome.Cost = t.outcome.Minted - t.outcome.Reversed
	return nil
}

// add adds, and remembers if a sum left the integers.
func (t *tally) add(to *dollars.Amount, a dollars.Amount) {
	sum, err := to.Plus(a)
	if err != nil {
		t.err = err
	}
	*to = sum
}

func (t *tally) addTo(sums map[dollars.Expiry]dollars.Amount, month dollars.Expiry, a dollars.Amount) {
	sum := sums[month]
	t.add(&sum, a)
	sums[month] = sum
}
