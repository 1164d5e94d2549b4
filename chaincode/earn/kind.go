package earn

import "fmt"

// Kind is what was booked.
type Kind uint8

// The kinds of item. The numbers are written to the ledger: never renumber, only add.
const (
	Hotel Kind = iota + 1
	Car
	Flight
)

var kindNames = [...]string{Hotel: "hotel", Car: "car", Flight: "flight"}

// ParseKind reads "hotel", "car" or "flight".
func ParseKind(s string) (Kind, error) {
	for k := Hotel; int(k) < len(kindNames); k++ {
		if kindNames[k] == s {
			return k, nil
		}
	}
	return 0, fmt.Errorf("unknown kind of item %q: use hotel, car or flight", s)
}

// Valid tells whether k is one of the known kinds.
func (k Kind) Valid() bool { return k >= Hotel && int(k) < len(kindNames) }

// MarshalText writes the kind's name; an unknown kind has none.
func (k Kind) MarshalText() ([]byte, error) {
	if !k.Valid() {
		return nil, fmt.Errorf("unknown kind of item %d", uint8(k))
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads what ParseKind reads.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}

func (k Kind) String() string {
	if k.Valid() {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}
