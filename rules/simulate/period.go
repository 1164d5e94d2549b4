package simulate

import (
	"fmt"

	"github.com/destinasia/dollars/chaincode/dollars"
)

// period is how many months are one figure. Those of a whole calendar are 1, 3, 12, 120 and so on.
type period int

const (
	monthly   period = 1
	quarterly period = 3
	yearly    period = 12
)

// fitting is the shortest period of which the list has so many at most.
func fitting(list []Month, most int) period {
	p := monthly
	for len(p.sums(list)) > most {
		p = p.longer()
	}
	return p
}

// longer is the next one; from years on each is ten of the one before.
func (p period) longer() period {
	switch p {
	case monthly:
		return quarterly
	case quarterly:
		return yearly
	}
	return 10 * p
}

// sums are the figures of each period in which something happened, under its first month. Months are in order.
func (p period) sums(list []Month) []Month {
	sums := []Month{}
	for _, m := range list {
		first := m.Month - m.Month%dollars.Expiry(p)
		if last := len(sums) - 1; last < 0 || sums[last].Month != first {
			sums = append(sums, Month{Month: first})
		}
		sum := &sums[len(sums)-1]
		sum.Current += m.Current
		sum.Draft += m.Draft
	}
	return sums
}

func (p period) name() string {
	switch p {
	case monthly:
		return "month"
	case quarterly:
		return "quarter"
	case yearly:
		return "year"
	}
	return fmt.Sprintf("%d years", p/yearly)
}

// label names the period that begins with a month.
func (p period) label(first dollars.Expiry) string {
	year := first / 12
	switch p {
	case monthly:
		return first.String()
	case quarterly:
		return fmt.Sprintf("%04d Q%d", year, first%12/3+1)
	case yearly:
		return fmt.Sprintf("%04d", year)
	}
	return fmt.Sprintf("%04d-%04d", year, int(year)+int(p/yearly)-1)
}
