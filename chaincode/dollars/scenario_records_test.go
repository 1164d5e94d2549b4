package dollars

import (
	"fmt"
	"strings"
)

// printLaterKey names what came after accounts, bookings and rules; "" is none of it.
func (s *scenario) printLaterKey(key string) string {
	switch k := ParseStateKey(key); k.Kind {
	case StateHold:
		return fmt.Sprintf("hold %s %s", s.name(k.Hold.Account), s.orderName(k.Hold.Order))
	case StateReward:
		return "reward " + k.Reward
	case StateVoucher:
		return "voucher " + s.codes[k.Hash]
	case StateRecovery:
		return "recovery " + s.name(k.Account)
	case StateBudget, StateShare:
		return printStockKey(k)
	case StateAdjustment:
		return "adjustment " + strings.TrimRight(string(k.Hash[:]), "\x00")
	}
	switch key[:2] {
	case payeePrefix:
		from, to, _ := strings.Cut(key[2:], "/")
		return fmt.Sprintf("payee of %s: %s", s.nameOf(from), s.nameOf(to))
	case adjustedPrefix:
		return "adjusted on " + key[2:]
	}
	return ""
}

// nameOf is who has the account that is written in hex.
func (s *scenario) nameOf(hex string) string {
	a, err := ParseAccount("0x" + hex)
	if err != nil {
		return err.Error()
	}
	return s.name(a)
}

// printLater prints a record of what printLaterKey names.
func (s *scenario) printLater(name, key string, value []byte) (string, error) {
	switch key[:2] {
	case holdPrefix, rewardPrefix, voucherPrefix, budgetPrefix:
		return s.printShop(name, key, value)
	case recoveryPrefix:
		return s.printRecovery(name, value)
	case adjustmentPrefix:
		rec, err := DecodeAdjustmentRecord(value)
		line := fmt.Sprintf("%s: grants %s to %s for %d months", name, rec.Amount, s.name(rec.Account), rec.Months)
		if rec.Burn {
			line = fmt.Sprintf("%s: takes %s from %s", name, rec.Amount, s.name(rec.Account))
		}
		if line += ", " + rec.Reason; rec.Applied != 0 {
			line += ", applied " + printTime(rec.Applied)
		}
		return line, err
	case adjustedPrefix:
		rec, err := DecodeAdjustedRecord(value)
		return fmt.Sprintf("%s: %s", name, rec.Amount), err
	}
	rec, err := DecodePayeeRecord(value)
	return fmt.Sprintf("%s since %s, sent %s", name, printTime(rec.First), rec.Sent), err
}

// printRare is what few accounts have.
func (s *scenario) printRare(rec AccountRecord) (line string) {
	if rec.Frozen != "" {
		line += ", frozen for " + rec.Frozen
	}
	line += s.printKeys(rec) + s.printPool(rec)
	if rec.Day != (Spent{}) {
		line += fmt.Sprintf(", sent %s on %s", rec.Day.Amount, rec.Day.Day)
	}
	for _, g := range rec.Given {
		line += fmt.Sprintf(", gave %s until %s to %s on %s", g.Amount, g.Expiry, s.name(g.To), g.Day)
	}
	return line
}
