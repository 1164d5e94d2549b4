package sheet

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

// word is the one of the known words that a text is but for capital letters, such as spreadsheets put in, or the text.
func word[S ~string](text string, known []S) S {
	for _, w := range known {
		if lower(text) == lower(string(w)) {
			return w
		}
	}
	return S(text)
}

// lower leaves all but A to Z as they are: that other letters become these is no accident of typing.
func lower(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c - 'A' + 'a'
		}
		return c
	}, text)
}

var kindNames = func() (names []string) {
	for k := earn.Hotel; k.Valid(); k++ {
		names = append(names, k.String())
	}
	return names
}()

// meant says what to write in place of a name that is not known.
func meant(name string, known []string) string {
	bare := func(s string) string {
		return strings.TrimSuffix(strings.NewReplacer("_", "", "-", "", " ", "").Replace(lower(s)), "s")
	}
	if i := slices.IndexFunc(known, func(k string) bool { return bare(k) == bare(name) }); i >= 0 {
		return "write it as " + known[i]
	}
	return "use " + strings.Join(known, ", ")
}

func parseWhole(text string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	far := errors.Is(err, strconv.ErrRange)
	switch {
	case err != nil && !far:
		return 0, fmt.Errorf("%q is not a whole number", short(text))
	case n < 0 && least == 0:
		return 0, fmt.Errorf("%s is less than 0", short(text))
	case n < least || far && n < 0:
		return 0, fmt.Errorf("%s is less than %d", short(text), least)
	case n > most || far:
		return 0, fmt.Errorf("%s is more than %d", short(text), most)
	}
	return n, nil
}

// maxRate is the most that a rule set has room for; earn says how much makes sense.
const maxRate = 1<<32 - 1

// parseRate reads basis points. Who thinks in per cent is told how many they are.
func parseRate(text string) (int64, error) {
	if percent, ok := percentage(text); ok {
		return 0, fmt.Errorf("%q is a percentage: write it in basis points, %d", short(text), percent)
	}
	n, err := parseWhole(text, 0, maxRate)
	if points, fraction := earn.ParseCents(text); err != nil && fraction == nil && strings.Contains(text, ".") {
		return 0, fmt.Errorf("%q is not a whole number of basis points: 1 %% is 100 of them, %s %% is %d", short(text), short(text), points)
	}
	return n, err
}

// percentage reads a number with a % sign, in basis points.
func percentage(text string) (basisPoints int64, ok bool) {
	figure, ok := strings.CutSuffix(text, "%")
	if !ok {
		return 0, false
	}
	// A decimal comma is one here: nothing is taken from it, and thousands of per cent are not meant.
	n, err := earn.ParseCents(strings.Replace(strings.TrimSpace(figure), ",", ".", 1))
	return int64(n), err == nil
}

func parseAmount(text string) (earn.Cents, error) {
	if percent, ok := percentage(text); ok {
		return 0, fmt.Errorf("%q is not an amount: a percentage of the price is the row's basisPoints, %d", short(text), percent)
	}
	n, err := earn.ParseCents(text)
	if figure, negative := strings.CutPrefix(text, "-"); err != nil && negative {
		if _, err := earn.ParseCents(figure); err == nil {
			return 0, fmt.Errorf("%s is less than 0", short(text))
		}
	}
	return n, err
}

// unit of a length of time.
type unit struct {
	letter  string
	seconds int64
}

// units are the longest first.
var units = []unit{{"d", 86_400}, {"h", 3_600}, {"m", 60}, {"s", 1}}

// parseSpan reads a length of time, such as 72h, in seconds.
func parseSpan(text string) (int64, error) {
	for _, u := range units {
		if figure, ok := strings.CutSuffix(text, u.letter); ok && figure != "" && strings.Trim(figure, "-0123456789") == "" {
			n, err := parseWhole(figure, 0, math.MaxInt64/u.seconds)
			return n * u.seconds, err
		}
	}
	return 0, fmt.Errorf("%q is not a length of time: write a whole number and then d, h, m or s, such as 72h", short(text))
}

// spanText is what parseSpan reads, in the longest unit of which it is a whole number; "" is none.
func spanText(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	i := slices.IndexFunc(units, func(u unit) bool { return seconds%u.seconds == 0 }) // All are whole numbers of the last.
	return strconv.FormatInt(seconds/units[i].seconds, 10) + units[i].letter
}
