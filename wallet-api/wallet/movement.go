package wallet

import (
	"cmp"
	"slices"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// Line says under which heading of a statement a movement of points comes.
type Line uint8

// The lines of a statement, in its order. The last two are within the account: what is held is still its own.
const (
	LineEarned      Line = iota // minted for completed bookings
	LineReceived                // from other accounts
	LineSent                    // to other accounts
	LineRedeemed                // burned for redemptions and rewards, and by merchants that took what was held for them
	LineExpired                 // whose month is over
	LineReversed                // taken back, because the booking was cancelled
	LineRecalled                // taken back, because they came from an account whose booking was cancelled
	LineRepaid                  // of a debt
	LineGranted                 // by an operator
	LineCorrected               // burned by an operator
	LineContributed             // to a household, or by its members
	LineWithdrawn               // from a household, or by its members
	LineHeld                    // set aside for a merchant
	LineReleased                // no longer set aside

	lines = iota // how many there are
)

var lineNames = [lines]string{
	"earned", "received", "sent", "redeemed", "expired", "reversed", "recalled", "repaid", "granted", "corrected",
	"contributed", "withdrawn", "held", "released",
}

func (l Line) String() string { return lineNames[l] }

// MarshalText writes the line's name.
func (l Line) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Counts tells whether movements of this line change what an account has.
func (l Line) Counts() bool { return l < LineHeld }

// Movement is points of one expiry that came to an account, or left it.
type Movement struct {
	Line    Line
	Time    int64 // Unix seconds
	Kind    dollars.Kind
	Other   dollars.Account // from or to whom, or which merchant; zero where nobody
	By      dollars.Account // who of the household, or which other key, signed; zero: the account's own
	Ref     [32]byte        // as in the journal's entry: an order, a booking, an adjustment; zero where there is none
	Link    [32]byte        // the merchant's reference, or the hash of a voucher's code
	Name    string          // of the reward, the reason of an adjustment, or the cause of a cancellation
	Version uint32          // of the rules by which it was earned
	TxID    string
	Expiry  dollars.Expiry
	Amount  dollars.Amount // below zero where it left; of what is held, where it left what can be spent
}

// Movements is what an entry of an account's history moved for the account.
func Movements(a dollars.Account, h HistoryEntry) (list []Movement) {
	e := h.Entry
	m := Movement{Time: h.Time, Kind: e.Kind, By: e.By, Ref: e.Ref, Link: e.Link, TxID: h.TxID, Version: e.Version}
	switch e.Kind {
	case dollars.KindClaim, dollars.KindApproveAdjustment, dollars.KindCancel:
		m.Name = e.Name
	}
	add := func(line Line, buckets dollars.Buckets, sign dollars.Amount) {
		for _, b := range buckets {
			m.Line, m.Expiry, m.Amount = line, b.Expiry, sign*b.Amount
			list = append(list, m)
		}
	}
	switch {
	case e.Account == a:
		add(LineExpired, e.Expired, -1)
		if e.Kind != dollars.KindRelease {
			dateExpired(list)
		}
		add(LineRepaid, e.Repaid, -1)
		if line, sign, moves := ownLine(e); moves {
			m.Other = e.Other
			add(line, e.Moved, sign)
		}
	case e.Other == a:
		if line, moves := othersLine(e.Kind); moves {
			m.Other = e.Account
			add(line, e.Moved, 1)
		}
	}
	for _, r := range e.Recalled {
		if r.Account == a {
			m.Other = e.Account
			add(LineRecalled, r.Moved, -1)
		}
	}
	return list
}

// dateExpired gives expired points the moment at which they were no longer valid: the ledger burns them when it next
// touches the account, but they could not be spent from then on. What expires in a hold is within it until its release.
func dateExpired(list []Movement) {
	for i := range list {
		list[i].Time = min(list[i].Time, (Month(list[i].Expiry) + 1).Start())
	}
}

// ownLine is the line of what an entry moved for its Account, and whether that came or went.
func ownLine(e dollars.Entry) (line Line, sign dollars.Amount, moves bool) {
	switch e.Kind {
	case dollars.KindComplete:
		return LineEarned, 1, true
	case dollars.KindCancel:
		return LineReversed, -1, true
	case dollars.KindTransfer:
		return LineSent, -1, true
	case dollars.KindRedeem, dollars.KindClaim, dollars.KindCapture:
		return LineRedeemed, -1, true
	case dollars.KindHold:
		return LineHeld, -1, true
	case dollars.KindRelease:
		return LineReleased, 1, true
	case dollars.KindContribute:
		return LineContributed, -1, true
	case dollars.KindLeave:
		return LineWithdrawn, -1, true
	case dollars.KindApproveAdjustment:
		if e.Burn {
			return LineCorrected, -1, true
		}
		return LineGranted, 1, true
	}
	return 0, 0, false
}

// othersLine is the line of what an entry moved to its Other.
func othersLine(k dollars.Kind) (line Line, moves bool) {
	switch k {
	case dollars.KindTransfer:
		return LineReceived, true
	case dollars.KindContribute:
		return LineContributed, true
	case dollars.KindLeave:
		return LineWithdrawn, true
	}
	return 0, false
}

// unburned is what has expired by now and waits to be burned, as the movements that members see.
func (h Holding) unburned(now int64) (list []Movement) {
	for _, b := range h.Buckets {
		if b.Expiry.Passed(now) {
			list = append(list, Movement{Line: LineExpired, Time: now, Kind: dollars.KindExpire, Expiry: b.Expiry, Amount: -b.Amount})
		}
	}
	dateExpired(list)
	return list
}

// inOrder sorts movements that were gathered newest first by their time, and those of one time as the ledger has them.
func inOrder(list []Movement) {
	slices.Reverse(list)
	slices.SortStableFunc(list, func(x, y Movement) int { return cmp.Compare(x.Time, y.Time) })
}
