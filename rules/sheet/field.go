package sheet

import (
	"math"
	"strconv"
	"strings"

	"github.com/destinasia/dollars/chaincode/earn"
)

// defaultMonths is how long points stay valid where a row does not say.
const defaultMonths = 24

// field is something that a file says under a name.
type field[T any] struct {
	name string
	form form
	read func(to *T, text string) error // of a text that is not empty
	text func(of *T) string             // what read reads; "" leaves it out
}

// form is what kind of text a field has.
type form int

const (
	words   form = iota
	plain        // a number, a date or another name that is never taken for anything else
	amount       // of points
	several      // of a fixed list of words
	condition
)

// The fields in the order they are written. A row's season is four of them, though it is one to earn.
var (
	tierFields = []field[earn.Level]{
		textField("tier", words, func(l *earn.Level) *string { return &l.Tier }),
		amountField("points", func(l *earn.Level) *earn.Cents { return &l.Points }),
		{"nights", plain, func(l *earn.Level, text string) (err error) {
			l.Nights, err = parseWhole(text, math.MinInt64, math.MaxInt64)
			return err
		}, func(l *earn.Level) string { return number(l.Nights) }},
	}
	tableFields = []field[earn.Table]{
		textField("name", words, func(t *earn.Table) *string { return &t.Name }),
		textField("hit", words, func(t *earn.Table) *earn.HitPolicy { return &t.Hit }, earn.First, earn.Unique, earn.Collect),
		textField("rounding", words, func(t *earn.Table) *earn.Rounding { return &t.Rounding },
			earn.Floor, earn.HalfUp, earn.HalfEven, earn.Ceiling),
	}
	policyFields = []field[earn.Policy]{
		textField("reversal", words, func(p *earn.Policy) *earn.Reversal { return &p.Reversal },
			earn.ReversalDebt, earn.ReversalWriteOff, earn.ReversalRecall),
		{"recallDays", plain, func(p *earn.Policy, text string) error {
			n, err := parseWhole(text, 0, math.MaxUint32)
			p.RecallDays = uint32(n)
			return err
		}, func(p *earn.Policy) string { return number(int64(p.RecallDays)) }},
		amountField("orderMost", func(p *earn.Policy) *earn.Cents { return &p.OrderMost }),
		amountField("dayMost", func(p *earn.Policy) *earn.Cents { return &p.DayMost }),
		spanField("cooling", func(p *earn.Policy) *int64 { return &p.CoolingSeconds }),
		amountField("coolingMost", func(p *earn.Policy) *earn.Cents { return &p.CoolingMost }),
		spanField("recovery", func(p *earn.Policy) *int64 { return &p.RecoverySeconds }),
		amountField("adjustmentDayMost", func(p *earn.Policy) *earn.Cents { return &p.AdjustmentDayMost }),
	}
	rowFields = []field[earn.Row]{
		textField("id", words, func(r *earn.Row) *string { return &r.ID }),
		{"kinds", several, readKinds, kindsText},
		seasonField("by", func(s *earn.Season) *earn.Clock { return &s.By }, earn.ByBooking, earn.ByArrival),
		seasonField("from", func(s *earn.Season) *string { return &s.From }),
		seasonField("until", func(s *earn.Season) *string { return &s.Until }),
		seasonField("zone", func(s *earn.Season) *string { return &s.Zone }),
		{"priority", plain, func(r *earn.Row, text string) error {
			n, err := parseWhole(text, math.MinInt32, math.MaxInt32)
			r.Priority = int32(n)
			return err
		}, func(r *earn.Row) string { return number(int64(r.Priority)) }},
		textField("when", condition, func(r *earn.Row) *string { return &r.When }),
		{"basisPoints", plain, func(r *earn.Row, text string) error {
			n, err := parseRate(text)
			r.BasisPoints = uint32(n)
			return err
		}, func(r *earn.Row) string { return number(int64(r.BasisPoints)) }},
		amountField("fixed", func(r *earn.Row) *earn.Cents { return &r.Fixed }),
		amountField("capItem", func(r *earn.Row) *earn.Cents { return &r.CapItem }),
		amountField("capBooking", func(r *earn.Row) *earn.Cents { return &r.CapBooking }),
		amountField("capMember", func(r *earn.Row) *earn.Cents { return &r.CapMember }),
		amountField("budget", func(r *earn.Row) *earn.Cents { return &r.Budget }),
		{"months", plain, func(r *earn.Row, text string) error {
			n, err := parseWhole(text, 0, math.MaxUint32)
			r.Months = uint32(n)
			return err
		}, func(r *earn.Row) string { return strconv.FormatUint(uint64(r.Months), 10) }},
	}
)

// textField is a text; where it is one of the words known, it may be written in other letters.
func textField[T any, S ~string](name string, f form, of func(*T) *S, known ...S) field[T] {
	return field[T]{
		name, f,
		func(to *T, text string) error { *of(to) = word(text, known); return nil },
		func(from *T) string { return string(*of(from)) },
	}
}

func amountField[T any](name string, of func(*T) *earn.Cents) field[T] {
	return field[T]{
		name, amount,
		func(to *T, text string) (err error) { *of(to), err = parseAmount(text); return err },
		func(from *T) string {
			if c := *of(from); c != 0 {
				return c.String()
			}
			return ""
		},
	}
}

// spanField is a length of time, which a rule set has in seconds.
func spanField[T any](name string, of func(*T) *int64) field[T] {
	return field[T]{
		name, plain,
		func(to *T, text string) (err error) { *of(to), err = parseSpan(text); return err },
		func(from *T) string { return spanText(*of(from)) },
	}
}

func seasonField[S ~string](name string, of func(*earn.Season) *S, known ...S) field[earn.Row] {
	return field[earn.Row]{
		name, plain,
		func(r *earn.Row, text string) error {
			if r.Season == nil {
				r.Season = new(earn.Season)
			}
			*of(r.Season) = word(text, known)
			return nil
		},
		func(r *earn.Row) string {
			if r.Season == nil {
				return ""
			}
			return string(*of(r.Season))
		},
	}
}

func readKinds(r *earn.Row, text string) error {
	for _, name := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' }) {
		kind, err := earn.ParseKind(short(word(name, kindNames)))
		if err != nil {
			return err
		}
		r.Kinds = append(r.Kinds, kind)
	}
	return nil
}

func kindsText(r *earn.Row) string {
	names := make([]string, len(r.Kinds))
	for i, kind := range r.Kinds {
		names[i] = kind.String()
	}
	return strings.Join(names, " ")
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// names are the fields' names, in their order.
func names[T any](fields []field[T]) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return list
}
