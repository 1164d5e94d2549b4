package earn

// Item is everything a rule may ask of a booked item. Days are counted from 1970-01-01, money is cents.
type Item struct {
	Kind     Kind
	Price    int64
	Currency string // ISO 4217
	Start    int32  // first day: check-in, pick-up, departure
	End      int32  // last day; not before Start
	Booked   int32  // day of the booking
	Cabin    string // codes of the booking system; "" where it did not say
	Route    string // "FRA-LIS"
	Country  string // ISO 3166-1 alpha-2, of the destination
	Hotel    string
	Channel  string
	Party    int64 // travellers; 0 where it did not say
	Trip     Trip
	Tier     string // of the member; "" below the lowest
	Time     int64  // Unix seconds at which the booking is confirmed on the ledger
}

// Trip is what a booking holds altogether, the item itself included.
type Trip struct {
	Hotels, Cars, Flights uint32
	Nights                uint32 // of its longest hotel stay
}

// Limit is a bound that a row puts on what it gives.
type Limit uint8

// The limits, in the order they are applied. The numbers are on the ledger: never renumber, only add.
const (
	LimitItem Limit = iota + 1
	LimitBooking
	LimitMember
	LimitBudget
)

var limitNames = [...]string{LimitItem: "item", LimitBooking: "booking", LimitMember: "member", LimitBudget: "budget"}

func (l Limit) String() string {
	if l >= LimitItem && int(l) < len(limitNames) {
		return limitNames[l]
	}
	return "unknown"
}

// Part is what one row gives an item.
type Part struct {
	Table, Row int   // where the row is in its rule set
	Earned     int64 // by its rate and fixed amount, in cents
	Cuts       []Cut // the limits that bit, in their order
	Points     int64 // what was left, in cents
	Months     uint32
}

// Cut is a limit that left less than was asked for.
type Cut struct {
	Limit Limit
	Left  int64 // cents; what was left under the limit, and so what remains of the part
}

// Room tells how much of the points wanted a limit still leaves, LimitItem aside, which a row knows itself: at most
// want. The evaluator asks for each limit a matching row has, with what is left of the part by then, and takes it that
// the caller books what the parts say afterwards.
type Room func(l Limit, row *Row, want int64) (int64, error)
