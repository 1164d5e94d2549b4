package lint

import "github.com/destinasia/dollars/chaincode/earn"

const (
	hourSeconds   = 3_600
	leastRecovery = hourSeconds // in which the owner of an old key can be expected to hear of it
)

// policy finds what cannot be meant for accounts.
func (l *linter) policy(p *earn.Policy) {
	if p == nil {
		return
	}
	warn := func(column, format string, args ...any) { l.add(Warning, whole, column, format, args...) }
	if p.DayMost > 0 && p.OrderMost > p.DayMost {
		warn("orderMost", "%s is never reached: dayMost is lower, %s", p.OrderMost, p.DayMost)
	}
	if p.OrderMost > 0 && p.CoolingMost > p.OrderMost {
		warn("coolingMost", "%s stops no order by itself, only several together: orderMost is lower, %s", p.CoolingMost, p.OrderMost)
	}
	if p.DayMost > 0 && p.CoolingMost > p.DayMost {
		// The time may begin within a day of UTC and end within another.
		days := earn.Cents((p.CoolingSeconds+daySeconds-1)/daySeconds + 1)
		if p.CoolingMost >= days*p.DayMost {
			warn("coolingMost", "%s is never reached: dayMost is lower, %s, and the time touches at most %d days", p.CoolingMost, p.DayMost, days)
		} else {
			warn("coolingMost", "%s is not reached within a day: dayMost is lower, %s", p.CoolingMost, p.DayMost)
		}
	}
	if p.RecoverySeconds > 0 && p.RecoverySeconds < leastRecovery {
		warn("recoverySeconds", "in less than an hour hardly anybody hears of a recovery and objects: this is for tests")
	}
	if p.RecallDays == 1 {
		warn("recallDays", "nearly every reversal comes later than a day after its points were given onward, and then nothing is recalled")
	}
}
