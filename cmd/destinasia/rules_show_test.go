package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/destinasia/dollars/chaincode/earn"
)

// TestPolicyIsPrinted checks that who reads rules is told what holds for accounts, also where that is nothing.
func TestPolicyIsPrinted(t *testing.T) {
	with, without := earn.Standard(), earn.Standard()
	without.Policy = nil
	for _, c := range []struct {
		set  earn.RuleSet
		says []string
	}{
		{with, []string{"accounts: One order moves at most 50000.00 points.\n", "accounts: All adjustments of one day (UTC), granted and corrected, are at most 10000.00 points together.\n"}},
		{without, []string{"accounts: Orders may move any number of points.\n", "accounts: No adjustments can be made.\n"}},
	} {
		var out bytes.Buffer
		(&app{out: &out}).printRuleSet(c.set)
		for _, line := range c.says {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%q is not in\n%s", line, out.String())
			}
		}
	}
}
