package dollars

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseReward reads what the catalogue is to have:
//
//	set-reward mug price=5.00 [stock=2] [from=2026-11-01] [until=2027-11-01] [days=30] [merchant=shop]
//
// From and until are dates, or how far from the transaction's time; without them it is a year from now on.
func (s *scenario) parseReward(id string, options map[string]string) (op Operation, ref [32]byte, err error) {
	o := SetReward{ID: id, Reward: Reward{From: s.env.Time, Until: s.env.Time + 365*secondsPerDay, Days: 30}}
	var failed [5]error
	o.Price, failed[0] = parseSigned(options["price"])
	for name, into := range map[string]*int64{"from": &o.From, "until": &o.Until} {
		if options[name] != "" {
			*into, err = s.parseDeadline(options[name])
			failed[1] = errors.Join(failed[1], err)
		}
	}
	if stock := options["stock"]; stock != "" {
		n, err := strconv.ParseInt(stock, 10, 64)
		o.Stock, failed[2] = Amount(n), err
	}
	if days := options["days"]; days != "" {
		n, err := strconv.ParseUint(days, 10, 32)
		o.Days, failed[3] = uint32(n), err
	}
	if name := options["merchant"]; name != "" {
		o.Merchant = s.account(name)
	}
	return o, RewardID(id), errors.Join(failed[:]...)
}

// pieces writes an amount of a stock.
func pieces(n Amount) string { return strconv.FormatInt(int64(n), 10) }

// printStockKey names a pot or share that is of a reward's stock; "" is of a row's budget.
func printStockKey(k StateKey) string {
	reward, ok := strings.CutPrefix(k.Row, StockName(""))
	switch {
	case !ok:
		return ""
	case k.Kind == StateShare:
		return fmt.Sprintf("stock %s, lane %d", reward, k.Lane)
	}
	return "stock " + reward
}

// orderName is the name an order was given, or its id.
func (s *scenario) orderName(id OrderID) string {
	for name, named := range s.orders {
		if named == id {
			return name
		}
	}
	return id.String()
}

// printLink is a merchant's reference, or the code of which a claim has the hash.
func (s *scenario) printLink(e Entry) string {
	if e.Kind == KindClaim {
		return "voucher " + s.codes[e.Link]
	}
	return "reference " + wordOf(e.Link)
}

// wordOf is what parseWord made 32 bytes of.
func wordOf(w [32]byte) string { return strings.TrimRight(string(w[:]), "\x00") }

// printShop prints holds, rewards, vouchers and stock.
func (s *scenario) printShop(name, key string, value []byte) (string, error) {
	switch ParseStateKey(key).Kind {
	case StateHold:
		rec, err := DecodeHoldRecord(value)
		return name + ": " + s.printHold(rec), err
	case StateReward:
		rec, err := DecodeRewardRecord(value)
		line := fmt.Sprintf("%s: %s, from %s until %s, vouchers for %d days%s",
			name, rec.Price, printTime(rec.From), printTime(rec.Until), rec.Days, s.forMerchant(rec.Merchant))
		if rec.Stock > 0 {
			line += fmt.Sprintf(", %s pieces", pieces(rec.Stock))
		}
		return line, err
	case StateVoucher:
		rec, err := DecodeVoucherRecord(value)
		line := fmt.Sprintf("%s: %s of %s until %s%s", name, rec.Reward, s.name(rec.Account), printTime(rec.Until), s.forMerchant(rec.Merchant))
		if rec.Used != 0 {
			line += fmt.Sprintf(", used %s by reference %s", printTime(rec.Used), wordOf(rec.Reference))
		}
		return line, err
	case StateShare:
		left, err := DecodeShare(value)
		return fmt.Sprintf("%s: %s", name, pieces(left)), err
	}
	rec, err := DecodeBudgetRecord(value)
	return fmt.Sprintf("%s: %s of %s", name, pieces(rec.Left), pieces(rec.Total)), err
}

func (s *scenario) printHold(rec HoldRecord) string {
	line := fmt.Sprintf("%s, until %s%s", printBuckets(rec.Buckets), printTime(rec.Until), s.forMerchant(rec.Merchant))
	for _, c := range rec.Captures {
		line += fmt.Sprintf(", captured %s by reference %s", c.Amount, wordOf(c.Reference))
	}
	if !rec.Member.IsZero() {
		line += ", by " + s.name(rec.Member)
	}
	for _, x := range rec.Borne {
		line += fmt.Sprintf(", %s of it %s's", x.Amount, s.name(x.Account))
	}
	if rec.Released {
		line += ", released"
	}
	return line
}

// forMerchant is whom a hold or voucher is for, unless it is whoever has a merchant's certificate.
func (s *scenario) forMerchant(merchant Account) string {
	if merchant.IsZero() {
		return ""
	}
	return ", for " + s.name(merchant)
}
