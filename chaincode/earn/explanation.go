package earn

// Explanation says how the points of an item came about.
type Explanation struct {
	RuleSet  string         `json:"ruleSet"`
	Hash     string         `json:"hash"` // of the rule set, in hexadecimal digits
	Kind     Kind           `json:"kind"`
	Price    Cents          `json:"price"`
	Currency string         `json:"currency"`
	Tier     string         `json:"tier,omitempty"`
	Points   Cents          `json:"points"`
	Tables   []TableOutcome `json:"tables"`
}

// TableOutcome is what one table made of the item.
type TableOutcome struct {
	Name     string       `json:"name"`
	Hit      HitPolicy    `json:"hit"`
	Rounding Rounding     `json:"rounding"`
	Points   Cents        `json:"points"`
	Rows     []RowOutcome `json:"rows"`   // those that matched or nearly did, as written
	Others   int          `json:"others"` // how many rows are not listed
}

// Outcome is what became of a row.
type Outcome string

// The outcomes.
const (
	Taken      Outcome = "taken"
	Exhausted  Outcome = "exhausted"   // matched, but its limits left nothing
	PassedOver Outcome = "passed-over" // matched, but another row came first
	Nearly     Outcome = "nearly"      // all but one of its conditions held
)

// RowOutcome is what became of one row.
type RowOutcome struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why,omitempty"`  // it was not taken
	Gave    *Giving `json:"gave,omitempty"` // of a row that was Taken or Exhausted
}

// Giving is the calculation of what a row gave.
type Giving struct {
	BasisPoints uint32       `json:"basisPoints"`
	Product     string       `json:"product"` // price × rate before rounding, an exact decimal number
	Fixed       Cents        `json:"fixed"`
	Earned      Cents        `json:"earned"` // product rounded, plus fixed
	Cuts        []CutOutcome `json:"cuts,omitempty"`
	Points      Cents        `json:"points"`
	Months      uint32       `json:"months"`
}

// CutOutcome is a limit that bit.
type CutOutcome struct {
	Limit string `json:"limit"`
	Left  Cents  `json:"left"`
}
