package dollars

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/destinasia/dollars/chaincode/earn"
)

func printSupply(s Supply) string {
	// What most stories have none of is left out of theirs.
	rare := func(format string, a Amount) string {
		if a == 0 {
			return ""
		}
		return fmt.Sprintf(format, a)
	}
	out := fmt.Sprintf("minted %s%s - reversed %s - redeemed %s - expired %s%s%s = outstanding %s\npending %s, debt %s%s\n",
		s.Minted, rare(" + adjusted %s", s.Adjusted), s.Reversed, s.Redeemed, s.Expired,
		rare(" - written off %s", s.WrittenOff), rare(" - held %s", s.Held), s.Outstanding(),
		s.Pending, s.Debt, rare(", forgiven %s", s.Forgiven))
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
		if len(h.held) > 0 {
			fmt.Fprintf(&out, ", holds %s", printBuckets(bucketsOf(h.held)))
		}
		if h.debt != 0 {
			fmt.Fprintf(&out, ", owes %s", h.debt)
		}
		if h.frozen != "" {
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
	case StateEarning:
		return "member " + s.name(k.Account)
	case StateSchedule:
		return "schedule of rules"
	}
	if name := s.printLaterKey(key); name != "" {
		return name
	}
	if key == ProposalKey {
		return "proposed rules"
	}
	if number, ok := strings.CutPrefix(key, rulesPrefix); ok {
		return "rules " + strings.TrimLeft(number, "0")
	}
	if hex, ok := strings.CutPrefix(key, tripPrefix); ok {
		for id, name := range s.trips {
			if id.String() == hex {
				return "trip " + name
			}
		}
	}
	row, lane, isShare := strings.Cut(strings.TrimPrefix(key, budgetPrefix), "/")
	if isShare {
		return fmt.Sprintf("budget %s, lane %s", row, lane)
	}
	return "budget " + row
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
		return line + s.printRare(rec), err
	case StateBooking:
		rec, err := DecodeBookingRecord(value)
		if rec.State == BookingNoted {
			return name + ": noted", err
		}
		return name + ": " + s.printBooking(rec), err
	case StateCredit:
		a, err := DecodeCredit(value)
		return fmt.Sprintf("%s: %s", name, a), err
	}
	if s.printLaterKey(key) != "" {
		return s.printLater(name, key, value)
	}
	return s.printOther(name, key, value)
}

// printOther prints what rules keep.
func (s *scenario) printOther(name, key string, value []byte) (string, error) {
	switch {
	case key == ScheduleKey:
		schedule, err := DecodeSchedule(value)
		var list []string
		for _, v := range schedule {
			list = append(list, fmt.Sprintf("%d from %s", v.Version, printTime(v.Starts)))
		}
		return name + ": " + strings.Join(list, ", "), err
	case key == ProposalKey || strings.HasPrefix(key, rulesPrefix):
		rec, err := DecodeRulesRecord(value)
		if err != nil {
			return "", err
		}
		return name + ": " + s.printRules(rec), nil
	case strings.HasPrefix(key, tripPrefix):
		rec, err := DecodeTripRecord(value)
		return name + ": " + printUses(rec), err
	case strings.HasPrefix(key, earningPrefix):
		rec, err := DecodeEarningRecord(value)
		return name + ": " + printEarnings(rec), err
	case strings.HasPrefix(name, "budget ") && strings.Contains(name, "lane"):
		left, err := DecodeShare(value)
		return fmt.Sprintf("%s: %s", name, left), err
	}
	rec, err := DecodeBudgetRecord(value)
	return fmt.Sprintf("%s: %s of %s", name, rec.Left, rec.Total), err
}

func printTime(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateTime) }

func (s *scenario) printRules(rec RulesRecord) string {
	set := "set " + rec.Hash().String()
	for name, encoded := range s.sets {
		if earn.HashOf(encoded) == rec.Hash() {
			set = name
		}
	}
	people := map[CertificateID]string{anna.ID: "anna", ben.ID: "ben"}
	line := fmt.Sprintf("%s as version %d, proposed by %s", set, rec.Version, people[rec.Proposer])
	if rec.Approver != (CertificateID{}) {
		line += fmt.Sprintf(", approved by %s on %s", people[rec.Approver], DateOf(rec.Approved))
	}
	if rec.Published != 0 {
		line += fmt.Sprintf(", published %s, starts %s", printTime(rec.Published), printTime(rec.Starts))
	}
	return line
}

// printBooking writes the parts out unless the only one was given in full.
func (s *scenario) printBooking(rec BookingRecord) string {
	points, err := rec.Points()
	if err != nil {
		return err.Error()
	}
	line := fmt.Sprintf("%s, %s %s, rules %d", rec.State, s.name(rec.Account), points, rec.Version)
	if rec.Tier != "" {
		line += ", tier " + rec.Tier
	}
	if len(rec.Parts) == 1 && len(rec.Parts[0].Cuts) == 0 && rec.Parts[0].Held == 0 {
		return fmt.Sprintf("%s, for %d months", line, rec.Parts[0].Months)
	}
	sets, err := s.published()
	if err != nil {
		return err.Error()
	}
	for _, p := range rec.Parts {
		line += fmt.Sprintf(", %s %s for %d months", sets[rec.Version].Row(p.Table, p.Row).ID, Amount(p.Points), p.Months)
		for _, c := range p.Cuts {
			line += fmt.Sprintf(" (%s leaves %s of %s)", c.Limit, Amount(c.Left), Amount(p.Earned))
		}
		for l := earn.LimitBooking; l <= earn.LimitBudget; l++ {
			if p.Held.has(l) {
				line += " +" + l.String()
			}
		}
	}
	return line
}

func printUses(uses []Use) string {
	if len(uses) == 0 {
		return "nothing"
	}
	var list []string
	for _, u := range uses {
		list = append(list, fmt.Sprintf("%s %s", u.Row, u.Points))
	}
	return strings.Join(list, ", ")
}

func printEarnings(rec EarningRecord) string {
	var list []string
	for _, m := range rec.Months {
		list = append(list, fmt.Sprintf("earned %s and %d nights in %s", m.Points, m.Nights, m.Month))
	}
	for _, m := range rec.Uses {
		list = append(list, fmt.Sprintf("took up %s in %s", printUses(m.Uses), m.Month))
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, "; ")
}

// printBudget adds up what is left of what is kept like a budget under a name.
func (s *scenario) printBudget(label, name string, format func(Amount) string) (string, error) {
	rec, err := DecodeBudgetRecord(s.state[BudgetKey(name)])
	if err != nil {
		return "", err
	}
	lanes, sum := "", rec.Left
	for lane := range uint8(Lanes) {
		value, ok := s.state[ShareKey(name, lane)]
		if !ok {
			continue
		}
		left, err := DecodeShare(value)
		if err != nil {
			return "", err
		}
		sum += left
		lanes += fmt.Sprintf(", %s in lane %d", format(left), lane)
	}
	return fmt.Sprintf("%s has %s left of %s: %s in the pot%s\n", label, format(sum), format(rec.Total), format(rec.Left), lanes), nil
}
