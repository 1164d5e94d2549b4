package export

import (
	"cmp"
	"context"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/network/audit"
)

// liabilityLine is what is owed to members: of a month, or of another record, all of it.
type liabilityLine struct {
	asset             string
	expiry            dollars.Expiry // 0 for all of it
	outstanding, held dollars.Amount
	total             dollars.Amount
	accounts          int
	parts             bool // it is made of what is outstanding and what is held
}

var liabilityColumns = []column[liabilityLine]{
	{"asset", plain, func(l *liabilityLine) string { return l.asset }},
	{"expiry", plain, func(l *liabilityLine) string { return unless(l.expiry == 0, l.expiry.String()) }},
	{"outstanding", plain, func(l *liabilityLine) string { return unless(!l.parts, l.outstanding.String()) }},
	{"held", plain, func(l *liabilityLine) string { return unless(!l.parts, l.held.String()) }},
	{"total", plain, func(l *liabilityLine) string { return l.total.String() }},
	{"accounts", number, func(l *liabilityLine) string { return strconv.Itoa(l.accounts) }},
}

// Liability is a Write: what is owed to members.
func Liability(ctx context.Context, out io.Writer, f Format, from audit.Fetcher, o audit.Options) (audit.Report, error) {
	return ofState(ctx, out, f, from, o, liability)
}

func liability(out io.Writer, f Format, asset string, r audit.Report, state iter.Seq2[string, []byte]) error {
	list, err := holdingsOf(state)
	if err != nil {
		return err
	}
	months, err := monthsOf(asset, list)
	if err != nil {
		return err
	}
	total := liabilityLine{asset: asset, parts: true}
	pending, debt := liabilityLine{asset: asset}, liabilityLine{asset: asset}
	var all holding
	for _, h := range list {
		if err := all.add(h); err != nil {
			return err
		}
		total.accounts += one(len(h.months) > 0)
		pending.accounts += one(h.pending > 0)
		debt.accounts += one(h.debt > 0)
	}
	if err := all.balance(r); err != nil {
		return err
	}
	pending.total, debt.total = all.pending, all.debt
	t, err := newTable(out, f, liabilityColumns)
	if err != nil {
		return err
	}
	for i := range months {
		if err := total.add(months[i].outstanding, months[i].held); err != nil {
			return err
		}
		if err := t.write("month", &months[i]); err != nil {
			return err
		}
	}
	if err := checkSums(
		sum{"points of all months", total.outstanding, r.Supply.Outstanding()},
		sum{"points of all months in holds", total.held, r.Supply.Held},
	); err != nil {
		return err
	}
	for _, line := range []struct {
		record string
		of     *liabilityLine
	}{{"total", &total}, {"pending", &pending}, {"debt", &debt}} {
		if err := t.write(line.record, line.of); err != nil {
			return err
		}
	}
	return t.end(&r)
}

// monthsOf adds up what all accounts have, month by month.
func monthsOf(asset string, list []*holding) (months []liabilityLine, err error) {
	for _, h := range list {
		for _, m := range h.months {
			i, found := slices.BinarySearchFunc(months, m.expiry, func(l liabilityLine, e dollars.Expiry) int { return cmp.Compare(l.expiry, e) })
			if !found {
				months = slices.Insert(months, i, liabilityLine{asset: asset, expiry: m.expiry, parts: true})
			}
			if err := months[i].add(m.points, m.held); err != nil {
				return nil, err
			}
			months[i].accounts++
		}
	}
	return months, nil
}

func (l *liabilityLine) add(outstanding, held dollars.Amount) (err error) {
	if l.outstanding, err = l.outstanding.Plus(outstanding); err != nil {
		return err
	}
	if l.held, err = l.held.Plus(held); err != nil {
		return err
	}
	l.total, err = l.outstanding.Plus(l.held)
	return err
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
