package dollars

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/earn"
)

// limit refuses what the policy in force does not let an account send.
func (b *batch) limit(o SignedOrder, p *purse) (err error) {
	policy := b.policy()
	if most := Amount(policy.OrderMost); most > 0 && o.Amount > most {
		return refuse(CodeOrderLimit, fmt.Sprintf("one order may move at most %s", most))
	}
	// What is contributed counts here too, and again when the household sends it: its head may spend it at once, and a key
	// that was stolen could form any number of households.
	if most := Amount(policy.DayMost); most > 0 {
		if p.rec.Day, err = p.rec.Day.plus(DateOf(b.env.Time), o.Amount); err != nil {
			return err
		}
		if p.rec.Day.Amount > most {
			return refuse(CodeDayLimit, fmt.Sprintf("all orders of a day (UTC) may move at most %s; the next day begins at midnight", most))
		}
	}
	return nil
}

// Spent is what went out on a day (UTC).
type Spent struct {
	Day    Date
	Amount Amount
}

func appendSpent(b []byte, s Spent) []byte {
	return appendAmount(appendUint(b, uint64(s.Day)), s.Amount)
}

func (r *reader) spent() Spent { return Spent{Date(r.uintMax(1<<31 - 1)), r.amount()} }

// plus counts what goes out on a day. Whoever sends a transaction chooses its time within limits: going back to
// yesterday and on to today again must not begin either day anew.
func (s Spent) plus(today Date, a Amount) (Spent, error) {
	if today > s.Day {
		s = Spent{Day: today}
	}
	var err error
	s.Amount, err = s.Amount.Plus(a)
	return s, err
}

// give brings what was taken out of the purse to another account, or into the household whose member gives it.
func (b *batch) give(o SignedOrder, p *purse, e *Entry) error {
	e.Other = o.To
	sent, cooling, err := b.cool(o, b.policy())
	if err != nil {
		return err
	}
	if err := b.note(p, o.To, e.Moved); err != nil {
		return err
	}
	bring := b.credit
	if o.Order.Kind == KindContribute {
		bring = func(to Account, points Buckets) error { return b.contribute(to, o.From, points) }
	}
	if err := bring(o.To, e.Moved); err != nil {
		return err
	}
	if cooling {
		b.payees[Payee{o.From, o.To}].put(sent)
	}
	return nil
}

// cool is the record of a payee after a transfer, or of a household after a contribution, while the policy keeps what new
// payees are sent small; cooling is false where it need not be written. Payees from before there was such a policy have no
// record, and are new once more.
func (b *batch) cool(o SignedOrder, policy earn.Policy) (sent PayeeRecord, cooling bool, err error) {
	if policy.CoolingSeconds == 0 {
		return PayeeRecord{}, false, nil
	}
	// Already there, unless this batch published the policy.
	w := wanted{b: b}
	w.payee(Payee{o.From, o.To})
	if err := w.read(); err != nil {
		return PayeeRecord{}, false, err
	}
	slot := b.payees[Payee{o.From, o.To}]
	if sent = slot.rec; !slot.found {
		sent.First = b.env.Time
	}
	if b.env.Time >= sent.First+policy.CoolingSeconds {
		return sent, false, nil
	}
	if sent.Sent, err = sent.Sent.Plus(o.Amount); err != nil {
		return sent, false, err
	}
	if most := Amount(policy.CoolingMost); sent.Sent > most {
		return sent, false, refuse(CodeCoolingLimit, fmt.Sprintf("for %d seconds after the first transfer to an account, all transfers to it may be at most %s",
			policy.CoolingSeconds, most))
	}
	return sent, true, nil
}

// PayeeRecord is what the ledger keeps of one account's first transfers to another, where the policy wants them small.
type PayeeRecord struct {
	First int64  // Unix seconds
	Sent  Amount // while it cools off
}

// Encode writes the record.
func (r PayeeRecord) Encode() []byte {
	return appendAmount(appendUint([]byte{recordVersion}, uint64(r.First)), r.Sent)
}

// DecodePayeeRecord reads what Encode wrote.
func DecodePayeeRecord(data []byte) (PayeeRecord, error) {
	r := reader{buf: data}
	version := r.byte()
	rec := PayeeRecord{r.int64(), r.amount()}
	if !r.end() || version != recordVersion {
		return PayeeRecord{}, malformed("payee record")
	}
	return rec, nil
}

// Payee is a pair of accounts, of which the first has sent to the second.
type Payee struct{ From, To Account }

// PayeeKey is the state key of the payee's record.
func PayeeKey(p Payee) string { return payeePrefix + p.From.hex() + "/" + p.To.hex() }
