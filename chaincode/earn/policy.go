package earn

import "fmt"

// Bounds of a policy. Test networks need short times; people do not wait longer than a month for their points.
const (
	MaxRecallDays   = 90
	MaxCooling      = 30 * 24 * 3600 // seconds
	MaxRecovery     = 30 * 24 * 3600 // seconds
	DefaultRecovery = 72 * 3600      // seconds: a weekend in which the owner of an old key can object
)

// Policy is what holds for accounts while a rule set is in force. It is part of the rule set so that it is proposed,
// approved, published and started like the rules themselves. No policy is the zero one.
type Policy struct {
	Reversal   Reversal `json:"reversal,omitempty"`   // "" is debt
	RecallDays uint32   `json:"recallDays,omitempty"` // with Recall, and only then: how many days back what was given onward is recalled

	OrderMost Cents `json:"orderMost,omitempty"` // one order moves at most; 0 is no limit
	DayMost   Cents `json:"dayMost,omitempty"`   // an account's orders of one day (UTC) move at most; 0 is no limit

	// For CoolingSeconds after the first transfer from one account to another, transfers between the two are at most
	// CoolingMost, in all. Both or none are given.
	CoolingSeconds int64 `json:"coolingSeconds,omitempty"`
	CoolingMost    Cents `json:"coolingMost,omitempty"`

	RecoverySeconds   int64 `json:"recoverySeconds,omitempty"`   // from the approval of a recovery to its completion; 0 is DefaultRecovery
	AdjustmentDayMost Cents `json:"adjustmentDayMost,omitempty"` // all adjustments of one day (UTC), granted and corrected together; 0: none may be made
}

// Reversal is what happens when awarded points are reversed and their account has fewer left.
type Reversal string

// The reversals.
const (
	ReversalDebt     Reversal = "debt"      // the account owes the rest, which later awards repay; also what "" means
	ReversalWriteOff Reversal = "write-off" // the rest is forgiven
	ReversalRecall   Reversal = "recall"    // what the account gave onward lately is taken from who still has it; the rest is owed
)

// policy checks what is said of accounts.
func (c *checker) policy() {
	p := c.rules.Policy
	if p == nil {
		return
	}
	if *p == (Policy{}) {
		c.add(-1, -1, "policy", "the policy says nothing: leave it out")
	}
	switch p.Reversal {
	case "", ReversalDebt, ReversalWriteOff, ReversalRecall:
	default:
		c.add(-1, -1, "reversal", "unknown reversal %.40q: use debt, write-off or recall", p.Reversal)
	}
	switch {
	case p.Reversal != ReversalRecall && p.RecallDays != 0:
		c.add(-1, -1, "recallDays", "days are given, but the reversal is not recall")
	case p.Reversal == ReversalRecall && (p.RecallDays == 0 || p.RecallDays > MaxRecallDays):
		c.add(-1, -1, "recallDays", "what was given onward %d days back: must be 1 to %d", p.RecallDays, MaxRecallDays)
	}
	for _, amount := range []struct {
		column string
		points Cents
	}{
		{"orderMost", p.OrderMost},
		{"dayMost", p.DayMost},
		{"coolingMost", p.CoolingMost},
		{"adjustmentDayMost", p.AdjustmentDayMost},
	} {
		if amount.points < 0 || amount.points > MaxPoints {
			c.add(-1, -1, amount.column, "%s points are not between 0 and %s", amount.points, Cents(MaxPoints))
		}
	}
	c.waits(p)
}

func (c *checker) waits(p *Policy) {
	switch {
	case p.CoolingSeconds < 0 || p.CoolingSeconds > MaxCooling:
		c.add(-1, -1, "coolingSeconds", "%d seconds are not between 0 and %d, which is 30 days", p.CoolingSeconds, MaxCooling)
	case p.CoolingSeconds == 0 && p.CoolingMost != 0:
		c.add(-1, -1, "coolingSeconds", "it is not said for how long first transfers are at most %s", p.CoolingMost)
	case p.CoolingSeconds != 0 && p.CoolingMost == 0:
		c.add(-1, -1, "coolingMost", "it is not said what first transfers are at most")
	}
	if p.RecoverySeconds < 0 || p.RecoverySeconds > MaxRecovery {
		c.add(-1, -1, "recoverySeconds", "%d seconds are not between 0 and %d, which is 30 days", p.RecoverySeconds, MaxRecovery)
	}
}

// Sentences say in plain words what the policy means for accounts, also where there is none.
func (p *Policy) Sentences() []string {
	if p == nil {
		p = &Policy{}
	}
	const lost = "What has to be taken back of an award and the account no longer has "
	var says []string
	switch p.Reversal {
	case ReversalWriteOff:
		says = append(says, lost+"is forgiven.")
	case ReversalRecall:
		says = append(says, fmt.Sprintf("%sis taken from those to whom the account gave points in the last %s, as far as they still have them; "+
			"the rest is owed, and later awards repay it.", lost, countOf(int64(p.RecallDays), "day")))
	default:
		says = append(says, lost+"is owed, and later awards repay it.")
	}
	if p.OrderMost > 0 {
		says = append(says, fmt.Sprintf("One order moves at most %s points.", p.OrderMost))
	}
	if p.DayMost > 0 {
		says = append(says, fmt.Sprintf("All orders of an account in one day (UTC) move at most %s points.", p.DayMost))
	}
	if p.OrderMost == 0 && p.DayMost == 0 {
		says = append(says, "Orders may move any number of points.")
	}
	if p.CoolingSeconds > 0 {
		says = append(says, fmt.Sprintf("For %s after the first transfer from one account to another, that account can send the other at most %s points, in all.",
			span(p.CoolingSeconds), p.CoolingMost))
	}
	wait := p.RecoverySeconds
	if wait == 0 {
		wait = DefaultRecovery
	}
	says = append(says, fmt.Sprintf("The recovery of an account takes %s from its approval, in which any old key can object.", span(wait)))
	if p.AdjustmentDayMost > 0 {
		return append(says, fmt.Sprintf("All adjustments of one day (UTC), granted and corrected, are at most %s points together.", p.AdjustmentDayMost))
	}
	return append(says, "No adjustments can be made.")
}

// span is a length of time in the longest unit of which it is a whole number.
func span(seconds int64) string {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{86_400, "day"}, {3_600, "hour"}, {60, "minute"}} {
		if seconds%unit.seconds == 0 {
			return countOf(seconds/unit.seconds, unit.name)
		}
	}
	return countOf(seconds, "second")
}

func countOf(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
