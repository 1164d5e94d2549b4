package earn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	plainDay   = "2 January 2006"
	plainList  = 12 // alternatives that are listed
	notByWords = "its condition did not hold"
)

// plainly says to members what shortfall says to those who know the rules.
func (s *scratch) plainly(row *Row, failed int) string {
	if failed == season {
		return s.plainSeason(row.Season)
	}
	n := &s.of.conjuncts[failed].native
	switch n.op {
	case numberEquals, numberDiffers, numberLess, numberLessEquals, numberGreater, numberGreaterEquals, numberIn:
		return s.plainNumber(n)
	case textEquals, textDiffers, textIn, textContains, textStarts, textEnds:
		return s.plainText(n)
	}
	return notByWords
}

func (s *scratch) plainSeason(season *Season) string {
	from, until := writtenOut(season.From), writtenOut(season.Until)
	span := fmt.Sprintf("from %s to %s", from, until)
	if from == until {
		span = "on " + from
	}
	if season.By == ByArrival {
		return fmt.Sprintf("the first day must be %s; it is %s", span, day(int64(s.item.Start)*86_400).Format(plainDay))
	}
	return fmt.Sprintf("the booking must be confirmed %s (in %s); it was on %s UTC",
		span, season.Zone, day(s.item.Time).Format(plainDay+" at 15:04"))
}

// writtenOut is a season's day in words.
func writtenOut(text string) string {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text // Of an evaluator there is none: such a season does not compile.
	}
	return d.Format(plainDay)
}

// comparisons in words; of months, which are names in words, others are needed.
var (
	numberWords = map[operation]string{
		numberEquals: "must be %s", numberDiffers: "must not be %s", numberIn: "must be %s",
		numberLess: "must be less than %s", numberLessEquals: "must be at most %s",
		numberGreater: "must be more than %s", numberGreaterEquals: "must be at least %s",
	}
	monthWords = map[operation]string{
		numberEquals: "must be %s", numberDiffers: "must not be %s", numberIn: "must be %s",
		numberLess: "must be before %s", numberLessEquals: "must be %s or earlier",
		numberGreater: "must be after %s", numberGreaterEquals: "must be %s or later",
	}
	textWords = map[operation]string{
		textEquals: "must be %s", textDiffers: "must not be %s", textIn: "must be %s",
		textContains: "must contain %s", textStarts: "must begin with %s", textEnds: "must end with %s",
	}
)

func (s *scratch) plainNumber(n *node) string {
	v := &Variables[n.variable]
	wanted, must := s.plainValue(v, n.number), numberWords[n.op]
	if v.Name == "month" {
		must = monthWords[n.op]
	}
	if n.op == numberIn {
		wanted = alternatives(n.numbers, func(number int64) string { return s.plainValue(v, number) })
	}
	have := "it is "
	if v.plural {
		have = "they are "
	}
	return v.noun + " " + fmt.Sprintf(must, wanted) + "; " + have + s.plainValue(v, s.values.numbers[n.variable])
}

func (s *scratch) plainValue(v *Variable, number int64) string {
	switch {
	case v.Name == "price":
		return Cents(number).String() + " " + s.item.Currency
	case v.Name == "month" && number >= 1 && number <= 12:
		return time.Month(number).String()
	}
	return strconv.FormatInt(number, 10)
}

func (s *scratch) plainText(n *node) string {
	v := &Variables[n.variable]
	bare := strings.TrimPrefix(v.noun, "the ")
	have := s.values.texts[n.variable]
	switch {
	case have != "":
		have = "it is " + plainCode(v, have)
	case v.Name == "tier":
		have = "there is no tier"
	default:
		have = fmt.Sprintf("no %s is known", bare)
	}
	switch {
	case n.op == textEquals && n.text == "":
		return fmt.Sprintf("there must be no %s; %s", bare, have)
	case n.op == textDiffers && n.text == "" && v.Name == "tier":
		return "there must be a tier; " + have
	case n.op == textDiffers && n.text == "":
		return fmt.Sprintf("%s must be known; %s", v.noun, have)
	}
	wanted := plainCode(v, n.text)
	if n.op == textIn {
		wanted = alternatives(n.texts, func(text string) string { return plainCode(v, text) })
	}
	return v.noun + " " + fmt.Sprintf(textWords[n.op], wanted) + "; " + have
}

// plainCode is a text of an item or a condition. A condition may spell out any text, also what cannot be seen.
func plainCode(v *Variable, text string) string {
	if text == "" {
		return "none"
	}
	if v.Name == "kind" {
		if k, err := ParseKind(text); err == nil {
			return "a " + kindWords[k]
		}
	}
	if strings.ContainsFunc(text, unseen) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// alternatives writes a sorted list as one of its values must be had.
func alternatives[T comparable](sorted []T, word func(T) string) string {
	sorted = slices.Compact(slices.Clone(sorted))
	if len(sorted) > plainList {
		return fmt.Sprintf("one of %d that it names", len(sorted))
	}
	var words []string
	for _, value := range sorted {
		words = append(words, word(value))
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
