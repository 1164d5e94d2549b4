package earn

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Bounds of a rule set. A rate above 100 % or points that outlive ten years are mistakes, not promotions.
const (
	MaxDocument    = 256 << 10 // bytes of the encoded rule set
	MaxRows        = 1_000     // of all tables
	MaxTables      = 16
	MaxLevels      = 16
	MaxCondition   = 2_000 // bytes of one condition
	MaxName        = 40    // bytes of a row's id, and of a table's, rule set's or tier's name
	MaxBasisPoints = 10_000
	MaxValidMonths = 120
	MaxPoints      = 1_000_000_000_00 // of a fixed amount, cap or budget, in cents
)

// RuleSet is a set of earning rules as business staff write them and as the ledger keeps them. An item earns what its
// tables give it, added up; what its policy says holds for what members then do with their points.
type RuleSet struct {
	Name     string  `json:"name"`
	Currency string  `json:"currency"`         // ISO 4217 code of the prices it applies to
	Starts   int64   `json:"starts,omitempty"` // Unix seconds from which it is in force; 0 is from its publication
	Tables   []Table `json:"tables"`
	Tiers    []Level `json:"tiers,omitempty"` // the lowest first
	Policy   *Policy `json:"policy,omitempty"`
}

// HitPolicy says what a table does when several of its rows match (DMN 1.5, section 8.2.10).
type HitPolicy string

// The hit policies.
const (
	First   HitPolicy = "first"   // the one of the highest priority; of several, the one written first
	Unique  HitPolicy = "unique"  // at most one may match; an item that two match is refused
	Collect HitPolicy = "collect" // all of them, added up
)

// Rounding says what becomes of fractions of a cent.
type Rounding string

// The roundings.
const (
	Floor    Rounding = "floor" // also what "" means
	HalfUp   Rounding = "half-up"
	HalfEven Rounding = "half-even"
	Ceiling  Rounding = "ceiling"
)

// Table is a decision table: an item is held against its rows.
type Table struct {
	Name     string    `json:"name"`
	Hit      HitPolicy `json:"hit"`
	Rounding Rounding  `json:"rounding,omitempty"`
	Rows     []Row     `json:"rows"`
}

// Row is one rule: what must hold, and what it then gives. Its ID is also the name of its promotion: member caps and
// the budget of a row go on counting under that name in the next rule set.
type Row struct {
	ID       string  `json:"id"`                 // unique in the rule set: a-z, 0-9 and -
	Kinds    []Kind  `json:"kinds,omitempty"`    // of item; none is any
	Season   *Season `json:"season,omitempty"`   // nil is always
	Priority int32   `json:"priority,omitempty"` // matters to First only; higher comes first
	When     string  `json:"when,omitempty"`     // CEL over Variables; "" is always true

	BasisPoints uint32 `json:"basisPoints,omitempty"` // of the price
	Fixed       Cents  `json:"fixed,omitempty"`       // points, on top
	CapItem     Cents  `json:"capItem,omitempty"`     // at most so many points for one item; 0 is no cap
	CapBooking  Cents  `json:"capBooking,omitempty"`  // for all items of a booking
	CapMember   Cents  `json:"capMember,omitempty"`   // for a member in a calendar month (UTC) of confirmation
	Budget      Cents  `json:"budget,omitempty"`      // for everybody, ever
	Months      uint32 `json:"months"`                // after the award's month the points stay valid
}

// Season is the days in which a row holds, both ends included.
type Season struct {
	By    Clock  `json:"by"`
	From  string `json:"from"`           // first day, "2006-01-02"
	Until string `json:"until"`          // last day
	Zone  string `json:"zone,omitempty"` // IANA name of the time zone its days are days in; by booking only

	// Start and End are the season's bounds in Unix seconds, the end excluded; by booking only. Who writes the rule
	// set works them out from the days and the zone, because endorsers must not depend on time zone databases.
	Start int64 `json:"start,omitempty"`
	End   int64 `json:"end,omitempty"`
}

// Clock is what a season is held against.
type Clock string

// The clocks.
const (
	ByBooking Clock = "booking" // the time the booking is confirmed on the ledger
	ByArrival Clock = "arrival" // the item's first day
)

// Level is a tier that members reach by what they earned in the last twelve months: by either threshold.
type Level struct {
	Tier   string `json:"tier"`
	Points Cents  `json:"points,omitempty"` // awarded; 0 is no threshold
	Nights int64  `json:"nights,omitempty"` // of awarded hotel stays; 0 is no threshold
}

// Encode writes the rule set as the ledger keeps it: JSON with its fields in the order above and nothing optional, so
// that one rule set has one encoding.
func (r RuleSet) Encode() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		panic(fmt.Sprintf("a rule set is not JSON: %v", err)) // Only strings, integers and valid kinds are in it.
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Rows is how many rows its tables have.
func (r RuleSet) Rows() (rows int) {
	for _, t := range r.Tables {
		rows += len(t.Rows)
	}
	return rows
}

// Read reads a rule set that was accepted before, in whatever spelling it was accepted in.
func Read(encoded []byte) (RuleSet, error) {
	var r RuleSet
	if err := json.Unmarshal(encoded, &r); err != nil {
		return RuleSet{}, fmt.Errorf("these bytes are no rule set: %w", err)
	}
	return r, nil
}

// Decode reads what Encode wrote and refuses every other spelling. Whether the rules make sense is for Compile to say.
func Decode(data []byte) (RuleSet, error) {
	if len(data) > MaxDocument {
		return RuleSet{}, fmt.Errorf("a rule set of %d bytes is more than %d", len(data), MaxDocument)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var r RuleSet
	if err := dec.Decode(&r); err != nil {
		return RuleSet{}, fmt.Errorf("these bytes are no rule set: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return RuleSet{}, errors.New("something follows the rule set")
	}
	if !bytes.Equal(r.Encode(), data) {
		return RuleSet{}, errors.New("the rule set is not in its canonical encoding")
	}
	return r, nil
}

// Hash names a rule set: SHA-256 of its encoding.
type Hash [sha256.Size]byte

// HashOf is the hash of an encoded rule set.
func HashOf(encoded []byte) Hash { return sha256.Sum256(encoded) }

func (h Hash) String() string { return fmt.Sprintf("%x", h[:]) }
