package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// A row's budget must hold for everybody together, and yet no key may be everybody's. So it is kept in a pot and in
// shares, one for each lane: batches that are under way at the same time are given different lanes by who sends them,
// and each spends from its lane's share. Only a batch whose share is short draws on the pot, and then it leaves its
// lane enough for the batches to come. What is left in pot and shares and what was promised always add up to the
// budget, so it is never exceeded. Nobody is refused while their lane or the pot has anything left. What then lies in
// the shares of the seven other lanes is at most 7/32 of the budget, and what cancellations gave back to them; it is
// promised when those lanes are used again: so whoever sends batches should use them in turn.
const (
	// Lanes is how many shares a budget has.
	Lanes = 8

	// reserve is for how many more batches like itself a batch that draws on the pot leaves its lane something, if its
	// even part of the pot is that much, and that no more than a 32nd of the budget. Less of it, and lanes meet at the
	// pot too often; more, and more lies idle in lanes that are not used.
	reserve    = 15
	maxReserve = 32 // as part of the budget
)

// BudgetRecord is a budget's pot.
type BudgetRecord struct {
	Total Amount // the budget
	Left  Amount // in the pot
}

// Encode writes the record.
func (r BudgetRecord) Encode() []byte {
	return appendAmount(appendAmount([]byte{recordVersion}, r.Total), r.Left)
}

// DecodeBudgetRecord reads what Encode wrote.
func DecodeBudgetRecord(data []byte) (BudgetRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := BudgetRecord{r.amount(), r.amount()}
	if !r.end() || version != recordVersion || rec.Total == 0 || rec.Left > rec.Total {
		return BudgetRecord{}, malformed("budget record")
	}
	return rec, nil
}

// EncodeShare writes what a lane's share of a budget holds.
func EncodeShare(left Amount) []byte { return appendAmount([]byte{recordVersion}, left) }

// DecodeShare reads what EncodeShare wrote.
func DecodeShare(data []byte) (Amount, error) {
	r := reader{buf: data}
	version := r.byte()
	left := r.amount()
	if !r.end() || version != recordVersion {
		return 0, malformed("share of a budget")
	}
	return left, nil
}

// shareSlot is the share of the batch's lane in the overlay.
type shareSlot struct {
	left  Amount
	spent Amount // by this batch
	drew  bool   // on the pot
	dirty bool
}

func (w *wanted) pot(row string) { want(w, w.b.pots, row, BudgetKey, DecodeBudgetRecord) }

func (w *wanted) share(row string) {
	if w.b.shares[row] != nil {
		return
	}
	slot := &shareSlot{}
	w.b.shares[row] = slot
	w.add(ShareKey(row, w.b.env.Lane), func(value []byte) (err error) {
		slot.left, err = DecodeShare(value)
		return err
	})
}

func (b *batch) pot(row string) (*slot[BudgetRecord], error) {
	w := wanted{b: b}
	w.pot(row)
	err := w.read()
	return b.pots[row], err
}

func (b *batch) share(row string) (*shareSlot, error) {
	w := wanted{b: b}
	w.share(row)
	err := w.read()
	return b.shares[row], err
}

// openBudgets makes the budgets of a rule set that are new. One that an earlier version opened goes on as it is, so its
// row must have the same: with none it would give without end what was limited.
func (b *batch) openBudgets(rules *earn.Evaluator) error {
	var rows []*earn.Row
	w := wanted{b: b}
	for t, table := range rules.RuleSet().Tables {
		for r := range table.Rows {
			row := rules.Row(t, r)
			rows = append(rows, row)
			w.pot(row.ID)
		}
	}
	if err := w.read(); err != nil {
		return err
	}
	for _, row := range rows {
		if opened := b.pots[row.ID].rec.Total; opened != 0 && opened != Amount(row.Budget) {
			return refuse(CodeRulesBudget, fmt.Sprintf("row %s had a budget of %s in an earlier version and goes on counting against it; keep the amount, or give the row a new id", row.ID, opened))
		}
	}
	for _, row := range rows {
		if pot := b.pots[row.ID]; pot.rec.Total == 0 && row.Budget > 0 {
			pot.put(BudgetRecord{Amount(row.Budget), Amount(row.Budget)})
		}
	}
	return nil
}

// budgetLeft is how much of what is wanted the budget still gives to this batch's lane.
func (b *batch) budgetLeft(row string, want Amount) (Amount, error) {
	share, err := b.share(row)
	if err != nil || share.left >= want {
		return want, err
	}
	pot, err := b.pot(row)
	if err != nil {
		return 0, err
	}
	return min(want, share.left+pot.rec.Left), nil
}

// spendBudget takes from the lane's share, which draws on the pot what it lacks. budgetLeft said that there is enough.
func (b *batch) spendBudget(row string, points Amount) error {
	share, err := b.share(row)
	if err != nil {
		return err
	}
	if short := points - share.left; short > 0 {
		pot, err := b.pot(row)
		if err != nil {
			return err
		}
		if pot.rec.Left < short {
			return fmt.Errorf("the budget of row %s is short of what it just had", row)
		}
		share.draw(pot, short)
	}
	share.left -= points
	share.spent += points
	share.dirty = true
	return nil
}

func (s *shareSlot) draw(pot *slot[BudgetRecord], amount Amount) {
	pot.rec.Left -= amount
	s.left += amount
	pot.dirty, s.drew, s.dirty = true, true, true
}

// reserveBudgets leaves the lane something for later batches, at the end of one that had to draw on pots. Each row has
// its own, so their order is none.
func (b *batch) reserveBudgets() {
	for row, share := range b.shares {
		if share.drew {
			pot := b.pots[row]
			share.draw(pot, min(pot.rec.Left/Lanes, pot.rec.Total/maxReserve, reserve*share.spent))
		}
	}
}

func (b *batch) returnBudget(row string, points Amount) error {
	share, err := b.share(row)
	if err != nil {
		return err
	}
	// No budget is above earn.MaxPoints, and no share above its budget.
	share.left, share.dirty = share.left+points, true
	return nil
}
