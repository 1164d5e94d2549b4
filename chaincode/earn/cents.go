package earn

import (
	"fmt"
	"strconv"
	"strings"
)

// Cents is an amount of points in hundredths. Its text is a decimal with two places, such as "12.50".
type Cents int64

func (c Cents) String() string {
	sign, n := "", uint64(c)
	if c < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// ParseCents reads a decimal number, not negative, with at most two places.
func ParseCents(s string) (Cents, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole+(fraction + "00")[:2], 10, 63)
	if err != nil || whole == "" || len(fraction) > 2 || strings.HasSuffix(s, ".") || s[0] == '+' {
		return 0, fmt.Errorf("%.40q is not an amount: a decimal number with at most two places", s)
	}
	return Cents(n), nil
}

// MarshalText makes JSON carry the amount as a string, because JavaScript reads numbers as floats.
func (c Cents) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCents reads.
func (c *Cents) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCents(string(text))
	return err
}
