package dollars

import "fmt"

// parseRecovery reads a step of giving an account a new key:
//
//	propose-recovery alice phone, approve-recovery alice phone, recover alice phone
func (s *scenario) parseRecovery(kind string, args []string) (op Operation, ref [32]byte, err error) {
	steps := map[string]Kind{
		"propose-recovery": KindProposeRecovery, "approve-recovery": KindApproveRecovery, "recover": KindRecover,
	}
	if len(args) != 2 {
		return nil, ref, fmt.Errorf("want: %s account key", kind)
	}
	return Recovery{steps[kind], s.account(args[0]), s.account(args[1])}, ref, nil
}

func (s *scenario) printRecovery(name string, value []byte) (string, error) {
	rec, err := DecodeRecoveryRecord(value)
	line := fmt.Sprintf("%s by %s, proposed by %s", name, s.name(rec.Key), rec.Proposer)
	if rec.Approved != 0 {
		line += fmt.Sprintf(", approved %s, to be completed from %s on", printTime(rec.Approved), printTime(rec.Completable))
	}
	return line, err
}

// printKeys is who signs for an account, unless it is the key that its address is of.
func (s *scenario) printKeys(rec AccountRecord) (line string) {
	for i, k := range rec.Keys {
		if line += " and "; i == 0 {
			line = ", signed for by "
		}
		line += s.name(k)
	}
	return line
}

// printPool is the household that an account is, or is in.
func (s *scenario) printPool(rec AccountRecord) (line string) {
	if !rec.Household.IsZero() {
		line = ", in " + s.name(rec.Household)
	}
	if rec.Pool == nil {
		return line
	}
	for i, m := range rec.Pool.Members {
		switch {
		case i == 0:
			line += "; head "
		case m.Joined:
			line += "; member "
		default:
			line += "; invited "
		}
		if line += s.name(m.Account); i > 0 {
			line += fmt.Sprintf(" for %s a day", m.DayLimit)
		}
		if m.Day != (Spent{}) {
			line += fmt.Sprintf(", spent %s on %s", m.Day.Amount, m.Day.Day)
		}
		if len(m.Share) > 0 {
			line += ", has " + printBuckets(m.Share)
		}
	}
	return line
}
