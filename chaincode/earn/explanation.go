package earn

// Explanation says how the points of an item came about: for programs by its fields, for people by Sentences.
type Explanation struct {
	RuleSet  string         `json:"ruleSet"`
	Hash     string         `json:"hash"` // of the rule set, in hexadecimal digits
	Kind     Kind           `json:"kind"`
	Price    Cents          `json:"price"`
	Currency string         `json:"currency"`
	FirstDay string         `json:"firstDay"` // "2006-01-02"; seasons by arrival are held against it
	Points   Cents          `json:"points"`
	Tables   []TableOutcome `json:"tables"`
	Facts    []Fact         `json:"facts"` // all there are, in the order of Variables
}

// Fact is what the rules saw of the item as one of the Variables.
type Fact struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // a whole number, or a text; "" is not known
	Meaning string `json:"meaning"`
}

// TableOutcome is what one table made of the item.
type TableOutcome struct {
	Name     string       `json:"name"`
	Hit      HitPolicy    `json:"hit"`
	Rounding Rounding     `json:"rounding"`
	Points   Cents        `json:"points"`
	Rows     []RowOutcome `json:"rows"`   // those that matched and those that nearly did, in the order they are asked
	Others   int          `json:"others"` // how many rows are not listed
}

// Outcome is what became of a row.
type Outcome string

// The outcomes.
const (
	Taken      Outcome = "taken"
	Exhausted  Outcome = "exhausted"   // matched, but its limits left nothing, so a FIRST table went on
	PassedOver Outcome = "passed-over" // matched, but another row came first
	Nearly     Outcome = "nearly"      // is for this kind of item, and all but one of its other conditions held
)

// RowOutcome is what became of one row.
type RowOutcome struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why,omitempty"`   // it was not taken, for those who know the rules
	Words   string  `json:"words,omitempty"` // why, for members
	Gave    *Giving `json:"gave,omitempty"`  // of a row that was Taken or Exhausted
}

// Giving is the calculation of what a row gave.
type Giving struct {
	BasisPoints uint32       `json:"basisPoints"`
	Rate        string       `json:"rate"`    // the same as a percentage, such as "2.5 %"
	Product     string       `json:"product"` // price × rate before rounding, an exact decimal number
	Fixed       Cents        `json:"fixed"`
	Earned      Cents        `json:"earned"` // the product rounded, plus fixed
	Cuts        []CutOutcome `json:"cuts,omitempty"`
	Points      Cents        `json:"points"`
	Months      uint32       `json:"months"`
}

// CutOutcome is a limit that bit.
type CutOutcome struct {
	Limit string `json:"limit"`
	Left  Cents  `json:"left"`
}
