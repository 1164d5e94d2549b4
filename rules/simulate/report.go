package simulate

import (
	"encoding/json"
	"math"
	"math/bits"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
)

// Report is what two rule sets make of the same bookings. All points are in cents of D$, all prices in cents of the
// rule sets' currency. No list of it is nil, so that JSON has [] and never null.
type Report struct {
	Replayed Replayed `json:"replayed"`
	Current  Outcome  `json:"current"`
	Draft    Outcome  `json:"draft"`

	Promotions []Promotion `json:"promotions"` // as the draft's rows are written, then those only the current set has

	// Of the items that stand, see Outcome.Standing.
	Kinds     []Group `json:"kinds"`
	Countries []Group `json:"countries"` // by code
	Tiers     []Group `json:"tiers"`     // of the member at confirmation, by the rule set of each side; lowest first

	Minted    []Month `json:"minted"`    // by month of award
	Liability []Month `json:"liability"` // minted and not taken back, by month of expiry, were nothing ever spent

	Members Members `json:"members"`

	// Refusals are the first items, as they were booked, that either rule set refuses, at most MaxRefusals of them.
	Refusals     []Refusal `json:"refusals"`
	RefusedItems int       `json:"refusedItems"` // by either rule set; may be more than Refusals lists
}

// Replayed is what of the history was replayed.
type Replayed struct {
	Items     int `json:"items"`
	Pending   int `json:"pending"`
	Awarded   int `json:"awarded"`
	Cancelled int `json:"cancelled"`
	Reversed  int `json:"reversed"`
	Members   int `json:"members"`

	First string `json:"first"` // day of booking, as replayed; "" where there are no items
	Last  string `json:"last"`

	Outside int `json:"outside"` // items left out by From and Until
	Noted   int `json:"noted"`   // items left out because only their cancellation was reported
}

// Outcome is what one rule set makes of the bookings.
type Outcome struct {
	Label string `json:"label"` // of the side, as Options says
	Name  string `json:"name"`  // of the rule set
	Hash  string `json:"hash"`  // of the rule set as it was given

	// Policy is what holds for accounts. Nobody spends a point in a replay, so it shows in no figure.
	Policy *earn.Policy `json:"policy,omitempty"`

	Confirmed int          `json:"confirmed"`
	Refused   []CodeOfSome `json:"refused"` // by code

	Promised dollars.Amount `json:"promised"` // at confirmation
	Pending  dollars.Amount `json:"pending"`  // still promised in the end
	Minted   dollars.Amount `json:"minted"`
	Reversed dollars.Amount `json:"reversed"`
	Cost     dollars.Amount `json:"cost"` // minted and not reversed

	// Standing is the confirmed items that were neither cancelled nor reversed: awarded and pending ones. Their points
	// are Cost and Pending together.
	Standing Sum `json:"standing"`
}

// CodeOfSome is how many items were refused with a code.
type CodeOfSome struct {
	Code  dollars.Code `json:"code"`
	Items int          `json:"items"`
}

// Sum is what some items add up to.
type Sum struct {
	Items  int            `json:"items"`
	Price  dollars.Amount `json:"price"`
	Points dollars.Amount `json:"points"`
}

// BasisPoints is the average rate: points of the price, in 1/10,000, rounded half up: items lose fractions of a cent, and
// of 5 % on each of them 5.00 % must be left. It is 0 where there is no price.
func (s Sum) BasisPoints() int64 {
	hi, lo := bits.Mul64(uint64(s.Points), 10_000)
	if s.Price == 0 {
		return 0
	}
	if hi >= uint64(s.Price) {
		return math.MaxInt64 // Fixed amounts on prices next to nothing.
	}
	rate, rest := bits.Div64(hi, lo, uint64(s.Price))
	if rest >= uint64(s.Price)-rest && rate < math.MaxInt64 {
		rate++
	}
	return int64(min(rate, math.MaxInt64))
}

// MarshalJSON adds the rate, so that whoever reads it rounds as the tables do.
func (s Sum) MarshalJSON() ([]byte, error) {
	type sum Sum
	return json.Marshal(struct {
		sum
		BasisPoints int64 `json:"basisPoints"`
	}{sum(s), s.BasisPoints()})
}

// Group is the standing items that have something in common. Each side counts those it confirmed.
type Group struct {
	Key     string `json:"key"` // "" where it was not told, or below the lowest tier
	Current Sum    `json:"current"`
	Draft   Sum    `json:"draft"`
}

// Promotion is what a row gave on each side; nil where the rule set has no row of that id.
type Promotion struct {
	Row     string `json:"row"`
	Current *Given `json:"current,omitempty"`
	Draft   *Given `json:"draft,omitempty"`
}

// Given is what a row gave.
type Given struct {
	Items    int            `json:"items"` // that it gave points to at confirmation
	Promised dollars.Amount `json:"promised"`
	Pending  dollars.Amount `json:"pending"`
	Minted   dollars.Amount `json:"minted"`
	Reversed dollars.Amount `json:"reversed"`
	Cuts     []Cut          `json:"cuts"` // by the limits that ever bit, in their order

	Budget dollars.Amount `json:"budget"` // 0 is none
	Used   dollars.Amount `json:"used"`   // of the budget in the end, what cancellations gave back taken off
}

// Cut is what a limit took from a row's points.
type Cut struct {
	Limit  string         `json:"limit"`
	Items  int            `json:"items"`
	Points dollars.Amount `json:"points"`
}

// Month is points of a month.
type Month struct {
	Month   dollars.Expiry `json:"month"`
	Current dollars.Amount `json:"current"`
	Draft   dollars.Amount `json:"draft"`
}

// Members is who would have more and who less, in points of standing items.
type Members struct {
	Win  int `json:"win"`
	Lose int `json:"lose"`
	Same int `json:"same"`

	Winners []Change `json:"winners"` // the biggest, at most MaxChanges
	Losers  []Change `json:"losers"`

	// Spread is the draft's points minus the current ones over all members; none where there are no members.
	Spread []Percentile `json:"spread"`
}

// Bounds of lists of a report.
const (
	MaxChanges  = 10
	MaxRefusals = 1_000
)

// Change is a member's points on both sides.
type Change struct {
	Account dollars.Account `json:"account"`
	Current dollars.Amount  `json:"current"`
	Draft   dollars.Amount  `json:"draft"`
}

// Difference is what the draft gives more.
func (c Change) Difference() dollars.Amount { return c.Draft - c.Current }

// Percentile is a difference that so many per cent of the members are at or below.
type Percentile struct {
	Percent    int            `json:"percent"` // 0 is the least, 100 the greatest
	Difference dollars.Amount `json:"difference"`
}

// Refusal is an item that a rule set refuses; a code is "" where that side takes it.
type Refusal struct {
	Booking string         `json:"booking"` // id on the ledger
	Booked  string         `json:"booked"`  // day of the history
	Kind    earn.Kind      `json:"kind"`
	Price   dollars.Amount `json:"price"`
	Current dollars.Code   `json:"current"`
	Draft   dollars.Code   `json:"draft"`
}
