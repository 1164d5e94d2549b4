package lint

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/destinasia/dollars/chaincode/earn"
)

func TestPolicies(t *testing.T) {
	const day = 24 * hourSeconds
	for _, c := range []struct {
		name   string
		policy earn.Policy
		want   []string
	}{
		// What can be meant.
		{"the standard one", *earn.Standard().Policy, nil},
		{"a limit of a day without one of an order", earn.Policy{DayMost: 100_00}, nil},
		{"an order that may take the whole day's", earn.Policy{OrderMost: 100_00, DayMost: 100_00}, nil},
		{"an order and a day", earn.Policy{OrderMost: 50_00, DayMost: 100_00}, nil},
		{"cooling-off without other limits", earn.Policy{CoolingSeconds: day, CoolingMost: 50_00}, nil},
		{"cooling-off of an order's most", earn.Policy{OrderMost: 50_00, DayMost: 100_00, CoolingSeconds: day, CoolingMost: 50_00}, nil},
		{"an hour", earn.Policy{RecoverySeconds: hourSeconds}, nil},
		{"the usual recovery", earn.Policy{Reversal: earn.ReversalDebt}, nil},
		{"two days", earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 2}, nil},

		// What cannot.
		{"an order above the day", earn.Policy{OrderMost: 100_01, DayMost: 100_00}, []string{
			"warning orderMost: 100.01 is never reached: dayMost is lower, 100.00",
		}},
		{"cooling-off above an order", earn.Policy{OrderMost: 50_00, CoolingSeconds: day, CoolingMost: 50_01}, []string{
			"warning coolingMost: 50.01 stops no order by itself, only several together: orderMost is lower, 50.00",
		}},
		{"cooling-off above a day", earn.Policy{DayMost: 50_00, CoolingSeconds: day, CoolingMost: 99_99}, []string{
			"warning coolingMost: 99.99 is not reached within a day: dayMost is lower, 50.00",
		}},
		{"cooling-off above all its days", earn.Policy{DayMost: 50_00, CoolingSeconds: day, CoolingMost: 100_00}, []string{
			"warning coolingMost: 100.00 is never reached: dayMost is lower, 50.00, and the time touches at most 2 days",
		}},
		{"cooling-off that touches a day more", earn.Policy{DayMost: 50_00, CoolingSeconds: day + 1, CoolingMost: 100_00}, []string{
			"warning coolingMost: 100.00 is not reached within a day: dayMost is lower, 50.00",
		}},
		{"long cooling-off at its bounds", earn.Policy{DayMost: earn.MaxPoints - 1, CoolingSeconds: earn.MaxCooling, CoolingMost: earn.MaxPoints}, []string{
			"warning coolingMost: 1000000000.00 is not reached within a day: dayMost is lower, 999999999.99",
		}},
		{"a recovery that nobody hears of", earn.Policy{RecoverySeconds: hourSeconds - 1}, []string{
			"warning recoverySeconds: in less than an hour hardly anybody hears of a recovery and objects: this is for tests",
		}},
		{"one day", earn.Policy{Reversal: earn.ReversalRecall, RecallDays: 1}, []string{
			"warning recallDays: nearly every reversal comes later than a day after its points were given onward, and then nothing is recalled",
		}},
		{"everything at once", earn.Policy{OrderMost: 30_00, DayMost: 20_00, CoolingSeconds: 60, CoolingMost: 40_00, RecoverySeconds: 1}, []string{
			"warning orderMost: 30.00 is never reached: dayMost is lower, 20.00",
			"warning coolingMost: 40.00 stops no order by itself, only several together: orderMost is lower, 30.00",
			"warning coolingMost: 40.00 is never reached: dayMost is lower, 20.00, and the time touches at most 2 days",
			"warning recoverySeconds: in less than an hour hardly anybody hears of a recovery and objects: this is for tests",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := compile(t, func(r *earn.RuleSet) { r.Policy = &c.policy }, earn.Collect, row("row", ""))
			if diff := cmp.Diff(append([]string{}, c.want...), written(e, Check(e, 0))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPolicyComesFirst checks the place and the order of what is found about the whole set.
func TestPolicyComesFirst(t *testing.T) {
	e := compile(t, func(r *earn.RuleSet) { r.Policy = &earn.Policy{RecoverySeconds: 1} }, earn.Collect, row("row", "month == 13"))
	findings := Check(e, 0)
	if len(findings) != 2 || findings[0].Place != whole || findings[0].Column != "recoverySeconds" || findings[1].Place != (Place{0, 0}) {
		t.Errorf("found %+v", findings)
	}
}
