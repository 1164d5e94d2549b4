package dollars

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

func printSupply(s Supply) string {
	out := fmt.Sprintf("minted %s - reversed %s - redeemed %s - expired %s = outstanding %s\npending %s, debt %s\n",
		s.Minted, s.Reversed, s.Redeemed, s.Expired, s.Outstanding(), s.Pending, s.Debt)
	var counts []string
	for state, n := range s.Bookings {
		if n != 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, BookingState(state)))
		}
	}
	if len(counts) > 0 {
		out += "bookings: " + strings.Join(counts, ", ") + "\n"
	}
	return out
}

func (s *scenario) printBalances(names []string) (string, error) {
	all, err := s.state.holdings()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range names {
		h := all[s.account(name)]
		if h == nil {
			h = &holding{}
		}
		fmt.Fprintf(&out, "%s has %s", name, printBuckets(bucketsOf(h.points)))
		if h.debt != 0 {
			fmt.Fprintf(&out, ", owes %s", h.debt)
		}
		if h.frozen {
			out.WriteString(", frozen")
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

// printState prints what is on the ledger, or what of it starts with a word.
func (s *scenario) printState(prefix string) (string, error) {
	var lines []string
	for key, value := range s.state {
		line, err := s.printRecord(key, value)
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return "nothing\n", nil
	}
	return sorted(lines), nil
}

func (s *scenario) printWrites() (string, error) {
	var lines []string
	for _, w := range s.writes {
		if w.Value == nil {
			lines = append(lines, "delete "+s.printKey(w.Key))
			continue
		}
		line, err := s.printRecord(w.Key, w.Value)
		if err != nil {
			return "", err
		}
		lines = append(lines, "put "+line)
	}
	if len(lines) == 0 {
		return "nothing\n", nil
	}
	return sorted(lines), nil
}

func (s *scenario) printKey(key string) string {
	switch k := ParseStateKey(key); k.Kind {
	case StateAccount:
		return "account " + s.name(k.Account)
	case StateBooking:
		return "booking " + s.bookings[k.Booking]
	case StateCredit:
		tx := binary.BigEndian.Uint64(k.Credit.TxID[24:])
		return fmt.Sprintf("credit %s %s/tx%d", s.name(k.Credit.Account), k.Credit.Expiry, tx)
	case StateRules:
		return "rules"
	}
	return "rules kept as " + key
}

func (s *scenario) printRecord(key string, value []byte) (string, error) {
	name := s.printKey(key)
	switch ParseStateKey(key).Kind {
	case StateAccount:
		rec, err := DecodeAccountRecord(value)
		line := fmt.Sprintf("%s: %s, next nonce %d", name, printBuckets(rec.Buckets), rec.Window.Next())
		if rec.Window.Floor+1 != rec.Window.Next() {
			line += fmt.Sprintf(" (all used up to %d)", rec.Window.Floor)
		}
		if rec.Debt != 0 {
			line += fmt.Sprintf(", owes %s", rec.Debt)
		}
		if rec.Frozen {
			line += ", frozen"
		}
		return line, err
	case StateBooking:
		rec, err := DecodeBookingRecord(value)
		if rec.State == BookingNoted {
			return name + ": noted", err
		}
		return fmt.Sprintf("%s: %s, %s %s, rules %d, for %d months",
			name, rec.State, s.name(rec.Account), rec.Points, rec.RulesVersion, rec.ValidMonths), err
	case StateCredit:
		a, err := DecodeCredit(value)
		return fmt.Sprintf("%s: %s", name, a), err
	}
	r, err := DecodeRules(value)
	return name + ": " + printRules(r), err
}

func printRules(r earn.Rules) string {
	return fmt.Sprintf("version %d, %s, hotel %d, car %d, flight %d, for %d months",
		r.Version, r.Currency, r.HotelBasisPoints, r.CarBasisPoints, r.FlightBasisPoints, r.ValidMonths)
}
