package dollars

import (
	"fmt"
	"math"
	"strings"
)

// Amount is a number of cents, of D$ or of a price's currency. It is never negative in state or in an operation.
type Amount int64

// Bounds of what one operation may name, in cents. They are far above any real trip and far below where sums of
// them could leave 64 bits.
const (
	MaxAmount Amount = 1_000_000_000_000_000 // D$ 10 trillion
	MaxPrice  Amount = 100_000_000_000       // one billion of a currency
)

// ParseAmount reads a decimal number of at most two decimals, such as "12", "12.3" or "12.34", into cents. It
// takes no sign, exponent, space or leading zero, so that an amount has one spelling but for trailing decimals.
func ParseAmount(s string) (Amount, error) {
	if strings.HasPrefix(s, "-") {
		return 0, refuse(CodeAmountNegative, fmt.Sprintf("amount %q is negative", clip(s)))
	}
	whole, frac, dot := strings.Cut(s, ".")
	bad := whole == "" || (len(whole) > 1 && whole[0] == '0') || (dot && frac == "") || !digits(whole) || !digits(frac)
	if bad || len(frac) > 2 {
		return 0, refuse(CodeAmountInvalid, fmt.Sprintf("amount %q is not a decimal number with at most two decimals", clip(s)))
	}
	if len(whole) > 16 {
		return 0, refuse(CodeAmountTooLarge, fmt.Sprintf("amount %q is more than %s", clip(s), MaxAmount))
	}
	var cents Amount
	for _, c := range whole + (frac + "00")[:2] {
		cents = cents*10 + Amount(c-'0') // at most 18 digits: below 2^63
	}
	if cents > MaxAmount {
		return 0, refuse(CodeAmountTooLarge, fmt.Sprintf("amount %q is more than %s", clip(s), MaxAmount))
	}
	return cents, nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// clip keeps a hostile input out of messages and logs at full length.
func clip(s string) string {
	if len(s) > 24 {
		return s[:24] + "…"
	}
	return s
}

// String writes the amount with two decimals, e.g. "12.30".
func (a Amount) String() string {
	sign := ""
	u := uint64(a)
	if a < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// MarshalText writes the amount as a decimal string, because JavaScript loses integers above 2^53.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAmount reads.
func (a *Amount) UnmarshalText(text []byte) error {
	v, err := ParseAmount(string(text))
	if err == nil {
		*a = v
	}
	return err
}

// Plus adds, or refuses with amount_overflow.
func (a Amount) Plus(b Amount) (Amount, error) {
	if b > 0 && a > math.MaxInt64-b {
		return 0, refuse(CodeAmountOverflow, fmt.Sprintf("%s plus %s leaves the integers", a, b))
	}
	return a + b, nil
}
